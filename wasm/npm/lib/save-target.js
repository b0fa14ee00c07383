import { createReadStream } from 'node:fs'
import { lstat, mkdir, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { PicotufError, refused } from './error.js'
import { io, replace, sweep } from './folder-store.js'
import { call, said } from './verdict.js'

/**
 * Downloads a target to its path below `folder`, unless it is there already, and says where it is.
 * Only a file that is complete and verified gets its name.
 */
export async function saveTarget(client, target, folder, options) {
  const engine = await client.constructor.engine()
  const path = String(target?.path)
  try {
    call(() => said(engine.checkLocalPath(path)))
    const parent = dirname(await place(folder, path))
    await mkdir(parent, { recursive: true }).catch((error) => {
      throw io('make the folder for the target', parent, error)
    })
    // What was made meanwhile counts too.
    const file = await place(folder, path)
    if (await isHere(client, target, file, options)) return file
    await sweep(parent)
    const stream = await client.download(target, { ...options, as: 'stream' })
    // All of each chunk: a single write to a disk that is nearly full may take a part of it, and
    // say nothing.
    await replace(file, (temporary) => temporary.writeFile(stream))
    return file
  } catch (thrown) {
    throw thrown instanceof PicotufError ? refused(thrown, { target: path }) : thrown
  }
}

async function isHere(client, target, file, options) {
  // What is in the way shows when the file is written.
  const found = await stat(file).catch(() => undefined)
  if (found?.size !== target.length) return false
  return client.verify(target, createReadStream(file), options).then(
    () => true,
    () => false,
  )
}

/** The place of a target's file, where nothing stands in its way. */
async function place(folder, path) {
  const parts = path.split('/')
  let file = folder
  for (const [at, part] of parts.entries()) {
    file = join(file, part)
    const found = await lstat(file).catch((error) => {
      if (error.code === 'ENOENT') return undefined
      if (error.code === 'ENOTDIR' && dirname(file) !== folder)
        throw unsafe('a file stands where it needs a folder', 'repository', file)
      if (error.code === 'ENAMETOOLONG')
        throw unsafe("a component is too long for a file's name", 'repository')
      throw io('look at the target folder', file, error)
    })
    if (!found) break
    // A link is the user's own: no repository can make one.
    if (found.isSymbolicLink()) throw unsafe('a symbolic link stands in its way', 'system', file)
    if (found.isDirectory() && at === parts.length - 1)
      throw unsafe('a folder stands where the target belongs', 'repository', file)
  }
  return join(folder, ...parts)
}

const unsafe = (reason, blame, file) =>
  new PicotufError('unsafe-target-path', `the path cannot be used for a local file: ${reason}`, {
    blame,
    file,
  })
