// Attestations: the library says what the native command line says of the same documents. What the
// verifier refuses in all is for the tests of the crate `picotuf-attest` to say.

import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { load, refusal, temporary } from './support.mjs'
import { serve } from './server.mjs'

const demo = join(import.meta.dirname, '../../cli/demo/attested')
const cache = process.env.PICOTUF_ATTESTATIONS ?? join(import.meta.dirname, '../.cache/attest')
if (!existsSync(join(cache, 'recorded'))) {
  throw new Error(`${cache} has no recorded attestations: run tests/attest/prepare`)
}
const recorded = (name) => readFileSync(join(cache, 'recorded', name))
const production = readFileSync(join(cache, 'roots/production.json'))
const staging = readFileSync(join(cache, 'roots/staging.json'))
const sha256 = (bytes) => createHash('sha256').update(bytes).digest('hex')

const GITHUB = 'pypi_attestations-0.0.19.tar.gz'
const GITLAB = 'gitlab_oidc_project-0.0.3.tar.gz'
const GOOGLE = 'gcb_attestation_test-0.0.0.tar.gz'
const CIRCLECI = 'circleci_sign_publish_example-0.0.1.dev137-py3-none-any.whl'
const BY_GITHUB = 'github:trailofbits/pypi-attestations:release.yml'
const BY_CIRCLECI =
  'circleci:fdd9283f-e619-46af-8f9c-851f7d3e8b2b:8e4f8ab2-8d7c-4827-9f15-de076d6d647f'

const document = (file) => JSON.parse(recorded(`${file}.provenance`))
const attested = (stated, ...attestations) => ({
  version: 1,
  attestation_bundles: [{ publisher: stated, attestations }],
})
const attestation = (name) => JSON.parse(recorded(`${name}.attestation`))
const TRAIL_OF_BITS = {
  kind: 'GitHub',
  repository: 'trailofbits/pypi-attestations',
  workflow: 'release.yml',
}

/** The document of GitHub's file after a change. */
function changed(change) {
  const provenance = document(GITHUB)
  const [bundle] = provenance.attestation_bundles
  const [first] = bundle.attestations
  change({ provenance, bundle, first, entry: first.verification_material.transparency_entries[0] })
  return provenance
}

/**
 * What is asked, and what is to be said: the publisher, or the code of what is wrong. `name` and
 * `content` are another name and other bytes than those of the file.
 */
const CASES = [
  { says: 'GitHub', file: GITHUB, publisher: BY_GITHUB },
  {
    says: 'Google',
    file: GOOGLE,
    publisher: 'google:919436158236-compute@developer.gserviceaccount.com',
  },
  { says: 'CircleCI', file: CIRCLECI, publisher: BY_CIRCLECI },
  {
    says: 'GitLab',
    file: GITLAB,
    provenance: attested(
      {
        kind: 'GitLab',
        repository: 'facutuesca/gitlab-oidc-project',
        workflow_filepath: '.gitlab-ci.yml',
      },
      attestation(`${GITLAB}.publish`),
    ),
    publisher: 'gitlab:facutuesca/gitlab-oidc-project:.gitlab-ci.yml',
  },
  {
    says: 'a publish attestation and one of a build',
    file: GITHUB,
    provenance: attested(
      TRAIL_OF_BITS,
      attestation(`${GITHUB}.slsa`),
      attestation(`${GITHUB}.publish`),
    ),
    publisher: BY_GITHUB,
  },
  {
    says: 'a build alone, which says nothing of who published it',
    file: GITHUB,
    provenance: attested(TRAIL_OF_BITS, attestation(`${GITHUB}.slsa`)),
    code: 'no-publish-attestation',
    countsForNothing: true,
  },
  { says: 'asked for', file: GITHUB, asked: BY_GITHUB, publisher: BY_GITHUB },
  {
    says: 'any workflow, and a name in other letters',
    file: GITHUB,
    asked: 'github:TrailOfBits/PyPI-Attestations:*',
    publisher: BY_GITHUB,
  },
  {
    says: 'another workflow',
    file: GITHUB,
    asked: 'github:trailofbits/pypi-attestations:tests.yml',
    code: 'other-publisher',
  },
  { says: 'another kind', file: GITHUB, asked: 'google:a@example.org', code: 'other-publisher' },
  {
    says: 'another spelling',
    file: GITHUB,
    name: 'PyPI.Attestations-0.0.19.tar.gz',
    otherName: GITHUB,
    publisher: BY_GITHUB,
  },
  {
    says: 'another version',
    file: GITHUB,
    name: 'pypi_attestations-0.0.20.tar.gz',
    code: 'subject-name',
  },
  { says: 'another file', file: GITHUB, content: Buffer.from('other'), code: 'subject-digest' },
  { says: 'no distribution', file: GITHUB, name: 'notes.txt', code: 'file-name' },
  { says: 'the other instance', file: GITHUB, root: staging, code: 'unknown-log' },
  {
    says: 'an earlier time',
    file: GITHUB,
    provenance: changed(({ entry }) => {
      entry.integratedTime = String(Number(entry.integratedTime) - 1)
    }),
    code: 'log-promise',
  },
  {
    says: 'no log',
    file: GITHUB,
    provenance: changed(({ first }) => {
      first.verification_material.transparency_entries = []
    }),
    code: 'log-entry-missing',
  },
  {
    says: 'another signature',
    file: GITHUB,
    provenance: changed(({ first }) => {
      first.envelope.signature = attestation(`${GITHUB}.slsa`).envelope.signature
    }),
    code: 'log-entry-mismatch',
  },
  {
    says: 'the index states another publisher',
    file: GITHUB,
    provenance: changed(({ bundle }) => {
      bundle.publisher.repository = 'somebody/else'
    }),
    code: 'publisher-mismatch',
  },
  {
    says: 'nothing in it',
    file: GITHUB,
    provenance: changed(({ provenance }) => {
      provenance.attestation_bundles = []
    }),
    code: 'no-attestations',
    countsForNothing: true,
  },
  {
    says: 'another version of documents',
    file: GITHUB,
    provenance: changed(({ provenance }) => {
      provenance.version = 2
    }),
    code: 'unsupported-provenance-version',
    countsForNothing: true,
  },
  {
    says: 'another form',
    file: GITHUB,
    provenance: changed(({ provenance }) => {
      provenance.attestation_bundles = {}
    }),
    code: 'provenance-form',
  },
  { says: 'HTML', file: GITHUB, provenance: '<!doctype html>', code: 'invalid-json' },
  {
    says: 'one member twice',
    file: GITHUB,
    provenance: '{"version":1,"version":1}',
    code: 'duplicate-member',
  },
]

for (const entry of ['picotuf/attest', 'picotuf/sigstore']) {
  test(`${entry}: the table of cases`, async () => {
    const { TrustedRoot, PicotufError } = await load(entry)
    for (const { says, file, name = file, content = recorded(file), ...one } of CASES) {
      const root = await TrustedRoot.read(one.root ?? production)
      const asked = {
        name,
        sha256: sha256(content),
        provenance: asText(one.provenance ?? document(file)),
        ...(one.asked && { publisher: one.asked }),
      }
      if (one.code === 'file-name') {
        assert.throws(() => root.check(asked), { code: 'file-name', blame: 'caller' })
        continue
      }
      const report = root.check(asked)
      assert.equal(report.publisher?.spec, one.publisher, says)
      assert.equal(report.attestations[0]?.otherName, one.otherName, says)
      assert.equal(report.error?.code, one.code, says)
      assert.equal(report.countsForNothing ?? false, one.countsForNothing ?? false, says)
      if (one.code) {
        assert.ok(report.error instanceof PicotufError, says)
        assert.throws(() => root.verify(asked), { code: one.code, target: name })
      } else {
        assert.deepEqual(root.verify(asked).publisher, report.publisher, says)
      }
    }
  })
}

const asText = (value) => (typeof value === 'string' ? value : JSON.stringify(value))

test('the native command line says the same of each case', async (context) => {
  const binary = process.env.PICOTUF_NATIVE_BIN
  if (!binary) {
    assert.ok(!process.env.CI, 'PICOTUF_NATIVE_BIN names the native command line')
    return context.skip('PICOTUF_NATIVE_BIN names no native command line')
  }
  const folder = temporary()
  for (const { says, file, name = file, content = recorded(file), ...one } of CASES) {
    const path = (name, bytes) => {
      writeFileSync(join(folder, name), bytes)
      return join(folder, name)
    }
    const words = ['provenance', path(name, content), '--json']
    words.push('--provenance', path('provenance', asText(one.provenance ?? document(file))))
    words.push('--trusted-root', path('root', one.root ?? production))
    if (one.asked) words.push('--publisher', one.asked)
    const stdout = await new Promise((resolve) => execFile(binary, words, (_, out) => resolve(out)))
    const verdict = JSON.parse(stdout)
    assert.equal(verdict.publisher?.spec, one.code ? undefined : one.publisher, says)
    assert.equal(verdict.error?.code, one.code, says)
  }
})

test('a report says who signed, what was built, when and where it was logged', async () => {
  const { TrustedRoot } = await load('picotuf/attest')
  const root = await TrustedRoot.read(production)
  assert.deepEqual(root.passedOver, [])
  const report = root.check({
    name: GITHUB,
    sha256: sha256(recorded(GITHUB)),
    provenance: recorded(`${GITHUB}.provenance`),
  })
  const repository = 'https://github.com/trailofbits/pypi-attestations'
  const commit = '08802efe1f8e5fec4ad842d6b8ce97656092ee72'
  const workflow = `${repository}/.github/workflows/release.yml@refs/tags/v0.0.19`
  const publisher = {
    kind: 'GitHub',
    spec: BY_GITHUB,
    claims: {
      subject: workflow,
      issuer: 'https://token.actions.githubusercontent.com',
      buildSignerUri: workflow,
      buildSignerDigest: commit,
      runnerEnvironment: 'github-hosted',
      sourceRepository: repository,
      commit,
      sourceRef: 'refs/tags/v0.0.19',
      repositoryId: '772247423',
      owner: 'https://github.com/trailofbits',
      ownerId: '2314423',
      buildConfig: workflow,
      buildConfigDigest: commit,
      trigger: 'release',
      run: `${repository}/actions/runs/12169989787/attempts/1`,
      visibility: 'public',
    },
  }
  assert.deepEqual(report, {
    publisher,
    attestations: [
      {
        stated: BY_GITHUB,
        predicateType: 'https://docs.pypi.org/attestations/publish/v1',
        name: GITHUB,
        sha256: sha256(recorded(GITHUB)),
        signer: publisher,
        times: ['2024-12-04T23:14:01Z'],
        logEntries: [
          {
            log: 'https://rekor.sigstore.dev',
            index: 153454663,
            kind: 'dsse 0.0.1',
            time: '2024-12-04T23:14:01Z',
          },
        ],
      },
    ],
  })
  assert.ok(Object.isFrozen(report.attestations[0].logEntries[0]))
})

test('a signature of the future, and what is called wrongly', async () => {
  const { TrustedRoot } = await load('picotuf/attest')
  const root = await TrustedRoot.read(production.toString())
  const file = {
    name: GITHUB,
    sha256: sha256(recorded(GITHUB)),
    provenance: recorded(`${GITHUB}.provenance`),
  }
  const { error } = root.check({ ...file, now: new Date('2024-12-04T23:14:00Z') })
  assert.equal(error.code, 'not-yet')
  for (const [wrong, text] of [
    [{ sha256: 'ab' }, '`sha256` is 64 hexadecimal digits'],
    [{ sha256: undefined }, '`sha256` is text'],
    [{ now: '2024-12-04' }, '`now` is not a time'],
    [{ provenance: undefined }, 'the provenance document is bytes or text'],
    [
      { publisher: 'github:trailofbits/pypi-attestations' },
      'a publisher is written `github:OWNER/REPO:WORKFLOW` or `github:OWNER/REPO:*`',
    ],
  ]) {
    assert.throws(() => root.check({ ...file, ...wrong }), { code: 'usage', text, blame: 'caller' })
  }
  assert.throws(() => root.check({ ...file, Publisher: BY_GITHUB }), {
    text: 'there is no member of a file `Publisher`: `publisher` is meant',
  })
  for (const [bytes, code] of [
    ['{}', 'trusted-root-form'],
    ['<html>', 'invalid-json'],
    [
      '{"mediaType":"application/vnd.dev.sigstore.trustedroot+json;version=0.9"}',
      'unsupported-trusted-root-version',
    ],
  ]) {
    assert.equal((await refusal(TrustedRoot.read(bytes))).code, code)
  }
})

test('a history says where the publisher changed, and what lost its attestation', async () => {
  const { TrustedRoot, history } = await load('picotuf/attest')
  const root = await TrustedRoot.read(production)
  const of = (file) => {
    const provenance = recorded(`${file}.provenance`)
    return root.verify({ name: file, sha256: sha256(recorded(file)), provenance }).publisher
  }
  const [github, google] = [of(GITHUB), of(GOOGLE)]
  const other = { ...github, claims: { ...github.claims, repositoryId: '1' } }
  const at = (day) => `2026-01-0${day}T00:00:00Z`
  const files = [
    { version: '2.0', uploadTime: at(5), publisher: google },
    { version: '1.10', uploadTime: at(4), publisher: other },
    { version: '1.9', uploadTime: at(3), publisher: github },
    { version: '1.9.post1', uploadTime: at(3), publisher: github },
    { version: '1.9', uploadTime: at(3) },
    { version: '1.0', uploadTime: at(1) },
  ]
  assert.deepEqual(await history(files), [
    { decision: 'publisher-changed', change: 'issuer', text: 'another identity provider' },
    { decision: 'publisher-changed', change: 'repository', text: 'another repository' },
    { decision: 'first-use' },
    { decision: 'pinned' },
    { decision: 'gone' },
    { decision: 'before-attestations' },
  ])
  assert.deepEqual(await history([{ version: '1' }]), [{ decision: 'not-attested' }])
  // What would look like a file without an attestation.
  for (const [wrong, message] of [
    [[{ version: '1', publishr: github }], /there is no member of a file `publishr`/],
    [[{ version: '1', publisher: 'github:a/b:c.yml' }], /`publisher\.spec` of a file is text/],
    [[{ publisher: github }], /`version` of a file is text/],
    [[{ version: '1', uploadTime: new Date() }], /`uploadTime` of a file is text/],
    [['1'], /a file is an object/],
    ['1', /`files` is a list/],
  ]) {
    const error = await refusal(history(wrong))
    assert.equal(error.code, 'usage')
    assert.match(error.message, message)
  }
})

test('files are grouped by versions, as packaging orders them', async () => {
  const { releases } = await load('picotuf/attest')
  const names = [
    'Six-1.9.tar.gz',
    'six-1.10-py3-none-any.whl',
    'six-1.10rc1.tar.gz',
    'six-1.10.0.tar.gz',
    'six.txt',
    'seven-1.0.tar.gz',
  ]
  assert.deepEqual(await releases('SIX', names), {
    project: 'six',
    releases: [
      { version: '1.10', files: [1, 3] },
      { version: '1.10rc1', files: [2] },
      { version: '1.9', files: [0] },
    ],
    others: [4, 5],
  })
  assert.equal((await refusal(releases('-', []))).code, 'usage')
})

/** A repository of the shape of Sigstore's, which the demo signs with test keys. */
const sigstore = async () => {
  const server = await serve(join(demo, 'sigstore'))
  const now = readFileSync(join(demo, '../time.txt'), 'utf8').trim()
  return { server, options: { url: server.url, root: readFileSync(join(demo, 'root.json')), now } }
}

test('the trusted root comes by TUF, and is kept for when nobody answers', async (context) => {
  const { MemoryStore, openSigstore } = await load('picotuf/sigstore')
  const { server, options } = await sigstore()
  context.after(() => server.close())
  const store = new MemoryStore()
  const { root, trusted, unreachable } = await openSigstore({ ...options, store })
  assert.deepEqual(
    trusted.map(({ role, version }) => [role, version]),
    [
      ['root', 1],
      ['timestamp', 1],
      ['snapshot', 1],
      ['targets', 1],
    ],
  )
  assert.equal(unreachable, undefined)
  const file = {
    name: GITHUB,
    sha256: sha256(readFileSync(join(demo, GITHUB))),
    provenance: readFileSync(join(demo, `${GITHUB}.provenance`)),
  }
  assert.equal(root.verify(file).publisher.spec, BY_GITHUB)
  // It is not fetched again, and needs nobody.
  server.requests.length = 0
  await openSigstore({ ...options, store })
  assert.deepEqual(
    server.requests.filter((path) => path.includes('trusted_root')),
    [],
  )
  await server.close()
  const late = { ...options, store, source: 'repository-or-store', retries: 0 }
  const offline = await openSigstore(late)
  assert.equal(offline.unreachable.code, 'connection')
  assert.equal(offline.root.verify(file).publisher.spec, BY_GITHUB)
  // What was changed in the store is fetched anew, and cannot be.
  await store.save('trusted-root', new TextEncoder().encode('{}'), 0)
  assert.equal((await refusal(openSigstore(late))).code, 'connection')
})

test('a trusted root that is not the one that is signed is refused', async (context) => {
  const { openSigstore } = await load('picotuf/sigstore')
  const { server, options } = await sigstore()
  context.after(() => server.close())
  const name =
    '/targets/6494e21ea73fa7ee769f85f57d5a3e6a08725eae1e38c755fc3517c9e6bc0b66.trusted_root.json'
  const bytes = Buffer.from(production)
  bytes[100] ^= 1
  server.replace(name, bytes)
  assert.equal((await refusal(openSigstore(options))).code, 'hash-mismatch')
  // The root that the package carries is not that of the demo.
  const { root: _, ...own } = options
  const error = await refusal(openSigstore({ ...own, now: '2026-11-01T00:00:00Z' }))
  assert.deepEqual([error.code, error.role], ['threshold-not-met', 'timestamp'])
})

test('an index is asked about what has a provenance, and about nothing else', async (context) => {
  const { PackageIndex } = await load('picotuf/sigstore')
  const server = await serve(temporary())
  context.after(() => server.close())
  const index = new PackageIndex({ url: `${server.url}/simple/`, retries: 0 })
  const page = (more) => ({
    meta: { 'api-version': '1.4' },
    name: 'six',
    files: [
      {
        filename: 'six-1.tar.gz',
        url: 'https://files.example/six-1.tar.gz',
        hashes: { sha256: 'AB' },
        size: 3,
        'upload-time': '2026-01-01T00:00:00Z',
        yanked: 'broken',
        provenance: '/integrity/six/1/six-1.tar.gz/provenance',
        ...more,
      },
      { filename: 'six-0.zip', url: 'six-0.zip', hashes: {}, yanked: false, provenance: null },
    ],
  })
  const put = (path, value) => server.replace(path, JSON.stringify(value))
  put('/simple/six/', page())
  let accepted
  server.changes.set('/integrity/six/1/six-1.tar.gz/provenance', (request, response) => {
    accepted = request.headers.accept
    response.end('{}')
  })
  const { name, files } = await index.project('SIX')
  assert.equal(name, 'six')
  const [attested, other] = files
  assert.deepEqual(attested, {
    name: 'six-1.tar.gz',
    url: 'https://files.example/six-1.tar.gz',
    sha256: 'ab',
    size: 3,
    uploadTime: '2026-01-01T00:00:00Z',
    yanked: 'broken',
    provenance: `${server.url}/integrity/six/1/six-1.tar.gz/provenance`,
  })
  assert.deepEqual(other, { name: 'six-0.zip', url: `${server.url}/simple/six/six-0.zip` })
  assert.equal(Buffer.from(await index.provenance(attested)).toString(), '{}')
  assert.equal(accepted, 'application/vnd.pypi.integrity.v1+json')
  server.requests.length = 0
  assert.equal(await index.provenance(other), null)
  assert.deepEqual(server.requests, [], 'nobody is asked about a file without a provenance')
  // A document that is announced and not there is no file without attestations.
  server.changes.delete('/integrity/six/1/six-1.tar.gz/provenance')
  assert.equal((await refusal(index.provenance(attested))).code, 'missing-target')
  server.changes.set('/simple/seven/', (_, response) => response.writeHead(503).end())
  const busy = await refusal(index.project('seven'))
  assert.deepEqual([busy.code, busy.blame], ['http-status', 'transport'])
  assert.equal(await index.project('eight'), null)
  put('/simple/six/', page({ provenance: 'https://elsewhere.example/p' }))
  const [elsewhere] = (await index.project('six')).files
  const link = await refusal(index.provenance(elsewhere))
  assert.deepEqual([link.code, link.target], ['page-link', 'six-1.tar.gz'])
  for (const [path, value] of [
    ['a', 'not JSON'],
    ['b', { files: [] }],
    ['c', { meta: { 'api-version': '2.0' }, files: [] }],
    ['d', { meta: { 'api-version': '1.0' } }],
    ['e', { meta: { 'api-version': '1.0' }, files: [null] }],
    ['f', { meta: { 'api-version': '1.0' }, files: [{ filename: 'x', url: 'http://[' }] }],
  ]) {
    put(`/simple/${path}/`, value)
    assert.equal((await refusal(index.project(path))).code, 'index-page', path)
  }
  for (const wrong of ['../six', undefined]) {
    assert.equal((await refusal(index.project(wrong))).code, 'usage')
  }
  // Null would say that a file is not attested.
  for (const wrong of [undefined, 'six-1.tar.gz']) {
    assert.equal((await refusal(index.provenance(wrong))).code, 'usage')
  }
  assert.throws(() => new PackageIndex({ timeout: -1 }), { code: 'usage' })
})
