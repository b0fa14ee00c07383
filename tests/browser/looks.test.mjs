// Accessibility of each view, and pictures of it: light, dark, and on a phone.

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { test } from 'node:test'
import { dist, picture, repository, settled, site, use, visitor } from './support.mjs'
import { GITHUB, GOOGLE, pypiPage } from './pypi.mjs'
import { publish as signed } from './repository.mjs'

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
const page = await site(dist)
const FILE = `#/file/${encodeURIComponent('iniconfig/iniconfig-2.3.1-py3-none-any.whl')}`
const LOOKS = {
  light: { colorScheme: 'light' },
  dark: { colorScheme: 'dark' },
  phone: {
    viewport: { width: 360, height: 740 },
    deviceScaleFactor: 2,
    hasTouch: true,
    isMobile: true,
  },
}

async function examine(tab, name) {
  // By the debugger, so that the policy of the page stays as it is.
  await tab.evaluate(axe)
  const { violations } = await tab.evaluate(() =>
    window.axe.run(document, { resultTypes: ['violations'] }),
  )
  const grave = violations.filter(({ impact }) => impact === 'serious' || impact === 'critical')
  assert.deepEqual(
    grave.map(({ id, nodes }) => [id, nodes.map(({ html }) => html)]),
    [],
    name,
  )
  const [width, room] = await tab.evaluate(() => [
    document.documentElement.scrollWidth,
    document.documentElement.clientWidth,
  ])
  assert.ok(width <= room, `${name}: ${width} wide, in ${room}`)
  await picture(tab, name)
}

for (const [look, options] of Object.entries(LOOKS)) {
  test(`${look}: nothing serious for axe, and nothing beside the page`, async () => {
    const guest = await visitor({ reducedMotion: 'reduce', ...options })
    const tab = await guest.open(`${page.url}/tuf.html`)
    await settled(tab, 'verified')
    await tab.locator('.projects li').nth(20).waitFor()
    await examine(tab, `${look}-packages`)
    await tab.goto(`${page.url}/tuf.html#/project/iniconfig`)
    await tab.locator('ul.files').waitFor()
    await examine(tab, `${look}-project`)
    await tab.goto(`${page.url}/tuf.html#/project/nobody`)
    await tab.locator('.empty').waitFor()
    await examine(tab, `${look}-empty`)
    await tab.goto(`${page.url}/tuf.html${FILE}`)
    await tab.locator('.chain svg').waitFor()
    await tab.setInputFiles('#file', {
      name: 'iniconfig-2.3.1-py3-none-any.whl',
      mimeType: 'application/zip',
      buffer: Buffer.from('not it'),
    })
    await tab.locator('#check .verdict.bad').waitFor()
    await examine(tab, `${look}-file`)
    await tab.setInputFiles('#file', {
      name: 'requests-2.32.5-py3-none-any.whl',
      mimeType: 'application/zip',
      buffer: Buffer.from('of another repository'),
    })
    await tab.locator('#check .verdict.unknown').waitFor()
    await examine(tab, `${look}-unknown`)
    await tab.click('[data-role=unclaimed]')
    await tab.locator('#details[open]').waitFor()
    await examine(tab, `${look}-json`)
    await tab.keyboard.press('Escape')
    await tab.goto(`${page.url}/tuf.html#/what-if`)
    for (const id of ['flip', 'rollback', 'freeze', 'signature']) {
      await tab.click(`[data-attack=${id}] button`)
      await tab.locator(`[data-attack=${id}] .verdict.bad`).waitFor()
    }
    await examine(tab, `${look}-what-if`)
    await tab.click('#repository-button')
    await examine(tab, `${look}-repository`)
    await tab.keyboard.press('Escape')
    const { url, root, server, publish } = await repository()
    await use(tab, url, root)
    await settled(tab, 'verified')
    await use(tab, `${url}/nowhere`, root)
    await settled(tab, 'absent')
    await examine(tab, `${look}-absent`)
    const foreign = await repository()
    await use(tab, foreign.url, signed(new Map(), { owner: 'another\u2019s ' }))
    await settled(tab, 'foreign')
    await examine(tab, `${look}-foreign`)
    await use(tab, url, root)
    await settled(tab, 'verified')
    await tab.click('#repository-button')
    await tab.setInputFiles('#root-file', {
      name: 'root.json',
      mimeType: 'application/json',
      buffer: signed(new Map(), { owner: 'new owner\u2019s ' }),
    })
    await tab.click('#repository-form button[type=submit]')
    await tab.locator('#repository-problem', { hasText: 'already-initialized' }).waitFor()
    await examine(tab, `${look}-another-root`)
    await tab.click('#forget')
    await examine(tab, `${look}-forget`)
    await tab.click('#keep')
    await tab.keyboard.press('Escape')
    await server.stop()
    await tab.reload()
    await settled(tab, 'offline')
    await examine(tab, `${look}-offline`)
    publish({ version: 2, hours: { timestamp: -48 } })
    await server.start()
    await tab.reload()
    await settled(tab, 'stale')
    await examine(tab, `${look}-stale`)
    await guest.leave()
  })
}

for (const [look, options] of Object.entries(LOOKS)) {
  test(`PyPI, ${look}: nothing serious for axe, and nothing beside the page`, async () => {
    const { url, index, sigstore } = await pypiPage()
    const guest = await visitor({ reducedMotion: 'reduce', ...options })
    const tab = await guest.open(`${url}/`)
    await settled(tab, 'verified')
    await examine(tab, `${look}-pypi`)
    const open = (hash) => tab.goto(`${url}/#/pypi/${hash}`)
    const listed = () => tab.locator('.versions[data-checked=true]').waitFor()
    await open('pypi-attestations')
    await listed()
    await tab.click('[data-version="0.0.19"] > summary')
    await examine(tab, `${look}-pypi-project`)
    await open('gcb-attestation-test')
    await listed()
    await examine(tab, `${look}-pypi-one-publisher`)
    await open('six')
    await listed()
    await examine(tab, `${look}-pypi-not-attested`)
    await open(`pypi-attestations/${GITHUB}`)
    await tab.locator('.chain svg').waitFor()
    for (const id of ['tampered', 'publisher', 'missing']) {
      await tab.click(`[data-attack=${id}] button`)
      await tab.locator(`[data-attack=${id}] .verdict.bad`).waitFor()
    }
    await tab.setInputFiles('#file', {
      name: GITHUB,
      mimeType: 'application/gzip',
      buffer: Buffer.from('not it'),
    })
    await tab.locator('#check [data-code=subject-digest]').waitFor()
    await examine(tab, `${look}-pypi-file`)
    await tab.locator('.chain .node').nth(2).click()
    await tab.locator('#details[open]').waitFor()
    await examine(tab, `${look}-pypi-certificate`)
    await tab.keyboard.press('Escape')
    await open('six/six-1.17.0.tar.gz')
    await tab.locator('[data-code=not-attested]').waitFor()
    await examine(tab, `${look}-pypi-file-not-attested`)
    await tab.goto(`${url}/#/`)
    await tab.fill('#pasted', 'six==1.17.0\ngcb-attestation-test\nnowhere==1\n-r more.txt')
    await tab.click('.pasted button')
    await tab.locator('.requirements[data-checked=true]').waitFor()
    await examine(tab, `${look}-pypi-requirements`)
    index.absent.add(GOOGLE)
    await open('no-such-project')
    await tab.locator('[data-code=connection]').waitFor()
    await examine(tab, `${look}-pypi-unanswered`)
    await sigstore.server.stop()
    await tab.reload()
    await settled(tab, 'offline')
    await examine(tab, `${look}-pypi-offline`)
    await guest.leave()
  })
}

test('all can be reached by the keyboard, in the order in which it is read', async () => {
  const guest = await visitor()
  const tab = await guest.open(`${page.url}/tuf.html${FILE}`)
  await tab.locator('.chain svg').waitFor()
  const order = []
  for (let presses = 0; presses < 40; presses++) {
    await tab.keyboard.press('Tab')
    const name = await tab.evaluate(() => {
      const { activeElement: at } = document
      return at === document.body
        ? null
        : (at.querySelector('.name')?.textContent ?? (at.textContent.trim() || at.id))
    })
    if (!name || name === order[0]) break
    order.push(name)
  }
  assert.deepEqual(order, [
    'Skip to the content',
    'Package browser',
    'PyPI',
    'TUF',
    'What if?',
    'Repository Demo',
    'Packages',
    'iniconfig',
    'Copy link',
    'Copy',
    'Copy',
    'Download and verify',
    'root',
    'timestamp',
    'snapshot',
    'targets',
    'unclaimed',
    'bin-a',
    'iniconfig-2.3.1-py3-none-any.whl',
    'file',
    'The Update Framework',
  ])
  await guest.leave()
})
