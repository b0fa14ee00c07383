import { BaseClient } from './client.js'
import { Engine, type LoadEngine } from './engine.js'
import { sigstoreOpener } from './sigstore-root.js'
import { BaseTrustedRoot, historyReader, releasesReader } from './trusted-root.js'
import { started } from './wasm-module.js'
import { withMlDsa } from './ml-dsa.js'
import * as glue from './wasm/sigstore.js'

export * from './common.js'
export { PackageIndex } from './package-index.js'
export type * from './attest-types.js'
export type * from './package-index-types.js'
export type * from './sigstore-types.js'

const address = () => new URL('./wasm/sigstore_bg.wasm', import.meta.url)
const load = started(glue, address, ({ Core, Attestations }) => ({
  engine: new Engine(Core),
  Attestations,
}))

/** A client of one repository: see {@link BaseClient}. */
export class Client extends BaseClient {
  /** @internal */
  static override engine: LoadEngine = async (wasm) => (await load(wasm)).engine
  /** @internal */
  static override withMlDsa: LoadEngine = withMlDsa
}

/** Sigstore's trusted root, which verifies attestations: see {@link BaseTrustedRoot}. */
export class TrustedRoot extends BaseTrustedRoot {
  /** @internal */
  static override module = load
}

/**
 * Gets Sigstore's trusted root: a target of its TUF repository, which a client refreshes from the
 * root that comes with this package. Give a `store`, or nothing is remembered of it.
 */
export const openSigstore = sigstoreOpener(Client, TrustedRoot)

/**
 * Says of each file of a project what it comes to beside the others, in their order: whether its
 * publisher is another than that of the version before, or its attestation is gone.
 */
export const history = historyReader(load)

/** Groups the files of a project by their versions (PEP 440), the newest first. */
export const releases = releasesReader(load)
