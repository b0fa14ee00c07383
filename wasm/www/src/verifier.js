// The worker of the page: all that is verified, and all that reads large metadata, so that the page
// stays free. The page asks it by name: see client.js.

import { serveClients } from './picotuf/worker-host.js'
import { fetchEarly, fetchRolesAhead } from './ahead.js'
import { Client, IndexPage, customFields, targetPaths } from './module.js'
import { normalize, projectOfPage, readCatalogue } from './catalogue.js'
import { keyMarks } from './layout.js'
import { fileName } from './words.js'
import { withoutSignature } from './what-if-worker.js'

/** What is stored has to do where the repository does not answer. */
const source = 'repository-or-store'
/** How many files of a project, or of an index page, are looked at. */
const FILES_MAX = 200
/** How much of a role's JSON is shown, in characters: more is of no use. */
const TEXT_MAX = 100_000

/** What was read of each client's repository. */
const catalogues = new WeakMap()

/** A client that makes use of what was fetched ahead. */
class PageClient extends Client {
  static open(options) {
    return super.open({ fetch: fetchEarly, ...options })
  }
}

serveClients(PageClient, {
  /** Reads which targets there are: `{ complete, count, problem }`. */
  async catalogue(client, _, { signal, progress }) {
    const find = (path) => client.target(path, { signal, source })
    const ends = []
    const ahead = (roles) => ends.push(fetchRolesAhead(client, roles))
    const told = { signal, onRole: progress, ahead }
    const read = await readCatalogue(client, find, told).finally(() => {
      for (const end of ends) end()
    })
    catalogues.set(client, read)
    const { projects, complete, problem } = read
    return { complete, count: projects.size, problem: problem && plain(problem) }
  },

  /**
   * The projects with a text in their names, `most` of them behind the first `from`: `{ total,
   * projects, exact }`.
   */
  search(client, { text, from, most }) {
    const wanted = normalize(text)
    const projects = catalogues.get(client)?.projects ?? new Map()
    const found = []
    let total = 0
    for (const [name, paths] of projects) {
      if (!name.includes(wanted)) continue
      if (total >= from && total < from + most) found.push([name, paths.length])
      total++
    }
    return { total, projects: found, exact: projects.has(wanted) ? wanted : undefined }
  },

  /** The files of a project, each as the client finds it, not as a list has it. */
  async project(client, { name }, { signal }) {
    const catalogue = catalogues.get(client)
    const listed = catalogue?.projects.get(normalize(name)) ?? catalogue?.projects.get(name) ?? []
    if (listed.length || catalogue?.complete) {
      const files = []
      for (const path of listed.slice(0, FILES_MAX)) {
        const target = await client.target(path, { signal, source })
        if (target) files.push(await row(target))
      }
      return { files, more: Math.max(0, listed.length - FILES_MAX), paths: [] }
    }
    const { files = [], pages = [] } = (await targetPaths(name)) ?? {}
    const paths = [...new Set([...pages, ...files, name])]
    const { target, problem } = await first(client, paths, signal)
    return { files: target ? [await row(target)] : [], more: 0, paths, problem }
  },

  /**
   * The target that a file of that name is: `{ target, problem, listed, isDistribution }`, with the
   * paths of that name in the lists, and whether the name says what the file is.
   */
  async named(client, { name }, { signal }) {
    const catalogue = catalogues.get(client)
    const listed = []
    for (const paths of catalogue?.projects.values() ?? []) {
      for (const path of paths) if (fileName(path) === name) listed.push(path)
    }
    const files = (await targetPaths(name))?.files ?? []
    const paths = new Set([...listed, ...(catalogue?.complete ? [] : [...files, name])])
    return { listed, isDistribution: files.length > 0, ...(await first(client, paths, signal)) }
  },

  /** What is to be said of a target besides what the client says. */
  async about(client, { target }) {
    const { path, delegationPath } = target
    const mark = keyMarks(client)
    const chains = delegationPath.map((_, at) => delegationPath.slice(0, at + 1))
    const top = ['root', 'timestamp', 'snapshot']
    return {
      fields: await customFields(target.custom),
      marks: [...top.map((role) => mark([role])), ...chains.map(mark)],
      project: projectThatLists(catalogues.get(client), path),
    }
  },

  /** A role's verified JSON: `{ text, length }`, with the beginning of a long one. */
  text(client, { role }) {
    const bytes = client.metadata(role)
    if (!bytes) return undefined
    const text = new TextDecoder().decode(bytes)
    const shown = text.includes('\n') ? text : JSON.stringify(JSON.parse(text), null, 1)
    return { text: shown.slice(0, TEXT_MAX), length: shown.length }
  },

  /** Downloads an index page and reads it: `{ files, proved, left, more }`. */
  async index(client, { target }, { signal }) {
    const bytes = await client.download(target, { signal })
    const page = await IndexPage.read(bytes, projectOfPage(target.path))
    const files = page.names.map((name) => fileOf(page, name))
    const shown = files.filter(({ hashes, problem }) => problem || Object.keys(hashes).length)
    return {
      files: shown.slice(0, FILES_MAX),
      proved: shown.filter(({ problem }) => !problem).length,
      left: files.length - shown.length,
      more: Math.max(0, shown.length - FILES_MAX),
    }
  },

  withoutSignature,
})

/**
 * The first of some paths that is listed. That one cannot be looked up says nothing of the others;
 * it is told where none is found.
 */
async function first(client, paths, signal) {
  let problem
  for (const path of paths) {
    try {
      const target = await client.target(path, { signal, source })
      if (target) return { target }
    } catch (error) {
      if (signal.aborted) throw error
      problem ??= plain(error)
    }
  }
  return { problem }
}

async function row(target) {
  const { path, length, hashes, custom, delegationPath } = target
  const by = delegationPath.at(-1)
  return { path, length, hashes, by, fields: await customFields(custom) }
}

/** A file that the page names twice says nothing about the others. */
function fileOf(page, name) {
  try {
    return page.file(name)
  } catch (problem) {
    return { name, problem: plain(problem) }
  }
}

/** The project below which a path is listed, where a look-up of its name finds it again. */
function projectThatLists(catalogue, path) {
  for (const [name, paths] of catalogue?.projects ?? []) {
    if (paths.includes(path)) return name
  }
  return undefined
}

/** An error as plain data, which can be posted. */
function plain({ code, text, message, blame, role, target, expected, found, url }) {
  return { code, text, message, blame, role, target, expected, found, url }
}
