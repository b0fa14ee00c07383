import { fieldsReader, pathsReader } from './pypi-functions.js'
import { BaseIndexPage } from './index-page.js'
import { started } from './wasm-module.js'
import * as glue from './wasm/pypi.js'

export { PicotufError } from './error.js'
export type * from './pypi-types.js'

const address = () => new URL('./wasm/pypi_bg.wasm', import.meta.url)
const load = started(glue, address, (glue) => glue)

/** What an index page states of the files of a project: see {@link BaseIndexPage}. */
export class IndexPage extends BaseIndexPage {
  /** @internal */
  static override module = load
}

/** Reads the known members of `Target.custom`, if it has one of them. All others are left alone. */
export const customFields = fieldsReader(load)

/**
 * The target paths at which published layouts (PEP 458, PEP 480, PEP 691, RSTUF) list what is
 * named: a distribution file by its name, or a project. The native command line's `check` asks for
 * the same ones. Paths that need the file's hash are left out. Nothing of a name that is neither.
 */
export const targetPaths = pathsReader(load)
