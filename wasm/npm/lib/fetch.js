import { PicotufError, as, usage } from './error.js'

/** A base URL, from text that may be relative to the page. */
export function parseBase(url, name) {
  try {
    return new URL(url, globalThis.document?.baseURI ?? globalThis.location?.href)
  } catch {
    // What was thrown has all of the text, and what is secret in it.
    throw usage(`${name} is not a URL`)
  }
}

/** The URL of a file, whose name is percent-encoded already. A query stays: storage services sign their URLs there. */
export function below(base, name) {
  const url = new URL(base)
  url.pathname = `${base.pathname.replace(/\/+$/, '')}/${name}`
  return url.href
}

/** A URL without what may be secret in it. */
export function shown(url) {
  const bare = new URL(url)
  bare.username = bare.password = bare.hash = ''
  const query = bare.search ? '?…' : ''
  bare.search = ''
  return bare.href + query
}

/**
 * The chunks of a file of the repository; null where it is not there, which only 404 and 403 mean.
 */
export async function open(fetch, url, { signal, ...init }) {
  let response
  try {
    response = await untilAborted(fetch(url, { ...init, signal }), signal)
  } catch (thrown) {
    throw as(thrown, signal, (cause) => connection(url, cause))
  }
  if (response.status === 404 || response.status === 403) {
    await response.body?.cancel().catch(() => {})
    return null
  }
  if (response.status !== 200) {
    await response.body?.cancel().catch(() => {})
    throw new PicotufError(
      'http-status',
      `the server answers ${response.status} ${response.statusText}`.trimEnd(),
      {
        blame: 'transport',
        url: shown(url),
        expected: 200,
        found: response.status,
      },
    )
  }
  return chunks(response.body, signal, (cause) => connection(url, cause))
}

/**
 * The chunks of a stream as they come; leaving early cancels it. With two `buffers`, a stream of
 * bytes is read through them in turn, for those who need no chunk longer than until they ask for
 * the one after the next.
 */
export async function* chunks(stream, signal, explain, buffers) {
  let reader
  const abort = () => reader?.cancel(signal.reason).catch(() => {})
  signal?.addEventListener('abort', abort, { once: true })
  let ended = false
  try {
    let read
    ;[reader, read] = (buffers && through(stream, buffers)) ?? plainly(stream)
    for (;;) {
      const { done, value } = await read()
      signal?.throwIfAborted()
      if (done) {
        ended = true
        return
      }
      yield value
    }
  } catch (thrown) {
    throw as(thrown, signal, explain)
  } finally {
    signal?.removeEventListener('abort', abort)
    if (!ended) reader?.cancel().catch(() => {})
  }
}

function plainly(stream) {
  const reader = stream.getReader()
  return [reader, () => reader.read()]
}

/** Without this, a browser has dozens of megabytes of chunks around before it collects them. */
function through(stream, buffers) {
  let reader
  try {
    reader = stream.getReader({ mode: 'byob' })
  } catch {
    // It is a stream of chunks that are made elsewhere.
    return undefined
  }
  const read = async () => {
    const result = await reader.read(buffers.shift())
    if (result.value) buffers.push(new Uint8Array(result.value.buffer))
    return result
  }
  return [reader, read]
}

/** At most one byte more than `maxLength`, so that a file which is too long is seen to be. */
export async function whole(stream, maxLength, onBytes) {
  const parts = []
  let length = 0
  for await (const chunk of stream) {
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

function connection(url, cause) {
  const reason = String(cause?.cause?.message ?? cause?.message ?? cause)
  const bare = shown(url)
  // Some repeat the URL, with what is secret in it.
  const text = `no answer, or not all of it: ${reason.replaceAll(url, bare)}`
  return new PicotufError('connection', text, {
    blame: 'transport',
    url: bare,
    cause: bare === url ? cause : undefined,
  })
}

/** As `promise`, but for an abort, which rejects at once. */
export function untilAborted(promise, signal) {
  if (!signal) return promise
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason)
    if (signal.aborted) abort()
    signal.addEventListener('abort', abort)
    Promise.resolve(promise)
      .then(resolve, reject)
      .finally(() => signal.removeEventListener('abort', abort))
  })
}
