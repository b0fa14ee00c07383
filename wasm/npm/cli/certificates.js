import { X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { usage } from '../lib/error.js'
import { io } from '../lib/folder-store.js'

const BLOCK = /-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g

/** The certificates of a PEM file, which may hold other things too. */
export function certificates(path) {
  let text
  try {
    text = readFileSync(path, 'latin1')
  } catch (error) {
    throw io('read the CA file', path, error)
  }
  const found = text.match(BLOCK) ?? []
  if (found.length === 0) throw Object.assign(usage('holds no certificate'), { file: path })
  for (const block of found) {
    try {
      new X509Certificate(block)
    } catch (error) {
      throw Object.assign(usage(`holds a certificate that cannot be read: ${error.message}`), { file: path })
    }
  }
  return found
}
