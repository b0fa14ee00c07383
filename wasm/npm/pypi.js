import * as glue from './wasm/pypi.js'
import { BaseIndexPage } from './lib/index-page.js'
import { started } from './lib/wasm-module.js'

export { customFields } from './lib/custom-fields.js'
export { PicotufError } from './lib/error.js'

export class IndexPage extends BaseIndexPage {
  static reader = started(glue, () => new URL('./wasm/pypi_bg.wasm', import.meta.url), ({ readIndexPage }) => readIndexPage)
}
