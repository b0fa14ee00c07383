// Clients of repositories, all in one worker: see verifier.js.

import { Client } from './picotuf/worker.js'

export { IndexedDBStore, MemoryStore, PicotufError } from './picotuf/worker.js'

// Both are begun before anybody needs them: they are a round trip and some work away. The page
// takes up what its head has preloaded, which a worker would ask for once more. Where that fails,
// the worker tries by itself, and says why it cannot.
const wasm = WebAssembly.compileStreaming(fetch('wasm/page_bg.wasm')).catch(() => undefined)
const worker = new Worker(new URL('verifier.js', import.meta.url), { type: 'module' })

/** A client in the page's worker. */
export async function openClient(options) {
  return Client.open({ ...options, wasm, worker })
}
