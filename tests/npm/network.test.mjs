// What a client does with a network and a `fetch` that misbehave, and where it takes metadata from.

import assert from 'node:assert/strict'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { WHEEL, demoRepository, load, refusal, temporary } from './support.mjs'

const LENGTH = 7552

/** The bytes of a role in a client's own words: where it has them from. */
const fetchedOf = (client) => client.trusted.map(({ role, fetched }) => [role, fetched])

test('a `fetch` that keeps a clone of each response does not make it wait for ever', async () => {
  const { Client } = await load()
  const { options } = await demoRepository()
  const kept = []
  // As Next.js does it on a server: while nobody reads the other branch, no `cancel` ends.
  const cloning = async (...request) => {
    const response = await fetch(...request)
    kept.push(response.clone())
    return response
  }
  const client = await Client.open({ ...options, fetch: cloning })
  // A refresh ends with the 404 of the next root; a missing target's is one too.
  await client.refresh()
  assert.equal((await client.getTarget(WHEEL)).length, LENGTH)
  const other = await client.target('iniconfig/iniconfig-2.3.1.tar.gz')
  assert.equal((await refusal(client.download(other))).code, 'missing-target')
  assert.equal(
    (await refusal(client.verify(other, new Blob(['x']).stream()))).code,
    'length-mismatch',
  )
  assert.deepEqual([...new Set(kept.map(({ status }) => status))].sort(), [200, 404])
})

/** Answers `failures` times with `fail`, and then as it is. */
function failing(server, path, failures, fail) {
  let count = 0
  const bytes = server.changes.get(path)
  server.changes.set(path, (_, response) => {
    if (++count <= failures) return fail(response)
    server.changes.delete(path)
    if (bytes) server.changes.set(path, bytes)
    response.writeHead(307, { location: `${path}?` }).end()
  })
  return () => count
}

test('a request that has no answer, or "not now", is made again, and others are not', async () => {
  const { Client } = await load()
  const path = '/metadata/timestamp.json'
  for (const fail of [
    (response) => response.writeHead(503, { 'retry-after': '0' }).end(),
    (response) => response.destroy(),
    (response) => {
      response.writeHead(200, { 'content-length': '559' }).write('{')
      setTimeout(() => response.destroy(), 20)
    },
  ]) {
    const { options, server } = await demoRepository()
    const asked = failing(server, path, 2, fail)
    assert.equal((await (await Client.open(options)).refresh()).length, 4)
    assert.equal(asked(), 3)
    const again = failing(server, path, 1, fail)
    const error = await refusal((await Client.open({ ...options, retries: 0 })).refresh())
    assert.deepEqual([error.blame, error.role, again()], ['transport', 'timestamp', 1])
  }
  const { options, server } = await demoRepository()
  const asked = failing(server, path, 9, (response) => response.writeHead(410).end())
  const error = await refusal((await Client.open(options)).refresh())
  assert.deepEqual([error.code, error.found, asked()], ['http-status', 410, 1])
})

test('a download that is cut is begun anew, and a signal ends the wait for that', async () => {
  const { Client } = await load()
  const { options, server, file } = await demoRepository()
  const client = await Client.open(options)
  const target = await client.target(WHEEL)
  const name = `${target.hashes['blake2b-256']}.iniconfig-2.3.1-py3-none-any.whl`
  const path = `/targets/iniconfig/${name}`
  const wheel = await file(path)
  const cut = (response) => {
    response.writeHead(200, { 'content-length': wheel.length }).write(wheel.subarray(0, 99))
    setTimeout(() => response.destroy(), 20)
  }
  const asked = failing(server, path, 1, cut)
  assert.deepEqual(Buffer.from(await client.download(target)), wheel)
  assert.equal(asked(), 2)
  server.changes.set(path, (_, response) => response.writeHead(503, { 'retry-after': 30 }).end())
  const controller = new AbortController()
  const work = refusal(client.download(target, { signal: controller.signal }))
  const reason = new Error('enough')
  controller.abort(reason)
  assert.equal(await work, reason)
})

test('a server that goes silent is given up after the time that is set', async () => {
  const { Client } = await load()
  const { options, server } = await demoRepository()
  const path = '/metadata/timestamp.json'
  for (const silent of [() => {}, (_, response) => response.writeHead(200).write('{')]) {
    server.changes.set(path, silent)
    const client = await Client.open({ ...options, timeout: 50, retries: 1 })
    const error = await refusal(client.refresh())
    const url = `${options.metadataUrl}/timestamp.json`
    assert.equal(
      error.message,
      `timestamp (${url}): nothing came for 0.05 seconds; \`timeout\` raises that [timeout]`,
    )
    assert.equal(error.blame, 'transport')
  }
  assert.equal(server.requests.filter((name) => name === path).length, 4)
  for (const bad of [{ timeout: 0 }, { timeout: '5 s' }, { retries: 1.5 }, { retries: -1 }]) {
    assert.equal((await refusal(Client.open({ ...options, ...bad }))).code, 'usage')
  }
})

test('a URL that no file can stand below is refused, and shows no password', async () => {
  const { Client } = await load()
  const { options } = await demoRepository()
  for (const metadataUrl of ['localhost:8000/metadata', 'me:secret@example.org/m', 'data:,x']) {
    const error = await refusal(Client.open({ ...options, metadataUrl }))
    assert.equal(
      error.message,
      'metadataUrl is not the URL of a folder: https:// or another scheme has to begin it [usage]',
    )
  }
})

test('a host by itself is the URL of a folder, whatever the scheme', async () => {
  const { Client } = await load()
  const { options } = await demoRepository()
  const asked = []
  const fetch = async (url) => {
    asked.push(url)
    throw new Error('no')
  }
  for (const metadataUrl of ['ipfs://folder', 's3://bucket?part=1', 'app://m/']) {
    const client = await Client.open({ ...options, metadataUrl, fetch, retries: 0 })
    assert.equal((await refusal(client.refresh())).code, 'connection')
  }
  assert.deepEqual(asked, [
    'ipfs://folder/2.root.json',
    's3://bucket/2.root.json?part=1',
    'app://m/2.root.json',
  ])
})

test('a scheme that `fetch` does not take is named, and asked once', async () => {
  const { Client } = await load()
  const { options } = await demoRepository()
  const metadataUrl = 'ipfs://folder/metadata'
  const error = await refusal((await Client.open({ ...options, metadataUrl })).refresh())
  assert.equal(error.code, 'connection')
  assert.equal(error.hint, 'its scheme is ipfs: and not https:')
  // Of a `fetch` of somebody's own nothing is known.
  let count = 0
  const fetch = async () => {
    count++
    throw new Error('not now')
  }
  const own = await Client.open({ ...options, metadataUrl, fetch, retries: 1 })
  const other = await refusal(own.refresh())
  const silence = 'no answer, or not all of it: not now'
  assert.deepEqual([other.text, other.hint, count], [silence, undefined, 2])
  const nothing = await Client.open({ ...options, fetch: async () => undefined })
  const { code, text } = await refusal(nothing.refresh())
  assert.deepEqual([code, text], ['usage', '`fetch` gives no response'])
})

test('the newest where the repository answers, what is stored and holds where not', async () => {
  const { Client, MemoryStore } = await load()
  const { options, server } = await demoRepository()
  const source = 'repository-or-store'
  const store = new MemoryStore()
  const down = (_, response) => response.writeHead(503).end()
  const stop = () => server.changes.set('/metadata/timestamp.json', down)
  const open = (more) => Client.open({ ...options, store, retries: 0, ...more })
  stop()
  // With nothing stored, it is the repository's failure that is told.
  const empty = await refusal((await open()).refresh({ source }))
  assert.deepEqual([empty.code, empty.found], ['http-status', 503])
  server.changes.clear()
  const client = await open()
  await client.refresh({ source })
  assert.equal(client.unreachable, undefined)
  assert.equal((await client.target(WHEEL)).length, LENGTH)
  stop()
  assert.equal((await refusal(client.refresh())).code, 'http-status')
  await client.refresh({ source })
  assert.deepEqual([client.unreachable.code, client.unreachable.found], ['http-status', 503])
  assert.ok(fetchedOf(client).every(([, fetched]) => !fetched))
  assert.equal((await client.target(WHEEL, { source })).length, LENGTH)
  // A role that was not read before is not at hand.
  const other = 'packaging/packaging-26.0-py3-none-any.whl'
  const missing = await refusal(client.target(other, { source }))
  assert.deepEqual([missing.code, missing.blame], ['http-status', 'transport'])
  const later = await open({ now: '2026-11-24T00:00:00Z' })
  assert.equal((await refusal(later.refresh({ source }))).code, 'expired')
  assert.equal(await later.refresh({ source: 'store' }).catch(({ code }) => code), 'expired')
  // An attack is no failure of the network.
  server.replace('/metadata/timestamp.json', '{}')
  assert.equal((await refusal(client.refresh({ source }))).code, 'missing-member')
  assert.equal((await refusal(client.refresh({ source: 'cache' }))).code, 'usage')
})

test('with one call: the verified bytes of a path, or that nobody vouches for it', async () => {
  const { Client, MemoryStore } = await load()
  const { options, server } = await demoRepository()
  const store = new MemoryStore()
  const client = await Client.open({ ...options, store })
  assert.equal((await client.getTarget(WHEEL)).length, LENGTH)
  const error = await refusal(client.getTarget('iniconfig/no-such-file'))
  assert.equal(
    error.message,
    'iniconfig/no-such-file: no role that is trusted for this path lists the target ' +
      '[target-not-found]',
  )
  const before = server.requests.length
  const stored = await Client.open({ ...options, store })
  assert.equal((await stored.getTarget(WHEEL, { source: 'store' })).length, LENGTH)
  assert.deepEqual(
    server.requests.slice(before).map((path) => path.split('/')[1]),
    ['targets'],
  )
})

test('a file that was saved is found again, and one that was changed is not', async () => {
  const { Client, findCached, saveTarget } = await load('picotuf/node')
  const { options } = await demoRepository()
  const client = await Client.open(options)
  const target = await client.target(WHEEL)
  const folder = temporary()
  assert.equal(await findCached(client, target, folder), undefined)
  const saved = await saveTarget(client, target, folder)
  assert.equal(saved, join(folder, WHEEL))
  assert.equal(await findCached(client, target, folder), saved)
  const bytes = await readFile(saved)
  bytes[0] ^= 1
  await writeFile(saved, bytes)
  assert.equal(await findCached(client, target, folder), undefined)
  const up = { ...target, path: '../x' }
  assert.equal((await refusal(findCached(client, up, folder))).code, 'unsafe-target-path')
})

test('progress on metadata has its whole length, where the server states it', async () => {
  const { Client } = await load()
  const { options, server, file } = await demoRepository()
  const snapshot = await file('metadata/2.snapshot.json')
  server.changes.set('/metadata/2.snapshot.json', (_, response) => {
    response.writeHead(200, { 'content-length': snapshot.length }).end(snapshot)
  })
  const seen = []
  const client = await Client.open(options)
  await client.refresh({ onProgress: (progress) => seen.push(progress) })
  const { role, loaded, total, url } = seen.findLast(({ role }) => role === 'snapshot')
  assert.deepEqual(
    [role, loaded, total, url],
    ['snapshot', snapshot.length, snapshot.length, `${options.metadataUrl}/2.snapshot.json`],
  )
  // Without a stated length there is none.
  assert.equal(seen.find(({ role }) => role === 'timestamp').total, undefined)
})

test('an option of another name is refused, and the one that is meant is named', async () => {
  const { Client, PicotufError } = await load()
  const { IndexPage } = await load('picotuf/pypi')
  const { options } = await demoRepository()
  const client = await Client.open(options)
  const target = await client.target(WHEEL)
  const bytes = await client.download(target)
  for (const [work, text] of [
    [() => Client.open(), 'the options are an object'],
    [() => Client.open(null), 'the options are an object'],
    [
      () => Client.open({ ...options, metadataURL: 'x' }),
      'there is no option `metadataURL`: `metadataUrl` is meant',
    ],
    [
      () => Client.open({ ...options, store: 'folder' }),
      '`store` is a store: an object with the function `load`',
    ],
    [() => Client.open({ ...options, fetch: 5 }), '`fetch` is a function'],
    [
      () => client.refresh({ timeout: 5 }),
      'there is no option `timeout`; there are signal, onProgress, source',
    ],
    [() => client.target(WHEEL, { Signal: 1 }), /there is no option `Signal`: `signal` is meant/],
    [() => client.download(target, { As: 'stream' }), /`As`: `as` is meant/],
    [() => client.download(target, { as: 'blob' }), '`as` is `bytes` or `stream`'],
    [() => client.verify(target, bytes, { source: 'store' }), /no option `source`/],
    [
      () => IndexPage.read(bytes, 'six', { module: 1 }),
      'there is no option `module`; there are wasm',
    ],
  ]) {
    const error = await refusal(work())
    assert.ok(error instanceof PicotufError || error.name === 'PicotufError')
    assert.deepEqual([error.code, error.blame], ['usage', 'caller'])
    if (typeof text === 'string') assert.equal(error.text, text)
    else assert.match(error.text, text)
  }
})
