// Builds the package into dist/: the WebAssembly modules, the JavaScript that goes with them, and
// that of src/ with its declarations: `npm run build`.
//
// Needs Rust with the target wasm32-unknown-unknown, and `npm ci` in this folder.

import { execFileSync } from 'node:child_process'
import { copyFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { join } from 'node:path'
import { buildSync } from 'esbuild'

const here = fileURLToPath(new URL('.', import.meta.url))
const root = join(here, '../..')
const dist = join(here, 'dist')
const output = join(dist, 'wasm')

const SMALL = '--features=small'
/**
 * Without `small` a module is 10 KB larger, and reads lists with thousands of entries in two thirds
 * of the time. That is for clients by themselves.
 */
const BUILDS = [
  { name: 'picotuf', features: [] },
  { name: 'ml-dsa', features: ['--features=ml-dsa'] },
  { name: 'ed25519', features: ['--no-default-features', '--features=client', SMALL] },
  { name: 'pypi', features: ['--no-default-features', '--features=pypi', SMALL] },
  { name: 'attest', features: ['--no-default-features', '--features=attest', SMALL] },
  { name: 'sigstore', features: ['--features=attest', SMALL] },
  // That of ../www, which is not in the package.
  { name: 'page', features: ['--features=pypi', SMALL] },
]

// What every browser of the last years has, and nothing newer.
const FEATURES = [
  'bulk-memory',
  'bulk-memory-opt',
  'mutable-globals',
  'multivalue',
  'nontrapping-float-to-int',
  'reference-types',
  'sign-ext',
]

// SHA-2 in its smaller form, which is some KB less; what signs is hashed by Ed25519's own.
const COMPACT = [
  '--config',
  `target.wasm32-unknown-unknown.rustflags=["--cfg","sha2_backend_soft=\\"compact\\""]`,
]

/** What hashes metadata, at its fastest. */
const FAST = ['--config', 'profile.wasm.package.ed25519-compact.opt-level=3']

const run = (program, ...words) =>
  execFileSync(program, words, {
    cwd: root,
    stdio: ['ignore', 'pipe', 'inherit'],
    encoding: 'utf8',
  })
const cargo = (...words) => run(process.env.CARGO ?? 'cargo', ...words)

const target = JSON.parse(
  cargo('metadata', '--format-version=1', '--no-deps', '--locked'),
).target_directory
cargo('build', '--package=picotuf-wasm-bindgen', '--locked', '--quiet')
rmSync(dist, { recursive: true, force: true })
mkdirSync(output, { recursive: true })
run(process.execPath, join(here, 'node_modules/typescript/bin/tsc'), '--project', here)
copyFileSync(join(here, 'src/wasm-file.d.ts'), join(dist, 'wasm-file.d.ts'))
// The root of Sigstore's repository that the native client has, and where that is.
const sigstore = readFileSync(join(root, 'client/src/sigstore.rs'), 'utf8')
const constant = (name) => new RegExp(`pub const ${name}: &str = ("[^"]+");`).exec(sigstore)[1]
writeFileSync(
  join(output, 'sigstore-root.js'),
  `export const URL = ${constant('URL')}, TARGET = ${constant('TARGET')}, ROOT = ` +
    JSON.stringify(readFileSync(join(root, 'client/src/sigstore/root.json'), 'utf8')),
)
for (const { name, features } of BUILDS) {
  cargo(
    'build',
    '--package=picotuf-wasm',
    '--locked',
    '--quiet',
    '--profile=wasm',
    '--target=wasm32-unknown-unknown',
    ...COMPACT,
    ...(features.includes(SMALL) ? [] : FAST),
    ...features,
  )
  const built = join(target, 'wasm32-unknown-unknown/wasm/picotuf_wasm.wasm')
  run(join(target, 'debug/picotuf-wasm-bindgen'), built, output, name)
  const module = join(output, `${name}_bg.wasm`)
  const optimizer = join(here, 'node_modules/binaryen/bin/wasm-opt')
  const enable = FEATURES.map((feature) => `--enable-${feature}`)
  // A large function that is called from one place is larger in its caller.
  const passes = [
    '--one-caller-inline-max-function-size=40',
    '-Oz',
    '--converge',
    '--low-memory-unused',
    '--strip-target-features',
    '-Oz',
  ]
  run(process.execPath, optimizer, ...enable, ...passes, module, '-o', module)
  // Without the code that fetches the module: see src/wasm-module.ts.
  const glue = join(output, `${name}.js`)
  const declared = readFileSync(glue, 'utf8').matchAll(/^export (?:class|function) (\w+)/gm)
  const names = [...declared].map(([, exported]) => exported)
  const [{ text }] = buildSync({
    stdin: {
      contents: `export { ${['initSync', ...names].join(', ')} } from './${name}.js'`,
      resolveDir: output,
    },
    bundle: true,
    format: 'esm',
    minify: true,
    write: false,
  }).outputFiles
  writeFileSync(glue, text)
}
for (const license of ['LICENSE-APACHE', 'LICENSE-MIT'])
  copyFileSync(join(root, license), join(here, license))
