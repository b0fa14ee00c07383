import type { PicotufError } from './error.js'
import type { ClientOptions, RefreshOptions, TrustedRole } from './types.js'

/**
 * What `openSigstore` takes: what `Client.open` does, of which all has a default. Any other name is
 * refused.
 */
export interface SigstoreOptions extends Omit<ClientOptions, 'metadataUrl' | 'targetUrl'> {
  /** Where the repository is: Sigstore's, if nothing is said. Its targets are below `targets/`. */
  url?: string | URL | undefined
  /** As those of an operation of a client. */
  source?: RefreshOptions['source']
  onProgress?: RefreshOptions['onProgress']
}

/** A trusted root, and how it came. */
export interface Opened<Root> {
  readonly root: Root
  /** What is trusted of the TUF repository. */
  readonly trusted: readonly TrustedRole[]
  /** Why the repository was not asked, where what is stored had to do. */
  readonly unreachable?: PicotufError
}
