import * as glue from './wasm/pypi.js'
import { fieldsReader } from './lib/custom-fields.js'
import { BaseIndexPage } from './lib/index-page.js'
import { started } from './lib/wasm-module.js'

export { PicotufError } from './lib/error.js'

const load = started(
  glue,
  () => new URL('./wasm/pypi_bg.wasm', import.meta.url),
  (glue) => glue,
)

export class IndexPage extends BaseIndexPage {
  static module = load
}

export const customFields = fieldsReader(load)
