import { PicotufError, as, reasonOf, usage } from './error.js'
import type { Fetch, FetchResponse } from './types.js'

/** How a client makes its requests. */
export interface Network {
  fetch: Fetch
  /** Whether `fetch` is the user's, of which nothing is known. */
  isOwn: boolean
  /** How long a server may send nothing, in milliseconds. */
  timeout: number
  /** How often a request is made again. */
  retries: number
}

/** Requests by the user's `fetch`, or the global one as it is at each request. */
export const networkOf = (fetch: Fetch | undefined, timeout: number, retries: number): Network => ({
  fetch: fetch ?? ((...request) => globalThis.fetch(...request)),
  isOwn: !!fetch,
  timeout,
  retries,
})

/** A file of the repository as it comes. */
export interface Opened {
  chunks: AsyncGenerator<Uint8Array>
  /** In bytes, where the server states it. */
  total: number | undefined
}

/** Statuses of a server that may answer otherwise if it is asked again. */
const PASSING = [408, 429, 500, 502, 503, 504]
/** How long it is until the first time that a request is made again, in milliseconds. */
const PAUSE = 200
/** The longest that a server may have a client wait, in milliseconds. */
const PAUSE_MAX = 30_000
/** The longest that a timer takes, in milliseconds. */
const TIMER_MAX = 2 ** 31 - 1

/** A base URL that `fetch` can ask, from text that may be relative to the page. */
export function parseBase(url: string | URL, name: string, fetch?: Fetch): URL {
  let base: URL
  try {
    base = new URL(url, globalThis.document?.baseURI ?? globalThis.location?.href)
  } catch {
    // What was thrown has all of the text, and what is secret in it.
    throw usage(`${name} is not a URL`)
  }
  // Such as `localhost:8000/metadata`, whose scheme is `localhost:`. No file has a place below it.
  if (!base.host && !base.pathname.startsWith('/')) {
    throw usage(`${name} is not the URL of a folder: https:// or another scheme has to begin it`)
  }
  if (!fetch && (base.username || base.password) && !isTaken(base)) {
    throw usage(
      `${name} has a user's name or password, which the global \`fetch\` does not take: ` +
        'send them as a header, by a `fetch` of your own',
    )
  }
  return base
}

/** Whether the global `fetch` takes this URL: browsers and Node take none with a password. */
function isTaken(url: URL) {
  try {
    return !!new Request(url)
  } catch {
    return false
  }
}

/**
 * The URL of a file, whose name is percent-encoded already. A query stays: storage services sign
 * their URLs there.
 */
export function below(base: URL, name: string): string {
  const url = new URL(base)
  url.pathname = `${base.pathname.replace(/\/+$/, '')}/${name}`
  return url.href
}

/** A URL without what may be secret in it. */
export function shown(url: string): string {
  const bare = new URL(url)
  bare.username = bare.password = bare.hash = ''
  const query = bare.search ? '?…' : ''
  bare.search = ''
  return bare.href + query
}

/** Does `work`, and does it again where the server may answer otherwise then. */
export async function persistently<T>(
  { retries }: Network,
  signal: AbortSignal | undefined,
  work: () => Promise<T>,
): Promise<T> {
  for (let attempt = 0; ; attempt++) {
    try {
      return await work()
    } catch (thrown) {
      const pause = pauseAfter(thrown)
      if (attempt >= retries || pause === undefined) throw thrown
      await waited(Math.min(Math.max(pause, PAUSE * 4 ** attempt), PAUSE_MAX), signal)
    }
  }
}

/** How long a server that cannot now would have us wait, in milliseconds. */
const wishes = new WeakMap<PicotufError, number>()

/** What would have the same answer again. */
const hopeless = new WeakSet<PicotufError>()

/** How long to wait, at least, where the same request may have another answer. */
function pauseAfter(thrown: unknown): number | undefined {
  if (!(thrown instanceof PicotufError)) return undefined
  if (hopeless.has(thrown)) return undefined
  if (thrown.code === 'connection' || thrown.code === 'timeout') return 0
  if (thrown.code !== 'http-status' || !PASSING.includes(Number(thrown.found))) return undefined
  return wishes.get(thrown) ?? 0
}

const waited = (time: number, signal: AbortSignal | undefined) => {
  let timer: ReturnType<typeof setTimeout> | undefined
  const passed = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, time)
  })
  return untilAborted(passed, signal).finally(() => clearTimeout(timer))
}

/** What goes with a request. */
interface Asked {
  signal?: AbortSignal | undefined
  cache?: 'no-cache'
  headers?: { [name: string]: string }
}

/** A file of the repository; null where it is not there, which only 404 and 403 mean. */
export async function open(
  network: Network,
  url: string,
  { signal, cache, headers: asked }: Asked,
): Promise<Opened | null> {
  const stop = new AbortController()
  const abort = () => stop.abort(signal?.reason)
  if (signal?.aborted) abort()
  signal?.addEventListener('abort', abort, { once: true })
  const patience: Patience = { time: network.timeout, url, stop }
  let response: FetchResponse
  try {
    const init = { signal: stop.signal, ...(cache && { cache }), ...(asked && { headers: asked }) }
    const answer = Promise.resolve(network.fetch(url, init))
    response = await untilAborted(patiently(answer, patience), signal)
  } catch (thrown) {
    signal?.removeEventListener('abort', abort)
    throw as(thrown, signal, (cause) => unanswered(network, url, cause))
  }
  const { status, statusText, headers, body } = response ?? {}
  if (status !== 200 || !body) {
    signal?.removeEventListener('abort', abort)
    if (typeof status !== 'number') throw usage('`fetch` gives no response')
    // Not waited for: while somebody holds a clone of the response, it never ends.
    body?.cancel?.().catch(() => {})
    if (status === 404 || status === 403) return null
    if (status === 200) return { chunks: none(), total: 0 }
    const text = `the server answers ${status} ${statusText}`.trimEnd()
    const details = { url: shown(url), expected: 200, found: status }
    const error = new PicotufError('http-status', text, { blame: 'transport', ...details })
    const seconds = Number(headers?.get('retry-after') ?? NaN)
    if (seconds >= 0) wishes.set(error, seconds * 1000)
    throw error
  }
  const read = chunks(body, signal, (cause) => connection(url, cause), { patience })
  const leave = () => signal?.removeEventListener('abort', abort)
  return { chunks: ending(read, leave), total: lengthOf(response) }
}

async function* none(): AsyncGenerator<Uint8Array> {}

async function* ending(chunks: AsyncGenerator<Uint8Array>, end: () => void) {
  try {
    yield* chunks
  } finally {
    end()
  }
}

/** The length that a server states, of what comes as it is. */
function lengthOf({ headers }: FetchResponse): number | undefined {
  const length = headers?.get('content-length')
  if (!length || headers.get('content-encoding')) return undefined
  return Number.isSafeInteger(Number(length)) ? Number(length) : undefined
}

/** How long a server may be silent, and what stops the request when that is over. */
interface Patience {
  time: number
  url: string
  stop: AbortController
}

/** As `promise`, which a server has to settle in time. */
async function patiently<T>(promise: Promise<T>, patience: Patience | undefined): Promise<T> {
  if (!patience || patience.time > TIMER_MAX) return promise
  const { time, url, stop } = patience
  let timer: ReturnType<typeof setTimeout> | undefined
  const over = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      const text = `nothing came for ${time / 1000} seconds; \`timeout\` raises that`
      const details = { blame: 'transport', url: shown(url) } as const
      reject(new PicotufError('timeout', text, details))
      stop.abort()
    }, time)
  })
  // Which of them is late is of no interest to anybody.
  promise.catch(() => {})
  return Promise.race([promise, over]).finally(() => clearTimeout(timer))
}

type Read = () => Promise<{ done: boolean; value?: Uint8Array | undefined }>
type Reader = { cancel(reason?: unknown): Promise<void> }

/**
 * The chunks of a stream as they come; leaving early cancels it. With two `buffers`, a stream of
 * bytes is read through them in turn, for those who need no chunk longer than until they ask for
 * the one after the next.
 */
export async function* chunks(
  stream: ReadableStream<Uint8Array>,
  signal: AbortSignal | undefined,
  explain: (cause: unknown) => PicotufError,
  {
    buffers,
    patience,
  }: { buffers?: Uint8Array<ArrayBuffer>[]; patience?: Patience | undefined } = {},
): AsyncGenerator<Uint8Array> {
  let reader: Reader | undefined
  const abort = () => reader?.cancel(signal?.reason).catch(() => {})
  signal?.addEventListener('abort', abort, { once: true })
  let ended = false
  try {
    let read: Read
    ;[reader, read] = (buffers && through(stream, buffers)) ?? plainly(stream)
    for (;;) {
      const { done, value } = await patiently(read(), patience)
      if (signal?.aborted) throw signal.reason
      if (done) {
        ended = true
        return
      }
      if (value) yield value
    }
  } catch (thrown) {
    throw as(thrown, signal, explain)
  } finally {
    signal?.removeEventListener('abort', abort)
    if (!ended) reader?.cancel().catch(() => {})
  }
}

function plainly(stream: ReadableStream<Uint8Array>): [Reader, Read] {
  const reader = stream.getReader()
  return [reader, () => reader.read()]
}

/** Without this, a browser has dozens of megabytes of chunks around before it collects them. */
function through(
  stream: ReadableStream<Uint8Array>,
  buffers: Uint8Array<ArrayBuffer>[],
): [Reader, Read] | undefined {
  let reader: ReadableStreamBYOBReader
  try {
    reader = stream.getReader({ mode: 'byob' })
  } catch {
    // It is a stream of chunks that are made elsewhere.
    return undefined
  }
  const read = async () => {
    const result = await reader.read(buffers.shift() ?? new Uint8Array(1))
    if (result.value) buffers.push(new Uint8Array(result.value.buffer))
    return result
  }
  return [reader, read]
}

/** At most one byte more than `maxLength`, so that a file which is too long is seen to be. */
export async function whole(
  { chunks }: Opened,
  maxLength: number,
  onBytes?: (loaded: number) => void,
): Promise<Uint8Array> {
  const parts: Uint8Array[] = []
  let length = 0
  for await (const chunk of chunks) {
    parts.push(chunk)
    length += chunk.length
    onBytes?.(length)
    if (length > maxLength) break
  }
  const bytes = new Uint8Array(Math.min(length, maxLength + 1))
  let at = 0
  for (const part of parts) {
    bytes.set(part.subarray(0, bytes.length - at), at)
    at += part.length
  }
  return bytes
}

/** The request has no answer at all. */
function unanswered({ isOwn }: Network, url: string, cause: unknown) {
  if (isOwn) return connection(url, cause)
  const { origin, protocol } = new URL(url)
  if (!/^https?:$/.test(protocol)) {
    const error = connection(url, cause, `its scheme is ${protocol} and not https:`)
    hopeless.add(error)
    return error
  }
  const page = globalThis.location?.origin
  const isOther = page !== undefined && page !== origin
  return connection(url, cause, isOther ? 'a server has to allow other pages (CORS)' : undefined)
}

function connection(url: string, cause: unknown, hint?: string) {
  const reason = reasonOf((cause as { cause?: unknown } | undefined)?.cause ?? cause)
  const bare = shown(url)
  // Some repeat the URL, or what they ask for by it, with what is secret in it.
  const asked = new URL(url)
  asked.username = asked.password = asked.hash = ''
  const told = reason.replaceAll(url, bare).replaceAll(asked.href, bare)
  const text = `no answer, or not all of it: ${told}`
  const kept = bare === url ? cause : undefined
  const details = { blame: 'transport', url: bare, cause: kept, hint } as const
  return new PicotufError('connection', text, details)
}

/** As `promise`, but for an abort, which rejects at once. */
export function untilAborted<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (!signal) return promise
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason)
    if (signal.aborted) abort()
    signal.addEventListener('abort', abort)
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort))
  })
}
