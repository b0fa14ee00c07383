// Files that are dropped on the page or chosen: what holds, what does not, and what a large one
// costs.

import assert from 'node:assert/strict'
import { createHash, randomBytes } from 'node:crypto'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { browser, dist, repository, settled, site, temporary, use, visitor } from './support.mjs'
import { entry as entryOf } from './repository.mjs'

const MB = 2 ** 20
const LARGE = 50 * MB
const page = await site(dist)
const folder = temporary()

/** A file of noise on the disk, and what is signed of it. */
async function large(name) {
  const bytes = randomBytes(LARGE)
  const file = join(folder, name)
  await writeFile(file, bytes)
  return {
    file,
    bytes,
    entry: {
      length: bytes.length,
      hashes: { sha256: createHash('sha256').update(bytes).digest('hex') },
    },
  }
}

const { file: good, bytes, entry } = await large('big-1.0.tar.gz')
bytes[LARGE - 1] ^= 1
const bad = join(temporary(), 'big-1.0.tar.gz')
await writeFile(bad, bytes)
const shorter = join(temporary(), 'big-1.0.tar.gz')
await writeFile(shorter, bytes.subarray(1))

/** The most memory that each renderer has had since it was asked last, in bytes. */
async function peaks(session) {
  const { processInfo } = await session.send('SystemInfo.getProcessInfo')
  const sizes = new Map()
  for (const { type, id } of processInfo) {
    if (type !== 'renderer') continue
    const status = await readFile(`/proc/${id}/status`, 'utf8').catch(() => '')
    sizes.set(id, {
      peak: kilobytes(status, 'VmHWM') * 1024,
      now: kilobytes(status, 'VmRSS') * 1024,
    })
    // From here on the peak counts anew.
    await writeFile(`/proc/${id}/clear_refs`, '5').catch(() => {})
  }
  return sizes
}
const kilobytes = (status, name) => Number(new RegExp(`${name}:\\s+(\\d+) kB`).exec(status)?.[1])

test('a good and a bad file of 50 MB, without either being held in memory', async (context) => {
  const { url, root } = await repository({ entries: { 'big/big-1.0.tar.gz': entry } })
  const guest = await visitor()
  const tab = await guest.open(`${page.url}/tuf.html`)
  await settled(tab)
  await use(tab, url, root)
  await settled(tab, 'verified')
  const session = await browser.newBrowserCDPSession()
  const before = await peaks(session)
  // Every state of the bar, as a person would see it.
  await tab.evaluate(() => {
    window.seen = []
    new MutationObserver(() => {
      const bar = document.querySelector('#check progress')
      if (bar) window.seen.push(bar.value)
    }).observe(document.querySelector('#check'), {
      subtree: true,
      childList: true,
      characterData: true,
    })
  })
  await tab.setInputFiles('#file', good)
  await tab.locator('#check .verdict.good').waitFor()
  assert.match(
    await tab.locator('#check').innerText(),
    /This is the file that is signed.*52 MB.*sha256.*“targets” signed with 1 key/s,
  )
  const seen = await tab.evaluate(() => window.seen)
  assert.ok(
    seen.length > 20 &&
      seen.every((value, at) => at === 0 || value >= seen[at - 1]) &&
      seen.at(-1) === LARGE,
    `progress: ${seen}`,
  )
  await tab.setInputFiles('#file', bad)
  await tab.locator('#check .verdict.bad').waitFor()
  assert.equal(await tab.locator('#check .verdict').getAttribute('data-code'), 'hash-mismatch')
  assert.match(
    await tab.locator('#check').innerText(),
    /big-1\.0\.tar\.gz does not hold.*The content is not the one that is signed: the hash differs/s,
  )
  await tab.setInputFiles('#file', shorter)
  await tab.locator('#check [data-code=length-mismatch]').waitFor()
  const grown = Math.max(
    ...[...(await peaks(session))].map(([id, { peak }]) => peak - before.get(id)?.now || 0),
  )
  context.diagnostic(`the page grew by ${(grown / MB).toFixed(1)} MB over three files of 50 MB`)
  assert.ok(grown > 0 && grown < LARGE, `${grown} bytes`)
  await guest.leave()
})

test('a dropped file is checked by its name, or against the page that is open', async () => {
  const guest = await visitor()
  const tab = await guest.open(`${page.url}/tuf.html`)
  await settled(tab, 'verified')
  const wheel = await readFile(
    join(
      dist,
      'demo/targets/iniconfig',
      '56434ca9e49d27a1fcf6bece6f6aec0ea46bb9112489b93d4b688fb415457bdb.' +
        'iniconfig-2.3.1-py3-none-any.whl',
    ),
  )
  const drop = async (name, content) => {
    const transfer = await tab.evaluateHandle(
      ([name, content]) => {
        const transfer = new DataTransfer()
        transfer.items.add(new File([Uint8Array.from(content)], name))
        return transfer
      },
      [name, [...content]],
    )
    await tab.dispatchEvent('body', 'dragover', { dataTransfer: transfer })
    assert.ok(await tab.evaluate(() => document.body.classList.contains('dragging')))
    await tab.dispatchEvent('body', 'drop', { dataTransfer: transfer })
    await tab.locator('#check .verdict').filter({ hasNotText: 'Checking' }).waitFor()
    return tab.locator('#check').innerText()
  }
  assert.match(
    await drop('iniconfig-2.3.1-py3-none-any.whl', wheel),
    /This is the file that is signed.*7\.6 KB.*“bin-a” signed with 1 key/s,
  )
  await tab.click('#check a')
  await tab.locator('.chain svg').waitFor()
  assert.equal(
    await tab.locator('#check').innerText(),
    '',
    'a verdict does not outlive the view that it was given in',
  )
  assert.match(
    await drop('renamed.whl', wheel),
    /This is the file that is signed.*Its name is another: .* has it as iniconfig-2\.3\.1/s,
  )
  await tab.click('.brand')
  await tab.locator('.projects').waitFor()
  assert.match(
    await drop('renamed.whl', wheel),
    /does not know renamed\.whl.*No role of this repository lists a file of that name/s,
  )
  assert.equal(await tab.locator('#check .verdict.bad').count(), 0, 'it is no alarm')
  assert.match(await drop('six-1.17.0-py2.py3-none-any.whl', wheel), /six-1\.17\.0.*does not hold/s)
  assert.match(
    await drop('iniconfig-2.3.1-py3-none-any.whl', wheel.subarray(1)),
    /length-mismatch.*7\.6 KB are signed/s,
  )
  await guest.leave()
})

test('a download is verified before it is saved, and a changed one is not saved', async () => {
  const content = Buffer.from('content')
  const { url, root, files, server } = await repository({
    entries: {
      'a/a-1.tar.gz': {
        length: content.length,
        hashes: { sha256: createHash('sha256').update(content).digest('hex') },
      },
    },
  })
  files.set('/targets/a/a-1.tar.gz', content)
  const guest = await visitor()
  const tab = await guest.open(`${page.url}/tuf.html`)
  await settled(tab)
  await use(tab, url, root)
  await settled(tab, 'verified')
  await tab.goto(`${page.url}/tuf.html#/file/${encodeURIComponent('a/a-1.tar.gz')}`)
  const [download] = await Promise.all([
    tab.waitForEvent('download'),
    tab.click('.download button'),
  ])
  assert.equal(download.suggestedFilename(), 'a-1.tar.gz')
  assert.deepEqual(await readFile(await download.path()), content)
  let saved = 0
  // Of a server that does not answer, the person who waits can get away.
  let answer
  server.held.set('/targets/a/a-1.tar.gz', new Promise((resolve) => (answer = resolve)))
  await tab.click('.download button')
  await tab.click('.download .progress button')
  await tab
    .locator('.download', { hasText: 'The download was cancelled. Nothing was saved' })
    .waitFor()
  server.held.clear()
  answer()
  files.set('/targets/a/a-1.tar.gz', Buffer.from('Content'))
  tab.on('download', () => saved++)
  await tab.click('.download button')
  await tab.locator('.download [data-code=hash-mismatch]').waitFor()
  assert.equal(saved, 0)
  await guest.leave()
})

/** A page on which the index page of `six` is open, that it has been asked to read. */
async function indexPage(content) {
  const { url, root, files } = await repository({ entries: { six: entryOf(content) } })
  files.set('/targets/six', content)
  const guest = await visitor()
  const tab = await guest.open(`${page.url}/tuf.html`)
  await settled(tab)
  await use(tab, url, root)
  await settled(tab, 'verified')
  await tab.goto(`${page.url}/tuf.html#/file/six`)
  await tab.click('.index-page button')
  await tab.locator('.index-page .verdict').first().waitFor()
  return { guest, tab }
}

const link = (name, content) =>
  `<a href="../../p/${name}#sha256=${entryOf(content).hashes.sha256}" ` +
  `data-requires-python="&gt;=3">${name}</a>`
const json = (files, name = 'six') =>
  JSON.stringify({ meta: { 'api-version': '1.1' }, name, files })

test('where only index pages are signed, a file is proved by the signed page', async () => {
  const [file, other] = [Buffer.from('a wheel'), Buffer.from('another')]
  const { sha256 } = entryOf(file).hashes
  const index = {
    json: json(
      [
        {
          filename: 'six-1-py3-none-any.whl',
          hashes: { sha256 },
          size: file.length,
          'requires-python': '>=3',
          url: 'x',
        },
        {
          filename: 'six-2.tar.gz',
          hashes: { sha512: createHash('sha512').update(file).digest('hex') },
          yanked: 'broken',
          url: 'y',
        },
        { filename: 'six-3.tar.gz', hashes: {}, url: 'z' },
      ],
      'Six',
    ),
    html:
      `<!doctype html>${link('six-1-py3-none-any.whl', file)}<br>` +
      `${link('six-2.tar.gz', file)}<a href="six-3.tar.gz">six-3.tar.gz</a>`,
  }
  for (const [kind, content] of Object.entries(index)) {
    const { guest, tab } = await indexPage(Buffer.from(content))
    assert.match(
      await tab.locator('.index-page .verdict').innerText(),
      /hashes of 2 files\. 1 other without a SHA-2 hash/,
    )
    const rows = tab.locator('.index-page li')
    assert.match(
      await rows.nth(0).innerText(),
      /^six-1-py3-none-any\.whl\s+Python >=3\s+.*sha256 [0-9a-f]{12}…/s,
    )
    assert.match(
      await rows.nth(1).innerText(),
      kind === 'json'
        ? /^six-2\.tar\.gz\s+yanked: broken\s+sha512 /
        : /^six-2\.tar\.gz\s+Python >=3\s+sha256 /,
    )
    assert.equal(await rows.count(), 2, kind)
    // Two files of one content are two rows.
    for (const row of [rows.nth(0), rows.nth(1)]) {
      const [chooser] = await Promise.all([
        tab.waitForEvent('filechooser'),
        row.locator('label').click(),
      ])
      await chooser.setFiles({ name: 'some.whl', mimeType: 'application/zip', buffer: file })
      await row.locator('.verdict.good').waitFor()
      await row
        .locator('input')
        .setInputFiles({ name: 'some.whl', mimeType: 'application/zip', buffer: other })
      await row.locator('[data-code=hash-mismatch]').waitFor()
    }
    await guest.leave()
  }
})

test('a signed index page that two readers may take differently is refused', async () => {
  const file = Buffer.from('a wheel')
  const six = { filename: 'six-1.zip', hashes: entryOf(file).hashes }
  for (const [content, code] of [
    [`${link('six-1.zip', file)}<script>window.ran = 1</script>`, 'page-html'],
    [link('six-1.zip', file).replace('>six-1', '>six-2'), 'page-html'],
    [link('six-1.zip', file).replace('" data', 'ff" data'), 'page-html'],
    [
      json([six]).replace('"hashes":{', `"hashes":{"sha256":"${'0'.repeat(64)}",`),
      'duplicate-member',
    ],
    [json([six], 'seven'), 'page-project'],
    ['not a page', 'page-form'],
  ]) {
    const { guest, tab } = await indexPage(Buffer.from(content))
    assert.equal(await tab.locator('.index-page .verdict').getAttribute('data-code'), code)
    assert.equal(await tab.locator('.index-page li').count(), 0)
    assert.equal(await tab.evaluate(() => window.ran), undefined)
    await guest.leave()
  }
  const { guest, tab } = await indexPage(
    Buffer.from(
      `${link('six-1.zip', file)}${link('six-2.zip', file)}` +
        link('six-1.zip', Buffer.from('another')),
    ),
  )
  const [twice, once] = [tab.locator('.index-page li').nth(0), tab.locator('.index-page li').nth(1)]
  assert.equal(await twice.locator('.verdict').getAttribute('data-code'), 'page-names-file-twice')
  assert.equal(await twice.locator('input').count(), 0)
  await once
    .locator('input')
    .setInputFiles({ name: 'six-2.zip', mimeType: 'application/zip', buffer: file })
  await once.locator('.verdict.good').waitFor()
  await guest.leave()
})
