import { PicotufError, type Refusal, detailsOf, reasonOf, refused, usage } from './error.js'
import { untilAborted } from './fetch.js'

/** What a peer does when it is asked. */
export type Method = (args: never, context: Context) => unknown

/** What comes with a question. */
export interface Context {
  signal: AbortSignal
  progress: (value: unknown) => void
  /** What goes over with the answer, and is not copied. */
  transfer: Transferable[]
}

/** What the one who asks may add. */
export interface AskOptions {
  signal?: AbortSignal | undefined
  onProgress?: ((progress: never) => void) | undefined
}

type Chunk = Uint8Array<ArrayBuffer>

/** An error as it is posted. */
type Posted = { refusal: Refusal } | { other: unknown }

type Message =
  | { kind: 'ask'; id: number; method: string; args: unknown }
  | { kind: 'abort'; id: number; reason: unknown }
  | { kind: 'progress'; id: number; value: unknown }
  | { kind: 'answer'; id: number; value: unknown }
  | { kind: 'error'; id: number; error: Posted }

interface Question {
  resolve: (value: never) => void
  reject: (error: unknown) => void
  onProgress: ((progress: never) => void) | undefined
}

/** One of two sides that ask each other over a port: of a page and its worker. */
export class Peer {
  #port: MessagePort
  #methods: Record<string, Method>
  #count = 0
  #asked = new Map<number, Question>()
  #working = new Map<number, AbortController>()
  /** Bytes that the other side takes piece by piece. */
  #lent = new Map<number, AsyncIterator<Uint8Array>>()
  /** Why the other side answers no more. */
  #failure: { error: unknown } | undefined

  constructor(port: MessagePort, methods: Record<string, Method>) {
    this.#port = port
    const pull = (id: number) => this.#lent.get(id)?.next()
    const drop = (id: number) => {
      // Not waited for: it may be silent.
      Promise.resolve(this.#lent.get(id)?.return?.()).catch(() => {})
      this.#lent.delete(id)
    }
    this.#methods = { ...methods, pull, drop }
    port.onmessage = ({ data }) => this.#take(data as Message)
  }

  /** What the other side answers. */
  ask<T>(method: string, args?: unknown, { signal, onProgress }: AskOptions = {}): Promise<T> {
    if (this.#failure) return Promise.reject(this.#failure.error)
    const id = ++this.#count
    const answer = new Promise<T>((resolve, reject) => {
      this.#asked.set(id, { resolve, reject, onProgress })
      try {
        this.#post({ kind: 'ask', id, method, args })
      } catch (thrown) {
        this.#asked.delete(id)
        reject(usage(`this cannot be posted to a worker: ${reasonOf(thrown)}`))
      }
    })
    answer.catch(() => {})
    const abort = () => this.#post({ kind: 'abort', id, reason: cloneable(signal?.reason) })
    signal?.addEventListener('abort', abort)
    if (signal?.aborted) abort()
    return untilAborted(answer, signal).finally(() => signal?.removeEventListener('abort', abort))
  }

  /** Gives up all that was asked, and all that will be. */
  fail(error: unknown) {
    this.#failure = { error }
    for (const { reject } of this.#asked.values()) reject(error)
    this.#asked.clear()
  }

  /** Lends bytes to the other side; what it is given goes into `borrow` there. */
  lend(chunks: AsyncIterable<Uint8Array>): number {
    const id = ++this.#count
    this.#lent.set(id, chunks[Symbol.asyncIterator]())
    return id
  }

  /** The bytes that the other side lends. */
  async *borrow(id: number): AsyncGenerator<Chunk> {
    try {
      for (;;) {
        const next = await this.ask<IteratorResult<Chunk> | undefined>('pull', id)
        if (!next || next.done) return
        yield next.value
      }
    } finally {
      this.ask('drop', id).catch(() => {})
    }
  }

  /** The same as a stream. */
  borrowStream(id: number): ReadableStream<Chunk> {
    const chunks = this.borrow(id)
    return new ReadableStream<Chunk>({
      async pull(controller) {
        const { done, value } = await chunks.next()
        if (done) controller.close()
        else controller.enqueue(value)
      },
      cancel: () => void this.ask('drop', id).catch(() => {}),
    })
  }

  #take(message: Message) {
    const { kind, id } = message
    if (kind === 'ask') return void this.#work(message)
    if (kind === 'abort') return this.#working.get(id)?.abort(message.reason)
    const question = this.#asked.get(id)
    if (kind === 'progress') return question?.onProgress?.(message.value as never)
    this.#asked.delete(id)
    if (kind === 'answer') question?.resolve(message.value as never)
    else question?.reject(received(message.error))
  }

  async #work({ id, method, args }: Message & { kind: 'ask' }) {
    const controller = new AbortController()
    this.#working.set(id, controller)
    const progress = (value: unknown) => this.#post({ kind: 'progress', id, value })
    try {
      const work = Object.hasOwn(this.#methods, method) ? this.#methods[method] : undefined
      if (!work) throw new TypeError(`the worker has no method ${method}`)
      const transfer: Transferable[] = []
      const context = { signal: controller.signal, progress, transfer }
      const value = await work(args as never, context)
      this.#port.postMessage({ kind: 'answer', id, value } satisfies Message, transfer)
    } catch (thrown) {
      this.#post({ kind: 'error', id, error: posted(thrown) })
    } finally {
      this.#working.delete(id)
    }
  }

  #post(message: Message) {
    this.#port.postMessage(message)
  }
}

/** The chunks of a stream: not all browsers let one iterate it. */
export async function* chunksOf(stream: ReadableStream<Uint8Array>): AsyncGenerator<Uint8Array> {
  const reader = stream.getReader()
  let ended = false
  try {
    for (;;) {
      const { done, value } = await reader.read()
      if ((ended = done)) return
      if (value) yield value
    }
  } finally {
    if (!ended) reader.cancel().catch(() => {})
  }
}

/** An error in a form that can be posted. */
export function posted(thrown: unknown): Posted {
  if (!(thrown instanceof PicotufError)) return { other: cloneable(thrown) }
  const { code, text, cause } = thrown
  const reason = cause === undefined ? undefined : cloneable(cause)
  return { refusal: { code, text, ...detailsOf(thrown), cause: reason } }
}

/** The error that was posted. */
export const received = (error: Posted): unknown =>
  'refusal' in error ? refused(error.refusal) : error.other

/** What was thrown, or what it says if it cannot be posted. */
function cloneable(value: unknown): unknown {
  try {
    return structuredClone(value)
  } catch {
    return new Error(reasonOf(value))
  }
}
