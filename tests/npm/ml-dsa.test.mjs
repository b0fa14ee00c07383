// Keys of ML-DSA: another module can do them, and is loaded by who needs it alone.

import assert from 'node:assert/strict'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { entry, publish } from '../browser/repository.mjs'
import { mlDsaKey } from './ml-dsa.mjs'
import { serve } from './server.mjs'
import { installed, load, refusal } from './support.mjs'

const SCHEMES = ['ml-dsa-44/1', 'ml-dsa-65/1', 'ml-dsa-87/1']
const ENTRIES = { a: entry(Buffer.from('a')) }
const MODULE = '/wasm/ml-dsa_bg.wasm'

const modules = await serve(join(installed, 'dist'))
after(() => modules.close())
const loaded = () => modules.requests.filter((path) => path === MODULE).length

/** What clients of a repository take, with its files, and a module whose loading can be seen. */
function repository(settings) {
  const files = new Map()
  const root = publish(files, { entries: ENTRIES, ...settings })
  const fetch = async (url) => {
    const bytes = files.get(new URL(url).pathname)
    return new Response(bytes, { status: bytes ? 200 : 404 })
  }
  const wasmWithMlDsa = `${modules.url}${MODULE}`
  return { files, options: { root, metadataUrl: 'http://repository/metadata', fetch, wasmWithMlDsa } }
}

// This one is the first: a module that is loaded once stays.
test('who meets no key of ML-DSA loads nothing for it', async () => {
  const { Client } = await load()
  const { options } = repository()
  const client = await Client.open(options)
  assert.equal((await client.target('a')).length, 1)
  assert.equal(loaded(), 0)
})

test('where the module for ML-DSA is not found, its URL and the option are named', async () => {
  const { Client } = await load()
  const { options } = repository({ others: { timestamp: mlDsaKey('timestamp') } })
  const wasmWithMlDsa = `${modules.url}/none.wasm`
  const error = await refusal(Client.open({ ...options, wasmWithMlDsa }))
  assert.deepEqual([error.code, error.blame], ['wasm', 'caller'])
  assert.match(error.text, /\/none\.wasm answers 404; .* URL or bytes as `wasmWithMlDsa`$/)
})

test('a root with keys of each set of ML-DSA is verified, and the module is loaded once', async () => {
  const { Client } = await load()
  for (const scheme of SCHEMES) {
    const key = mlDsaKey('all', scheme)
    const others = { root: key, targets: key }
    const { options } = repository({ others })
    const client = await Client.open(options)
    const { signedBy } = await client.target('a')
    assert.deepEqual(signedBy[0].signers, [key.id], scheme)
  }
  assert.equal(loaded(), 1)
})

test('a signature of ML-DSA with a changed digit is refused', async () => {
  const { Client } = await load()
  const { files, options } = repository({ others: { snapshot: mlDsaKey('snapshot') } })
  const file = JSON.parse(files.get('/metadata/snapshot.json'))
  const [signature] = file.signatures
  signature.sig = (signature.sig[0] === '0' ? '1' : '0') + signature.sig.slice(1)
  files.set('/metadata/snapshot.json', Buffer.from(JSON.stringify(file)))
  const error = await refusal((await Client.open(options)).refresh())
  assert.deepEqual(
    [error.code, error.role, error.expected, error.found],
    ['threshold-not-met', 'snapshot', 1, 0],
  )
})

test('an update that meets a newer root with ML-DSA begins again, and keeps what it has', async () => {
  const { Client, MemoryStore } = await load()
  const { files, options } = repository()
  const store = new MemoryStore()
  await (await Client.open({ ...options, store })).refresh()
  const key = mlDsaKey('timestamp')
  const next = { entries: ENTRIES, version: 2, rootVersion: 2, others: { timestamp: key } }
  files.set('/metadata/2.root.json', publish(files, next))
  const client = await Client.open({ ...options, store })
  const trusted = await client.refresh()
  assert.deepEqual(
    trusted.map(({ role, version }) => [role, version]),
    [
      ['root', 2],
      ['timestamp', 2],
      ['snapshot', 2],
      ['targets', 2],
    ],
  )
  assert.deepEqual(trusted[1].signers, [key.id])
  // The next visit begins with the stored root.
  const { root: _, ...later } = options
  const offline = await Client.open({ ...later, store, offline: true })
  assert.equal((await offline.target('a')).signedBy[0].version, 2)
})

test('a delegation to a key of ML-DSA is followed, though the root has none', async () => {
  const { Client } = await load()
  const key = mlDsaKey('delegate', 'ml-dsa-44/1')
  const { options } = repository({ delegate: { key, entries: { b: entry(Buffer.from('bb')) } } })
  const { length, signedBy } = await (await Client.open(options)).target('b')
  assert.deepEqual([length, signedBy[1].signers], [2, [key.id]])
})

test('picotuf/sigstore can do ML-DSA too', async () => {
  const { Client } = await load('picotuf/sigstore')
  const { options } = repository({ others: { targets: mlDsaKey('targets') } })
  assert.equal((await (await Client.open(options)).target('a')).length, 1)
})

test('picotuf/ed25519 names the scheme, and who has it', async () => {
  const { Client } = await load('picotuf/ed25519')
  const { options } = repository({ others: { timestamp: mlDsaKey('timestamp') } })
  const error = await refusal((await Client.open(options)).refresh())
  assert.deepEqual([error.code, error.role], ['unsupported-key-scheme', 'timestamp'])
  assert.match(
    error.text,
    /; not supported: `ml-dsa-65\/1` \(`picotuf` has it, `picotuf\/ed25519` has not\)$/,
  )
})

test('of a scheme that no module has, none is said to have it', async () => {
  const { Client } = await load()
  const timestamp = {
    ...mlDsaKey('timestamp'),
    value: {
      keytype: 'ecdsa',
      scheme: 'ecdsa-sha2-nistp521',
      keyval: { public: 'of no interest' },
    },
  }
  const { options } = repository({ others: { timestamp } })
  const error = await refusal((await Client.open(options)).refresh())
  assert.equal(error.code, 'unsupported-key-scheme')
  assert.match(error.text, /; not supported: `ecdsa-sha2-nistp521`$/)
})
