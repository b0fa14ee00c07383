import { takeFiles } from './check.js'
import { PicotufError } from './client.js'
import { $, h } from './dom.js'
import { repositoryPanel } from './panel.js'
import { refusal } from './refusal.js'
import { Repository, choose, chosen, linked } from './repository.js'
import { keepPage } from './keep-page.js'
import * as views from './views.js'
import { distance, meaning, moment } from './words.js'

let repository
let catalogue
let target
/** Ends what the last view is still doing. */
let view = new AbortController()
let expiry

async function start(settings, root) {
  const opened = await Repository.open(settings, root)
  // A verdict of one repository says nothing of another.
  clearCheck()
  choose(settings)
  repository = opened
  $('repository-name').textContent = settings.name
  await refresh()
}

async function refresh() {
  clearTimeout(expiry)
  const current = repository
  catalogue = target = undefined
  current.state = 'checking'
  status()
  let fetching
  const onProgress = ({ role }) => {
    if (role !== fetching) status(`Fetching ${(fetching = role)} …`)
  }
  await current.refresh({ onProgress })
  if (current !== repository) return
  // Another tab has begun anew, with another root: as after a reload, that is what is trusted now.
  if (current.error?.code === 'already-initialized') return start(current.settings)
  status()
  const wait = current.untilExpiry()
  if (wait) expiry = setTimeout(() => refresh().catch(fail), wait)
  if (location.hash.length <= 2) render()
  if (current.usable) {
    const reading = { onProgress: (role) => status(`Reading ${role} …`) }
    const read = await current.ask('catalogue', undefined, reading)
    if (current !== repository) return
    catalogue = read
    status()
  }
  render()
}

function status(doing) {
  const { state, settings, error, fixed, client } = repository
  const timestamp = client.trusted.find(({ role }) => role === 'timestamp')
  const now = repository.now()
  const time = fixed
    ? ['At the demo\u2019s own time, ', h('time', { datetime: fixed }, moment(fixed)), '. ']
    : []
  const again = h(
    'button',
    { type: 'button', class: 'again', click: () => refresh().catch(fail) },
    'Check again',
  )
  const expires = timestamp && `The timestamp expires ${distance(timestamp.expires, now)}.`
  const words = {
    checking: [h('strong', {}, 'Checking'), doing ?? 'what the repository says now …'],
    verified: [
      h('strong', {}, settings.demo ? 'Demo, verified' : 'Verified'),
      h('span', {}, time, expires),
      !settings.demo && again,
    ],
    offline: [
      h('strong', {}, 'Offline'),
      h(
        'span',
        {},
        'The repository cannot be reached. What is stored was verified again, and has not ',
        'expired. ',
        expires,
      ),
      again,
    ],
    stale: [
      h('strong', {}, 'Stale'),
      h('span', {}, error && meaning(error), ' Nothing is vouched for until it is renewed.'),
      again,
    ],
    unreachable: [
      h('strong', {}, 'Not reached'),
      h('span', {}, error && meaning(error), ' Nothing is stored of it yet.'),
      again,
    ],
    absent: [
      h('strong', {}, 'No TUF metadata'),
      h('span', {}, 'There is none at this address. Look at the metadata URL again.'),
      again,
    ],
    foreign: [
      h('strong', {}, 'Root does not fit'),
      h('span', {}, 'Nothing here is signed by the keys of your root file.'),
      again,
    ],
    refused: [
      h('strong', {}, 'Refused'),
      h('span', {}, error && meaning(error)),
      error && h('code', {}, error.code),
      again,
    ],
  }
  $('status').dataset.state = doing && state === 'checking' ? 'checking' : state
  $('status').dataset.ready = String(state !== 'checking' && (!!catalogue || !repository.usable))
  $('status-text').replaceChildren(...words[state].filter(Boolean))
}

async function render() {
  view.abort()
  view = new AbortController()
  const { signal } = view
  target = undefined
  const [, kind, value] = /^#?\/?([^/]*)\/?(.*)$/s.exec(location.hash)
  for (const link of document.querySelectorAll('[data-nav]')) {
    if ((link.dataset.nav === 'what-if') === (kind === 'what-if'))
      link.setAttribute('aria-current', 'page')
    else link.removeAttribute('aria-current')
  }
  if (!repository || repository.state === 'checking') return
  const context = { repository, catalogue, signal, setTarget: (found) => (target = found) }
  const show = (content, title) => {
    if (signal.aborted) return
    $('main').replaceChildren(...[content].flat(Infinity).filter(Boolean))
    document.title = `${title ? `${title} – ` : ''}Package browser – picotuf`
    $('main').dataset.view = kind || 'packages'
  }
  if (!repository.usable) return show(unusable())
  try {
    const name = decodeURIComponent(value)
    if (kind === 'project') {
      show(h('p', { class: 'loading' }, 'Verifying …'))
      show(await views.project(context, name), name)
    } else if (kind === 'file') {
      show(h('p', { class: 'loading' }, 'Verifying …'))
      show(await views.file(context, name), name)
    } else if (kind === 'what-if') show(views.tampering(context), 'What if?')
    else show(views.packages(context))
  } catch (error) {
    if (signal.aborted) return
    if (!(error instanceof PicotufError) && !(error instanceof URIError)) throw error
    const isNetwork = error.blame === 'transport'
    const offline = repository.state === 'offline' && isNetwork
    show([
      h('a', { href: '#/' }, 'Packages'),
      h('h1', {}, isNetwork ? 'There was no answer' : 'This does not hold'),
      offline
        ? h(
            'div',
            { class: 'empty' },
            h('p', {}, h('strong', {}, 'Not at hand offline.')),
            h('p', {}, 'It was not read before the network went away.'),
          )
        : refusal(error, isNetwork ? 'No answer' : 'Refused'),
    ])
  }
}

/** What there is to see while nothing is vouched for. */
function unusable() {
  const { error, state, settings } = repository
  const change = h(
    'button',
    { type: 'button', click: () => $('repository-button').click() },
    'Change the repository …',
  )
  const told = (...lines) => h('div', { class: 'empty' }, ...lines)
  if (state === 'absent') {
    return [
      h('h1', {}, 'There is no TUF metadata here'),
      told(
        h('p', {}, `What ${settings.metadataUrl} has is no TUF metadata: `, meaning(error)),
        h(
          'p',
          {},
          'The metadata URL is that of the folder in which timestamp.json is. It may end with ',
          '/metadata.',
        ),
      ),
      change,
    ]
  }
  if (state === 'foreign') {
    return [
      h('h1', {}, 'The root file is not that of this repository'),
      told(
        h('p', {}, `“${error.role}” has no signature by a key that your root file names.`),
        h(
          'p',
          {},
          'Most likely, the root file is of another repository, or an old one from before it was ',
          'set up anew. Compare both with what the owners publish; if they are right, do not use ',
          'this repository.',
        ),
      ),
      change,
    ]
  }
  const titles = {
    stale: 'What is known has expired',
    unreachable: 'The repository cannot be reached',
    refused: 'The repository is refused',
  }
  const kept = 'What was trusted before is kept, and is not replaced by what was refused.'
  return [
    h('h1', {}, titles[state]),
    error && refusal(error, state === 'unreachable' ? 'No answer' : 'Refused'),
    state === 'unreachable' ? change : h('p', { class: 'hint' }, kept),
  ]
}

function fail(error) {
  console.error(error)
  $('status').dataset.state = 'refused'
  $('status').dataset.ready = 'true'
  $('status-text').replaceChildren(
    h('strong', {}, 'It does not work'),
    h('span', {}, error instanceof PicotufError ? meaning(error) : `${error.message}`),
  )
}

addEventListener('hashchange', () => {
  clearCheck()
  render()
  $('main').focus({ preventScroll: true })
  scrollTo(0, 0)
})
$('skip').addEventListener('click', (event) => {
  event.preventDefault()
  $('main').focus()
})
for (const dialog of document.querySelectorAll('dialog')) {
  // A press beside it closes it.
  dialog.addEventListener('click', ({ target }) => target === dialog && dialog.close())
}
const openPanel = repositoryPanel({ current: () => repository, start })
const clearCheck = takeFiles(() => ({ repository, catalogue, target }))
addEventListener('keydown', (event) => {
  const typing = event.target.closest('input, textarea, dialog')
  if (event.key !== '/' || typing || event.ctrlKey || event.metaKey || event.altKey) return
  event.preventDefault()
  if ($('search')) return $('search').focus()
  addEventListener('hashchange', () => setTimeout(() => $('search')?.focus()), { once: true })
  location.hash = '#/'
})
$('repository-name').textContent = (linked() ?? chosen()).name
begin().catch(fail).finally(keepPage)

/** Begins with the repository of the link, if it has one. A link makes no root trusted. */
async function begin() {
  const link = linked()
  if (!link) return start(chosen())
  try {
    await start(link)
  } catch (error) {
    if (error.code !== 'not-initialized') throw error
    await start(chosen())
    openPanel(link)
  }
}
