import { PicotufError, reasonOf } from './error.js'
import { Turns } from './turns.js'
import type { Store } from './types.js'

const SCHEMA = 1
const FILES = 'files'
const ROOT = 'root.json'

/** What the database has of a file. */
interface Kept {
  bytes: Uint8Array
  version: number
}

/**
 * Keeps metadata in a browser's IndexedDB, over reloads.
 *
 * Each file is put in place by a transaction that sees what another tab may have put there
 * meanwhile: what is newer is not overwritten. Where there are Web Locks, tabs take turns besides.
 */
export class IndexedDBStore implements Store {
  /** The name of the database. */
  readonly name: string
  #database: Promise<IDBDatabase> | undefined
  #turns = new Turns()
  /** The versions that were last read or written here. */
  #seen = new Map<string, number | undefined>()

  /** `name` is the name of the database: one for each repository. */
  constructor(name = 'picotuf') {
    this.name = name
  }

  async load(name: string): Promise<Uint8Array | undefined> {
    const record = await this.#transact<Kept>('readonly', (files) => files.get(name))
    this.#seen.set(name, record?.version)
    return record?.bytes
  }

  async save(name: string, bytes: Uint8Array, version: number): Promise<void> {
    let newer: number | undefined
    await this.#transact<Kept>('readwrite', (files) => {
      const there: IDBRequest<Kept | undefined> = files.get(name)
      there.onsuccess = () => {
        const found = there.result?.version
        if (found !== undefined && found > version && found !== this.#seen.get(name)) newer = found
        else files.put({ bytes, version }, name)
      }
      return there
    })
    if (newer !== undefined) {
      throw new PicotufError(
        'concurrent-update',
        `another tab stored version ${newer} meanwhile, this one has ${version}`,
        {
          file: name,
          expected: newer,
          found: version,
        },
      )
    }
    this.#seen.set(name, version)
  }

  async delete(name: string): Promise<void> {
    let newer: number | undefined
    await this.#transact<Kept>('readwrite', (files) => {
      const root: IDBRequest<Kept | undefined> = files.get(ROOT)
      root.onsuccess = () => {
        // It goes because of a new root: what another tab stored under its own stays.
        const [found, seen] = [root.result?.version, this.#seen.get(ROOT)]
        if (found !== undefined && seen !== undefined && found > seen) newer = found
        else files.delete(name)
      }
      return root
    })
    if (newer !== undefined) {
      throw new PicotufError('concurrent-update', `another tab stored root ${newer} meanwhile`, {
        file: name,
        found: newer,
      })
    }
    this.#seen.delete(name)
  }

  async lock<T>(
    work: () => Promise<T>,
    { signal }: { signal?: AbortSignal | undefined } = {},
  ): Promise<T> {
    const locks = globalThis.navigator?.locks
    // Those who share this object take turns in any case.
    return this.#turns.take(() =>
      locks ? locks.request(`picotuf:${this.name}`, signal ? { signal } : {}, work) : work(),
    )
  }

  /** Closes the database; the next call opens it again. */
  async close(): Promise<void> {
    const database = await this.#database
    this.#database = undefined
    database?.close()
  }

  /** What the request of `work` gave, once the transaction is complete. */
  async #transact<T>(
    mode: IDBTransactionMode,
    work: (files: IDBObjectStore) => IDBRequest<T | undefined>,
  ) {
    try {
      const database = await (this.#database ??= this.#open())
      const transaction = database.transaction(FILES, mode, { durability: 'strict' })
      const request = work(transaction.objectStore(FILES))
      await new Promise<void>((resolve, reject) => {
        transaction.oncomplete = () => resolve()
        transaction.onabort = transaction.onerror = () => reject(transaction.error ?? request.error)
      })
      return request.result
    } catch (cause) {
      this.#database = undefined
      throw new PicotufError('io', `IndexedDB refuses: ${reasonOf(cause)}`, {
        file: this.name,
        cause,
      })
    }
  }

  #open() {
    return new Promise<IDBDatabase>((resolve, reject) => {
      const request = indexedDB.open(this.name, SCHEMA)
      request.onupgradeneeded = () => request.result.createObjectStore(FILES)
      request.onerror = () => reject(request.error)
      request.onblocked = () =>
        reject(new Error('another tab keeps an older form of the database open'))
      request.onsuccess = () => {
        const database = request.result
        // A later form of the database must not wait for this tab.
        database.onversionchange = database.onclose = () => {
          database.close()
          this.#database = undefined
        }
        resolve(database)
      }
    })
  }
}
