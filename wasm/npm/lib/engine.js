import { started } from './wasm-module.js'

/** What the core can be asked for, by the numbers that it has for them in wasm/src/client.rs. */
const CALLS = [
  'begin', 'beginOffline', 'step', 'supply', 'absent', 'compare', 'done', 'find', 'target', 'custom', 'check', 'update', 'finish',
  'sha256', 'fileName', 'formatTime', 'parseTime',
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

  /** Checks a root as a session does with its first: form and its own signatures, not its expiry. */
  checkRoot(bytes, limits) {
    return this.#once((core) => {
      core.begin(limits)
      return core.supply(bytes)
    })
  }

  /** The SHA-256 of some bytes, in hexadecimal digits, as bytes again. */
  sha256(bytes) {
    return this.#once((core) => core.sha256(bytes))
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

/** Text as the core takes it. */
export const encode = (text) => new TextEncoder().encode(text)

/** Text as the core gives it. */
export const decode = (bytes) => new TextDecoder().decode(bytes)
