/** What stands behind the JavaScript that wasm-bindgen writes: see wasm/src. */

/** Starts the module, a `WebAssembly.Module`: not every user has types for that. */
export type Start = (options: { module: object }) => unknown

/** A session with a repository, or the check of a file. */
export interface Core {
  call(call: number, bytes: Uint8Array, number: number): Uint8Array
  free(): void
}

/** The module of a client. */
export interface ClientGlue {
  initSync: Start
  Core: new () => Core
}

/** The module that reads index pages. */
export interface PypiGlue {
  initSync: Start
  readIndexPage(bytes: Uint8Array, length: number): Uint8Array
  readCustomFields(json: Uint8Array): Uint8Array
  targetPaths(name: Uint8Array): Uint8Array
}

/** A trusted root of Sigstore. */
export type AttestCore = Pick<Core, 'call' | 'free'>

/** A module that verifies attestations. */
export interface AttestGlue {
  initSync: Start
  Attestations: new () => AttestCore
}
