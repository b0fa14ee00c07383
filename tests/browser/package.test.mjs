// The package itself in a page: what tests/npm/users.test.mjs has built and tried in Node, here
// under the strict policy.

import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { cp, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { PATIENCE, project, site, temporary, visitor } from './support.mjs'

const LENGTH = 7552
const WHEEL = 'iniconfig/iniconfig-2.3.1-py3-none-any.whl'
const PAGES = {
  'a page without a bundler': 'plain.js',
  Vite: 'page.js',
  webpack: 'webpack/page.js',
  esbuild: 'esbuild/page.js',
  'Vite, in a worker': 'worker-page.js',
}

if (!existsSync(join(project, 'vite/page.js')))
  throw new Error('run `tests/run npm` first: it builds these pages')

const folder = temporary()
for (const name of ['plain.js', 'vite', 'webpack', 'esbuild', 'node_modules/picotuf']) {
  await cp(join(project, name), join(folder, name), { recursive: true })
}
const repository = await site(join(import.meta.dirname, '../../cli/demo'))
const server = await site(folder)
// Vite builds for the top of a server.
const viteServer = await site(join(folder, 'vite'))
for (const at of [folder, join(folder, 'vite')])
  await writeFile(join(at, 'here.js'), `globalThis.REPOSITORY = ${JSON.stringify(repository.url)}`)

for (const [name, file] of Object.entries(PAGES)) {
  test(`${name}, in a page`, async () => {
    const isVite = name.startsWith('Vite')
    const [at, { url }] = isVite ? [join(folder, 'vite'), viteServer] : [folder, server]
    await writeFile(
      join(at, 'index.html'),
      `<!doctype html><title>a user</title><script src="here.js"></script>
<script type="module" src="${file}"></script>`,
    )
    const guest = await visitor()
    const tab = await guest.open(`${url}/`)
    await tab.waitForFunction(() => globalThis.RESULT, undefined, { timeout: PATIENCE })
    assert.equal(await tab.evaluate(() => globalThis.RESULT), LENGTH)
    await guest.leave()
  })
}

/** A page that can import the package as it was installed. */
async function tabOf(guest) {
  await writeFile(join(folder, 'index.html'), '<!doctype html><title>a user</title>')
  return guest.open(`${server.url}/`)
}

test('a web worker, and a target that is posted to the page', async () => {
  await writeFile(
    join(folder, 'worker.js'),
    `
import { Client } from './node_modules/picotuf/dist/index.js'
self.onmessage = async ({ data: { url, root, now } }) => {
  const urls = { metadataUrl: url + '/metadata', targetUrl: url + '/targets' }
  const client = await Client.open({ root, now, ...urls })
  const target = await client.target('${WHEEL}')
  self.postMessage({ target, bytes: await client.download(target) })
}
`,
  )
  const guest = await visitor()
  const tab = await tabOf(guest)
  const [length, held] = await tab.evaluate(async (url) => {
    const text = async (name) => (await (await fetch(`${url}/${name}`)).text()).trim()
    const [root, now] = [await text('root.json'), await text('time.txt')]
    const worker = new Worker('worker.js', { type: 'module' })
    const { target, bytes } = await new Promise((resolve, reject) => {
      worker.onmessage = ({ data }) => resolve(data)
      worker.onerror = reject
      worker.postMessage({ url, root, now })
    })
    const { Client } = await import('./node_modules/picotuf/dist/index.js')
    const client = await Client.open({ root })
    await client.verify(target, new Blob([bytes]))
    bytes[0] ^= 1
    return [
      bytes.length,
      await client.verify(target, new Blob([bytes])).then(
        () => 'held',
        ({ code }) => code,
      ),
    ]
  }, repository.url)
  assert.deepEqual([length, held], [LENGTH, 'hash-mismatch'])
  await guest.leave()
})

test('picotuf/worker does what a client does, by the store and fetch of the page', async () => {
  const guest = await visitor()
  const tab = await tabOf(guest)
  const seen = await tab.evaluate(
    async ([url, path]) => {
      const { Client, MemoryStore, IndexedDBStore, PicotufError } =
        await import('./node_modules/picotuf/dist/worker.js')
      const text = async (name) => (await (await fetch(`${url}/${name}`)).text()).trim()
      const [root, now] = [await text('root.json'), await text('time.txt')]
      const urls = { metadataUrl: `${url}/metadata`, targetUrl: `${url}/targets` }
      const requests = []
      const counting = async (address, init) => {
        requests.push(address.slice(url.length))
        return fetch(address, init)
      }
      const store = new MemoryStore()
      const client = await Client.open({ root, now: () => now, ...urls, store, fetch: counting })
      const progress = []
      const trusted = await client.refresh({ onProgress: ({ role }) => progress.push(role) })
      const target = await client.target(path)
      const bytes = await client.download(target)
      const stream = await client.download(target, { as: 'stream' })
      const streamed = new Uint8Array(await new Response(stream).arrayBuffer())
      await client.verify(target, new Blob([bytes]))
      await client.verify(target, new Blob([bytes]).stream())
      const refused = async (work) => {
        const error = await work.then(
          () => 'nothing',
          (error) => error,
        )
        return error instanceof PicotufError ? [error.code, error.blame] : String(error)
      }
      const changed = bytes.slice()
      changed[0] ^= 1
      const endless = new ReadableStream({ pull: () => new Promise(() => {}) })
      const controller = new AbortController()
      const aborted = refused(client.verify(target, endless, { signal: controller.signal }))
      controller.abort('enough')
      const errors = {
        changed: await refused(client.verify(target, changed)),
        aborted: await aborted,
        option: await refused(client.refresh({ Source: 'store' })),
        open: await refused(Client.open({ root, metadataURL: '' })),
        file: await refused(client.verify(target, () => {})),
        missing: await refused(client.getTarget('no/such')),
      }
      // The page's store has what the worker has verified, and another worker begins with it.
      const stored = (await store.load('timestamp.json')).length
      const own = new IndexedDBStore('own')
      const kept = await Client.open({ root, now, ...urls, store: own })
      await kept.target(path)
      kept.close()
      const offline = await Client.open({ now, offline: true, store: own })
      const closed = await refused(kept.refresh())
      const result = {
        trusted: trusted.map(({ role, version }) => [role, version]),
        known: (await client.metadata('timestamp')).length === stored,
        lengths: [bytes.length, streamed.length, (await offline.target(path)).length],
        progress: [...new Set(progress)],
        requests: requests.length,
        errors,
        closed,
      }
      client.close()
      return result
    },
    [repository.url, WHEEL],
  )
  assert.deepEqual(seen.errors, {
    changed: ['hash-mismatch', 'repository'],
    aborted: 'enough',
    option: ['usage', 'caller'],
    open: ['usage', 'caller'],
    file: ['usage', 'caller'],
    missing: ['target-not-found', 'repository'],
  })
  assert.deepEqual(
    [seen.trusted, seen.known, seen.lengths, seen.progress, seen.closed],
    [
      [
        ['root', 1],
        ['timestamp', 2],
        ['snapshot', 2],
        ['targets', 1],
      ],
      true,
      [LENGTH, LENGTH, LENGTH],
      ['timestamp', 'snapshot', 'targets'],
      ['usage', 'caller'],
    ],
  )
  assert.ok(seen.requests >= 8, `the page made ${seen.requests} requests`)
  await guest.leave()
})

test('a worker of one\u2019s own serves clients, and a missing one is named', async () => {
  await writeFile(
    join(folder, 'own-worker.js'),
    `
import { Client } from './node_modules/picotuf/dist/index.js'
import { serveClients } from './node_modules/picotuf/dist/worker-host.js'
serveClients(Client, { count: (client, { times }) => client.trusted.length * times })
`,
  )
  const guest = await visitor()
  const tab = await tabOf(guest)
  const seen = await tab.evaluate(async (url) => {
    const { Client } = await import('./node_modules/picotuf/dist/worker.js')
    const text = async (name) => (await (await fetch(`${url}/${name}`)).text()).trim()
    const [root, now] = [await text('root.json'), await text('time.txt')]
    const open = (name) => {
      const worker = new Worker(name, { type: 'module' })
      return Client.open({ root, now, metadataUrl: `${url}/metadata`, worker })
    }
    const client = await open('own-worker.js')
    await client.refresh()
    const code = (work) => work.then(String, ({ code }) => code)
    return [
      await client.call('count', { times: 2 }),
      await code(client.call('other')),
      await code(open('missing-worker.js')),
    ]
  }, repository.url)
  assert.deepEqual(seen, [8, 'usage', 'worker'])
  await guest.leave()
})

test('the build with Ed25519 alone, streams, and an abort', async () => {
  const guest = await visitor()
  const tab = await tabOf(guest)
  const seen = await tab.evaluate(
    async ([url, path]) => {
      const { Client, IndexedDBStore } = await import('./node_modules/picotuf/dist/ed25519.js')
      const text = async (name) => (await (await fetch(`${url}/${name}`)).text()).trim()
      const options = {
        root: await text('root.json'),
        now: await text('time.txt'),
        metadataUrl: `${url}/metadata`,
        targetUrl: `${url}/targets`,
        store: new IndexedDBStore('user'),
      }
      const client = await Client.open(options)
      const target = await client.target(path)
      const whole = await new Response(
        await client.download(target, { as: 'stream' }),
      ).arrayBuffer()
      const failure = (work) =>
        work.then(
          () => 'nothing',
          (error) => error.code ?? error.message ?? error,
        )
      const endless = new ReadableStream({ pull: () => new Promise(() => {}) })
      const controller = new AbortController()
      const aborted = failure(client.verify(target, endless, { signal: controller.signal }))
      controller.abort('enough')
      // A stream of bytes is read through two buffers: what is in them must not be mixed up,
      // however it is cut.
      const cut = (size) => {
        let at = 0
        return new ReadableStream({
          type: 'bytes',
          pull(controller) {
            if (at >= whole.byteLength) {
              controller.close()
              controller.byobRequest?.respond(0)
            } else controller.enqueue(new Uint8Array(whole.slice(at, (at += size))))
          },
        })
      }
      const cuts = []
      for (const size of [100, 4096, 10_000])
        cuts.push(await failure(client.verify(target, cut(size))))
      const offline = await Client.open({ ...options, offline: true, metadataUrl: undefined })
      return {
        length: whole.byteLength,
        aborted: await aborted,
        cuts,
        offline: (await offline.target(path)).length,
      }
    },
    [repository.url, WHEEL],
  )
  assert.deepEqual(seen, {
    length: LENGTH,
    aborted: 'enough',
    cuts: ['nothing', 'nothing', 'nothing'],
    offline: LENGTH,
  })
  await guest.leave()
})

test('without CORS, the error says that there was no answer', async () => {
  const guest = await visitor()
  const tab = await tabOf(guest)
  const code = await tab.evaluate(async (url) => {
    const { Client } = await import('./node_modules/picotuf/dist/index.js')
    const root = await (await fetch(`${url}/root.json`)).text()
    const client = await Client.open({ root, metadataUrl: 'http://127.0.0.1:1/metadata' })
    return client.refresh().catch(({ code, blame }) => [code, blame])
  }, repository.url)
  assert.deepEqual(code, ['connection', 'transport'])
  await guest.leave()
})

test('tabs that write to one database at one time do not spoil it', async () => {
  const guest = await visitor()
  const tabs = [await tabOf(guest), await tabOf(guest), await tabOf(guest)]
  const work = async ([url, path]) => {
    const { Client, IndexedDBStore } = await import('./node_modules/picotuf/dist/index.js')
    const text = async (name) => (await (await fetch(`${url}/${name}`)).text()).trim()
    const [root, now] = [await text('root.json'), await text('time.txt')]
    const lengths = await Promise.all(
      Array.from({ length: 4 }, async () => {
        const client = await Client.open({
          root,
          now,
          metadataUrl: `${url}/metadata`,
          store: new IndexedDBStore('shared'),
        })
        return (await client.target(path)).length
      }),
    )
    const offline = await Client.open({
      root,
      now,
      offline: true,
      store: new IndexedDBStore('shared'),
    })
    return [...lengths, (await offline.target(path)).length]
  }
  const lengths = await Promise.all(tabs.map((tab) => tab.evaluate(work, [repository.url, WHEEL])))
  assert.deepEqual(lengths.flat(), Array(15).fill(LENGTH))
  await guest.leave()
})
