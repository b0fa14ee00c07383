// A small repository that is signed anew as a test wants it: root, timestamp, snapshot, targets,
// each with one key, of Ed25519 where the test has no other or more.

import { createHash, createPrivateKey, createPublicKey, sign } from 'node:crypto'

const HOUR = 3_600_000

/** OLPC canonical JSON, of which strings escape two characters alone. */
const canonical = (value) => {
  if (typeof value === 'string') return `"${value.replace(/["\\]/g, '\\$&')}"`
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`
  if (value === null || typeof value !== 'object') return JSON.stringify(value)
  return `{${Object.keys(value)
    .sort()
    .map((name) => `${JSON.stringify(name)}:${canonical(value[name])}`)
    .join(',')}}`
}

/** A test key, made from a label: it protects nothing. */
export function key(label) {
  const seed = createHash('sha256').update(`picotuf browser tests: ${label}`).digest()
  const secret = createPrivateKey({
    key: Buffer.concat([Buffer.from('302e020100300506032b657004220420', 'hex'), seed]),
    format: 'der',
    type: 'pkcs8',
  })
  const raw = createPublicKey(secret)
    .export({ format: 'der', type: 'spki' })
    .subarray(-32)
    .toString('hex')
  const value = { keytype: 'ed25519', keyval: { public: raw }, scheme: 'ed25519' }
  const id = createHash('sha256').update(canonical(value)).digest('hex')
  return { value, id, sign: (bytes) => sign(null, bytes, secret).toString('hex') }
}

const ROLES = ['root', 'timestamp', 'snapshot', 'targets']

/** What `file` must be to be the target of that path. */
export const entry = (bytes, custom) => ({
  length: bytes.length,
  hashes: { sha256: createHash('sha256').update(bytes).digest('hex') },
  ...(custom && { custom }),
})

/**
 * Puts the metadata into `files`, by path. `entries` are the targets; `hours` says when each role
 * expires, from now; `version` is that of timestamp, snapshot and targets; another `owner` has
 * other keys, and `others` are keys by their roles, one or a list, of which those without `sign`
 * have not signed; `thresholds` says how many are needed where that is not one. With a `delegate`,
 * `{ key, entries }`, targets delegates all paths to it. Gives the root, of version `rootVersion`.
 */
export function publish(
  files,
  {
    entries = {},
    version = 1,
    hours = {},
    owner = '',
    others,
    thresholds,
    delegate,
    rootVersion = 1,
  } = {},
) {
  const own = ROLES.map((role) => [role, key(`${owner}${role}`)])
  const given = { ...Object.fromEntries(own), ...others, delegate: delegate?.key }
  const keys = Object.fromEntries(
    Object.entries(given).map(([role, some]) => [role, [some].flat()]),
  )
  const common = (role) => ({
    _type: role === 'delegate' ? 'targets' : role,
    spec_version: '1.0.31',
    version: role === 'root' ? rootVersion : version,
    expires: new Date(Date.now() + (hours[role] ?? 24) * HOUR)
      .toISOString()
      .replace(/\.\d+Z$/, 'Z'),
  })
  const signed = {
    root: {
      ...common('root'),
      consistent_snapshot: false,
      keys: Object.fromEntries(
        ROLES.flatMap((role) => keys[role]).map(({ id, value }) => [id, value]),
      ),
      roles: Object.fromEntries(
        ROLES.map((role) => [
          role,
          { keyids: keys[role].map(({ id }) => id), threshold: thresholds?.[role] ?? 1 },
        ]),
      ),
    },
    timestamp: { ...common('timestamp'), meta: { 'snapshot.json': { version } } },
    snapshot: {
      ...common('snapshot'),
      meta: { 'targets.json': { version }, ...(delegate && { 'delegate.json': { version } }) },
    },
    targets: {
      ...common('targets'),
      ...(delegate && { delegations: delegationsTo(delegate.key) }),
      targets: entries,
    },
    ...(delegate && { delegate: { ...common('delegate'), targets: delegate.entries } }),
  }
  const bytes = Object.fromEntries(
    Object.keys(signed).map((role) => {
      const text = Buffer.from(canonical(signed[role]))
      const signatures = keys[role]
        .filter(({ sign }) => sign)
        .map(({ id, sign }) => ({ keyid: id, sig: sign(text) }))
      const file = { signatures, signed: signed[role] }
      return [role, Buffer.from(JSON.stringify(file, null, 1))]
    }),
  )
  const { root, ...below } = bytes
  for (const [role, file] of Object.entries(below)) files.set(`/metadata/${role}.json`, file)
  return root
}

const delegationsTo = ({ id, value }) => ({
  keys: { [id]: value },
  roles: [{ name: 'delegate', keyids: [id], threshold: 1, terminating: false, paths: ['*'] }],
})
