// The page: what a visitor sees, and what is kept of it.

import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { browser, dist, repository, settled, site, use, visitor } from './support.mjs'
import { entry } from './repository.mjs'

const page = await site(dist)
const ATTRS = 'attrs/attrs-26.1.0-py3-none-any.whl'

test('a first visit shows the demo at its own time, and the chain of trust of a file', async () => {
  const guest = await visitor()
  const tab = await guest.open(`${page.url}/tuf.html`)
  const said = await settled(tab, 'verified')
  assert.match(said, /Demo, verified/)
  assert.match(said, /own time, 22 Nov 2026, 00:00 UTC.*expires in 24 hours/s)
  assert.equal(await tab.locator('.projects li').count(), 21)
  await tab.fill('#search', 'no-such')
  const none = 'None of the 21 projects has that in its name.'
  await tab.locator('.count', { hasText: none }).waitFor()
  await tab.fill('#search', 'ATT')
  await tab.locator('.count', { hasText: '1 project of 21' }).waitFor()
  assert.deepEqual(await tab.locator('.projects .name').allInnerTexts(), ['attrs'])
  await tab.press('#search', 'Enter')
  await tab.locator('ul.files li').first().waitFor()
  const rows = await tab.locator('ul.files li').allInnerTexts()
  assert.equal(rows.length, 2)
  assert.match(
    rows[0],
    /attrs-26\.1\.0-py3-none-any\.whl\s+Python >=3\.9\s+68 KB\s+sha256 c647aa4a12df/,
  )
  await tab.click('ul.files a')
  await tab.locator('.chain svg').waitFor()
  const steps = await tab
    .locator('.chain .node')
    .evaluateAll((nodes) => nodes.map((node) => node.textContent))
  assert.deepEqual(steps.map((step) => step.split(' ')[0]).toSpliced(5, 1), [
    'root',
    'timestamp',
    'snapshot',
    'targets',
    'unclaimed',
    'attrs-26.1.0-py3-none-any.whl',
  ])
  assert.match(
    steps[5],
    /^bin-[0-9a-f] version 1, expires in 24 hours 1 of 1 key signed, 1 needed online keys$/,
  )
  assert.match(
    steps[3],
    /^targets version 1, expires in 12 months 2 of 3 keys signed, 2 needed offline keys$/,
  )
  await guest.leave()
})

test('each step says whose its keys are: developers\u2019 for a claimed project', async () => {
  const guest = await visitor()
  const tab = await guest.open(`${page.url}/tuf.html`)
  await settled(tab, 'verified')
  for (const [file, expected] of [
    [
      'django/django-6.1.3-py3-none-any.whl',
      ['offline', 'claimed offline', 'django developer\u2019s'],
    ],
    [
      'tuf/tuf-7.0.1-py3-none-any.whl',
      ['offline', 'recently-claimed online', 'tuf developer\u2019s'],
    ],
    [ATTRS, ['offline', 'unclaimed online', 'bin-. online']],
  ]) {
    await tab.goto(`${page.url}/tuf.html#/file/${encodeURIComponent(file)}`)
    await tab.locator('h1', { hasText: file.split('/')[1] }).waitFor()
    await tab.locator('.chain svg').waitFor()
    const nodes = await tab
      .locator('.chain .node')
      .evaluateAll((nodes) =>
        nodes
          .slice(3, -1)
          .map((node) =>
            ['.name', '.mark'].map((part) => node.querySelector(part)?.textContent).join(' '),
          ),
      )
    assert.match(
      nodes.join(', '),
      new RegExp(`^targets ${expected.map((words) => `${words} keys`).join(', ')}$`),
      file,
    )
  }
  await guest.leave()
})

test('a step of the chain shows the verified bytes, by mouse and by keyboard', async () => {
  const guest = await visitor()
  const tab = await guest.open(`${page.url}/tuf.html#/file/${encodeURIComponent(ATTRS)}`)
  const served = await readFile(join(dist, 'demo/metadata/1.targets.json'), 'utf8')
  await tab.click('[data-role=targets]')
  await tab.locator('#details[open] pre').waitFor()
  assert.equal(await tab.locator('#details pre').textContent(), served)
  await tab.keyboard.press('Escape')
  await tab.locator('#details').waitFor({ state: 'hidden' })
  await tab.focus('[data-role=snapshot]')
  await tab.keyboard.press('Tab')
  await tab.keyboard.press('Shift+Tab')
  await tab.keyboard.press('Enter')
  await tab.locator('#details[open]').waitFor()
  assert.equal(await tab.locator('#details-title').innerText(), 'snapshot')
  await tab.keyboard.press('Escape')
  await tab.focus('.chain .file')
  await tab.keyboard.press('Space')
  await tab.locator('#details[open]').waitFor()
  assert.equal(JSON.parse(await tab.locator('#details pre').textContent()).length, 67548)
  await guest.leave()
})

test('a reload begins with what is stored', async () => {
  const { url, root, server } = await repository({
    entries: { 'a/a-1.whl': entry(Buffer.from('a')) },
  })
  const guest = await visitor()
  const tab = await guest.open(`${page.url}/tuf.html`)
  await settled(tab, 'verified')
  await use(tab, url, root)
  await settled(tab, 'verified')
  server.requests.length = 0
  await tab.reload()
  assert.match(await settled(tab, 'verified'), /^Verified/)
  assert.deepEqual(await tab.locator('.projects .name').allInnerTexts(), ['a'])
  assert.deepEqual(server.requests, ['/metadata/2.root.json', '/metadata/timestamp.json'])
  // The other repository's files do not touch the demo's.
  await tab.click('#repository-button')
  await tab.click('#use-demo')
  await tab.locator('.projects li').nth(20).waitFor()
  await guest.leave()
})

test('a rollback between two visits is refused, and what was trusted stays', async () => {
  const entries = { 'a/a-1.whl': entry(Buffer.from('a')) }
  const { url, root, publish } = await repository({ entries, version: 2 })
  const guest = await visitor()
  const tab = await guest.open(`${page.url}/tuf.html`)
  await settled(tab)
  await use(tab, url, root)
  await settled(tab, 'verified')
  publish({ entries, version: 1 })
  await tab.reload()
  assert.match(
    await settled(tab, 'refused'),
    /“timestamp” is version 1, but version 2 was trusted before/i,
  )
  assert.equal(await tab.locator('main [data-code]').getAttribute('data-code'), 'rollback')
  assert.equal(await tab.locator('.projects li').count(), 0)
  publish({ entries, version: 2 })
  await tab.click('.again')
  await settled(tab, 'verified')
  await guest.leave()
})

test('what has expired is said to be stale, whether it is served or stored', async () => {
  const { url, root, publish, server } = await repository({ hours: { timestamp: -48 } })
  const guest = await visitor()
  const tab = await guest.open(`${page.url}/tuf.html`)
  await settled(tab)
  await use(tab, url, root)
  assert.match(
    await settled(tab, 'stale'),
    /Stale.*“timestamp” expired on .*Nothing is vouched for/is,
  )
  assert.equal(await tab.locator('main [data-code]').getAttribute('data-code'), 'expired')
  publish({ version: 2 })
  await tab.click('.again')
  await settled(tab, 'verified')
  // Two days later, and nobody answers.
  await server.stop()
  await tab.clock.setFixedTime(Date.now() + 48 * 3_600_000)
  await tab.reload()
  assert.match(await settled(tab, 'stale'), /Stale/)
  await guest.leave()
})

test('a page that stays open sees the timestamp expire', async () => {
  const { url, root } = await repository({ hours: { timestamp: 1 } })
  const guest = await visitor()
  const tab = await guest.context.newPage()
  await tab.clock.install()
  await tab.goto(`${page.url}/tuf.html`)
  await settled(tab)
  await use(tab, url, root)
  await settled(tab, 'verified')
  await tab.clock.fastForward('01:05:00')
  assert.match(await settled(tab, 'stale'), /Stale/)
  await guest.leave()
})

test('two tabs at once share the state, and do not spoil it', async () => {
  const entries = { 'a/a-1.whl': entry(Buffer.from('a')) }
  const { url, root, publish, server } = await repository({ entries })
  const guest = await visitor()
  const first = await guest.open(`${page.url}/tuf.html`)
  await settled(first)
  await use(first, url, root)
  await settled(first, 'verified')
  const second = await guest.open(`${page.url}/tuf.html`)
  await settled(second, 'verified')
  publish({ entries, version: 2 })
  // Both ask before either has an answer.
  let answer
  server.held.set('/metadata/2.root.json', new Promise((resolve) => (answer = resolve)))
  await Promise.all([first.click('.again'), second.click('.again')])
  await Promise.all(
    [first, second].map((tab) => tab.locator('#status[data-state=checking]').waitFor()),
  )
  answer()
  await Promise.all([settled(first, 'verified'), settled(second, 'verified')])
  await server.stop()
  for (const tab of [first, second]) {
    await tab.reload()
    assert.match(await settled(tab, 'offline'), /Offline/)
    await tab.goto(`${page.url}/tuf.html#/file/a%2Fa-1.whl`)
    await tab.locator('.chain [data-role=timestamp]').waitFor()
    assert.match(await tab.locator('.chain [data-role=timestamp]').textContent(), /version 2,/)
  }
  await guest.leave()
})

test('after the first visit it works offline, page and repository', async () => {
  const own = await site(dist)
  const guest = await visitor()
  const tab = await guest.open(`${own.url}/tuf.html`)
  await settled(tab, 'verified')
  await tab.evaluate(() =>
    navigator.serviceWorker.ready.then(
      ({ active }) =>
        active.state === 'activated' ||
        new Promise((resolve) => active.addEventListener('statechange', resolve)),
    ),
  )
  await own.stop()
  await tab.goto('about:blank')
  await tab.goto(`${own.url}/tuf.html`)
  await settled(tab, 'verified')
  assert.equal(await tab.locator('.projects li').count(), 21)
  await tab.goto(`${own.url}/tuf.html#/file/${encodeURIComponent(ATTRS)}`)
  await tab.locator('.chain svg').waitFor()
  await guest.leave()
})

test('the roles of a small repository are asked for together, and each of them once', async () => {
  const own = await site(dist)
  const file = (name) => `/demo/metadata/1.${name}.json`
  // The first is answered when the third one is asked for.
  let answer
  own.held.set(file('claimed'), new Promise((resolve) => (answer = resolve)))
  own.held.set(file('unclaimed'), () => answer())
  const guest = await visitor({ serviceWorkers: 'block' })
  const tab = await guest.open(`${own.url}/tuf.html`)
  await settled(tab, 'verified')
  assert.equal(await tab.locator('.projects li').count(), 21)
  const roles = own.requests.filter((path) => /^\/demo\/metadata\/1\.[^.]+\.json$/.test(path))
  assert.equal(new Set(roles).size, roles.length, `${roles}`)
  assert.ok(roles.includes(file('bin-f')))
  // The page has one module, and it is asked for once.
  const modules = own.requests.filter((path) => path.endsWith('.wasm'))
  assert.deepEqual(modules, ['/wasm/page_bg.wasm'])
  await guest.leave()
})

test('a repository that gives no answer, or is not one, is told apart', async () => {
  const { url, root, server, files } = await repository()
  const guest = await visitor()
  const tab = await guest.open(`${page.url}/tuf.html`)
  await settled(tab)
  await tab.click('#repository-button')
  await tab.fill('#metadata-url', 'example.org')
  await tab.click('#repository-form button[type=submit]')
  assert.match(await tab.locator('#repository-problem').innerText(), /has to begin with https/)
  await tab.fill('#metadata-url', `${url}/metadata`)
  await tab.click('#repository-form button[type=submit]')
  await tab.locator('#repository-problem', { hasText: 'not-initialized' }).waitFor()
  await tab.setInputFiles('#root-file', {
    name: 'root.json',
    mimeType: 'application/json',
    buffer: Buffer.from('<html>'),
  })
  await tab.click('#repository-form button[type=submit]')
  await tab.locator('#repository-problem', { hasText: 'invalid-json' }).waitFor()
  // The demo is still the one that is looked at.
  assert.equal(await tab.locator('#repository-name').innerText(), 'Demo')
  await tab.keyboard.press('Escape')
  await server.stop()
  await use(tab, url, root)
  assert.match(await settled(tab, 'unreachable'), /Not reached/)
  await server.start()
  files.set('/metadata/timestamp.json', 500)
  await tab.click('.again')
  await tab.locator('#status-text', { hasText: 'answers 500' }).waitFor()
  await guest.leave()
})

test('what was trusted is forgotten when somebody who knows what is lost says so', async () => {
  const { url, root, publish } = await repository({
    entries: { 'a/a-1.whl': entry(Buffer.from('a')) },
    version: 5,
  })
  const guest = await visitor()
  const tab = await guest.open(`${page.url}/tuf.html`)
  await settled(tab)
  await use(tab, url, root)
  await settled(tab, 'verified')
  const second = await guest.open(`${page.url}/tuf.html`)
  await settled(second, 'verified')
  // Set up anew: other keys, and versions from 1.
  const another = publish({
    entries: { 'b/b-1.whl': entry(Buffer.from('b')) },
    owner: 'new owner\u2019s ',
  })
  await tab.reload()
  assert.match(await settled(tab, 'refused'), /threshold-not-met/)
  await tab.click('#repository-button')
  assert.equal(await tab.locator('#kept-name').innerText(), `${url}/metadata`)
  const give = async (name, buffer) => {
    await tab.setInputFiles('#root-file', { name, mimeType: 'application/json', buffer })
    await tab.click('#repository-form button[type=submit]')
  }
  await give('root.json', another)
  await tab
    .locator('#repository-problem', {
      hasText: /^Another root is trusted here for this address already.* already-initialized$/,
    })
    .waitFor()
  // By the keyboard, from the button to the choice that loses nothing, and back.
  await tab.focus('#forget')
  await tab.keyboard.press('Enter')
  await tab.locator('#forgetting[open]').waitFor()
  assert.match(
    await tab.locator('#forgetting').innerText(),
    new RegExp(
      `${url}/metadata.*You lose the protection against old states.*cannot be undone`,
      's',
    ),
  )
  assert.equal(await tab.evaluate(() => document.activeElement.id), 'keep')
  for (const leave of ['Enter', 'Escape']) {
    await tab.keyboard.press(leave)
    await tab.locator('#forgetting').waitFor({ state: 'hidden' })
    assert.equal(await tab.evaluate(() => document.activeElement.id), 'forget')
    if (leave === 'Enter') await tab.keyboard.press('Enter')
  }
  // A root that is none is no reason to forget.
  await tab.setInputFiles('#root-file', {
    name: 'root.json',
    mimeType: 'application/json',
    buffer: Buffer.from('<html>'),
  })
  await tab.click('#forget')
  await tab.click('#forget-it')
  await tab.locator('#repository-problem', { hasText: 'invalid-json' }).waitFor()
  await give('root.json', another)
  await tab.locator('#repository-problem', { hasText: 'already-initialized' }).waitFor()
  await tab.click('#forget')
  await tab.keyboard.press('Tab')
  await tab.keyboard.press('Enter')
  await tab.locator('#repository').waitFor({ state: 'hidden' })
  await settled(tab, 'verified')
  assert.deepEqual(await tab.locator('.projects .name').allInnerTexts(), ['b'])
  // A tab that had it open sees what is trusted now.
  await second.click('.again')
  for (const each of [tab, second]) {
    if (each === tab) await tab.reload()
    await settled(each, 'verified')
    assert.deepEqual(await each.locator('.projects .name').allInnerTexts(), ['b'])
  }
  await guest.leave()
})

test('without a new root, the demo is left, and another repository keeps what it has', async () => {
  const [one, other] = [await repository({ version: 2 }), await repository({ version: 2 })]
  const guest = await visitor()
  const tab = await guest.open(`${page.url}/tuf.html`)
  await settled(tab, 'verified')
  // The demo, as long as it holds, is nothing that somebody would want to forget.
  await tab.click('#repository-button')
  assert.ok(await tab.locator('#kept').isHidden())
  await tab.keyboard.press('Escape')
  for (const { url, root } of [other, one]) {
    await use(tab, url, root)
    await settled(tab, 'verified')
  }
  const stores = () =>
    tab.evaluate(async () =>
      (await indexedDB.databases())
        .map(({ name }) => name)
        .filter((name) => name.startsWith('picotuf '))
        .sort(),
    )
  const named = ({ url }) => `picotuf ${url}/metadata`
  const demo = `picotuf ${page.url}/demo/metadata`
  assert.deepEqual(await stores(), [named(one), named(other), demo].sort())
  await tab.click('#repository-button')
  await tab.click('#forget')
  await tab.click('#forget-it')
  await tab.locator('#repository-note', { hasText: 'It is forgotten.' }).waitFor()
  assert.ok(await tab.locator('#kept').isHidden())
  assert.equal(await tab.locator('#repository-name').innerText(), 'Demo')
  assert.deepEqual(await stores(), [named(other), demo].sort())
  await tab.click('#repository-form button[type=submit]')
  await tab.locator('#repository-problem', { hasText: 'not-initialized' }).waitFor()
  // An old state of what was forgotten is taken, as was said; one of what is kept is not.
  for (const repository of [one, other]) repository.publish({ version: 1 })
  await tab.keyboard.press('Escape')
  await use(tab, one.url, one.root)
  await settled(tab, 'verified')
  await use(tab, other.url, other.root)
  assert.match(await settled(tab, 'refused'), /version 1, but version 2 was trusted before/)
  await guest.leave()
})

test('a root that was chosen for one repository is not taken for the next', async () => {
  const { url, root } = await repository()
  const guest = await visitor()
  const tab = await guest.open(`${page.url}/tuf.html`)
  await settled(tab)
  await use(tab, url, root)
  await settled(tab, 'verified')
  await tab.click('#repository-button')
  await tab.fill('#metadata-url', `${url}/other`)
  await tab.click('#repository-form button[type=submit]')
  await tab.locator('#repository-problem', { hasText: 'not-initialized' }).waitFor()
  await guest.leave()
})

test('a demo that was made anew takes the place of the one that a visitor had', async () => {
  const guest = await visitor()
  const tab = await guest.open(`${page.url}/tuf.html`)
  await settled(tab, 'verified')
  await tab.goto('about:blank')
  // What is stored is of another owner.
  const { root } = await repository({ owner: 'former ' })
  await tab.goto(`${page.url}/icon.svg`)
  await tab.evaluate(
    ([name, bytes]) =>
      new Promise((resolve) => {
        indexedDB.open(name).onsuccess = ({ target: { result: database } }) => {
          const transaction = database.transaction('files', 'readwrite')
          transaction.objectStore('files').clear()
          transaction
            .objectStore('files')
            .put({ bytes: Uint8Array.from(bytes), version: 1 }, 'root.json')
          transaction.oncomplete = () => resolve(database.close())
        }
      }),
    [`picotuf ${page.url}/demo/metadata`, [...root]],
  )
  await tab.goto(`${page.url}/tuf.html`)
  assert.match(await settled(tab, 'verified'), /Demo, verified/)
  await guest.leave()
})

test('yanked files, names that are markup, and paths that nobody may speak for', async () => {
  const evil = 'x/<img src=x onerror=alert(1)>-1.0.tar.gz'
  const { url, root } = await repository({
    entries: {
      'a/a-1.tar.gz': entry(Buffer.from('a'), { yanked: 'broken', 'requires-python': '>=3' }),
      [evil]: entry(Buffer.from('b')),
    },
  })
  const guest = await visitor()
  const tab = await guest.open(`${page.url}/tuf.html`)
  await settled(tab)
  await use(tab, url, root)
  await settled(tab, 'verified')
  await tab.goto(`${page.url}/tuf.html#/project/a`)
  assert.match(await tab.locator('ul.files li').innerText(), /Python >=3\s+yanked: broken/)
  await tab.goto(`${page.url}/tuf.html#/file/${encodeURIComponent(evil)}`)
  await tab.locator('.chain svg').waitFor()
  assert.equal(await tab.locator('h1').innerText(), evil.slice(2))
  assert.equal(await tab.locator('main img').count(), 0)
  await tab.goto(`${page.url}/tuf.html#/project/no-such`)
  await tab.locator('.empty', { hasText: 'Nobody vouches' }).waitFor()
  await guest.leave()
})

test("each attack is refused with its code, and costs the page's own state nothing", async () => {
  const guest = await visitor()
  const tab = await guest.open(`${page.url}/tuf.html#/what-if`)
  await settled(tab, 'verified')
  const stored = () =>
    tab.evaluate(async () => {
      const [{ name }] = (await indexedDB.databases()).filter(({ name }) =>
        name.startsWith('picotuf '),
      )
      const database = await new Promise(
        (resolve) => (indexedDB.open(name).onsuccess = ({ target }) => resolve(target.result)),
      )
      const files = database.transaction('files').objectStore('files')
      const read = (request) =>
        new Promise((resolve) => (request.onsuccess = () => resolve(request.result)))
      const [names, records] = [await read(files.getAllKeys()), await read(files.getAll())]
      database.close()
      return names.map((name, at) => [name, records[at].version, String(records[at].bytes)])
    })
  const before = await stored()
  assert.ok(before.length > 20)
  const EXPECTED = {
    flip: ['threshold-not-met', /timestamp.*needs signatures by 1 key, and no valid one/s],
    rollback: ['rollback', /timestamp.*is version 1, but version 2 was trusted/s],
    freeze: ['expired', /timestamp.*expired on 23 Nov 2026/s],
    signature: ['threshold-not-met', /targets.*needs signatures by 2 keys, and only 1 is there/s],
  }
  for (const [id, [code, words]] of Object.entries(EXPECTED)) {
    const attack = tab.locator(`[data-attack=${id}]`)
    await attack.locator('button').click()
    await attack.locator('.verdict.bad').waitFor()
    assert.equal(await attack.locator('.verdict.bad').getAttribute('data-code'), code, id)
    assert.match(await attack.locator('.verdict.bad').innerText(), words)
    assert.equal(await attack.locator('.verdict.good').count(), 1, 'untouched, it is accepted')
  }
  assert.deepEqual(await stored(), before)
  await guest.leave()
})

test('the attacks on another repository are refused too, where they can be played', async () => {
  const { url, root } = await repository()
  const guest = await visitor()
  const tab = await guest.open(`${page.url}/tuf.html`)
  await settled(tab)
  await use(tab, url, root)
  await settled(tab, 'verified')
  await tab.goto(`${page.url}/tuf.html#/what-if`)
  const codes = {}
  for (const id of ['flip', 'freeze', 'signature']) {
    await tab.click(`[data-attack=${id}] button`)
    codes[id] = await tab.locator(`[data-attack=${id}] .verdict.bad`).getAttribute('data-code')
  }
  assert.deepEqual(codes, {
    flip: 'threshold-not-met',
    freeze: 'expired',
    signature: 'threshold-not-met',
  })
  await tab.click('[data-attack=rollback] button')
  await tab.locator('[data-attack=rollback] .hint', { hasText: 'keeps no older' }).waitFor()
  await guest.leave()
})

test('no policy is loosened: inline script does not run', async () => {
  const guest = await browser.newContext()
  const tab = await guest.newPage()
  await tab.goto(`${page.url}/tuf.html`)
  const blocked = await tab.evaluate(
    () =>
      new Promise((resolve) => {
        document.addEventListener('securitypolicyviolation', (event) =>
          resolve(event.effectiveDirective),
        )
        const script = document.createElement('script')
        script.textContent = 'window.ran = true'
        document.body.append(script)
      }),
  )
  assert.match(blocked, /^script-src/)
  assert.equal(await tab.evaluate(() => window.ran), undefined)
  await guest.close()
})
