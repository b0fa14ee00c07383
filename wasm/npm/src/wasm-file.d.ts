import type { WasmSource } from './types.js'

/** A WebAssembly module as a bundler gives it: its bytes, or its address. */
declare const wasm: WasmSource
export default wasm
