import { encode, joined } from './engine.js'
import { PicotufError, checkOptions, usage } from './error.js'
import type { IndexPageFile, ModuleOptions, ProjectStatus } from './pypi-types.js'
import type { WasmSource } from './types.js'
import { call, said } from './verdict.js'
import type { PypiGlue } from './glue.js'

/** What the module says of a page: see wasm/src/pypi.rs. */
interface Read extends ProjectStatus {
  files: IndexPageFile[]
}

/**
 * What an index page states of the files of a project: JSON as PEP 691 says, or HTML as PEP 503
 * says. Some repositories sign these pages, and not each file. The bytes have to be those of a
 * target that was verified, as `Client.download` gives them.
 */
export class BaseIndexPage {
  /** By its name, a file, or nothing where it stands twice. */
  #files = new Map<string, IndexPageFile | undefined>()
  #status: ProjectStatus

  /** @internal The entry points say which WebAssembly module is used. */
  static module: (wasm?: WasmSource) => Promise<PypiGlue>

  /** Not to be called: `IndexPage.read` is. */
  protected constructor({ files, status, reason }: Read) {
    this.#status = Object.freeze(reason === undefined ? { status } : { status, reason })
    for (const file of files) {
      Object.values(file).forEach(Object.freeze)
      this.#files.set(file.name, this.#files.has(file.name) ? undefined : Object.freeze(file))
    }
  }

  /**
   * Reads a page, all of it, as strictly as the native command line. `project` is the name of the
   * project, in whatever spelling.
   *
   * Throws a {@link PicotufError} with a code of the verifier where the page's JSON is not right,
   * such as `duplicate-member`, or one of `page-form`, `page-html`, `page-length` (over 32 MiB),
   * `page-project` and `page-version`.
   */
  static async read<T extends typeof BaseIndexPage>(
    this: T,
    bytes: Uint8Array,
    project: string,
    options: ModuleOptions = {},
  ): Promise<T['prototype']> {
    checkOptions(options, ['wasm'])
    if (!(bytes instanceof Uint8Array)) throw usage('an index page is the bytes of a target')
    if (typeof project !== 'string') throw usage('the name of a project is text')
    const { readIndexPage } = await this.module(options.wasm)
    const name = encode(project)
    const read = call(() => said<Read>(readIndexPage(joined(name, bytes), name.length)))
    return new this(read as Read)
  }

  /**
   * What the page says of the project (PEP 792): `active`, where it says nothing, `archived`,
   * `deprecated`, `quarantined`, or a text that the verifier does not know; and why, if it says so.
   * Files of a quarantined project are not to be used.
   */
  get projectStatus(): ProjectStatus {
    return this.#status
  }

  /** The names of all files, each once, in the page's order. */
  get names(): readonly string[] {
    return [...this.#files.keys()]
  }

  /**
   * What the page states of the file of that name, if it names it. One that it names twice is
   * refused, with the code `page-names-file-twice`, as two readers may take different ones.
   */
  file(name: string): IndexPageFile | undefined {
    const file = this.#files.get(name)
    if (file || !this.#files.has(name)) return file
    const details = { blame: 'repository', target: name } as const
    throw new PicotufError('page-names-file-twice', 'the index page names the file twice', details)
  }
}
