// The page for PyPI: who published which file, by real attestations.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { CHAIN, GITHUB, GOOGLE, pypiPage, recorded, sha256 } from './pypi.mjs'
import { settled, visitor } from './support.mjs'
import { attestationMeaning } from '../../wasm/www/src/pypi/words.js'

const page = await pypiPage()
const { index, sigstore } = page
const PROJECT = `${page.url}/#/pypi/pypi-attestations`
const BY = 'attested by trailofbits/pypi-attestations, release.yml (GitHub)'

/** The words beside each file of the list, in its order. */
const states = (tab) =>
  tab
    .locator('li[data-file]')
    .evaluateAll((rows) =>
      rows.map((row) => [
        row.dataset.file,
        row.querySelector('.state').textContent,
        row.querySelector('.change').textContent,
      ]),
    )
const PIPELINE = 'fdd9283f-e619-46af-8f9c-851f7d3e8b2b:8e4f8ab2-8d7c-4827-9f15-de076d6d647f'
const checked = (tab) => tab.locator('.versions[data-checked=true]').waitFor()

test('a project is looked up, and its versions say who published them', async () => {
  const guest = await visitor()
  const tab = await guest.open(`${page.url}/`)
  index.requests.length = 0
  assert.match(
    await settled(tab, 'verified'),
    /Verified\s*Sigstore’s root 1\. Its timestamp expires in/,
  )
  await tab.keyboard.press('/')
  assert.equal(await tab.evaluate(() => document.activeElement.id), 'search')
  await tab.keyboard.type('PyPI.attestations')
  await tab.keyboard.press('Enter')
  await checked(tab)
  assert.equal(await tab.locator('h1').innerText(), 'pypi-attestations')
  assert.deepEqual(await tab.locator('.release h2').allInnerTexts(), ['0.0.20', '0.0.19', '0.0.9'])
  assert.deepEqual(await tab.locator('.release summary time').allInnerTexts(), [
    '15 Jan 2025',
    '4 Dec 2024',
    '29 Aug 2024',
  ])
  assert.deepEqual(await states(tab), [
    ['pypi_attestations-0.0.20.tar.gz', 'not attested', 'though others are'],
    [GITHUB, BY, ''],
    ['pypi_attestations-0.0.19-py3-none-any.whl', 'not attested', 'though others are'],
    ['pypi_attestations-0.0.9.tar.gz', 'not attested', ''],
  ])
  assert.equal(await tab.locator('.summary .verdict').getAttribute('data-code'), 'gone')
  assert.match(
    await tab.locator('.summary').innerText(),
    /not attested, though others are\s+0\.0\.20, 0\.0\.19:/,
  )
  // Nobody is asked about a file that has no provenance.
  assert.deepEqual(index.requests, [
    '/simple/pypi-attestations/',
    `/integrity/pypi-attestations/x/${GITHUB}/provenance`,
  ])
  await tab.click('.brand')
  assert.deepEqual(await tab.locator('.recent a').allInnerTexts(), ['pypi-attestations'])
  await guest.leave()
})

test('a file says who, what, when and where, with links, by its own address', async () => {
  const guest = await visitor()
  await guest.context.grantPermissions(['clipboard-read', 'clipboard-write'])
  const tab = await guest.open(`${PROJECT}/${GITHUB}`)
  await tab.locator('.chain svg').waitFor()
  const repository = 'https://github.com/trailofbits/pypi-attestations'
  const commit = '08802efe1f8e5fec4ad842d6b8ce97656092ee72'
  const facts = await tab
    .locator('.facts > div')
    .evaluateAll((rows) =>
      rows.map((row) => [
        row.querySelector('dt').textContent,
        row.querySelector('dd').textContent,
        row.querySelector('a')?.href,
      ]),
    )
  assert.deepEqual(facts, [
    ['Publisher', 'trailofbits/pypi-attestations (GitHub)', repository],
    ['Workflow', 'release.yml', `${repository}/blob/${commit}/.github/workflows/release.yml`],
    ['Commit', commit, `${repository}/commit/${commit}`],
    ['Built from', 'tag v0.0.19', undefined],
    [
      'Run',
      'trailofbits/pypi-attestations/actions/runs/12169989787/attempts/1',
      `${repository}/actions/runs/12169989787/attempts/1`,
    ],
    ['Logged', '4 Dec 2024, 23:14 UTC', undefined],
    [
      'Log entry',
      '153454663 in https://rekor.sigstore.dev',
      'https://search.sigstore.dev/?logIndex=153454663',
    ],
    ['To require it', 'github:trailofbits/pypi-attestations:release.ymlCopy', undefined],
    ['Size', '30 KB', undefined],
    ['Uploaded', '4 Dec 2024, 23:14 UTC, as the index says', undefined],
    ['SHA-256', `${sha256(recorded(GITHUB))}Copy`, undefined],
  ])
  await tab.click('[aria-label="Copy the SHA-256"]')
  await tab.locator('.copy', { hasText: 'Copied' }).waitFor()
  assert.equal(await tab.evaluate(() => navigator.clipboard.readText()), sha256(recorded(GITHUB)))
  await tab.click('[aria-label="Copy link to this page"]')
  assert.equal(await tab.evaluate(() => navigator.clipboard.readText()), tab.url())
  assert.deepEqual(await tab.locator('.chain .name').allTextContents(), CHAIN)
  await tab.click('.chain .node:nth-of-type(3)')
  await tab.locator('#details[open]').waitFor()
  assert.match(
    await tab.locator('#details').innerText(),
    /Certificate.*Identity from\s+https:\/\/token\.actions\.githubusercontent\.com.*772247423/s,
  )
  await tab.keyboard.press('Escape')
  for (const [id, code] of [
    ['tampered', 'subject-digest'],
    ['publisher', 'other-publisher'],
    ['missing', 'gone'],
  ]) {
    await tab.click(`[data-attack=${id}] button`)
    const verdict = tab.locator(`[data-attack=${id}] .verdict`)
    await verdict.waitFor()
    assert.equal(await verdict.getAttribute('data-code'), code)
  }
  await guest.leave()
})

test('publishers of other kinds are named, and what has no commit has none', async () => {
  const guest = await visitor()
  const tab = await guest.open(`${page.url}/#/pypi/gcb-attestation-test/${GOOGLE}`)
  await tab.locator('.verdict.good').waitFor()
  const address = '919436158236-compute@developer.gserviceaccount.com'
  assert.equal(await tab.locator('.facts dd').nth(0).innerText(), `${address} (Google)`)
  await tab.goto(`${page.url}/#/pypi/circleci-sign-publish-example`)
  await checked(tab)
  const [[, words]] = await states(tab)
  assert.match(words, /^attested by fdd9283f-e619-46af-8f9c-851f7d3e8b2b:8e4f8ab2.*\(CircleCI\)$/)
  assert.match(
    await tab.locator('.summary .verdict.good').innerText(),
    /All that was checked is by/,
  )
  await guest.leave()
})

test('what could not be asked is said to be that, and never to be unattested', async (context) => {
  context.after(() => index.absent.clear())
  const guest = await visitor()
  const tab = await guest.open(`${page.url}/#/pypi/no-such-project`)
  const verdict = tab.locator('#main .verdict')
  await verdict.waitFor()
  assert.equal(await verdict.getAttribute('data-code'), 'connection')
  assert.match(
    await verdict.innerText(),
    /could not be asked\s+Either you are offline, or there is no/,
  )
  // The index announces a document, and answers with a 404 that a page may not read.
  index.absent.add(GITHUB)
  await tab.goto(PROJECT)
  await checked(tab)
  assert.deepEqual((await states(tab))[1], [GITHUB, 'could not be asked', ''])
  await tab.goto(`${PROJECT}/${GITHUB}`)
  await tab.locator('.verdict.unsure').waitFor()
  assert.match(await tab.locator('#main').innerText(), /The attestation could not be asked for/)
  assert.doesNotMatch(await tab.locator('#main').innerText(), /not attested|Nobody/)
  index.absent.clear()
  await tab.goto(`${page.url}/#/pypi/six`)
  await checked(tab)
  assert.equal(await tab.locator('.summary .verdict').getAttribute('data-code'), 'not-attested')
  await tab.goto(`${page.url}/#/pypi/six/six-1.17.0.tar.gz`)
  await tab.locator('[data-code=not-attested]').waitFor()
  assert.equal(await tab.locator('#main .verdict.bad').count(), 0, 'it is no alarm')
  await tab.goto(`${page.url}/#/pypi/six/six-9.tar.gz`)
  assert.match(await tab.locator('.empty').innerText(), /The index lists no such file of six/)
  await guest.leave()
})

test('a document that was tampered with is refused', async (context) => {
  const document = JSON.parse(recorded(`${GITHUB}.provenance`))
  const kept = index.documents.get(GITHUB)
  context.after(() => index.documents.set(GITHUB, kept))
  const guest = await visitor()
  const tab = await guest.open(`${page.url}/`)
  for (const [change, code] of [
    [({ bundle }) => (bundle.publisher.repository = 'somebody/else'), 'publisher-mismatch'],
    [({ entry }) => (entry.integratedTime = '1733354040'), 'log-promise'],
  ]) {
    const changed = structuredClone(document)
    const [bundle] = changed.attestation_bundles
    const [entry] = bundle.attestations[0].verification_material.transparency_entries
    change({ bundle, entry })
    index.documents.set(GITHUB, JSON.stringify(changed))
    await tab.goto('about:blank')
    await tab.goto(PROJECT)
    await checked(tab)
    assert.deepEqual((await states(tab))[1], [GITHUB, `refused: ${code}`, ''])
    await tab.click('[data-version="0.0.19"] > summary')
    await tab.click(`[data-file="${GITHUB}"] a`)
    await tab.locator(`#main [data-code=${code}].bad`).waitFor()
  }
  await guest.leave()
})

test('an attestation that cannot be judged is no refusal and says nothing', async (context) => {
  const kept = index.documents.get(GITHUB)
  context.after(() => index.documents.set(GITHUB, kept))
  const document = JSON.parse(recorded(`${GITHUB}.provenance`))
  index.documents.set(GITHUB, JSON.stringify({ ...document, version: 2 }))
  const guest = await visitor()
  const tab = await guest.open(`${PROJECT}/${GITHUB}`)
  const verdict = tab.locator('#main [data-code=unsupported-provenance-version].unknown')
  await verdict.waitFor()
  assert.match(
    await verdict.innerText(),
    /cannot judge the attestation.*provenance version `2`.*Nothing that is signed/s,
  )
  await guest.leave()
})

test('what this page cannot use of Sigstore’s trusted root is told as no attack', () => {
  for (const [code, what] of [
    ['unsupported-authority', /^An authority issued the certificate/],
    ['unsupported-log', /^It needs a log/],
  ]) {
    const said = attestationMeaning({ code, text: 'not this' })
    assert.match(said, what)
    assert.match(said, /no sign of an attack/)
  }
})

test('another spelling of the file’s name is told', async (context) => {
  const listed = index.projects['pypi-attestations'].find(([name]) => name === GITHUB)
  const other = 'PyPI.Attestations-0.0.19.tar.gz'
  context.after(() => {
    listed[0] = GITHUB
    index.documents.delete(other)
  })
  listed[0] = other
  index.documents.set(other, recorded(`${GITHUB}.provenance`))
  const guest = await visitor()
  const tab = await guest.open(`${PROJECT}/${other}`)
  await tab.locator('.chain svg').waitFor()
  const row = tab.locator('.facts > div').filter({ hasText: 'Attested as' })
  assert.equal(
    await row.locator('dd').innerText(),
    `${GITHUB}, which is another spelling of this name`,
  )
  await guest.leave()
})

test('a dropped file is checked by its own bytes', async () => {
  const guest = await visitor()
  const tab = await guest.open(`${page.url}/`)
  await settled(tab, 'verified')
  const drop = async (name, buffer) => {
    await tab.setInputFiles('#file', { name, mimeType: 'application/octet-stream', buffer })
    await tab.locator('#check .verdict').filter({ hasNotText: 'Checking' }).waitFor()
    const verdict = tab.locator('#check .verdict')
    return [await verdict.getAttribute('data-code'), await verdict.innerText()]
  }
  const bytes = recorded(GITHUB)
  const [, good] = await drop(GITHUB, bytes)
  assert.match(
    good,
    /very file is attested.*published by trailofbits\/pypi-attestations, release\.yml/s,
  )
  const changed = Buffer.from(bytes)
  changed[1000] ^= 1
  const [code, words] = await drop(GITHUB, changed)
  assert.equal(code, 'subject-digest')
  assert.match(words, /not the file that was attested/)
  assert.equal((await drop('six-1.17.0.tar.gz', Buffer.from('six')))[0], 'not-attested')
  assert.equal((await drop('six-1.17.0.tar.gz', Buffer.from('other')))[0], 'hash-mismatch')
  assert.equal((await drop('six-9.tar.gz', Buffer.from('six')))[0], 'unknown')
  assert.equal((await drop('notes.pdf', Buffer.from('x')))[0], 'unknown')
  assert.equal((await drop('nowhere-1.tar.gz', Buffer.from('x')))[0], 'connection')
  await guest.leave()
})

test('a requirements.txt that is pasted is looked up line by line', async () => {
  const guest = await visitor()
  const tab = await guest.open(`${page.url}/`)
  await tab.fill(
    '#pasted',
    `# made by hand
pypi-attestations==0.0.19.0 \\
    --hash=sha256:${sha256(recorded(GITHUB))}
PyPI_attestations[extra] == v0.0.19 ; python_version > "3"
six
circleci-sign-publish-example==0.0.1.dev137  # a comment
nowhere==1
six==1.17.0 --hash=sha256:${'0'.repeat(64)}
-r other.txt
https://example.org/x.whl
six==1 --hash=md5:00
`,
  )
  await tab.click('.pasted button')
  await tab.locator('.requirements[data-checked=true]').waitFor()
  const rows = await tab
    .locator('.requirements li')
    .evaluateAll((rows) => rows.map((row) => [...row.children].map((child) => child.textContent)))
  assert.deepEqual(rows, [
    ['pypi-attestations', '0.0.19.0', `${BY}1 file`],
    ['PyPI_attestations', 'v0.0.19', `${BY}1 filenot attested1 file`],
    ['six', 'newest version', 'not attested2 files'],
    ['circleci-sign-publish-example', '0.0.1.dev137', `attested by ${PIPELINE} (CircleCI)1 file`],
    ['nowhere', '1', 'could not be asked'],
    ['six', '1.17.0', 'no file with such a hash is listed'],
  ])
  assert.deepEqual(await tab.locator('[data-code=not-understood] .line').allInnerTexts(), [
    '-r other.txt',
    'https://example.org/x.whl',
    'six==1 --hash=md5:00',
  ])
  await guest.leave()
})

test('after the first visit it opens offline, and says what it could not ask', async () => {
  const guest = await visitor()
  const tab = await guest.open(`${page.url}/`)
  await settled(tab, 'verified')
  await tab.evaluate(() =>
    navigator.serviceWorker.ready.then(
      ({ active }) =>
        active.state === 'activated' ||
        new Promise((resolve) => active.addEventListener('statechange', resolve)),
    ),
  )
  await Promise.all([page.server.stop(), index.stop(), sigstore.server.stop()])
  await tab.goto(`${page.url}/#/pypi/six`)
  await tab.reload()
  assert.match(
    await settled(tab, 'offline'),
    /Sigstore cannot be reached\. What is stored was verified/,
  )
  await tab.locator('#main [data-code=connection]').waitFor()
  await Promise.all([page.server.start(), index.start(), sigstore.server.start()])
  await tab.click('#main button')
  await checked(tab)
  await guest.leave()
})

test('where Sigstore’s root does not hold, nothing is said to be attested', async (context) => {
  const path = '/metadata/targets/trusted_root.json'
  const kept = sigstore.files.get(path)
  context.after(() => sigstore.files.set(path, kept))
  const changed = Buffer.from(kept)
  changed[100] ^= 1
  sigstore.files.set(path, changed)
  const guest = await visitor()
  const tab = await guest.open(PROJECT)
  assert.match(await settled(tab, 'refused'), /Sigstore’s root refused.*hash-mismatch/s)
  await checked(tab)
  assert.deepEqual((await states(tab))[1], [GITHUB, 'could not be checked', ''])
  await guest.leave()
})

test('links of the page for TUF repositories still lead there', async () => {
  const guest = await visitor()
  const tab = await guest.open(`${page.url}/#/project/iniconfig`)
  await tab.waitForURL(`${page.url}/tuf.html#/project/iniconfig`)
  await tab.locator('ul.files').waitFor()
  await tab.click('nav a:text("PyPI")')
  await tab.locator('#pasted').waitFor()
  await guest.leave()
})

test('an index of somebody who means ill shows as text, and leads nowhere', async (context) => {
  context.after(() => delete index.projects.evil)
  const evil = '<img src=x onerror=window.ran=1>-1.0.tar.gz'
  const link = (provenance) => ['evil-2.0.tar.gz', 'two', '2026-01-01T00:00:00Z', { provenance }]
  index.projects.evil = [
    ...Array.from({ length: 3000 }, (_, at) => [
      `evil-1.0-${at + 1}-py3-none-any.whl`,
      'x',
      '2026-01-01T00:00:00Z',
    ]),
    [evil, 'one', 'never', { yanked: '<script>window.ran = 1</script>' }],
    link('https://elsewhere.example/provenance'),
    [...link('javascript:window.ran=1')].with(0, 'evil-3.0.tar.gz'),
  ]
  const guest = await visitor()
  const tab = await guest.open(`${page.url}/#/pypi/evil`)
  await checked(tab)
  assert.deepEqual(await tab.locator('.release h2').allInnerTexts(), ['3.0', '2.0', '1.0'])
  const words = await states(tab)
  assert.equal(words.length, 102, 'one hundred files of a version, and two others')
  assert.deepEqual(words.slice(0, 2), [
    ['evil-3.0.tar.gz', 'could not be checked', ''],
    ['evil-2.0.tar.gz', 'could not be checked', ''],
  ])
  for (const name of ['evil-3.0.tar.gz', 'evil-2.0.tar.gz']) {
    await tab.goto(`${page.url}/#/pypi/evil/${name}`)
    await tab.locator('[data-code=page-link]').waitFor()
  }
  await tab.goto(`${page.url}/#/pypi/evil/${encodeURIComponent(evil)}`)
  await tab.locator('[data-code=not-attested]').waitFor()
  assert.equal(await tab.locator('h1').innerText(), evil)
  assert.equal(await tab.evaluate(() => window.ran), undefined)
  await tab.goto(`${page.url}/#/pypi/${encodeURIComponent('../../evil')}`)
  await tab.locator('[data-code=usage]').waitFor()
  await tab.goto(`${page.url}/#/pypi/%`)
  await tab.locator('#main .verdict').waitFor()
  await guest.leave()
})
