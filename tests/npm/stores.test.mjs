// What outlives a client, and what is found out by it.

import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdir, readFile, readdir, rm, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import { IDBFactory } from 'fake-indexeddb'
import { WHEEL, demoRepository, load, refusal, temporary } from './support.mjs'

/** The roles that are asked for iniconfig's wheel below targets. */
const DELEGATED = ['claimed', 'recently-claimed', 'unclaimed', 'bin-a'].map(
  (role) => `/metadata/1.${role}.json`,
)

const run = promisify(execFile)

/** Each way to make stores of one place. */
const PLACES = {
  memory: async ({ MemoryStore }) => {
    const store = new MemoryStore()
    return () => store
  },
  IndexedDB: async ({ IndexedDBStore }) => {
    globalThis.indexedDB = new IDBFactory()
    return () => new IndexedDBStore('a repository')
  },
  folder: async ({ FolderStore }) => {
    const folder = join(temporary(), 'metadata')
    return () => new FolderStore(folder)
  },
}

for (const [name, make] of Object.entries(PLACES)) {
  test(`${name}: a rollback between two visits is refused`, async () => {
    const picotuf = await load()
    const { options, server, file } = await demoRepository()
    const store = await make(picotuf)
    await (await picotuf.Client.open({ ...options, store: store() })).refresh()
    server.replace('/metadata/timestamp.json', await file('attacks/rollback/timestamp.json'))
    const second = await picotuf.Client.open({ ...options, store: store() })
    assert.equal((await refusal(second.refresh())).code, 'rollback')
    server.changes.clear()
    server.requests.length = 0
    await second.target(WHEEL)
    const third = await picotuf.Client.open({ ...options, root: undefined, store: store() })
    await third.target(WHEEL)
    assert.deepEqual(
      server.requests.filter((path) => /bin|claimed|snapshot|targets/.test(path)),
      DELEGATED,
      'what is stored is not fetched again',
    )
  })

  test(`${name}: what is stored are the bytes that were served`, async () => {
    const picotuf = await load()
    const { options, file } = await demoRepository()
    const store = (await make(picotuf))()
    await (await picotuf.Client.open({ ...options, store })).target(WHEEL)
    for (const [stored, served] of [
      ['root.json', '1.root.json'],
      ['timestamp.json', 'timestamp.json'],
      ['unclaimed.json', '1.unclaimed.json'],
      ['bin-a.json', '1.bin-a.json'],
    ]) {
      assert.deepEqual(
        Buffer.from(await store.load(stored)),
        await file(`metadata/${served}`),
        stored,
      )
    }
  })

  test(`${name}: many clients at one time do not spoil it`, async () => {
    const picotuf = await load()
    const { options } = await demoRepository()
    const store = await make(picotuf)
    const clients = await Promise.all(
      Array.from({ length: 8 }, () => picotuf.Client.open({ ...options, store: store() })),
    )
    const targets = await Promise.all(clients.map((client) => client.target(WHEEL)))
    assert.ok(targets.every(({ length }) => length === 7552))
    await (await picotuf.Client.open({ ...options, store: store(), offline: true })).target(WHEEL)
  })
}

for (const name of ['IndexedDB', 'folder']) {
  test(`${name}: what another has put there is not overwritten by something older`, async () => {
    const picotuf = await load()
    const make = await PLACES[name](picotuf)
    const [first, second] = [make(), make()]
    const bytes = (version) => new TextEncoder().encode(JSON.stringify({ signed: { version } }))
    assert.equal(await first.load('timestamp.json'), undefined)
    await second.save('timestamp.json', bytes(3), 3)
    const error = await refusal(first.save('timestamp.json', bytes(2), 2))
    assert.deepEqual([error.code, error.expected, error.found], ['concurrent-update', 3, 2])
    assert.deepEqual(Buffer.from(await second.load('timestamp.json')), Buffer.from(bytes(3)))
    await first.save('timestamp.json', bytes(4), 4)
    // What the core has seen may be replaced by what it says.
    assert.ok(await second.load('timestamp.json'))
    await second.save('timestamp.json', bytes(1), 1)
    await second.delete('timestamp.json')
    await second.delete('timestamp.json')
    assert.equal(await first.load('timestamp.json'), undefined)
  })
}

for (const name of ['IndexedDB', 'folder']) {
  test(`${name}: what another has put there under a newer root is not deleted`, async () => {
    const make = await PLACES[name](await load())
    const [slow, other] = [make(), make()]
    const bytes = (version) => new TextEncoder().encode(JSON.stringify({ signed: { version } }))
    await other.save('root.json', bytes(1), 1)
    assert.ok(await slow.load('root.json'))
    await other.save('root.json', bytes(3), 3)
    await other.save('timestamp.json', bytes(20), 20)
    assert.equal((await refusal(slow.delete('timestamp.json'))).code, 'concurrent-update')
    assert.ok(await slow.load('timestamp.json'))
    await other.delete('timestamp.json')
    assert.equal(await slow.load('timestamp.json'), undefined)
  })
}

test('folder: the last look is when all of a file is on disk', async () => {
  const { FolderStore } = await load()
  const folder = temporary()
  const [first, second] = [new FolderStore(folder), new FolderStore(folder)]
  const bytes = (version) => new TextEncoder().encode(JSON.stringify({ signed: { version } }))
  await first.save('timestamp.json', bytes(1), 1)
  // The other is faster while this one writes.
  const slow = async function* () {
    yield bytes(2)
    await second.save('timestamp.json', bytes(3), 3)
  }
  assert.equal((await refusal(first.save('timestamp.json', slow(), 2))).code, 'concurrent-update')
  assert.deepEqual(await readdir(folder), ['timestamp.json'])
  assert.deepEqual(Buffer.from(await second.load('timestamp.json')), Buffer.from(bytes(3)))
})

test('folder: an anchor that another has put there meanwhile is no fault', async () => {
  const { FolderStore } = await load()
  const folder = temporary()
  const [first, second] = [new FolderStore(folder), new FolderStore(folder)]
  const anchor = new TextEncoder().encode('06'.repeat(32))
  assert.equal(await first.load('trust-anchor'), undefined)
  await second.save('trust-anchor', anchor, 0)
  await first.save('trust-anchor', anchor, 0)
  assert.deepEqual(Buffer.from(await first.load('trust-anchor')), Buffer.from(anchor))
})

test('a client that was overtaken starts once more from what is there', async () => {
  const picotuf = await load()
  const { options } = await demoRepository()
  const store = (await PLACES.folder(picotuf))()
  let overtaken = 0
  const save = store.save.bind(store)
  store.save = async (name, bytes, version) => {
    if (name === 'snapshot.json' && overtaken++ === 0)
      throw new picotuf.PicotufError('concurrent-update', 'somebody was faster')
    return save(name, bytes, version)
  }
  await (await picotuf.Client.open({ ...options, store })).refresh()
  assert.equal(overtaken, 2)
})

test('a store that fails is named, and is not a verdict', async () => {
  const { Client, FolderStore, MemoryStore } = await load()
  const { options } = await demoRepository()
  const folder = temporary()
  await writeFile(join(folder, 'file'), '')
  assert.equal(
    (await refusal(Client.open({ ...options, store: new FolderStore(join(folder, 'file')) }))).code,
    'io',
  )
  const store = new MemoryStore()
  store.save = async () => {
    throw new Error('full')
  }
  assert.equal((await refusal(Client.open({ ...options, store }))).message, 'full')
})

test('a folder holds no temporary files, and loses those of the dead', async () => {
  const { Client, FolderStore } = await load()
  const { options } = await demoRepository()
  const folder = temporary()
  const [dead, living] = ['.picotuf-dead.part', '.picotuf-living.part'].map((name) =>
    join(folder, name),
  )
  for (const path of [dead, living]) await writeFile(path, '{')
  await utimes(dead, 0, 0)
  await (await Client.open({ ...options, store: new FolderStore(folder) })).refresh()
  assert.deepEqual((await readdir(folder)).sort(), [
    '.picotuf-living.part',
    'root.json',
    'settings.toml',
    'snapshot.json',
    'targets.json',
    'timestamp.json',
  ])
})

const native = process.env.PICOTUF_NATIVE_BIN

test(
  'the library and the native command line share a folder',
  { skip: !native && 'PICOTUF_NATIVE_BIN' },
  async () => {
    const { Client, FolderStore } = await load()
    const { options, server, folder: repository } = await demoRepository()
    const folder = join(temporary(), 'metadata')
    const command = (...words) =>
      run(native, ['--metadata-dir', folder, '--at', options.now, ...words], { timeout: 60_000 })
    await command('init', join(repository, 'root.json'), '--metadata-url', options.metadataUrl)
    await command('refresh')
    server.requests.length = 0
    const store = new FolderStore(folder)
    await (await Client.open({ ...options, store })).target(WHEEL)
    assert.deepEqual(server.requests, [
      '/metadata/2.root.json',
      '/metadata/timestamp.json',
      ...DELEGATED,
    ])
    const { stdout } = await command('show', 'bin-a', '--json')
    assert.equal(JSON.parse(stdout).trusted['bin-a'].verified, true)
    // The anchor that `init` remembers is known, also when the root has gone on.
    await writeFile(
      join(folder, 'root.json'),
      (await readFile(join(folder, 'root.json'), 'utf8')).replace('"signatures"', ' "signatures"'),
    )
    await Client.open({ ...options, store: new FolderStore(folder) })
    await mkdir(join(folder, 'x.json'))
    assert.deepEqual((await store.names()).includes('x.json'), true)
  },
)

test('a target is saved to its path, once, and not to one that leads elsewhere', async () => {
  const { Client, FolderStore, findCached, saveTarget } = await load()
  const { options, server, file } = await demoRepository()
  const folder = temporary()
  const client = await Client.open(options)
  const target = await client.target(WHEEL)
  server.requests.length = 0
  for (let count = 0; count < 2; count++)
    assert.equal(await saveTarget(client, target, folder), join(folder, WHEEL))
  const name = `targets/iniconfig/${target.hashes['blake2b-256']}.iniconfig-2.3.1-py3-none-any.whl`
  assert.deepEqual(server.requests, [`/${name}`])
  assert.deepEqual(await readFile(join(folder, WHEEL)), await file(name))
  for (const path of ['../up', '/up', 'a/../../up', 'a\\up', 'nul']) {
    const error = await refusal(saveTarget(client, { ...target, path }, join(folder, 'below')))
    assert.deepEqual(
      [error.code, error.blame, error.target],
      ['unsafe-target-path', 'repository', path],
    )
  }
  assert.equal(await saveTarget(client, target, pathToFileURL(folder)), join(folder, WHEEL))
  assert.equal(await saveTarget(client, target, `${pathToFileURL(folder)}/`), join(folder, WHEEL))
  assert.equal(new FolderStore(pathToFileURL(folder)).folder, folder)
  for (const wrong of [new URL('https://example.org/'), undefined, 5]) {
    assert.throws(() => new FolderStore(wrong), { code: 'usage' })
    assert.equal((await refusal(saveTarget(client, target, wrong))).code, 'usage')
  }
  const signal = AbortSignal.abort(new Error('enough'))
  await assert.rejects(findCached(client, target, folder, { signal }), { message: 'enough' })
  assert.equal((await refusal(findCached(client, target, folder, { signals: 1 }))).code, 'usage')
  for (const [someone, something] of [
    [undefined, target],
    [{}, target],
    [client, undefined],
    [client, { path: WHEEL }],
  ]) {
    const wrong = await refusal(findCached(someone, something, folder))
    assert.deepEqual([wrong.code, wrong.blame], ['usage', 'caller'])
  }
  // What functions of the caller throw stays what it is.
  const mine = Object.assign(new Error('mine'), { code: 'EPIPE' })
  const onProgress = () => {
    throw mine
  }
  assert.equal(await refusal(findCached(client, target, folder, { onProgress })), mine)
  const elsewhere = join(folder, 'elsewhere')
  assert.equal(await refusal(saveTarget(client, target, elsewhere, { onProgress })), mine)
  server.changes.set(`/${name}`, (_, response) => response.writeHead(200).write('a part'))
  const ended = AbortSignal.timeout(50)
  assert.equal(
    await refusal(saveTarget(client, target, elsewhere, { signal: ended })),
    ended.reason,
  )
  assert.deepEqual(await readdir(join(elsewhere, 'iniconfig')), [])
  await rm(elsewhere, { recursive: true })
  server.replace(`/${name}`, Buffer.from('another file'))
  assert.equal(
    (await refusal(saveTarget(client, target, join(folder, 'below')))).code,
    'length-mismatch',
  )
  assert.deepEqual((await readdir(folder, { recursive: true })).sort(), [
    'below',
    'below/iniconfig',
    'iniconfig',
    WHEEL,
  ])
})
