// The first verification of a process, from nothing but the root to the entry of one target: of the
// native library, of the npm package in Node, and of the package in a page, as it is and bundled
// by esbuild. Each round begins a new process of each, and a new browser; the time to start those
// does not count, that to load the package does. Prints medians, and the ratio to the native
// library, which is the median of the ratios within each round. Repositories and native program are
// those of tests/bench/peers.
//
//     tests/run npm && npm ci --prefix tests/browser && tests/bench/peers/run --rounds 1
//     node tests/bench/web/fresh.mjs [--rounds 11] [--native PROGRAM] [--package FOLDER]
//       [REPOSITORY...]

import { execFile, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { parseArgs, promisify } from 'node:util'
import { serve } from '../../browser/server.mjs'
import { installed } from '../../npm/installed.mjs'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    rounds: { type: 'string', default: '11' },
    native: { type: 'string' },
    package: { type: 'string', default: installed },
  },
})
const here = import.meta.dirname
const median = (times) => times.toSorted((one, other) => one - other)[Math.floor(times.length / 2)]

/** The program of tests/bench/peers. */
function builtPeer() {
  const manifest = join(here, '../peers/Cargo.toml')
  const words = ['--format-version=1', '--no-deps', '--locked', '--manifest-path', manifest]
  const metadata = execFileSync('cargo', ['metadata', ...words])
  return join(JSON.parse(metadata).target_directory, 'release/peer-picotuf')
}

/** The milliseconds in an answer of a program of tests/bench/peers, or of first.mjs. */
function answered(line) {
  const [verdict, nanoseconds] = line.trim().split(' ')
  if (verdict !== 'ok') throw new Error(line)
  return Number(nanoseconds) / 1e6
}

const program = values.native ?? builtPeer()
async function native(repository, target) {
  const child = spawn(program, [repository, target], { stdio: ['pipe', 'pipe', 'inherit'] })
  child.stdin.write('go\n')
  const [line] = await once(createInterface({ input: child.stdout }), 'line')
  child.kill()
  return answered(line)
}

const nodeWith = (entry) => async (repository, target) => {
  const words = [join(here, 'first.mjs'), join(values.package, 'dist', entry), repository, target]
  const { stdout } = await promisify(execFile)(process.execPath, words)
  return answered(stdout)
}

const { chromium } = createRequire(join(here, '../../browser/package.json'))('playwright-core')
const executablePath = process.env.PICOTUF_CHROMIUM ?? '/usr/bin/chromium'
const launch = () => chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-gpu'] })
const { build } = createRequire(join(here, '../../npm/package.json'))('esbuild')
const bundled = await build({
  entryPoints: [join(values.package, 'dist/index.js')],
  bundle: true,
  format: 'esm',
  minify: true,
  write: false,
})
const module = await readFile(join(values.package, 'dist/wasm/picotuf_bg.wasm'))
const plain = await serve(values.package)
const bundle = await serve(
  new Map([
    ['/package.json', '{}'],
    ['/dist/index.js', bundled.outputFiles[0].text],
    ['/dist/wasm/picotuf_bg.wasm', module],
  ]),
)
let version

/** Each file is fetched before the clock starts, so that the network is not measured. */
const pageWith = (modules) => async (repository, target) => {
  const server = await serve(repository)
  const browser = await launch()
  version = browser.version()
  try {
    const tab = await browser.newPage()
    await tab.goto(`${modules.url}/package.json`)
    const names = await neededBy(repository, target)
    return await tab.evaluate(firstInPage, { url: server.url, target, names })
  } finally {
    await browser.close()
    await server.stop()
  }
}

/** What the page runs. */
async function firstInPage({ url, target, names }) {
  const files = new Map()
  for (const name of names) {
    const response = await fetch(`${url}${name}`)
    files.set(name, [response.status, await response.arrayBuffer()])
  }
  const start = performance.now()
  const { Client } = await import('/dist/index.js')
  const fetchHeld = async (asked) => {
    const [status, body] = files.get(new URL(asked).pathname)
    return new Response(body, { status })
  }
  const root = new Uint8Array(files.get('/root.json')[1])
  const client = await Client.open({ root, metadataUrl: `${url}/metadata`, fetch: fetchHeld })
  if (!(await client.target(target))) throw new Error(`${target} was not found`)
  return performance.now() - start
}

const needed = new Map()
/** The files that a verification asks for, by their paths. */
async function neededBy(repository, target) {
  if (!needed.has(repository)) {
    const { Client } = await import(join(values.package, 'dist/node.js'))
    const names = new Set(['/root.json'])
    const fetch = async (url) => {
      const { pathname } = new URL(url)
      names.add(pathname)
      const bytes = await readFile(join(repository, pathname)).catch(() => null)
      return new Response(bytes, { status: bytes ? 200 : 404 })
    }
    const root = await readFile(join(repository, 'root.json'))
    const client = await Client.open({ root, metadataUrl: 'http://repository/metadata', fetch })
    await client.target(target)
    needed.set(repository, [...names])
  }
  return needed.get(repository)
}

const columns = {
  native,
  'picotuf, Node': nodeWith('node.js'),
  'picotuf/ed25519, Node': nodeWith('ed25519.node.js'),
  'picotuf, Chromium': pageWith(plain),
  'bundled, Chromium': pageWith(bundle),
}
const rows = []
for (const name of positionals.length ? positionals : ['explicit', 'succinct']) {
  const repository = join(here, '../../.cache/peers', name)
  const { target } = JSON.parse(await readFile(join(repository, 'question.json')))
  const times = Object.fromEntries(Object.keys(columns).map((column) => [column, []]))
  // The first round fills the caches of the disk.
  for (let round = 0; round <= Number(values.rounds); round++) {
    for (const [column, verify] of Object.entries(columns)) {
      const taken = await verify(repository, target)
      if (round > 0) times[column].push(taken)
    }
  }
  const cells = Object.values(times).map((taken) => {
    const ratios = taken.map((time, round) => time / times.native[round])
    return `${median(taken).toFixed(1)} ms · ${median(ratios).toFixed(1)}`
  })
  rows.push(`| ${name} | ${cells.join(' | ')} |`)
}
await Promise.all([plain.stop(), bundle.stop()])
const heading = Object.keys(columns)
console.log(`Node ${process.versions.node}, Chromium ${version}, ${values.rounds} rounds.\n`)
console.log(`| repository | ${heading.join(' | ')} |\n|---|${'---:|'.repeat(heading.length)}`)
console.log(rows.join('\n'))
