import { encode, joined } from './engine.js'
import { PicotufError, usage } from './error.js'
import { call, said } from './verdict.js'

/** What a verified index page states of the files of a project. */
export class BaseIndexPage {
  /** By its name, a file, or nothing where it stands twice. */
  #files = new Map()
  #status

  constructor({ files, status, reason }) {
    this.#status = Object.freeze(reason === undefined ? { status } : { status, reason })
    for (const file of files) {
      Object.values(file).forEach(Object.freeze)
      this.#files.set(file.name, this.#files.has(file.name) ? undefined : Object.freeze(file))
    }
  }

  static async read(bytes, project, { wasm } = {}) {
    if (!(bytes instanceof Uint8Array)) throw usage('an index page is the bytes of a target')
    if (typeof project !== 'string') throw usage('the name of a project is text')
    const { readIndexPage } = await this.module(wasm)
    const name = encode(project)
    return new this(call(() => said(readIndexPage(joined(name, bytes), name.length))))
  }

  get projectStatus() {
    return this.#status
  }

  get names() {
    return [...this.#files.keys()]
  }

  file(name) {
    const file = this.#files.get(name)
    if (file || !this.#files.has(name)) return file
    throw new PicotufError('page-names-file-twice', 'the index page names the file twice', {
      blame: 'repository',
      target: name,
    })
  }
}
