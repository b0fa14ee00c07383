// Clients of repositories, all in one worker: see verifier.js.

import { Client } from './picotuf/worker.js'

export { IndexedDBStore, MemoryStore, PicotufError } from './picotuf/worker.js'

// Begun before anybody needs it: it is a round trip and some work away.
const worker = new Worker(new URL('verifier.js', import.meta.url), { type: 'module' })

/** A client in the page's worker. */
export async function openClient(options) {
  return Client.open({ ...options, worker })
}
