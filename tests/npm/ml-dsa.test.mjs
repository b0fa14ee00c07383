// Keys of ML-DSA: another module can do them, and is loaded by who needs it alone.

import assert from 'node:assert/strict'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { entry, key, publish } from '../browser/repository.mjs'
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
  const metadataUrl = 'http://repository/metadata'
  return { files, options: { root, metadataUrl, fetch, wasmWithMlDsa } }
}

// This one is the first: a module that is loaded once stays.
test('who meets no key of ML-DSA loads nothing for it', async () => {
  const { Client } = await load()
  const { options } = repository()
  const client = await Client.open(options)
  assert.equal((await client.target('a')).length, 1)
  assert.equal(loaded(), 0)
})

/** A timestamp with two keys of Ed25519 and one of ML-DSA, of which so many must sign. */
const mixed = (threshold, ...keys) => ({
  others: { timestamp: keys },
  thresholds: { timestamp: threshold },
})
const [ONE, TWO, QUANTUM] = [key('one'), key('two'), mlDsaKey('timestamp')]
const unsigned = ({ sign: _, ...rest }) => rest

/** What there is in place of the module for ML-DSA. */
const ABSENT = {
  'not found': () => `${modules.url}/none.wasm`,
  'no WebAssembly': () => new Uint8Array([0, 97, 115, 109, 0]),
  blocked: () => Promise.reject(new Error('blocked by a policy')),
}

for (const [what, absent] of Object.entries(ABSENT)) {
  test(`where the module for ML-DSA is ${what}, other keys that suffice count`, async () => {
    const { Client } = await load()
    const { options } = repository(mixed(2, ONE, QUANTUM, TWO))
    const client = await Client.open({ ...options, wasmWithMlDsa: absent() })
    const { length, signedBy } = await client.target('a')
    assert.deepEqual([length, signedBy[0].version], [1, 1])
    const timestamp = client.trusted.find(({ role }) => role === 'timestamp')
    assert.deepEqual(timestamp.signers, [ONE.id, TWO.id])
  })

  test(`where it is ${what}, a role that needs it says so, and names the cause`, async () => {
    const { Client } = await load()
    const { options } = repository(mixed(2, ONE, QUANTUM))
    const client = await Client.open({ ...options, wasmWithMlDsa: absent() })
    const error = await refusal(client.refresh())
    assert.deepEqual(
      [error.code, error.role, error.blame, error.cause.code],
      ['unsupported-key-scheme', 'timestamp', 'caller', 'wasm'],
    )
    assert.ok(error.text.endsWith(`; for ML-DSA, ${error.cause.text}`), error.text)
  })
}

test('where the module for ML-DSA is not found, its URL and the option are named', async () => {
  const { Client } = await load()
  const root = mlDsaKey('root')
  const { options } = repository({ others: { root } })
  const wasmWithMlDsa = `${modules.url}/none.wasm`
  const error = await refusal(Client.open({ ...options, wasmWithMlDsa }))
  assert.deepEqual([error.code, error.role], ['unsupported-key-scheme', 'root'])
  assert.match(error.text, /\/none\.wasm answers 404; .* URL or bytes as `wasmWithMlDsa`$/)
})

test('no attack is reported where the signature that is missing may be one of ML-DSA', async () => {
  const { Client } = await load()
  const { options } = repository(mixed(2, ONE, unsigned(TWO), QUANTUM))
  const client = await Client.open({ ...options, wasmWithMlDsa: `${modules.url}/none.wasm` })
  const error = await refusal(client.refresh())
  assert.deepEqual(
    [error.code, error.expected, error.found, error.blame, error.cause.code],
    ['threshold-not-met', 2, 1, 'caller', 'wasm'],
  )
})

test('a role without a key of ML-DSA is refused without a word of its module', async () => {
  const { Client } = await load()
  const snapshot = { snapshot: unsigned(key('snapshot')) }
  const { options } = repository({ others: { timestamp: [ONE, QUANTUM], ...snapshot } })
  const client = await Client.open({ ...options, wasmWithMlDsa: `${modules.url}/none.wasm` })
  const error = await refusal(client.refresh())
  assert.deepEqual(
    [error.code, error.role, error.blame, error.cause],
    ['threshold-not-met', 'snapshot', 'repository', undefined],
  )
})

test('after a refusal for want of the module, the next operation loads it', async () => {
  const { Client } = await load()
  const { options } = repository({ others: { timestamp: QUANTUM } })
  modules.changes.set(MODULE, (_, response) => response.writeHead(503).end())
  const client = await Client.open(options)
  const error = await refusal(client.refresh())
  modules.changes.delete(MODULE)
  assert.equal(error.code, 'unsupported-key-scheme')
  const trusted = await client.refresh()
  assert.deepEqual(trusted[1].signers, [QUANTUM.id])
})

test('a root with keys of each set is verified, and the module is not loaded again', async () => {
  const { Client } = await load()
  const before = loaded()
  for (const scheme of SCHEMES) {
    const key = mlDsaKey('all', scheme)
    const others = { root: key, targets: key }
    const { options } = repository({ others })
    const client = await Client.open(options)
    const { signedBy } = await client.target('a')
    assert.deepEqual(signedBy[0].signers, [key.id], scheme)
  }
  assert.equal(loaded(), before)
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

test('an update that meets a newer root with ML-DSA begins again, and goes on', async () => {
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
