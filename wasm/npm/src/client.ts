import { type Engine, LACKS_ML_DSA, type LoadEngine, begins, encode } from './engine.js'
import { type ErrorDetails, PicotufError, as } from './error.js'
import { reasonOf, refused, usage } from './error.js'
import { type Network, below, chunks, networkOf, open, parseBase, persistently } from './fetch.js'
import { shown, untilAborted } from './fetch.js'
import { MemoryStore } from './memory-store.js'
import { LIMITS, OPERATION, REFRESH, checkClientOptions, checkOperation } from './options.js'
import { Session } from './session.js'
import { Turns } from './turns.js'
import type { ClientOperations, ClientOptions, FileSource, MetadataSource } from './types.js'
import type { OperationOptions, RefreshOptions, Store, Target } from './types.js'
import type { TargetStream, TrustedRole } from './types.js'
import { call, said } from './verdict.js'

const SOURCES: readonly MetadataSource[] = ['repository', 'repository-or-store', 'store']

/** How much of a file is checked at one time, in bytes. */
const PIECE = 256 * 1024
/** How long a server may send nothing, in milliseconds: as the native command line's. */
const TIMEOUT = 30_000
const RETRIES = 2

const ROOT = 'root.json'
/** The SHA-256 of the root that a store began with. */
const ANCHOR = 'trust-anchor'

interface Settings {
  base: URL | undefined
  targets: URL | undefined
  store: Store
  limits: Uint8Array
  now: ClientOptions['now']
  offline: boolean
  hashPrefix: boolean
  network: Network
}

/** What becomes of a trust anchor: see wasm/src/client/anchor.rs. */
interface Adopted {
  anchor: string
  version: number
  steps: string[]
}

type What = Pick<Target, 'path' | 'length' | 'hashes'> & Partial<Target>

/**
 * A client of one repository. Its operations on metadata take turns.
 *
 * After an error with the code `internal` it is of no more use.
 */
export class BaseClient implements ClientOperations {
  #engine: Engine
  /** The module with ML-DSA, while another one is in use. */
  #withMlDsa: (() => Promise<Engine>) | undefined
  /** Why it could not be loaded. Its keys count for nothing then, as those of unknown schemes. */
  #lacking: PicotufError | undefined
  #settings: Settings
  #session: Session | undefined
  /** The newest session, also when it has ended: what it verified stays known. */
  #newest: Session | undefined
  #trusted: readonly TrustedRole[] = []
  #unreachable: PicotufError | undefined
  /** One operation works at a time. */
  #turns = new Turns()
  /** The trust anchor with which this client began. */
  #anchored: Uint8Array | undefined
  #broken: PicotufError | undefined

  /** @internal The entry points say which WebAssembly module is used. */
  static engine: LoadEngine
  /** @internal The module that can do ML-DSA besides, if there is one for that. */
  static withMlDsa: LoadEngine | undefined

  /** Not to be called: `Client.open` is. */
  protected constructor(
    engine: Engine,
    withMlDsa: (() => Promise<Engine>) | undefined,
    settings: Settings,
  ) {
    this.#engine = engine
    this.#withMlDsa = withMlDsa
    this.#settings = settings
  }

  /**
   * A client that trusts `root`. Nothing is fetched from the repository yet. What is wrong with the
   * options is a {@link PicotufError} with the code `usage`.
   */
  static async open<T extends typeof BaseClient>(
    this: T,
    options: ClientOptions,
  ): Promise<T['prototype']> {
    checkClientOptions(options)
    const { root, metadataUrl, targetUrl, store = new MemoryStore(), signal } = options
    const { wasm, wasmWithMlDsa } = options
    const { limits = {}, timeout = TIMEOUT, retries = RETRIES, fetch, now } = options
    signal?.throwIfAborted()
    const engine = await this.engine(wasm)
    signal?.throwIfAborted()
    const client = new this(engine, this.withMlDsa?.bind(this, wasmWithMlDsa), {
      base: metadataUrl ? parseBase(metadataUrl, 'metadataUrl', fetch) : undefined,
      targets: targetUrl ? parseBase(targetUrl, 'targetUrl', fetch) : undefined,
      store,
      limits: new Uint8Array(Float64Array.from(LIMITS, (name) => limits[name] ?? NaN).buffer),
      now,
      offline: options.offline ?? false,
      hashPrefix: options.hashPrefix ?? true,
      network: networkOf(fetch, timeout, retries),
    })
    await client.#enqueue({ signal }, () => client.#retried(() => client.#anchor(root)))
    return client
  }

  get trusted(): readonly TrustedRole[] {
    return this.#trusted
  }

  get unreachable(): PicotufError | undefined {
    return this.#unreachable
  }

  async refresh(options: RefreshOptions = {}): Promise<readonly TrustedRole[]> {
    checkOperation(options, REFRESH)
    const source = this.#source(options)
    await this.#enqueue(options, () => this.#retried(() => this.#renew(source, options)))
    return this.#trusted
  }

  async target(path: string, options: RefreshOptions = {}): Promise<Target | null> {
    if (typeof path !== 'string' || /\p{Surrogate}/u.test(path)) {
      throw usage('the path of a target is text')
    }
    checkOperation(options, REFRESH)
    const source = this.#source(options)
    return this.#enqueue(options, () => this.#retried(() => this.#target(path, source, options)))
  }

  async getTarget(path: string, options: RefreshOptions = {}): Promise<Uint8Array<ArrayBuffer>> {
    const target = await this.target(path, options)
    if (target) {
      const { source: _, ...rest } = options
      return this.download(target, rest)
    }
    const text = 'no role that is trusted for this path lists the target'
    throw new PicotufError('target-not-found', text, { blame: 'repository', target: path })
  }

  download(
    target: Target,
    options?: OperationOptions & { as?: 'bytes' | undefined },
  ): Promise<Uint8Array<ArrayBuffer>>
  download(target: Target, options: OperationOptions & { as: 'stream' }): Promise<TargetStream>
  async download(
    given: Target,
    options: OperationOptions & { as?: 'bytes' | 'stream' | undefined } = {},
  ): Promise<Uint8Array<ArrayBuffer> | TargetStream> {
    checkOperation(options, [...OPERATION, 'as'])
    const { as: form = 'bytes', signal, onProgress } = options
    if (form !== 'bytes' && form !== 'stream') throw usage('`as` is `bytes` or `stream`')
    const target = copyOf(given)
    const { targets, network } = this.#settings
    if (!targets) throw new PicotufError('missing-setting', 'this needs targetUrl', CALLER)
    // A stream that is cancelled stops the transfer, however long the server is silent.
    const stop = new AbortController()
    const abort = () => stop.abort(signal?.reason)
    signal?.addEventListener('abort', abort, { signal: stop.signal })
    signal?.throwIfAborted()
    const { path, delegationPath } = target
    try {
      const names = this.#urlNames(target)
      for (const name of names) {
        const url = below(targets, name)
        const place = { target: path, delegationPath, url: shown(url) }
        const begun = await persistently(network, stop.signal, async () => {
          const opened = await open(network, url, { signal: stop.signal })
          if (!opened) return undefined
          const checked = this.#check(target, opened.chunks, { place, onProgress })
          return form === 'stream' ? toStream(checked, place.url, stop) : collect(checked, target)
        }).catch((thrown) => {
          throw located(thrown, place)
        })
        if (!begun) continue
        if (form === 'bytes') stop.abort()
        return begun
      }
      throw new PicotufError('missing-target', 'the target is listed, but its file is not there', {
        blame: 'repository',
        target: path,
        delegationPath,
        url: shown(below(targets, names[0] ?? '')),
      })
    } catch (thrown) {
      stop.abort()
      throw thrown
    }
  }

  async verify(given: Target, file: FileSource, options: OperationOptions = {}): Promise<void> {
    checkOperation(options, OPERATION)
    const { signal, onProgress } = options
    const target = copyOf(given)
    const place = { target: target.path, delegationPath: target.delegationPath }
    const explain = (cause: unknown) =>
      new PicotufError('io', `cannot read the file: ${reasonOf(cause)}`, { ...place, cause })
    signal?.throwIfAborted()
    const checked = this.#check(target, source(file, signal, explain), { place, onProgress })
    while (!(await checked.next()).done);
  }

  /**
   * The bytes of a role's metadata as they were verified since the last refresh, if they are still
   * at hand: some 64 MB are kept.
   */
  metadata(role: string): Uint8Array | undefined {
    return this.#newest?.metadata(role, this.#engine.fileName(role))
  }

  /** Takes `root` as the trust anchor, where the store has not done so before. */
  async #anchor(root: ClientOptions['root'] | null) {
    const { store, limits } = this.#settings
    const stored = await store.load(ROOT)
    const remembered = await store.load(ANCHOR)
    if (root === undefined || root === null) {
      this.#anchored = remembered
      if (stored) return
      throw new PicotufError('not-initialized', 'there is no trusted root yet: give `root`', CALLER)
    }
    const bytes = asBytes(typeof root === 'string' ? encode(root) : root, 'the root').slice()
    const asked = this.#call(() => this.#engine.adopt(limits, bytes, stored, remembered))
    if (asked.lacksMlDsa && this.#mayLoadMlDsa) throw LACKS_ML_DSA
    // No delegation leads to a root.
    const place = { role: 'root', delegationPath: undefined }
    const advice = !begins(bytes, '{') && NO_ROOT
    const answer = () => said<Adopted>(asked.answer, this.#lacking, advice)
    const adopted = this.#call(answer, place) as Adopted
    const anchor = encode(adopted.anchor)
    for (const step of adopted.steps) {
      const [action, name = ''] = step.split(' ')
      if (action === 'delete') await store.delete(name)
      else if (name === ROOT) await store.save(name, bytes, adopted.version)
      else await store.save(name, anchor, 0)
    }
    this.#anchored = anchor
    if (!adopted.steps.includes(`save ${ROOT}`) || equal(await store.load(ROOT), bytes)) return
    // Another client began at the same time, and this is not its anchor.
    await store.delete(ANCHOR)
    throw new PicotufError('concurrent-update', 'another client stored another root meanwhile')
  }

  /** The source that an operation names, or that of this client. */
  #source({ source = this.#settings.offline ? 'store' : 'repository' }: RefreshOptions) {
    if (!SOURCES.includes(source)) throw usage(`\`source\` is one of ${SOURCES.join(', ')}`)
    return source
  }

  /** Brings the metadata up to date, from what is stored where that has to do. */
  async #renew(source: MetadataSource, options: OperationOptions) {
    this.#unreachable = undefined
    await this.#orStored(source, options, () => this.#refresh(source === 'store', options))
  }

  /** Does `work`; where the repository does not answer, with what is stored in its place. */
  async #orStored<T>(source: MetadataSource, options: OperationOptions, work: () => Promise<T>) {
    try {
      return await work()
    } catch (thrown) {
      if (source !== 'repository-or-store' || !isTransport(thrown)) throw thrown
      try {
        await this.#refresh(true, options)
      } catch (stored) {
        // With nothing stored, that there was no answer is all that there is to say.
        throw isMissing(stored) ? thrown : stored
      }
      this.#unreachable = thrown
      return undefined
    }
  }

  async #refresh(offline: boolean, options: OperationOptions) {
    const { base, store, limits, network } = this.#settings
    if (!base && !offline) {
      throw new PicotufError('missing-setting', 'this needs metadataUrl', CALLER)
    }
    this.#end()
    // By the root of another repository, this client would trust that.
    if (!equal(await store.load(ANCHOR), this.#anchored)) throw otherRoot()
    const modules = { mlDsa: this.#mayLoadMlDsa, lacking: this.#lacking }
    const host = { store, network, base, limits, now: this.#now(), offline, ...modules }
    const session = this.#call(() => new Session(this.#engine, host))
    this.#newest = this.#session = session
    await this.#drive(() => session.run(options))
  }

  async #target(path: string, source: MetadataSource, options: OperationOptions) {
    if (!this.#session) await this.#renew(source, options)
    // What was not stored before the repository went away is missing for no fault of its own.
    const find = () =>
      this.#find(path, options).catch((thrown) => {
        throw (isMissing(thrown) && this.#unreachable) || thrown
      })
    const found = await this.#orStored(source, options, find)
    return found === undefined ? find() : found
  }

  async #find(path: string, options: OperationOptions): Promise<Target | null> {
    const session = this.#session as Session
    const work = () => session.find(this.#engine, path, options)
    const found = await this.#drive(work, { target: path })
    if (!found) return null
    const roles = found.delegationPath.map((role) => session.roles.get(role))
    const signedBy = roles.filter((role) => role !== undefined)
    return Object.freeze({ path, ...found, signedBy })
  }

  /** A session that has failed is over: the next operation begins with a refresh. */
  async #drive<T>(work: () => Promise<T>, place?: ErrorDetails) {
    try {
      return await work()
    } catch (thrown) {
      if (isInternal(thrown)) this.#broken = thrown
      this.#end()
      throw located(thrown, place)
    } finally {
      this.#trusted = Object.freeze([...(this.#newest?.roles.values() ?? [])])
    }
  }

  #end() {
    const session = this.#session
    this.#session = undefined
    // What has trapped is left alone.
    if (!this.#broken) session?.end()
  }

  /**
   * Where another process or tab was faster, what it stored is the better start. And where a file
   * has a key of ML-DSA, the module for that does all of it.
   */
  async #retried<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await this.#byRightModule(work)
    } catch (thrown) {
      if (!(thrown instanceof PicotufError) || thrown.code !== 'concurrent-update') throw thrown
      this.#end()
      return this.#byRightModule(work)
    }
  }

  get #mayLoadMlDsa() {
    return !!this.#withMlDsa && !this.#lacking
  }

  /** Where the module with ML-DSA cannot be loaded, other keys may be enough. */
  async #byRightModule<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work()
    } catch (thrown) {
      if (thrown === LACKS_ML_DSA && this.#withMlDsa && !this.#lacking) {
        this.#end()
        await this.#loadMlDsa(this.#withMlDsa)
        return this.#byRightModule(work)
      }
      // The next operation tries again to load it.
      if (this.#lacking && (thrown as Error | undefined)?.cause === this.#lacking) {
        this.#lacking = undefined
      }
      throw thrown
    }
  }

  async #loadMlDsa(load: () => Promise<Engine>) {
    try {
      this.#engine = await load()
      this.#withMlDsa = undefined
    } catch (thrown) {
      this.#lacking = thrown as PicotufError
    }
  }

  /** Waits for its turn, here and among the users of the store; not beyond an abort. */
  #enqueue<T>({ signal }: OperationOptions, work: () => Promise<T>): Promise<T> {
    const turn = this.#turns.take(async () => {
      if (this.#broken) throw this.#broken
      signal?.throwIfAborted()
      const { store } = this.#settings
      return store.lock ? store.lock(work, { signal }) : work()
    })
    return untilAborted(turn, signal)
  }

  /** The chunks of `source`, each once the next is here, the last once all of it is verified. */
  async *#check(
    target: What,
    source: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
    { place, onProgress }: Pick<OperationOptions, 'onProgress'> & { place: ErrorDetails },
  ): AsyncGenerator<Uint8Array<ArrayBuffer>, void> {
    const verifier = this.#call(() => new this.#engine.Core())
    let held: Uint8Array<ArrayBuffer> | undefined
    let loaded = 0
    try {
      const hashes = encode(listed(target.hashes))
      if (!this.#call(() => said(verifier.check(hashes, target.length)))) throw noTarget()
      for await (const piece of source) {
        const chunk = asBytes(piece, 'a chunk of the file')
        // What is held back is the last that has bytes.
        if (!chunk.length) continue
        // One byte more shows that it is too long: how many a server sends beyond does not matter.
        const taken = chunk.subarray(0, target.length + 1 - loaded)
        this.#call(() => said(verifier.update(taken)), place)
        loaded += chunk.length
        onProgress?.({ path: target.path, loaded, total: target.length })
        if (held) yield held
        held = chunk
      }
      this.#call(() => said(verifier.finish()), place)
    } catch (thrown) {
      throw located(thrown, place)
    } finally {
      if (!this.#broken) verifier.free()
    }
    if (held) yield held
  }

  /** What the file of a target may be called in a URL. */
  #urlNames({ path, hashes, consistentSnapshot }: What): string[] {
    const consistent = !!consistentSnapshot && this.#settings.hashPrefix
    const ask = () =>
      said<{ names: string[] }>(this.#engine.targetUrls(listed(hashes), path, consistent))
    const found = this.#call(ask, { target: path })
    if (!found) throw noTarget()
    return found.names
  }

  #call<T>(work: () => T, place?: ErrorDetails): T {
    if (this.#broken) throw this.#broken
    try {
      return call(work, place)
    } catch (thrown) {
      if (isInternal(thrown)) this.#broken = thrown
      throw thrown
    }
  }

  /** In seconds since 1970. */
  #now() {
    const given = this.#settings.now
    const now = typeof given === 'function' ? given() : given
    const milliseconds = now === undefined ? Date.now() : this.#stated(now)
    const seconds = Math.floor(milliseconds / 1000)
    if (Number.isNaN(seconds)) throw usage('`now` is not a time')
    return seconds
  }

  #stated(now: Date | string) {
    if (typeof now !== 'string') return now?.getTime?.() ?? NaN
    return (this.#call(() => this.#engine.parseTime(now)) ?? NaN) * 1000
  }
}

const CALLER = { blame: 'caller' } as const

const NO_ROOT = {
  hint: 'a root is given as the text or the bytes of its file, and not as a path or a URL',
  ...CALLER,
}

const isInternal = (thrown: unknown): thrown is PicotufError =>
  thrown instanceof PicotufError && thrown.code === 'internal'

const isTransport = (thrown: unknown): thrown is PicotufError =>
  thrown instanceof PicotufError && thrown.blame === 'transport'

const isMissing = (thrown: unknown) =>
  thrown instanceof PicotufError && thrown.code === 'missing-file'

/** An error with the place that it is about, where it does not name one. */
function located(thrown: unknown, place: ErrorDetails | undefined): unknown {
  if (!(thrown instanceof PicotufError) || !place) return thrown
  const known = thrown as ErrorDetails
  const missing = Object.entries(place).filter(
    ([name]) => known[name as keyof ErrorDetails] === undefined,
  )
  return missing.length ? refused(thrown, Object.fromEntries(missing)) : thrown
}

type Explain = (cause: unknown) => PicotufError

/** The chunks of whatever holds a file. */
function source(file: FileSource, signal: AbortSignal | undefined, explain: Explain) {
  const stream = file instanceof ReadableStream ? file : streamOf(file)
  const buffers = () => [new Uint8Array(PIECE), new Uint8Array(PIECE)]
  if (stream) return chunks(stream, signal, explain, { buffers: buffers() })
  const iterable = file as AsyncIterable<Uint8Array> | undefined
  if (typeof iterable?.[Symbol.asyncIterator] === 'function') {
    return iterated(iterable, signal, explain)
  }
  return pieces(asBytes(file, 'the file'))
}

function streamOf(file: FileSource): ReadableStream<Uint8Array> | undefined {
  const blob = file as Blob | undefined
  return typeof blob?.stream === 'function' ? blob.stream() : undefined
}

/** A large file need not be in the module's memory all at one time. */
function* pieces(bytes: Uint8Array) {
  for (let at = 0; at < bytes.length; at += PIECE) yield bytes.subarray(at, at + PIECE)
}

async function* iterated(
  file: AsyncIterable<Uint8Array>,
  signal: AbortSignal | undefined,
  explain: Explain,
) {
  const iterator = file[Symbol.asyncIterator]()
  let ended = false
  try {
    for (;;) {
      const { done, value } = await untilAborted(Promise.resolve(iterator.next()), signal)
      if ((ended = !!done)) return
      yield value as Uint8Array
    }
  } catch (thrown) {
    throw as(thrown, signal, explain)
  } finally {
    // Not waited for: it may be silent.
    if (!ended) Promise.resolve(iterator.return?.()).catch(() => {})
  }
}

async function collect(checked: AsyncGenerator<Uint8Array>, { length }: What) {
  let bytes: Uint8Array<ArrayBuffer> | undefined
  let at = 0
  for await (const chunk of checked) {
    bytes ??= allocate(length)
    bytes.set(chunk, at)
    at += chunk.length
  }
  return bytes ?? new Uint8Array()
}

function allocate(length: number) {
  try {
    return new Uint8Array(length)
  } catch (cause) {
    const text = `there is no room for ${length} bytes: ask for a stream`
    throw new PicotufError('too-large', text, { blame: 'caller', cause })
  }
}

function toStream(
  checked: AsyncGenerator<Uint8Array<ArrayBuffer>, void>,
  url: string,
  stop: AbortController,
): TargetStream {
  const stream = new ReadableStream<Uint8Array<ArrayBuffer>>({
    async pull(controller) {
      const { done, value } = await checked.next()
      if (!done) return controller.enqueue(value)
      stop.abort()
      controller.close()
    },
    async cancel() {
      stop.abort()
      await checked.return()
    },
  })
  return Object.assign(stream, { url })
}

const noTarget = () => usage('this is not a target of a client')

/** The hashes of a target as the core takes them. */
const listed = (hashes: What['hashes']) => Object.entries(hashes).flat().join(' ')

const otherRoot = () => {
  const text = 'another root has taken the place of this one: use another store'
  return new PicotufError('already-initialized', text, { blame: 'caller', role: 'root' })
}

/**
 * What is signed of a target, as it is now: a caller may change what it gave.
 *
 * @internal
 */
export function copyOf(target: Target): What {
  const { path, length, hashes, ...more } = target ?? {}
  const isLength = Number.isSafeInteger(length) && length >= 0
  if (typeof path !== 'string' || !isLength || typeof hashes !== 'object' || !hashes) {
    throw noTarget()
  }
  return { ...more, path, length, hashes: { ...hashes } }
}

function asBytes(value: unknown, name: string): Uint8Array<ArrayBuffer> {
  if (ArrayBuffer.isView(value)) {
    return new Uint8Array(value.buffer as ArrayBuffer, value.byteOffset, value.byteLength)
  }
  // Of whatever realm it is.
  const tag = (value as { [Symbol.toStringTag]?: string } | null | undefined)?.[Symbol.toStringTag]
  if (tag?.endsWith('ArrayBuffer')) return new Uint8Array(value as ArrayBuffer)
  throw usage(`${name} is neither bytes nor what has them`)
}

const equal = (one: Uint8Array | undefined, other: Uint8Array | undefined) =>
  one?.length === other?.length &&
  (one === other || !!one?.every((byte, at) => byte === other?.[at]))
