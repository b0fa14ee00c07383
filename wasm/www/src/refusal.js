import { h } from './dom.js'
import { meaning } from './words.js'

/** What the two values of an error are, where they are not what was expected and what was found. */
const VALUES = {
  expired: ['valid until', 'now it is'],
  rollback: ['trusted before', 'served'],
  'subject-digest': ['this file has', 'attested is'],
}

/**
 * A refusal: what it means, its code, and the verifier's own line. What is only the network's fault
 * is no alarm.
 */
export function refusal(error, title = 'Refused', means = meaning) {
  const [expected, found] = VALUES[error.code] ?? ['expected', 'found']
  const facts = [
    ['role', error.role],
    [expected, error.expected],
    [found, error.found],
  ].filter(([, value]) => value !== undefined)
  const isAlarm = error.blame !== 'transport'
  return h(
    'div',
    { class: `verdict ${isAlarm ? 'bad' : 'unsure'}`, 'data-code': error.code },
    h(
      'p',
      { class: 'headline' },
      headline(isAlarm ? '✕' : '!', title),
      error.code && h('code', {}, error.code),
    ),
    h('p', {}, means(error)),
    facts.length > 0 &&
      h(
        'p',
        { class: 'compared' },
        facts.map(([name, value]) => h('span', {}, `${name} `, h('code', {}, `${value}`))),
      ),
    error.code &&
      h(
        'details',
        {},
        h('summary', {}, 'In the verifier\u2019s words'),
        h('p', { class: 'line' }, error.message),
      ),
  )
}

/** Something holds. */
export const accepted = (title, ...more) =>
  h('div', { class: 'verdict good' }, h('p', { class: 'headline' }, headline('✓', title)), more)

/** A sign for the eye, and what it says. */
export const headline = (sign, title) =>
  h('span', {}, h('span', { class: 'sign', 'aria-hidden': 'true' }, `${sign} `), title)
