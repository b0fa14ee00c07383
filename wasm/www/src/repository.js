import { IndexedDBStore, MemoryStore, PicotufError, openClient } from './client.js'

const CHOICE = 'picotuf-repository'
const LATELY = 'picotuf-repositories'
const LATELY_MAX = 6
/** The longest wait that a browser's timer takes. */
const LONGEST = 2 ** 31 - 1
/** How often a request without an answer is made again: a person waits for it. */
const RETRIES = 1

/** What says that something is no metadata at all, such as a page of HTML. */
const NO_METADATA = ['invalid-json', 'invalid-utf8', 'unexpected-end', 'missing-member']

/**
 * The demo's repository comes with the page, and is looked at as of the time at which it was made.
 */
export const DEMO = {
  demo: true,
  name: 'Demo',
  metadataUrl: 'demo/metadata',
  targetUrl: 'demo/targets',
}

/** What was chosen last; the demo, if nothing was. */
export function chosen() {
  try {
    const { metadataUrl, targetUrl } = JSON.parse(localStorage.getItem(CHOICE))
    return { name: new URL(metadataUrl).host, metadataUrl, targetUrl }
  } catch {
    return DEMO
  }
}

/** Remembers a choice over reloads, and among the last ones. */
export function choose({ demo, metadataUrl, targetUrl }) {
  if (demo) return localStorage.removeItem(CHOICE)
  localStorage.setItem(CHOICE, JSON.stringify({ metadataUrl, targetUrl }))
  const others = lately().filter((other) => other.metadataUrl !== metadataUrl)
  const all = [{ metadataUrl, targetUrl }, ...others].slice(0, LATELY_MAX)
  localStorage.setItem(LATELY, JSON.stringify(all))
}

/** The repositories that were chosen last. */
export function lately() {
  try {
    const all = JSON.parse(localStorage.getItem(LATELY)) ?? []
    return all.map(({ metadataUrl, targetUrl }) => {
      return { name: new URL(metadataUrl).host, metadataUrl, targetUrl }
    })
  } catch {
    return []
  }
}

/** The repository that a shared link names. */
export function linked() {
  const { searchParams } = new URL(location.href)
  const [metadataUrl, targetUrl] = ['metadata', 'targets'].map((name) => searchParams.get(name))
  if (!isWeb(metadataUrl) || (targetUrl && !isWeb(targetUrl))) return undefined
  return { name: new URL(metadataUrl).host, metadataUrl, targetUrl: targetUrl ?? undefined }
}

/** The address of this view for others, with the repository. */
export function sharedLink({ demo, metadataUrl, targetUrl }) {
  const url = new URL(location.href)
  url.search = ''
  if (!demo) url.searchParams.set('metadata', metadataUrl)
  if (!demo && targetUrl) url.searchParams.set('targets', targetUrl)
  return url.href
}

/** Whether a text is an address that this page may ask. */
export function isWeb(text) {
  try {
    return /^https?:$/.test(new URL(text).protocol)
  } catch {
    return false
  }
}

/** The name of the database in which what is trusted of a repository is kept. */
const databaseOf = ({ metadataUrl }) =>
  `picotuf ${new URL(metadataUrl, document.baseURI).href.replace(/\/+$/, '')}`

/**
 * Forgets all that is trusted of a repository: older states of it are not found out after that. Not
 * for a root that cannot be used.
 */
export async function forget(settings, root) {
  if (root) await openClient({ root, store: new MemoryStore() })
  const name = databaseOf(settings)
  // In its turn, so that no tab is amid an update. Those that have it open close it.
  const remove = () =>
    new Promise((resolve, reject) => {
      const request = indexedDB.deleteDatabase(name)
      request.onsuccess = resolve
      request.onerror = () =>
        reject(new PicotufError('io', `IndexedDB refuses: ${request.error?.message}`))
    })
  await new IndexedDBStore(name).lock(remove)
}

/**
 * One repository with the state that is kept of it. `state` is one of
 *
 * - `verified`,
 * - `offline`: what is stored holds, but nothing newer could be asked for,
 * - `stale`: it has expired,
 * - `unreachable`: there was no answer, and nothing is stored,
 * - `absent`: at an address that is new here, there is no TUF metadata,
 * - `foreign`: at an address that is new here, nothing is signed by the keys of the root file,
 * - `refused`: something does not hold.
 */
export class Repository {
  #options
  /** Whether something was verified here before, so that what does not hold now is a change. */
  #known
  state = 'checking'
  error

  /** `settings` has `metadataUrl`, `targetUrl`; the root may be left out where it is stored. */
  static async open(settings, root) {
    const repository = new Repository()
    repository.settings = settings
    const { demo, metadataUrl, targetUrl } = settings
    const [time, own] = demo ? await Promise.all(['time.txt', 'root.json'].map(ofDemo)) : []
    repository.fixed = time?.trim()
    repository.root = root ?? own
    const store = new IndexedDBStore(databaseOf(settings))
    const more = { store, retries: RETRIES, now: () => repository.now() }
    repository.#options = { metadataUrl, targetUrl: targetUrl || undefined, ...more }
    const open = () => openClient({ ...repository.#options, root: repository.root })
    repository.client = await open().catch(async (error) => {
      // The demo comes with the page, and a newer page may have one that is made anew.
      if (!settings.demo || error.code !== 'already-initialized') throw error
      await store.close()
      await forget(settings)
      return open()
    })
    // What tampering is played on starts with the same root.
    repository.root ??= await store.load('root.json')
    repository.#known = (await store.load('timestamp.json')) !== undefined
    return repository
  }

  /** The time by which expiry is judged. */
  now() {
    return this.fixed ? new Date(this.fixed) : new Date()
  }

  get usable() {
    return this.state === 'verified' || this.state === 'offline'
  }

  /** What is signed of a target, by what is stored where the repository does not answer. */
  target(path, signal) {
    return this.client.target(path, { signal, source: 'repository-or-store' })
  }

  /** Asks the worker: see verifier.js. */
  ask(method, args, options) {
    return this.client.call(method, args, options)
  }

  /** Asks the repository; where it cannot be reached, what is stored has to do. */
  async refresh(options) {
    this.error = undefined
    try {
      await this.client.refresh({ ...options, source: 'repository-or-store' })
      this.error = this.client.unreachable
      this.state = this.error ? 'offline' : 'verified'
      this.#known = true
    } catch (error) {
      if (!(error instanceof PicotufError)) throw error
      this.error = error
      this.state = this.#stateOf(error)
    }
  }

  #stateOf({ blame, cause, code, role, found }) {
    if (blame === 'transport') return 'unreachable'
    if (code === 'expired') return 'stale'
    if (this.#known || (role !== 'root' && role !== 'timestamp')) return 'refused'
    if (code === 'missing-file' || NO_METADATA.includes(code)) return 'absent'
    if (cause) return 'refused'
    return code === 'threshold-not-met' && found === 0 ? 'foreign' : 'refused'
  }

  /**
   * How long until something that is trusted expires, in milliseconds; undefined if the clock
   * stands still, or it is too far off.
   */
  untilExpiry() {
    if (this.fixed || !this.usable) return undefined
    const roles = this.client.trusted.filter(({ role }) => role !== 'root')
    const first = Math.min(...roles.map(({ expires }) => Date.parse(expires)))
    const wait = first - Date.now() + 1000
    return wait > 0 && wait < LONGEST ? wait : undefined
  }
}

async function ofDemo(name) {
  const path = `demo/${name}`
  const response = await fetch(path)
  if (!response.ok) throw new Error(`${path} is not there`)
  return response.text()
}
