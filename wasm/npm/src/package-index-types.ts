import type { Fetch } from './types.js'

/** What a `PackageIndex` is made from. Any other name is refused. */
export interface PackageIndexOptions {
  /** The simple index (PEP 503): PyPI's, if nothing is said. */
  url?: string | URL | undefined
  /** Other servers that the index may have its provenance documents on. */
  provenanceFrom?: readonly (string | URL)[] | undefined
  /** As those of `Client.open`, but that a request is repeated once. */
  fetch?: Fetch | undefined
  timeout?: number | undefined
  retries?: number | undefined
}

/** A file, as an index lists it. Nothing of it is signed. */
export interface IndexedFile {
  readonly name: string
  readonly url: string
  /** In lowercase hexadecimal digits. */
  readonly sha256?: string
  /** In bytes (PEP 700). */
  readonly size?: number
  /** RFC 3339 (PEP 700). */
  readonly uploadTime?: string
  /** That it was yanked, and why: the text may be empty (PEP 592). */
  readonly yanked?: string
  /** Where its provenance document is (PEP 740); nothing where it has none. */
  readonly provenance?: string
}

/** A project, as an index lists it. */
export interface IndexedProject {
  readonly name: string
  readonly files: readonly IndexedFile[]
}
