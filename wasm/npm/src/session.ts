import { type Core, type Engine, LACKS_ML_DSA, begins, encode } from './engine.js'
import { type ErrorDetails, PicotufError, refused } from './error.js'
import { type Network, below, open, persistently, shown, whole } from './fetch.js'
import type { OperationOptions, Progress, Store, Target, TrustedRole } from './types.js'
import { call, parsed, said } from './verdict.js'

/** How many bytes of metadata a session keeps at hand, so that it need not ask the store again. */
const KEPT_MAX = 64 * 2 ** 20

const ASKED = 'is the URL of the metadata right?'
const HTML = 'the server sent HTML or XML'

/** What a session works on. */
export interface Host {
  store: Store
  network: Network
  base: URL | undefined
  limits: Uint8Array
  /** In seconds since 1970. */
  now: number
  offline: boolean
  /** Whether there is another module for keys of ML-DSA. */
  mlDsa: boolean
  /** Why that one could not be loaded. */
  lacking: PicotufError | undefined
}

/** What the core needs next: see wasm/src/client/session.rs. */
interface Step {
  kind: 'load' | 'fetch' | 'store' | 'delete' | 'done'
  role: string
  file: string
  name: string
  maxLength: number
}

type Verdict = Omit<TrustedRole, 'fetched' | 'url' | 'file'>
type Place = { url?: string; file?: string }
type Found = Omit<Target, 'path' | 'signedBy'>

/** One update of the core with the host that it runs on: carries out its steps, decides nothing. */
export class Session {
  #update: Core
  #host: Host
  #kept = new Map<string, Uint8Array>()
  /** The file that was fetched last, and where from. */
  #fetched: { url: string; bytes: Uint8Array } | undefined
  /** Its version, once it is verified. */
  #version = 0
  /** The roles that became trusted, by name, in that order. */
  readonly roles = new Map<string, TrustedRole>()

  constructor(engine: Engine, host: Host) {
    this.#host = host
    this.#update = call(() => new engine.Core())
    call(() => this.#update[host.offline ? 'beginOffline' : 'begin'](host.limits, host.now))
  }

  /** Gives its memory back. */
  end() {
    call(() => this.#update.free())
  }

  /** Drives the update until it is done. */
  async run(options: OperationOptions) {
    for (;;) {
      options.signal?.throwIfAborted()
      const step = call(() => said<Step>(this.#update.step()))
      switch (step?.kind) {
        case 'load':
          this.#answer(step, await this.#load(step.file), { file: this.#place(step.file) })
          break
        case 'fetch':
          await this.#fetch(step, options)
          break
        case 'store':
          await this.#host.store.save(step.file, this.#lastFetched().bytes, this.#version)
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
  async find(engine: Engine, path: string, options: OperationOptions): Promise<Found | null> {
    call(() => said(this.#update.find(encode(path))))
    await this.run(options)
    const found = call(() => said<Found & { hasCustom: boolean }>(this.#update.target()))
    if (!found) return null
    const { hasCustom, ...target } = found
    if (!hasCustom) return target
    const role = target.delegationPath.at(-1) ?? ''
    const file = engine.fileName(role)
    const bytes = (await this.#load(file)) ?? new Uint8Array()
    const custom = call(() => parsed(this.#update.custom(bytes)))
    if (custom) return { ...target, custom }
    const text = 'the stored file changed while it was in use'
    throw new PicotufError('changed-meanwhile', text, { role, file: this.#place(file) })
  }

  /** The verified bytes of a role, whose file has that name, while they are at hand. */
  metadata(role: string, file: string) {
    return this.roles.has(role) ? this.#kept.get(file) : undefined
  }

  async #fetch(step: Step, { signal, onProgress }: OperationOptions) {
    const { network, base } = this.#host
    const url = below(base as URL, step.name)
    const place = { url: shown(url) }
    let bytes: Uint8Array | null
    try {
      bytes = await persistently(network, signal, async () => {
        // What a cache holds may be old: it has to ask.
        const opened = await open(network, url, { signal, cache: 'no-cache' })
        const onBytes = (loaded: number) => {
          const progress: Progress = { role: step.role, loaded, ...place }
          // One that is less is of something else: of what was compressed.
          if (opened?.total && opened.total >= loaded) progress.total = opened.total
          onProgress?.(progress)
        }
        return opened && whole(opened, step.maxLength, onBytes)
      })
    } catch (thrown) {
      throw thrown instanceof PicotufError ? refused(thrown, { role: step.role }) : thrown
    }
    if (bytes) this.#fetched = { ...place, bytes }
    this.#answer(step, bytes, place)
  }

  #lastFetched() {
    if (this.#fetched) return this.#fetched
    throw new PicotufError('internal', 'nothing was fetched', { blame: 'caller' })
  }

  #answer(step: Step, bytes: Uint8Array | null | undefined, place: Place) {
    const fetched = step.kind === 'fetch'
    if (bytes) {
      const answer = call(() => this.#update.supply(bytes), place)
      // Before anything comes of it.
      if (this.#host.mlDsa && call(() => this.#update.lacksMlDsa()).length) throw LACKS_ML_DSA
      const advice = fetched &&
        begins(bytes, '<') && { hint: this.#isFirst ? `${HTML}: ${ASKED}` : HTML }
      const verdict = call(() => said<Verdict>(answer, this.#host.lacking, advice), place)
      // The core may ask for it again, and must get the same.
      if (!fetched) this.#keep(step.file, bytes)
      this.#trust(verdict, step.file, bytes, place, fetched)
      return
    }
    try {
      const advice = fetched && step.role === 'timestamp' && this.#isFirst && { hint: ASKED }
      call(() => said(this.#update.absent(), undefined, advice), place)
    } catch (thrown) {
      // With no newer root there, it is the one at hand that has expired.
      const error = thrown as PicotufError
      const held = this.roles.get(error.role ?? '')
      if (error.code === 'missing-file' || !held) throw error
      throw refused(error, placeOf(held))
    }
  }

  /** Whether nothing good came from the repository yet: the URL may be that of something else. */
  get #isFirst() {
    const isGood = ({ role, fetched }: TrustedRole) => fetched || role === 'timestamp'
    return ![...this.roles.values()].some(isGood)
  }

  async #load(file: string) {
    return this.#kept.get(file) ?? (await this.#host.store.load(file))
  }

  #keep(file: string, bytes: Uint8Array) {
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

  #place(file: string) {
    return this.#host.store.path?.(file) ?? file
  }

  #trust(
    verdict: Verdict | undefined,
    file: string,
    bytes: Uint8Array,
    place: Place,
    fetched: boolean,
  ) {
    if (!verdict) return
    if (fetched) this.#version = verdict.version
    this.#keep(file, bytes)
    this.roles.delete(verdict.role)
    const signers = Object.freeze(verdict.signers)
    this.roles.set(verdict.role, Object.freeze({ ...verdict, signers, fetched, ...place }))
  }
}

const placeOf = ({ url, file }: TrustedRole): ErrorDetails => ({ url, file })
