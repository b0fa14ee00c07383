// The page for PyPI: who published which file. All is asked and verified in a worker.

import { $, h } from '../dom.js'
import { keepPage } from '../keep-page.js'
import { headline, refusal } from '../refusal.js'
import { distance, meaning } from '../words.js'
import { takeFiles } from './check.js'
import { connect } from './rpc.js'
import * as views from './views.js'
import { attestationMeaning } from './words.js'

const RECENT = 'picotuf-projects'
const RECENT_MAX = 8

// Links of the page for TUF repositories, which stood here before.
if (/^#\/(project|file|what-if)(\/|$)/.test(location.hash))
  location.replace(`tuf.html${location.hash}`)

/** Whoever serves the page may name another index and another Sigstore in its head. */
const setting = (name) =>
  document.querySelector(`meta[name=picotuf-${name}]`)?.content.trim() || undefined
const web = (url) => url && new URL(url, document.baseURI).href

const ask = connect(new Worker(new URL('pypi-worker.js', import.meta.url), { type: 'module' }))
let trusted
let pasted
/** Ends what the last view is still doing. */
let view = new AbortController()

async function start() {
  $('status').dataset.state = 'checking'
  $('status').dataset.ready = 'false'
  $('status-text').replaceChildren(h('strong', {}, 'Checking'), 'Sigstore’s root of trust …')
  const settings = {
    index: web(setting('index')),
    sigstore: { url: web(setting('sigstore')), rootUrl: web(setting('sigstore-root')) },
  }
  const again = h('button', { type: 'button', class: 'again', click: restart }, 'Check again')
  const say = (state, ...words) => {
    $('status').dataset.state = state
    $('status').dataset.ready = 'true'
    $('status-text').replaceChildren(...words)
  }
  try {
    const opened = await ask('start', settings)
    trusted = opened.trusted
    const timestamp = trusted.find(({ role }) => role === 'timestamp')
    const expires = `Its timestamp expires ${distance(timestamp.expires, new Date())}.`
    if (opened.unreachable) {
      const kept = 'Sigstore cannot be reached. What is stored was verified again. '
      return say('offline', h('strong', {}, 'Offline'), h('span', {}, kept, expires), again)
    }
    const { version } = trusted.find(({ role }) => role === 'root')
    const words = `Sigstore’s root ${version}. ${expires}`
    say('verified', h('strong', {}, 'Verified'), h('span', {}, words))
  } catch (error) {
    const isNetwork = error.blame === 'transport'
    const state = isNetwork ? 'unreachable' : error.code === 'expired' ? 'stale' : 'refused'
    const title = isNetwork ? 'Sigstore not reached' : 'Sigstore’s root refused'
    const text = `${meaning(error)} Without it, no attestation can be checked.`
    say(state, h('strong', {}, title), h('span', {}, text), h('code', {}, error.code), again)
  }
}

const restart = () => start().then(render)

const recent = () => {
  try {
    const names = JSON.parse(localStorage.getItem(RECENT))
    return Array.isArray(names) ? names.filter((name) => typeof name === 'string') : []
  } catch {
    return []
  }
}

function remember(name) {
  const names = [name, ...recent().filter((other) => other !== name)].slice(0, RECENT_MAX)
  localStorage.setItem(RECENT, JSON.stringify(names))
}

async function render() {
  view.abort()
  view = new AbortController()
  const { signal } = view
  const [, kind, ...parts] = location.hash.split('/')
  const show = (content, title) => {
    if (signal.aborted) return
    $('main').replaceChildren(...[content].flat(Infinity).filter(Boolean))
    document.title = `${title ? `${title} – ` : ''}Who published it? – picotuf`
    $('main').dataset.view = kind || 'home'
  }
  const context = { ask, signal, trusted: () => trusted }
  if (kind === 'requirements' && pasted !== undefined) {
    return show(views.requirements(context, pasted), 'Requirements')
  }
  if (kind !== 'pypi') {
    const lookUp = (name) => (location.hash = views.projectLink(name))
    return show(views.home({ recent: recent(), lookUp, requirements }))
  }
  let name
  try {
    const [project, file] = parts.map(decodeURIComponent)
    name = project
    show(h('p', { class: 'loading' }, `Asking the index about ${project} …`), project)
    const found = await ask('project', { name: project }, { signal })
    if (!found) return show(notListed(project), project)
    remember(found.name)
    if (file === undefined) return show(views.project(context, found), found.name)
    show(h('p', { class: 'loading' }, 'Verifying …'), file)
    show(await views.file(context, found, file), file)
  } catch (error) {
    if (signal.aborted) return
    show(unanswered(error, name), name)
  }
}

const notListed = (name) => [
  h('h1', {}, name),
  h('div', { class: 'empty' }, h('p', {}, h('strong', {}, 'The index lists no such project.'))),
]

/** What a page is told of an index that has no such project is the same as of one that is away. */
function unanswered(error, name) {
  if (error.code !== 'connection') {
    const title = error.blame === 'transport' ? 'No answer' : 'It cannot be looked up'
    const what = refusal(error, title, attestationMeaning)
    return [views.crumbs(), h('h1', {}, name ?? 'No project'), what]
  }
  return [
    views.crumbs(),
    h('h1', {}, name),
    h(
      'div',
      { class: 'verdict unsure', 'data-code': 'connection' },
      h('p', { class: 'headline' }, headline('!', 'The index could not be asked')),
      h(
        'p',
        {},
        'Either you are offline, or there is no project of that name: a page is told the same in ',
        'both cases. Nothing follows from it about attestations.',
      ),
    ),
    h('button', { type: 'button', click: () => render() }, 'Ask again'),
  ]
}

function requirements(text) {
  pasted = text
  if (location.hash === '#/requirements') render()
  else location.hash = '#/requirements'
}

const clearCheck = takeFiles({ ask, requirements })
addEventListener('hashchange', () => {
  clearCheck()
  render()
  $('main').focus({ preventScroll: true })
  scrollTo(0, 0)
})
addEventListener('keydown', (event) => {
  const typing = event.target.closest('input, textarea, [contenteditable]')
  if (event.key !== '/' || typing || event.ctrlKey || event.metaKey || event.altKey) return
  event.preventDefault()
  if ($('search')) return $('search').focus()
  addEventListener('hashchange', () => $('search')?.focus(), { once: true })
  location.hash = '#/'
})
$('skip').addEventListener('click', (event) => {
  event.preventDefault()
  $('main').focus()
})
for (const dialog of document.querySelectorAll('dialog')) {
  // A press beside it closes it.
  dialog.addEventListener('click', ({ target }) => target === dialog && dialog.close())
}
start().finally(keepPage)
render()
