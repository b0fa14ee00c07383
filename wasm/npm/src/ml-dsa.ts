import { type LoadEngine, engine } from './engine.js'
import * as glue from './wasm/ml-dsa.js'

/** The module of a client with ML-DSA besides, which is loaded when a file has such a key. */
export const withMlDsa: LoadEngine = engine(
  glue,
  () => new URL('./wasm/ml-dsa_bg.wasm', import.meta.url),
  'wasmWithMlDsa',
)
