import type { AttestGlue, AttestCore } from './glue.js'
import { encode, joined } from './engine.js'
import { PicotufError, type Refusal, checkOptions, refused, usage } from './error.js'
import type {
  AttestOptions,
  AttestedFile,
  HistoryEntry,
  Identity,
  PublishedFile,
  Releases,
  Report,
} from './attest-types.js'
import type { WasmSource } from './types.js'
import { call, said } from './verdict.js'

/** What the module can be asked for, by its numbers in wasm/src/attest.rs. */
const TRUST = 0
const CHECK = 1
const HISTORY = 2
const RELEASES = 3

/** Starts the module that has attestations. */
export type LoadAttest = (wasm?: WasmSource) => Promise<Pick<AttestGlue, 'Attestations'>>

const FILE = [
  'name',
  'sha256',
  'provenance',
  'publisher',
  'now',
] as const satisfies (keyof AttestedFile)[]

const PUBLISHED = ['version', 'uploadTime', 'publisher'] as const satisfies (keyof PublishedFile)[]

/** What {@link checkOptions} calls them. */
const A_FILE = ['member of a file', 'a file is'] as const

/** As the module says it: errors are plain. */
type Plain<T> = T extends PicotufError
  ? Refusal
  : T extends readonly (infer E)[]
    ? Plain<E>[]
    : T extends object
      ? { [K in keyof T]: Plain<T[K]> }
      : T

/**
 * Sigstore's trusted root: the keys of its logs and authorities. It is believed as it is, so it has
 * to be a verified target of Sigstore's TUF repository: `picotuf/sigstore` gets it.
 */
export class BaseTrustedRoot {
  #core: AttestCore
  /** Logs and authorities that do not count, and why. */
  readonly passedOver: readonly string[]

  /** @internal The entry points say which WebAssembly module is used. */
  static module: LoadAttest

  /** Not to be called: `TrustedRoot.read` is. */
  protected constructor(core: AttestCore, passedOver: string[]) {
    this.#core = core
    this.passedOver = Object.freeze(passedOver)
  }

  /**
   * Reads a `trusted_root.json`. Throws a {@link PicotufError} with the code `trusted-root-form`
   * and others where it is none.
   */
  static async read<T extends typeof BaseTrustedRoot>(
    this: T,
    bytes: Uint8Array | ArrayBuffer | string,
    options: AttestOptions = {},
  ): Promise<T['prototype']> {
    checkOptions(options, ['wasm'])
    const root = bytesOf(bytes, 'the trusted root')
    const { Attestations } = await this.module(options.wasm)
    return call(() => {
      const core = new Attestations()
      const read = said<{ passedOver: string[] }>(core.call(TRUST, root, 0))
      return new this(core, read?.passedOver ?? [])
    })
  }

  /**
   * Says who published a file, by its provenance document: all of what is verified, and `error`
   * where something does not hold. Only a wrong call throws.
   */
  check(file: AttestedFile): Report {
    checkOptions(file, FILE, A_FILE)
    const { name, sha256, provenance, publisher, now = new Date() } = file
    const seconds = now instanceof Date ? Math.floor(now.getTime() / 1000) : NaN
    if (Number.isNaN(seconds)) throw usage('`now` is not a time')
    const asked = publisher === undefined ? undefined : textOf(publisher, '`publisher`')
    const parts = [
      textOf(name, '`name`'),
      textOf(sha256, '`sha256`'),
      asked,
      bytesOf(provenance, 'the provenance document'),
    ]
    const plain = call(() =>
      said<Plain<Report>>(this.#core.call(CHECK, partsOf(parts), seconds)),
    ) as Plain<Report>
    const withError = <T extends { error?: Refusal }>(value: T) =>
      value.error ? { ...value, error: refused(value.error, { target: name }) } : value
    const attestations = plain.attestations.map(withError)
    return frozen({ ...withError(plain), attestations }) as unknown as Report
  }

  /**
   * As {@link check}, and throws where the attestations do not hold: what it gives has a
   * `publisher`. Without a `publisher` in `file`, anybody may be it.
   */
  verify(file: AttestedFile): Report & { readonly publisher: Identity } {
    const report = this.check(file)
    if (report.error || !report.publisher) throw report.error
    return report as Report & { readonly publisher: Identity }
  }
}

/** What says whose publisher changed, by the module that `load` starts. */
export const historyReader = (load: LoadAttest) =>
  async function history(
    files: readonly PublishedFile[],
    options: AttestOptions = {},
  ): Promise<readonly HistoryEntry[]> {
    checkOptions(options, ['wasm'])
    if (!Array.isArray(files)) throw usage('`files` is a list')
    const parts = files.flatMap((file) => {
      // A wrong one would look like a file without an attestation.
      checkOptions(file, PUBLISHED, A_FILE)
      const { version, uploadTime, publisher } = file as PublishedFile
      textOf(version, '`version` of a file')
      if (uploadTime !== undefined) textOf(uploadTime, '`uploadTime` of a file')
      if (publisher !== undefined) textOf(publisher?.spec, '`publisher.spec` of a file')
      const { issuer, repositoryId, ownerId, sourceRef } = publisher?.claims ?? {}
      return [version, uploadTime, publisher?.spec, issuer, repositoryId, ownerId, sourceRef]
    })
    const { decisions } = await asked<{ decisions: HistoryEntry[] }>(load, HISTORY, parts, options)
    return frozen(decisions)
  }

/** What groups files by their versions, by the module that `load` starts. */
export const releasesReader = (load: LoadAttest) =>
  async function releases(
    project: string,
    names: readonly string[],
    options: AttestOptions = {},
  ): Promise<Releases> {
    checkOptions(options, ['wasm'])
    if (!Array.isArray(names)) throw usage('`names` is a list')
    return frozen(await asked<Releases>(load, RELEASES, [project, ...names], options))
  }

async function asked<T>(
  load: LoadAttest,
  what: number,
  parts: readonly (string | undefined)[],
  { wasm }: AttestOptions,
) {
  const { Attestations } = await load(wasm)
  const bytes = parts.map((part) => (part === undefined ? part : textOf(part, 'a part')))
  return call(() => {
    const core = new Attestations()
    const answer = said<T>(core.call(what, partsOf(bytes), parts.length))
    core.free()
    return answer as T
  })
}

/** Parts as the module takes them: see wasm/src/parts.rs. */
function partsOf(parts: readonly (Uint8Array | undefined)[]) {
  const lengths = Float64Array.from(parts, (part) => part?.length ?? NaN)
  return joined(new Uint8Array(lengths.buffer), ...parts)
}

function textOf(value: unknown, name: string) {
  if (typeof value !== 'string' || /\p{Surrogate}/u.test(value)) throw usage(`${name} is text`)
  return encode(value)
}

function bytesOf(value: unknown, name: string) {
  if (typeof value === 'string') return textOf(value, name)
  if (value instanceof Uint8Array) return value
  if (value instanceof ArrayBuffer) return new Uint8Array(value)
  throw usage(`${name} is bytes or text`)
}

/** What is frozen to the last of its members. */
function frozen<T>(value: T): T {
  if (typeof value !== 'object' || value === null || value instanceof PicotufError) return value
  Object.values(value).forEach(frozen)
  return Object.freeze(value)
}
