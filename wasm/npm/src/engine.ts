import type { WasmSource } from './types.js'
import { type Load, started } from './wasm-module.js'
import type { ClientGlue, Core as Glue } from './glue.js'

/** What the core can be asked for, by the numbers that it has for them in wasm/src/client.rs. */
const CALLS = [
  'begin',
  'beginOffline',
  'step',
  'supply',
  'absent',
  'done',
  'find',
  'target',
  'custom',
  'check',
  'update',
  'finish',
  'adopt',
  'fileName',
  'formatTime',
  'targetUrls',
  'checkLocalPath',
  'parseTime',
  'lacksMlDsa',
] as const

/**
 * What has a state: the steps of a session, or the check of a file. `free` gives its memory back.
 */
export type Core = Glue & {
  [name in (typeof CALLS)[number]]: (bytes?: Uint8Array, number?: number) => Uint8Array
}

/** Of calls that need no bytes. */
const NOTHING = new Uint8Array()

/** Starts the module of a client, or gives the one that was started. */
export type LoadEngine = (wasm?: WasmSource) => Promise<Engine>

/** The module of a client behind `glue`, started once: see wasm-module.ts. */
export const engine = (glue: ClientGlue, load: Load, option?: string): LoadEngine =>
  started(glue, load, ({ Core }) => new Engine(Core), option)

/** A module that has been started. */
export class Engine {
  readonly Core: new () => Core

  constructor(Core: ClientGlue['Core']) {
    for (const [number, name] of CALLS.entries()) {
      Object.defineProperty(Core.prototype, name, {
        value(this: Glue, bytes = NOTHING, value = 0) {
          return this.call(number, bytes, value)
        },
        configurable: true,
      })
    }
    this.Core = Core as new () => Core
  }

  #once<T>(work: (core: Core) => T) {
    const core = new this.Core()
    const answer = work(core)
    core.free()
    return answer
  }

  /**
   * What becomes of a root that is given as the trust anchor, beside the stored one and the anchor
   * that is remembered, which may be missing: see wasm/src/client/anchor.rs. Says too whether a
   * root has a key of ML-DSA that this module cannot use.
   */
  adopt(...parts: (Uint8Array | undefined)[]) {
    const lengths = Float64Array.from(parts, (part) => part?.length ?? NaN)
    return this.#once((core) => ({
      answer: core.adopt(joined(new Uint8Array(lengths.buffer), ...parts)),
      lacksMlDsa: core.lacksMlDsa().length > 0,
    }))
  }

  /** The names in URLs that the file of a target may have: see wasm/src/client/paths.rs. */
  targetUrls(hashes: string, path: string, consistent: boolean) {
    const question = encode(`${hashes}\n${path}`)
    return this.#once((core) => core.targetUrls(question, consistent ? 1 : 0))
  }

  /** Says so where the path of a target may not become that of a local file. */
  checkLocalPath(path: string) {
    return this.#once((core) => core.checkLocalPath(encode(path)))
  }

  /** The name of the file in which a role is kept. */
  fileName(role: string) {
    return decode(this.#once((core) => core.fileName(encode(role))))
  }

  /** The seconds since 1970 of a time of RFC 3339, if it is one. */
  parseTime(text: string): number | undefined {
    const bytes = this.#once((core) => core.parseTime(encode(text)))
    return new Float64Array(bytes.slice().buffer)[0]
  }
}

/** What is thrown where the module with ML-DSA has to do the work from its beginning. */
export const LACKS_ML_DSA = Symbol('a file has a key of ML-DSA')

/** Some bytes behind each other; what is missing is left out. */
export function joined(...parts: (Uint8Array | undefined)[]) {
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + (part?.length ?? 0), 0))
  let at = 0
  for (const part of parts) {
    bytes.set(part ?? NOTHING, at)
    at += part?.length ?? 0
  }
  return bytes
}

/** Text as the core takes it. */
export const encode = (text: string) => new TextEncoder().encode(text)

/** Whether text, as bytes, begins with this ASCII character, blanks and a byte order mark aside. */
export const begins = (bytes: Uint8Array, character: string) =>
  bytes.find((byte) => byte > 0x20 && byte < 0x80) === character.charCodeAt(0)

/** Text as the core gives it. */
export const decode = (bytes: Uint8Array) => new TextDecoder().decode(bytes)
