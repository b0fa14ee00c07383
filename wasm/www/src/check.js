import { $, h } from './dom.js'
import { onFile } from './drop.js'
import { accepted, headline, refusal } from './refusal.js'
import { fileName, meaning, plural, size } from './words.js'

/**
 * Takes files that are dropped on the page or chosen. `context()` gives
 * `{ repository, catalogue, target }`. What it gives back ends a check and takes its verdict away.
 */
export function takeFiles(context) {
  let running
  const take = (file) => {
    running?.abort()
    running = new AbortController()
    check(file, context(), running)
  }
  onFile(take)
  return () => {
    running?.abort()
    $('check').replaceChildren()
  }
}

async function check(file, { repository, catalogue, target: open }, controller) {
  const { signal } = controller
  const bar = h('progress', { max: file.size || 1, value: 0, 'aria-label': `Reading ${file.name}` })
  const amount = h('span', { class: 'amount' })
  const cancel = h('button', { type: 'button', click: () => controller.abort() }, 'Cancel')
  const place = $('check')
  const show = (...content) => {
    if (!signal.aborted) place.replaceChildren(...content)
  }
  signal.addEventListener('abort', () =>
    place.replaceChildren(h('p', { class: 'hint' }, 'The check was cancelled.')),
  )
  show(
    h(
      'div',
      { class: 'verdict' },
      h('p', { class: 'headline' }, `Checking ${file.name}`),
      h('div', { class: 'progress' }, bar, amount, cancel),
    ),
  )
  place.scrollIntoView({ block: 'nearest' })
  try {
    const { target, why } = await find(file, repository, catalogue, open, signal)
    if (!target) return show(unknown(file, why))
    // Words about every chunk would only keep the page busy.
    let drawn = 0
    const onProgress = ({ loaded, total }) => {
      if (loaded - drawn < total / 200 && loaded < total) return
      drawn = loaded
      bar.value = loaded
      amount.textContent = `${size(loaded)} of ${size(file.size)}`
    }
    await repository.client.verify(target, file, { signal, onProgress })
    show(held(file, target))
  } catch (error) {
    if (signal.aborted) return
    show(refusal(error, `${file.name} does not hold`))
  }
}

function held(file, target) {
  const by = target.signedBy.at(-1)
  const hashes = Object.keys(target.hashes).join(' and ')
  return accepted(
    'This is the file that is signed',
    h(
      'p',
      {},
      h('strong', {}, file.name),
      ` has the ${size(target.length)} and the ${hashes} that “${by.role}” signed with `,
      `${plural(by.signingKeys, 'key')}.`,
    ),
    renamed(file, target),
    link(target),
  )
}

/**
 * The target of the file's name, or why there is none. Where a file's page is open, that one, for a
 * file whose name does not say that it is another.
 */
async function find({ name }, repository, catalogue, open, signal) {
  if (open && fileName(open.path) === name) return { target: open }
  const { usable, error } = repository
  if (!usable) throw error ?? new Error('The repository has not been verified yet.')
  const found = await repository.ask('named', { name }, { signal })
  const { target, listed, problem, isDistribution } = found
  if (target) return { target }
  if (listed.length) {
    return { why: `It is listed, but by a role that may not speak for it: ${listed[0]}.` }
  }
  if (open && !isDistribution) return { target: open }
  if (problem) return { why: `It cannot be looked up: ${meaning(problem)}` }
  return { why: catalogue?.complete ? NOT_LISTED : NOT_FOUND }
}

const NOT_LISTED = 'No role of this repository lists a file of that name.'
const NOT_FOUND =
  'No role that may speak for it lists a file of that name at the usual place. If its path is ' +
  'another, open the file\u2019s page and drop it there.'

/** Nothing is known of the file, which says neither good nor bad of it. */
const unknown = (file, why) =>
  h(
    'div',
    { class: 'verdict unknown', 'data-code': 'unknown' },
    h('p', { class: 'headline' }, headline('?', `This repository does not know ${file.name}`)),
    h('p', {}, why),
    h('p', {}, 'That says nothing against the file: it may be from another place.'),
  )

const renamed = (file, { path }) =>
  fileName(path) !== file.name &&
  h('p', {}, `Its name is another: the repository has it as ${fileName(path)}.`)

const link = ({ path }) =>
  h('p', {}, h('a', { href: `#/file/${encodeURIComponent(path)}` }, 'See what vouches for it'))
