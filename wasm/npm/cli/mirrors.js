import { PicotufError } from '../lib/error.js'
import { baseName, brief } from './report.js'

/**
 * Several mirrors of one repository, by the one rule that the native command line's `mirrors.rs` explains: every file is asked of the
 * mirrors in their order until one gives a file that the core takes. What is trusted stays, whoever gave it. One that gave no good
 * file is named and asked last from then on. Where none has what is needed, the session begins again with another one first, each
 * once at the most.
 */
export class Mirrors {
  #bases
  #log
  /** All, those that are asked first in front. */
  #order
  /** What came out of those that were asked for the file at hand. */
  #failures = []
  /** None gave the file that was needed last, and another order may help. */
  #mayBeginAgain = false
  /** Those that were first in a session. */
  #led
  /** Those that could not be reached when they were asked last. */
  #down = new Set()
  /** What was said of them. */
  #said = new Set()
  /** The version of the timestamp that each gave last. */
  #timestamps = new Map()

  /** In the order in which they are to be asked. */
  constructor(bases, log) {
    // The same URL twice is two mirrors.
    this.#bases = bases.map((base) => ({ base, name: baseName(base) }))
    this.#log = log
    this.#order = [...this.#bases]
    this.#led = new Set([this.#bases[0]])
  }

  /** The one that is asked now. */
  get current() {
    return this.#order[0].base
  }

  /** Asks one after the other until one gives what is asked for. */
  async ask(work) {
    for (;;) {
      try {
        const found = await work(this.current)
        this.#tookFile()
        return found
      } catch (error) {
        this.skip(error)
      }
    }
  }

  /** The file of that role that the present one gave is good; `roles` are those that are trusted now, the newest last. */
  took(role, roles) {
    this.#tookFile()
    const newest = [...roles.values()].at(-1)
    if (role === 'timestamp' && newest?.role === role && newest.fetched) this.#tookTimestamp(newest.version)
  }

  #tookFile() {
    this.#failures = []
    this.#down.delete(this.#order[0])
  }

  /** Who gave an older one before is named. */
  #tookTimestamp(version) {
    const [here] = this.#order
    this.#timestamps.set(here, version)
    for (const mirror of this.#bases) {
      const other = this.#timestamps.get(mirror)
      if (other < version) {
        this.#say(`mirror ${mirror.name} is behind: its timestamp has version ${other}, that of ${here.name} version ${version}`)
      }
    }
  }

  /**
   * The present one gave no good file: the next is asked for the same. Throws the gravest failure of all where none is left, and
   * `error` itself where it is no mirror's.
   */
  skip(error) {
    if (this.#bases.length < 2 || !isAMirrors(error)) throw error
    const [here, ...others] = this.#order
    // A root that has expired is the one that is stored: this mirror has no newer one, as it may be.
    if (!isAboutTime(error) || error.role !== 'root') {
      this.#say(`mirror ${here.name} ${isBehind(error) ? 'is behind' : 'is skipped'}: ${brief(error)}`)
    }
    if (error.blame === 'transport') this.#down.add(here)
    this.#order = [...others, here]
    this.#failures.push(error)
    if (this.#failures.length < this.#bases.length) return
    const failures = this.#failures
    this.#failures = []
    this.#mayBeginAgain = !failures.every(isAboutTime)
    throw failures.reduce((one, other) => (gravity(other) > gravity(one) ? other : one))
  }

  /** What the present one gave fits nothing that is trusted, and a single file in its place would not help. */
  giveUp(error) {
    if (this.#bases.length < 2 || !isAMirrors(error)) return
    this.#say(`mirror ${this.#order[0].name} is skipped: ${brief(error)}`)
    this.#mayBeginAgain = true
  }

  /** After a session that failed: whether another one may get further, and then with another mirror first. */
  beginAgain() {
    this.#failures = []
    if (!this.#mayBeginAgain) return false
    this.#mayBeginAgain = false
    const next = this.#bases.find((mirror) => !this.#led.has(mirror) && !this.#down.has(mirror))
    if (!next) return false
    this.#led.add(next)
    this.#order = [next, ...this.#order.filter((mirror) => mirror !== next)]
    this.#log.line(`begins again, ${next.name} first`)
    return true
  }

  /** Each line once. */
  #say(line) {
    if (this.#said.has(line)) return
    this.#said.add(line)
    this.#log.notice(line)
  }
}

const isAMirrors = (error) => error instanceof PicotufError && ['repository', 'limit', 'transport'].includes(error.blame)

const isAboutTime = ({ code }) => code === 'expired'

/** Whether it gave a timestamp that is older than one that was seen, or lists an older snapshot. */
const isBehind = ({ code }) => code === 'rollback'

/** What a mirror sends says more than that it sends nothing. */
function gravity({ blame, code }) {
  if (['missing-file', 'missing-target'].includes(code)) return 1
  return { repository: 3, limit: 2 }[blame] ?? 0
}
