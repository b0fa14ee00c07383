import { type Stats, constants, renameSync, statSync } from 'node:fs'
import { mkdir, open, readdir, readFile, rename, rm, stat } from 'node:fs/promises'
import type { FileHandle } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { PicotufError, isAbort, reasonOf, usage } from './error.js'
import { Turns } from './turns.js'
import type { Store } from './types.js'

const TEMPORARY = /^\.picotuf-.*\.part$/
/** A transfer that lives writes, or fails, within half a minute. */
const ABANDONED = 120_000

/**
 * Keeps metadata in a folder, as the native command line does: exactly the trusted files, as they
 * were received.
 *
 * Node has no file locks. A file takes its place by one rename of a file that is complete and on
 * disk, so every reader sees the old one or the new one; the order of the renames is the order in
 * which the core trusts; and what another process put there meanwhile is not overwritten by
 * something older, as a last look before the rename says. Between these two system calls another
 * process can still be faster: then the older of two good files stays, and the next refresh brings
 * the newer one again. What is read is verified again whoever wrote it.
 */
export class FolderStore implements Store {
  readonly folder: string
  /** Which file each name had when it was last read or written here. */
  #seen = new Map<string, string | undefined>()
  #turns = new Turns()

  /** `folder`, a path or a `file:` URL, is made when something is stored. */
  constructor(folder: string | URL) {
    this.folder = folderPath(folder)
  }

  /** Where a file is, or would be. */
  path(name: string): string {
    return join(this.folder, name)
  }

  async load(name: string): Promise<Uint8Array | undefined> {
    if (name === ANCHOR) return this.#anchor()
    const path = this.path(name)
    try {
      const file = await open(path)
      try {
        this.#seen.set(name, stamp(await file.stat()))
        return new Uint8Array(await file.readFile())
      } finally {
        await file.close()
      }
    } catch (error) {
      if (!isAbsent(error)) throw io('open the stored metadata', path, error)
      this.#seen.set(name, undefined)
      return undefined
    }
  }

  async save(name: string, bytes: Uint8Array, version: number): Promise<void> {
    const path = this.path(name)
    await mkdir(this.folder, { recursive: true }).catch((error) => {
      throw io('make the metadata folder', this.folder, error)
    })
    await sweep(this.folder)
    if (name === ANCHOR) return this.#rememberAnchor(bytes)
    await replace(
      path,
      async (file) => file.writeFile(bytes),
      (temporary) => this.#put(name, temporary, version),
    )
  }

  /** Those who share this object take turns; other objects and processes do not wait. */
  async lock<T>(work: () => Promise<T>): Promise<T> {
    return this.#turns.take(work)
  }

  async delete(name: string): Promise<void> {
    if (name === ANCHOR) return this.#rememberAnchor()
    // It goes because of a new root: what another process stored under its own stays.
    if (this.#seen.has(ROOT) && this.#seen.get(ROOT) !== look(this.path(ROOT))) {
      throw new PicotufError('concurrent-update', 'another process stored another root meanwhile', {
        file: this.path(ROOT),
      })
    }
    const path = this.path(name)
    await rm(path, { force: true }).catch((error) => {
      throw io('delete the outdated metadata', path, error)
    })
    await syncFolder(this.folder)
    this.#seen.set(name, undefined)
  }

  /** The names of all metadata files in the folder, sorted. */
  async names(): Promise<string[]> {
    try {
      return (await readdir(this.folder)).filter((name) => name.endsWith('.json')).sort()
    } catch (error) {
      if (isAbsent(error)) return []
      throw io('list the metadata folder', this.folder, error)
    }
  }

  /**
   * Gives a file its name. Of the one that has it, when that is not the one that was read here, the
   * version must not be above ours.
   */
  async #put(name: string, temporary: string, version: number) {
    const path = this.path(name)
    const ours = look(temporary)
    let checked = this.#seen.get(name)
    for (
      let there: string | undefined;
      (there = look(path)) !== undefined && there !== checked;
      checked = there
    ) {
      const found = await readFile(path, 'utf8')
        .then((text): number => JSON.parse(text).signed.version)
        .catch(() => undefined)
      if (found !== undefined && found > version) {
        throw new PicotufError(
          'concurrent-update',
          `another process stored version ${found} meanwhile, this one has ${version}`,
          {
            file: path,
            expected: found,
            found: version,
          },
        )
      }
    }
    // Not awaited, like the last look: nothing in this process comes between.
    renameSync(temporary, path)
    this.#seen.set(name, ours)
  }

  /** The trust anchor, which is remembered where `picotuf init` remembers it. */
  async #anchor() {
    const line = /^\s*["']?trust_anchor["']?\s*=\s*["']([0-9a-f]{64})["']/m
    const anchor = line.exec(await this.#settings())?.[1]
    return anchor === undefined ? undefined : new TextEncoder().encode(anchor)
  }

  /**
   * Remembers an anchor in the place of the one that is there, or none; whatever else
   * `picotuf init` has remembered stays.
   */
  async #rememberAnchor(anchor?: Uint8Array) {
    const others = (await this.#settings())
      .split('\n')
      .filter((line) => !/^\s*["']?trust_anchor["']?\s*=/.test(line))
    const lines = anchor
      ? [`trust_anchor = "${new TextDecoder().decode(anchor)}"`, ...others]
      : others
    await replace(this.path(SETTINGS), async (file) => file.writeFile(lines.join('\n')))
  }

  async #settings() {
    const path = this.path(SETTINGS)
    try {
      // What is no text is not written anew as something else.
      return new TextDecoder('utf-8', { fatal: true }).decode(await readFile(path))
    } catch (error) {
      if (isAbsent(error)) return ''
      throw io('read the settings', path, error)
    }
  }
}

/**
 * Writes a file beside its place, and gives it its name, or has `put` do so, once all of it is on
 * disk.
 *
 * @internal
 */
export async function replace(
  path: string,
  write: (file: FileHandle) => Promise<void>,
  put: (temporary: string) => Promise<void> = (temporary) => rename(temporary, path),
): Promise<void> {
  const folder = join(path, '..')
  // Not at the beginning: it takes Node 5 ms to load.
  const { randomBytes } = await import('node:crypto')
  const temporary = join(folder, `.picotuf-${randomBytes(9).toString('base64url')}.part`)
  let file: FileHandle | undefined
  try {
    file = await open(temporary, constants.O_CREAT | constants.O_EXCL | constants.O_WRONLY, 0o666)
    await write(file)
    await file.sync()
    await file.close()
    await put(temporary)
  } catch (error) {
    await file?.close().catch(() => {})
    await rm(temporary, { force: true }).catch(() => {})
    throw error instanceof PicotufError || isAbort(error)
      ? error
      : io('write the file', path, error)
  }
  await syncFolder(folder)
}

/**
 * A folder's path, from that or its URL.
 *
 * @internal
 */
export function folderPath(folder: string | URL): string {
  if (typeof folder === 'string' && !folder.startsWith('file:')) return folder
  try {
    return fileURLToPath(folder)
  } catch (cause) {
    throw usage(`the folder is neither a path nor a \`file:\` URL that is one: ${reasonOf(cause)}`)
  }
}

/**
 * Removes temporary files that nobody can still be writing.
 *
 * @internal
 */
export async function sweep(folder: string): Promise<void> {
  for (const name of await readdir(folder).catch(() => [])) {
    if (!TEMPORARY.test(name)) continue
    const path = join(folder, name)
    const age = await stat(path).then(
      ({ mtimeMs }) => Date.now() - mtimeMs,
      () => 0,
    )
    // Whoever comes next may try again.
    if (age > ABANDONED) await rm(path, { force: true }).catch(() => {})
  }
}

/** Makes a rename or a removal in the folder durable, where the system has a way. */
async function syncFolder(folder: string) {
  const handle = await open(folder).catch(() => undefined)
  // Windows and some network file systems cannot.
  await handle?.sync().catch(() => {})
  await handle?.close()
}

/**
 * The operating system refused something; `action` continues "cannot".
 *
 * @internal
 */
export function io(action: string, path: string, cause: unknown): PicotufError {
  return new PicotufError('io', `cannot ${action}: ${reasonOf(cause)}`, { file: path, cause })
}

/** The stamp of the file that is there now, if there is one. */
function look(path: string) {
  try {
    return stamp(statSync(path))
  } catch {
    return undefined
  }
}

// A rename brings another inode and keeps the time, and no file is ever written in place.
const stamp = ({ dev, ino, size, mtimeMs }: Stats) => `${dev} ${ino} ${size} ${mtimeMs}`

/**
 * What the system says of an error.
 *
 * @internal
 */
export const codeOf = (error: unknown) => (error as { code?: string } | undefined)?.code

const isAbsent = (error: unknown) => codeOf(error) === 'ENOENT'

const ANCHOR = 'trust-anchor'
const ROOT = 'root.json'
const SETTINGS = 'settings.toml'
