// `<picotuf-badge>`: two lines of HTML in a page of somebody else's, under a strict policy.

import assert from 'node:assert/strict'
import { cpSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { GITHUB, pypiPage, recorded } from './pypi.mjs'
import { POLICY } from './server.mjs'
import { picture, project, site, temporary, visitor } from './support.mjs'

const { index, sigstore } = await pypiPage()
const SCRIPT = '<script type="module" src="picotuf/badge.js"></script>'
const element = (project, file, more = '') =>
  `<p>${file}: <picotuf-badge project="${project}" file="${file}" ` +
  `index="${index.url}/simple/" sigstore="${sigstore.url}/metadata" ` +
  `sigstore-root="${sigstore.url}/root.json" ${more}></picotuf-badge></p>`

const folder = temporary()
cpSync(join(project, 'node_modules/picotuf/dist'), join(folder, 'picotuf'), { recursive: true })
const html = (...lines) =>
  `<!doctype html><html lang="en"><title>A page</title>${SCRIPT}\n${lines.join('\n')}`
const server = await site(folder)
/** A page with these elements, and what each of them says in the end. */
async function said(guest, ...lines) {
  writeFileSync(join(folder, 'page.html'), html(...lines))
  const tab = await guest.open(`${server.url}/page.html`)
  const badges = tab.locator('picotuf-badge')
  await tab.waitForFunction(() =>
    [...document.querySelectorAll('picotuf-badge')].every((badge) => badge.state !== 'asking'),
  )
  const words = await badges.evaluateAll((all) =>
    all.map((badge) => [badge.state, badge.shadowRoot.querySelector('span').textContent]),
  )
  return { tab, words }
}

test('it says who attested a file, under a strict policy', async () => {
  assert.match(POLICY, /default-src 'none'; script-src 'self' 'wasm-unsafe-eval'/)
  const guest = await visitor()
  const { tab, words } = await said(
    guest,
    element('pypi-attestations', GITHUB),
    element('pypi-attestations', 'pypi_attestations-0.0.20.tar.gz'),
    element('pypi-attestations', 'pypi_attestations-9.tar.gz'),
    element('nowhere', 'nowhere-1.tar.gz'),
    element('pypi-attestations', GITHUB, 'publisher="github:somebody/else:*"'),
    element('pypi-attestations', GITHUB, 'publisher="github:trailofbits/pypi-attestations:*"'),
  )
  const by = 'attested by github:trailofbits/pypi-attestations:release.yml'
  assert.deepEqual(words, [
    ['attested', by],
    ['not-attested', 'not attested'],
    ['unasked', 'the index does not list pypi_attestations-9.tar.gz'],
    ['unasked', 'attestation: could not be asked'],
    ['refused', 'attestation refused: other-publisher'],
    ['attested', by],
  ])
  const [first] = await tab.locator('picotuf-badge').all()
  assert.deepEqual(
    await first.evaluate(({ shadowRoot, report }) => [
      shadowRoot.querySelector('a').href,
      shadowRoot.querySelector('span').title,
      report.publisher.claims.repositoryId,
    ]),
    [
      'https://github.com/trailofbits/pypi-attestations/actions/runs/12169989787/attempts/1',
      'signed and logged 2024-12-04T23:14:01Z',
      '772247423',
    ],
  )
  await picture(tab, 'badge')
  // Another file in the same element.
  await first.evaluate((badge) => badge.setAttribute('file', 'pypi_attestations-0.0.9.tar.gz'))
  await tab.waitForFunction(() => document.querySelector('picotuf-badge').state === 'not-attested')
  await guest.leave()
})

test('what is wrong with the page says nothing of the file', async () => {
  const guest = await visitor()
  const asks = async (...attributes) => {
    const { tab, words } = await said(guest, ...attributes)
    const titles = await tab
      .locator('picotuf-badge')
      .evaluateAll((all) => all.map(({ shadowRoot }) => shadowRoot.querySelector('span').title))
    return words.map(([state, text], place) => [state, text, titles[place]])
  }
  const wrong = [
    element('pypi-attestations', GITHUB).replace('/root.json"', '/no-root.json"'),
    element('pypi-attestations', ''),
    // Sigstore's own root, which is none of the repository that is named.
    element('pypi-attestations', GITHUB).replace(/sigstore-root="[^"]*"/, ''),
  ]
  const found = await asks(...wrong)
  assert.deepEqual(
    found.map(([state, text]) => [state, text]),
    [
      ['unasked', 'attestation: not checked'],
      ['unasked', 'attestation: not checked'],
      ['unasked', 'attestation: not checked'],
    ],
  )
  assert.match(found[0][2], /no-root\.json: the server answers 404 for `sigstore-root`/)
  assert.match(found[1][2], /the attribute `file` is missing/)
  // What was wrong is not kept.
  const by = 'attested by github:trailofbits/pypi-attestations:release.yml'
  const [[, text]] = await asks(element('pypi-attestations', GITHUB))
  assert.equal(text, by)
  await guest.context.close()
})

test('a changed document is refused, and is no green sign', async (context) => {
  const kept = index.documents.get(GITHUB)
  context.after(() => index.documents.set(GITHUB, kept))
  const document = JSON.parse(recorded(`${GITHUB}.provenance`))
  document.attestation_bundles[0].attestations[0].verification_material.transparency_entries = []
  index.documents.set(GITHUB, JSON.stringify(document))
  const guest = await visitor()
  const { words } = await said(guest, element('pypi-attestations', GITHUB))
  assert.deepEqual(words, [['refused', 'attestation refused: log-entry-missing']])
  await guest.leave()
})

test('where a page allows no WebAssembly, it says that nothing was checked', async () => {
  const guest = await visitor()
  const stricter = `<meta http-equiv="content-security-policy" content="script-src 'self'">`
  const { tab, words } = await said(guest, stricter, element('pypi-attestations', GITHUB))
  assert.deepEqual(words, [['unasked', 'attestation: not checked']])
  const badge = tab.locator('picotuf-badge')
  const title = await badge.evaluate(({ shadowRoot }) => shadowRoot.querySelector('span').title)
  assert.match(title, /^the WebAssembly module cannot be loaded: .*Content Security Policy/)
  // The policy is violated, which is what this is about.
  await guest.context.close()
})
