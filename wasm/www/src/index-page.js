import { fileName } from './catalogue.js'
import { h } from './dom.js'
import { accepted, refusal } from './refusal.js'
import { plural, size } from './words.js'

/** The longest index page that is read. */
const MOST = 20_000_000
const SHOWN = 500

/** Where only index pages are signed, a file is proved by its hash in the signed page: a button that reads it, for what looks like one. */
export function readIndex({ client, settings }, target, signal) {
  const name = fileName(target.path)
  const looksLikeOne = !name || /\.(json|html)$/.test(name) || /^simple\//.test(target.path) || !name.includes('.')
  if (!looksLikeOne || !settings.targetUrl || target.length > MOST) return undefined
  const place = h('div', { 'aria-live': 'polite' })
  const button = h('button', { type: 'button', async click() {
    button.disabled = true
    try {
      const text = new TextDecoder().decode(await client.download(target, { signal }))
      place.replaceChildren(...list(client, target, filesOf(text), signal))
    } catch (error) {
      if (signal.aborted) return
      place.replaceChildren(refusal(error, 'The index page cannot be used'))
    }
    button.disabled = false
  } }, 'Read the files of this index page')
  return h('div', { class: 'index-page' }, button, place)
}

/** `{ name, sha256, size }` of each file: PEP 691 JSON, or PEP 503 HTML. */
function filesOf(text) {
  if (/^\s*\{/.test(text)) {
    const { files } = JSON.parse(text)
    if (!Array.isArray(files)) throw new Error('This is not an index page: it has no list of files.')
    return files.map(({ filename, hashes, size: length, yanked, 'requires-python': python }) => ({ name: `${filename}`, sha256: hashes?.sha256, length, yanked, python }))
  }
  const page = new DOMParser().parseFromString(text, 'text/html')
  return [...page.querySelectorAll('a[href]')].map((link) => ({
    name: link.textContent,
    sha256: /#sha256=([0-9a-f]{64})/.exec(link.getAttribute('href'))?.[1],
    python: link.dataset.requiresPython,
    yanked: link.dataset.yanked,
  }))
}

function list(client, page, files, signal) {
  const proved = files.filter(({ sha256 }) => /^[0-9a-f]{64}$/.test(sha256 ?? ''))
  const rows = proved.slice(0, SHOWN).map((file) => {
    const result = h('div', { 'aria-live': 'polite' })
    const input = h('input', { type: 'file', class: 'hidden-input', id: `index-${file.sha256}`, async change({ target }) {
      const [chosen] = target.files
      target.value = ''
      if (!chosen) return
      // The page's hash takes the place of a target's; what it says of the length is optional.
      const signed = { ...page, path: file.name, length: file.length ?? chosen.size, hashes: { sha256: file.sha256 } }
      try {
        await client.verify(signed, chosen, { signal })
        result.replaceChildren(accepted('This is the file of the signed index page'))
      } catch (error) {
        if (!signal.aborted) result.replaceChildren(refusal(error, `${chosen.name} does not hold`))
      }
    } })
    const yanked = file.yanked !== undefined && file.yanked !== false
    return h('li', {}, h('span', { class: 'name' }, file.name), yanked && h('span', { class: 'badge warning' }, 'yanked'), file.python && h('span', { class: 'badge' }, `Python ${file.python}`),
      h('span', { class: 'meta' }, file.length !== undefined && h('span', {}, size(file.length)), h('span', {}, 'sha256 ', h('code', {}, `${file.sha256.slice(0, 12)}…`)),
        h('label', { class: 'small button', for: `index-${file.sha256}` }, 'Check', h('span', { class: 'visually-hidden' }, ` a copy of ${file.name}`)), input), result)
  })
  const left = files.length - proved.length
  return [
    accepted('The page is the one that is signed', h('p', {}, `It has the hashes of ${plural(proved.length, 'file')}.${left ? ` ${plural(left, 'other')} without a SHA-256 cannot be proved.` : ''}`)),
    h('ul', { class: 'files' }, rows),
    proved.length > SHOWN && h('p', { class: 'hint' }, `The first ${SHOWN} are shown.`) || '',
  ]
}
