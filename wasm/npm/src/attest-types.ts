import type { PicotufError } from './error.js'
import type { WasmSource } from './types.js'

/** What the functions of `picotuf/attest` take besides. Any other name is refused. */
export interface AttestOptions {
  /** The WebAssembly module, where a bundler does not find it by itself. */
  wasm?: WasmSource | undefined
}

/** A file and its provenance document. */
export interface AttestedFile {
  /** The file's name: a wheel's or an sdist's. */
  name: string
  /** The SHA-256 of the file that you have, in hexadecimal digits. */
  sha256: string
  /** The provenance document (PEP 740), as the index serves it. */
  provenance: Uint8Array | ArrayBuffer | string
  /**
   * Who must have published it: `github:OWNER/REPO:WORKFLOW`, `gitlab:GROUP/PROJECT:FILE`,
   * `google:EMAIL` or `circleci:PROJECT_ID:PIPELINE_DEFINITION_ID`; `*` stands for any workflow.
   * Without it, anybody's attestation holds, and the report says whose it is.
   */
  publisher?: string | undefined
  /** The present time, which no signature may be later than: the system's, if nothing is said. */
  now?: Date | undefined
}

/** What a certificate says of who signed, as Fulcio checked it. Most exist for some kinds only. */
export interface Claims {
  /** A URL of the workflow that signed, or an email address. */
  readonly subject: string
  /** The identity provider's URL. */
  readonly issuer?: string
  readonly buildSignerUri?: string
  readonly buildSignerDigest?: string
  /** `github-hosted` or `self-hosted`. */
  readonly runnerEnvironment?: string
  /** The repository's URL. */
  readonly sourceRepository?: string
  /** The commit that was built. */
  readonly commit?: string
  /** The branch or tag that was built: `refs/heads/…`, `refs/tags/…`. */
  readonly sourceRef?: string
  /** The repository's number, which no other repository will have. */
  readonly repositoryId?: string
  /** The URL of the repository's owner. */
  readonly owner?: string
  /** The owner's number, which no other owner will have. */
  readonly ownerId?: string
  /** The workflow that was started: a URL, `@`, and a ref or commit. */
  readonly buildConfig?: string
  readonly buildConfigDigest?: string
  /** What started it, such as `release` or `push`. */
  readonly trigger?: string
  /** The URL of the run. */
  readonly run?: string
  /** `public` or `private`. */
  readonly visibility?: string
  /** The deployment environment; certificates have it since 2026. */
  readonly environment?: string
  readonly tokenSubject?: string
}

/** Who signed. It comes from the certificate, never from what the index states. */
export interface Identity {
  readonly kind: 'GitHub' | 'GitLab' | 'Google' | 'CircleCI'
  /** In the notation of {@link AttestedFile.publisher}. */
  readonly spec: string
  readonly claims: Claims
}

/** An entry of a transparency log that was verified. */
export interface LogEntry {
  /** The log's URL. */
  readonly log: string
  /** The entry's number in the log. */
  readonly index: number
  /** Kind and version, such as `dsse 0.0.1`. */
  readonly kind: string
  /** When the log took it (RFC 3339), where it says so. */
  readonly time?: string
}

/** What came of one attestation: what was verified of it, or why it does not hold. */
export interface CheckedAttestation {
  /** The publisher that the index states. It is not signed. */
  readonly stated?: string
  /** Why it does not hold, or does not count. All that follows is missing then. */
  readonly error?: PicotufError
  /** What it states, such as `https://docs.pypi.org/attestations/publish/v1`. */
  readonly predicateType?: string
  /** The name of the file that is attested. */
  readonly name?: string
  /**
   * The same name, where it is another spelling of the one that was asked about: `six-2.0.tar.gz`
   * of `Six-2.0.0.tar.gz`.
   */
  readonly otherName?: string
  /** The SHA-256 of that file. */
  readonly sha256?: string
  /** Who signed, where it is a publisher of a kind that PyPI supports. */
  readonly signer?: Identity
  /** When it was signed, on the word of logs (RFC 3339), in order. */
  readonly times?: readonly string[]
  /** Where it was logged. */
  readonly logEntries?: readonly LogEntry[]
}

/** What a provenance document comes to. */
export interface Report {
  /** Who published the file; nothing where the attestations do not hold. */
  readonly publisher?: Identity
  /** Why they do not hold. */
  readonly error?: PicotufError
  /**
   * Whether the file is no better and no worse than one without attestations, as all of them are of
   * kinds that this version does not know.
   */
  readonly countsForNothing?: boolean
  /** Each attestation, in the document's order. */
  readonly attestations: readonly CheckedAttestation[]
}

/** A file of a project, to be compared with the others: see `history`. */
export interface PublishedFile {
  readonly version: string
  /** When it was uploaded (RFC 3339), where the index says so. */
  readonly uploadTime?: string | undefined
  /** Who published it, as a report says; nothing where the file has no attestation. */
  readonly publisher?: Identity | undefined
}

/** What a file comes to beside the others of its project. */
export interface HistoryEntry {
  /**
   * - `first-use`: attested, and no lower version is; of a version that cannot be compared, no
   *   other file is;
   * - `pinned`: by a publisher of the attested version before; of a version that cannot be
   *   compared, by a publisher of any other file;
   * - `renamed`: by that publisher, whose repository has another name now;
   * - `publisher-changed`: by another one, and `change` says what differs;
   * - `not-attested`: no file of the project is;
   * - `before-attestations`: it is older than the first file that is;
   * - `gone`: others are attested, and this one is not.
   */
  readonly decision:
    | 'first-use'
    | 'pinned'
    | 'renamed'
    | 'publisher-changed'
    | 'not-attested'
    | 'before-attestations'
    | 'gone'
  readonly change?:
    'ids-missing' | 'issuer' | 'owner' | 'publisher' | 'ref-kind' | 'repository' | 'workflow'
  /** The change in words. */
  readonly text?: string
}

/** The files of a project by their versions: see `releases`. */
export interface Releases {
  /** The project's normalized name. */
  readonly project: string
  /** The newest first, with the places of its files in the list that was given. */
  readonly releases: readonly { readonly version: string; readonly files: readonly number[] }[]
  /** The places of files whose names say no version. */
  readonly others: readonly number[]
}
