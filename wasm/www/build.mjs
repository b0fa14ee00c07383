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
import { createRequire } from 'node:module'
import { join, relative, sep } from 'node:path'
import { fileURLToPath } from 'node:url'

// That of the package, which is installed for its build.
const { build } = createRequire(new URL('../npm/package.json', import.meta.url))('esbuild')

const here = fileURLToPath(new URL('.', import.meta.url))
const npm = join(here, '../npm/dist')
const dist = join(here, 'dist')

if (!existsSync(join(npm, 'wasm/page_bg.wasm')))
  throw new Error('run `npm ci && npm run build` in wasm/npm first')
rmSync(dist, { recursive: true, force: true })
mkdirSync(dist)
for (const name of ['index.html', 'tuf.html', 'style.css', 'icon.svg', 'sw.js'])
  cpSync(join(here, 'src', name), join(dist, name))
cpSync(join(here, '../../cli/demo'), join(dist, 'demo'), { recursive: true })
/** For keys of ML-DSA alone: the service worker keeps it once it was asked for. */
const SELDOM = ['wasm/ml-dsa_bg.wasm']
for (const file of ['wasm/page_bg.wasm', 'wasm/sigstore_bg.wasm', ...SELDOM])
  cpSync(join(npm, file), join(dist, file))
// One file for the page and one for its worker: modules one by one cost a round trip each.
await build({
  entryPoints: {
    pypi: join(here, 'src/pypi/main.js'),
    'pypi-worker': join(here, 'src/pypi/worker.js'),
    main: join(here, 'src/main.js'),
    verifier: join(here, 'src/verifier.js'),
  },
  outdir: dist,
  bundle: true,
  format: 'esm',
  target: 'es2022',
  minify: true,
  legalComments: 'none',
  logLevel: 'warning',
  plugins: [
    {
      name: 'the package as it was built',
      setup: ({ onResolve }) =>
        onResolve({ filter: /^(\.\.?\/)+picotuf\// }, ({ path }) => ({
          path: join(npm, path.replace(/^.*\/picotuf\//, '')),
        })),
    },
  ],
})

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
    .replace("['FILES']", JSON.stringify(files.filter((name) => !SELDOM.includes(name))))
    .replace("['SELDOM']", JSON.stringify(SELDOM)),
)
