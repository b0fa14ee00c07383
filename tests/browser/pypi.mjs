// A stand-in for PyPI on the loopback interface, with recorded documents: the simple API in JSON
// and the integrity API. As PyPI's, they let pages read an answer of 200, and no other one. Beside
// them, a TUF repository of Sigstore's shape, which signs Sigstore's real trusted root.

import { cpSync, existsSync, readFileSync, writeFileSync } from 'node:fs'
import { createHash } from 'node:crypto'
import { createServer } from 'node:http'
import { after } from 'node:test'
import { join } from 'node:path'
import { entry } from './repository.mjs'
import { dist, repository, site, temporary } from './places.mjs'

const cache = process.env.PICOTUF_ATTESTATIONS ?? join(import.meta.dirname, '../.cache/attest')
if (!existsSync(join(cache, 'recorded')))
  throw new Error(`${cache} has no recorded attestations: run tests/attest/prepare`)
export const recorded = (name) => readFileSync(join(cache, 'recorded', name))
const trustedRoot = readFileSync(join(cache, 'roots/production.json'))

export const GITHUB = 'pypi_attestations-0.0.19.tar.gz'
export const CIRCLECI = 'circleci_sign_publish_example-0.0.1.dev137-py3-none-any.whl'
export const GOOGLE = 'gcb_attestation_test-0.0.0.tar.gz'
/** What the page shows of the file of that publisher, from the root to the file. */
export const CHAIN = [
  'Sigstore’s root',
  'trusted_root.json',
  'Certificate for GitHub',
  'Log entry',
  'Statement',
  GITHUB,
]
export const sha256 = (bytes) => createHash('sha256').update(bytes).digest('hex')

/** What the index lists: by project, files as `[name, content, uploadTime, more]`. */
const PROJECTS = {
  'pypi-attestations': [
    ['pypi_attestations-0.0.9.tar.gz', 'nine', '2024-08-29T10:00:00Z'],
    [GITHUB, recorded(GITHUB), '2024-12-04T23:14:02Z'],
    ['pypi_attestations-0.0.19-py3-none-any.whl', 'a wheel', '2024-12-04T23:14:03Z'],
    ['pypi_attestations-0.0.20.tar.gz', 'twenty', '2025-01-15T12:00:00Z', { yanked: 'broken' }],
  ],
  'circleci-sign-publish-example': [[CIRCLECI, recorded(CIRCLECI), '2026-02-05T22:59:43Z']],
  'gcb-attestation-test': [[GOOGLE, recorded(GOOGLE), '2025-01-01T00:00:00Z']],
  six: [
    ['six-1.17.0.tar.gz', 'six', '2024-12-04T17:35:00Z'],
    ['six-1.17.0-py2.py3-none-any.whl', 'six wheel', '2024-12-04T17:35:01Z'],
  ],
}

/** The index: `documents` has what is served by file name, `requests` all that was asked. */
export async function pypi() {
  const requests = []
  const documents = new Map(
    [GITHUB, CIRCLECI, GOOGLE].map((name) => [name, recorded(`${name}.provenance`)]),
  )
  const projects = structuredClone(PROJECTS)
  let url
  const pageOf = (name) => ({
    meta: { 'api-version': '1.4' },
    name,
    files: projects[name].map(([filename, content, time, more]) => ({
      filename,
      url: `${url}/files/${filename}`,
      hashes: { sha256: sha256(content) },
      size: content.length,
      'upload-time': time,
      yanked: false,
      provenance: documents.has(filename)
        ? `${url}/integrity/${name}/x/${filename}/provenance`
        : null,
      ...more,
    })),
  })
  const absent = new Set()
  const server = createServer((request, response) => {
    requests.push(request.url)
    const [, kind, name, , file] = request.url.split('/')
    const send = (type, body) =>
      response
        .writeHead(200, { 'content-type': type, 'access-control-allow-origin': '*' })
        .end(body)
    if (kind === 'simple' && projects[name])
      return send('application/vnd.pypi.simple.v1+json', JSON.stringify(pageOf(name)))
    if (kind === 'integrity' && documents.has(file) && !absent.has(file))
      return send('application/vnd.pypi.integrity.v1+json', documents.get(file))
    // A page may not read this.
    response.writeHead(404, { 'content-type': 'application/json' }).end('{}')
  })
  const listen = (port) => new Promise((resolve) => server.listen(port, '127.0.0.1', resolve))
  await listen(0)
  const { port } = server.address()
  url = `http://127.0.0.1:${port}`
  const stop = async () => {
    if (!server.listening) return
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  }
  after(stop)
  return { url, requests, documents, projects, absent, stop, start: () => listen(port) }
}

/**
 * The page with an index and a repository of Sigstore's shape: `{ url, folder, index, sigstore }`.
 */
export async function pypiPage() {
  const index = await pypi()
  const sigstore = await repository({ entries: { 'trusted_root.json': entry(trustedRoot) } })
  sigstore.files.set('/metadata/targets/trusted_root.json', trustedRoot)
  sigstore.files.set('/root.json', sigstore.root)
  const folder = temporary()
  cpSync(dist, folder, { recursive: true })
  const html = readFileSync(join(folder, 'index.html'), 'utf8')
  const named = (name, value) => [
    `<meta name="picotuf-${name}" content="">`,
    `<meta name="picotuf-${name}" content="${value}">`,
  ]
  const settings = [
    named('index', `${index.url}/simple/`),
    named('sigstore', `${sigstore.url}/metadata`),
    named('sigstore-root', 'root.json'),
  ]
  writeFileSync(
    join(folder, 'index.html'),
    settings.reduce((text, [from, to]) => text.replace(from, to), html),
  )
  // Whoever names another root puts its file beside the page, which keeps it.
  writeFileSync(join(folder, 'root.json'), sigstore.root)
  const worker = join(folder, 'sw.js')
  const kept = readFileSync(worker, 'utf8').replace('"index.html"', '"index.html","root.json"')
  writeFileSync(worker, kept)
  const server = await site(folder)
  return { url: server.url, server, folder, index, sigstore }
}
