import { BaseClient } from './client.js'
import { type LoadEngine, engine } from './engine.js'
import { withMlDsa } from './ml-dsa.node.js'
import { readModule } from './read-module.js'
import * as glue from './wasm/picotuf.js'

export * from './common.js'
export { FolderStore } from './folder-store.js'
export { findCached, saveTarget } from './save-target.js'

/** A client of one repository: see {@link BaseClient}. */
export class Client extends BaseClient {
  /** @internal */
  static override engine: LoadEngine = engine(glue, () =>
    readModule(
      new URL('./wasm/picotuf_bg.wasm', import.meta.url),
      import.meta.url,
      'picotuf_bg.wasm',
    ),
  )
  /** @internal */
  static override withMlDsa: LoadEngine = withMlDsa
}
