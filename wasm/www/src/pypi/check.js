import { $, h } from '../dom.js'
import { onFile } from '../drop.js'
import { accepted, headline, refusal } from '../refusal.js'
import { size } from '../words.js'
import { nobody, unchecked } from './verdict.js'
import { fileLink } from './views.js'
import { attestationMeaning, publisherParts } from './words.js'

/**
 * Takes files that are dropped on the page or chosen: a wheel or an sdist is looked up by its name,
 * and `requirements` is given the text of a requirements file. What it gives back ends a check.
 */
export function takeFiles({ ask, requirements }) {
  let running
  const take = async (file) => {
    running?.abort()
    running = new AbortController()
    if (/\.(txt|in)$/.test(file.name)) return requirements(await file.text())
    await check(file, ask, running)
  }
  onFile(take)
  return () => {
    running?.abort()
    $('check').replaceChildren()
  }
}

/** The name that comes before the version in the name of a wheel or an sdist. */
const projectOf = (name) =>
  /^(?:([^-]+)-[^-]+(?:-\d[^-]*)?-[^-]+-[^-]+-[^-]+\.whl|(.+)-[^-]+\.(?:tar\.gz|zip))$/.exec(name)

async function check(blob, ask, controller) {
  const { signal } = controller
  const { name } = blob
  const place = $('check')
  const show = (...content) => {
    if (!signal.aborted) place.replaceChildren(...content)
  }
  const bar = h('progress', { max: blob.size || 1, value: 0, 'aria-label': `Reading ${name}` })
  const amount = h('span', { class: 'amount' })
  const cancel = h('button', { type: 'button', click: () => controller.abort() }, 'Cancel')
  signal.addEventListener('abort', () =>
    place.replaceChildren(h('p', { class: 'hint' }, 'The check was cancelled.')),
  )
  const [, wheel, sdist] = projectOf(name) ?? []
  const project = wheel ?? sdist
  if (!project) {
    return show(unknown(`${name} is not the name of a wheel or an sdist`, NAMES))
  }
  show(
    h(
      'div',
      { class: 'verdict' },
      h('p', { class: 'headline' }, `Checking ${name}`),
      h('div', { class: 'progress' }, bar, amount, cancel),
    ),
  )
  place.scrollIntoView({ block: 'nearest' })
  const onProgress = (loaded) => {
    bar.value = loaded
    amount.textContent = `${size(loaded)} of ${size(blob.size)}`
  }
  try {
    const [sha256, found] = await Promise.all([
      ask('hash', { blob }, { signal, onProgress }),
      ask('project', { name: project }, { signal }),
    ])
    const files = found && [...found.releases.flatMap(({ files }) => files), ...found.others]
    const file = files?.find((file) => file.name === name)
    if (!file) return show(unknown(`The index does not know ${name}`, ELSEWHERE))
    const result = await ask('check', { file, sha256 }, { signal })
    const same = file.sha256 === sha256
    show(...said(blob, file, found.name, result, same))
  } catch (error) {
    if (signal.aborted) return
    show(refusal(error, `${name} could not be checked`, attestationMeaning))
  }
}

function said({ name }, file, project, result, same) {
  const more = h('p', {}, h('a', { href: fileLink(project, file.name) }, 'See all about it'))
  const { state, report, error } = result
  if (state === 'attested') {
    const { name: publisher, workflow } = publisherParts(report.publisher)
    const by = workflow ? `${publisher}, ${workflow}` : publisher
    return [
      accepted(
        'This very file is attested',
        h('p', {}, h('strong', {}, name), ` was published by ${by}.`),
        !same && h('p', {}, 'The index lists it with another SHA-256, which is odd.'),
        more,
      ),
    ]
  }
  if (state === 'refused')
    return [refusal(error, `${name} does not hold`, attestationMeaning), more]
  if (!same) {
    const other = {
      code: 'hash-mismatch',
      text: '',
      message: `${name}: the SHA-256 is not the one that the index lists [hash-mismatch]`,
      blame: 'repository',
    }
    const means = () => 'The index lists a file of this name with other content.'
    return [refusal(other, `${name} is not the file of the index`, means), more]
  }
  if (state === 'unasked') return [unchecked(error), more]
  return [
    h(
      'div',
      { class: 'verdict unknown', 'data-code': error?.code ?? 'not-attested' },
      h('p', { class: 'headline' }, headline('?', nobody(error))),
      h(
        'p',
        {},
        error && `${attestationMeaning(error)} `,
        `The index lists ${name} with this SHA-256. Nothing that is signed says whose it is.`,
      ),
      more,
    ),
  ]
}

const NAMES = 'Attestations are about files such as six-1.17.0.tar.gz and their wheels.'
const ELSEWHERE = 'That says nothing against the file: it may be from another place.'

const unknown = (what, why) =>
  h(
    'div',
    { class: 'verdict unknown', 'data-code': 'unknown' },
    h('p', { class: 'headline' }, headline('?', what)),
    h('p', {}, why),
  )
