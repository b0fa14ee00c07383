// What a file's attestations come to, as a person sees it.

import { h } from '../dom.js'
import { headline, refusal } from '../refusal.js'
import { attestationMeaning, publisherParts } from './words.js'

/** A few words in a row of a list. */
export function badge({ state, report, error } = { state: 'asking' }) {
  if (state === 'asking') return h('span', { class: 'badge' }, 'checking …')
  if (state === 'attested') {
    const { name, workflow, kind } = publisherParts(report.publisher)
    return h(
      'span',
      { class: 'badge good', 'data-state': state },
      `attested by ${name}`,
      h('span', { class: 'by' }, workflow ? `, ${workflow} (${kind})` : ` (${kind})`),
    )
  }
  const words = {
    'not-attested': ['badge', 'not attested'],
    unasked: ['badge warning', `could not be ${isNetwork(error) ? 'asked' : 'checked'}`],
    refused: ['badge bad', `refused: ${error?.code}`],
  }
  const [style, text] = words[state]
  return h('span', { class: style, 'data-state': state }, text)
}

/** What is to be said of a file that nobody attested, or that nothing can be said of. */
export function otherVerdict({ state, error }) {
  if (state === 'refused')
    return refusal(error, 'The attestation does not hold', attestationMeaning)
  if (state === 'unasked') return unchecked(error)
  return h(
    'div',
    { class: 'verdict unknown', 'data-code': error?.code ?? 'not-attested' },
    h('p', { class: 'headline' }, headline('?', nobody(error))),
    h(
      'p',
      {},
      error
        ? `${attestationMeaning(error)} `
        : 'The index lists it without an attestation. Most files on PyPI are so; that is no sign ' +
            'of an attack. ',
      'Nothing that is signed says who published it.',
    ),
  )
}

/** That nobody attested a file, or nobody whose attestation can be judged here. */
export const nobody = (error) =>
  error ? 'This page cannot judge the attestation' : 'Nobody attested this file'

/** That says nothing of the file. */
export function unchecked(error) {
  const title = `The attestation could not be ${isNetwork(error) ? 'asked for' : 'checked'}`
  return refusal({ ...error, blame: 'transport' }, title, attestationMeaning)
}

const isNetwork = (error) => error?.blame === 'transport'

/** What a file comes to beside the others of its project, where a person should know. */
export function changeBadge({ decision, text }) {
  const words = {
    'publisher-changed': `another publisher than before: ${text}`,
    renamed: 'the publisher’s repository has another name now',
    gone: 'though others are',
  }
  return (
    words[decision] &&
    h('span', { class: 'badge warning', 'data-change': decision }, words[decision])
  )
}
