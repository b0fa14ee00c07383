// Strict JSON, pulled value by value, with the verdicts of the core's Reader (core/src/json.rs): `JSON.parse` takes the last of two
// members of one name, and what another parser takes nobody knows.

import { Cursor, bytesOf } from './cursor.js'
import { PageError } from './simple-parts.js'

// As in core/src/limits.rs.
const DEPTH_MAX = 64
const NAME_LENGTH_MAX = 1024
const OPEN_NAMES_MAX = 2 * NAME_LENGTH_MAX
const STRING_LENGTH_MAX = 2048
const INTEGER_MAX = 2n ** 64n - 1n
const INTEGER_MIN = -(2n ** 63n)
const DIGITS_MAX = `${INTEGER_MAX}`.length

const TYPES = { '{': 'an object', '[': 'an array', '"': 'a string', t: 'a boolean', f: 'a boolean', n: 'null', '-': 'a number' }
for (const digit of '0123456789') TYPES[digit] = 'a number'

const ESCAPES = { '"': '"', '\\': '\\', '/': '/', b: '\b', f: '\f', n: '\n', r: '\r', t: '\t' }

/** What is wrong is thrown as a `PageError`. */
export class Reader extends Cursor {
  #depth = 0
  /** The names of objects that are open, in bytes. */
  #names = 0
  /** Where the first object begins that has a name twice, though not in a row: it is refused at the end, as in the core. */
  #duplicate

  /** Goes through an object: `take(name)` has to read the value of each member. */
  object(take) {
    const start = this.#enter('an object')
    const outer = this.#names
    const seen = new Set()
    let last
    while (this.#next('}', seen.size > 0)) {
      const place = this.at
      const name = this.text[place] === '"' ? this.#string() : this.#invalid()
      const length = bytesOf(name)
      if (length > NAME_LENGTH_MAX) this.#limit(NAME_LENGTH_MAX, 'bytes in a member name')
      if (name === last) this.fail('duplicate-member', DUPLICATE, place)
      if (seen.has(name)) this.#duplicate = Math.min(start, this.#duplicate ?? start)
      seen.add(last = name)
      this.#names = outer + length
      if (this.#names > OPEN_NAMES_MAX) this.#limit(OPEN_NAMES_MAX, 'bytes in the member names that lead to a value')
      if (this.#peek() !== ':') this.#invalid()
      this.at++
      take(name)
    }
    this.#names = outer
    this.#depth--
  }

  /** Goes through an array: `take()` has to read each element. */
  array(take) {
    this.#enter('an array')
    for (let first = true; this.#next(']', !first); first = false) take()
    this.#depth--
  }

  /** A string of a length that has a use. */
  string() {
    return this.shortString() ?? this.#limit(STRING_LENGTH_MAX, 'bytes in a string')
  }

  /** A string; nothing if it is longer than any that has a use. */
  shortString() {
    this.#expect('a string')
    const text = this.#string()
    return isLonger(text, STRING_LENGTH_MAX) ? undefined : text
  }

  /** An integer of at least 0; of those beyond 2⁵³, about that. */
  integer() {
    this.#expect('a number')
    const start = this.at
    const number = this.#number()
    if (number < 0) this.#invalidNumber(start)
    return number
  }

  boolean() {
    this.#expect('a boolean')
    return this.#literal() === 'true'
  }

  /** Any value, which is checked like all others. */
  skip() {
    const skip = () => this.skip()
    switch (this.type()) {
      case 'an object': return this.object(skip)
      case 'an array': return this.array(skip)
      case 'a string': return void this.#string()
      case 'a number': return void this.#number()
      default: this.#literal()
    }
  }

  /** The type of the value that comes next. */
  type() {
    return TYPES[this.#peek()] ?? this.#invalid()
  }

  /** What a member said; `undefined` where it is missing from the object that was read last. */
  require(value, member) {
    if (value === undefined) this.fail('missing-member', `\`${member}\` is missing from the object that ends`)
    return value
  }

  /** Nothing may follow, and no name may have been there twice. */
  end() {
    this.#space()
    if (this.at < this.text.length) this.fail('trailing-data', 'something follows the document,')
    if (this.#duplicate !== undefined) this.fail('duplicate-member', DUPLICATE, this.#duplicate)
  }

  fail(code, what, at = this.at) {
    throw new PageError(code, `the index page is not right: ${what} at byte ${this.position(at)}`)
  }

  #limit(most, what) {
    throw new PageError('limit-reached', `the index page is not right: more than ${most} ${what}`)
  }

  #invalid(at) {
    this.fail('invalid-json', 'not JSON,', at)
  }

  #invalidNumber(at) {
    this.fail('invalid-number', 'not an integer that TUF allows,', at)
  }

  #expect(type) {
    const found = this.type()
    if (found !== type) this.fail('wrong-type', `found ${found}, expected ${type},`)
  }

  #space() {
    while (' \t\n\r'.includes(this.text[this.at] ?? '.')) this.at++
  }

  /** The next character that is not white space. */
  #peek() {
    this.#space()
    return this.text[this.at] ?? this.#ended()
  }

  #ended() {
    this.fail('unexpected-end', 'the file ends too early,', this.text.length)
  }

  #enter(type) {
    this.#expect(type)
    if (++this.#depth > DEPTH_MAX) this.#limit(DEPTH_MAX, 'levels of nesting')
    return this.at++
  }

  /** Goes over a comma, to the next entry, or over `close`: then there is none. */
  #next(close, further) {
    const next = this.#peek()
    if (next === close) {
      this.at++
      return false
    }
    if (!further) return true
    if (next !== ',') this.#invalid()
    this.at++
    // A comma must not be the last thing.
    if (this.#peek() === close) this.#invalid()
    return true
  }

  #literal() {
    const word = { t: 'true', f: 'false' }[this.text[this.at]] ?? 'null'
    if (!this.text.startsWith(word, this.at)) this.#invalid()
    this.at += word.length
    return word
  }

  #number() {
    const start = this.at
    while (/[-+.eE\d]/.test(this.text[this.at] ?? '')) this.at++
    const digits = this.text.slice(start, this.at)
    const value = digits.length <= DIGITS_MAX && /^(0|-?[1-9]\d*)$/.test(digits) ? BigInt(digits) : undefined
    if (!(value >= INTEGER_MIN && value <= INTEGER_MAX)) this.#invalidNumber(start)
    return Number(value)
  }

  #string() {
    let text = ''
    let from = ++this.at
    for (;;) {
      const code = this.text.charCodeAt(this.at)
      if (code === 0x22) return text + this.text.slice(from, this.at++)
      if (code === 0x5c) {
        text += this.text.slice(from, this.at) + this.#escape()
        from = this.at
      } else if (code < 0x20) this.fail('invalid-string', INVALID_STRING)
      else if (this.at >= this.text.length) this.#ended()
      else if (!this.whole && this.at === this.text.length - 1) this.fail('invalid-utf8', 'not UTF-8,')
      else this.at++
    }
  }

  #escape() {
    const start = this.at++
    const invalid = () => this.fail('invalid-string', INVALID_STRING, start)
    const take = () => this.text[this.at++] ?? this.#ended()
    const unit = () => {
      let value = 0
      for (let digit = 0; digit < 4; digit++) value = value * 16 + (HEX.get(take()) ?? invalid())
      return value
    }
    const letter = take()
    if (letter !== 'u') return ESCAPES[letter] ?? invalid()
    const high = unit()
    if (high < 0xd800 || high > 0xdfff) return String.fromCharCode(high)
    if (high > 0xdbff || take() !== '\\' || take() !== 'u') invalid()
    const low = unit()
    if (low < 0xdc00 || low > 0xdfff) invalid()
    return String.fromCharCode(high, low)
  }
}

const DUPLICATE = 'a member name appears twice in one object,'
const INVALID_STRING = 'a string holds what JSON does not allow,'
const HEX = new Map([...'0123456789abcdef'].flatMap((digit, value) => [[digit, value], [digit.toUpperCase(), value]]))

const isLonger = (text, most) => text.length > most || (text.length * 3 > most && bytesOf(text) > most)
