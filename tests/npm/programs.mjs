// Programs of users, and how they are run: each gives the length of the demo's wheel.

import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { WHEEL, demoRepository, project } from './support.mjs'
import { serve } from './server.mjs'

export const run = promisify(execFile)

/** What a user's program does with `Client`, and the address of the repository. */
export const BODY = `
async function main(Client, url, more = {}) {
  const root = await (await fetch(url + '/root.json')).text()
  const now = (await (await fetch(url + '/time.txt')).text()).trim()
  const urls = { metadataUrl: url + '/metadata', targetUrl: url + '/targets' }
  const client = await Client.open({ root, now, ...urls, ...more })
  const target = await client.target('${WHEEL}')
  return (await client.download(target)).length
}
`

/** A page's script, by the bundler's own way to the module. */
export const PAGE = `
import { Client } from 'picotuf'
${BODY}
globalThis.RESULT = main(Client, globalThis.REPOSITORY)
`

/** The same in a worker. */
export const WORKER_PAGE = PAGE.replace("'picotuf'", "'picotuf/worker'")

/** The same on Node. */
export const NODE = `
import { Client } from 'picotuf'
${BODY}
console.log(await main(Client, process.argv[2]))
`

/** Where a bundler gives the bytes of a module, or its address. */
export const WITH_MODULE = `
import { Client } from 'picotuf'
import module from 'picotuf/picotuf.wasm'
${BODY}
const wasm = typeof module === 'string' ? new URL(module, import.meta.url) : module
globalThis.RESULT = main(Client, globalThis.REPOSITORY ?? process.argv[2], { wasm })
if (!globalThis.REPOSITORY) console.log(await globalThis.RESULT)
`

export const LENGTH = '7552'

/** Writes a program into the project that has the tarball installed. */
export async function program(name, text) {
  const path = join(project, name)
  await writeFile(path, text)
  return path
}

export async function prints(path, ...words) {
  const { server } = await demoRepository()
  const options = { cwd: project, timeout: 60_000 }
  const { stdout, stderr } = await run(process.execPath, [path, server.url, ...words], options)
  assert.deepEqual([stdout.trim(), stderr], [LENGTH, ''])
}

/** A loader that imports modules over HTTP, as browsers do. */
const HTTP_IMPORTS = `
const isWeb = (url) => /^https?:/.test(url ?? '')
const isRelative = (name) => /^[.\\/]/.test(name)
export const resolve = (name, { parentURL, ...context }, next) => {
  if (!isWeb(name) && !(isWeb(parentURL) && isRelative(name))) {
    return next(name, { parentURL, ...context })
  }
  return { url: new URL(name, parentURL).href, format: 'module', shortCircuit: true }
}
export const load = async (url, context, next) => {
  if (!isWeb(url)) return next(url, context)
  return { format: 'module', source: await (await fetch(url)).text(), shortCircuit: true }
}
`

const RUNNER = `
import { register } from 'node:module'
globalThis.location = new URL(process.argv[3] + '/')
globalThis.document = {
  baseURI: location.href,
  currentScript: null,
  getElementsByTagName: () => [],
  querySelector: () => null,
  createElement: () => ({ relList: { supports: () => true } }),
}
globalThis.window = globalThis.self = globalThis
register('data:text/javascript,' + encodeURIComponent(${JSON.stringify(HTTP_IMPORTS)}))
globalThis.REPOSITORY = process.argv[2]
await import(process.argv[3] + '/' + process.argv[4])
console.log(await globalThis.RESULT)
`

/**
 * Runs a program made for a browser in Node, with what is missing there: files are fetched over
 * HTTP, as in a page.
 */
export async function printsFrom(url, entry) {
  const { server } = await demoRepository()
  const words = ['--no-warnings', await program('run-page.mjs', RUNNER), server.url, url, entry]
  const { stdout } = await run(process.execPath, words, { cwd: project, timeout: 60_000 })
  assert.equal(stdout.trim(), LENGTH)
}

/** The same with what a bundler has put into a folder. */
export async function printsAsPage(folder, entry) {
  const site = await serve(folder)
  try {
    await printsFrom(site.url, entry)
    const fetched = site.requests.filter((path) => path.endsWith('.wasm'))
    assert.equal(fetched.length, 1, `one module is fetched: ${site.requests}`)
  } finally {
    await site.close()
  }
}
