import { encode } from './engine.js'
import { PicotufError, as, refused, usage } from './error.js'
import { below, chunks, open, parseBase, shown, untilAborted } from './fetch.js'
import { MemoryStore } from './memory-store.js'
import { Session } from './session.js'
import { Turns } from './turns.js'
import { call, said } from './verdict.js'

/** What `limits` may have, in the order in which the core takes them. */
const LIMITS = [
  'rootLength',
  'timestampLength',
  'snapshotLength',
  'targetsLength',
  'rootRotations',
  'delegations',
]

/** How much of a file is checked at one time. */
const PIECE = 256 * 1024

const ROOT = 'root.json'
/** The SHA-256 of the root that a store began with. */
const ANCHOR = 'trust-anchor'

/** A client of one repository. The entry points give it a WebAssembly module. */
export class BaseClient {
  #engine
  #options
  #session
  /** The newest session, also when it has ended: what it verified stays known. */
  #newest
  #trusted = []
  /** One operation works at a time. */
  #turns = new Turns()
  /** The trust anchor with which this client began. */
  #anchored
  #broken

  /** Not to be called: `Client.open` is. */
  constructor(engine, options) {
    this.#engine = engine
    this.#options = options
  }

  static async open(options) {
    const {
      root,
      metadataUrl,
      targetUrl,
      store = new MemoryStore(),
      limits = {},
      now,
      wasm,
      signal,
    } = options
    for (const [name, limit] of Object.entries(limits)) {
      if (!LIMITS.includes(name)) throw usage(`there is no limit ${name}`)
      if (limit !== undefined && !(Number.isSafeInteger(limit) && limit >= 0))
        throw usage(`the limit ${name} is no whole number`)
    }
    signal?.throwIfAborted()
    const engine = await this.engine(wasm)
    signal?.throwIfAborted()
    const client = new this(engine, {
      base: metadataUrl && parseBase(metadataUrl, 'metadataUrl'),
      targets: targetUrl && parseBase(targetUrl, 'targetUrl'),
      store,
      limits: new Uint8Array(Float64Array.from(LIMITS, (name) => limits[name] ?? NaN).buffer),
      now,
      offline: options.offline ?? false,
      hashPrefix: options.hashPrefix ?? true,
      fetch: options.fetch ?? ((...request) => globalThis.fetch(...request)),
    })
    await client.#enqueue({ signal }, () => client.#retried(() => client.#anchor(root)))
    return client
  }

  get trusted() {
    return this.#trusted
  }

  async refresh(options = {}) {
    await this.#enqueue(options, () => this.#retried(() => this.#refresh(options)))
    return this.#trusted
  }

  async target(path, options = {}) {
    if (typeof path !== 'string' || /\p{Surrogate}/u.test(path))
      throw usage('the path of a target is text')
    return this.#enqueue(options, () => this.#retried(() => this.#target(path, options)))
  }

  async download(given, { as: form = 'bytes', signal, onProgress } = {}) {
    const target = copyOf(given)
    const { targets, fetch } = this.#options
    if (!targets)
      throw new PicotufError('missing-setting', 'this needs targetUrl', { blame: 'caller' })
    // A stream that is cancelled stops the transfer, however long the server is silent.
    const stop = new AbortController()
    signal?.addEventListener('abort', () => stop.abort(signal.reason), { signal: stop.signal })
    signal?.throwIfAborted()
    try {
      const names = this.#urlNames(target)
      for (const name of names) {
        const url = below(targets, name)
        const place = {
          target: target.path,
          delegationPath: target.delegationPath,
          url: shown(url),
        }
        let source
        try {
          source = await open(fetch, url, { signal: stop.signal })
        } catch (thrown) {
          throw located(thrown, place)
        }
        if (!source) continue
        const checked = this.#check(target, source, { place, onProgress })
        return form === 'stream'
          ? toStream(checked, place.url, stop)
          : await collect(checked, target.length).finally(() => stop.abort())
      }
      throw new PicotufError('missing-target', 'the target is listed, but its file is not there', {
        blame: 'repository',
        target: target.path,
        delegationPath: target.delegationPath,
        url: shown(below(targets, names[0])),
      })
    } catch (thrown) {
      stop.abort()
      throw thrown
    }
  }

  async verify(given, file, { signal, onProgress } = {}) {
    const target = copyOf(given)
    const place = { target: target.path, delegationPath: target.delegationPath }
    const explain = (cause) =>
      new PicotufError('io', `cannot read the file: ${cause?.message ?? cause}`, {
        ...place,
        cause,
      })
    signal?.throwIfAborted()
    for await (const _ of this.#check(target, source(file, signal, explain), {
      place,
      onProgress,
    }));
  }

  metadata(role) {
    return this.#newest?.metadata(role, this.#engine.fileName(role))
  }

  /** Takes `root` as the trust anchor, where the store has not done so before. */
  async #anchor(root) {
    const { store } = this.#options
    const stored = await store.load(ROOT)
    const remembered = await store.load(ANCHOR)
    if (root === undefined || root === null) {
      this.#anchored = remembered
      if (stored) return
      throw new PicotufError('not-initialized', 'there is no trusted root yet: give `root`', {
        blame: 'caller',
      })
    }
    const bytes = asBytes(typeof root === 'string' ? encode(root) : root, 'the root').slice()
    const adopted = this.#call(
      () => said(this.#engine.adopt(this.#options.limits, bytes, stored, remembered)),
      {
        // No delegation leads to a root.
        role: 'root',
        delegationPath: undefined,
      },
    )
    const files = { [ROOT]: bytes, [ANCHOR]: encode(adopted.anchor) }
    for (const step of adopted.steps) {
      const [action, name] = step.split(' ')
      if (action === 'delete') await store.delete(name)
      else await store.save(name, files[name], name === ROOT ? adopted.version : 0)
    }
    this.#anchored = files[ANCHOR]
    if (!adopted.steps.includes(`save ${ROOT}`) || equal(await store.load(ROOT), bytes)) return
    // Another client began at the same time, and this is not its anchor.
    await store.delete(ANCHOR)
    throw new PicotufError('concurrent-update', 'another client stored another root meanwhile')
  }

  async #refresh(options) {
    const { base, offline, store, limits, fetch } = this.#options
    if (!base && !offline)
      throw new PicotufError('missing-setting', 'this needs metadataUrl', { blame: 'caller' })
    this.#end()
    // By the root of another repository, this client would trust that.
    if (!equal(await store.load(ANCHOR), this.#anchored)) throw otherRoot()
    const now = this.#now()
    this.#newest = this.#session = this.#call(
      () => new Session(this.#engine, { store, fetch, base, limits, now, offline }),
    )
    await this.#drive(() => this.#session.run(options))
  }

  async #target(path, options) {
    if (!this.#session) await this.#refresh(options)
    const found = await this.#drive(() => this.#session.find(this.#engine, path, options), {
      target: path,
    })
    if (!found) return null
    const signedBy = found.delegationPath.map((role) => this.#session.roles.get(role))
    return Object.freeze({ path, ...found, signedBy })
  }

  /** A session that has failed is over: the next operation begins with a refresh. */
  async #drive(work, place) {
    try {
      return await work()
    } catch (thrown) {
      if (thrown?.code === 'internal') this.#broken = thrown
      this.#end()
      throw located(thrown, place)
    } finally {
      this.#trusted = Object.freeze([...this.#newest.roles.values()])
    }
  }

  #end() {
    const session = this.#session
    this.#session = undefined
    // What has trapped is left alone.
    if (!this.#broken) session?.end()
  }

  /** Where another process or tab was faster, what it stored is the better start. */
  async #retried(work) {
    try {
      return await work()
    } catch (thrown) {
      if (thrown?.code !== 'concurrent-update') throw thrown
      this.#end()
      return work()
    }
  }

  /** Waits for its turn, here and among the users of the store; not beyond an abort. */
  #enqueue({ signal }, work) {
    const turn = this.#turns.take(async () => {
      if (this.#broken) throw this.#broken
      signal?.throwIfAborted()
      const { store } = this.#options
      return store.lock ? store.lock(work, { signal }) : work()
    })
    return untilAborted(turn, signal)
  }

  /** The chunks of `source`, each once the next is here, and the last once all of it is verified. */
  async *#check(target, source, { place, onProgress }) {
    const verifier = this.#call(() => new this.#engine.Core())
    let held
    let loaded = 0
    try {
      if (!this.#call(() => said(verifier.check(encode(listed(target.hashes)), target.length)))) {
        throw noTarget()
      }
      for await (const piece of source) {
        const chunk = asBytes(piece, 'a chunk of the file')
        // What is held back is the last that has bytes.
        if (!chunk.length) continue
        // One byte more shows that it is too long: how many a server sends beyond does not matter.
        this.#call(
          () => said(verifier.update(chunk.subarray(0, target.length + 1 - loaded))),
          place,
        )
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
  #urlNames({ path, hashes, consistentSnapshot }) {
    const consistent = consistentSnapshot && this.#options.hashPrefix
    const found = this.#call(
      () => said(this.#engine.targetUrls(listed(hashes), path, consistent)),
      { target: path },
    )
    if (!found) throw noTarget()
    return found.names
  }

  #call(work, place) {
    if (this.#broken) throw this.#broken
    try {
      return call(work, place)
    } catch (error) {
      if (error.code === 'internal') this.#broken = error
      throw error
    }
  }

  /** In seconds since 1970. */
  #now() {
    let { now } = this.#options
    if (typeof now === 'function') now = now()
    const stated =
      typeof now === 'string'
        ? (this.#call(() => this.#engine.parseTime(now)) ?? NaN) * 1000
        : (now?.getTime?.() ?? NaN)
    const seconds = Math.floor((now === undefined ? Date.now() : stated) / 1000)
    if (Number.isNaN(seconds))
      throw new PicotufError('usage', '`now` is not a time', { blame: 'caller' })
    return seconds
  }
}

/** An error with the place that it is about, where it does not name one. */
function located(thrown, place) {
  if (!(thrown instanceof PicotufError) || !place) return thrown
  return refused(
    thrown,
    Object.fromEntries(Object.entries(place).filter(([name]) => thrown[name] === undefined)),
  )
}

/** The chunks of whatever holds a file. */
function source(file, signal, explain) {
  const stream =
    file instanceof ReadableStream ? file : typeof file?.stream === 'function' && file.stream()
  if (stream) return chunks(stream, signal, explain, [new Uint8Array(PIECE), new Uint8Array(PIECE)])
  if (typeof file?.[Symbol.asyncIterator] === 'function') return iterated(file, signal, explain)
  return pieces(asBytes(file, 'the file'))
}

/** A large file need not be in the module's memory all at one time. */
function* pieces(bytes) {
  for (let at = 0; at < bytes.length; at += PIECE) yield bytes.subarray(at, at + PIECE)
}

async function* iterated(file, signal, explain) {
  const iterator = file[Symbol.asyncIterator]()
  let ended = false
  try {
    for (;;) {
      const { done, value } = await untilAborted(iterator.next(), signal)
      if ((ended = done)) return
      yield value
    }
  } catch (thrown) {
    throw as(thrown, signal, explain)
  } finally {
    // Not waited for: it may be silent.
    if (!ended) Promise.resolve(iterator.return?.()).catch(() => {})
  }
}

async function collect(checked, length) {
  let bytes
  let at = 0
  for await (const chunk of checked) {
    bytes ??= allocate(length)
    bytes.set(chunk, at)
    at += chunk.length
  }
  return bytes ?? new Uint8Array()
}

function allocate(length) {
  try {
    return new Uint8Array(length)
  } catch (cause) {
    throw new PicotufError('too-large', `there is no room for ${length} bytes: ask for a stream`, {
      blame: 'caller',
      cause,
    })
  }
}

function toStream(checked, url, stop) {
  const stream = new ReadableStream({
    async pull(controller) {
      const { done, value } = await checked.next()
      if (!done) return controller.enqueue(value)
      stop.abort()
      controller.close()
    },
    cancel() {
      stop.abort()
      return checked.return()
    },
  })
  return Object.assign(stream, { url })
}

const noTarget = () => usage('this is not a target of a client')

/** The hashes of a target as the core takes them. */
const listed = (hashes) => Object.entries(hashes).flat().join(' ')

const otherRoot = () =>
  new PicotufError(
    'already-initialized',
    'another root has taken the place of this one: use another store',
    { blame: 'caller', role: 'root' },
  )

/** What is signed of a target, as it is now: a caller may change what it gave. */
function copyOf(target) {
  const { path, length, hashes, ...more } = target ?? {}
  if (
    typeof path !== 'string' ||
    !Number.isSafeInteger(length) ||
    length < 0 ||
    typeof hashes !== 'object' ||
    !hashes
  ) {
    throw noTarget()
  }
  return { ...more, path, length, hashes: { ...hashes } }
}

function asBytes(value, name) {
  if (ArrayBuffer.isView(value))
    return new Uint8Array(value.buffer, value.byteOffset, value.byteLength)
  // Of whatever realm it is.
  if (value?.[Symbol.toStringTag]?.endsWith('ArrayBuffer')) return new Uint8Array(value)
  throw usage(`${name} is neither bytes nor what has them`)
}

const equal = (one, other) =>
  one?.length === other?.length && (one === other || one.every((byte, at) => byte === other[at]))
