// The built page, the installed package, and servers that go away with the tests.

import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after } from 'node:test'
import { publish } from './repository.mjs'
import { serve } from './server.mjs'

export const dist = join(import.meta.dirname, '../../wasm/www/dist')
export const project = join(import.meta.dirname, '../.cache/npm')

if (!existsSync(join(dist, 'sw.js'))) throw new Error('run `npm run build` in wasm/www first')

export function temporary() {
  const folder = mkdtempSync(join(tmpdir(), 'picotuf-browser-'))
  after(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

/** A server that goes away with the tests. */
export async function site(files) {
  const server = await serve(files)
  after(() => server.stop())
  return server
}

/** A served repository of our own, and how to publish it anew. */
export async function repository(first) {
  const files = new Map()
  const root = publish(files, first)
  const server = await site(files)
  return { files, root, server, url: server.url, publish: (next) => publish(files, next) }
}
