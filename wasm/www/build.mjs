// Puts the page, the npm package and the demo's repository into dist/: `npm run build`. Any static
// server can serve that folder.
//
// The package must have been built: `npm ci && npm run build` in ../npm.

import { createHash } from 'node:crypto'
import {
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join, relative, sep } from 'node:path'
import { fileURLToPath } from 'node:url'

const here = fileURLToPath(new URL('.', import.meta.url))
const npm = join(here, '../npm/dist')
const dist = join(here, 'dist')

if (!existsSync(join(npm, 'wasm/picotuf_bg.wasm')))
  throw new Error('run `npm ci && npm run build` in wasm/npm first')
rmSync(dist, { recursive: true, force: true })
mkdirSync(dist)
cpSync(join(here, 'src'), dist, { recursive: true })
cpSync(join(here, '../../cli/demo'), join(dist, 'demo'), { recursive: true })
const entries = ['index.js', 'pypi.js', 'worker.js', 'worker-host.js']
const modules = ['wasm/picotuf_bg.wasm', 'wasm/pypi_bg.wasm']
for (const name of [...new Set(entries.flatMap((entry) => [...imported(entry)])), ...modules]) {
  cpSync(join(npm, name), join(dist, 'picotuf', name))
}

// The service worker keeps exactly these files, under a name that changes with any of them.
const files = readdirSync(dist, { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile())
  .map((entry) =>
    relative(dist, join(entry.parentPath ?? entry.path, entry.name))
      .split(sep)
      .join('/'),
  )
  .filter((name) => name !== 'sw.js')
  .sort()
const hash = createHash('sha256')
for (const name of files) hash.update(`${name}\0`).update(readFileSync(join(dist, name)))
const worker = join(dist, 'sw.js')
writeFileSync(
  worker,
  readFileSync(worker, 'utf8')
    .replace("'VERSION'", JSON.stringify(hash.digest('hex').slice(0, 16)))
    .replace("['FILES']", JSON.stringify(files)),
)

/** The package's module and all that it imports. */
function imported(name, seen = new Set()) {
  if (seen.has(name)) return seen
  seen.add(name)
  const text = readFileSync(join(npm, name), 'utf8')
  for (const [, from] of text.matchAll(/from\s*["'](\.[^"']+)["']/g))
    imported(join(dirname(name), from).split(sep).join('/'), seen)
  return seen
}
