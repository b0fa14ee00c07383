// Index pages in JSON (PEP 691, PEP 700, PEP 714): core/src/pypi/simple/json.rs.

import { normalize } from './catalogue.js'
import { bytesOf } from './cursor.js'
import { Reader } from './json.js'
import { FILE_NAME_LENGTH_MAX, PageError, cut, hash, isKnownHash, isKnownVersion } from './simple-parts.js'

/** Goes over the whole page; each file goes to `take(file, position)`, and what is wrong with a page of good form to `refuse(error)`. */
export function readJson(bytes, project, { take, refuse }) {
  const reader = new Reader(bytes)
  const found = {}
  reader.object((name) => {
    if (name === 'meta') found.meta = readMeta(reader, refuse)
    else if (name === 'name') {
      found.name = reader.string()
      if (!isOf(project, found.name)) refuse(new PageError('page-project', 'the index page is another project\'s'))
    } else if (name === 'files') {
      found.files = true
      reader.array(() => readFile(reader, take))
    } else reader.skip()
  })
  for (const member of ['meta', 'name', 'files']) reader.require(found[member], member)
  reader.end()
}

/** Whether a project is called so, in whatever spelling (PEP 503). */
const isOf = (project, name) => [project, name].every((text) => /^[a-z\d]([-_.a-z\d]*[a-z\d])?$/i.test(text)) && normalize(name) === normalize(project)

function readMeta(reader, refuse) {
  let version
  reader.object((name) => {
    if (name !== 'api-version') return reader.skip()
    version = reader.string()
    if (!isKnownVersion(version)) refuse(new PageError('page-version', 'the index page is of a version that is not known'))
  })
  return reader.require(version, 'api-version')
}

function readFile(reader, take) {
  const file = {}
  reader.object((name) => {
    if (name === 'filename') file.name = reader.string()
    else if (name === 'hashes') file.hashes = readHashes(reader)
    else if (name === 'size') file.size = reader.type() === 'a number' ? reader.integer() : reader.skip()
    else if (name === 'requires-python') file.python = reader.type() === 'a string' ? readText(reader) : reader.skip()
    else if (name === 'yanked') file.yanked = readYanked(reader)
    else if (/^(core|data-dist-info|dist-info)-metadata$/.test(name)) checkCoreMetadata(reader)
    else reader.skip()
  })
  reader.require(file.name, 'filename')
  reader.require(file.hashes, 'hashes')
  if (bytesOf(file.name) <= FILE_NAME_LENGTH_MAX) take(file, reader.position())
}

/** A text, of which the front is kept; there is none where it is too long to be looked at. */
function readText(reader) {
  const text = reader.shortString()
  return text === undefined ? undefined : cut(text)
}

/** Yanked it is, even if the reason is too long. */
function readYanked(reader) {
  if (reader.type() === 'a string') return readText(reader) ?? ''
  return reader.boolean() ? '' : undefined
}

function checkCoreMetadata(reader) {
  if (reader.type() === 'an object') readHashes(reader)
  else reader.boolean()
}

function readHashes(reader) {
  const hashes = {}
  reader.object((name) => {
    const text = reader.string()
    if (!isKnownHash(name)) return
    hashes[name] = hash(name, text) ?? reader.fail('invalid-form', '`hashes` is not of its form,')
  })
  return hashes
}
