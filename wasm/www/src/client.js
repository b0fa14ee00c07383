// Clients of repositories, all in one worker: see verifier.js.

import { Client } from './picotuf/worker.js'

export { IndexedDBStore, MemoryStore, PicotufError } from './picotuf/worker.js'

let worker

/** A client in the page's worker. */
export async function openClient(options) {
  worker ??= new Worker(new URL('verifier.js', import.meta.url), { type: 'module' })
  return Client.open({ ...options, worker })
}
