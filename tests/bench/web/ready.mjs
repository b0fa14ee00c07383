// When a first visitor sees the pages, and when they are ready, over a network with a round trip of
// 60 ms and 9 Mbit/s: the medians of some visits, each in a browser of its own. The server makes
// the network: it waits a round trip for each connection and each request, and sends all that it
// sends at that rate, compressed. So requests of workers are as slow as those of the page.
//
//     tests/run browser && node tests/bench/web/ready.mjs [--visits 7] [--rtt 60] [--mbit 9]
//
// With --requests, it prints when each request of the last visit came. With `--beside DIST`, the
// page for TUF repositories of another build takes turns with this one's, and the ratios are those
// of medians: DIST is a folder `wasm/www/dist`, where that page is tuf.html or index.html.

import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import { extname, join, normalize } from 'node:path'
import { after, test } from 'node:test'
import { setTimeout } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { gzipSync } from 'node:zlib'

const { values } = parseArgs({
  options: {
    visits: { type: 'string', default: '7' },
    rtt: { type: 'string', default: '60' },
    mbit: { type: 'string', default: '9' },
    requests: { type: 'boolean', default: false },
    beside: { type: 'string' },
  },
})
const { PATIENCE, browser, dist, visitor } = await import('../../browser/support.mjs')
const { pypiPage } = await import('../../browser/pypi.mjs')

const rtt = Number(values.rtt)
const bytesPerMillisecond = (Number(values.mbit) * 1e6) / 8 / 1e3
/** As many bytes go at one time as two packets have. */
const PIECE = 2800
const TYPES = {
  '.css': 'text/css',
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.json': 'application/json',
  '.svg': 'image/svg+xml',
  '.wasm': 'application/wasm',
}
const median = (times) => times.toSorted((one, other) => one - other)[Math.floor(times.length / 2)]

let requests = []
let begun = 0
/** When the line is free again. */
let free = 0

/** Serves what `answer` gives for a path, `{ status, body }`, over that network. */
async function slow(answer) {
  const seen = new WeakSet()
  const server = createServer(async (request, response) => {
    const { pathname } = new URL(request.url, 'http://localhost')
    const came = performance.now() - begun
    const connects = !seen.has(request.socket)
    seen.add(request.socket)
    const { status, body } = await answer(pathname)
    const packed = gzipSync(body, { level: 9 })
    await setTimeout(connects ? 2 * rtt : rtt)
    response.writeHead(status, {
      'content-type': TYPES[extname(pathname) || '.html'] ?? 'application/octet-stream',
      'content-encoding': 'gzip',
      'content-length': packed.length,
      'access-control-allow-origin': '*',
    })
    for (let at = 0; at < packed.length; at += PIECE) {
      const piece = packed.subarray(at, at + PIECE)
      free = Math.max(free, performance.now()) + piece.length / bytesPerMillisecond
      const wait = free - performance.now()
      if (wait > 1) await setTimeout(wait)
      response.write(piece)
    }
    response.end()
    requests.push({ pathname, status, came, went: performance.now() - begun, size: packed.length })
  })
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
  after(() => server.close())
  after(() => server.closeAllConnections())
  return `http://127.0.0.1:${server.address().port}`
}

const ofFolder = (folder) => (pathname) =>
  readFile(join(folder, normalize(pathname), pathname.endsWith('/') ? 'index.html' : '')).then(
    (body) => ({ status: 200, body }),
    () => ({ status: 404, body: Buffer.from('not there') }),
  )

/** Sigstore's repository over that network, and the page that asks it. */
async function pypi() {
  const { sigstore, folder } = await pypiPage()
  const url = await slow((pathname) => {
    const body = sigstore.files.get(pathname)
    return body ? { status: 200, body } : { status: 404, body: Buffer.from('not there') }
  })
  const page = ofFolder(folder)
  return slow(async (pathname) => {
    const found = await page(pathname)
    if (pathname !== '/') return found
    return { ...found, body: Buffer.from(String(found.body).replace(sigstore.url, url)) }
  })
}

const tufPage = async (folder) =>
  `${await slow(ofFolder(folder))}/${existsSync(join(folder, 'tuf.html')) ? 'tuf.html' : ''}`

const PAGES = {
  'TUF repositories': () => tufPage(dist),
  ...(values.beside ? { 'the other build': () => tufPage(values.beside) } : {}),
  PyPI: async () => `${await pypi()}/`,
}

/** When a first visitor sees a page, and when it is ready, in milliseconds. */
async function visit(url) {
  requests = []
  const guest = await visitor()
  const tab = await guest.open('about:blank')
  begun = performance.now()
  await tab.goto(url)
  const verified = '#status[data-ready=true][data-state=verified]'
  await tab.locator(verified).waitFor({ timeout: PATIENCE })
  const ready = performance.now() - begun
  const paint = () =>
    performance.getEntriesByName('first-contentful-paint').map(({ startTime }) => startTime)[0]
  const seen = await tab.evaluate(paint)
  await guest.leave()
  return { seen, ready, requests }
}

const seconds = (time) => `${(time / 1000).toFixed(2)} s`

test('first visits', async () => {
  const visits = []
  for (const [name, serve] of Object.entries(PAGES)) visits.push({ name, url: await serve() })
  for (const page of visits) page.times = []
  for (let round = 0; round < Number(values.visits); round++) {
    for (const { url, times } of visits) times.push(await visit(url))
  }
  const medians = visits.map(({ name, times }) => ({
    name,
    last: times.at(-1),
    seen: median(times.map(({ seen }) => seen)),
    ready: median(times.map(({ ready }) => ready)),
  }))
  for (const { name, seen, ready, last } of medians) {
    console.log(`${name}: seen after ${seconds(seen)}, ready after ${seconds(ready)}`)
    if (!values.requests) continue
    for (const { pathname, status, came, went, size } of last.requests) {
      const times = [came, went].map((time) => `${Math.round(time)}`.padStart(6))
      console.log(`${times.join('')} ms ${String(size).padStart(7)} bytes  ${status} ${pathname}`)
    }
  }
  if (!values.beside) return
  const [own, other] = medians
  const ratio = (what) => (other[what] / own[what]).toFixed(1)
  console.log(`times faster than the other build: seen ${ratio('seen')}, ready ${ratio('ready')}`)
})
after(() => browser.close())
