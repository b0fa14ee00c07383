// The package and the page for PyPI in browsers that no driver steers: `npm run engines`.
//
// Each browser is started with the address of a page, which posts what it found. PICOTUF_ENGINES
// names the commands, with `;` between two, where FOLDER is an empty folder. The default is those
// of Debian: Firefox, and WebKitGTK, whose engine is that of Safari (firefox-esr, xvfb,
// libwebkit2gtk-4.1-0).

import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { cpSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { project, site, temporary } from '../places.mjs'
import { CHAIN, GITHUB, pypiPage } from '../pypi.mjs'

const PATIENCE = 120_000
const WHEEL = 'iniconfig/iniconfig-2.3.1-py3-none-any.whl'
const MACHINE = { x64: 'x86_64', arm64: 'aarch64' }[process.arch]
const WEBKIT = `/usr/lib/${MACHINE}-linux-gnu/webkit2gtk-4.1/MiniBrowser`
const DEFAULT = `firefox-esr --headless --no-remote --profile FOLDER; xvfb-run -a ${WEBKIT}`
const PUBLISHER = 'github:trailofbits/pypi-attestations:release.yml'

const programs = (process.env.PICOTUF_ENGINES ?? DEFAULT).split(';').map((line) => line.trim())
const page = await pypiPage()
const { index, sigstore } = page
const repository = await site(join(import.meta.dirname, '../../../cli/demo'))

/** What the next page posts. */
let took
const results = createServer((request, response) => {
  response.setHeader('access-control-allow-origin', '*')
  const parts = []
  request.on('data', (part) => parts.push(part))
  request.on('end', () => {
    response.end()
    if (request.method === 'POST') took(JSON.parse(Buffer.concat(parts)))
  })
})
await new Promise((resolve) => results.listen(0, '127.0.0.1', resolve))
after(() => results.close())

const here = JSON.stringify({
  repository: repository.url,
  index: index.url,
  sigstore: sigstore.url,
  wheel: WHEEL,
  file: GITHUB,
  results: `http://127.0.0.1:${results.address().port}/`,
})

const user = temporary()
cpSync(join(project, 'node_modules/picotuf/dist'), join(user, 'picotuf'), { recursive: true })
cpSync(join(import.meta.dirname, 'page.js'), join(user, 'page.js'))
writeFileSync(join(user, 'here.json'), here)
const badge =
  `<picotuf-badge project="pypi-attestations" file="${GITHUB}" index="${index.url}/simple/" ` +
  `sigstore="${sigstore.url}/metadata" sigstore-root="${sigstore.url}/root.json"></picotuf-badge>`
writeFileSync(
  join(user, 'index.html'),
  `<!doctype html><title>a user</title>${badge}<script type="module" src="page.js"></script>`,
)
const userSite = await site(user)

cpSync(join(import.meta.dirname, 'report.js'), join(page.folder, 'report.js'))
writeFileSync(join(page.folder, 'here.json'), here)
const html = join(page.folder, 'index.html')
writeFileSync(
  html,
  readFileSync(html, 'utf8').replace(
    '</head>',
    '<script type="module" src="report.js"></script></head>',
  ),
)

/** Opens a page in a browser of its own, and gives what the page posts. */
async function posted(program, url) {
  const words = program.replace('FOLDER', temporary()).split(/\s+/)
  const [name, ...args] = words
  const home = temporary()
  const child = spawn(name, [...args, url], {
    detached: true,
    stdio: 'ignore',
    env: { ...process.env, HOME: home, XDG_CONFIG_HOME: home, XDG_CACHE_HOME: home },
  })
  try {
    return await new Promise((resolve, reject) => {
      took = resolve
      child.on('error', reject)
      child.on('exit', (code) => reject(new Error(`${name} ended with ${code}`)))
      setTimeout(() => reject(new Error(`${name} posted nothing`)), PATIENCE).unref()
    })
  } finally {
    stop(child)
  }
}

/** Ends a program and all that it has started. */
function stop(child) {
  try {
    process.kill(-child.pid, 'SIGKILL')
  } catch {
    // It has ended, or never begun.
  }
}

for (const program of programs) {
  const name = program.replaceAll(/ --\S+| FOLDER|\S*\//g, '')
  test(`${name}: the package`, async () => {
    assert.deepEqual(await posted(program, `${userSite.url}/`), {
      download: 7552,
      stream: 7552,
      changed: 'hash-mismatch',
      rollback: 'rollback',
      offline: 7552,
      worker: 7552,
      elsewhere: 'connection',
      attested: PUBLISHER,
      attestedByModuleForAttestationsAlone: PUBLISHER,
      otherFile: 'subject-digest',
      badge: `attested by ${PUBLISHER}`,
    })
  })

  test(`${name}: the page for PyPI`, async () => {
    const url = `${page.url}/#/pypi/pypi-attestations/${GITHUB}`
    assert.deepEqual(await posted(program, url), {
      status: 'verified',
      facts: [
        'trailofbits/pypi-attestations (GitHub)',
        'release.yml',
        '08802efe1f8e5fec4ad842d6b8ce97656092ee72',
      ],
      chain: CHAIN,
    })
  })
}
