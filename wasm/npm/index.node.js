import { readFile } from 'node:fs/promises'
import * as glue from './wasm/picotuf.js'
import { BaseClient } from './lib/client.js'
import { engine } from './lib/engine.js'

export { PicotufError } from './lib/error.js'
export { FolderStore } from './lib/folder-store.js'
export { IndexedDBStore } from './lib/indexeddb-store.js'
export { MemoryStore } from './lib/memory-store.js'
export { saveTarget } from './lib/save-target.js'

export class Client extends BaseClient {
  static engine = engine(glue, () => readFile(new URL('./wasm/picotuf_bg.wasm', import.meta.url)))
}
