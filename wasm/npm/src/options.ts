import { checkOptions, usage } from './error.js'
import type { ClientOptions, Limits } from './types.js'

type NetworkOptions = Pick<ClientOptions, 'fetch' | 'timeout' | 'retries'>

/** What `Client.open` takes. */
export const CLIENT_OPTIONS = [
  'root',
  'metadataUrl',
  'targetUrl',
  'store',
  'limits',
  'now',
  'fetch',
  'timeout',
  'retries',
  'hashPrefix',
  'offline',
  'wasm',
  'wasmWithMlDsa',
  'signal',
] as const satisfies (keyof ClientOptions)[]

/** What `limits` may have, in the order in which the core takes them. */
export const LIMITS = [
  'rootLength',
  'timestampLength',
  'snapshotLength',
  'targetsLength',
  'rootRotations',
  'delegations',
] as const satisfies (keyof Limits)[]

/** Refuses what cannot ask a server. */
export function checkNetwork({ fetch, timeout, retries }: NetworkOptions): void {
  if (fetch !== undefined && typeof fetch !== 'function') throw usage('`fetch` is a function')
  if (timeout !== undefined && !(typeof timeout === 'number' && timeout > 0)) {
    throw usage('`timeout` is no time: it is a number of milliseconds above 0')
  }
  checkWhole(retries, '`retries`')
}

/** Refuses options of `Client.open` that cannot be meant. `more` are the names of others. */
export function checkClientOptions(options: ClientOptions, more: readonly string[] = []): void {
  checkOptions(options, [...CLIENT_OPTIONS, ...more])
  const { store, limits = {} } = options
  for (const name of ['load', 'save', 'delete'] as const) {
    if (store !== undefined && typeof store?.[name] !== 'function') {
      throw usage(`\`store\` is a store: an object with the function \`${name}\``)
    }
  }
  checkOptions(limits, LIMITS, ['limit', 'the limits are'])
  for (const [name, limit] of Object.entries(limits)) checkWhole(limit, `the limit ${name}`)
  checkNetwork(options)
}

function checkWhole(value: unknown, name: string) {
  if (value === undefined || (Number.isSafeInteger(value) && (value as number) >= 0)) return
  throw usage(`${name} is no whole number`)
}
