// A small repository that is signed anew as a test wants it: root, timestamp, snapshot, targets,
// each with one Ed25519 key.

import { createHash, createPrivateKey, createPublicKey, sign } from 'node:crypto'

const HOUR = 3_600_000

/** OLPC canonical JSON, of values without characters that JavaScript escapes. */
const canonical = (value) => {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`
  if (value === null || typeof value !== 'object') return JSON.stringify(value)
  return `{${Object.keys(value)
    .sort()
    .map((name) => `${JSON.stringify(name)}:${canonical(value[name])}`)
    .join(',')}}`
}

/** A test key, made from a label: it protects nothing. */
function key(label) {
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
  return { secret, value, id: createHash('sha256').update(canonical(value)).digest('hex') }
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
 * other keys. Gives the root.
 */
export function publish(files, { entries = {}, version = 1, hours = {}, owner = '' } = {}) {
  const keys = Object.fromEntries(ROLES.map((role) => [role, key(`${owner}${role}`)]))
  const common = (role) => ({
    _type: role,
    spec_version: '1.0.31',
    version: role === 'root' ? 1 : version,
    expires: new Date(Date.now() + (hours[role] ?? 24) * HOUR)
      .toISOString()
      .replace(/\.\d+Z$/, 'Z'),
  })
  const signed = {
    root: {
      ...common('root'),
      consistent_snapshot: false,
      keys: Object.fromEntries(ROLES.map((role) => [keys[role].id, keys[role].value])),
      roles: Object.fromEntries(
        ROLES.map((role) => [role, { keyids: [keys[role].id], threshold: 1 }]),
      ),
    },
    timestamp: { ...common('timestamp'), meta: { 'snapshot.json': { version } } },
    snapshot: { ...common('snapshot'), meta: { 'targets.json': { version } } },
    targets: { ...common('targets'), targets: entries },
  }
  const bytes = Object.fromEntries(
    ROLES.map((role) => {
      const signature = sign(
        null,
        Buffer.from(canonical(signed[role])),
        keys[role].secret,
      ).toString('hex')
      return [
        role,
        Buffer.from(
          JSON.stringify(
            { signatures: [{ keyid: keys[role].id, sig: signature }], signed: signed[role] },
            null,
            1,
          ),
        ),
      ]
    }),
  )
  for (const role of ROLES.slice(1)) files.set(`/metadata/${role}.json`, bytes[role])
  return bytes.root
}
