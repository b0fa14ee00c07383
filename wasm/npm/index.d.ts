/** Why something was refused, or could not be done. The only error that is thrown, but for what an `AbortSignal` throws. */
export class PicotufError extends Error {
  /** For a store of your own: one that was faster is `concurrent-update`, whatever else fails `io`. */
  constructor(
    code: string,
    text: string,
    details?: { cause?: unknown; blame?: PicotufError['blame']; file?: string },
  )
  /**
   * Stable, in kebab case: a code of the verifier, such as `rollback`, `expired`,
   * `threshold-not-met` or `hash-mismatch`, or one of this package: `already-initialized`,
   * `changed-meanwhile`, `concurrent-update`, `connection`, `http-status`, `internal`, `io`,
   * `missing-setting`, `missing-target`, `not-initialized`, `too-large`, `unsafe-target-path`,
   * `usage`, `wasm`.
   */
  readonly code: string
  /** What happened, without the role and the file that `message` names too. */
  readonly text: string
  /** Who has to act. */
  readonly blame: 'repository' | 'caller' | 'limit' | 'unsupported' | 'transport' | 'system'
  /** The role that it is about. */
  readonly role?: string
  /** The target that it is about. */
  readonly target?: string
  /** The roles that led there, `targets` first. */
  readonly delegationPath?: readonly string[]
  /** What was expected, where a value was. */
  readonly expected?: string | number
  /** What was found in its place. */
  readonly found?: string | number
  /** The URL of the file that it is about, without credentials and query. */
  readonly url?: string
  /** The stored file that it is about. */
  readonly file?: string
}

/** Where a client keeps its metadata. Each client has a store object of its own; several may work on the same place. */
export interface Store {
  /** The file of that name, a plain file name on every system. */
  load(name: string): Promise<Uint8Array | undefined>
  /**
   * Keeps the file, durably, in the place of any before. If another program has put a file there
   * since this one loaded it, and that has a higher version, it throws a `PicotufError` with the
   * code `concurrent-update` instead.
   */
  save(name: string, bytes: Uint8Array, version: number): Promise<void>
  /** Removes the file, if there is one. */
  delete(name: string): Promise<void>
  /** Does `work` while no other user of the same place does theirs. */
  lock?<T>(work: () => Promise<T>, options: { signal?: AbortSignal }): Promise<T>
  /** Where the file is, for messages. */
  path?(name: string): string
}

/** Keeps metadata as long as the object lives. */
export class MemoryStore implements Store {
  load(name: string): Promise<Uint8Array | undefined>
  save(name: string, bytes: Uint8Array, version: number): Promise<void>
  delete(name: string): Promise<void>
}

/** Keeps metadata in a browser's IndexedDB, over reloads. Several tabs may use it at one time. */
export class IndexedDBStore implements Store {
  /** `name` is the name of the database: one for each repository. Without it, `picotuf`. */
  constructor(name?: string)
  load(name: string): Promise<Uint8Array | undefined>
  save(name: string, bytes: Uint8Array, version: number): Promise<void>
  delete(name: string): Promise<void>
  lock<T>(work: () => Promise<T>, options?: { signal?: AbortSignal }): Promise<T>
  /** Closes the database; the next call opens it again. */
  close(): Promise<void>
}

/** Bounds on what a repository can make the client do; those that are left out are python-tuf's. Lengths are in bytes. */
export interface Limits {
  /** The longest root: 512,000. */
  rootLength?: number
  /** The longest timestamp: 16,384. */
  timestampLength?: number
  /** The longest snapshot, where the timestamp states no length: 2,000,000. */
  snapshotLength?: number
  /** The longest targets file, where the snapshot states no length: 5,000,000. */
  targetsLength?: number
  /** How many new roots one refresh follows: 256. */
  rootRotations?: number
  /** How many delegated roles the search for one target visits, at most 32: 32. */
  delegations?: number
}

export interface ClientOptions {
  /**
   * The root that you trust, which must come with your program and not from the repository. It may
   * be left out where the store has one. If the store began with another one, a newer root takes
   * the place of the stored one, whose keys must have signed it; any other is refused, with the
   * code `already-initialized`: use another store for it.
   */
  root?: Uint8Array | ArrayBuffer | string
  /** Where the metadata is. In a page, it may be relative to the page. */
  metadataUrl?: string | URL
  /** Where the targets are; only `download` needs it. */
  targetUrl?: string | URL
  /** Where the metadata is kept; in memory, if nothing is said. */
  store?: Store
  limits?: Limits
  /** The time by which expiry is judged, RFC 3339 where it is text; a function is asked at each refresh. The system's, if nothing is said. */
  now?: Date | string | (() => Date | string)
  /** In the place of the global `fetch`. */
  fetch?: typeof fetch
  /** Ask for `HASH.name` where the repository has consistent snapshots: true, if nothing is said. */
  hashPrefix?: boolean
  /** Fetch no metadata: what is stored has to do, and is held to the same rules. */
  offline?: boolean
  /** The WebAssembly module, where a bundler does not find it by itself. The first client of a program decides. */
  wasm?: string | URL | Response | BufferSource | WebAssembly.Module | Promise<Response>
  signal?: AbortSignal
}

/** A role that is trusted, and why. */
export interface TrustedRole {
  readonly role: string
  readonly version: number
  /** RFC 3339. */
  readonly expires: string
  /** How many distinct keys must have signed. */
  readonly threshold: number
  /** How many distinct usable keys the role has. */
  readonly keys: number
  /** How many distinct keys signed: one under two keyids is one. */
  readonly signingKeys: number
  /** The keyids of all keys of the role that signed. */
  readonly signers: readonly string[]
  /** In bytes. */
  readonly length: number
  /** Whether it was read from the repository last, and not from the store. */
  readonly fetched: boolean
  /** Where it was fetched from. */
  readonly url?: string
  /** Where it was stored. */
  readonly file?: string
}

/** What is signed of a target file. Plain data: it may be sent to a worker, or kept. */
export interface Target {
  /** As the repository lists it. */
  readonly path: string
  /** In bytes. */
  readonly length: number
  /** Hexadecimal digits by the name of the hash function: at least one of `sha256`, `sha512`, `blake2b-256`. */
  readonly hashes: Readonly<Record<string, string>>
  /** What else the repository says about it. */
  readonly custom?: unknown
  /** The names of the roles that led to it: `targets` first, the one that lists it last. */
  readonly delegationPath: readonly string[]
  /** These roles, with who signed them. */
  readonly signedBy: readonly TrustedRole[]
  /** Whether the repository keeps every version of its files. */
  readonly consistentSnapshot: boolean
}

/** How far an operation is. */
export interface Progress {
  /** The role whose metadata is being fetched. */
  role?: string
  /** The target that is being fetched or verified. */
  path?: string
  /** In bytes. */
  loaded: number
  /** In bytes, where it is known. */
  total?: number
}

export interface OperationOptions {
  signal?: AbortSignal
  onProgress?: (progress: Progress) => void
}

/** A stream of the bytes of a target. It fails before its last chunk if they are not those that are signed. */
export type TargetStream = ReadableStream<Uint8Array<ArrayBuffer>> & { readonly url: string }

/**
 * A client of one repository. Its operations on metadata take turns.
 *
 * After an error with the code `internal` it is of no more use.
 */
export class Client {
  private constructor()

  /** A client that trusts `root`. Nothing is fetched from the repository yet. */
  static open(options: ClientOptions): Promise<Client>

  /** Brings the metadata up to date: root, timestamp, snapshot, targets (spec §5.3 to §5.6). */
  refresh(options?: OperationOptions): Promise<readonly TrustedRole[]>

  /** What is signed of the target of that path; null if no role that may speak for it lists it. Refreshes first, if that was not done. */
  target(path: string, options?: OperationOptions): Promise<Target | null>

  /** The bytes of a target, verified. */
  download(
    target: Target,
    options?: OperationOptions & { as?: 'bytes' },
  ): Promise<Uint8Array<ArrayBuffer>>
  /** The same as they come, for what is too large to be held in memory. Use nothing of it before its end was reached. */
  download(target: Target, options: OperationOptions & { as: 'stream' }): Promise<TargetStream>

  /** Whether a file is the target: throws if it is not. It is read in pieces. */
  verify(
    target: Target,
    file: Uint8Array | ArrayBuffer | Blob | ReadableStream<Uint8Array> | AsyncIterable<Uint8Array>,
    options?: OperationOptions,
  ): Promise<void>

  /** What is trusted now, in the order in which it was verified. */
  readonly trusted: readonly TrustedRole[]

  /** The bytes of a role's metadata as they were verified since the last refresh, if they are still at hand: some 64 MB are kept. */
  metadata(role: string): Uint8Array | undefined
}
