import { encode } from './engine.js'
import { PicotufError, refused } from './error.js'
import { below, open, shown, whole } from './fetch.js'
import { call, parsed, said } from './verdict.js'

/** How many bytes of metadata a session keeps at hand, so that it need not ask the store again. */
const KEPT_MAX = 64 * 2 ** 20

/** One update of the core with the host that it runs on: carries out its steps, and decides nothing. */
export class Session {
  #update
  #host
  #kept = new Map()
  /** The file that was fetched last, and where from. */
  #fetched
  /** Its version, once it is verified. */
  #version
  /** The roles that became trusted, by name, in that order. */
  roles = new Map()

  /** `host` is `{ store, fetch, base, limits, now, offline }`. */
  constructor(engine, host) {
    this.#host = host
    this.#update = call(() => new engine.Core())
    call(() => this.#update[host.offline ? 'beginOffline' : 'begin'](host.limits, host.now))
  }

  /** Gives its memory back. */
  end() {
    call(() => this.#update.free())
  }

  /** Drives the update until it is done. */
  async run({ signal, onProgress }) {
    for (;;) {
      signal?.throwIfAborted()
      const step = call(() => said(this.#update.step()))
      switch (step.kind) {
        case 'load':
          this.#answer(step, await this.#load(step.file), { file: this.#place(step.file) })
          break
        case 'fetch':
          await this.#fetch(step, signal, onProgress)
          break
        case 'store':
          await this.#host.store.save(step.file, this.#fetched.bytes, this.#version)
          call(() => said(this.#update.done()))
          break
        case 'delete':
          await this.#host.store.delete(step.file)
          this.#kept.delete(step.file)
          call(() => said(this.#update.done()))
          break
        default:
          return
      }
    }
  }

  /** Looks for a target in an update that is done. */
  async find(engine, path, options) {
    call(() => said(this.#update.find(encode(path))))
    await this.run(options)
    const found = call(() => said(this.#update.target()))
    if (!found) return null
    const { hasCustom, ...target } = found
    if (hasCustom) {
      const role = target.delegationPath.at(-1)
      const file = engine.fileName(role)
      const bytes = (await this.#load(file)) ?? new Uint8Array()
      const custom = call(() => parsed(this.#update.custom(bytes)))
      if (!custom) {
        throw new PicotufError('changed-meanwhile', 'the stored file changed while it was in use', {
          role, file: this.#place(file),
        })
      }
      target.custom = custom
    }
    return target
  }

  /** The verified bytes of a role, whose file has that name, while they are at hand. */
  metadata(role, file) {
    return this.roles.has(role) ? this.#kept.get(file) : undefined
  }

  async #fetch(step, signal, onProgress) {
    const { fetch, base } = this.#host
    const url = below(base, step.name)
    const place = { url: shown(url) }
    let bytes
    try {
      // What a cache holds may be old: it has to ask.
      const stream = await open(fetch, url, { signal, cache: 'no-cache' })
      const onBytes = onProgress && ((loaded) => onProgress({ role: step.role, loaded, url: place.url }))
      bytes = stream && (await whole(stream, step.maxLength, onBytes))
    } catch (thrown) {
      throw thrown instanceof PicotufError ? refused(thrown, { role: step.role }) : thrown
    }
    if (bytes) this.#fetched = { ...place, bytes }
    this.#answer(step, bytes, place)
  }

  #answer(step, bytes, place) {
    const fetched = step.kind === 'fetch'
    if (bytes) {
      const verdict = call(() => said(this.#update.supply(bytes)), place)
      // The core may ask for it again, and must get the same.
      if (!fetched) this.#keep(step.file, bytes)
      this.#trust(verdict, step.file, bytes, place, fetched)
      return
    }
    try {
      call(() => said(this.#update.absent()), place)
    } catch (error) {
      // With no newer root there, it is the one at hand that has expired.
      const held = this.roles.get(error.role)
      throw error.code === 'missing-file' || !held ? error : refused(error, { url: held.url, file: held.file })
    }
  }

  async #load(file) {
    return this.#kept.get(file) ?? (await this.#host.store.load(file))
  }

  #keep(file, bytes) {
    this.#kept.delete(file)
    this.#kept.set(file, bytes)
    let length = 0
    for (const kept of this.#kept.values()) length += kept.length
    for (const [oldest, kept] of this.#kept) {
      if (length <= KEPT_MAX || oldest === file) break
      this.#kept.delete(oldest)
      length -= kept.length
    }
  }

  #place(file) {
    return this.#host.store.path?.(file) ?? file
  }

  #trust(verdict, file, bytes, place, fetched) {
    if (!verdict) return
    if (fetched) this.#version = verdict.version
    this.#keep(file, bytes)
    this.roles.delete(verdict.role)
    this.roles.set(verdict.role, Object.freeze({ ...verdict, signers: Object.freeze(verdict.signers), fetched, ...place }))
  }
}
