// 19,000 projects in one role: the page shows what fits, and finds the others.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { dist, repository, settled, site, use, visitor } from './support.mjs'
import { entry } from './repository.mjs'

const PROJECTS = 19_000
const SHOWN = 60

test('of many projects, those are shown that fit, and all of them are found', async () => {
  const page = await site(dist)
  const entries = {}
  for (let at = 0; at < PROJECTS; at++) {
    const name = `project-${String(at).padStart(5, '0')}`
    entries[`${name}/${name.replace('-', '_')}-1.0.tar.gz`] = entry(Buffer.from(name))
  }
  const { url, root } = await repository({ entries })
  const guest = await visitor()
  const tab = await guest.open(`${page.url}/tuf.html`)
  await settled(tab, 'verified')
  await use(tab, url, root)
  await settled(tab, 'verified')
  const count = (text) => tab.locator('.count', { hasText: text }).waitFor()
  const rows = tab.locator('.projects li')
  // A long list is made of parts, each in a task of its own: see tests/bench/web/busy.mjs.
  await tab.evaluate(() => {
    globalThis.added = 0
    new MutationObserver((changes) => {
      const rows = changes.flatMap(({ addedNodes }) => [...addedNodes])
      globalThis.added = Math.max(globalThis.added, rows.length)
    }).observe(document.querySelector('.projects'), { childList: true })
  })
  await count(/^19,000 projects, each listed by signed metadata; the first 60 are shown$/)
  assert.equal(await rows.count(), SHOWN)
  await tab.click('.projects + button')
  await count(/the first 120 are shown$/)
  assert.equal(await rows.count(), 2 * SHOWN)
  await tab.click('.projects + button')
  await count(/the first 180 are shown$/)
  const names = await rows.locator('.name').allInnerTexts()
  assert.deepEqual([names.length, names[0], names.at(-1)], [180, 'project-00000', 'project-00179'])
  await tab.fill('#search', 'project-18')
  await count(/^1,000 projects of 19,000; the first 60 are shown$/)
  assert.equal(await rows.count(), SHOWN)
  await tab.fill('#search', 'project-18999')
  await count(/^1 project of 19,000$/)
  assert.ok(await tab.locator('.projects + button').isHidden())
  assert.equal(await tab.evaluate(() => globalThis.added), SHOWN)
  await tab.press('#search', 'Enter')
  await tab.click('ul.files a')
  await tab.locator('.chain svg').waitFor()
  assert.equal(await tab.locator('h1').innerText(), 'project_18999-1.0.tar.gz')
  assert.deepEqual(await tab.locator('.crumbs a').allInnerTexts(), ['Packages', 'project-18999'])
  // Of a long text, too.
  await tab.click('[data-role=targets]')
  await tab.locator('#details[open] pre').waitFor()
  assert.equal((await tab.locator('#details pre').textContent()).length, 100_000)
  await guest.leave()
})
