import { parse } from './catalogue.js'

/** The metadata of a role with one signature too few: `{ role, bytes }`. */
export function withoutSignature(client) {
  const snapshot = parse(client.metadata('snapshot')).signed.meta['targets.json']
  // Where the snapshot has its hash, that would be found out first.
  const name = snapshot?.hashes || snapshot?.length ? 'timestamp' : 'targets'
  const role = client.trusted.find(({ role }) => role === name)
  const file = parse(client.metadata(name))
  const dropped = file.signatures.findIndex(({ keyid }) => role.signers.includes(keyid))
  file.signatures.splice(dropped, role.signers.length - role.threshold + 1)
  return { role, bytes: new TextEncoder().encode(JSON.stringify(file)) }
}
