import { lstat, mkdir } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { PicotufError } from '../lib/error.js'
import { io } from '../lib/folder-store.js'

const DEVICE = /^(con|prn|aux|nul|conin\$|conout\$|(com|lpt)[0-9\u00b9\u00b2\u00b3])$/i

/** The local path of a target: its path, below the target folder. Nothing is created, and no symbolic link is followed. */
export async function localPath(folder, target) {
  const components = target.split('/')
  for (const component of components) {
    const reason = refuse(component)
    if (reason) throw unsafe(target, reason)
  }
  let path = folder
  for (const component of components) {
    path = join(path, component)
    const found = await lstat(path).catch((error) => {
      if (error.code === 'ENOENT') return undefined
      if (error.code === 'ENOTDIR' && dirname(path) !== folder) throw unsafe(target, 'a file stands where it needs a folder', path)
      if (error.code === 'ENAMETOOLONG') throw unsafe(target, "a component is too long for a file's name")
      throw io('look at the target folder', path, error)
    })
    if (!found) break
    if (found.isSymbolicLink()) throw linkInTheWay(target, path)
  }
  return join(folder, ...components)
}

/** Makes the folders of the target's path, and looks at them again: what was made meanwhile counts too. */
export async function makeFolders(folder, target) {
  const parent = dirname(await localPath(folder, target))
  await mkdir(parent, { recursive: true }).catch((error) => {
    throw io('make the folder for the target', parent, error)
  })
  return localPath(folder, target)
}

/** Why a component may not become a file's name, on any system. */
function refuse(component) {
  if (component === '') return 'it has an empty component'
  if (component === '.' || component === '..') return 'it has a component `.` or `..`'
  if (/[\p{Cc}\\:*?"<>|]/u.test(component)) return 'it has a character that file names may not have on every system'
  if (/[. ]$/.test(component)) return 'a component ends with a dot or a blank'
  if (DEVICE.test(component.split('.')[0].trimEnd())) return 'a component is the name of a device on Windows'
  if (component.startsWith('.picotuf-')) return 'it has the name of a temporary file of this program'
  return undefined
}

/** A link is the user's own: no repository can make one. */
function linkInTheWay(target, file) {
  return new PicotufError('unsafe-target-path', 'the path cannot be used for a local file: a symbolic link stands in its way', {
    blame: 'system', target, file, hint: 'remove the link, or choose another folder with --target-dir',
  })
}

function unsafe(target, reason, file) {
  return new PicotufError('unsafe-target-path', `the path cannot be used for a local file: ${reason}`, {
    blame: 'repository', target, file, hint: 'get the file by other means and use `picotuf verify`',
  })
}
