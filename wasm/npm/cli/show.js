import { Client, FolderStore } from '../index.node.js'
import { PicotufError, oneLine, refused } from '../lib/error.js'
import { fieldLines, fieldsOf } from './custom.js'
import { shorten, signers } from './report.js'
import { mustBeInitialized } from './repository.js'

const TOP_LEVEL = ['root', 'timestamp', 'snapshot', 'targets']
/** How many entries of a long list `show` lists; `show ROLE` lists all. */
const LISTED_MAX = 8
/** How many delegated roles `show` verifies: each takes a search of its own. */
const VERIFIED_MAX = 32
/** How many targets of a role are searched for, until one leads to it. */
const TRIES = 4

/** Shows what is trusted now; no network. */
export async function show({ args, settings, engine, report }) {
  const [asked] = args.words
  const store = new FolderStore(settings.metadataDir)
  await mustBeInitialized(store)
  const delegated = await delegatedRoles(store, engine)
  // Offline at a time when nothing has expired: for looking at what is stored, not for relying on it.
  const client = await Client.open({ store, limits: settings.limits, offline: true, now: new Date(0) })
  const verdicts = new Map()
  const note = () => client.trusted.forEach((verdict) => verdicts.set(verdict.role, { ...verdict, signed: signed(client, verdict.role) }))
  let failure = await client.refresh().then(() => undefined, (error) => error)
  note()
  const complete = !failure
  // After `init` there is a root and nothing else, which is no failure.
  if (failure?.code === 'missing-file' && failure.role !== 'root') failure = undefined
  if (complete) {
    // The role that is asked for comes first; one that only delegates is verified on the way to another.
    const order = delegated.toSorted?.((a, b) => (b === asked) - (a === asked)) ?? [...delegated].sort((a, b) => (b === asked) - (a === asked))
    for (const role of order.slice(0, VERIFIED_MAX)) {
      if (verdicts.has(asked)) break
      for (const target of await someTargets(store, engine.fileName(role))) {
        if (verdicts.has(role)) break
        // Whatever comes of it, the roles on the way are verified or not.
        await client.target(target).catch(() => {})
        note()
      }
    }
  }
  const view = { verdicts, unverified: delegated.filter((role) => !verdicts.has(role)), report }
  if (asked === undefined) {
    report.say(tree(`${settings.metadataDir} at ${report.time}`, all(view)))
    report.details.trusted = Object.fromEntries([
      ...[...verdicts.values()].map((verdict) => [verdict.role, summary(verdict, report, false)]),
      ...view.unverified.map((role) => [role, { verified: false }]),
    ])
  } else {
    const verdict = verdicts.get(asked)
    if (!verdict) throw failure ?? notShown(asked, view)
    report.say(draw(roleTree(verdict, report, Infinity)))
    report.details.trusted = { [asked]: summary(verdict, report, true) }
  }
  report.keepRoles([...verdicts.values()], true)
  if (failure) {
    const hint = 'what is stored does not hold: run `picotuf refresh`, or `picotuf init --force` with a root you trust'
    throw refused(failure, { hint })
  }
}

/** The delegated roles that have a file, as far as the name of the file says whose it is. */
async function delegatedRoles(store, engine) {
  const roles = []
  for (const name of await store.names()) {
    let role
    try {
      role = decodeURIComponent(name.slice(0, -'.json'.length))
    } catch {
      continue
    }
    if (!TOP_LEVEL.includes(role) && engine.fileName(role) === name) roles.push(role)
  }
  return roles
}

/** Targets that a file lists: only a search says with whose keys its role is verified. */
async function someTargets(store, file) {
  try {
    const { signed } = JSON.parse(new TextDecoder().decode(await store.load(file)))
    return Object.keys(signed.targets).slice(0, TRIES)
  } catch {
    return []
  }
}

/** The verified bytes, read once more for their values. */
function signed(client, role) {
  const bytes = client.metadata(role)
  return bytes ? JSON.parse(new TextDecoder().decode(bytes)).signed : {}
}

/** A role for programs. A list of targets is as long as the repository makes it: `show ROLE` has it, `show` its length. */
function summary({ version, expires, threshold, keys, signers, length, signed }, report, whole) {
  const values = { ...signed }
  for (const list of whole ? [] : ['targets', 'meta']) {
    if (values[list] === undefined) continue
    values[`${list}_count`] = Object.keys(values[list]).length
    delete values[list]
  }
  const expired = Date.parse(expires) / 1000 <= report.seconds
  const known = Object.entries(whole ? (signed.targets ?? {}) : {}).map(([path, { custom }]) => [path, fieldsOf(custom)])
  const fields = Object.fromEntries(known.filter(([, fields]) => fields))
  return {
    verified: true, version, expires, expired, threshold, keys, signers, length, signed: values,
    ...(Object.keys(fields).length > 0 && { fields }),
  }
}

function notShown(role, { unverified }) {
  if (unverified.includes(role)) {
    const hint = 'run `picotuf verify` or `download` for a target of this role'
    return new PicotufError('not-verified', 'a file is stored for this role, but no search led to it', { role, hint })
  }
  const hint = 'delegated roles are fetched when a target needs them; `picotuf show` lists what is here'
  return new PicotufError('not-stored', 'nothing is stored for this role', { role, hint })
}

function all({ verdicts, unverified, report }) {
  const known = TOP_LEVEL.map((role) => {
    const verdict = verdicts.get(role)
    return verdict ? roleTree(verdict, report, LISTED_MAX) : [`${role}  not there: run \`picotuf refresh\``]
  })
  const others = [...verdicts.values()].filter(({ role }) => !TOP_LEVEL.includes(role))
  return [
    ...known,
    ...others.map((verdict) => roleTree(verdict, report, LISTED_MAX)),
    ...upTo(unverified.map((role) => [`${oneLine(role)}  stored, but not verified now`]), LISTED_MAX, 'stored roles, not verified now'),
  ]
}

/** A line, and the branches under it. */
function roleTree(verdict, report, most) {
  const { role, version, expires, signed } = verdict
  const branches = []
  if (role === 'root') {
    branches.push([`consistent snapshots: ${signed.consistent_snapshot ? 'yes' : 'no'}`])
    for (const name of TOP_LEVEL) branches.push([`keys of ${name}: ${needed(signed.roles[name])}`, ...keys(signed.roles[name], signed.keys)])
  } else if (role === 'timestamp' || role === 'snapshot') {
    const files = Object.entries(signed.meta).map(([name, file]) => [`${oneLine(name)} version ${file.version}${listedWith(file)}`])
    branches.push(...upTo(files, most, 'files'))
  } else {
    branches.push(...delegations(signed.delegations ?? {}, most))
    const targets = Object.entries(signed.targets).map(([path, { length, custom }]) => {
      const known = fieldLines(fieldsOf(custom), shorten).map(([label, text]) => `, ${label}: ${text}`)
      return [`${oneLine(path)}, ${length} bytes${known.join('')}`]
    })
    branches.push(...upTo(targets, most, 'targets'))
  }
  return [`${oneLine(role)}  version ${version}, ${report.expiry(expires)}, ${signers(verdict)}`, ...branches]
}

function delegations({ keys: all, roles = [], succinct_roles: succinct }, most) {
  const branches = roles.map((role) => {
    const terminating = role.terminating ? ', terminating' : ''
    return [`delegates ${matches(role)} to ${oneLine(role.name)}: ${needed(role)}${terminating}`, ...keys(role, all)]
  })
  const listed = upTo(branches, most, 'delegations')
  if (succinct) {
    const { bit_length: bits, name_prefix: prefix } = succinct
    listed.push([`delegates by hash to ${2 ** bits} bins ${oneLine(prefix)}-…: ${needed(succinct)}`, ...keys(succinct, all)])
  }
  return listed
}

/** "2 of 3 keys needed". */
function needed({ keyids, threshold }) {
  return `${threshold} of ${keyids.length} ${keyids.length === 1 ? 'key' : 'keys'} needed`
}

/** What a delegation matches. */
function matches({ path_hash_prefixes: prefixes, paths }) {
  const [patterns, kind] = prefixes ? [prefixes, 'hashes '] : [paths ?? [], '']
  if (patterns.length === 0) return 'nothing'
  const ends = patterns.length === 1 ? [patterns[0]] : [patterns[0], patterns.at(-1)]
  const text = kind + ends.map((pattern) => oneLine(shorten(pattern))).join(' … ')
  return patterns.length === 1 ? text : `${text} (${patterns.length})`
}

/** The keys of a role, each with its type. */
function keys({ keyids }, all) {
  return keyids.map((keyid) => [`${oneLine(keyid.slice(0, 12))} ${all[keyid] ? oneLine(all[keyid].scheme) : '(no such key)'}`])
}

function listedWith({ length, hashes }) {
  const names = hashes && Object.keys(hashes).map(oneLine).join(' and ')
  return (length === undefined ? '' : `, ${length} bytes`) + (names ? `, ${names}` : '')
}

function upTo(branches, most, things) {
  const more = branches.length - most
  return more > 0 ? [...branches.slice(0, most), [`… ${more} more ${things}`]] : branches
}

const tree = (line, branches) => draw([line, ...branches])

/** A tree of lines, drawn as `tree` draws folders. */
function draw([line, ...branches], indent = '') {
  const drawn = branches.map((branch, at) => {
    const [elbow, bar] = at === branches.length - 1 ? ['└─ ', '   '] : ['├─ ', '│  ']
    return `\n${indent}${elbow}${draw(branch, indent + bar)}`
  })
  return line + drawn.join('')
}
