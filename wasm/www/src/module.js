// The one WebAssembly module of this page: the client, and what reads index pages.

import { BaseClient } from './picotuf/client.js'
import { Engine } from './picotuf/engine.js'
import { BaseIndexPage } from './picotuf/index-page.js'
import { withMlDsa } from './picotuf/ml-dsa.js'
import { fieldsReader, pathsReader } from './picotuf/pypi-functions.js'
import { started } from './picotuf/wasm-module.js'
import * as glue from './picotuf/wasm/page.js'

const module = () => new URL('./wasm/page_bg.wasm', import.meta.url)
const load = started(glue, module, ({ Core, readIndexPage, readCustomFields, targetPaths }) => ({
  engine: new Engine(Core),
  readIndexPage,
  readCustomFields,
  targetPaths,
}))

export class Client extends BaseClient {
  static engine = async (wasm) => (await load(wasm)).engine
  static withMlDsa = withMlDsa
}

export class IndexPage extends BaseIndexPage {
  static module = load
}

export const customFields = fieldsReader(load)
export const targetPaths = pathsReader(load)
