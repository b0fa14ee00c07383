// What the tests share: the package as it was packed and installed, repositories, and files that
// are made anew.

import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { cp, readFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after } from 'node:test'
import { fileURLToPath } from 'node:url'
import { installed, load, project } from './installed.mjs'
import { serve } from './server.mjs'

const here = fileURLToPath(new URL('.', import.meta.url))
export { installed, load, project }

/** A folder that goes away with the tests. */
export function temporary() {
  const folder = mkdtempSync(join(tmpdir(), 'picotuf-npm-'))
  after(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

const demo = join(here, '../../cli/demo')
export const WHEEL = 'iniconfig/iniconfig-2.3.1-py3-none-any.whl'

/** The demo's repository, served from a copy. */
export async function demoRepository() {
  const folder = temporary()
  await cp(demo, folder, { recursive: true })
  const server = await serve(folder)
  after(() => server.close())
  const file = (name) => readFile(join(folder, name))
  const now = readFileSync(join(demo, 'time.txt'), 'utf8').trim()
  const options = {
    root: await file('root.json'),
    metadataUrl: `${server.url}/metadata`,
    targetUrl: `${server.url}/targets`,
    now,
  }
  return { folder, server, file, options, now }
}

/** Waits for a refusal, and gives the error. */
export async function refusal(work) {
  const outcome = await work.then(
    () => undefined,
    (error) => error,
  )
  if (outcome === undefined) throw new Error('it was not refused')
  return outcome
}
