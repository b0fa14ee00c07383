import { type LoadEngine, engine } from './engine.js'
import { readModule } from './read-module.js'
import * as glue from './wasm/ml-dsa.js'

const module = () =>
  readModule(new URL('./wasm/ml-dsa_bg.wasm', import.meta.url), import.meta.url, 'ml-dsa_bg.wasm')

/** The module of a client with ML-DSA besides, which is loaded when a file has such a key. */
export const withMlDsa: LoadEngine = engine(glue, module, 'wasmWithMlDsa')
