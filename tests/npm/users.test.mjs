// Programs of users, in the project that has the tarball installed: each prints the length of the
// demo's wheel.

import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { readFile, readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { promisify } from 'node:util'
import * as esbuild from 'esbuild'
import { build as vite } from 'vite'
import webpack from 'webpack'
import { WHEEL, demoRepository, installed, project } from './support.mjs'
import { serve } from './server.mjs'

const run = promisify(execFile)

/** What a user's program does with `Client`, and the address of the repository. */
const BODY = `
async function main(Client, url, more = {}) {
  const root = await (await fetch(url + '/root.json')).text()
  const now = (await (await fetch(url + '/time.txt')).text()).trim()
  const client = await Client.open({ root, now, metadataUrl: url + '/metadata', targetUrl: url + '/targets', ...more })
  const target = await client.target('${WHEEL}')
  return (await client.download(target)).length
}
`
const LENGTH = '7552'

/** Writes a program into the project. */
async function program(name, text) {
  const path = join(project, name)
  await writeFile(path, text)
  return path
}

async function prints(path, ...words) {
  const { server } = await demoRepository()
  const { stdout, stderr } = await run(process.execPath, [path, server.url, ...words], {
    cwd: project,
    timeout: 60_000,
  })
  assert.deepEqual([stdout.trim(), stderr], [LENGTH, ''])
}

test('Node, an ECMAScript module', async () => {
  for (const entry of ['picotuf', 'picotuf/ed25519']) {
    await prints(
      await program(
        'esm.mjs',
        `import { Client } from '${entry}'\n${BODY}\nconsole.log(await main(Client, process.argv[2]))`,
      ),
    )
  }
})

test('Node, CommonJS, by import() and by require', async () => {
  await prints(
    await program(
      'import.cjs',
      `${BODY}\nimport('picotuf').then(({ Client }) => main(Client, process.argv[2])).then(console.log)`,
    ),
  )
  const path = await program(
    'require.cjs',
    `const { Client } = require('picotuf')\n${BODY}\nmain(Client, process.argv[2]).then(console.log)`,
  )
  const { server } = await demoRepository()
  const { stdout } = await run(process.execPath, ['--no-warnings', path, server.url], {
    cwd: project,
  })
  assert.equal(stdout.trim(), LENGTH)
})

test('Node, a worker thread, and a target that is posted back', async () => {
  await program(
    'thread.mjs',
    `
import { parentPort, workerData } from 'node:worker_threads'
import { Client } from 'picotuf'
const root = await (await fetch(workerData + '/root.json')).text()
const now = (await (await fetch(workerData + '/time.txt')).text()).trim()
const client = await Client.open({ root, now, metadataUrl: workerData + '/metadata' })
parentPort.postMessage(await client.target('${WHEEL}'))
`,
  )
  await prints(
    await program(
      'threads.mjs',
      `
import { Worker } from 'node:worker_threads'
import { Client } from 'picotuf'
const url = process.argv[2]
const target = await new Promise((resolve, reject) => {
  const worker = new Worker(new URL('./thread.mjs', import.meta.url), { workerData: url })
  worker.on('message', resolve).on('error', reject)
})
const root = await (await fetch(url + '/root.json')).text()
const client = await Client.open({ root, metadataUrl: url + '/metadata', targetUrl: url + '/targets' })
console.log((await client.download(target)).length)
`,
    ),
  )
})

/** Runs a program made for a browser in Node, with what is missing there: files are fetched over HTTP, as in a page. */
async function printsAsPage(folder, entry) {
  const { server } = await demoRepository()
  const site = await serve(folder)
  try {
    const runner = await program(
      'page.mjs',
      `
import { register } from 'node:module'
globalThis.location = new URL(process.argv[3] + '/')
globalThis.document = { baseURI: location.href, currentScript: null, getElementsByTagName: () => [], querySelector: () => null, createElement: () => ({ relList: { supports: () => true } }) }
globalThis.window = globalThis.self = globalThis
register('data:text/javascript,' + encodeURIComponent(${JSON.stringify(HTTP_IMPORTS)}))
globalThis.REPOSITORY = process.argv[2]
await import(process.argv[3] + '/' + process.argv[4])
console.log(await globalThis.RESULT)
`,
    )
    const { stdout } = await run(
      process.execPath,
      ['--no-warnings', runner, server.url, site.url, entry],
      { cwd: project, timeout: 60_000 },
    )
    assert.equal(stdout.trim(), LENGTH)
    assert.ok(
      site.requests.some((path) => path.endsWith('.wasm')),
      `the module was not fetched: ${site.requests}`,
    )
  } finally {
    await site.close()
  }
}

/** A loader that imports modules over HTTP, as browsers do. */
const HTTP_IMPORTS = `
export const resolve = (name, context, next) =>
  /^https?:/.test(name) || /^https?:/.test(context.parentURL ?? '') && /^[.\\/]/.test(name)
    ? { url: new URL(name, context.parentURL).href, format: 'module', shortCircuit: true } : next(name, context)
export const load = async (url, context, next) =>
  /^https?:/.test(url) ? { format: 'module', source: await (await fetch(url)).text(), shortCircuit: true } : next(url, context)
`
const PAGE = `import { Client } from 'picotuf'\n${BODY}\nglobalThis.RESULT = main(Client, globalThis.REPOSITORY)`

test('a page without a bundler: the files of the package as they are', async () => {
  await program('plain.js', PAGE.replace("'picotuf'", "'./node_modules/picotuf/dist/index.js'"))
  await printsAsPage(project, 'plain.js')
})

test('Vite', async () => {
  const folder = join(project, 'vite')
  await program('vite-page.js', PAGE)
  await vite({
    root: project,
    logLevel: 'error',
    configFile: false,
    build: {
      outDir: folder,
      emptyOutDir: true,
      target: 'es2022',
      modulePreload: false,
      rollupOptions: {
        input: join(project, 'vite-page.js'),
        output: { entryFileNames: 'page.js' },
      },
    },
  })
  const assets = await readdir(join(folder, 'assets'))
  assert.deepEqual(
    assets.filter((name) => name.endsWith('.wasm')).length,
    1,
    `one build, not both: ${assets}`,
  )
  await printsAsPage(folder, 'page.js')
})

test('webpack, for a page and for Node', async () => {
  const build = (config) =>
    new Promise((resolve, reject) => {
      webpack({ mode: 'production', context: project, ...config }, (error, stats) => {
        if (error || stats.hasErrors()) reject(error ?? new Error(stats.toString()))
        else resolve()
      })
    })
  const folder = join(project, 'webpack')
  const entry = await program('webpack-page.mjs', PAGE)
  await build({
    entry,
    target: 'web',
    experiments: { outputModule: true },
    output: { path: folder, filename: 'page.js', module: true, publicPath: 'auto' },
  })
  await printsAsPage(folder, 'page.js')
  const node = await program(
    'webpack-node.mjs',
    `import { Client } from 'picotuf'\n${BODY}\nconsole.log(await main(Client, process.argv[2]))`,
  )
  await build({
    entry: node,
    target: 'node20',
    experiments: { outputModule: true },
    output: { path: folder, filename: 'node.mjs', module: true },
  })
  await prints(join(folder, 'node.mjs'))
})

test('esbuild, with the module as bytes', async () => {
  const build = (entry, outfile, platform) =>
    esbuild.build({
      entryPoints: [entry],
      outfile,
      bundle: true,
      format: 'esm',
      target: 'es2022',
      platform,
      loader: { '.wasm': 'binary' },
      logLevel: 'error',
    })
  const text = `import { Client } from 'picotuf'\nimport wasm from 'picotuf/picotuf.wasm'\n${BODY}\nconsole.log(await main(Client, process.argv[2], { wasm }))`
  const entry = await program('esbuild.mjs', text)
  for (const platform of ['node', 'browser']) {
    const outfile = join(project, `esbuild-${platform}.mjs`)
    await build(entry, outfile, platform)
    await prints(outfile)
  }
})

test("TypeScript, strict, takes the declarations and a user's program", async () => {
  const good = await program(
    'user.mts',
    `
import { Client, FolderStore, IndexedDBStore, MemoryStore, PicotufError, saveTarget, type Store, type Target, type TrustedRole } from 'picotuf'
import { Client as Small } from 'picotuf/ed25519'
import { IndexPage, customFields, PicotufError as PageError, type IndexPageFile } from 'picotuf/pypi'
const stores: Store[] = [new MemoryStore(), new FolderStore('/tmp/x'), new IndexedDBStore('x')]
async function main(root: Uint8Array, signal: AbortSignal): Promise<number> {
  const client: Client = await Client.open({ root, metadataUrl: 'https://example.org/m', targetUrl: new URL('https://example.org/t'), store: stores[0]!, limits: { delegations: 8 }, now: () => new Date(), fetch, signal })
  const trusted: readonly TrustedRole[] = await client.refresh({ signal, onProgress: ({ role, loaded }) => console.log(role, loaded) })
  const target: Target | null = await client.target('a/b')
  if (target === null) return trusted.length
  const bytes: Uint8Array = await client.download(target)
  const stream: ReadableStream<Uint8Array> = await client.download(target, { as: 'stream' })
  await client.verify(target, stream, { signal })
  const saved: string = await saveTarget(client, target, '/tmp/x', { signal })
  console.log(saved)
  await client.verify(target, new Blob([bytes as BlobPart]))
  const page: IndexPage = await IndexPage.read(bytes, 'six')
  const file: IndexPageFile | undefined = page.names[0] === undefined ? undefined : page.file(page.names[0])
  console.log((await customFields(target.custom))?.requiresPython?.length, file?.hashes.sha256?.length, file?.yanked, page instanceof PageError)
  const keys: string[] = target.signedBy.flatMap(({ signers }) => signers)
  return keys.length + (client.metadata('root')?.length ?? 0)
}
main(new Uint8Array(), AbortSignal.timeout(1)).catch((error: unknown) => {
  if (error instanceof PicotufError) console.log(error.code, error.role, error.expected, error.found, error.message)
})
Small.open({ metadataUrl: '' })
`,
  )
  const bad = await program(
    'bad.mts',
    `
import { Client } from 'picotuf'
const client = await Client.open({ metadataUrl: 1 })
const target = await client.target('a')
target.length
new Client()
`,
  )
  const page = await program(
    'page.mts',
    "import { Client, IndexedDBStore } from 'picotuf'\nClient.open({ store: new IndexedDBStore() })\n",
  )
  const tsc = (file, ...words) => {
    const compiler = join(import.meta.dirname, 'node_modules/typescript/bin/tsc')
    const options = [
      '--noEmit',
      '--strict',
      '--exactOptionalPropertyTypes',
      '--noUncheckedIndexedAccess',
      '--target',
      'es2022',
      '--types',
      'node',
      '--typeRoots',
      join(import.meta.dirname, 'node_modules/@types'),
    ]
    return run(process.execPath, [compiler, ...options, ...words, file], { cwd: project }).then(
      () => [],
      ({ stdout }) => stdout.match(/error TS\d+/g) ?? [stdout],
    )
  }
  assert.deepEqual(await tsc(good, '--module', 'nodenext'), [])
  assert.deepEqual(
    await tsc(page, '--module', 'esnext', '--moduleResolution', 'bundler', '--lib', 'es2022,dom'),
    [],
  )
  assert.deepEqual(await tsc(bad, '--module', 'nodenext'), [
    'error TS2322',
    'error TS18047',
    'error TS2673',
  ])
})

test('the example of the README does what it says', async () => {
  const { server, options } = await demoRepository()
  const exampleOf = async (readme) => /```js\n([\s\S]*?)```/.exec(await readFile(readme, 'utf8'))[1]
  const example = await exampleOf(join(installed, 'README.md'))
  assert.equal(
    await exampleOf(join(import.meta.dirname, '../../README.md')),
    example,
    "the repository's own README has the same",
  )
  assert.ok(example.trim().split('\n').length <= 13, 'a short one')
  const text = example
    .replaceAll('https://example.org', server.url)
    .replace('six/six-1.17.0.tar.gz', WHEEL)
    .replace(
      'const client',
      `const root = Buffer.from('${Buffer.from(options.root).toString('base64')}', 'base64')\nDate.now = () => ${Date.parse(options.now)}\nconst client`,
    )
  const path = await program('readme.mjs', `${text}\nconsole.log(bytes.length)`)
  const { stdout } = await run(process.execPath, [path], { cwd: project })
  assert.deepEqual(stdout.trim().split('\n').at(-1), LENGTH)
  assert.match(stdout, /targets: 2 keys/)
})
