/** Why something was refused, or could not be done. */
export class PicotufError extends Error {
  constructor(code, text, details = {}) {
    const { cause, ...values } = details
    super(line(code, text, values), cause === undefined ? undefined : { cause })
    this.name = 'PicotufError'
    this.code = code
    this.text = text
    this.blame = 'system'
    for (const [name, value] of Object.entries(values)) {
      if (value !== undefined && value !== '' && !(Array.isArray(value) && value.length === 0))
        this[name] = value
    }
  }
}

/** The error that a verdict of the verifier, or another error, makes with what else is known of it. */
export function refused(verdict, details) {
  const { name, code, text, ...values } = verdict
  return new PicotufError(code, text, { ...values, cause: verdict.cause, ...details })
}

/** The program was called wrongly. */
export const usage = (text) => new PicotufError('usage', text, { blame: 'caller' })

/** What was thrown, if it is an error of ours or an abort; otherwise the one error that `make` makes of it. */
export function as(thrown, signal, make) {
  if (signal?.aborted) return signal.reason
  return thrown instanceof PicotufError || thrown?.name === 'AbortError' ? thrown : make(thrown)
}

function line(code, text, { target, role, url, file, delegationPath = [] }) {
  const place = url ?? file
  const about = role ? (place ? `${role} (${place})` : role) : place
  const path = delegationPath.length > 1 ? `, reached by ${delegationPath.join(' > ')}` : ''
  return oneLine(
    `${target === undefined ? '' : `${target}: `}${about ? `${about}: ` : ''}${text} [${code}]${path}`,
  )
}

/** Text of a repository's making, so that it can neither break the line nor steer a terminal. */
export function oneLine(text) {
  return String(text).replace(
    UNSAFE,
    (character) => `\\u{${character.codePointAt(0).toString(16)}}`,
  )
}

// Control and format characters, line separators, and what may be left out when text is shown: as
// the core's `OneLine`.
const UNSAFE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\u2800]/gu
