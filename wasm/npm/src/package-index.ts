import { decode } from './engine.js'
import { PicotufError, checkOptions, oneLine, reasonOf, usage } from './error.js'
import {
  type Network,
  below,
  networkOf,
  open,
  parseBase,
  persistently,
  shown,
  whole,
} from './fetch.js'
import { checkNetwork, checkOperation } from './options.js'
import type { IndexedFile, IndexedProject, PackageIndexOptions } from './package-index-types.js'

const PYPI = 'https://pypi.org/simple/'
const OPTIONS = [
  'url',
  'provenanceFrom',
  'fetch',
  'timeout',
  'retries',
] as const satisfies (keyof PackageIndexOptions)[]

/** As the native client's. */
const PAGE_LENGTH_MAX = 64 * 1024 * 1024
/** As that of the verifier, and one byte more shows that it is too long. */
const PROVENANCE_LENGTH_MAX = 2 * 1024 * 1024
const TIMEOUT = 30_000
const RETRIES = 1

/** What JSON of an index has, as far as it is read (PEP 691, 700, 740). */
interface Page {
  meta?: { 'api-version'?: unknown }
  files?: unknown
}

/**
 * A package index that serves JSON (PEP 691) and provenance documents (PEP 740), such as PyPI.
 * Nothing that it says is signed: a provenance document is verified with a `TrustedRoot`.
 */
export class PackageIndex {
  #base: URL
  #origins: Set<string>
  #network: Network

  constructor(options: PackageIndexOptions = {}) {
    checkOptions(options, OPTIONS)
    checkNetwork(options)
    const { url = PYPI, provenanceFrom = [], fetch, ...more } = options
    const { timeout = TIMEOUT, retries = RETRIES } = more
    this.#base = parseBase(url, 'url', fetch)
    if (!Array.isArray(provenanceFrom)) throw usage('`provenanceFrom` is a list of URLs')
    const others = provenanceFrom.map((url) => parseBase(url, 'provenanceFrom', fetch))
    this.#origins = new Set([this.#base, ...others].map(({ origin }) => origin))
    this.#network = networkOf(fetch, timeout, retries)
  }

  /**
   * The files of a project; null where the index answers that it has none of that name. PyPI lets
   * no page read that answer: there, it is the code `connection`, as where it cannot be reached.
   */
  async project(
    name: string,
    options: { signal?: AbortSignal | undefined } = {},
  ): Promise<IndexedProject | null> {
    if (typeof name !== 'string' || !/^[A-Z0-9]([A-Z0-9._-]*[A-Z0-9])?$/i.test(name)) {
      throw usage(`${oneLine(JSON.stringify(name) ?? 'nothing')} is not the name of a project`)
    }
    checkOperation(options, ['signal'])
    const normalized = name.toLowerCase().replace(/[-_.]+/g, '-')
    const url = below(this.#base, `${normalized}/`)
    const accept = 'application/vnd.pypi.simple.v1+json'
    const bytes = await this.#get(url, accept, PAGE_LENGTH_MAX, options.signal)
    return bytes && { name: normalized, files: filesOf(bytes, url) }
  }

  /**
   * A file's provenance document; null where it has none, as its project's page says. What cannot
   * be fetched is an error, and never null.
   */
  async provenance(
    file: IndexedFile,
    options: { signal?: AbortSignal | undefined } = {},
  ): Promise<Uint8Array | null> {
    const isListed = typeof file?.name === 'string' && typeof file.url === 'string'
    if (!isListed) throw usage('`file` is one of the files of a project')
    checkOperation(options, ['signal'])
    if (file.provenance === undefined) return null
    let url: URL
    try {
      url = new URL(file.provenance)
    } catch {
      throw usage('`provenance` of the file is not a URL')
    }
    if (!this.#origins.has(url.origin)) {
      const text =
        'the index says that the provenance is on another server, which is not asked: ' +
        '`provenanceFrom` allows it'
      const details = { blame: 'repository', target: file.name, url: shown(url.href) } as const
      throw new PicotufError('page-link', text, details)
    }
    const accept = 'application/vnd.pypi.integrity.v1+json'
    const bytes = await this.#get(url.href, accept, PROVENANCE_LENGTH_MAX, options.signal)
    if (bytes) return bytes
    const text = 'the index lists a provenance document, and does not have it'
    const details = { blame: 'repository', target: file.name, url: shown(url.href) } as const
    throw new PicotufError('missing-target', text, details)
  }

  async #get(url: string, accept: string, most: number, signal: AbortSignal | undefined) {
    return persistently(this.#network, signal, async () => {
      const opened = await open(this.#network, url, { signal, headers: { accept } })
      return opened && whole(opened, most)
    })
  }
}

/** The files of a page of JSON. */
function filesOf(bytes: Uint8Array, url: string): IndexedFile[] {
  const wrong = (why: string, details = {}) =>
    new PicotufError('index-page', `this is no page of a simple index in JSON: ${why}`, {
      blame: 'repository',
      url: shown(url),
      ...details,
    })
  if (bytes.length > PAGE_LENGTH_MAX) {
    throw wrong(`it is longer than ${PAGE_LENGTH_MAX} bytes`, { blame: 'limit' })
  }
  let page: Page
  try {
    page = JSON.parse(decode(bytes))
  } catch (thrown) {
    throw wrong(reasonOf(thrown))
  }
  const version = page?.meta?.['api-version']
  // A newer minor version adds members and changes none.
  if (typeof version !== 'string' || version.split('.')[0] !== '1') {
    throw wrong(`its version is ${JSON.stringify(version)}, not 1.x`, { blame: 'unsupported' })
  }
  if (!Array.isArray(page.files)) throw wrong('it has no `files`')
  return page.files.map((file) => {
    const { filename: name, hashes, size, yanked, provenance, 'upload-time': time } = file ?? {}
    if (typeof name !== 'string' || typeof file.url !== 'string') {
      throw wrong('a file has no name or no URL')
    }
    const sha256 = hashes?.sha256
    return {
      name,
      url: resolved(file.url, url),
      ...(typeof sha256 === 'string' && { sha256: sha256.toLowerCase() }),
      ...(Number.isSafeInteger(size) && { size }),
      ...(typeof time === 'string' && { uploadTime: time }),
      ...(yanked && { yanked: typeof yanked === 'string' ? yanked : '' }),
      ...(typeof provenance === 'string' && { provenance: resolved(provenance, url) }),
    }
  })

  function resolved(link: string, base: string) {
    try {
      return new URL(link, base).href
    } catch {
      throw wrong(`\`${oneLine(link)}\` is no URL`)
    }
  }
}
