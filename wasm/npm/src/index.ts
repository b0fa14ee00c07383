import { BaseClient } from './client.js'
import { type LoadEngine, engine } from './engine.js'
import { withMlDsa } from './ml-dsa.js'
import * as glue from './wasm/picotuf.js'

export * from './common.js'

/** A client of one repository: see {@link BaseClient}. */
export class Client extends BaseClient {
  /** @internal */
  static override engine: LoadEngine = engine(
    glue,
    () => new URL('./wasm/picotuf_bg.wasm', import.meta.url),
  )
  /** @internal */
  static override withMlDsa: LoadEngine = withMlDsa
}
