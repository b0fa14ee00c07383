import { decode } from './engine.js'
import { type ErrorDetails, PicotufError, type Refusal, reasonOf, refused } from './error.js'

/** What the module says in JSON, or nothing. */
export const parsed = <T>(bytes: Uint8Array): T | undefined =>
  bytes.length ? (JSON.parse(decode(bytes)) as T) : undefined

/**
 * What the module says in JSON: an object, nothing, or a refusal, which is thrown. `lacking` is why
 * the module with ML-DSA could not be loaded: a refusal that it may have prevented says so.
 * Otherwise it has what `advice` adds.
 */
export function said<T>(
  bytes: Uint8Array,
  lacking?: PicotufError,
  advice?: Pick<ErrorDetails, 'hint' | 'blame'> | false,
): T | undefined {
  const value = parsed<T & Partial<Refusal> & { lacksMlDsa?: true }>(bytes)
  if (!value?.code) return value
  if (!lacking || !value.lacksMlDsa) throw { ...value, ...advice }
  const text = `${value.text}; for ML-DSA, ${lacking.text}`
  throw { ...value, text, blame: lacking.blame, cause: lacking }
}

/** Calls the WebAssembly module: what it throws becomes one error. */
export function call<T>(work: () => T, place?: ErrorDetails): T {
  try {
    return work()
  } catch (thrown) {
    // A verdict is a plain object; all else is a trap, or what the module does not take.
    throw isRefusal(thrown) ? refused(thrown, place) : internal(thrown)
  }
}

const isRefusal = (thrown: unknown): thrown is Refusal =>
  !(thrown instanceof Error) && typeof (thrown as { code?: unknown } | undefined)?.code === 'string'

function internal(cause: unknown) {
  const text = `a fault of this library, please report it: ${reasonOf(cause)}`
  return new PicotufError('internal', text, { blame: 'caller', cause })
}
