import { decode, encode } from './engine.js'
import { PicotufError, as, refused, usage } from './error.js'
import { below, chunks, encodePath, open, parseBase, shown, untilAborted } from './fetch.js'
import { MemoryStore } from './memory-store.js'
import { Session } from './session.js'
import { Turns } from './turns.js'
import { call, said } from './verdict.js'

/** What `limits` may have, in the order in which the core takes them. */
const LIMITS = ['rootLength', 'timestampLength', 'snapshotLength', 'targetsLength', 'rootRotations', 'delegations']

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
    const { root, metadataUrl, mirrors, targetUrl, store = new MemoryStore(), limits = {}, now, wasm, signal } = options
    for (const [name, limit] of Object.entries(limits)) {
      if (!LIMITS.includes(name)) throw usage(`there is no limit ${name}`)
      if (limit !== undefined && !(Number.isSafeInteger(limit) && limit >= 0)) throw usage(`the limit ${name} is no whole number`)
    }
    signal?.throwIfAborted()
    const engine = await this.engine(wasm)
    signal?.throwIfAborted()
    const client = new this(engine, {
      base: metadataUrl && parseBase(metadataUrl, 'metadataUrl'),
      // The command line's.
      mirrors,
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
    if (typeof path !== 'string' || /\p{Surrogate}/u.test(path)) throw usage('the path of a target is text')
    return this.#enqueue(options, () => this.#retried(() => this.#target(path, options)))
  }

  async download(given, { as: form = 'bytes', signal, onProgress } = {}) {
    const target = copyOf(given)
    const { targets, fetch } = this.#options
    if (!targets) throw new PicotufError('missing-setting', 'this needs targetUrl', { blame: 'caller' })
    // A stream that is cancelled stops the transfer, however long the server is silent.
    const stop = new AbortController()
    signal?.addEventListener('abort', () => stop.abort(signal.reason), { signal: stop.signal })
    signal?.throwIfAborted()
    try {
      const names = targetNames(target, this.#options.hashPrefix)
      for (const name of names) {
        const url = below(targets, name)
        const place = { target: target.path, delegationPath: target.delegationPath, url: shown(url) }
        let source
        try {
          source = await open(fetch, url, { signal: stop.signal })
        } catch (thrown) {
          throw located(thrown, place)
        }
        if (!source) continue
        const checked = this.#check(target, source, { place, onProgress })
        return form === 'stream' ? toStream(checked, place.url, stop) : await collect(checked, target.length).finally(() => stop.abort())
      }
      throw new PicotufError('missing-target', 'the target is listed, but its file is not there', {
        blame: 'repository', target: target.path, delegationPath: target.delegationPath, url: shown(below(targets, names[0])),
      })
    } catch (thrown) {
      stop.abort()
      throw thrown
    }
  }

  async verify(given, file, { signal, onProgress } = {}) {
    const target = copyOf(given)
    const place = { target: target.path, delegationPath: target.delegationPath }
    const explain = (cause) => new PicotufError('io', `cannot read the file: ${cause?.message ?? cause}`, { ...place, cause })
    signal?.throwIfAborted()
    for await (const _ of this.#check(target, source(file, signal, explain), { place, onProgress }));
  }

  metadata(role) {
    return this.#newest?.metadata(role, this.#engine.fileName(role))
  }

  /** Takes `root` as the trust anchor, where the store has not done so before. */
  async #anchor(root) {
    const { store } = this.#options
    const stored = await store.load(ROOT)
    if (root === undefined || root === null) {
      this.#anchored = await store.load(ANCHOR)
      if (stored) return
      throw new PicotufError('not-initialized', 'there is no trusted root yet: give `root`', { blame: 'caller' })
    }
    const bytes = asBytes(typeof root === 'string' ? encode(root) : root, 'the root').slice()
    const given = this.#checkRoot(bytes)
    const anchor = this.#call(() => this.#engine.sha256(bytes))
    const known = await store.load(ANCHOR)
    const isKnown = equal(known, anchor)
    this.#anchored = anchor
    if (stored) {
      if (isKnown) return
      // Whoever began with this root was stopped before it was noted down.
      if (equal(stored, bytes)) return store.save(ANCHOR, anchor, 0)
      // A program that brings a newer root than the store has means it. An older one may be of another repository.
      const { version } = this.#checkRoot(stored)
      if (given.version <= version) {
        throw otherRoot({ expected: version, found: given.version })
      }
      // spec §5.3.11, as for a root that the repository brings.
      if (losesKeys(stored, bytes)) for (const name of ['timestamp.json', 'snapshot.json']) await store.delete(name)
    }
    // Whoever is stopped in between leaves no root beside another one's anchor.
    if (known && !isKnown) await store.delete(ANCHOR)
    await store.save(ROOT, bytes, given.version)
    await store.save(ANCHOR, anchor, 0)
    if (equal(await store.load(ROOT), bytes)) return
    // Another client began at the same time, and this is not its anchor.
    await store.delete(ANCHOR)
    throw new PicotufError('concurrent-update', 'another client stored another root meanwhile')
  }


  #checkRoot(bytes) {
    // No delegation leads to a root.
    return this.#call(() => said(this.#engine.checkRoot(bytes, this.#options.limits)), { delegationPath: undefined })
  }

  async #refresh(options) {
    const { base, mirrors, offline, store, limits, fetch } = this.#options
    if (!base && !offline) throw new PicotufError('missing-setting', 'this needs metadataUrl', { blame: 'caller' })
    this.#end()
    // By the root of another repository, this client would trust that.
    if (!equal(await store.load(ANCHOR), this.#anchored)) throw otherRoot()
    const now = this.#now()
    this.#newest = this.#session = this.#call(() => new Session(this.#engine, { store, fetch, base, mirrors, limits, now, offline }))
    await this.#drive(() => this.#session.run(options))
  }

  async #target(path, options) {
    if (!this.#session) await this.#refresh(options)
    const found = await this.#drive(() => this.#session.find(this.#engine, path, options), { target: path })
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
      const hashes = encode(Object.entries(target.hashes).flat().join(' '))
      if (!this.#call(() => said(verifier.check(hashes, target.length)))) {
        throw noTarget()
      }
      for await (const piece of source) {
        const chunk = asBytes(piece, 'a chunk of the file')
        // What is held back is the last that has bytes.
        if (!chunk.length) continue
        // One byte more shows that it is too long: how many a server sends beyond does not matter.
        this.#call(() => said(verifier.update(chunk.subarray(0, target.length + 1 - loaded))), place)
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
    const stated = typeof now === 'string' ? (this.#call(() => this.#engine.parseTime(now)) ?? NaN) * 1000 : now?.getTime?.() ?? NaN
    const seconds = Math.floor((now === undefined ? Date.now() : stated) / 1000)
    if (Number.isNaN(seconds)) throw new PicotufError('usage', '`now` is not a time', { blame: 'caller' })
    return seconds
  }
}

/** What the file may be called: with each of its hashes in front of its name in a consistent-snapshot repository (spec §6.2). */
function targetNames({ path, hashes, consistentSnapshot }, hashPrefix) {
  if (path.split('/').some((part) => part === '.' || part === '..')) {
    throw new PicotufError('unsafe-target-path', 'the path leads out of the repository', { blame: 'repository', target: path })
  }
  const encoded = encodePath(path)
  if (!consistentSnapshot || !hashPrefix) return [encoded]
  const at = encoded.lastIndexOf('/') + 1
  return Object.values(hashes).map((hash) => `${encoded.slice(0, at)}${hash}.${encoded.slice(at)}`)
}

/** An error with the place that it is about, where it does not name one. */
function located(thrown, place) {
  if (!(thrown instanceof PicotufError) || !place) return thrown
  return refused(thrown, Object.fromEntries(Object.entries(place).filter(([name]) => thrown[name] === undefined)))
}

/** The chunks of whatever holds a file. */
function source(file, signal, explain) {
  const stream = file instanceof ReadableStream ? file : typeof file?.stream === 'function' && file.stream()
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
    throw new PicotufError('too-large', `there is no room for ${length} bytes: ask for a stream`, { blame: 'caller', cause })
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

const otherRoot = (details) =>
  new PicotufError('already-initialized', 'another root is trusted in this store: use another store', { blame: 'caller', role: 'root', ...details })

/** What is signed of a target, as it is now: a caller may change what it gave. */
function copyOf(target) {
  const { path, length, hashes, ...more } = target ?? {}
  if (typeof path !== 'string' || !Number.isSafeInteger(length) || length < 0 || typeof hashes !== 'object' || !hashes) {
    throw noTarget()
  }
  return { ...more, path, length, hashes: { ...hashes } }
}

/** Whether the new root takes a key from a role that is online. */
function losesKeys(before, after) {
  const [old, left] = [before, after].map((root) => {
    const { keys, roles } = JSON.parse(decode(root)).signed
    return ['timestamp', 'snapshot'].flatMap((role) => roles[role].keyids.map((id) => `${role} ${keys[id]?.keyval?.public}`))
  })
  return old.some((key) => !left.includes(key))
}

function asBytes(value, name) {
  if (ArrayBuffer.isView(value)) return new Uint8Array(value.buffer, value.byteOffset, value.byteLength)
  // Of whatever realm it is.
  if (value?.[Symbol.toStringTag]?.endsWith('ArrayBuffer')) return new Uint8Array(value)
  throw usage(`${name} is neither bytes nor what has them`)
}

const equal = (one, other) => one?.length === other?.length && (one === other || one.every((byte, at) => byte === other[at]))
