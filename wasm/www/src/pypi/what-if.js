// What happens when somebody tampers with an attested file: each case is played on the real
// document, by the same verifier.

import { h } from '../dom.js'
import { headline, refusal } from '../refusal.js'
import { attestationMeaning } from './words.js'

const GONE = 'It has no attestation, and its project’s files have had one.'

/** Each gives `{ said, result }`, with what the verifier says of it. */
const CASES = [
  {
    id: 'tampered',
    title: 'The file is tampered with',
    who: 'Somebody changes one byte of the file, and gives you the same attestation.',
    async play({ ask, file }) {
      const sha256 = (file.sha256[0] === '0' ? '1' : '0') + file.sha256.slice(1)
      return {
        said: `The file has the SHA-256 ${sha256.slice(0, 12)}… now.`,
        result: await ask('check', { file, sha256 }),
      }
    },
  },
  {
    id: 'publisher',
    title: 'Another publisher',
    who: 'Somebody attests it from a repository of their own, which anybody can.',
    async play({ ask, file, publisher }) {
      const [kind] = publisher.spec.split(':')
      const other = {
        github: 'github:your/own-project:release.yml',
        gitlab: 'gitlab:your/own-project:release.yml',
        google: 'google:you@example.org',
      }
      const asked = other[kind] ?? 'github:your/own-project:release.yml'
      return {
        said: `You require ${asked}, and it is by ${publisher.spec}.`,
        result: await ask('check', { file, publisher: asked }),
      }
    },
  },
  {
    id: 'missing',
    title: 'The attestation is missing',
    who: 'Somebody has stolen a password, and uploads a new version without an attestation.',
    async play({ ask, publisher }) {
      const files = [{ version: '1', publisher }, { version: '2' }]
      const [, { decision }] = await ask('history', { files })
      return {
        said: 'The version before was attested, and the next one is not.',
        result: {
          state: decision === 'gone' ? 'refused' : 'attested',
          error: {
            code: decision,
            text: GONE,
            message: `${GONE} [${decision}]`,
          },
        },
      }
    },
  },
]

/** The panel. */
export function tryIt(context) {
  return h(
    'div',
    { class: 'attacks' },
    CASES.map((one) => card(one, context)),
  )
}

function card({ id, title, who, play }, context) {
  const result = h('div', { class: 'result', 'aria-live': 'polite' })
  async function click() {
    const { said, result: found } = await play(context)
    const verdict =
      found.state === 'refused'
        ? refusal(found.error, 'Refused', attestationMeaning)
        : h('p', { class: 'verdict bad' }, headline('✕', 'It was not refused. Please report this.'))
    result.replaceChildren(h('p', { class: 'said' }, said), verdict)
  }
  const button = h(
    'button',
    { type: 'button', class: 'primary', 'aria-describedby': `case-${id}`, click },
    'Try it',
  )
  return h(
    'section',
    { class: 'attack', 'data-attack': id, 'aria-labelledby': `case-${id}` },
    h(
      'div',
      { class: 'attack-head' },
      h('div', {}, h('h3', { id: `case-${id}` }, title), h('p', {}, who)),
      button,
    ),
    result,
  )
}
