import type { PicotufError } from './error.js'

/**
 * Where a client keeps its metadata. Each client has a store object of its own; several may work on
 * the same place.
 */
export interface Store {
  /** The file of that name, a plain file name on every system. */
  load(name: string): Promise<Uint8Array | undefined>
  /**
   * Keeps the file, durably, in the place of any before. If another program has put a file there
   * since this one loaded it, and that has a higher version, it throws a {@link PicotufError} with
   * the code `concurrent-update` instead.
   */
  save(name: string, bytes: Uint8Array, version: number): Promise<void>
  /** Removes the file, if there is one. */
  delete(name: string): Promise<void>
  /** Does `work` while no other user of the same place does theirs. */
  lock?<T>(work: () => Promise<T>, options: { signal?: AbortSignal | undefined }): Promise<T>
  /** Where the file is, for messages. */
  path?(name: string): string
}

/**
 * Bounds on what a repository can make the client do; those that are left out are python-tuf's.
 * Lengths are in bytes.
 */
export interface Limits {
  /** The longest root: 512,000. */
  rootLength?: number | undefined
  /** The longest timestamp: 16,384. */
  timestampLength?: number | undefined
  /** The longest snapshot, where the timestamp states no length: 2,000,000. */
  snapshotLength?: number | undefined
  /** The longest targets file, where the snapshot states no length: 5,000,000. */
  targetsLength?: number | undefined
  /** How many new roots one refresh follows: 256. */
  rootRotations?: number | undefined
  /** How many delegated roles the search for one target visits, at most 32: 32. */
  delegations?: number | undefined
}

/** What a client needs of a response: what `fetch` gives has it. */
export interface FetchResponse {
  readonly status: number
  readonly statusText: string
  readonly headers: { get(name: string): string | null }
  readonly body: ReadableStream<Uint8Array> | null
}

/** What a client needs of `fetch`. */
export type Fetch = (
  url: string,
  init: { signal?: AbortSignal; cache?: 'no-cache'; headers?: { [name: string]: string } },
) => FetchResponse | Promise<FetchResponse>

/**
 * The WebAssembly module: its URL, its bytes, a `Response` or a `WebAssembly.Module`, or a promise
 * of one of them.
 */
export type WasmSource = string | URL | object

/** What {@link Client.open} takes. Any other name is refused. */
export interface ClientOptions {
  /**
   * The root that you trust, which must come with your program and not from the repository. It may
   * be left out where the store has one. If the store began with another one, a newer root takes
   * the place of the stored one, whose keys must have signed it; any other is refused, with the
   * code `already-initialized`: use another store for it.
   */
  root?: Uint8Array | ArrayBuffer | string | undefined
  /** Where the metadata is. In a page, it may be relative to the page. */
  metadataUrl?: string | URL | undefined
  /** Where the targets are; only `download` and `getTarget` need it. */
  targetUrl?: string | URL | undefined
  /** Where the metadata is kept; in memory, if nothing is said. */
  store?: Store | undefined
  limits?: Limits | undefined
  /**
   * The time by which expiry is judged, RFC 3339 where it is text; a function is asked at each
   * refresh. The system's, if nothing is said.
   */
  now?: Date | string | (() => Date | string) | undefined
  /** In the place of the global `fetch`. */
  fetch?: Fetch | undefined
  /**
   * How long, in milliseconds, a server may send nothing before a request is given up, with the
   * code `timeout`: 30,000. `Infinity` waits as long as the system does.
   */
  timeout?: number | undefined
  /**
   * How often a request is made again that had no answer, or one that says that the server cannot
   * now (408, 429, 500, 502, 503, 504): 2. The first time after 0.2 seconds, then after 0.8, and so
   * on; after as many as `Retry-After` says, up to 30. A stream that has begun is not begun anew.
   */
  retries?: number | undefined
  /** Ask for `HASH.name` where the repository has consistent snapshots: true, if not said. */
  hashPrefix?: boolean | undefined
  /** The `source` of all operations is `store`, where they name no other. */
  offline?: boolean | undefined
  /**
   * The WebAssembly module, where a bundler does not find it by itself. The first client of a
   * program decides.
   */
  wasm?: WasmSource | undefined
  /**
   * The module that can do ML-DSA besides, `picotuf/ml-dsa.wasm`, where a bundler does not find it
   * by itself. It is loaded when a root, or another file, has a key of ML-DSA.
   */
  wasmWithMlDsa?: WasmSource | undefined
  signal?: AbortSignal | undefined
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
  /**
   * Hexadecimal digits by the name of the hash function: at least one of `sha256`, `sha512`,
   * `blake2b-256`.
   */
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
  /** Where that is fetched from. */
  url?: string
  /** The target that is being fetched or verified. */
  path?: string
  /** In bytes. */
  loaded: number
  /** In bytes, where it is known: of metadata, where the server states it. */
  total?: number
}

/**
 * Where metadata comes from when it is brought up to date.
 *
 * - `repository`: it is asked; that it does not answer is an error.
 * - `repository-or-store`: as before, but where it does not answer, what is stored has to do, if it
 *   has not expired. {@link Client.unreachable} says then why.
 * - `store`: nothing is fetched.
 *
 * All of it is verified in the same way wherever it comes from.
 */
export type MetadataSource = 'repository' | 'repository-or-store' | 'store'

/** What an operation takes. Any other name is refused. */
export interface OperationOptions {
  /** Aborts the operation, which then throws the signal's reason. */
  signal?: AbortSignal | undefined
  onProgress?: ((progress: Progress) => void) | undefined
}

/** What an operation takes that may bring metadata up to date. */
export interface RefreshOptions extends OperationOptions {
  /** `repository`, if nothing is said here or by `offline`. */
  source?: MetadataSource | undefined
}

/** What holds a file: it is read in pieces. */
export type FileSource =
  | Uint8Array
  | ArrayBuffer
  | ArrayBufferView
  | Blob
  | ReadableStream<Uint8Array>
  | AsyncIterable<Uint8Array>

/**
 * A stream of the bytes of a target. It fails before its last chunk if they are not those that are
 * signed.
 */
export type TargetStream = ReadableStream<Uint8Array<ArrayBuffer>> & { readonly url: string }

/** What a client can do, wherever it works. */
export interface ClientOperations {
  /** Brings the metadata up to date: root, timestamp, snapshot, targets (spec §5.3 to §5.6). */
  refresh(options?: RefreshOptions): Promise<readonly TrustedRole[]>

  /**
   * What is signed of the target of that path; null if no role that may speak for it lists it.
   * Refreshes first, if that was not done.
   */
  target(path: string, options?: RefreshOptions): Promise<Target | null>

  /**
   * The verified bytes of the target of that path: `target` and `download` in one. Throws a
   * {@link PicotufError} with the code `target-not-found` where no role lists it.
   */
  getTarget(path: string, options?: RefreshOptions): Promise<Uint8Array<ArrayBuffer>>

  /** The bytes of a target, verified. */
  download(
    target: Target,
    options?: OperationOptions & { as?: 'bytes' | undefined },
  ): Promise<Uint8Array<ArrayBuffer>>
  /**
   * The same as they come, for what is too large to be held in memory. Use nothing of it before its
   * end was reached.
   */
  download(target: Target, options: OperationOptions & { as: 'stream' }): Promise<TargetStream>

  /** Whether a file is the target: throws if it is not. It is read in pieces. */
  verify(target: Target, file: FileSource, options?: OperationOptions): Promise<void>

  /** What is trusted now, in the order in which it was verified. */
  readonly trusted: readonly TrustedRole[]

  /**
   * Why the repository was not asked when metadata was last brought up to date from
   * `repository-or-store`, and what is stored had to do.
   */
  readonly unreachable: PicotufError | undefined
}
