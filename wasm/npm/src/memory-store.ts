import { Turns } from './turns.js'
import type { Store } from './types.js'

/** Keeps metadata as long as the object lives. Clients that share it take turns. */
export class MemoryStore implements Store {
  #files = new Map<string, Uint8Array>()
  #turns = new Turns()

  async load(name: string): Promise<Uint8Array | undefined> {
    return this.#files.get(name)
  }

  async save(name: string, bytes: Uint8Array, _version?: number): Promise<void> {
    this.#files.set(name, bytes)
  }

  async delete(name: string): Promise<void> {
    this.#files.delete(name)
  }

  async lock<T>(work: () => Promise<T>, _options?: unknown): Promise<T> {
    return this.#turns.take(work)
  }
}
