import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { io } from '../lib/folder-store.js'

/** A root that a user trusts, read from a file, not verified yet: `sha256` in hex is what settings remember it by. */
export async function readAnchor(path) {
  const bytes = new Uint8Array(await readFile(path).catch((error) => {
    throw io('open the root', path, error)
  }))
  return { path, bytes, sha256: createHash('sha256').update(bytes).digest('hex') }
}
