import { parse } from './catalogue.js'

/**
 * Where PEP 458 and PEP 480 have the keys of roles: of the top-level ones, and of those that
 * targets delegates to.
 */
const TOP = { root: 'offline', timestamp: 'online', snapshot: 'online', targets: 'offline' }
const PEP_480 = { claimed: 'offline', 'recently-claimed': 'online', unclaimed: 'online' }

/**
 * A function that says of a role whether its keys are `online`, `offline` or `developer`, where
 * that can be known: metadata does not say it. The layouts of PEP 458 and PEP 480 do; elsewhere, a
 * role with a key of timestamp's is online, since that signs every day.
 *
 * It is asked with the roles that lead to the role, which is the last of them: a name alone says
 * nothing. Which layout it is shows in what targets delegates to, and that is signed offline.
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
  const bin = (role) =>
    bins.some(({ name, path_hash_prefixes: prefixes }) => name === role && prefixes)
  if (names.has('claimed') && names.has('unclaimed')) {
    return ([top, first, ...below]) => {
      if (!first) return TOP[top]
      if (below.length && (first === 'claimed' || first === 'recently-claimed')) return 'developer'
      return PEP_480[first] ?? 'online'
    }
  }
  if (names.has('bins')) {
    return ([top, first, ...below]) => {
      if (!first) return TOP[top]
      if (first === 'bins')
        return below.length ? (bin(below.at(-1)) ? 'online' : undefined) : 'offline'
      return undefined
    }
  }
  const online = new Set(root?.roles.timestamp.keyids)
  return (chain) => {
    const [delegator, role] = [chain.at(-2), chain.at(-1)]
    if (role === 'timestamp') return 'online'
    const keyids = root?.roles[role]?.keyids ?? delegatedKeys(signed(delegator)?.delegations, role)
    return keyids.length && keyids.every((keyid) => online.has(keyid)) ? 'online' : undefined
  }
}

function delegatedKeys(delegations, role) {
  const entry = delegations?.roles?.find(({ name }) => name === role)
  return entry?.keyids ?? delegations?.succinct_roles?.keyids ?? []
}
