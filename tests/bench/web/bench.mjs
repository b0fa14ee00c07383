// Cold verification by the npm package, in Node and in Chromium: from nothing but the root to the
// entry of one target, beside tuf-js and the native library. Files come from memory (Node,
// Chromium's from a server on the loopback interface) or from the disk's cache (native, tuf-js).
// Times are medians of rounds in which all take their turn. tuf-js runs once, and is given up after
// --patience seconds. The repositories, the native program and tuf-js are those of
// tests/bench/peers.
//
//     tests/run npm && npm ci --prefix tests/browser && tests/bench/peers/run --rounds 1
//     node tests/bench/web/bench.mjs [--rounds 11] [--patience 30] [REPOSITORY...]

import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { serve } from '../../browser/server.mjs'
import { installed, load } from '../../npm/support.mjs'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    rounds: { type: 'string', default: '11' },
    patience: { type: 'string', default: '30' },
  },
})
const rounds = Number(values.rounds)
const here = import.meta.dirname
const folder = join(here, '../../.cache/peers')
const median = (times) => times.toSorted((one, other) => one - other)[Math.floor(times.length / 2)]

/** A program that verifies once for each line it reads, and says how long it took. */
async function peer(command, args) {
  const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'inherit'] })
  const lines = createInterface({ input: child.stdout })
  return {
    async verify() {
      child.stdin.write('go\n')
      const [line] = await once(lines, 'line')
      const [verdict, nanoseconds] = line.split(' ')
      if (verdict !== 'ok') throw new Error(line)
      return Number(nanoseconds) / 1e6
    },
    stop: () => child.kill(),
  }
}

function native(repository, target) {
  const manifest = join(here, '../peers/Cargo.toml')
  const metadata = execFileSync('cargo', [
    'metadata',
    '--format-version=1',
    '--no-deps',
    '--locked',
    '--manifest-path',
    manifest,
  ])
  return peer(join(JSON.parse(metadata).target_directory, 'release/peer-picotuf'), [
    repository,
    target,
  ])
}

const tufJs = (repository, target) =>
  peer(process.execPath, [join(here, '../peers/tuf-js/peer.mjs'), repository, target])

/** The package in this process. */
async function node(entry, repository, target) {
  const { Client } = await load(entry)
  const files = new Map()
  const fetch = async (url) => {
    const { pathname } = new URL(url)
    if (!files.has(pathname))
      files.set(pathname, await readFile(join(repository, pathname)).catch(() => null))
    const bytes = files.get(pathname)
    return new Response(bytes, { status: bytes ? 200 : 404 })
  }
  const root = await readFile(join(repository, 'root.json'))
  return {
    async verify() {
      const start = performance.now()
      const client = await Client.open({ root, metadataUrl: 'http://repository/metadata', fetch })
      if (!(await client.target(target))) throw new Error(`${target} was not found`)
      return performance.now() - start
    },
    stop() {},
  }
}

/** The time of one verification, or that there was none. */
async function onceWithin(client) {
  const given = setTimeout(Number(values.patience) * 1000, `no answer after ${values.patience} s`, {
    ref: false,
  })
  const taken = client.verify().then((time) => `${time.toFixed(1)} ms`)
  const first = await Promise.race([taken, given])
  client.stop()
  return first
}

const { chromium } = createRequire(join(here, '../../browser/package.json'))('playwright-core')
const browser = await chromium.launch({
  executablePath: process.env.PICOTUF_CHROMIUM ?? '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-gpu'],
})
const modules = await serve(installed)

/**
 * The package in a page. Each file is fetched once before the clock starts, so that the network is
 * not measured.
 */
async function page(repository, target) {
  const server = await serve(repository)
  const tab = await browser.newPage()
  await tab.goto(`${modules.url}/package.json`)
  await tab.evaluate(() => {
    const files = new Map()
    globalThis.fetchOnce = async (url, options) => {
      const { pathname } = new URL(url)
      if (!files.has(pathname)) {
        const response = await fetch(url, options)
        files.set(pathname, [response.status, await response.arrayBuffer()])
      }
      const [status, body] = files.get(pathname)
      return new Response(body, { status })
    }
  })
  return {
    verify: () =>
      tab.evaluate(
        async ({ url, target }) => {
          const { Client } = await import('/dist/index.js')
          const root = new Uint8Array(
            await (await globalThis.fetchOnce(`${url}/root.json`)).arrayBuffer(),
          )
          const start = performance.now()
          const client = await Client.open({
            root,
            metadataUrl: `${url}/metadata`,
            fetch: globalThis.fetchOnce,
          })
          if (!(await client.target(target))) throw new Error(`${target} was not found`)
          return performance.now() - start
        },
        { url: server.url, target },
      ),
    async stop() {
      await tab.close()
      await server.stop()
    },
  }
}

const columns = {
  native,
  'picotuf, Node': (...it) => node('picotuf', ...it),
  'picotuf/ed25519, Node': (...it) => node('picotuf/ed25519', ...it),
  'picotuf, Chromium': page,
}
console.log(`Node ${process.versions.node}, Chromium ${browser.version()}, ${rounds} rounds.\n`)
console.log(
  `| repository | ${Object.keys(columns).join(' | ')} | tuf-js, Node |\n` +
    `|---|${'---:|'.repeat(Object.keys(columns).length + 1)}`,
)
for (const name of positionals.length
  ? positionals
  : ['explicit', 'succinct', 'explicit-1024', 'succinct-1024']) {
  const repository = join(folder, name)
  const { target } = JSON.parse(await readFile(join(repository, 'question.json')))
  const clients = {}
  for (const [column, open] of Object.entries(columns))
    clients[column] = await open(repository, target)
  const times = Object.fromEntries(Object.keys(columns).map((column) => [column, []]))
  // The first round loads modules and fills caches.
  for (let round = 0; round <= rounds; round++) {
    for (const [column, client] of Object.entries(clients)) {
      const taken = await client.verify()
      if (round > 0) times[column].push(taken)
    }
  }
  for (const client of Object.values(clients)) await client.stop()
  const tufJsTook = await onceWithin(await tufJs(repository, target))
  console.log(
    `| ${name} | ${Object.values(times)
      .map((taken) => `${median(taken).toFixed(1)} ms`)
      .join(' | ')} | ${tufJsTook} |`,
  )
}
await browser.close()
await modules.stop()
