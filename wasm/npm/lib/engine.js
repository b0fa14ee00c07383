import { started } from './wasm-module.js'

/** What the core can be asked for, by the numbers that it has for them in wasm/src/client.rs. */
const CALLS = [
  'begin', 'beginOffline', 'step', 'supply', 'absent', 'done', 'find', 'target', 'custom', 'check', 'update', 'finish',
  'adopt', 'fileName', 'formatTime', 'targetUrls', 'checkLocalPath', 'parseTime',
]

/** Of calls that need no bytes. */
const NOTHING = new Uint8Array()

/** The module of a client behind `glue`, started once: see wasm-module.js. */
export const engine = (glue, load) => started(glue, load, ({ Core }) => new Engine(Core))

/** A module that has been started. */
class Engine {
  /** What has a state: the steps of a session, or the check of a file. `free` gives its memory back. */
  Core

  constructor(Core) {
    this.Core = Core
    for (const [number, name] of CALLS.entries()) {
      Core.prototype[name] = function (bytes = NOTHING, value = 0) {
        return this.call(number, bytes, value)
      }
    }
  }

  #once(work) {
    const core = new this.Core()
    const answer = work(core)
    core.free()
    return answer
  }

  /**
   * What becomes of a root that is given as the trust anchor, beside the stored one and the anchor
   * that is remembered, which may be missing: see wasm/src/client/anchor.rs.
   */
  adopt(...parts) {
    const lengths = Float64Array.from(parts, (part) => part?.length ?? NaN)
    return this.#once((core) => core.adopt(joined(new Uint8Array(lengths.buffer), ...parts)))
  }

  /** The names in URLs that the file of a target may have: see wasm/src/client/paths.rs. */
  targetUrls(hashes, path, consistent) {
    return this.#once((core) => core.targetUrls(encode(`${hashes}\n${path}`), consistent ? 1 : 0))
  }

  /** Says so where the path of a target may not become that of a local file. */
  checkLocalPath(path) {
    return this.#once((core) => core.checkLocalPath(encode(path)))
  }

  /** The name of the file in which a role is kept. */
  fileName(role) {
    return decode(this.#once((core) => core.fileName(encode(role))))
  }

  /** The time of so many seconds since 1970, as the core writes it. */
  formatTime(seconds) {
    return decode(this.#once((core) => core.formatTime(NOTHING, seconds)))
  }

  /** The seconds since 1970 of a time of RFC 3339, if it is one. */
  parseTime(text) {
    return new Float64Array(this.#once((core) => core.parseTime(encode(text))).buffer)[0]
  }
}

/** Some bytes behind each other; what is missing is left out. */
export function joined(...parts) {
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + (part?.length ?? 0), 0))
  let at = 0
  for (const part of parts) {
    bytes.set(part ?? NOTHING, at)
    at += part?.length ?? 0
  }
  return bytes
}

/** Text as the core takes it. */
export const encode = (text) => new TextEncoder().encode(text)

/** Text as the core gives it. */
export const decode = (bytes) => new TextDecoder().decode(bytes)
