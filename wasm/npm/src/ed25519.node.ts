import { BaseClient } from './client.js'
import { type LoadEngine, engine } from './engine.js'
import { readModule } from './read-module.js'
import * as glue from './wasm/ed25519.js'

export * from './common.js'
export { FolderStore } from './folder-store.js'
export { findCached, saveTarget } from './save-target.js'

/** A client of one repository: see {@link BaseClient}. */
export class Client extends BaseClient {
  /** @internal */
  static override engine: LoadEngine = engine(glue, () =>
    readModule(
      new URL('./wasm/ed25519_bg.wasm', import.meta.url),
      import.meta.url,
      'ed25519_bg.wasm',
    ),
  )
}
