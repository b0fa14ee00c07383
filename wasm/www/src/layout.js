import { parse } from './catalogue.js'

/** Where PEP 458 and PEP 480 have a role's keys. */
const PEP_458 = { root: 'offline', timestamp: 'online', snapshot: 'online', targets: 'offline', bins: 'offline' }
const PEP_480 = { ...PEP_458, claimed: 'offline', 'recently-claimed': 'online', unclaimed: 'online' }

/**
 * A function that says of a role whether its keys are `online` or `offline`, where that can be known: metadata does not say it. The
 * layouts of PEP 458 and PEP 480 do; elsewhere, a role with a key of timestamp's is online, since that signs every day.
 */
export function keyMarks(client) {
  const signed = (role) => {
    const bytes = client.metadata(role)
    return bytes && parse(bytes).signed
  }
  const root = signed('root')
  const delegated = (role) => signed(role)?.delegations?.roles ?? []
  const names = new Set(delegated('targets').map(({ name }) => name))
  const bins = delegated('bins')
  const bin = (role) => bins.some(({ name, path_hash_prefixes: prefixes }) => name === role && prefixes)
  if (names.has('claimed') && names.has('unclaimed')) return (role) => PEP_480[role] ?? (bin(role) ? 'online' : undefined)
  if (names.has('bins')) return (role) => PEP_458[role] ?? (bin(role) ? 'online' : undefined)
  const online = new Set(root?.roles.timestamp.keyids)
  return (role, delegator) => {
    if (role === 'timestamp') return 'online'
    const keyids = root?.roles[role]?.keyids ?? delegatedKeys(signed(delegator)?.delegations, role)
    return keyids.length && keyids.every((keyid) => online.has(keyid)) ? 'online' : undefined
  }
}

function delegatedKeys(delegations, role) {
  const entry = delegations?.roles?.find(({ name }) => name === role)
  return entry?.keyids ?? delegations?.succinct_roles?.keyids ?? []
}
