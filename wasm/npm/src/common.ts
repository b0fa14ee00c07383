export { PicotufError } from './error.js'
export type {
  Blame,
  ErrorCode,
  ErrorDetails,
  PackageCode,
  PageCode,
  VerifierCode,
} from './error.js'
export { IndexedDBStore } from './indexeddb-store.js'
export { MemoryStore } from './memory-store.js'
export type * from './types.js'
