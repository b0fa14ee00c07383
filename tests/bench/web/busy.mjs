// How long the page's main thread is busy at one time, in Chromium with its processor slowed down
// four times: with 19,000 projects in one role, and with 16,384 bins. Prints the longest task of
// each thing that a person does, and fails where one is over 50 ms.
//
//     tests/run browser && node tests/bench/web/busy.mjs [--slower 4] [--most 50] [--beside DIST]
//
// With `--beside DIST`, the page of another build does the same first, as far as it can: DIST is a
// folder `wasm/www/dist`, where the page for TUF repositories is tuf.html or index.html. Then one
// key is pressed alone, and nothing fails.

import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { parseArgs } from 'node:util'
import assert from 'node:assert/strict'

const { values } = parseArgs({
  options: {
    slower: { type: 'string', default: '4' },
    most: { type: 'string', default: '50' },
    beside: { type: 'string' },
  },
})
const { PATIENCE, browser, dist, repository, settled, site, use, visitor } =
  await import('../../browser/support.mjs')
const { entry } = await import('../../browser/repository.mjs')

const PROJECTS = 19_000
const startOf = async (folder) =>
  `${(await site(folder)).url}/${existsSync(join(folder, 'tuf.html')) ? 'tuf.html' : 'index.html'}`
const builds = {
  ...(values.beside ? { 'the other build': await startOf(values.beside) } : {}),
  'this build': await startOf(dist),
}

/** Many projects in one role. */
async function manyProjects() {
  const entries = {}
  for (let at = 0; at < PROJECTS; at++) {
    const name = `project-${String(at).padStart(5, '0')}`
    entries[`${name}/${name.replace('-', '_')}-1.0.tar.gz`] = entry(Buffer.from(name))
  }
  const { url, root } = await repository({ entries })
  return { url, root, query: 'project-007', path: 'project-00700/project_00700-1.0.tar.gz' }
}

/** Many roles, as python-tuf's tools make them for the tests of interoperability. */
async function manyBins() {
  const made = process.env.PICOTUF_REPOSITORIES
  const folder = join(made ?? join(import.meta.dirname, '../../.cache/repositories'), 'explicit')
  assert.ok(existsSync(folder), 'run `tests/run tests` first: it makes the repository')
  const { url } = await site(folder)
  const root = await readFile(join(folder, 'root.json'))
  return { url, root, query: 'project-7', path: 'project-7/project_7-1.0.tar.gz' }
}

/**
 * The longest task of the page's main thread, in milliseconds of the processor's time: other work
 * of the machine does not count.
 */
function longestTask(events) {
  const threads = events.filter(({ name, args }) => name === 'thread_name' && isMain(args.name))
  const mains = new Set(threads.map(({ pid, tid }) => `${pid} ${tid}`))
  const tasks = events.filter(
    ({ name, pid, tid, tdur }) => name === 'RunTask' && tdur && mains.has(`${pid} ${tid}`),
  )
  assert.ok(tasks.length > 0, 'no task was traced')
  return Math.round(Math.max(...tasks.map(({ tdur }) => tdur)) / 1000)
}

const isMain = (name) => name === 'CrRendererMain'

const REPOSITORIES = { '19,000 projects in one role': manyProjects, '16,384 bins': manyBins }

/** The longest task of each thing that a person does on the page at `start`. */
async function tasksOf(start, { url, root, query, path }) {
  const guest = await visitor()
  const tab = await guest.open('about:blank')
  await tab.goto(start)
  await settled(tab, 'verified')
  const session = await guest.context.newCDPSession(tab)
  await session.send('Emulation.setCPUThrottlingRate', { rate: Number(values.slower) })
  const longest = {}
  const measure = async (what, work) => {
    await browser.startTracing(tab, { categories: ['disabled-by-default-devtools.timeline'] })
    await work()
    longest[what] = longestTask(JSON.parse(await browser.stopTracing()).traceEvents)
  }
  await measure('verified and listed', async () => {
    await use(tab, url, root)
    await settled(tab, 'verified')
    await tab.locator('.count', { hasNotText: 'Reading' }).waitFor({ timeout: PATIENCE })
  })
  await measure('typed', async () => {
    const keys = values.beside ? query.slice(0, 1) : query
    await tab.locator('#search').pressSequentially(keys, { delay: 200 })
    await tab.waitForTimeout(500)
  })
  await measure('a file and its chain', async () => {
    await tab.goto(`${start}#/file/${encodeURIComponent(path)}`)
    await tab.locator('.chain svg').waitFor()
  })
  await measure('the JSON of targets', async () => {
    await tab.click('[data-role=targets]')
    await tab.locator('#details[open] pre').waitFor()
    await tab.keyboard.press('Escape')
  })
  await measure('a signature is dropped', async () => {
    await tab.goto(`${start}#/what-if`)
    await tab.click('[data-attack=signature] button')
    await tab.locator('[data-attack=signature] .verdict.bad').waitFor()
  })
  await guest.leave()
  return longest
}

for (const [name, make] of Object.entries(REPOSITORIES)) {
  test(`${name}: no task on the main thread is long`, async () => {
    const made = await make()
    for (const [build, start] of Object.entries(builds)) {
      const longest = await tasksOf(start, made)
      console.log(`${name}, ${build}: longest tasks, in ms`, longest)
      assert.ok(
        values.beside || Object.values(longest).every((time) => time <= Number(values.most)),
        JSON.stringify(longest),
      )
    }
  })
}
after(() => browser.close())
