/** Who has to act on an error. */
export type Blame = 'repository' | 'caller' | 'limit' | 'unsupported' | 'transport' | 'system'

/** The codes of the verifier, for metadata and files of targets. */
export type VerifierCode =
  | 'duplicate-member'
  | 'duplicate-role'
  | 'duplicate-signature'
  | 'expired'
  | 'hash-mismatch'
  | 'invalid-delegation'
  | 'invalid-form'
  | 'invalid-json'
  | 'invalid-number'
  | 'invalid-role-name'
  | 'invalid-string'
  | 'invalid-time'
  | 'invalid-utf8'
  | 'length-mismatch'
  | 'limit-reached'
  | 'missing-file'
  | 'missing-member'
  | 'removed-from-snapshot'
  | 'role-not-in-snapshot'
  | 'rollback'
  | 'source-failed'
  | 'stream-unsorted'
  | 'target-not-found'
  | 'threshold-not-met'
  | 'trailing-data'
  | 'unexpected-call'
  | 'unexpected-end'
  | 'unsorted-too-large'
  | 'unsupported-hash'
  | 'unsupported-key-scheme'
  | 'unsupported-spec-version'
  | 'wrong-role'
  | 'wrong-type'
  | 'wrong-version'
  | 'zero'

/** The codes of the reader of index pages, besides those of the verifier for what is no JSON. */
export type PageCode =
  | 'page-form'
  | 'page-html'
  | 'page-length'
  | 'page-names-file-twice'
  | 'page-project'
  | 'page-version'

/** The codes of attestations, besides those of the verifier for what is no JSON. */
export type AttestationCode =
  | 'attestation-form'
  | 'authority-ended'
  | 'bundle-form'
  | 'certificate-chain'
  | 'certificate-form'
  | 'certificate-time'
  | 'checkpoint-form'
  | 'checkpoint-mismatch'
  | 'checkpoint-signature'
  | 'envelope-signature'
  | 'file-name'
  | 'log-ended'
  | 'log-entry-form'
  | 'log-entry-mismatch'
  | 'log-entry-missing'
  | 'log-inclusion'
  | 'log-promise'
  | 'message-signature'
  | 'no-attestations'
  | 'no-authority'
  | 'no-publish-attestation'
  | 'no-signed-time'
  | 'not-yet'
  | 'other-identity'
  | 'other-publisher'
  | 'provenance-form'
  | 'publisher-claims'
  | 'publisher-mismatch'
  | 'sct-form'
  | 'sct-log-ended'
  | 'sct-missing'
  | 'sct-signature'
  | 'sct-unknown-log'
  | 'statement-form'
  | 'subject-digest'
  | 'subject-name'
  | 'subjects'
  | 'timestamp-form'
  | 'timestamp-mismatch'
  | 'timestamp-signature'
  | 'timestamp-unknown'
  | 'trusted-root-form'
  | 'unknown-log'
  | 'unsupported-attestation-version'
  | 'unsupported-authority'
  | 'unsupported-bundle-content'
  | 'unsupported-bundle-version'
  | 'unsupported-certificate'
  | 'unsupported-issuer'
  | 'unsupported-key'
  | 'unsupported-log'
  | 'unsupported-log-entry'
  | 'unsupported-payload-type'
  | 'unsupported-predicate'
  | 'unsupported-provenance-version'
  | 'unsupported-publisher'
  | 'unsupported-statement-type'
  | 'unsupported-timestamp'
  | 'unsupported-trusted-root-version'

/** The codes of this package. */
export type PackageCode =
  | 'already-initialized'
  | 'changed-meanwhile'
  | 'concurrent-update'
  | 'connection'
  | 'http-status'
  | 'index-page'
  | 'internal'
  | 'io'
  | 'missing-setting'
  | 'missing-target'
  | 'not-initialized'
  | 'page-link'
  | 'timeout'
  | 'too-large'
  | 'unsafe-target-path'
  | 'usage'
  | 'wasm'
  | 'worker'

/** What an error is about: stable, in kebab case. */
export type ErrorCode = VerifierCode | PageCode | AttestationCode | PackageCode

/** What is known of an error besides its code and its text. */
export interface ErrorDetails {
  cause?: unknown
  blame?: Blame | undefined
  role?: string | undefined
  target?: string | undefined
  delegationPath?: readonly string[] | undefined
  expected?: string | number | undefined
  found?: string | number | undefined
  url?: string | undefined
  file?: string | undefined
  hint?: string | undefined
}

/**
 * Why something was refused, or could not be done. The only error that is thrown, but for what an
 * `AbortSignal`, and functions of yours, throw.
 */
export class PicotufError extends Error {
  override readonly name = 'PicotufError'
  /** Stable, in kebab case, such as `rollback`, `expired`, `threshold-not-met`, `hash-mismatch`. */
  readonly code: ErrorCode
  /** What happened, without the role, the file and the advice that `message` has too. */
  readonly text: string
  /** Who has to act. */
  readonly blame: Blame = 'system'
  /** The role that it is about. */
  declare readonly role?: string
  /** The target that it is about. */
  declare readonly target?: string
  /** The roles that led there, `targets` first. */
  declare readonly delegationPath?: readonly string[]
  /** What was expected, where a value was. */
  declare readonly expected?: string | number
  /** What was found in its place. */
  declare readonly found?: string | number
  /** The URL of the file that it is about, without credentials and query. */
  declare readonly url?: string
  /** The stored file that it is about. */
  declare readonly file?: string
  /** What to look at next, where that is known. */
  declare readonly hint?: string

  /**
   * For a store of your own: `concurrent-update` where another program was faster, `io` for all
   * else that fails.
   */
  constructor(code: ErrorCode, text: string, details: ErrorDetails = {}) {
    const { cause, ...values } = details
    super(line(code, text, values), cause === undefined ? undefined : { cause })
    this.code = code
    this.text = text
    Object.assign(
      this,
      Object.fromEntries(Object.entries(values).filter(([, value]) => states(value))),
    )
  }
}

const states = (value: unknown) =>
  value !== undefined && value !== '' && !(Array.isArray(value) && value.length === 0)

/** What the module says where it refuses. */
export interface Refusal extends ErrorDetails {
  code: ErrorCode
  text: string
}

/** The error that a refusal, or another error, makes with what else is known of it. */
export function refused(refusal: Refusal | PicotufError, details?: ErrorDetails): PicotufError {
  const { code, text, cause } = refusal
  return new PicotufError(code, text, { ...detailsOf(refusal), cause, ...details })
}

/** What is known of an error, but for its cause. */
export function detailsOf(error: ErrorDetails): Omit<ErrorDetails, 'cause'> {
  const { blame, role, target, delegationPath, expected, found, url, file, hint } = error
  return { blame, role, target, delegationPath, expected, found, url, file, hint }
}

/** The program was called wrongly. */
export const usage = (text: string) => new PicotufError('usage', text, { blame: 'caller' })

/** Refuses an object of options that has one of another name, or is none. */
export function checkOptions(
  options: unknown,
  names: readonly string[],
  [what, all]: readonly [string, string] = ['option', 'the options are'],
): void {
  if (typeof options !== 'object' || options === null) throw usage(`${all} an object`)
  for (const name of Object.keys(options)) {
    if (names.includes(name)) continue
    const meant = names.find((known) => known.toLowerCase() === name.toLowerCase())
    const instead = meant ? `: \`${meant}\` is meant` : `; there are ${names.join(', ')}`
    throw usage(`there is no ${what} \`${oneLine(name)}\`${instead}`)
  }
}

/** What was thrown, if it is ours or an abort; otherwise the one error that `make` makes of it. */
export function as<T>(
  thrown: unknown,
  signal: AbortSignal | undefined,
  make: (cause: unknown) => T,
): unknown {
  if (signal?.aborted) return signal.reason
  return thrown instanceof PicotufError || isAbort(thrown) ? thrown : make(thrown)
}

/** Whether this is what an aborted operation throws. */
export const isAbort = (thrown: unknown) => nameOf(thrown) === 'AbortError'

const nameOf = (thrown: unknown) => (thrown as { name?: unknown } | undefined)?.name

/** The reason of whatever was thrown, as text. */
export const reasonOf = (cause: unknown) =>
  String((cause as { message?: unknown } | null | undefined)?.message ?? cause)

function line(code: string, text: string, details: ErrorDetails) {
  const { target, role, url, file, delegationPath = [], hint } = details
  const place = url ?? file
  const about = role ? (place ? `${role} (${place})` : role) : place
  const before = [target, about].filter((part) => part !== undefined && part !== '')
  const path = delegationPath.length > 1 ? `, reached by ${delegationPath.join(' > ')}` : ''
  const advice = hint ? ` — ${hint}` : ''
  return oneLine(`${[...before, text].join(': ')} [${code}]${path}${advice}`)
}

/** Text of a repository's making, so that it can neither break the line nor steer a terminal. */
export function oneLine(text: string): string {
  return String(text).replace(UNSAFE, (found) => `\\u{${found.codePointAt(0)?.toString(16)}}`)
}

// Control and format characters, line separators, and what may be left out when text is shown: as
// the core's `OneLine`.
const UNSAFE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\u2800]/gu
