/** Keeps metadata as long as the object lives. */
export class MemoryStore {
  #files = new Map()

  async load(name) {
    return this.#files.get(name)
  }

  async save(name, bytes) {
    this.#files.set(name, bytes)
  }

  async delete(name) {
    this.#files.delete(name)
  }
}
