import { bytesOf } from './cursor.js'

/** Why an index page is refused, with the code and the words of the core (core/src/pypi/simple.rs). */
export class PageError extends Error {
  constructor(code, message) {
    super(message)
    this.name = 'PageError'
    this.code = code
  }
}

/** The longest name of a file: one that is longer is no file's. */
export const FILE_NAME_LENGTH_MAX = 255

const PAGE_TEXT_LENGTH_MAX = 512

/** As much of a text as is kept: whole characters. */
export function cut(text) {
  if (bytesOf(text) <= PAGE_TEXT_LENGTH_MAX) return text
  let [kept, length] = ['', 0]
  for (const character of text) {
    length += bytesOf(character)
    if (length > PAGE_TEXT_LENGTH_MAX) break
    kept += character
  }
  return kept
}

const DIGITS = { sha256: 64, sha512: 128 }

/** Whether a page's hash is of a kind that TUF has too. */
export const isKnownHash = (name) => Object.hasOwn(DIGITS, name)

/** The hash that some digits are; nothing where they are not of its form. */
export const hash = (name, text) => (text.length === DIGITS[name] && /^[\da-fA-F]*$/.test(text) ? text.toLowerCase() : undefined)

/** Whether a version of the API is one that is known (PEP 629): any minor version of 1. */
export const isKnownVersion = (version) => /^1(\.\d+)?$/.test(version)

