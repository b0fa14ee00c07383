// Programs of users, in the project that has the tarball installed. The bundlers and servers that
// differ less are tried by `tests/run full`: see tests/bundlers.

import assert from 'node:assert/strict'
import { cp, readFile, readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import * as esbuild from 'esbuild'
import { build as vite } from 'vite'
import { createServer as vite7 } from 'vite-7'
import webpack from 'webpack'
import { WHEEL, demoRepository, installed, project, refusal, temporary } from './support.mjs'
import { BODY, LENGTH, NODE, PAGE, WITH_MODULE, WORKER_PAGE } from './programs.mjs'
import { prints, printsAsPage, printsFrom, program, run } from './programs.mjs'

test('Node, an ECMAScript module', async () => {
  for (const entry of ['picotuf', 'picotuf/node', 'picotuf/ed25519']) {
    await prints(await program('esm.mjs', NODE.replace("'picotuf'", `'${entry}'`)))
  }
})

test('Node, CommonJS, by import() and by require', async () => {
  const imported = "import('picotuf').then(({ Client }) => main(Client, process.argv[2]))"
  await prints(await program('import.cjs', `${BODY}\n${imported}.then(console.log)`))
  const required = "const { Client } = require('picotuf')"
  const text = `${required}\n${BODY}\nmain(Client, process.argv[2]).then(console.log)`
  const path = await program('require.cjs', text)
  const { server } = await demoRepository()
  const words = ['--no-warnings', path, server.url]
  const { stdout } = await run(process.execPath, words, { cwd: project })
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
  const text = `
import { Worker } from 'node:worker_threads'
import { Client } from 'picotuf'
const url = process.argv[2]
const target = await new Promise((resolve, reject) => {
  const worker = new Worker(new URL('./thread.mjs', import.meta.url), { workerData: url })
  worker.on('message', resolve).on('error', reject)
})
const root = await (await fetch(url + '/root.json')).text()
const urls = { metadataUrl: url + '/metadata', targetUrl: url + '/targets' }
const client = await Client.open({ root, ...urls })
console.log((await client.download(target)).length)
`
  await prints(await program('threads.mjs', text))
})

test('a page without a bundler: the files of the package as they are', async () => {
  await program('plain.js', PAGE.replace("'picotuf'", "'./node_modules/picotuf/dist/index.js'"))
  await printsAsPage(project, 'plain.js')
})

test('Vite', async () => {
  const folder = join(project, 'vite')
  await program('vite-page.js', PAGE)
  await program('vite-worker-page.js', WORKER_PAGE)
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
        input: {
          page: join(project, 'vite-page.js'),
          'worker-page': join(project, 'vite-worker-page.js'),
        },
        output: { entryFileNames: '[name].js' },
      },
    },
  })
  const assets = await readdir(join(folder, 'assets'))
  const modules = assets.filter((name) => name.endsWith('.wasm'))
  const names = modules.map((name) => name.replace(/_bg-.*/, '')).sort()
  assert.deepEqual(names, ['ml-dsa', 'picotuf'], `each once, and no other build: ${assets}`)
  await printsAsPage(folder, 'page.js')
})

test('the development server of Vite 7, which moves what it bundles ahead', async () => {
  const root = temporary()
  await cp(join(project, 'node_modules'), join(root, 'node_modules'), { recursive: true })
  await writeFile(join(root, 'package.json'), '{}')
  await writeFile(join(root, 'index.html'), '<script type="module" src="/page.js"></script>')
  await writeFile(join(root, 'page.js'), PAGE)
  const server = await vite7({
    root,
    logLevel: 'error',
    configFile: false,
    server: { port: 0, host: '127.0.0.1', hmr: false, watch: null },
  })
  await server.listen()
  try {
    const { port } = server.httpServer.address()
    await printsFrom(`http://127.0.0.1:${port}`, 'page.js')
    const bundled = await readdir(join(root, 'node_modules/.vite/deps'))
    assert.ok(bundled.includes('picotuf.js'), `it was not bundled ahead: ${bundled}`)
  } finally {
    await server.close()
  }
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
  const experiments = { outputModule: true }
  const output = { path: folder, module: true }
  await build({
    entry: await program('webpack-page.mjs', PAGE),
    target: 'web',
    experiments,
    output: { ...output, filename: 'page.js', publicPath: 'auto' },
  })
  await printsAsPage(folder, 'page.js')
  await build({
    entry: await program('webpack-node.mjs', NODE),
    target: 'node20',
    experiments,
    output: { ...output, filename: 'node.mjs' },
  })
  await prints(join(folder, 'node.mjs'))
})

test('esbuild, with the module as a file, and as bytes', async () => {
  const entry = await program('with-module.mjs', WITH_MODULE)
  const build = (outfile, loader, platform) =>
    esbuild.build({
      entryPoints: [entry],
      outfile,
      bundle: true,
      format: 'esm',
      target: 'es2022',
      platform,
      loader: { '.wasm': loader },
      logLevel: 'error',
    })
  await build(join(project, 'esbuild/page.js'), 'file', 'browser')
  await printsAsPage(join(project, 'esbuild'), 'page.js')
  await build(join(project, 'esbuild-node.mjs'), 'binary', 'node')
  await prints(join(project, 'esbuild-node.mjs'))
})

/** The package as one script, which is changed as a bundler does that moves it. */
async function bundled(move) {
  const script = await esbuild.build({
    entryPoints: [join(installed, 'dist/index.js')],
    bundle: true,
    format: 'esm',
    write: false,
  })
  const moved = move(script.outputFiles[0].text)
  return import(`data:text/javascript,${encodeURIComponent(moved)}`)
}

/** The change of a bundler that moves the script to a URL. */
const movedTo = (url) => (text) => text.replaceAll('import.meta.url', JSON.stringify(url))

/** The URLs that the package asks for its module after such a change. */
async function askedFor(move) {
  const module = await bundled(move)
  const { options } = await demoRepository()
  const real = globalThis.fetch
  const asked = []
  try {
    globalThis.fetch = async (url) => {
      asked.push(String(url))
      throw new TypeError('nobody answers')
    }
    assert.equal((await refusal(module.Client.open(options))).code, 'wasm')
  } finally {
    globalThis.fetch = real
  }
  return asked
}

test('the module is looked for where the package is installed, as pnpm does too', async () => {
  const at = (url) => askedFor(movedTo(url))
  const site = 'http://localhost:5173/node_modules'
  assert.deepEqual(await at(`${site}/.vite/deps/picotuf.js`), [
    `${site}/picotuf/dist/wasm/picotuf_bg.wasm`,
    `${site}/.vite/deps/wasm/picotuf_bg.wasm`,
  ])
  const packaged = `${site}/.pnpm/picotuf@0.1.0/node_modules/picotuf/dist`
  assert.deepEqual(await at(`${packaged}/index.js`), [`${packaged}/wasm/picotuf_bg.wasm`])
})

test('the address of the module may name no server, as in client components of Next', async () => {
  const address = /new URL\("\.\/wasm\/picotuf_bg\.wasm", import\.meta\.url\)/
  const path = '/_next/static/media/picotuf_bg.wasm'
  const relative = `Object.assign(Object.create(URL.prototype), { toString: () => '${path}' })`
  globalThis.location = new URL('http://localhost:3000/a/page')
  try {
    const asked = await askedFor((text) => {
      assert.match(text, address)
      return text.replace(address, relative)
    })
    assert.deepEqual(asked, [`http://localhost:3000${path}`])
  } finally {
    delete globalThis.location
  }
})

test('a server that sends its page of HTML for the module is named, and what to set', async () => {
  const url = 'http://localhost:5173/assets/wasm/picotuf_bg.wasm'
  const module = await bundled(movedTo('http://localhost:5173/assets/page.js'))
  const real = globalThis.fetch
  const { options } = await demoRepository()
  try {
    const html = new Response('<!doctype html>', { headers: { 'content-type': 'text/html' } })
    Object.defineProperty(html, 'url', { value: url })
    globalThis.fetch = async () => html
    const error = await refusal(module.Client.open(options))
    assert.equal(
      error.message,
      `the WebAssembly module cannot be loaded: ${url} is HTML; the bundler did not copy the ` +
        "module: for Vite, set `optimizeDeps: { exclude: ['picotuf'] }`; for others, give its " +
        'URL or bytes as `wasm` [wasm]',
    )
  } finally {
    globalThis.fetch = real
  }
})

test('the example of the README does what it says', async () => {
  const { server, options } = await demoRepository()
  const readme = await readFile(join(installed, 'README.md'), 'utf8')
  const example = /```js\n([\s\S]*?)```/.exec(readme)[1]
  assert.ok(example.trim().split('\n').length <= 13, 'a short one')
  const root = Buffer.from(options.root).toString('base64')
  const given = [
    `const root = Buffer.from('${root}', 'base64')`,
    `Date.now = () => ${Date.parse(options.now)}`,
    'const client',
  ]
  const text = example
    .replaceAll('https://example.org', server.url)
    .replace('six/six-1.17.0.tar.gz', WHEEL)
    .replace('const client', given.join('\n'))
  const path = await program('readme.mjs', `${text}\nconsole.log(bytes.length)`)
  const { stdout } = await run(process.execPath, [path], { cwd: project })
  assert.deepEqual(stdout.trim().split('\n').at(-1), LENGTH)
  assert.match(stdout, /targets: 2 keys/)
})
