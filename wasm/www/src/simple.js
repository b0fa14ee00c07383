// Index pages of a project, with the verdicts of the core's reader (core/src/pypi/simple.rs): a page that another reader could take
// differently is refused here too.

import { PageError } from './simple-parts.js'
import { readHtml } from './simple-html.js'
import { readJson } from './simple-json.js'

/** The longest page, in bytes. */
export const PAGE_LENGTH_MAX = 32 * 1024 * 1024

/** What the bytes of an index page say of the files of `project`. All of it is checked; a refusal is a `PageError`. */
export class IndexPage {
  #files = new Map()

  constructor(bytes, project) {
    if (bytes.length > PAGE_LENGTH_MAX) throw new PageError('page-length', `the index page has more than ${PAGE_LENGTH_MAX} bytes`)
    const first = String.fromCharCode(bytes.find((byte) => ![0x09, 0x0a, 0x0c, 0x0d, 0x20].includes(byte)))
    const read = { '{': readJson, '<': readHtml }[first]
    if (!read) throw new PageError('page-form', 'the index page is neither HTML nor JSON')
    let problem
    read(bytes, project, {
      take: (file, position) => {
        const earlier = this.#files.get(file.name)
        if (earlier) earlier.again ??= position
        else this.#files.set(file.name, { file })
      },
      // What is wrong beyond the page's form is said of a page whose form is right.
      refuse: (error) => (problem ??= error),
    })
    if (problem) throw problem
  }

  /** The names of all files, each once, in the page's order. */
  get names() {
    return [...this.#files.keys()]
  }

  /**
   * `{ name, hashes, size, yanked, python }` of a file, if the page names it. `yanked` is the reason, which may be empty. Throws where
   * the page names it twice, as two readers may take different ones.
   */
  file(name) {
    const { file, again } = this.#files.get(name) ?? {}
    if (again !== undefined) throw new PageError('page-names-file-twice', `the index page names the file twice, at byte ${again}`)
    return file
  }
}

/** The project whose index page is at a target path, in the layouts that are published: `NAME`, `simple/NAME/…`. */
export function projectOfPage(path) {
  const parts = path.split('/')
  const last = parts.pop()
  const isWithin = parts.length > 0 && /^((index|vnd\.pypi\.simple\.[^/]*)\.(html|json))?$/.test(last)
  return isWithin ? parts.at(-1) : last.replace(/\.(html|json)$/, '')
}
