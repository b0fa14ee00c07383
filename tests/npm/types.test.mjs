// The declarations, as compilers of users take them: the oldest TypeScript that is supported and
// the newest, each way of resolving modules, with and without the names of a browser.

import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { readFile, readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { promisify } from 'node:util'
import { publint } from 'publint'
import { installed, project } from './support.mjs'

const run = promisify(execFile)
const here = import.meta.dirname

const COMPILERS = { 'TypeScript 5.7': 'typescript-oldest', 'TypeScript 7': 'typescript' }
const STRICT = [
  '--noEmit',
  '--skipDefaultLibCheck',
  '--strict',
  '--exactOptionalPropertyTypes',
  '--noUncheckedIndexedAccess',
  '--target',
  'es2022',
]
const NODE_TYPES = ['--types', 'node', '--typeRoots', join(here, 'node_modules/@types')]
/** Node's names and no browser's. */
const NODE = ['--module', 'nodenext', '--lib', 'es2022', ...NODE_TYPES]
/** A page's program, and server code, as bundlers and Next.js compile them. */
const BUNDLED = ['--module', 'esnext', '--moduleResolution', 'bundler']
const PAGE = [...BUNDLED, '--lib', 'es2022,dom']
const SERVER = [...BUNDLED, '--lib', 'es2022,dom', ...NODE_TYPES]

const COMMON = `
async function main(root: Uint8Array, store: Store, signal: AbortSignal): Promise<number> {
  const client: Client = await Client.open({
    root, store, fetch, signal, metadataUrl: 'https://example.org/m',
    targetUrl: new URL('https://example.org/t'), limits: { delegations: 8 }, now: () => new Date(),
    timeout: 10_000, retries: 1,
  })
  const trusted: readonly TrustedRole[] = await client.refresh({
    signal, source: 'repository-or-store',
    onProgress: ({ role, loaded, total }) => console.log(role, loaded, total),
  })
  const why: PicotufError | undefined = client.unreachable
  const target: Target | null = await client.target('a/b')
  if (target === null) return trusted.length + (why?.text.length ?? 0)
  const bytes: Uint8Array = await client.getTarget('a/b', { source: 'store' })
  const stream: ReadableStream<Uint8Array> = await client.download(target, { as: 'stream' })
  await client.verify(target, stream, { signal })
  const again = await client.download(target)
  await client.verify(target, new Blob([again]))
  const keys: string[] = target.signedBy.flatMap(({ signers }) => signers)
  return keys.length + bytes.length
}
function said(error: PicotufError): string {
  switch (error.code) {
    case 'rollback':
    case 'already-initialized':
    case 'page-html':
      return error.code
    default:
      return error.message
  }
}
console.log(main, said)
`

const NODE_PROGRAM = `
import { Client, FolderStore, MemoryStore, PicotufError, findCached, saveTarget } from 'ENTRY'
import type { Store, Target, TrustedRole } from 'ENTRY'
import { IndexPage, customFields, type IndexPageFile } from 'picotuf/pypi'
${COMMON}
async function files(client: Client, target: Target, page: IndexPage) {
  const saved: string = await saveTarget(client, target, '/tmp/x')
  const cached: string | undefined = await findCached(client, target, '/tmp/x')
  const file: IndexPageFile | undefined = page.file(page.names[0] ?? '')
  const python = (await customFields(target.custom))?.requiresPython
  return [saved, cached, file?.hashes.sha256, file?.yanked, python, client.metadata('root')?.length]
}
const stores: Store[] = [new MemoryStore(), new FolderStore('/tmp/x')]
console.log(files, stores)
`

const PROGRAMS = {
  'a program for Node': [NODE, NODE_PROGRAM.replaceAll('ENTRY', 'picotuf')],
  'the same by picotuf/node': [NODE, NODE_PROGRAM.replaceAll('ENTRY', 'picotuf/node')],
  'the server code of a bundled program': [
    SERVER,
    NODE_PROGRAM.replaceAll('ENTRY', 'picotuf/node'),
  ],
  'a page': [
    PAGE,
    `import { Client, PicotufError } from 'picotuf'
import type { Store, Target, TrustedRole } from 'picotuf'
import { Client as Small, IndexedDBStore } from 'picotuf/ed25519'
import { TrustedRoot, type AttestedFile, type Report } from 'picotuf/attest'
import { PackageIndex, history, openSigstore } from 'picotuf/sigstore'
import { PicotufBadge } from 'picotuf/badge'
import { Client as Remote } from 'picotuf/worker'
import { serveClients } from 'picotuf/worker-host'
import wasm from 'picotuf/picotuf.wasm'
${COMMON}
const asked: AttestedFile = { name: 'six-1.tar.gz', sha256: '', provenance: '', publisher: 'x' }
async function published(): Promise<string | undefined> {
  const { root, unreachable } = await openSigstore({ store: new IndexedDBStore(), retries: 0 })
  const report: Report = (await TrustedRoot.read(new Uint8Array())).check(asked)
  const commit: string | undefined = root.verify(asked).publisher.claims.commit
  const project = await new PackageIndex({ timeout: 1 }).project('six')
  const [decision] = await history([{ version: '1', publisher: report.publisher }])
  const bytes: Uint8Array | null = await new PackageIndex().provenance(project!.files[0]!)
  return unreachable?.text ?? report.error?.code ?? decision?.change ?? commit ?? bytes?.toString()
}
console.log(published, PicotufBadge.observedAttributes)
Small.open({ store: new IndexedDBStore(), wasm })
Remote.open({ worker: new Worker('x') }).then((client) => client.metadata('root'))
serveClients(Client, { roles: (client) => client.trusted.length })
`,
  ],
}

/** What no compiler lets through: each line with its error. */
const MISTAKES = `
import { Client, PicotufError } from 'picotuf'
const client = await Client.open({ metadataUrl: 1 }) // TS2322
await Client.open({ metadataURL: 'https://example.org/m' }) // TS2561
await client.refresh({ source: 'cache' }) // TS2322
const target = await client.target('a')
target.length // TS18047
new Client() // TS2674
if (new PicotufError('io', '').code === 'rolback') console.log() // TS2367
new PicotufError('no-such-code', '') // TS2345
`

async function compile(compiler, name, text, options) {
  const file = join(project, name)
  await writeFile(file, text)
  const words = [join(here, 'node_modules', compiler, 'bin/tsc'), ...STRICT, ...options, file]
  const work = run(process.execPath, words, { cwd: project })
  return work.then(
    () => '',
    ({ stdout }) => stdout,
  )
}

for (const [version, compiler] of Object.entries(COMPILERS)) {
  test(`${version}, strict, takes the declarations and users' programs`, async () => {
    for (const [name, [options, text]] of Object.entries(PROGRAMS)) {
      // The older one is ten times as slow: with it, the one that has the most names.
      if (compiler !== 'typescript' && !name.includes('picotuf/node')) continue
      assert.equal(await compile(compiler, 'user.mts', text, options), '', name)
    }
  })
}

test('a compiler refuses what is no option, no code and no client', async () => {
  const said = await compile('typescript', 'bad.mts', MISTAKES, NODE)
  const found = [...said.matchAll(/bad\.mts\((\d+),\d+\): error (TS\d+)/g)]
  const lines = MISTAKES.split('\n').entries()
  const expected = [...lines].flatMap(([at, line]) => {
    const error = / \/\/ (TS\d+)$/.exec(line)?.[1]
    return error ? [[String(at + 1), error]] : []
  })
  assert.deepEqual(
    found.map(([, line, error]) => [line, error]),
    expected,
  )
})

test('every code that the core has is a code of the declarations, and no other is', async () => {
  const core = join(here, '../../core/src')
  const read = async (name) => readFile(join(core, name), 'utf8')
  const verifier = [...(await read('error/text.rs')).matchAll(/"([a-z][a-z0-9-]*) [^"]/g)]
  const page = [...(await read('pypi/simple.rs')).matchAll(/"(page-[a-z-]+)"/g)]
  const declared = await readFile(join(installed, 'dist/error.d.ts'), 'utf8')
  const union = (name) => {
    const text = new RegExp(`type ${name} = ([^;]*);`).exec(declared)[1]
    return [...text.matchAll(/'([^']+)'/g)].map(([, code]) => code)
  }
  const inOrder = (found) => [...new Set(found.map(([, code]) => code))].sort()
  assert.deepEqual(union('VerifierCode'), inOrder(verifier))
  assert.deepEqual(union('PageCode'), inOrder(page))
  const attest = await readFile(join(here, '../../attest/src/error.rs'), 'utf8')
  const codes = attest.slice(attest.indexOf('pub fn code('), attest.indexOf('pub fn blame('))
  const known = [
    ...codes.matchAll(/=> "([a-z-]+)"/g),
    ...attest.matchAll(/\("(unsupported-[a-z-]+)"/g),
  ]
  const own = inOrder(known).filter((code) => !union('VerifierCode').includes(code))
  assert.deepEqual(union('AttestationCode'), own)
})

test('every code of the package itself is thrown by it, and no other is declared', async () => {
  const declared = await readFile(join(installed, 'dist/error.d.ts'), 'utf8')
  const union = /type PackageCode = ([^;]*);/.exec(declared)[1]
  const codes = [...union.matchAll(/'([^']+)'/g)].map(([, code]) => code)
  const files = await readdir(join(installed, 'dist'))
  const texts = files
    .filter((name) => name.endsWith('.js'))
    .map((name) => readFile(join(installed, 'dist', name), 'utf8'))
  const code = (await Promise.all(texts)).join('')
  const thrown = [...code.matchAll(/new PicotufError\('([^']+)'/g)].map(([, code]) => code)
  const verifiers = ['page-names-file-twice', 'target-not-found']
  assert.deepEqual(codes, [...new Set(thrown)].filter((code) => !verifiers.includes(code)).sort())
})

test('publint and "are the types wrong" have nothing to say', async () => {
  const { messages } = await publint({ pkgDir: installed, strict: true })
  assert.deepEqual(messages, [])
  const tarball = (await readdir(project)).find((name) => name.endsWith('.tgz'))
  const attw = join(here, 'node_modules/@arethetypeswrong/cli/dist/index.js')
  // CommonJS gets an ECMAScript module, as Node 20.19 and later can give it.
  const words = [attw, join(project, tarball), '--ignore-rules', 'cjs-resolves-to-esm']
  const names = ['picotuf', 'ed25519', 'pypi', 'attest', 'sigstore']
  const modules = ['--exclude-entrypoints', ...names.map((name) => `${name}.wasm`)]
  const how = ['--profile', 'node16', '--no-emoji', ...modules]
  // It fails where it has something to say.
  await run(process.execPath, [...words, ...how])
})
