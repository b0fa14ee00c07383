import { createReadStream } from 'node:fs'
import { lstat, mkdir, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { type BaseClient, copyOf } from './client.js'
import { type Blame, type ErrorCode, PicotufError, refused, usage } from './error.js'
import { OPERATION, checkOperation } from './options.js'
import { codeOf, folderPath, io, replace, sweep } from './folder-store.js'
import type { OperationOptions, Target, TargetStream } from './types.js'
import { call, said } from './verdict.js'

/**
 * Downloads a target to its path below `folder`, with the folders of the path, unless it is there
 * already, and says where it is. Only a file that is complete and verified gets its name. Throws a
 * {@link PicotufError} with the code `unsafe-target-path` for a path that could lead out of the
 * folder, or that is no file name on some system, and where a symbolic link stands in the way.
 */
export async function saveTarget(
  client: BaseClient,
  target: Target,
  folder: string | URL,
  options: OperationOptions = {},
): Promise<string> {
  return about(client, target, options, async () => {
    const parent = dirname(await place(folder, target.path))
    await mkdir(parent, { recursive: true }).catch((error) => {
      throw io('make the folder for the target', parent, error)
    })
    // What was made meanwhile counts too.
    const file = await place(folder, target.path)
    if (await isHere(client, target, file, options)) return file
    await sweep(parent)
    const stream = await client.download(target, { ...options, as: 'stream' })
    let failure: { thrown: unknown } | undefined
    const noted = noting(stream, (thrown) => {
      failure = { thrown }
    })
    // Node takes what gives chunks, and its declarations do not say so before version 22.
    const chunks = noted as unknown as Uint8Array
    // All of each chunk: a single write to a disk that is nearly full may take a part of it, and
    // say nothing.
    await replace(file, (temporary) => temporary.writeFile(chunks)).catch((error) => {
      throw failure ? failure.thrown : error
    })
    return file
  })
}

/**
 * Where a target's file is, at its path below `folder`, if it is there and is the one that is
 * signed. Nothing is fetched. Throws as {@link saveTarget} does for a path that cannot be used.
 */
export async function findCached(
  client: BaseClient,
  target: Target,
  folder: string | URL,
  options: OperationOptions = {},
): Promise<string | undefined> {
  return about(client, target, options, async () => {
    const file = await place(folder, target.path)
    return (await isHere(client, target, file, options)) ? file : undefined
  })
}

/** As `stream`; `note` gets what ends it early. */
async function* noting(stream: TargetStream, note: (thrown: unknown) => void) {
  try {
    yield* stream
  } catch (thrown) {
    note(thrown)
    throw thrown
  }
}

async function about<T>(
  client: BaseClient,
  target: Target,
  options: OperationOptions,
  work: () => Promise<T>,
) {
  checkOperation(options, OPERATION)
  const { engine } = (client?.constructor ?? {}) as Partial<typeof BaseClient>
  if (!engine) throw usage('`client` is none of `picotuf`')
  const { path } = copyOf(target)
  try {
    options.signal?.throwIfAborted()
    const module = await engine()
    call(() => said(module.checkLocalPath(path)))
    return await work()
  } catch (thrown) {
    if (options.signal?.aborted) throw options.signal.reason
    throw thrown instanceof PicotufError ? refused(thrown, { target: path }) : thrown
  }
}

const NOT_THE_TARGET: readonly ErrorCode[] = ['hash-mismatch', 'length-mismatch', 'io']

async function isHere(client: BaseClient, target: Target, file: string, options: OperationOptions) {
  // What is in the way shows when the file is written.
  const found = await stat(file).catch(() => undefined)
  if (found?.size !== target.length) return false
  const stream = createReadStream(file)
  // Nobody else may be listening: what cannot be read is not verified.
  stream.on('error', () => {})
  try {
    await client.verify(target, stream, options)
    return true
  } catch (thrown) {
    if (thrown instanceof PicotufError && NOT_THE_TARGET.includes(thrown.code)) return false
    throw thrown
  } finally {
    stream.destroy()
  }
}

/** The place of a target's file, where nothing stands in its way. */
async function place(given: string | URL, path: string) {
  // Without a separator at its end.
  const folder = dirname(join(folderPath(given), 'file'))
  const parts = path.split('/')
  let file = folder
  for (const [at, part] of parts.entries()) {
    file = join(file, part)
    const found = await lstat(file).catch((error) => absent(error, file, folder))
    if (!found) break
    // A link is the user's own: no repository can make one.
    if (found.isSymbolicLink()) throw unsafe('a symbolic link stands in its way', 'system', file)
    if (found.isDirectory() && at === parts.length - 1) {
      throw unsafe('a folder stands where the target belongs', 'repository', file)
    }
  }
  return join(folder, ...parts)
}

/** Nothing, where there is no such file. */
function absent(error: unknown, file: string, folder: string): undefined {
  const code = codeOf(error)
  if (code === 'ENOENT') return undefined
  if (code === 'ENOTDIR' && dirname(file) !== folder) {
    throw unsafe('a file stands where it needs a folder', 'repository', file)
  }
  if (code === 'ENAMETOOLONG') {
    throw unsafe("a component is too long for a file's name", 'repository')
  }
  throw io('look at the target folder', file, error)
}

function unsafe(reason: string, blame: Blame, file?: string) {
  const text = `the path cannot be used for a local file: ${reason}`
  return new PicotufError('unsafe-target-path', text, { blame, file })
}
