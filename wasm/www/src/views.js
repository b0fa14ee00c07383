import { copyButton } from './copy.js'
import { chainOf, drawChain } from './chain.js'
import { factList, showRole, showTarget } from './details.js'
import { h } from './dom.js'
import { readIndex } from './index-page.js'
import { refusal } from './refusal.js'
import { sharedLink } from './repository.js'
import { fileName, plural, size } from './words.js'
import { whatIf } from './what-if.js'

/** How many projects more are shown at one time: a long list keeps a browser busy for seconds. */
const PROJECTS_SHOWN = 60
/** How long a person pauses between words, in milliseconds: the list waits for that. */
const PAUSE = 120

const projectLink = (name) => `#/project/${encodeURIComponent(name)}`
const fileLink = (path) => `#/file/${encodeURIComponent(path)}`

/** The search, and all projects where they are known. */
export function packages({ catalogue, repository, signal }) {
  const complete = catalogue?.complete
  const list = h('ul', { class: 'projects' })
  const count = h('p', { class: 'count', role: 'status' })
  let shown = 0
  let timer
  const search = h('input', {
    type: 'search',
    id: 'search',
    autocomplete: 'off',
    autocapitalize: 'off',
    spellcheck: 'false',
    enterkeyhint: 'search',
    placeholder: complete ? 'requests' : 'A project, or the path of a file',
    input() {
      clearTimeout(timer)
      timer = setTimeout(() => draw(0), PAUSE)
    },
  })
  const find = (text, from = 0) =>
    repository.ask('search', { text, from, most: PROJECTS_SHOWN }, { signal })
  const more = h('button', { type: 'button', hidden: true, click: () => draw(shown) }, 'Show more')
  const draw = (from) => show(from).catch(ignoreAbort(signal))
  /** Shows the projects from that one on, behind those that are shown. */
  async function show(from) {
    const text = search.value.trim()
    const { total, projects } = catalogue ? await find(text, from) : { total: 0, projects: [] }
    // What was typed or pressed meanwhile is drawn by itself.
    if (signal.aborted || text !== search.value.trim() || (from && from !== shown)) return
    const rows = projects.map(projectRow)
    if (from) list.append(...rows)
    else list.replaceChildren(...rows)
    shown = from + rows.length
    more.hidden = shown === total
    count.textContent = counted(text, total, shown)
  }
  function counted(text, total, shown) {
    if (!catalogue) return repository.usable ? 'Reading what is signed …' : ''
    if (!complete) return 'This repository is not read whole here: press Enter to look up a name.'
    const all = plural(catalogue.count, 'project')
    if (text && !total) return `None of the ${all} has that in its name.`
    const some = shown < total ? `; the first ${shown} are shown` : ''
    if (text) return `${plural(total, 'project')} of ${catalogue.count.toLocaleString('en')}${some}`
    return `${all}, each listed by signed metadata${some}`
  }
  const submit = (event) => {
    event.preventDefault()
    go().catch(ignoreAbort(signal))
  }
  async function go() {
    const wanted = search.value.trim()
    if (!wanted) return
    const { exact, total, projects } = await find(wanted)
    if (signal.aborted) return
    if (exact || total === 1) location.hash = projectLink(exact ?? projects[0][0])
    else if (wanted.includes('/')) location.hash = fileLink(wanted)
    else if (!complete) location.hash = projectLink(wanted)
  }
  draw(0)
  const problem =
    catalogue?.problem && refusal(catalogue.problem, 'A part of the repository does not hold')
  return [
    h(
      'div',
      { class: 'hero' },
      h('h1', {}, 'Who vouches for a package?'),
      h(
        'p',
        { class: 'lead' },
        'Look up a project, and see each signature between the root of trust and its files.',
      ),
      h(
        'form',
        { class: 'search', role: 'search', submit },
        h('label', { for: 'search' }, 'Project'),
        h('div', {}, search, h('button', { class: 'primary' }, 'Look up')),
      ),
    ),
    count,
    problem,
    list,
    more,
  ]
}

const projectRow = ([name, files]) =>
  h(
    'li',
    {},
    h(
      'a',
      { href: projectLink(name) },
      h('span', { class: 'name' }, name),
      h('span', { class: 'files' }, plural(files, 'file')),
    ),
  )

const ignoreAbort = (signal) => (error) => {
  if (!signal.aborted) throw error
}

/** The files of a project: each as the client finds it, not as a list has it. */
export async function project({ repository, catalogue, signal }, name) {
  const found = await repository.ask('project', { name }, { signal })
  const { files, more, paths, problem } = found
  const head = [crumbs(), h('h1', {}, name)]
  if (!files.length && problem) return [head, refusal(problem, 'It cannot be looked up')]
  if (!files.length) {
    const why = catalogue?.complete
      ? 'No role of this repository lists a file of it.'
      : `No role that may speak for it lists one of: ${paths.join(', ')}.`
    return [head, nobody('Nobody vouches for this name.', why)]
  }
  const roles = [...new Set(files.map(({ by }) => `“${by}”`))].join(', ')
  const all = plural(files.length + more, 'file')
  return [
    head,
    h('p', { class: 'lead' }, `${all}, signed for by ${roles}.`),
    h('ul', { class: 'files' }, files.map(row)),
    more > 0 && h('p', { class: 'hint' }, `The first ${files.length} are shown.`),
  ]
}

const nobody = (what, why) =>
  h('div', { class: 'empty' }, h('p', {}, h('strong', {}, what)), h('p', {}, why))

function row({ path, length, hashes, fields }) {
  const [algorithm, hash] = hashes.sha256 ? ['sha256', hashes.sha256] : Object.entries(hashes)[0]
  return h(
    'li',
    {},
    h('a', { href: fileLink(path) }, fileName(path)),
    badges(fields),
    h(
      'span',
      { class: 'meta' },
      h('span', {}, size(length)),
      h('span', {}, algorithm, ' ', h('code', {}, `${hash.slice(0, 12)}…`)),
    ),
  )
}

/** What signed `custom` says that a person wants to know before anything else. */
function badges({ requiresPython: python, yanked } = {}) {
  const why = yanked ? `yanked: ${yanked}` : 'yanked'
  return [
    python && h('span', { class: 'badge' }, `Python ${python}`),
    typeof yanked === 'string' && h('span', { class: 'badge warning' }, why),
  ]
}

/** A file, and the chain of trust that leads to it. */
export async function file({ repository, setTarget, signal }, path) {
  const target = await repository.target(path, signal)
  const name = fileName(path) || path
  if (!target) {
    const why = 'No role that may speak for its path lists it.'
    return [crumbs(), h('h1', {}, name), nobody('Nobody vouches for this file.', why)]
  }
  const { fields, marks, project } = await repository.ask('about', { target }, { signal })
  setTarget(target)
  const show = (role) => (role ? showRole(repository, role) : showTarget(target))
  const length = target.length
  const bytes = length < 1000 ? '' : ` (${length.toLocaleString('en')} bytes)`
  return [
    crumbs(...(project ? [project] : [])),
    h(
      'div',
      { class: 'title' },
      h('h1', { class: 'file-name' }, name),
      copyButton(() => sharedLink(repository.settings), 'to this file', 'Copy link'),
    ),
    h('p', { class: 'badges' }, badges(fields)),
    factList([
      ['Size', `${size(length)}${bytes}`],
      ...Object.entries(target.hashes).map(([algorithm, hash]) => [
        algorithm,
        [h('code', {}, hash), copyButton(hash, `the ${algorithm}`)],
      ]),
    ]),
    download(repository, target, signal),
    readIndex(repository, target, signal),
    h('h2', {}, 'Chain of trust'),
    h(
      'p',
      { class: 'hint' },
      'Each step was verified with the keys of the ones before it. ',
      'Press a step to read what is signed.',
    ),
    drawChain(chainOf(repository, target, marks, show)),
  ]
}

function download({ client, settings }, target, signal) {
  if (!settings.targetUrl) return undefined
  const place = h('div', { 'aria-live': 'polite' })
  const hint = (text) => place.replaceChildren(h('p', { class: 'hint' }, text))
  async function click() {
    button.disabled = true
    const stop = new AbortController()
    const both = AbortSignal.any([signal, stop.signal])
    const bar = h('progress', { max: target.length || 1, value: 0, 'aria-label': 'Downloading' })
    const amount = h('span', { class: 'amount' })
    const cancel = h('button', { type: 'button', click: () => stop.abort() }, 'Cancel')
    place.replaceChildren(h('div', { class: 'progress' }, bar, amount, cancel))
    let drawn = 0
    const onProgress = ({ loaded, total }) => {
      // Words about every chunk would only keep the page busy.
      if (loaded - drawn < total / 200 && loaded < total) return
      drawn = bar.value = loaded
      amount.textContent = `${size(loaded)} of ${size(total)}`
    }
    try {
      const bytes = await client.download(target, { signal: both, onProgress })
      const url = URL.createObjectURL(new Blob([bytes]))
      h('a', { href: url, download: fileName(target.path) }).click()
      setTimeout(() => URL.revokeObjectURL(url), 60_000)
      hint('Downloaded, and verified before it was saved.')
    } catch (error) {
      if (signal.aborted) return
      button.disabled = false
      if (stop.signal.aborted) return hint('The download was cancelled. Nothing was saved.')
      const absent = error.code === 'missing-target' && settings.demo
      if (absent) hint('The demo carries one file only, iniconfig\u2019s wheel.')
      else place.replaceChildren(refusal(error, 'Not downloaded'))
    }
    button.disabled = false
  }
  const button = h('button', { type: 'button', click }, 'Download and verify')
  return h('div', { class: 'download' }, button, place)
}

/** What happens when somebody tampers. */
export function tampering({ repository }) {
  return [
    h(
      'div',
      { class: 'hero' },
      h('h1', {}, 'What if somebody tampers?'),
      h(
        'p',
        { class: 'lead' },
        'Each attack is played on the bytes of this repository, against a client that is made ',
        'for it. What this page keeps stays as it is.',
      ),
    ),
    whatIf(repository),
  ]
}

const crumbs = (...names) =>
  h(
    'nav',
    { class: 'crumbs', 'aria-label': 'Breadcrumbs' },
    h('a', { href: '#/' }, 'Packages'),
    names.map((name) => [
      h('span', { 'aria-hidden': 'true' }, '/'),
      h('a', { href: projectLink(name) }, name),
    ]),
  )
