// What a page does with the package, in whatever browser opens it; its results are posted.

import { PackageIndex, TrustedRoot, openSigstore } from './picotuf/sigstore.js'
import { Client, IndexedDBStore } from './picotuf/index.js'
import { TrustedRoot as SmallTrustedRoot } from './picotuf/attest.js'
import { Client as WorkerClient } from './picotuf/worker.js'
import './picotuf/badge.js'

const { repository, index, sigstore, wheel, file, results } = await (
  await fetch('here.json')
).json()
const bytesAt = async (url) => new Uint8Array(await (await fetch(url)).arrayBuffer())
const textAt = async (url) => (await (await fetch(url)).text()).trim()
const codeOf = (work) =>
  work.then(
    () => 'no error',
    ({ code, message }) => code ?? message,
  )

const options = {
  root: await bytesAt(`${repository}/root.json`),
  now: await textAt(`${repository}/time.txt`),
  metadataUrl: `${repository}/metadata`,
  targetUrl: `${repository}/targets`,
}

const CHECKS = {
  async download() {
    return (await (await Client.open(options)).getTarget(wheel)).length
  },
  async stream() {
    const client = await Client.open(options)
    const reader = (await client.download(await client.target(wheel), { as: 'stream' })).getReader()
    let length = 0
    for (;;) {
      const { done, value } = await reader.read()
      if (done) return length
      length += value.length
    }
  },
  async changed() {
    const client = await Client.open(options)
    const target = await client.target(wheel)
    const bytes = await client.download(target)
    bytes[0] ^= 1
    return codeOf(client.verify(target, new Blob([bytes])))
  },
  async rollback() {
    const fetch = async (url, init) =>
      globalThis.fetch(url.replace(/metadata\/timestamp/, 'attacks/rollback/timestamp'), init)
    const store = new IndexedDBStore('rollback')
    await (await Client.open({ ...options, store })).refresh()
    return codeOf((await Client.open({ ...options, store, fetch })).refresh())
  },
  async offline() {
    const name = 'offline'
    await (await Client.open({ ...options, store: new IndexedDBStore(name) })).target(wheel)
    const { now } = options
    const client = await Client.open({ now, offline: true, store: new IndexedDBStore(name) })
    return (await client.target(wheel)).length
  },
  async worker() {
    const client = await WorkerClient.open({ ...options, store: new IndexedDBStore('worker') })
    const { length } = await client.getTarget(wheel)
    client.close()
    return length
  },
  async elsewhere() {
    const metadataUrl = 'http://127.0.0.1:1/metadata'
    return codeOf((await Client.open({ ...options, metadataUrl, retries: 0 })).refresh())
  },
  async attested() {
    const opened = await openSigstore({
      url: `${sigstore}/metadata`,
      root: await bytesAt(`${sigstore}/root.json`),
    })
    return publisherOf(opened.root)
  },
  async attestedByModuleForAttestationsAlone() {
    return publisherOf(await SmallTrustedRoot.read(await trustedRoot()))
  },
  async otherFile() {
    const asked = await attestation()
    const root = await TrustedRoot.read(await trustedRoot())
    return root.check({ ...asked, sha256: '0'.repeat(64) }).error.code
  },
  async badge() {
    const badge = document.querySelector('picotuf-badge')
    while (badge.state === 'asking')
      await new Promise((resolve) =>
        badge.addEventListener('picotuf-badge', resolve, { once: true }),
      )
    return badge.shadowRoot.querySelector('span').textContent
  },
}

const trustedRoot = () => bytesAt(`${sigstore}/metadata/targets/trusted_root.json`)

async function attestation() {
  const api = new PackageIndex({ url: `${index}/simple/` })
  const listed = (await api.project('pypi-attestations')).files.find(({ name }) => name === file)
  return { name: file, sha256: listed.sha256, provenance: await api.provenance(listed) }
}

const publisherOf = async (root) => root.verify(await attestation()).publisher.spec

const found = {}
for (const [name, check] of Object.entries(CHECKS)) {
  found[name] = await check().catch((thrown) => `${thrown?.stack ?? ''} ${thrown}`)
}
await fetch(results, { method: 'POST', body: JSON.stringify(found) })
