import { BaseTrustedRoot, historyReader, releasesReader } from './trusted-root.js'
import { started } from './wasm-module.js'
import * as glue from './wasm/attest.js'

export { PicotufError } from './error.js'
export type * from './attest-types.js'

const address = () => new URL('./wasm/attest_bg.wasm', import.meta.url)
const load = started(glue, address, (glue) => glue)

/** Sigstore's trusted root, which verifies attestations: see {@link BaseTrustedRoot}. */
export class TrustedRoot extends BaseTrustedRoot {
  /** @internal */
  static override module = load
}

/**
 * Says of each file of a project what it comes to beside the others, in their order: whether its
 * publisher is another than that of the version before, or its attestation is gone.
 */
export const history = historyReader(load)

/** Groups the files of a project by their versions (PEP 440), the newest first. */
export const releases = releasesReader(load)
