// Questions to a worker, and its answers.

/** Asks `worker` by the names of its methods: `ask(method, args, { signal, onProgress })`. */
export function connect(worker) {
  const asked = new Map()
  let count = 0
  worker.addEventListener('message', ({ data: { id, kind, value } }) => {
    const question = asked.get(id)
    if (kind === 'progress') return question?.onProgress?.(value)
    asked.delete(id)
    if (kind === 'answer') question?.resolve(value)
    else question?.reject(Object.assign(new Error(value.message), value))
  })
  worker.addEventListener('error', (event) => {
    const error = Object.assign(new Error(`the worker cannot start: ${event.message ?? ''}`), {
      code: 'worker',
    })
    for (const { reject } of asked.values()) reject(error)
  })
  return (method, args, { signal, onProgress } = {}) =>
    new Promise((resolve, reject) => {
      const id = ++count
      const abort = () => {
        worker.postMessage({ id, kind: 'abort' })
        asked.delete(id)
        reject(signal.reason)
      }
      if (signal?.aborted) return reject(signal.reason)
      signal?.addEventListener('abort', abort, { once: true })
      asked.set(id, { resolve, reject, onProgress })
      worker.postMessage({ id, kind: 'ask', method, args })
    })
}

/** Answers the page, in a worker. */
export function serve(methods) {
  const working = new Map()
  addEventListener('message', async ({ data: { id, kind, method, args } }) => {
    if (kind === 'abort') return working.get(id)?.abort()
    const controller = new AbortController()
    working.set(id, controller)
    const { signal } = controller
    const progress = (value) => postMessage({ id, kind: 'progress', value })
    try {
      const value = await methods[method](args, { signal, progress })
      postMessage({ id, kind: 'answer', value })
    } catch (error) {
      postMessage({ id, kind: 'error', value: plain(error) })
    }
    working.delete(id)
  })
}

/** An error as plain data, which can be posted. */
export function plain({ name, code, text, message, blame, role, target, expected, found, url }) {
  return { name, code, text, message, blame, role, target, expected, found, url }
}
