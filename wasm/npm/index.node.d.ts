import type { Store } from './index.js'

export * from './index.js'

/**
 * Keeps metadata in a folder, as the command line does: both can share one. Node has no file locks; files take their place by
 * renaming, and what is newer is not overwritten, but for what another process puts there in the instant between the last look and the rename.
 */
export class FolderStore implements Store {
  readonly folder: string
  /** `folder` is made when something is stored. */
  constructor(folder: string)
  load(name: string): Promise<Uint8Array | undefined>
  save(name: string, bytes: Uint8Array, version: number): Promise<void>
  delete(name: string): Promise<void>
  path(name: string): string
  /** The names of all metadata files in the folder, sorted. */
  names(): Promise<string[]>
}
