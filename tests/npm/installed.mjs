// The package as it was packed and installed: see pack.mjs.

import { createRequire } from 'node:module'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'

/** The project that the tarball was installed into. */
export const project = fileURLToPath(new URL('../.cache/npm', import.meta.url))
export const installed = join(project, 'node_modules/picotuf')
const find = createRequire(join(project, 'user.js')).resolve

/** An entry point of the installed package. */
export const load = (name = 'picotuf') => import(pathToFileURL(find(name)))
