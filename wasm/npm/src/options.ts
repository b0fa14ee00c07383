import { checkOptions, usage } from './error.js'
import type { ClientOptions, Limits, OperationOptions, RefreshOptions } from './types.js'

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

/** What an operation takes, and what one that may refresh takes besides. */
export const OPERATION = ['signal', 'onProgress'] as const satisfies (keyof OperationOptions)[]
export const REFRESH = [...OPERATION, 'source'] as const satisfies (keyof RefreshOptions)[]

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

/** Refuses options of an operation that has those of `names`. */
export function checkOperation(options: unknown, names: readonly string[]): void {
  checkOptions(options, names)
  checkCallbacks(options as OperationOptions)
}

/** Refuses what can neither abort an operation nor be told how far it is. */
function checkCallbacks({
  signal,
  onProgress,
}: {
  [name in keyof OperationOptions]: unknown
}): void {
  const { throwIfAborted, addEventListener } = (signal ?? {}) as Partial<AbortSignal>
  if (isGiven(signal) && !(isFunction(throwIfAborted) && isFunction(addEventListener))) {
    throw usage('`signal` is an AbortSignal')
  }
  if (isGiven(onProgress) && !isFunction(onProgress)) throw usage('`onProgress` is a function')
}

const isGiven = (value: unknown) => value !== undefined && value !== null
const isFunction = (value: unknown) => typeof value === 'function'

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
  for (const name of ['offline', 'hashPrefix'] as const) {
    const value: unknown = options[name]
    if (isGiven(value) && typeof value !== 'boolean') throw usage(`\`${name}\` is true or false`)
  }
  checkCallbacks({ signal: options.signal })
  checkNetwork(options)
}

function checkWhole(value: unknown, name: string) {
  if (value === undefined || (Number.isSafeInteger(value) && (value as number) >= 0)) return
  throw usage(`${name} is no whole number`)
}
