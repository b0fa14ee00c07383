/** The longest text of a member, in bytes of UTF-8. */
const TEXT_LENGTH_MAX = 512
/** The digits that a hash has, by its algorithm. */
const DIGITS = { sha256: 64, sha512: 128, 'blake2b-256': 64 }
const WRONG_TYPE = 'not of a type that it may have'

/** The members of a target's `custom` that are known: core/src/pypi/custom.rs. */
export function customFields(custom) {
  if (custom === null || typeof custom !== 'object') return undefined
  const read = [
    ['requires-python', 'requiresPython', text(custom['requires-python'])],
    ['yanked', 'yanked', yanked(custom.yanked)],
    ['core-metadata', 'coreMetadata', coreMetadata(custom)],
    ['backsigned', 'backsigned', boolean(custom.backsigned)],
  ].filter(([, , field]) => field !== undefined)
  if (read.length === 0) return undefined
  const fields = Object.fromEntries(read.filter(([, , { why }]) => !why).map(([, key, { value }]) => [key, value]))
  const wrong = read.filter(([, , { why }]) => why).map(([name, , { why }]) => [name, why])
  return wrong.length === 0 ? fields : { ...fields, wrong: Object.fromEntries(wrong) }
}

function text(value) {
  if (value === undefined) return undefined
  if (typeof value !== 'string') return { why: WRONG_TYPE }
  return fits(value) ? { value } : { why: `longer than ${TEXT_LENGTH_MAX} bytes` }
}

function boolean(value) {
  if (value === undefined) return undefined
  return typeof value === 'boolean' ? { value } : { why: WRONG_TYPE }
}

/** `false`, or why, which need not be said. Yanked it is, even if the reason is too long. */
function yanked(value) {
  if (typeof value === 'boolean') return { value: value && '' }
  return typeof value === 'string' && !fits(value) ? { value: '' } : text(value)
}

/** `false`, `true`, or hashes by their algorithms (PEP 658, PEP 714). */
function coreMetadata(custom) {
  const older = Object.entries(custom).findLast(([name]) => ['dist-info-metadata', 'data-dist-info-metadata'].includes(name))
  const value = Object.hasOwn(custom, 'core-metadata') ? custom['core-metadata'] : older?.[1]
  if (value === null || typeof value !== 'object' || Array.isArray(value)) return boolean(value)
  const hashes = Object.entries(value).filter(([algorithm]) => Object.hasOwn(DIGITS, algorithm))
  // The last that is wrong says why.
  const why = hashes.map(([algorithm, hash]) => wrongHash(algorithm, hash)).findLast(Boolean)
  return why ? { why } : { value: Object.fromEntries(hashes.map(([algorithm, hash]) => [algorithm, hash.toLowerCase()])) }
}

function wrongHash(algorithm, hash) {
  if (typeof hash !== 'string') return WRONG_TYPE
  return hash.length === DIGITS[algorithm] && /^[0-9a-f]*$/i.test(hash) ? undefined : 'with a hash that is not of its form'
}

const fits = (value) => new TextEncoder().encode(value).length <= TEXT_LENGTH_MAX
