import type { Client, OperationOptions, Store, Target } from './index.js'

export * from './index.js'

/**
 * Keeps metadata in a folder, as the native command line does: both can share one. Node has no file
 * locks; files take their place by renaming, and what is newer is not overwritten, but for what
 * another process puts there in the instant between the last look and the rename.
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

/**
 * Downloads a target to its path below `folder`, with the folders of the path, unless it is there
 * already, and says where it is. Only a file that is complete and verified gets its name. Throws a
 * `PicotufError` with the code `unsafe-target-path` for a path that could lead out of the folder,
 * or that is no file name on some system, and where a symbolic link stands in the way.
 */
export function saveTarget(
  client: Client,
  target: Target,
  folder: string,
  options?: OperationOptions,
): Promise<string>
