import { decode } from './engine.js'
import { PicotufError, refused } from './error.js'

/** What the module says in JSON, or nothing. */
export const parsed = (bytes) => (bytes.length ? JSON.parse(decode(bytes)) : undefined)

/** What the module says in JSON: an object, a refusal, which has a code and is thrown, or nothing. */
export function said(bytes) {
  const value = parsed(bytes)
  if (value?.code) throw value
  return value
}

/** Calls the WebAssembly module: what it throws becomes one error. */
export function call(work, place) {
  try {
    return work()
  } catch (thrown) {
    // A verdict is a plain object; all else is a trap, or what the module does not take.
    throw thrown instanceof Error || typeof thrown?.code !== 'string'
      ? internal(thrown)
      : refused(thrown, place)
  }
}

function internal(cause) {
  return new PicotufError(
    'internal',
    `a fault of this library, please report it: ${cause?.message ?? cause}`,
    {
      blame: 'caller',
      cause,
    },
  )
}
