// What a visitor of a page waits for.

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { test } from 'node:test'
import { gzipSync } from 'node:zlib'
import { transformSync } from 'esbuild'
import { installed } from './support.mjs'

/**
 * The WebAssembly has the rules that JavaScript had once more before: what becomes of a trust
 * anchor, names of targets, members of `custom`. It names the key schemes that are not supported,
 * the option that raises a limit, a project's status and the element that spoils a page. PKCS #1
 * v1.5 and PSS with SHA-384 and SHA-512 take 4.5 KB of the module with all keys.
 * Those of clients by themselves, without and with ML-DSA, have the core's fast path besides, and
 * hash faster: 10 KB for a third of the time with 16,384 bins.
 *
 * Bytes after gzip -9; of JavaScript without comments and blanks, as every bundler leaves it.
 * `goal` is what was wished for, `most` what the package may not grow beyond. The compiler orders
 * functions by the folder they are built in, which changes a size by 300 bytes at most: `most` has
 * room for that.
 */
const BUDGETS = {
  'dist/wasm/ed25519_bg.wasm': { goal: 35_000, most: 46_200 },
  'dist/wasm/picotuf_bg.wasm': { goal: 95_000, most: 100_600 },
  'dist/wasm/ml-dsa_bg.wasm': { goal: 110_000, most: 110_900 },
  'dist/wasm/pypi_bg.wasm': { goal: 23_000, most: 31_200 },
  'dist/wasm/attest_bg.wasm': { goal: 60_000, most: 84_400 },
  'dist/wasm/sigstore_bg.wasm': { goal: 115_000, most: 143_600 },
  'dist/index.js': { goal: 12_000, most: 12_900 },
  'dist/worker.js': { goal: 9_000, most: 9_000 },
  'dist/worker-main.js': { goal: 14_000, most: 14_800 },
  'dist/attest.js': { goal: 5_000, most: 5_000 },
  'dist/sigstore.js': { goal: 16_000, most: 18_400 },
}

test('the README states what the files have at most', () => {
  const readme = readFileSync(join(installed, 'README.md'), 'utf8')
  const stated = [...readme.matchAll(/^\| (?:WebAssembly|JavaScript)\b.* \| ([\d,]+) \|$/gm)]
  const figures = stated.map(([, figure]) => Number(figure.replaceAll(',', '')))
  const files = ['picotuf', 'ml-dsa', 'ed25519', 'pypi', 'attest', 'sigstore']
  const budgets = files.map((name) => BUDGETS[`dist/wasm/${name}_bg.wasm`].most)
  assert.deepEqual(figures, [...budgets, BUDGETS['dist/index.js'].most])
})

/** A module and all that it imports. */
function reached(file, seen = new Set()) {
  if (seen.has(file)) return seen
  seen.add(file)
  const text = readFileSync(file, 'utf8')
  for (const [, name] of text.matchAll(/from '(\.[^']+)'/g))
    reached(join(dirname(file), name), seen)
  return seen
}

const bare = (text) =>
  Buffer.from(transformSync(text, { format: 'esm', minifyWhitespace: true }).code)

const gzipped = (parts) => gzipSync(Buffer.concat(parts), { level: 9 }).length

/** What ML-DSA may add to the module that has the other keys. */
const ML_DSA_MOST = 20_000

test('ML-DSA stays within its budget', (context) => {
  const [without, with_] = ['picotuf', 'ml-dsa'].map((name) =>
    gzipped([readFileSync(join(installed, `dist/wasm/${name}_bg.wasm`))]),
  )
  context.diagnostic(`ML-DSA: ${with_ - without} bytes after gzip -9`)
  assert.ok(with_ - without <= ML_DSA_MOST, `${with_} is too much beside ${without}`)
})

for (const [name, { goal, most }] of Object.entries(BUDGETS)) {
  test(`${name} stays within its budget`, (context) => {
    const files = name.endsWith('.wasm')
      ? [join(installed, name)]
      : [...reached(join(installed, name))]
    const size = gzipped(
      files.map((file) =>
        file.endsWith('.js') ? bare(readFileSync(file, 'utf8')) : readFileSync(file),
      ),
    )
    const whole = gzipped(files.map((file) => readFileSync(file)))
    context.diagnostic(
      `${name}: ${size} bytes after gzip -9, in ${files.length} files, ` +
        `${whole} as they are; goal ${goal}`,
    )
    assert.ok(size <= most, `${size} is more than ${most}`)
  })
}
