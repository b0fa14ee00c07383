// Every repository that python-tuf writes for tests/interop, all key types and 16,384 bins among
// them.

import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { promisify } from 'node:util'
import { load, refusal, temporary } from './support.mjs'
import { serve } from './server.mjs'

const folder =
  process.env.PICOTUF_REPOSITORIES ?? join(import.meta.dirname, '../.cache/repositories')
const there = existsSync(folder)
/** More would take long and show no more: they share a bin or a role with those. */
const TARGETS_MAX = 20

test(
  'the repositories are there',
  { skip: process.env.PICOTUF_WITHOUT_PYTHON === '1' && 'PICOTUF_WITHOUT_PYTHON' },
  () => {
    assert.ok(there, `${folder} is not there: \`tests/run tests\` makes it`)
  },
)

for (const name of there ? readdirSync(folder) : []) {
  const path = join(folder, name)
  if (!existsSync(join(path, 'expect.json'))) continue
  test(`${name}: each target is found and downloaded, and no other`, async () => {
    const { Client } = await load()
    const { time, targets, absent } = JSON.parse(readFileSync(join(path, 'expect.json')))
    const server = await serve(path)
    after(() => server.close())
    const root = readFileSync(join(path, 'root.json'))
    const client = await Client.open({
      root,
      now: time,
      metadataUrl: `${server.url}/metadata`,
      targetUrl: `${server.url}/targets`,
    })
    for (const each of targets.slice(0, TARGETS_MAX)) {
      const target = await client.target(each)
      assert.equal(target?.path, each)
      assert.equal((await client.download(target)).length, target.length, each)
    }
    for (const each of absent) assert.equal(await client.target(each), null, each)
  })
}

const native = process.env.PICOTUF_NATIVE_BIN

test(
  "library and native command line know each other's anchor once the root has gone on",
  { skip: !there || (!native && 'PICOTUF_NATIVE_BIN') },
  async () => {
    const { Client, FolderStore } = await load()
    const path = join(folder, 'rotated')
    const root = readFileSync(join(path, 'root.json'))
    const { time: now } = JSON.parse(readFileSync(join(path, 'expect.json')))
    const server = await serve(path)
    after(() => server.close())
    const metadataUrl = `${server.url}/metadata`
    const run = async (metadata, ...words) => {
      const { stdout } = await promisify(execFile)(native, [
        '--metadata-dir',
        metadata,
        '--at',
        now,
        '--json',
        ...words,
      ]).catch((error) => error)
      return JSON.parse(stdout)
    }
    const trusted = async (metadata) =>
      JSON.parse(await readFile(join(metadata, 'root.json'))).signed.version
    // A folder of the library.
    const one = join(temporary(), 'metadata')
    await (await Client.open({ root, now, metadataUrl, store: new FolderStore(one) })).refresh()
    assert.equal(await trusted(one), 6)
    for (const words of [
      ['refresh', '--root', join(path, 'root.json'), '--metadata-url', metadataUrl],
      ['init', join(path, 'root.json')],
    ]) {
      assert.deepEqual((await run(one, ...words)).error, undefined, words[0])
      assert.equal(await trusted(one), 6)
    }
    // A folder of the command line, and what it remembers besides.
    const two = join(temporary(), 'metadata')
    await run(two, 'init', join(path, 'root.json'), '--metadata-url', metadataUrl)
    await run(two, 'refresh')
    const settings = await readFile(join(two, 'settings.toml'), 'utf8')
    await Client.open({ root, now, metadataUrl, store: new FolderStore(two) })
    assert.equal(await readFile(join(two, 'settings.toml'), 'utf8'), settings)
    // Another root takes its place, and no memory of the first one is left.
    const other = join(folder, 'plain', 'root.json')
    assert.equal((await run(two, 'init', other)).error.code, 'already-initialized')
    assert.equal((await run(two, 'init', '--force', other)).error, undefined)
    const again = Client.open({ root, now, metadataUrl, store: new FolderStore(two) })
    assert.equal((await refusal(again)).code, 'already-initialized')
    await Client.open({ root: readFileSync(other), now, metadataUrl, store: new FolderStore(two) })
    assert.match(await readFile(join(two, 'settings.toml'), 'utf8'), /^metadata_url = /m)
    // A newer root that the library has taken is known to the command line.
    const three = join(temporary(), 'metadata')
    await run(three, 'init', join(path, 'root.json'))
    const newer = join(path, 'metadata/2.root.json')
    await Client.open({
      root: readFileSync(newer),
      now,
      metadataUrl,
      store: new FolderStore(three),
    })
    assert.equal((await run(three, 'init', newer)).error, undefined)
    assert.equal(
      (await run(three, 'init', join(path, 'root.json'))).error.code,
      'already-initialized',
    )
  },
)

test(
  'a store without the anchor of a newer root does not take the older one for its own',
  { skip: !there },
  async () => {
    const { Client, FolderStore, MemoryStore } = await load()
    const [older, newer] = ['root.json', 'metadata/2.root.json'].map((name) =>
      readFileSync(join(folder, 'rotated', name)),
    )
    for (const store of [new MemoryStore(), new FolderStore(join(temporary(), 'metadata'))]) {
      await Client.open({ root: older, store })
      const save = store.save.bind(store)
      store.save = async (name, ...rest) => {
        if (name === 'trust-anchor') throw new Error('killed')
        return save(name, ...rest)
      }
      await assert.rejects(Client.open({ root: newer, store }), /killed/)
      store.save = save
      assert.equal((await refusal(Client.open({ root: older, store }))).code, 'already-initialized')
      await Client.open({ root: newer, store })
      assert.equal((await refusal(Client.open({ root: older, store }))).code, 'already-initialized')
    }
  },
)

test(
  'a client does not follow another root that somebody put into its store',
  { skip: !there },
  async () => {
    const { Client, MemoryStore } = await load()
    const path = join(folder, 'rotated')
    const { time: now } = JSON.parse(readFileSync(join(path, 'expect.json')))
    const server = await serve(path)
    after(() => server.close())
    const open = (version, store) =>
      Client.open({
        root: readFileSync(join(path, 'metadata', `${version}.root.json`)),
        now,
        metadataUrl: `${server.url}/metadata`,
        store,
      })
    const store = new MemoryStore()
    const client = await open(1, store)
    await client.refresh()
    // The root of another program takes its place: this one did not trust that.
    await store.delete('root.json')
    const other = await open(2, store)
    assert.equal((await refusal(client.refresh())).code, 'already-initialized')
    await other.refresh()
    assert.equal((await refusal(client.refresh())).code, 'already-initialized')
  },
)

test(
  "a newer root that a program brings is held to the stored one, and ends a stolen key's reign",
  { skip: !there },
  async () => {
    const { Client, MemoryStore } = await load()
    const root = (version) => readFileSync(join(folder, 'rotated/metadata', `${version}.root.json`))
    const stored = async (store) =>
      Promise.all(['timestamp.json', 'snapshot.json'].map((name) => store.load(name)))
    const of = async (version) => {
      const store = new MemoryStore()
      await Client.open({ root: root(version), store })
      for (const name of ['timestamp.json', 'snapshot.json'])
        await store.save(name, new TextEncoder().encode(name), 1)
      return { store, before: await stored(store) }
    }
    // The same online keys, and others.
    const same = await of(1)
    await Client.open({ root: root(2), store: same.store })
    assert.deepEqual(await stored(same.store), same.before)
    const others = await of(4)
    await Client.open({ root: root(5), store: others.store })
    assert.deepEqual(await stored(others.store), [undefined, undefined])
    // Of the keys that signed this one, the first root knows too few.
    const stranger = await of(1)
    assert.deepEqual(
      (({ code, blame, role }) => [code, blame, role])(
        await refusal(Client.open({ root: root(5), store: stranger.store })),
      ),
      ['already-initialized', 'caller', 'root'],
    )
    assert.deepEqual(await stored(stranger.store), stranger.before)
    assert.deepEqual(Buffer.from(await stranger.store.load('root.json')), root(1))
  },
)

test(
  'the build for Ed25519 alone names the key schemes that it cannot use, and the build that can',
  { skip: !there },
  async () => {
    const { Client } = await load('picotuf/ed25519')
    const path = join(folder, 'all-keys')
    const error = await refusal(
      Client.open({
        root: readFileSync(join(path, 'root.json')),
        metadataUrl: 'http://localhost/',
      }),
    )
    assert.deepEqual(
      [error.code, error.blame, error.role, error.expected, error.found],
      ['unsupported-key-scheme', 'unsupported', 'root', 3, 1],
    )
    for (const scheme of ['ecdsa-sha2-nistp256', 'rsassa-pss-sha256']) {
      assert.ok(
        error.text.includes(`\`${scheme}\` (\`picotuf\` has it, \`picotuf/ed25519\` has not)`),
        error.text,
      )
    }
  },
)
