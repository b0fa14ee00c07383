import { Client, IndexedDBStore, MemoryStore, PicotufError } from './picotuf/index.js'

const CHOICE = 'picotuf-repository'
/** The longest wait that a browser's timer takes. */
const LONGEST = 2 ** 31 - 1

/** The demo's repository comes with the page, and is looked at as of the time at which it was made. */
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

/** Remembers a choice over reloads. */
export function choose({ demo, metadataUrl, targetUrl }) {
  if (demo) localStorage.removeItem(CHOICE)
  else localStorage.setItem(CHOICE, JSON.stringify({ metadataUrl, targetUrl }))
}

/** The name of the database in which what is trusted of a repository is kept. */
const databaseOf = ({ metadataUrl }) =>
  `picotuf ${new URL(metadataUrl, document.baseURI).href.replace(/\/+$/, '')}`

/** Forgets all that is trusted of a repository: older states of it are not found out after that. Not for a root that cannot be used. */
export async function forget(settings, root) {
  if (root) await Client.open({ root, store: new MemoryStore() })
  const name = databaseOf(settings)
  // In its turn, so that no tab is amid an update. Those that have it open close it.
  await new IndexedDBStore(name).lock(
    () =>
      new Promise((resolve, reject) => {
        const request = indexedDB.deleteDatabase(name)
        request.onsuccess = resolve
        request.onerror = () =>
          reject(new PicotufError('io', `IndexedDB refuses: ${request.error?.message}`))
      }),
  )
}

/**
 * One repository with the state that is kept of it. `state` is one of `verified`, `offline` (what
 * is stored holds, but nothing newer could be asked for), `stale` (it has expired), `refused`,
 * `unreachable`.
 */
export class Repository {
  #options
  #online
  #offline
  state = 'checking'
  error

  /** `settings` has `metadataUrl`, `targetUrl`; the root may be left out where it is stored. */
  static async open(settings, root) {
    const repository = new Repository()
    repository.settings = settings
    repository.fixed = settings.demo ? (await text('demo/time.txt')).trim() : undefined
    const { metadataUrl, targetUrl } = settings
    repository.root = root ?? (settings.demo ? await text('demo/root.json') : undefined)
    const store = new IndexedDBStore(databaseOf(settings))
    repository.#options = {
      metadataUrl,
      targetUrl: targetUrl || undefined,
      store,
      now: () => repository.now(),
    }
    const open = () => Client.open({ ...repository.#options, root: repository.root })
    repository.#online = await open().catch(async (error) => {
      // The demo comes with the page, and a newer page may have one that is made anew.
      if (!settings.demo || error.code !== 'already-initialized') throw error
      await store.close()
      await forget(settings)
      return open()
    })
    // What tampering is played on starts with the same root.
    repository.root ??= await store.load('root.json')
    return repository
  }

  /** The time by which expiry is judged. */
  now() {
    return this.fixed ? new Date(this.fixed) : new Date()
  }

  /** The client that knows what is trusted now. */
  get client() {
    return this.#offline ?? this.#online
  }

  get usable() {
    return this.state === 'verified' || this.state === 'offline'
  }

  /** Asks the repository; where it cannot be reached, what is stored has to do. */
  async refresh(options) {
    this.#offline = this.error = undefined
    try {
      await this.#online.refresh(options)
      this.state = 'verified'
    } catch (error) {
      if (!(error instanceof PicotufError)) throw error
      this.error = error
      if (error.blame === 'transport') await this.#fallBack()
      else this.state = error.code === 'expired' ? 'stale' : 'refused'
    }
    this.checked = new Date()
  }

  async #fallBack() {
    const offline = await Client.open({ ...this.#options, root: this.root, offline: true })
    try {
      await offline.refresh()
      this.#offline = offline
      this.state = 'offline'
    } catch (error) {
      if (!(error instanceof PicotufError)) throw error
      this.state =
        error.code === 'expired'
          ? 'stale'
          : error.code === 'missing-file'
            ? 'unreachable'
            : 'refused'
      if (this.state !== 'unreachable') this.error = error
    }
  }

  /** How long until something that is trusted expires, in milliseconds; undefined if the clock stands still, or it is too far off. */
  untilExpiry() {
    if (this.fixed || !this.usable) return undefined
    const first = Math.min(
      ...this.client.trusted
        .filter(({ role }) => role !== 'root')
        .map(({ expires }) => Date.parse(expires)),
    )
    const wait = first - Date.now() + 1000
    return wait > 0 && wait < LONGEST ? wait : undefined
  }
}

async function text(path) {
  const response = await fetch(path)
  if (!response.ok) throw new Error(`${path} is not there`)
  return response.text()
}
