// The worker of the page for PyPI: asks the index, gets Sigstore's trusted root, and verifies.

import {
  IndexedDBStore,
  PackageIndex,
  history,
  openSigstore,
  releases,
} from '../picotuf/sigstore.js'
import { plain, serve } from './rpc.js'

/** How often a request without an answer is made again: a person waits for it. */
const RETRIES = 1
/** How much of a file is read at one time, in bytes. */
const PIECE = 4 * 1024 * 1024

let index
let sigstore
/** The trusted root, and how it came. */
let opened
const checked = new Map()

/** Gets the trusted root; where that failed, the next one who needs it tries again. */
function root() {
  opened ??= open().catch((error) => {
    opened = undefined
    throw error
  })
  return opened
}

async function open() {
  const { url, rootUrl } = sigstore
  const given = rootUrl && (await (await fetch(rootUrl)).arrayBuffer())
  return openSigstore({
    store: new IndexedDBStore(`picotuf sigstore ${url ?? ''}`.trim()),
    source: 'repository-or-store',
    retries: RETRIES,
    ...(url && { url }),
    ...(given && { root: given }),
  })
}

serve({
  /** Says where all is, and how far the trusted root is trusted. */
  async start(settings, { progress }) {
    index = new PackageIndex({ retries: RETRIES, ...(settings.index && { url: settings.index }) })
    sigstore = settings.sigstore
    progress('')
    const { trusted, unreachable } = await root()
    return { trusted, unreachable: unreachable && plain(unreachable) }
  },

  /** A project's files by version: `{ name, releases: [{ version, files }], others }`. */
  async project({ name }, { signal }) {
    const listed = await index.project(name, { signal })
    if (!listed) return undefined
    const { files } = listed
    const names = files.map((file) => file.name)
    const grouped = await releases(listed.name, names)
    const at = (places) => places.map((place) => files[place])
    return {
      name: grouped.project,
      releases: grouped.releases.map(({ version, files }) => ({ version, files: at(files) })),
      others: at(grouped.others),
    }
  },

  /**
   * The files that a requirement means: those with its hashes, else all of its version, else those
   * of the newest one. Nothing where the index lists no such project.
   */
  async wanted({ project, version, hashes }, { signal }) {
    const listed = await index.project(project, { signal })
    if (!listed) return undefined
    const { name, files } = listed
    if (hashes.length) return files.filter(({ sha256 }) => hashes.includes(sha256))
    // A file of that version, so that the core says which others are of it.
    const asked = version === undefined ? [] : [`${name.replaceAll('-', '_')}-${version}.tar.gz`]
    const grouped = await releases(name, [...asked, ...files.map((file) => file.name)])
    const group = asked.length
      ? grouped.releases.find((release) => release.files.includes(0))
      : grouped.releases[0]
    const places = group?.files.map((place) => place - asked.length) ?? []
    return places.filter((place) => place >= 0).map((place) => files[place])
  },

  /**
   * What a file's attestations come to: `{ state, report, error }`. What could not be asked is no
   * statement about the file.
   */
  async check({ file, sha256 = file.sha256, publisher }, { signal }) {
    if (file.provenance === undefined) return { state: 'not-attested' }
    const key = JSON.stringify([file.name, sha256, file.provenance, publisher])
    const known = checked.get(key)
    if (known) return known
    let trusted
    let provenance
    try {
      const both = [root(), index.provenance(file, { signal })]
      ;[{ root: trusted }, provenance] = await Promise.all(both)
    } catch (error) {
      if (signal.aborted) throw error
      return { state: 'unasked', error: plain(error) }
    }
    const result = judged(trusted, { name: file.name, sha256: sha256 ?? '', provenance, publisher })
    checked.set(key, result)
    return result
  },

  /** What files come to beside each other. */
  history: ({ files }) => history(files),

  /** The SHA-256 of a file of the person's. */
  async hash({ blob }, { signal, progress }) {
    if (!globalThis.crypto?.subtle) {
      throw Object.assign(new Error('a browser hashes files on pages over HTTPS only'), {
        code: 'usage',
      })
    }
    const bytes = new Uint8Array(blob.size)
    for (let at = 0; at < blob.size; at += PIECE) {
      signal.throwIfAborted()
      bytes.set(new Uint8Array(await blob.slice(at, at + PIECE).arrayBuffer()), at)
      progress(Math.min(at + PIECE, blob.size))
    }
    const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes))
    return Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('')
  },
})

function judged(trusted, asked) {
  try {
    const { error, attestations, ...more } = trusted.check(asked)
    const report = { ...more, attestations: attestations.map(posted) }
    const state = more.publisher ? 'attested' : more.countsForNothing ? 'not-attested' : 'refused'
    return { state, report, error: error && plain(error) }
  } catch (error) {
    return { state: 'unasked', error: plain(error) }
  }
}

const posted = ({ error, ...more }) => (error ? { ...more, error: plain(error) } : more)
