// The npm package in what tests/npm leaves out, by `tests/run full`: development servers and builds
// of Vite 6 and 8, Rolldown, Parcel, Bun and Deno, and Next.js with a route handler and a client
// component. Parcel's server and Next.js in Chromium: PICOTUF_CHROMIUM, or /usr/bin/chromium.

import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { cp, mkdir, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { chromium } from 'playwright-core'
import { rolldown } from 'rolldown'
import { createServer as vite8 } from 'vite'
import { build as vite6Build, createServer as vite6 } from 'vite-6'
import { BODY, LENGTH, NODE, PAGE, WITH_MODULE, WORKER_PAGE } from '../npm/programs.mjs'
import { printsAsPage, printsFrom, run } from '../npm/programs.mjs'
import { demoRepository, project, temporary } from '../npm/support.mjs'

const packages = join(import.meta.dirname, 'node_modules')

const executablePath = process.env.PICOTUF_CHROMIUM ?? '/usr/bin/chromium'

/** Writes files into a folder. */
async function write(folder, files) {
  for (const [name, text] of Object.entries(files)) {
    await mkdir(join(folder, name, '..'), { recursive: true })
    await writeFile(join(folder, name), text)
  }
}

/** A project of a user, with the package installed and some files. */
async function userProject(files) {
  const folder = temporary()
  await cp(join(project, 'node_modules'), join(folder, 'node_modules'), { recursive: true })
  await write(folder, files)
  return folder
}

const HTML = '<!doctype html><title>a user</title><script type="module" src="./page.js"></script>'
const SITE = { 'package.json': '{}', 'index.html': HTML, 'page.js': PAGE }

for (const [name, createServer] of [
  ['6', vite6],
  ['8', vite8],
]) {
  test(`the development server of Vite ${name}`, async () => {
    const root = await userProject(SITE)
    const server = await createServer({
      root,
      logLevel: 'error',
      configFile: false,
      server: { port: 0, host: '127.0.0.1', hmr: false, watch: null },
    })
    await server.listen()
    try {
      await printsFrom(`http://127.0.0.1:${server.httpServer.address().port}`, 'page.js')
    } finally {
      await server.close()
    }
  })
}

test('a build of Vite 6', async () => {
  const root = await userProject(SITE)
  await vite6Build({
    root,
    logLevel: 'error',
    configFile: false,
    build: {
      target: 'es2022',
      modulePreload: false,
      rollupOptions: { input: join(root, 'page.js'), output: { entryFileNames: 'page.js' } },
    },
  })
  await printsAsPage(join(root, 'dist'), 'page.js')
})

test('Rolldown, with the module as a file of its own', async () => {
  const root = await userProject({ 'page.js': WITH_MODULE })
  const bundle = await rolldown({
    input: join(root, 'page.js'),
    cwd: root,
    platform: 'browser',
    moduleTypes: { '.wasm': 'asset' },
    logLevel: 'silent',
  })
  await bundle.write({ dir: join(root, 'dist'), entryFileNames: 'page.js' })
  await printsAsPage(join(root, 'dist'), 'page.js')
})

const tool = (name) => join(packages, '.bin', name)

test('a build of Parcel', async () => {
  const root = await userProject(SITE)
  const words = ['build', 'index.html', '--dist-dir', 'dist', '--no-source-maps', '--no-cache']
  await run(tool('parcel'), words, { cwd: root, timeout: 300_000 })
  const built = await readdir(join(root, 'dist'))
  const modules = built.filter((name) => name.endsWith('.wasm')).map((name) => name.split('.')[0])
  assert.deepEqual(modules.sort(), ['ml-dsa_bg', 'picotuf_bg'])
  const script = built.find((name) => name.endsWith('.js'))
  // Node has no import maps: it is told the addresses that the page's one has.
  const html = await readFile(join(root, 'dist/index.html'), 'utf8')
  const { imports } = JSON.parse(/importmap"?>(.*?)<\/script>/.exec(html)[1])
  const code = await readFile(join(root, 'dist', script), 'utf8')
  const address = (_, name) => `new URL(${JSON.stringify(imports[name])}, import.meta.url).href`
  const placed = code.replace(/import\.meta\.resolve\("(\w+)"\)/g, address)
  await writeFile(join(root, 'dist', script), placed)
  await printsAsPage(join(root, 'dist'), script)
})

test('a build of Bun, with the module as a file of its own', async () => {
  const root = await userProject({ 'package.json': '{}', 'page.js': WITH_MODULE })
  const words = ['build', 'page.js', '--target', 'browser', '--outdir', 'dist']
  await run(tool('bun'), [...words, '--loader', '.wasm:file'], { cwd: root })
  await printsAsPage(join(root, 'dist'), 'page.js')
})

/** What uses every entry of the package that works without a page, and stores to a folder. */
const ALL_ENTRIES = `
import { Client, FolderStore } from 'picotuf/node'
import { Client as Small } from 'picotuf/ed25519'
import { Client as WithAttestations } from 'picotuf/sigstore'
import { TrustedRoot } from 'picotuf/attest'
import { targetPaths } from 'picotuf/pypi'
${BODY}
const url = process.argv[2]
const store = new FolderStore('metadata')
const lengths = []
for (const [client, more] of [
  [Client, { store }],
  // From what was stored.
  [Client, { store }],
  [Small, {}],
  [WithAttestations, {}],
]) {
  lengths.push(await main(client, url, more))
}
const refused = await TrustedRoot.read(new Uint8Array([1])).catch(({ code }) => code)
const { pages } = await targetPaths('six')
console.log(JSON.stringify([lengths, refused, pages.includes('simple/six/index.html')]))
`

/** A client in a web worker. */
const IN_WORKER = `
${WORKER_PAGE.replace(/globalThis\.RESULT.*/, '')}
const open = async (options) => (globalThis.CLIENT = await Client.open(options))
console.log(await main({ open }, process.argv[2]))
globalThis.CLIENT.close()
`

const RUNTIMES = {
  Bun: ['bun', 'run'],
  Deno: ['deno', 'run', '--allow-net=127.0.0.1', '--allow-read', '--allow-write=metadata'],
}

for (const [name, [command, ...words]] of Object.entries(RUNTIMES)) {
  test(`${name}: each entry of the package, a folder, and a web worker`, async () => {
    const { server } = await demoRepository()
    const root = await userProject({
      'package.json': JSON.stringify({ private: true, dependencies: { picotuf: '*' } }),
      'user.mjs': NODE,
      'entries.mjs': ALL_ENTRIES,
      'in-worker.mjs': IN_WORKER,
    })
    const prints = async (program) => {
      const options = { cwd: root, timeout: 60_000, env: { ...process.env, NO_COLOR: '1' } }
      const { stdout } = await run(tool(command), [...words, program, server.url], options)
      return stdout.trim()
    }
    assert.equal(await prints('user.mjs'), LENGTH)
    assert.equal(await prints('in-worker.mjs'), LENGTH)
    const length = Number(LENGTH)
    const all = [[length, length, length, length], 'invalid-json', true]
    assert.deepEqual(JSON.parse(await prints('entries.mjs')), all)
    assert.ok((await readFile(join(root, 'metadata/timestamp.json'))).length > 0)
  })
}

/** A port of the loopback interface that nobody has. */
async function freePort() {
  const server = createServer()
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address()
  await new Promise((resolve) => server.close(resolve))
  return port
}

/** A page's script that says what it found, and whether in a worker too, as its title. */
const SAYING = `
import { Client } from 'picotuf'
import { Client as WorkerClient } from 'picotuf/worker'
import { TrustedRoot } from 'picotuf/sigstore'
${BODY}
const url = location.hash.slice(1)
Promise.all([main(Client, url), main(WorkerClient, url), typeof TrustedRoot])
  .then((found) => found.join(' '), String)
  .then((found) => (document.title = found))
`

test("Parcel's development server, in Chromium", async () => {
  const { server } = await demoRepository()
  const settings = { private: true, '@parcel/resolver-default': { packageExports: true } }
  const root = await userProject({
    ...SITE,
    'package.json': JSON.stringify(settings),
    'page.js': SAYING,
  })
  const port = await freePort()
  const words = ['serve', 'index.html', '--port', String(port), '--no-hmr', '--no-cache']
  const child = spawn(tool('parcel'), words, { cwd: root, stdio: 'pipe', detached: true })
  after(() => stop(child))
  await new Promise((resolve, reject) => {
    child.stdout.on('data', (text) => String(text).includes('Built in') && resolve())
    child.on('exit', (code) => reject(new Error(`parcel ended with ${code}`)))
  })
  const browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] })
  try {
    const page = await browser.newPage()
    await page.goto(`http://127.0.0.1:${port}/#${server.url}`)
    await page.waitForFunction(() => document.title !== 'a user', undefined, { timeout: 60_000 })
    assert.equal(await page.title(), `${LENGTH} ${LENGTH} function`)
  } finally {
    await browser.close()
    stop(child)
  }
})

const NEXT = {
  'package.json': JSON.stringify({ name: 'a-user', private: true, type: 'module' }),
  'next.config.mjs': 'export default {}',
  'app/layout.js':
    'export default ({ children }) => <html lang="en"><body>{children}</body></html>',
  'app/page.js': "import Length from './length.js'\nexport default () => <Length />",
  'app/length.js': `'use client'
import { useEffect, useState } from 'react'
import { Client } from 'picotuf'
import { Client as WorkerClient } from 'picotuf/worker'
${BODY}
export default function Length() {
  const [found, setFound] = useState('waiting')
  useEffect(() => {
    const url = location.hash.slice(1)
    Promise.all([main(Client, url), main(WorkerClient, url), import('picotuf/sigstore')])
      .then(([here, there, { TrustedRoot }]) => here + ' ' + there + ' ' + typeof TrustedRoot)
      .then(setFound, (error) => setFound(String(error)))
  }, [])
  return <p>{found}</p>
}
`,
  'app/api/route.js': `import { Client, FolderStore } from 'picotuf/node'
${BODY}
export const dynamic = 'force-dynamic'
export async function GET(request) {
  const url = new URL(request.url).searchParams.get('repository')
  const store = new FolderStore('metadata')
  const first = await main(Client, url, { store })
  // The second time, its own cache has kept what it has cloned.
  return Response.json([first, await main(Client, url, { store })])
}
`,
}

for (const [name, words] of [
  ['built by Turbopack', ['build', '--turbopack']],
  ['built by webpack', ['build', '--webpack']],
  ['on its development server, with Turbopack', ['dev']],
]) {
  test(`Next.js ${name}: a route handler, whose fetch keeps clones, and a component`, async () => {
    const { server } = await demoRepository()
    // Turbopack takes no links out of a project, so this one stands beside the packages.
    const root = await mkdtemp(join(import.meta.dirname, 'user-'))
    after(() => rm(root, { recursive: true, force: true }))
    await cp(join(project, 'node_modules'), join(root, 'node_modules'), { recursive: true })
    await write(root, NEXT)
    const next = join(packages, 'next/dist/bin/next')
    const env = { ...process.env, NEXT_TELEMETRY_DISABLED: '1' }
    delete env.NODE_ENV
    const isDev = words[0] === 'dev'
    if (!isDev) await run(process.execPath, [next, ...words], { cwd: root, env, timeout: 500_000 })
    const port = await freePort()
    const serving = isDev ? 'dev' : 'start'
    const address = ['--port', String(port), '--hostname', '127.0.0.1']
    const child = spawn(process.execPath, [next, serving, ...address], {
      cwd: root,
      env,
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    })
    after(() => stop(child))
    let complaints = ''
    child.stderr.on('data', (text) => (complaints += text))
    await new Promise((resolve, reject) => {
      child.stdout.on('data', (text) => String(text).includes('Ready') && resolve())
      child.on('exit', (code) => reject(new Error(`next ${serving} ended with ${code}`)))
    })
    const answer = await fetch(`http://127.0.0.1:${port}/api?repository=${server.url}`)
    assert.equal(answer.status, 200, complaints)
    assert.deepEqual(await answer.json(), [Number(LENGTH), Number(LENGTH)])
    assert.ok((await readFile(join(root, 'metadata/timestamp.json'))).length > 0)

    const browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] })
    try {
      const page = await browser.newPage()
      await page.goto(`http://127.0.0.1:${port}/#${server.url}`)
      const found = page.locator('p', { hasNotText: 'waiting' })
      assert.equal(await found.textContent({ timeout: 120_000 }), `${LENGTH} ${LENGTH} function`)
    } finally {
      await browser.close()
      stop(child)
    }
  })
}

/** Ends a program and those that it has started. */
function stop(child) {
  try {
    process.kill(-child.pid)
  } catch {
    // It has ended.
  }
}
