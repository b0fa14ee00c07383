import { PicotufError, reasonOf, usage } from './error.js'
import { parseBase } from './fetch.js'
import { IndexedDBStore } from './indexeddb-store.js'
import { OPERATION, REFRESH, checkClientOptions, checkOperation } from './options.js'
import { Peer, chunksOf, received } from './peer.js'
import type { ClientOperations, ClientOptions, FileSource, OperationOptions } from './types.js'
import type { RefreshOptions, Store, Target, TargetStream, TrustedRole } from './types.js'
import { moved } from './wasm-module.js'
import type { Opening, Operation, PostedFile } from './worker-host.js'

export * from './common.js'

/**
 * What {@link Client.open} takes. `store`, `fetch` and `now` work in the page as they do without a
 * worker, but an {@link IndexedDBStore} is opened by the worker itself. `wasm` and `wasmWithMlDsa`
 * are addresses, bytes or modules.
 */
export interface WorkerClientOptions extends ClientOptions {
  /**
   * A worker of your own that has called `serveClients` of `picotuf/worker-host`, where a bundler
   * does not find that of the package, or which does more. It is not ended by {@link Client.close}.
   */
  worker?: Worker | undefined
}

type State = { trusted?: readonly TrustedRole[]; unreachable?: Parameters<typeof received>[0] }
type Done<T> = { state: State } & ({ value: T } | { error: Parameters<typeof received>[0] })

/**
 * A client of one repository that works in a web worker, so that the page stays free: it does what
 * that of `picotuf` does.
 */
export class Client implements ClientOperations {
  #peer: Peer
  #end: () => void
  #now: () => Date | string | undefined
  #trusted: readonly TrustedRole[] = []
  #unreachable: PicotufError | undefined

  private constructor(peer: Peer, now: () => Date | string | undefined, end: () => void) {
    this.#peer = peer
    this.#end = end
    this.#now = now
  }

  /** A client that trusts `root`. Nothing is fetched from the repository yet. */
  static async open(options: WorkerClientOptions): Promise<Client> {
    checkClientOptions(options, ['worker'])
    const { worker: given, store, now, fetch, signal, wasm, wasmWithMlDsa, ...rest } = options
    signal?.throwIfAborted()
    const timeOf = () => (typeof now === 'function' ? now() : now)
    // What is wrong shows before a worker is started.
    const opening: Opening = {
      picotuf: 'open',
      options: {
        ...rest,
        metadataUrl: addressOf(rest.metadataUrl, 'metadataUrl', fetch),
        targetUrl: addressOf(rest.targetUrl, 'targetUrl', fetch),
        ...(wasm !== undefined && { wasm: await posting(wasm) }),
        ...(wasmWithMlDsa !== undefined && { wasmWithMlDsa: await posting(wasmWithMlDsa) }),
      },
      store: storeOf(store),
      locks: !!store?.lock,
      fetches: !!fetch,
      now: timeOf(),
    }
    for (const name of ['addEventListener', 'postMessage'] as const) {
      if (given && typeof given[name] !== 'function') throw usage('`worker` is a web worker')
    }
    const worker = given ?? start()
    const { port1, port2 } = new MessageChannel()
    const peer: Peer = new Peer(
      port1,
      methodsOf(store, fetch, () => peer),
    )
    const failed = (event: Event) => {
      const reason = (event as ErrorEvent).message || 'its script cannot be loaded'
      peer.fail(notStarted(`${reason}; give one of your own as \`worker\``))
    }
    worker.addEventListener('error', failed)
    const client = new Client(peer, timeOf, () => {
      worker.removeEventListener('error', failed)
      port1.close()
      if (!given) worker.terminate()
    })
    try {
      worker.postMessage(opening, [port2])
      await client.#ask('open', [], { signal })
    } catch (thrown) {
      client.close()
      const isPosting = (thrown as { name?: unknown } | undefined)?.name === 'DataCloneError'
      throw isPosting ? usage(`an option cannot be posted: ${reasonOf(thrown)}`) : thrown
    }
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
    await this.#ask('refresh', [], options)
    return this.#trusted
  }

  async target(path: string, options: RefreshOptions = {}): Promise<Target | null> {
    checkOperation(options, REFRESH)
    return this.#ask('target', [path], options)
  }

  async getTarget(path: string, options: RefreshOptions = {}): Promise<Uint8Array<ArrayBuffer>> {
    const target = await this.target(path, options)
    const { source: _, ...rest } = options
    if (target) return this.download(target, rest)
    const text = 'no role that is trusted for this path lists the target'
    throw new PicotufError('target-not-found', text, { blame: 'repository', target: path })
  }

  download(
    target: Target,
    options?: OperationOptions & { as?: 'bytes' | undefined },
  ): Promise<Uint8Array<ArrayBuffer>>
  download(target: Target, options: OperationOptions & { as: 'stream' }): Promise<TargetStream>
  async download(
    target: Target,
    options: OperationOptions & { as?: 'bytes' | 'stream' | undefined } = {},
  ): Promise<Uint8Array<ArrayBuffer> | TargetStream> {
    checkOperation(options, [...OPERATION, 'as'])
    const { as: form = 'bytes', ...rest } = options
    if (form === 'bytes') return this.#ask('download', [target], rest)
    if (form !== 'stream') throw usage('`as` is `bytes` or `stream`')
    const { lent, url } = await this.#ask<{ lent: number; url: string }>('stream', [target], rest)
    return Object.assign(this.#peer.borrowStream(lent), { url })
  }

  async verify(target: Target, file: FileSource, options: OperationOptions = {}): Promise<void> {
    checkOperation(options, OPERATION)
    await this.#ask('verify', [target, this.#posting(file)], options)
  }

  /** What `metadata` of a client without a worker says, from the worker. */
  async metadata(role: string): Promise<Uint8Array | undefined> {
    return this.#ask('metadata', [role], {})
  }

  /** Asks a method of a worker of your own: see `serveClients` of `picotuf/worker-host`. */
  async call<T = unknown>(
    name: string,
    args?: unknown,
    options: { signal?: AbortSignal | undefined; onProgress?: (value: never) => void } = {},
  ): Promise<T> {
    checkOperation(options, OPERATION)
    return this.#ask('call', [name, args], options)
  }

  /** Ends the worker, if it is of the package, and all that it was asked. */
  close(): void {
    this.#peer.fail(usage('the client was closed'))
    this.#end()
  }

  async #ask<T>(
    method: string,
    args: unknown[],
    options: RefreshOptions | { onProgress?: (value: never) => void },
  ): Promise<T> {
    const { signal, onProgress, ...more } = options as RefreshOptions
    signal?.throwIfAborted()
    const operation: Operation = { now: this.#now(), args, options: more, progress: !!onProgress }
    const done = await this.#peer.ask<Done<T>>(method, operation, { signal, onProgress })
    const { trusted, unreachable } = done.state
    this.#trusted = Object.freeze(trusted ?? [])
    this.#unreachable = unreachable && (received(unreachable) as PicotufError)
    if ('error' in done) throw received(done.error)
    return done.value
  }

  /** A file as it is posted: what is no plain data is read here, piece by piece. */
  #posting(file: FileSource): PostedFile {
    const isStream = file instanceof ReadableStream
    const isIterable =
      typeof (file as AsyncIterable<Uint8Array>)?.[Symbol.asyncIterator] === 'function'
    if (isStream) return { lent: this.#peer.lend(chunksOf(file)) }
    if (isIterable) return { lent: this.#peer.lend(file as AsyncIterable<Uint8Array>) }
    return { whole: file as Exclude<FileSource, ReadableStream | AsyncIterable<Uint8Array>> }
  }
}

/** The worker of the package. */
function start(): Worker {
  if (!globalThis.Worker) throw notStarted('there are no web workers here: import `picotuf`')
  const elsewhere = moved(new URL(import.meta.url), 'worker-main.js')
  try {
    if (elsewhere) return new Worker(elsewhere, { type: 'module' })
    return new Worker(new URL('./worker-main.js', import.meta.url), { type: 'module' })
  } catch (cause) {
    throw notStarted(reasonOf(cause))
  }
}

const notStarted = (reason: string) =>
  new PicotufError('worker', `the worker cannot be started: ${reason}`, { blame: 'caller' })

const addressOf = (url: string | URL | undefined, name: string, fetch: ClientOptions['fetch']) =>
  url ? parseBase(url, name, fetch).href : undefined

async function posting(wasm: object | string) {
  const source = await wasm
  return source instanceof URL ? source.href : source
}

const storeOf = (store: Store | undefined): Opening['store'] => {
  if (!store) return 'memory'
  return store instanceof IndexedDBStore ? { indexedDB: store.name } : 'page'
}

/** What the worker asks of the page. */
function methodsOf(store: Store | undefined, fetch: ClientOptions['fetch'], peer: () => Peer) {
  const turns = new Map<number, () => void>()
  let count = 0
  return {
    load: ([name]: [string]) => store?.load(name),
    save: ([name, bytes, version]: [string, Uint8Array, number]) =>
      store?.save(name, bytes, version),
    delete: ([name]: [string]) => store?.delete(name),
    lock: (_: unknown, { signal }: { signal: AbortSignal }) =>
      new Promise<number>((resolve, reject) => {
        const turn = ++count
        const work = () =>
          new Promise<void>((release) => {
            turns.set(turn, release)
            resolve(turn)
          })
        store?.lock?.(work, { signal }).catch(reject)
      }),
    unlock: (turn: number) => {
      turns.get(turn)?.()
      turns.delete(turn)
    },
    fetch: async (
      { url, cache }: { url: string; cache?: 'no-cache' },
      { signal }: { signal: AbortSignal },
    ) => {
      const response = await fetch?.(url, { signal, ...(cache && { cache }) })
      if (!response) return undefined
      const { status, statusText, headers, body } = response
      const names = ['content-length', 'content-encoding', 'retry-after']
      return {
        status,
        statusText,
        headers: names.map((name) => [name, headers?.get(name) ?? null]),
        lent: body ? peer().lend(chunksOf(body)) : undefined,
      }
    },
  }
}
