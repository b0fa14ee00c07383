import type { BaseClient } from './client.js'
import { usage } from './error.js'
import { IndexedDBStore } from './indexeddb-store.js'
import { type Context, type Method, Peer, chunksOf, posted } from './peer.js'
import type { ClientOptions, Fetch, FetchResponse, FileSource, Store, Target } from './types.js'
import type { OperationOptions, RefreshOptions } from './types.js'

/** What a page posts to the worker to have a client there. */
export interface Opening {
  picotuf: 'open'
  options: Omit<ClientOptions, 'store' | 'now' | 'fetch' | 'signal'>
  /** A store of the worker's own, one of that name in IndexedDB, or one of the page's. */
  store: 'memory' | 'page' | { indexedDB: string }
  /** Whether the page's store lets its users take turns. */
  locks: boolean
  /** Whether requests are made by the page. */
  fetches: boolean
  now: Date | string | undefined
}

/** An operation with what it takes; the page says the time with each. */
export interface Operation {
  now: Date | string | undefined
  args: unknown[]
  options?: Omit<RefreshOptions, 'signal' | 'onProgress'>
  progress?: boolean
}

/** How a file is posted. */
export type PostedFile =
  { whole: Uint8Array | ArrayBuffer | ArrayBufferView | Blob } | { lent: number }

/** What a worker of your own does besides: it is called with the client and what the page posts. */
export type WorkerMethod<Client = BaseClient> = (
  client: Client,
  args: never,
  context: Context,
) => unknown

/**
 * Serves clients to pages, in a worker of your own:
 *
 * ```js
 * import { Client } from 'picotuf'
 * import { serveClients } from 'picotuf/worker-host'
 * serveClients(Client, { roles: (client) => client.trusted.length })
 * ```
 *
 * The page opens one by `Client.open({ worker, … })` of `picotuf/worker`, and asks `methods` by
 * `client.call(name, args)`. Other messages to the worker are left alone.
 */
export function serveClients<T extends typeof BaseClient>(
  Client: T,
  methods: Record<string, WorkerMethod<T['prototype']>> = {},
): void {
  globalThis.addEventListener('message', ({ data, ports: [port] }) => {
    if (data?.picotuf === 'open' && port) void serve(Client, methods, data as Opening, port)
  })
}

async function serve<T extends typeof BaseClient>(
  Client: T,
  methods: Record<string, WorkerMethod<T['prototype']>>,
  opening: Opening,
  port: MessagePort,
) {
  let { now } = opening
  let client: T['prototype'] | undefined
  const state = () => ({
    trusted: client?.trusted,
    unreachable: client?.unreachable && posted(client.unreachable),
  })
  type Work = (args: never[], options: OperationOptions, context: Context) => unknown
  const operation =
    (work: Work): Method =>
    async (asked: Operation, context) => {
      const { signal, progress } = context
      now = asked.now
      const options = {
        ...asked.options,
        signal,
        ...(asked.progress && { onProgress: progress }),
      }
      try {
        return { value: await work(asked.args as never[], options, context), state: state() }
      } catch (thrown) {
        return { error: posted(thrown), state: state() }
      }
    }
  const theClient = () => {
    if (!client) throw usage('the client is not open')
    return client
  }
  const peer: Peer = new Peer(port, {
    open: operation(async (_, { signal }) => {
      const store = storeOf(opening, peer)
      client = await Client.open({
        ...opening.options,
        ...(store && { store }),
        ...(opening.fetches && { fetch: fetchOf(peer) }),
        // What is not said is the time of the worker, which is that of the page.
        now: () => now ?? new Date(),
        signal,
      })
    }),
    refresh: operation(
      async (_, options: RefreshOptions) => void (await theClient().refresh(options)),
    ),
    target: operation(([path]: string[], options) => theClient().target(path as string, options)),
    download: operation(async ([target]: Target[], options, { transfer }) => {
      const bytes = await theClient().download(target as Target, options)
      transfer.push(bytes.buffer)
      return bytes
    }),
    stream: operation(async ([target]: Target[], options) => {
      const stream = await theClient().download(target as Target, { ...options, as: 'stream' })
      return { lent: peer.lend(chunksOf(stream)), url: stream.url }
    }),
    verify: operation(([target, file]: unknown[], options) => {
      const given = file as PostedFile
      const source: FileSource = 'whole' in given ? given.whole : peer.borrow(given.lent)
      return theClient().verify(target as Target, source, options)
    }),
    metadata: operation(([role]: string[]) => theClient().metadata(role as string)),
    call: operation(([name, args]: unknown[], _, context) => {
      const method = Object.hasOwn(methods, name as string) && methods[name as string]
      if (!method) throw usage(`the worker has no method ${name}`)
      return method(theClient(), args as never, context)
    }),
  })
}

function storeOf({ store, locks }: Opening, peer: Peer): Store | undefined {
  if (store === 'memory') return undefined
  if (store !== 'page') return new IndexedDBStore(store.indexedDB)
  const remote: Store = {
    load: (name) => peer.ask('load', [name]),
    save: (name, bytes, version) => peer.ask('save', [name, bytes, version]),
    delete: (name) => peer.ask('delete', [name]),
  }
  if (!locks) return remote
  return {
    ...remote,
    async lock(work, { signal }) {
      const turn = await peer.ask<number>('lock', undefined, { signal })
      try {
        return await work()
      } finally {
        await peer.ask('unlock', turn)
      }
    },
  }
}

/** Requests by the page's own `fetch`. */
const fetchOf =
  (peer: Peer): Fetch =>
  async (url, { signal, cache }) => {
    type Posted = Omit<FetchResponse, 'headers' | 'body'> & {
      headers: [string, string | null][]
      lent: number | undefined
    }
    const answer = await peer.ask<Posted | undefined>('fetch', { url, cache }, { signal })
    if (!answer) throw usage('`fetch` gives no response')
    const headers = new Map(answer.headers)
    const body = answer.lent === undefined ? null : peer.borrowStream(answer.lent)
    return { ...answer, headers: { get: (name) => headers.get(name) ?? null }, body }
  }
