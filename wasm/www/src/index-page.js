import { IndexPage } from './picotuf/pypi.js'
import { fileName, projectOfPage } from './catalogue.js'
import { h } from './dom.js'
import { accepted, refusal } from './refusal.js'
import { plural, size } from './words.js'

const SHOWN = 500
/** The longest index page that is read. */
const PAGE_LENGTH_MAX = 32 * 1024 * 1024

/** Where only index pages are signed, a file is proved by its hash in the signed page: a button that reads it, for what looks like one. */
export function readIndex({ client, settings }, target, signal) {
  const name = fileName(target.path)
  const looksLikeOne =
    !name || /\.(json|html)$/.test(name) || /^simple\//.test(target.path) || !name.includes('.')
  if (!looksLikeOne || !settings.targetUrl || target.length > PAGE_LENGTH_MAX) return undefined
  const place = h('div', { 'aria-live': 'polite' })
  const button = h(
    'button',
    {
      type: 'button',
      async click() {
        button.disabled = true
        try {
          const page = await IndexPage.read(
            await client.download(target, { signal }),
            projectOfPage(target.path),
          )
          place.replaceChildren(...list(client, target, page, signal))
        } catch (error) {
          if (signal.aborted) return
          place.replaceChildren(refusal(error, 'The index page cannot be used'))
        }
        button.disabled = false
      },
    },
    'Read the files of this index page',
  )
  return h('div', { class: 'index-page' }, button, place)
}

function list(client, target, page, signal) {
  const files = page.names.map((name) => fileOf(page, name))
  const shown = files.filter(({ hashes, problem }) => problem || Object.keys(hashes).length)
  const proved = shown.filter(({ problem }) => !problem)
  const left = files.length - shown.length
  return [
    accepted(
      'The page is the one that is signed',
      h(
        'p',
        {},
        `It has the hashes of ${plural(proved.length, 'file')}.${left ? ` ${plural(left, 'other')} without a SHA-2 hash cannot be proved.` : ''}`,
      ),
    ),
    h(
      'ul',
      { class: 'files' },
      shown.slice(0, SHOWN).map((file, at) => row(client, target, file, `index-${at}`, signal)),
    ),
    (shown.length > SHOWN && h('p', { class: 'hint' }, `The first ${SHOWN} are shown.`)) || '',
  ]
}

/** A file that the page names twice says nothing about the others. */
function fileOf(page, name) {
  try {
    return page.file(name)
  } catch (problem) {
    return { name, problem }
  }
}

function row(client, page, file, id, signal) {
  const { name, hashes, size: length, yanked, requiresPython: python, problem } = file
  if (problem)
    return h(
      'li',
      {},
      h('span', { class: 'name' }, name),
      h('div', {}, refusal(problem, 'It cannot be proved')),
    )
  const result = h('div', { 'aria-live': 'polite' })
  const input = h('input', {
    type: 'file',
    class: 'hidden-input',
    id,
    async change({ target }) {
      const [chosen] = target.files
      target.value = ''
      if (!chosen) return
      // The page's hashes take the place of a target's; what it says of the length is optional.
      const signed = { ...page, path: name, length: length ?? chosen.size, hashes }
      try {
        await client.verify(signed, chosen, { signal })
        result.replaceChildren(accepted('This is the file of the signed index page'))
      } catch (error) {
        if (!signal.aborted) result.replaceChildren(refusal(error, `${chosen.name} does not hold`))
      }
    },
  })
  const [algorithm, hash] = Object.entries(hashes)[0]
  return h(
    'li',
    {},
    h('span', { class: 'name' }, name),
    yanked !== undefined &&
      h('span', { class: 'badge warning' }, yanked ? `yanked: ${yanked}` : 'yanked'),
    python && h('span', { class: 'badge' }, `Python ${python}`),
    h(
      'span',
      { class: 'meta' },
      length !== undefined && h('span', {}, size(length)),
      h('span', {}, `${algorithm} `, h('code', {}, `${hash.slice(0, 12)}…`)),
      h(
        'label',
        { class: 'small button', for: id },
        'Check',
        h('span', { class: 'visually-hidden' }, ` a copy of ${name}`),
      ),
      input,
    ),
    result,
  )
}
