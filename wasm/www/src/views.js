import { customFields } from './picotuf/pypi.js'
import { chainOf, drawChain } from './chain.js'
import { fileName, guesses, normalize } from './catalogue.js'
import { factList, showRole, showTarget } from './details.js'
import { h } from './dom.js'
import { readIndex } from './index-page.js'
import { keyMarks } from './layout.js'
import { refusal } from './refusal.js'
import { plural, size } from './words.js'
import { whatIf } from './what-if.js'

const projectLink = (name) => `#/project/${encodeURIComponent(name)}`
const fileLink = (path) => `#/file/${encodeURIComponent(path)}`

/** The search, and all projects where they are known. */
export function packages({ catalogue, repository }) {
  const complete = catalogue?.complete
  const list = h('ul', { class: 'projects' })
  const count = h('p', { class: 'count', role: 'status' })
  const search = h('input', {
    type: 'search',
    id: 'search',
    autocomplete: 'off',
    autocapitalize: 'off',
    spellcheck: 'false',
    enterkeyhint: 'search',
    placeholder: complete ? 'requests' : 'A project, or the path of a file',
    input: draw,
  })
  function found() {
    const wanted = normalize(search.value.trim())
    return [...(catalogue?.projects ?? [])].filter(([name]) => name.includes(wanted))
  }
  function draw() {
    const projects = found()
    list.replaceChildren(
      ...projects.map(([name, files]) =>
        h(
          'li',
          {},
          h(
            'a',
            { href: projectLink(name) },
            h('span', { class: 'name' }, name),
            h('span', { class: 'files' }, plural(files.length, 'file')),
          ),
        ),
      ),
    )
    if (!catalogue) count.textContent = repository.usable ? 'Reading what is signed …' : ''
    else if (complete && search.value && !projects.length)
      count.textContent = `None of the ${plural(catalogue.projects.size, 'project')} has that in its name.`
    else if (complete)
      count.textContent = search.value
        ? `${plural(projects.length, 'project')} of ${catalogue.projects.size}`
        : `${plural(projects.length, 'project')}, each listed by signed metadata`
    else
      count.textContent = 'This repository is not read whole here: press Enter to look up a name.'
  }
  const go = (event) => {
    event.preventDefault()
    const wanted = search.value.trim()
    const exact = catalogue?.projects.get(normalize(wanted)) ? normalize(wanted) : undefined
    const projects = found()
    if (exact || projects.length === 1) location.hash = projectLink(exact ?? projects[0][0])
    else if (wanted && !complete) location.hash = projectLink(wanted)
  }
  draw()
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
        { class: 'search', role: 'search', submit: go },
        h('label', { for: 'search' }, 'Project'),
        h('div', {}, search, h('button', { class: 'primary' }, 'Look up')),
      ),
    ),
    count,
    problem,
    list,
  ]
}

/** The files of a project: each as the client finds it, not as a list has it. */
export async function project({ repository, catalogue, signal }, name) {
  const { client } = repository
  const listed = catalogue?.projects.get(normalize(name)) ?? catalogue?.projects.get(name) ?? []
  const paths = listed.length || catalogue?.complete ? listed : guesses(name)
  const targets = []
  for (const path of paths) {
    const target = await client.target(path, { signal })
    if (target) targets.push(target)
  }
  const head = [crumbs(), h('h1', {}, name)]
  if (!targets.length) {
    const why = catalogue?.complete
      ? 'No role of this repository lists a file of it.'
      : `No role that may speak for it lists one of: ${paths.join(', ')}.`
    return [
      head,
      h(
        'div',
        { class: 'empty' },
        h('p', {}, h('strong', {}, 'Nobody vouches for this name.')),
        h('p', {}, why),
      ),
    ]
  }
  return [
    head,
    h(
      'p',
      { class: 'lead' },
      `${plural(targets.length, 'file')}, signed for by ${[...new Set(targets.map(({ delegationPath }) => `“${delegationPath.at(-1)}”`))].join(', ')}.`,
    ),
    h('ul', { class: 'files' }, await Promise.all(targets.map(row))),
  ]
}

async function row({ path, length, hashes, custom }) {
  const [algorithm, hash] = hashes.sha256 ? ['sha256', hashes.sha256] : Object.entries(hashes)[0]
  return h(
    'li',
    {},
    h('a', { href: fileLink(path) }, fileName(path)),
    await badges(custom),
    h(
      'span',
      { class: 'meta' },
      h('span', {}, size(length)),
      h('span', {}, algorithm, ' ', h('code', {}, `${hash.slice(0, 12)}…`)),
    ),
  )
}

/** What signed `custom` says that a person wants to know before anything else. */
async function badges(custom) {
  const { requiresPython: python, yanked } = (await customFields(custom)) ?? {}
  return [
    python && h('span', { class: 'badge' }, `Python ${python}`),
    typeof yanked === 'string' &&
      h('span', { class: 'badge warning' }, yanked ? `yanked: ${yanked}` : 'yanked'),
  ]
}

/** A file, and the chain of trust that leads to it. */
export async function file({ repository, setTarget, signal }, path) {
  const { client } = repository
  const target = await client.target(path, { signal })
  const name = fileName(path)
  if (!target) {
    return [
      crumbs(),
      h('h1', {}, name),
      h(
        'div',
        { class: 'empty' },
        h('p', {}, h('strong', {}, 'Nobody vouches for this file.')),
        h('p', {}, 'No role that may speak for its path lists it.'),
      ),
    ]
  }
  setTarget(target)
  const trail = path.includes('/') ? [path.slice(0, path.lastIndexOf('/'))] : []
  const show = (role) => (role ? showRole(repository, role) : showTarget(target))
  const chain = drawChain(chainOf(repository, target, keyMarks(client), show))
  return [
    crumbs(...trail),
    h('h1', { class: 'file-name' }, name),
    h('p', { class: 'badges' }, await badges(target.custom)),
    factList([
      [
        'Size',
        target.length < 1000
          ? size(target.length)
          : `${size(target.length)} (${target.length.toLocaleString('en')} bytes)`,
      ],
      ...Object.entries(target.hashes).map(([algorithm, hash]) => [algorithm, h('code', {}, hash)]),
    ]),
    download(repository, target, signal),
    readIndex(repository, target, signal),
    h('h2', {}, 'Chain of trust'),
    h(
      'p',
      { class: 'hint' },
      'Each step was verified with the keys of the ones before it. Press a step to read what is signed.',
    ),
    chain,
  ]
}

function download({ client, settings }, target, signal) {
  if (!settings.targetUrl) return undefined
  const place = h('div', { 'aria-live': 'polite' })
  const button = h(
    'button',
    {
      type: 'button',
      async click() {
        button.disabled = true
        place.replaceChildren(h('p', { class: 'hint' }, 'Downloading …'))
        try {
          const bytes = await client.download(target, { signal })
          const url = URL.createObjectURL(new Blob([bytes]))
          h('a', { href: url, download: fileName(target.path) }).click()
          setTimeout(() => URL.revokeObjectURL(url), 60_000)
          place.replaceChildren(
            h('p', { class: 'hint' }, 'Downloaded, and verified before it was saved.'),
          )
        } catch (error) {
          if (signal.aborted) return
          const absent = error.code === 'missing-target' && settings.demo
          place.replaceChildren(
            absent
              ? h('p', { class: 'hint' }, 'The demo carries one file only, iniconfig\u2019s wheel.')
              : refusal(error, 'Not downloaded'),
          )
        }
        button.disabled = false
      },
    },
    'Download and verify',
  )
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
        'Each attack is played on the bytes of this repository, against a client that is made for it. What this page keeps stays as it is.',
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
