import { fileURLToPath } from 'node:url'
import { oneLine } from '../lib/error.js'
import { shown } from '../lib/fetch.js'
import { fieldLines } from './custom.js'

/** Lines on standard error: requests where `-v` asks for them, and notices. */
export class Log {
  notices = []

  constructor({ verbose, quiet }) {
    this.verbose = verbose
    this.quiet = quiet
  }

  line(text) {
    if (this.verbose) process.stderr.write(`${oneLine(text)}\n`)
  }

  /** A line that everybody should see; also part of the JSON. */
  notice(text) {
    if (!this.quiet) process.stderr.write(`picotuf: note: ${oneLine(text)}\n`)
    this.notices.push(text)
  }
}

/** What a command says: text for people as it goes along, or one JSON object at its end. */
export class Report {
  #said = []
  roles = []
  targets = []
  details = {}

  constructor(command, { json, quiet }, log) {
    Object.assign(this, { command, json, quiet, log })
  }

  begin(seconds, time, metadataDir) {
    Object.assign(this, { seconds, time, metadataDir })
  }

  say(line) {
    if (!this.json && !this.quiet) process.stdout.write(`${line}\n`)
  }

  /** The roles that are trusted, with a line for each that was not said yet or has changed. */
  keepRoles(trusted, silently = false) {
    this.roles = trusted.map(roleReport)
    const key = ({ role, version, fetched, file }) => [role, version, fetched, file].join('\n')
    const fresh = this.roles.filter((role) => !this.#said.includes(key(role)))
    const width = Math.max(9, ...fresh.map(({ role }) => role.length))
    for (const role of silently ? [] : fresh) {
      this.say(
        `${oneLine(role.role).padEnd(width)}  version ${String(role.version).padEnd(4)} ${role.fetched ? 'new  ' : 'kept '} ` +
          `${this.expiry(role.expires)}, ${signers(role)}`,
      )
    }
    this.#said = this.roles.map(key)
  }

  target(target, whatHappened) {
    this.say(oneLine(target.path))
    this.say(`  listed by   ${target.delegation_path.map(oneLine).join(' > ')}`)
    this.say(`  length      ${target.length} bytes`)
    for (const [algorithm, hash] of Object.entries(target.hashes)) this.say(`  ${algorithm.padEnd(11)} ${hash}`)
    for (const [label, text] of fieldLines(target.fields, shorten)) this.say(`  ${label.padEnd(11)} ${text}`)
    if (target.custom !== undefined) this.say(`  custom      ${oneLine(shorten(JSON.stringify(target.custom)))}`)
    this.say(`  ${whatHappened.padEnd(11)} ${oneLine(target.file)}`)
    this.targets.push(target)
  }

  /** An expiry as a person reads it. */
  expiry(expires) {
    const seconds = Date.parse(expires) / 1000
    return `${seconds <= this.seconds ? 'expired' : 'expires'} ${relative(seconds, this.seconds)} (${expires})`
  }

  finish(error) {
    if (error) process.stderr.write(`picotuf${this.command ? `: ${this.command}` : ''}: ${errorLine(error)}\n`)
    if (!this.json || !this.command) return
    const { notices } = this.log
    const verdict = {
      ok: !error, command: this.command, time: this.time, metadata_dir: this.metadataDir, roles: this.roles, targets: this.targets,
      ...this.details, notices: notices.length ? notices : undefined, error: error && detail(error),
    }
    process.stdout.write(`${JSON.stringify(verdict)}\n`)
  }
}

/** A role that is trusted, as JSON has it. */
function roleReport({ role, version, expires, threshold, keys, signers, length, fetched, url, file }) {
  return { role, version, expires, threshold, keys, signers, length, file: place(url) ?? file, fetched }
}

export const signers = ({ signers: { length }, keys, threshold }) => `signed by ${length} of ${keys} keys (${threshold} needed)`

/** A URL as people read it: that of a folder's file is its path. */
export function place(url) {
  return url?.startsWith('file:') ? fileURLToPath(url) : url
}

/** A base URL for people and logs: without user name, password and query, which may all be secret. */
export const baseName = (base) => place(shown(base))

/** What an error carries, as `--json` shows it. */
function detail(error) {
  const { code, text, blame, role, target, delegationPath, expected, found } = error
  const file = place(error.url) ?? error.file
  return { code, message: text, blame, role, file, target, delegation_path: delegationPath, expected, found, hint: hint(error) }
}

/** One line: the target, the role and the file it is about, what happened, the code, what to do. */
function errorLine(error) {
  const todo = hint(error)
  return brief(error) + (todo ? ` — ${oneLine(todo)}` : '')
}

/** The same without what to do. */
export function brief(error) {
  const { message, role, file, target, code, delegation_path: path = [] } = detail(error)
  const about = role && file ? `${role} (${file}): ` : role || file ? `${role ?? file}: ` : ''
  const reached = path.length > 1 ? `, reached by ${path.join(' > ')}` : ''
  const codeText = code === 'usage' ? '' : ` [${code}]`
  return oneLine(`${target === undefined ? '' : `${target}: `}${about}${message}${codeText}${reached}`)
}

/** What a person can do about it. */
function hint(error) {
  if (error.hint) return error.hint
  if (error.code === 'io' && error.blame === 'system') return SYSTEM_HINTS[error.cause?.code]
  if (error.code === 'http-status') {
    if ([401, 407].includes(error.found)) return 'give credentials: PICOTUF_TOKEN, --user with PICOTUF_PASSWORD, or ~/.netrc'
    return error.found === 429 || (error.found >= 500 && error.found < 600) ? 'the server has a fault; try again later' : 'check the URL'
  }
  if (error.role === undefined && ['hash-mismatch', 'length-mismatch'].includes(error.code)) {
    return 'do not use the file; get it again, or from another mirror'
  }
  return HINTS[error.code]
}

const NOT_ALLOWED = 'check who may write there, or choose another folder'
const NO_ROOM = 'make room and run it again; what was trusted before is untouched'
const OF_ANOTHER_KIND = 'a file stands where a folder is needed, or the other way round'
const SYSTEM_HINTS = {
  EACCES: NOT_ALLOWED, EPERM: NOT_ALLOWED, EROFS: NOT_ALLOWED,
  ENOSPC: NO_ROOM, EDQUOT: NO_ROOM,
  ENOTDIR: OF_ANOTHER_KIND, EISDIR: OF_ANOTHER_KIND,
}

const OLDER = 'the server or somebody in between offers an older state: try again later, or from another mirror'
const HINTS = {
  'concurrent-update': 'run it again',
  expired:
    'check the clock; if it is right, the repository is stale or someone withholds its updates: wait, or tell its maintainers',
  'limit-reached': 'if the repository is known to need more, raise the limit by its option; one without an option is fixed',
  'missing-file': 'check the URL; the repository may be incomplete or in the middle of an update',
  'missing-target': 'check --target-base-url; --no-hash-prefix asks for the plain name',
  'removed-from-snapshot': OLDER,
  rollback: OLDER,
  'target-not-found': 'check the spelling of the target path',
  'threshold-not-met': "do not trust this repository's update; ask its maintainers",
  'unsupported-spec-version': 'a newer version of this program may know it',
}

/** How far a time is from now, as a person says it: "in 3 days", "5 minutes ago". */
export function relative(time, now) {
  const distance = time - now
  if (distance === 0) return 'now'
  const amount = Math.abs(distance)
  const [size, unit] = UNITS.find(([, , most]) => amount <= most)
  const count = Math.floor(amount / size)
  const text = `${count} ${unit}${count === 1 ? '' : 's'}`
  return distance < 0 ? `${text} ago` : `in ${text}`
}

const UNITS = [
  [1, 'second', 119],
  [60, 'minute', 7_199],
  [3_600, 'hour', 172_799],
  [86_400, 'day', 63_071_999],
  [31_556_952, 'year', Infinity],
]

/** The start of a text, where all of it would fill the screen. */
export const shorten = (text) => ([...text].length > 200 ? `${[...text].slice(0, 200).join('')}…` : text)
