// Cold verification in Node: from nothing but the root to the entry of one target, beside tuf-js. Files come from memory (picotuf) or
// from the disk's cache (tuf-js).
//
//     tests/run npm && npm ci --prefix tests/bench/peers/tuf-js
//     node tests/bench/node/bench.mjs [--rounds 11] [--without-tuf-js] [REPOSITORY...]

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { parseArgs } from 'node:util'
import { load } from '../../npm/support.mjs'

const { values, positionals } = parseArgs({ allowPositionals: true, options: { rounds: { type: 'string', default: '11' }, 'without-tuf-js': { type: 'boolean' } } })
const folder = process.env.PICOTUF_REPOSITORIES ?? join(import.meta.dirname, '../../.cache/repositories')
const median = (times) => times.toSorted((one, other) => one - other)[Math.floor(times.length / 2)]

/** Milliseconds of each round. */
async function picotuf(entry, repository, target, time) {
  const { Client } = await load(entry)
  const files = new Map()
  const fetch = async (url) => {
    const { pathname } = new URL(url)
    if (!files.has(pathname)) files.set(pathname, await readFile(join(repository, pathname)).catch(() => null))
    const bytes = files.get(pathname)
    return new Response(bytes, { status: bytes ? 200 : 404 })
  }
  const root = await readFile(join(repository, 'root.json'))
  const times = []
  for (let round = 0; round <= Number(values.rounds); round++) {
    const start = performance.now()
    const client = await Client.open({ root, now: time, metadataUrl: 'http://repository/metadata', fetch })
    if (!(await client.target(target))) throw new Error(`${target} was not found`)
    times.push(performance.now() - start)
  }
  // The first round loads the module and fills the caches.
  return times.slice(1)
}

/** Milliseconds of one verification, after none before: it takes long. */
async function tufJs(repository, target) {
  const peer = spawn(process.execPath, [join(import.meta.dirname, '../peers/tuf-js/peer.mjs'), repository, target], { stdio: ['pipe', 'pipe', 'inherit'] })
  peer.stdin.write('go\n')
  const [line] = await once(createInterface({ input: peer.stdout }), 'line')
  peer.kill()
  const [verdict, nanoseconds] = line.split(' ')
  if (verdict !== 'ok') throw new Error(line)
  return [Number(nanoseconds) / 1e6]
}

const columns = ['picotuf', 'picotuf/ed25519', ...(values['without-tuf-js'] ? [] : ['tuf-js'])]
console.log(`| repository | ${columns.join(' | ')} |\n|---|${'---:|'.repeat(columns.length)}`)
for (const name of positionals.length ? positionals : ['explicit', 'succinct', 'three-levels']) {
  const repository = join(folder, name)
  const { targets: [target], time } = JSON.parse(await readFile(join(repository, 'expect.json')))
  const cells = []
  for (const entry of ['picotuf', 'picotuf/ed25519']) cells.push(median(await picotuf(entry, repository, target, time)))
  if (!values['without-tuf-js']) cells.push(...(await tufJs(repository, target)))
  console.log(`| ${name} | ${cells.map((cell) => `${cell.toFixed(1)} ms`).join(' | ')} |`)
}
process.exit(0)
