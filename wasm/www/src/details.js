import { $, h } from './dom.js'
import { distance, moment, signatures, size } from './words.js'

/** So much of a file is shown: a page with megabytes of text is of no use. */
const MOST = 100_000

/** Shows a role's metadata as it was verified. */
export function showRole(repository, role) {
  const bytes = repository.client.metadata(role.role)
  const facts = [
    ['Version', `${role.version}`],
    ['Expires', `${moment(role.expires)}, ${distance(role.expires, repository.now())}`],
    ['Signatures', signatures(role)],
    ['Signed by', role.signers.map((keyid) => h('code', {}, keyid))],
    ['Length', size(role.length)],
    ['From', role.fetched ? role.url : 'what is stored in this browser, verified again'],
  ]
  show(role.role, facts, bytes && pretty(bytes))
}

/** Shows what is signed of a target. */
export function showTarget({ path, length, hashes, custom, delegationPath }) {
  const facts = [
    ['Listed by', delegationPath.at(-1)],
    ['Path', path],
  ]
  show(
    path.slice(path.lastIndexOf('/') + 1),
    facts,
    JSON.stringify({ length, hashes, custom }, null, 1),
  )
}

function show(title, facts, json) {
  $('details-title').textContent = title
  $('details-body').replaceChildren(
    factList(facts),
    h('h3', { id: 'json-title' }, 'Verified JSON'),
    json === undefined
      ? h('p', {}, 'It is not at hand any more.')
      : h(
          'pre',
          { tabindex: 0, role: 'region', 'aria-labelledby': 'json-title' },
          json.slice(0, MOST),
        ),
    (json?.length > MOST &&
      h('p', { class: 'hint' }, `The first ${size(MOST)} of ${size(json.length)}.`)) ||
      '',
  )
  $('details').showModal()
}

export const factList = (facts) =>
  h(
    'dl',
    { class: 'facts' },
    facts
      .filter(([, value]) => value !== undefined)
      .map(([name, value]) => h('div', {}, h('dt', {}, name), h('dd', {}, value))),
  )

function pretty(bytes) {
  const text = new TextDecoder().decode(bytes)
  return text.includes('\n') ? text : JSON.stringify(JSON.parse(text), null, 1)
}
