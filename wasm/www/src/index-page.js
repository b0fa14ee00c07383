import { h } from './dom.js'
import { accepted, refusal } from './refusal.js'
import { fileName, plural, size } from './words.js'

/** The longest index page that is read, in bytes. */
const PAGE_LENGTH_MAX = 32 * 1024 * 1024

/**
 * Where only index pages are signed, a file is proved by its hash in the signed page: a button that
 * reads it, for what looks like one.
 */
export function readIndex(repository, target, signal) {
  const { path, length } = target
  const name = fileName(path)
  const looksLikeOne =
    !name || /\.(json|html)$/.test(name) || /^simple\//.test(path) || !name.includes('.')
  if (!looksLikeOne || !repository.settings.targetUrl || length > PAGE_LENGTH_MAX) return undefined
  const place = h('div', { 'aria-live': 'polite' })
  async function click() {
    button.disabled = true
    try {
      const page = await repository.ask('index', { target }, { signal })
      place.replaceChildren(...list(repository.client, target, page, signal))
    } catch (error) {
      if (signal.aborted) return
      place.replaceChildren(refusal(error, 'The index page cannot be used'))
    }
    button.disabled = false
  }
  const button = h('button', { type: 'button', click }, 'Read the files of this index page')
  return h('div', { class: 'index-page' }, button, place)
}

function list(client, target, { files, proved, left, more }, signal) {
  const others = left ? ` ${plural(left, 'other')} without a SHA-2 hash cannot be proved.` : ''
  const rows = files.map((file, at) => row(client, target, file, `index-${at}`, signal))
  return [
    accepted(
      'The page is the one that is signed',
      h('p', {}, `It has the hashes of ${plural(proved, 'file')}.${others}`),
    ),
    h('ul', { class: 'files' }, rows),
    more ? h('p', { class: 'hint' }, `The first ${files.length} are shown.`) : '',
  ]
}

function row(client, page, file, id, signal) {
  const { name, hashes, size: length, yanked, requiresPython: python, problem } = file
  const title = h('span', { class: 'name' }, name)
  if (problem) return h('li', {}, title, h('div', {}, refusal(problem, 'It cannot be proved')))
  const result = h('div', { 'aria-live': 'polite' })
  async function change({ target }) {
    const [chosen] = target.files
    target.value = ''
    if (!chosen) return
    // The page's hashes take the place of a target's; what it says of the length is optional.
    const signed = { ...page, path: name, length: length ?? chosen.size, hashes }
    try {
      await client.verify(signed, chosen, { signal })
      result.replaceChildren(accepted('This is the file of the signed index page'))
    } catch (error) {
      if (signal.aborted) return
      result.replaceChildren(refusal(error, `${chosen.name} does not hold`))
    }
  }
  const input = h('input', { type: 'file', class: 'hidden-input', id, change })
  const [algorithm, hash] = Object.entries(hashes)[0]
  const why = yanked ? `yanked: ${yanked}` : 'yanked'
  const copy = h('span', { class: 'visually-hidden' }, ` a copy of ${name}`)
  return h(
    'li',
    {},
    title,
    yanked !== undefined && h('span', { class: 'badge warning' }, why),
    python && h('span', { class: 'badge' }, `Python ${python}`),
    h(
      'span',
      { class: 'meta' },
      length !== undefined && h('span', {}, size(length)),
      h('span', {}, `${algorithm} `, h('code', {}, `${hash.slice(0, 12)}…`)),
      h('label', { class: 'small button', for: id }, 'Check', copy),
      input,
    ),
    result,
  )
}
