// Repositories of python-tuf's making, of a size that the page does not read whole: names are
// looked up.

import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { dist, settled, site, use, visitor } from './support.mjs'

const folder =
  process.env.PICOTUF_REPOSITORIES ?? join(import.meta.dirname, '../.cache/repositories')
const page = await site(dist)

/**
 * What is looked up in each: a whole path leads to the file, the name of a project to what is
 * signed of it. And the roles that lead to what is found.
 */
const LOOKUPS = {
  explicit: {
    query: 'project-7/project_7-1.0.tar.gz',
    roles: /^root timestamp snapshot targets bins bin-[0-9a-f]+ project_7-1\.0\.tar\.gz$/,
  },
  succinct: {
    query: 'project-7/project_7-1.0.tar.gz',
    roles: /^root timestamp snapshot targets [^ ]+ project_7-1\.0\.tar\.gz$/,
  },
  rstuf: {
    query: 'Zope.Interface',
    roles: /^root timestamp snapshot targets [^ ]+ zope-interface$/,
  },
}

for (const [name, { query, roles }] of Object.entries(LOOKUPS)) {
  test(
    `${name}: a name is looked up, and the bins are not read one by one`,
    { skip: process.env.PICOTUF_WITHOUT_PYTHON === '1' },
    async () => {
      assert.ok(existsSync(join(folder, name)), `run \`tests/run tests\` first: it makes ${name}`)
      const server = await site(join(folder, name))
      const guest = await visitor()
      const tab = await guest.open(`${page.url}/tuf.html`)
      await settled(tab)
      await use(tab, server.url, await readFile(join(folder, name, 'root.json')))
      await settled(tab, 'verified')
      await tab.locator('.count', { hasText: 'not read whole' }).waitFor()
      assert.ok(server.requests.length < 10, 'the bins are not fetched one by one')
      await tab.fill('#search', query)
      await tab.press('#search', 'Enter')
      if (!query.includes('/')) await tab.click('ul.files a')
      await tab.locator('.chain svg').waitFor()
      // No way leads to a folder that is no project.
      assert.deepEqual(await tab.locator('.crumbs a').allInnerTexts(), ['Packages'])
      const steps = await tab.locator('.chain .node .name').allTextContents()
      assert.match(steps.join(' '), roles)
      await guest.leave()
    },
  )
}

test('a look-up goes on where a bin cannot be had, and says so if nothing is found', async () => {
  const server = await site(join(folder, 'rstuf'))
  const root = await readFile(join(folder, 'rstuf/root.json'))
  const lookUp = async () => {
    const guest = await visitor()
    const tab = await guest.open(`${page.url}/tuf.html`)
    await settled(tab)
    await use(tab, server.url, root)
    await settled(tab, 'verified')
    const before = server.requests.length
    await tab.goto(`${page.url}/tuf.html#/project/zope-interface`)
    await tab.locator('ul.files, main .verdict').first().waitFor()
    const bins = server.requests.slice(before).filter((path) => /bins?-/.test(path))
    const found = await tab.locator('ul.files a').allInnerTexts()
    const problem = tab.locator('main .verdict')
    const code = (await problem.count()) ? await problem.getAttribute('data-code') : undefined
    await guest.leave()
    return { bins, found, code }
  }
  // The first path that is asked for is another than the one that is listed.
  const whole = await lookUp()
  assert.deepEqual(whole.found, ['zope-interface'])
  assert.ok(whole.bins.length > 1, `${whole.bins}`)
  server.failing.set(whole.bins[0], 410)
  assert.deepEqual((await lookUp()).found, ['zope-interface'])
  for (const bin of whole.bins) server.failing.set(bin, 410)
  const failed = await lookUp()
  assert.deepEqual([failed.found, failed.code], [[], 'http-status'])
})
