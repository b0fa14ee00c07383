/** So many bytes a text has in UTF-8. */
export const bytesOf = (text) => new TextEncoder().encode(text).length

/** A place in the text of some bytes, as far as they are UTF-8. */
export class Cursor {
  at = 0
  #counted = { at: 0, bytes: 0 }

  constructor(bytes) {
    const whole = decode(bytes)
    /** Whether all of the bytes are UTF-8. Where they are not, the text ends with half of a surrogate pair, which no bytes stand for. */
    this.whole = whole !== undefined
    this.text = whole ?? `${decode(bytes.subarray(0, soundLength(bytes)), { stream: true })}\ud800`
  }

  /** How many bytes stand before a place: cheap from one place to a later one. */
  position(at = this.at) {
    const from = at < this.#counted.at ? { at: 0, bytes: 0 } : this.#counted
    this.#counted = { at, bytes: from.bytes + bytesOf(this.text.slice(from.at, at)) }
    return this.#counted.bytes
  }
}

/** Text, a mark at its front and all; nothing if it is not UTF-8. With `stream`, half a character may stand at the end. */
function decode(bytes, options) {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes, options)
  } catch {
    return undefined
  }
}

/** How many bytes at the front are UTF-8, or could be if others followed. */
function soundLength(bytes) {
  let [sound, most] = [0, bytes.length]
  while (sound < most) {
    const middle = Math.ceil((sound + most) / 2)
    if (decode(bytes.subarray(0, middle), { stream: true }) === undefined) most = middle - 1
    else sound = middle
  }
  return sound
}
