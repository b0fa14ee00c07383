import { Turns } from './turns.js'

/** Keeps metadata as long as the object lives. Clients that share it take turns. */
export class MemoryStore {
  #files = new Map()
  #turns = new Turns()

  async load(name) {
    return this.#files.get(name)
  }

  async save(name, bytes) {
    this.#files.set(name, bytes)
  }

  async delete(name) {
    this.#files.delete(name)
  }

  async lock(work) {
    return this.#turns.take(work)
  }
}
