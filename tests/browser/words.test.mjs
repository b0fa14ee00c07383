// What the page says where somebody has made a mistake, which is no attack.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { dist, repository, settled, site, use, visitor } from './support.mjs'
import { entry, publish } from './repository.mjs'

const page = await site(dist)
const entries = { 'a/a-1.tar.gz': entry(Buffer.from('a')) }

/** A visitor who has been at no other repository than the demo. */
async function newcomer() {
  const guest = await visitor()
  const tab = await guest.open(`${page.url}/tuf.html`)
  await settled(tab, 'verified')
  return { guest, tab }
}

const alarms = (tab) => tab.locator('.verdict.bad').count()

test('an address without metadata is no repository that is refused', async () => {
  const { root, url, files } = await repository({ entries })
  // A site that has its page for every address.
  for (const path of ['2.root', 'timestamp']) {
    files.set(`/site/${path}.json`, Buffer.from('<!doctype html>'))
  }
  for (const [path, why] of [
    ['nowhere', /“timestamp” is not there/i],
    ['site', /“root” cannot be read: it is not valid JSON/i],
  ]) {
    // A visitor for each address: the same words would stand there from the address before.
    const { guest, tab } = await newcomer()
    await tab.click('#repository-button')
    await tab.fill('#metadata-url', `${url}/${path}`)
    await tab.setInputFiles('#root-file', {
      name: 'root.json',
      mimeType: 'application/json',
      buffer: root,
    })
    await tab.click('#repository-form button[type=submit]')
    assert.match(await settled(tab, 'absent'), /There is none at this address/)
    const said = await tab.locator('main').innerText()
    assert.match(said, /There is no TUF metadata here.*in which timestamp\.json is/s)
    assert.match(said, why)
    assert.equal(await alarms(tab), 0)
    await tab.click('main button')
    await tab.locator('#repository[open]').waitFor()
    await guest.leave()
  }
})

test('a root file of another repository is told, and no alarm where none held before', async () => {
  const { root, url, publish: again } = await repository({ entries })
  const { guest, tab } = await newcomer()
  await use(tab, url, publish(new Map(), { owner: 'another\u2019s ' }))
  assert.match(
    await settled(tab, 'foreign'),
    /Nothing here is signed by the keys of your root file/,
  )
  const said = await tab.locator('main').innerText()
  assert.match(said, /The root file is not that of this repository.*“timestamp” has no signature/s)
  assert.equal(await alarms(tab), 0)
  await guest.leave()
  // The same once something was verified here: keys that nobody has announced.
  const { guest: other, tab: known } = await newcomer()
  await use(known, url, root)
  await settled(known, 'verified')
  again({ entries, version: 2, owner: 'another\u2019s ' })
  await known.click('.again')
  await settled(known, 'refused')
  assert.equal(
    await known.locator('main [data-code]').getAttribute('data-code'),
    'threshold-not-met',
  )
  assert.equal(await alarms(known), 1)
  await other.leave()
})

test('a file that this repository does not know is no bad one, whatever page is open', async () => {
  const { root, url } = await repository({ entries })
  const { guest, tab } = await newcomer()
  await use(tab, url, root)
  await settled(tab, 'verified')
  const wheel = {
    name: 'requests-2.32.5-py3-none-any.whl',
    mimeType: 'application/zip',
    buffer: Buffer.from('a real one'),
  }
  for (const view of ['#/', `#/file/${encodeURIComponent('a/a-1.tar.gz')}`]) {
    await tab.goto(`${page.url}/tuf.html${view}`)
    await tab.locator(view === '#/' ? '.projects' : '.chain svg').waitFor()
    await tab.setInputFiles('#file', wheel)
    await tab.locator('#check [data-code=unknown]').waitFor()
    const said = await tab.locator('#check').innerText()
    assert.match(said, /This repository does not know requests-2\.32\.5.*says nothing against/s)
    assert.equal(await alarms(tab), 0)
  }
  await guest.leave()
})

test('a server that is down is no alarm', async () => {
  const { root, url, server } = await repository({ entries })
  const { guest, tab } = await newcomer()
  await server.stop()
  await use(tab, url, root)
  await settled(tab, 'unreachable')
  assert.equal(await tab.locator('main .verdict.unsure').getAttribute('data-code'), 'connection')
  assert.equal(await alarms(tab), 0)
  await guest.leave()
})

test('a link has the repository, which is asked for only where its root is trusted', async () => {
  const { url, root } = await repository({ entries: { 'a/a-1.tar.gz': entry(Buffer.from('a')) } })
  const guest = await visitor()
  await guest.context.grantPermissions(['clipboard-read', 'clipboard-write'])
  const tab = await guest.open(`${page.url}/tuf.html`)
  await settled(tab)
  await use(tab, url, root)
  await settled(tab, 'verified')
  await tab.goto(`${page.url}/tuf.html#/file/a%2Fa-1.tar.gz`)
  await tab.click('[aria-label="Copy link to this file"]')
  const link = await tab.evaluate(() => navigator.clipboard.readText())
  const query = new URLSearchParams({ metadata: `${url}/metadata`, targets: `${url}/targets` })
  assert.equal(link, `${page.url}/tuf.html?${query}#/file/a%2Fa-1.tar.gz`)
  await tab.click('#repository-button')
  assert.deepEqual(await tab.locator('#lately button').allInnerTexts(), [`${url}/metadata`])
  await tab.click('#use-demo')
  await settled(tab, 'verified')
  await tab.goto(link)
  await tab.locator('.chain svg').waitFor()
  assert.equal(await tab.locator('h1').innerText(), 'a-1.tar.gz')
  await tab.keyboard.press('/')
  await tab.waitForFunction(() => document.activeElement.id === 'search')
  await guest.leave()
  // Somebody who has never been there is asked for its root.
  const other = await visitor()
  const newcomer = await other.open(link)
  await newcomer.locator('#repository[open]').waitFor()
  assert.equal(await newcomer.inputValue('#metadata-url'), `${url}/metadata`)
  assert.match(await settled(newcomer, 'verified'), /Demo, verified/)
  await other.leave()
})
