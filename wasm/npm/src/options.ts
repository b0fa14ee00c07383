import type { ClientOptions } from './types.js'

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
