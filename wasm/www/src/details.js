import { $, h } from './dom.js'
import { distance, fileName, moment, signatures, size } from './words.js'

/** How many lines a piece of text has. */
const LINES = 25

/** Shows a role's metadata as it was verified. */
export async function showRole(repository, role) {
  const json = await repository.ask('text', { role: role.role })
  const facts = [
    ['Version', `${role.version}`],
    ['Expires', `${moment(role.expires)}, ${distance(role.expires, repository.now())}`],
    ['Signatures', signatures(role)],
    ['Signed by', role.signers.map((keyid) => h('code', {}, keyid))],
    ['Length', size(role.length)],
    ['From', role.fetched ? role.url : 'what is stored in this browser, verified again'],
  ]
  show(role.role, facts, json)
}

/** Shows what is signed of a target. */
export function showTarget({ path, length, hashes, custom, delegationPath }) {
  const facts = [
    ['Listed by', delegationPath.at(-1)],
    ['Path', path],
  ]
  const text = JSON.stringify({ length, hashes, custom }, null, 1)
  show(fileName(path), facts, { text, length: text.length })
}

/** Opens the dialog with facts and JSON; without JSON for null. */
export function show(title, facts, json) {
  $('details-title').textContent = title
  const attributes = { tabindex: 0, role: 'region', 'aria-labelledby': 'json-title' }
  const [shown, length] = [json?.text.length, json?.length]
  const content = [factList(facts)]
  if (json !== null) {
    content.push(
      h('h3', { id: 'json-title' }, 'Verified JSON'),
      json ? h('pre', attributes, piecesOf(json.text)) : h('p', {}, 'It is not at hand any more.'),
    )
  }
  if (shown < length) {
    content.push(h('p', { class: 'hint' }, `The first ${size(shown)} of ${size(length)}.`))
  }
  $('details-body').replaceChildren(...content)
  $('details').showModal()
}

/** Long text in pieces of some lines, which a browser lays out as they come into sight. */
function piecesOf(text) {
  const lines = text.match(/[^\n]*\n|[^\n]+$/g) ?? []
  const pieces = []
  for (let at = 0; at < lines.length; at += LINES) {
    pieces.push(h('span', { class: 'piece' }, lines.slice(at, at + LINES).join('')))
  }
  return pieces
}

export function factList(facts) {
  const known = facts.filter(([, value]) => value !== undefined)
  const rows = known.map(([name, value]) => h('div', {}, h('dt', {}, name), h('dd', {}, value)))
  return h('dl', { class: 'facts' }, rows)
}
