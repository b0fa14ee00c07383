// Index pages in HTML (PEP 503, PEP 592, PEP 629, PEP 658, PEP 714), of a strict kind that every parser reads alike:
// core/src/pypi/simple/html.rs. What a browser would mend is refused, so this page's own parser is of no use here.

import { Cursor, bytesOf } from './cursor.js'
import { FILE_NAME_LENGTH_MAX, PageError, cut, hash, isKnownHash, isKnownVersion } from './simple-parts.js'

const ATTRIBUTES_MAX = 24
const LINK_LENGTH_MAX = 2048

/** Elements whose content is read as any other. Those with a grammar of their own, such as `script`, are none of them. */
const ELEMENTS = new Set(('a b body br code dd div dl dt em footer h1 h2 h3 h4 h5 h6 head header hr html i li link main meta nav ol p pre '
  + 'section small span strong table tbody td th thead title tr tt ul').split(' '))

/** Goes over the whole page, as `readJson` does. A page in HTML does not say whose it is. */
export function readHtml(bytes, project, { take, refuse }) {
  const scanner = new Scanner(bytes)
  if (!scanner.whole) scanner.fail('what is not UTF-8', scanner.text.length - 1)
  scanner.doctype()
  for (let elements = false; ;) {
    scanner.plainText('<')
    if (scanner.ended) {
      // A page that was cut to nothing says nothing.
      if (!elements) scanner.fail('no element')
      return
    }
    if (scanner.skip('<!--')) {
      scanner.comment()
      continue
    }
    elements = true
    const tag = scanner.tag()
    if (tag.name === 'title' && !tag.isEnd) {
      scanner.plainText('<')
      scanner.endOf('title')
    } else if (tag.name === 'a') {
      if (tag.isEnd) scanner.fail('the end of a link that was not begun')
      const text = scanner.plainText('<')
      scanner.endOf('a')
      const file = readLink(scanner, tag.attributes, text)
      if (bytesOf(file.name) <= FILE_NAME_LENGTH_MAX) take(file, scanner.position())
    } else if (tag.name === 'meta') {
      const [name, content] = [tag.attributes.get('name'), tag.attributes.get('content')]
      const known = content === undefined || name?.toLowerCase() !== 'pypi:repository-version' || isKnownVersion(content)
      if (!known) refuse(new PageError('page-version', 'the index page is of a version that is not known'))
    }
  }
}

/** A link is an entry: its text is the file's name, and so is the last part of its `href`. */
function readLink(scanner, attributes, text) {
  const name = scanner.decode(trim(text))
  const url = scanner.decode(attributes.get('href') ?? scanner.fail('a link without `href`'))
  if (bytesOf(url) > LINK_LENGTH_MAX) scanner.fail('a link that is too long')
  // Readers of URLs leave some of it out, or take it for a slash.
  if (!/^[!-[\]-~]*$/.test(url)) scanner.fail('a link with what stands in no URL')
  const [link, fragment] = splitOnce(url, '#')
  let [path] = splitOnce(link, '?')
  // What follows `//` is a server's name and no path.
  const slashes = path.indexOf('//')
  if (slashes === 0 || path[slashes - 1] === ':') path = splitOnce(path.slice(slashes + 2), '/')[1]
  // A name that is too long is no file's that can be asked for.
  const fits = bytesOf(name) <= FILE_NAME_LENGTH_MAX
  const called = fits && percentDecoded(path.slice(path.lastIndexOf('/') + 1))
  if (name === '' || (fits && called !== name)) scanner.fail('a link to a file that is called otherwise')
  const file = { name, hashes: readHashes(scanner, fragment) }
  for (const [member, attribute] of [['python', 'data-requires-python'], ['yanked', 'data-yanked']]) {
    const raw = attributes.get(attribute)
    if (raw !== undefined) file[member] = cut(scanner.decode(raw))
  }
  const metadata = attributes.get('data-core-metadata') ?? attributes.get('data-dist-info-metadata') ?? ''
  if (!['', 'true', 'false'].includes(metadata)) readHashes(scanner, metadata)
  return file
}

/** `sha256=…`, and other `name=value` between `&`. */
function readHashes(scanner, text) {
  const hashes = {}
  for (const pair of text.split('&')) {
    const [name, value] = splitOnce(pair, '=')
    if (!pair.includes('=') || !isKnownHash(name)) continue
    const digits = hash(name, value) ?? scanner.fail('a hash that is not of its form')
    if (hashes[name]) scanner.fail('two hashes of one kind in a link')
    hashes[name] = digits
  }
  return hashes
}

class Scanner extends Cursor {
  get ended() {
    return this.at >= this.text.length
  }

  fail(what, at = this.at) {
    throw new PageError('page-html', `the index page has ${what}, at byte ${this.position(at)}`)
  }

  /** Takes what is `expected`, if it is there. */
  skip(expected) {
    const there = this.text.startsWith(expected, this.at)
    if (there) this.at += expected.length
    return there
  }

  /** Takes white space, and says whether there was some. */
  space() {
    const from = this.at
    while (isSpace(this.text[this.at])) this.at++
    return this.at > from
  }

  /** `<!DOCTYPE html>`, if it is there. */
  doctype() {
    this.space()
    const [start] = /^<!doctype html/i.exec(this.text.slice(this.at, this.at + 14)) ?? ['']
    if (!start) return
    this.at += start.length
    const end = this.text.indexOf('>', this.at)
    if (end < 0) this.fail('a doctype that does not end')
    const rest = this.text.slice(this.at, end)
    this.at = end
    if (rest.includes('<')) this.fail('a doctype that does not end')
    this.at++
  }

  /** Text up to `end`, which is not taken, or to the end of the page. */
  plainText(end) {
    const found = this.text.indexOf(end, this.at)
    const text = this.text.slice(this.at, found < 0 ? undefined : found)
    this.at += text.length
    if (/[\0-\x08\v\x0e-\x1f\x7f]/.test(text)) this.fail('a control character')
    return text
  }

  /** The rest of a comment. Parsers differ in where some end: what may end one stands only there. */
  comment() {
    const text = this.plainText('>')
    const inside = text.slice(0, -2)
    if (!text.endsWith('--') || inside.includes('--') || inside.includes('<') || inside.startsWith('-') || inside.endsWith('-') || !this.skip('>')) {
      this.fail('a comment that does not end')
    }
  }

  /** `{ name, isEnd, attributes }`, these by their names in lowercase, as they stand. */
  tag() {
    this.skip('<')
    const isEnd = this.skip('/')
    const name = this.name()
    if (!ELEMENTS.has(name)) this.fail('an element that is not known')
    const attributes = new Map()
    for (;;) {
      const spaced = this.space()
      if (this.skip('>')) return { name, isEnd, attributes }
      if (!isEnd && this.skip('/>')) {
        // A parser that ignores the slash would take what follows for the text of the link.
        if (name === 'a') this.fail('a link without a text')
        return { name, isEnd, attributes }
      }
      if (!spaced || isEnd) this.fail('a tag that is not of its form')
      const attribute = this.name()
      if (!attribute || attributes.has(attribute)) this.fail('an attribute that stands twice or has no name')
      const value = this.value()
      if (attributes.size === ATTRIBUTES_MAX) this.fail('too many attributes in a tag')
      attributes.set(attribute, value)
    }
  }

  /** The name of an element or an attribute, in lowercase. */
  name() {
    const from = this.at
    while (/[-\w:.]/.test(this.text[this.at] ?? '')) this.at++
    return this.text.slice(from, this.at).toLowerCase()
  }

  /** The value of an attribute in its quotes; an attribute may have none. */
  value() {
    const before = this.at
    this.space()
    if (!this.skip('=')) {
      this.at = before
      return ''
    }
    this.space()
    const quote = ['"', '\''].find((quote) => this.skip(quote)) ?? this.fail('an attribute without quotes')
    const value = this.plainText(quote)
    if (!this.skip(quote)) this.fail('an attribute that does not end')
    return value
  }

  endOf(element) {
    if (this.text[this.at] !== '<' || this.text[this.at + 1] === '!') this.fail('a link or a title that does not end')
    const { name, isEnd } = this.tag()
    if (!isEnd || name !== element) this.fail('an element within a link or a title')
  }

  /** What a raw text stands for. */
  decode(raw) {
    const [first, ...parts] = raw.split('&')
    return parts.reduce((text, part) => {
      const [name, rest] = splitOnce(part, ';')
      const character = part.includes(';') ? CHARACTERS[name] ?? numbered(name) : undefined
      return text + (character ?? this.fail('a character reference that is not known')) + rest
    }, first)
  }
}

const CHARACTERS = { __proto__: null, amp: '&', apos: '\'', gt: '>', lt: '<', quot: '"' }

/** `#60` or `#x3c`. Those that HTML would replace by others are refused. */
function numbered(name) {
  const [, hex, decimal] = /^#(?:[xX]([\da-fA-F]+)|(\d+))$/.exec(name) ?? []
  const code = hex ? parseInt(hex, 16) : parseInt(decimal, 10)
  const isCharacter = code < 0xd800 || (code > 0xdfff && code <= 0x10ffff)
  const isControl = code < 0x20 || (code > 0x7e && code < 0xa0)
  return isCharacter && !isControl ? String.fromCodePoint(code) : undefined
}

/** The text that a part of a URL stands for; nothing where it is badly encoded. */
function percentDecoded(text) {
  try {
    return decodeURIComponent(text)
  } catch {
    return undefined
  }
}

/** What stands before a separator and what behind; all and nothing where it is not there. */
function splitOnce(text, separator) {
  const at = text.indexOf(separator)
  return at < 0 ? [text, ''] : [text.slice(0, at), text.slice(at + separator.length)]
}

const isSpace = (character) => character !== undefined && ' \t\n\f\r'.includes(character)

function trim(text) {
  let [from, to] = [0, text.length]
  while (isSpace(text[from])) from++
  while (to > from && isSpace(text[to - 1])) to--
  return text.slice(from, to)
}
