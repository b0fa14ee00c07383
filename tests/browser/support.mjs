// What the tests share: Chromium, and ways to wait for what the page says.

import assert from 'node:assert/strict'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { after } from 'node:test'
import { fileURLToPath } from 'node:url'
import { chromium } from 'playwright-core'

export { dist, project, repository, site, temporary } from './places.mjs'

const here = fileURLToPath(new URL('.', import.meta.url))
const screenshots = join(here, '../.cache/screenshots')

/** How long a browser may take on a machine that has other work. */
export const PATIENCE = 30_000

const executablePath = process.env.PICOTUF_CHROMIUM ?? '/usr/bin/chromium'
export const browser = await chromium.launch({
  executablePath,
  args: ['--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage'],
})
after(() => browser.close())

/**
 * Somebody with a browser of their own, who has been nowhere yet. Whatever breaks the policy or
 * throws fails the test.
 */
export async function visitor(options) {
  const context = await browser.newContext({ viewport: { width: 1200, height: 900 }, ...options })
  context.setDefaultTimeout(PATIENCE)
  const faults = []
  context.on('weberror', (event) => faults.push(event.error().stack))
  context.on('console', (message) => {
    if (message.type() === 'error' && /Content Security Policy/.test(message.text()))
      faults.push(message.text())
  })
  return {
    context,
    async open(url) {
      const page = await context.newPage()
      await page.goto(url)
      return page
    },
    async leave() {
      await context.close()
      assert.deepEqual(faults, [])
    },
  }
}

/** Waits until the page has judged the repository, and gives what it says of it. */
export async function settled(page, state) {
  const status = page.locator('#status[data-ready=true]')
  await status.waitFor()
  if (state) await page.locator(`#status[data-ready=true][data-state=${state}]`).waitFor()
  return status.innerText()
}

/** Points the page at another repository by its form. */
export async function use(page, url, root) {
  await page.click('#repository-button')
  await page.fill('#metadata-url', `${url}/metadata`)
  await page.fill('#target-url', `${url}/targets`)
  await page.setInputFiles('#root-file', {
    name: 'root.json',
    mimeType: 'application/json',
    buffer: root,
  })
  await page.click('#repository-form button[type=submit]')
  await page.locator('#repository').waitFor({ state: 'hidden' })
}

/** Leaves a picture for a person to look at. */
export async function picture(page, name) {
  mkdirSync(screenshots, { recursive: true })
  // A dialog stands in the window, not on the page.
  const fullPage = (await page.locator('dialog[open]').count()) === 0
  await page.screenshot({ path: join(screenshots, `${name}.png`), fullPage })
}
