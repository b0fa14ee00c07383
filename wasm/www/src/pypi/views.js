import { h } from '../dom.js'
import { factList } from '../details.js'
import { accepted, headline } from '../refusal.js'
import { moment, plural, size } from '../words.js'
import { drawAttested } from './chain.js'
import { copyButton } from '../copy.js'
import { readRequirements } from './requirements.js'
import { badge, changeBadge, otherVerdict } from './verdict.js'
import { tryIt } from './what-if.js'
import { day, publisherParts, refWords } from './words.js'

/** How many versions more are shown at one time. */
const VERSIONS_SHOWN = 10
/** How many files of the newest version are checked without being asked to. */
const CHECKED_AT_ONCE = 24
/** How many files of a version are shown: more are of no use. */
const FILES_SHOWN = 100
/** The type of the attestations that say who published a file. */
const PUBLISH = 'https://docs.pypi.org/attestations/publish/v1'
/** How many requirements are looked up. */
const REQUIREMENTS_MAX = 200

export const projectLink = (name) => `#/pypi/${encodeURIComponent(name)}`
export const fileLink = (project, file) => `${projectLink(project)}/${encodeURIComponent(file)}`

/** The search, and what was looked at before. */
export function home({ recent, lookUp, requirements }) {
  const submit = (event) => {
    event.preventDefault()
    const name = search.value.trim()
    if (name) lookUp(name)
  }
  const search = h('input', {
    type: 'search',
    id: 'search',
    autocomplete: 'off',
    autocapitalize: 'off',
    spellcheck: 'false',
    enterkeyhint: 'search',
    placeholder: 'requests',
  })
  const pasted = h('textarea', {
    id: 'pasted',
    rows: 6,
    spellcheck: 'false',
    placeholder: 'requests==2.32.5\nidna==3.11 --hash=sha256:…',
  })
  const check = (event) => {
    event.preventDefault()
    if (pasted.value.trim()) requirements(pasted.value)
  }
  return [
    h(
      'div',
      { class: 'hero' },
      h('h1', {}, 'Who published this package?'),
      h(
        'p',
        { class: 'lead' },
        'Many files on PyPI carry a signed statement of who published them. This page checks it ',
        'in your browser, from Sigstore’s root of trust to the certificate.',
      ),
      h(
        'form',
        { class: 'search', role: 'search', submit },
        h('label', { for: 'search' }, 'Project on PyPI'),
        h('div', {}, search, h('button', { class: 'primary' }, 'Look up')),
      ),
    ),
    recent.length > 0 &&
      h(
        'p',
        { class: 'recent' },
        'Lately: ',
        recent.map((name) => [h('a', { href: projectLink(name) }, name), ' ']),
      ),
    h(
      'form',
      { class: 'pasted', submit: check },
      h('label', { for: 'pasted' }, 'Or paste a requirements.txt'),
      pasted,
      h('button', {}, 'Check all of it'),
    ),
  ]
}

/** The versions of a project, and who published the files of each. */
export function project(context, found) {
  const { ask, signal } = context
  const versions = h('div', { class: 'versions' })
  const summary = h('div', { 'aria-live': 'polite', class: 'summary' })
  const results = new Map()
  let shown = 0
  const more = h('button', { type: 'button', click: showMore }, 'Show older versions')
  const all = found.releases.flatMap(({ files }) => files)

  /** Says what changed from version to version, among all that was checked. */
  async function compare() {
    const entries = []
    for (const { version, files } of found.releases.slice(0, shown)) {
      for (const file of files) {
        const result = results.get(file.name)
        const known = result?.state === 'attested' || result?.state === 'not-attested'
        if (known) entries.push({ file, version, publisher: result.report?.publisher })
      }
    }
    const files = entries.map(({ file: { uploadTime }, version, publisher }) => ({
      version,
      uploadTime,
      publisher,
    }))
    const decisions = await ask('history', { files }, { signal })
    const changes = []
    entries.forEach((entry, at) => {
      const place = versions.querySelector(`[data-file="${CSS.escape(entry.file.name)}"] .change`)
      const words = changeBadge(decisions[at])
      place?.replaceChildren(...(words ? [words] : []))
      if (words) changes.push({ ...entry, ...decisions[at] })
    })
    summary.replaceChildren(...summarize(entries, changes))
  }

  async function check(file, row) {
    const place = row.querySelector('.state')
    const result = await ask('check', { file }, { signal })
    results.set(file.name, result)
    place.replaceChildren(badge(result))
  }

  function release({ version, files }, at) {
    const list = h('ul', { class: 'files' })
    const dates = files
      .map(({ uploadTime }) => uploadTime)
      .filter(Boolean)
      .sort()
    const attested = files.filter(({ provenance }) => provenance !== undefined)
    const rows = files.slice(0, FILES_SHOWN).map((file) => [file, row(found.name, file)])
    list.append(...rows.map(([, row]) => row))
    const some = `${attested.length} of ${plural(files.length, 'file')} with an attestation`
    const words = attested.length
      ? attested.length === files.length
        ? plural(files.length, 'file')
        : some
      : `${plural(files.length, 'file')}, not attested`
    const section = h(
      'details',
      { class: 'release', open: at === 0, 'data-version': version },
      h(
        'summary',
        {},
        h('h2', {}, version),
        dates.length ? h('time', { datetime: dates[0] }, day(dates[0])) : undefined,
        h('span', { class: 'meta' }, words),
      ),
      list,
      files.length > FILES_SHOWN &&
        h('p', { class: 'hint' }, `The first ${FILES_SHOWN} of ${files.length} are shown.`),
    )
    const wait = (pairs) => Promise.all(pairs.map(([file, row]) => check(file, row)))
    const rest = rows.filter(([{ provenance }]) => provenance !== undefined)
    const others = rows.filter(([{ provenance }]) => provenance === undefined)
    for (const [file, row] of others) {
      results.set(file.name, { state: 'not-attested' })
      row.querySelector('.state').replaceChildren(badge({ state: 'not-attested' }))
    }
    let asked = at === 0 ? CHECKED_AT_ONCE : 1
    const first = wait(rest.slice(0, asked))
    const askAll = async () => {
      if (!section.open || asked >= rest.length) return
      const left = rest.slice(asked)
      asked = rest.length
      await wait(left)
      await compare()
    }
    section.addEventListener('toggle', () => askAll().catch(ignoreAbort(signal)))
    return { section, first }
  }

  async function showMore() {
    const next = found.releases.slice(shown, shown + VERSIONS_SHOWN)
    const made = next.map((one, at) => release(one, shown + at))
    shown += next.length
    more.hidden = shown >= found.releases.length
    versions.append(...made.map(({ section }) => section))
    await Promise.all(made.map(({ first }) => first))
    await compare()
  }

  const head = [
    crumbs(),
    h(
      'div',
      { class: 'title' },
      h('h1', {}, found.name),
      copyButton(() => location.href, 'to this page', 'Copy link'),
    ),
    h(
      'p',
      { class: 'lead' },
      `${plural(found.releases.length, 'version')}, ${plural(all.length, 'file')}. Which files `,
      'there are, and when they came, is the index’s word: nobody signs it.',
    ),
  ]
  summary.replaceChildren(
    h('p', { class: 'loading', role: 'status' }, 'Checking the attestations …'),
  )
  showMore()
    .then(() => (versions.dataset.checked = 'true'))
    .catch(ignoreAbort(signal))
  return [head, summary, versions, more]
}

/** What the checked files have in common, and where the publisher changed. */
function summarize(entries, changes) {
  const specs = new Map()
  for (const { publisher } of entries) {
    if (publisher) specs.set(publisher.spec, publisher)
  }
  if (!specs.size) {
    return [
      h(
        'div',
        { class: 'verdict unknown', 'data-code': 'not-attested' },
        h('p', { class: 'headline' }, headline('?', 'Nobody attested these files')),
        h('p', {}, 'Nothing that is signed says who published them. That is no sign of an attack.'),
      ),
    ]
  }
  const changed = changes.filter(({ decision }) => decision !== 'gone')
  const gone = changes.filter(({ decision }) => decision === 'gone')
  if (!changes.length) {
    const [publisher] = specs.values()
    const by = publisherParts(publisher)
    return [
      accepted(
        specs.size === 1 ? `All that was checked is by ${by.name}` : 'The publishers stay the same',
        h(
          'p',
          {},
          [...specs.keys()].map((spec) => [h('code', {}, spec), ' ']),
        ),
      ),
    ]
  }
  const versions = (list) => [...new Set(list.map(({ version }) => version))].join(', ')
  return [
    h(
      'div',
      { class: 'verdict unsure', 'data-code': changed.length ? 'publisher-changed' : 'gone' },
      h(
        'p',
        { class: 'headline' },
        headline(
          '!',
          changed.length
            ? 'The publisher changed'
            : 'Some files are not attested, though others are',
        ),
      ),
      [...new Map(changed.map((one) => [one.version, one])).values()].map(
        ({ version, publisher, text }) =>
          h(
            'p',
            {},
            h('strong', {}, version),
            `: ${text ?? 'the repository has another name now'}, `,
            h('code', {}, publisher.spec),
          ),
      ),
      gone.length > 0 &&
        h(
          'p',
          {},
          h('strong', {}, versions(gone)),
          ': they may have been uploaded by hand, or by somebody else.',
        ),
      changed.length > 0 &&
        h('p', {}, 'Projects do move. Before you use it, look whether its maintainers say so.'),
    ),
  ]
}

function row(project, file) {
  const { name, size: length, uploadTime, yanked } = file
  const kind = name.endsWith('.whl') ? 'wheel' : 'source'
  return h(
    'li',
    { 'data-file': name },
    h('a', { href: fileLink(project, name) }, name),
    h('span', { class: 'state' }, badge()),
    h('span', { class: 'change' }),
    h(
      'span',
      { class: 'meta' },
      h('span', {}, kind),
      length !== undefined && h('span', {}, size(length)),
      uploadTime && h('time', { datetime: uploadTime }, day(uploadTime)),
      yanked !== undefined &&
        h('span', { class: 'badge warning' }, yanked ? `yanked: ${yanked}` : 'yanked'),
    ),
  )
}

/** A file, and what its attestation says. */
export async function file(context, found, name) {
  const { ask, signal, trusted } = context
  const all = [...found.releases.flatMap(({ files }) => files), ...found.others]
  const file = all.find((file) => file.name === name)
  const head = [
    crumbs(found.name),
    h(
      'div',
      { class: 'title' },
      h('h1', { class: 'file-name' }, name),
      copyButton(() => location.href, 'to this page', 'Copy link'),
    ),
  ]
  if (!file) {
    const why = `The index lists no such file of ${found.name}.`
    return [head, h('div', { class: 'empty' }, h('p', {}, h('strong', {}, why)))]
  }
  const result = await ask('check', { file }, { signal })
  const facts = [
    ['Size', file.size === undefined ? undefined : size(file.size)],
    ['Uploaded', file.uploadTime && `${moment(file.uploadTime)}, as the index says`],
    [
      'SHA-256',
      file.sha256 && [h('code', {}, file.sha256), copyButton(file.sha256, 'the SHA-256')],
    ],
  ]
  if (result.state !== 'attested') return [head, otherVerdict(result), factList(facts)]
  const { publisher, attestations } = result.report
  const byPublisher = attestations.filter(({ signer }) => signer?.spec === publisher.spec)
  const attestation = byPublisher.find(({ predicateType }) => predicateType === PUBLISH)
  return [
    head,
    accepted(
      `Attested by ${publisherParts(publisher).name}`,
      h(
        'p',
        {},
        'The signatures say who published it, and not whether that is the right one: look whether ',
        'you know it.',
      ),
    ),
    factList([...publisherFacts(publisher, attestation), ...facts]),
    h('h2', {}, 'Chain of trust'),
    h(
      'p',
      { class: 'hint' },
      'Each step was verified with the keys of the ones before it. Press one to read more.',
    ),
    drawAttested({ file, attestation, trusted: trusted() }),
    h('h2', {}, 'What if?'),
    tryIt({ ask, signal, file, publisher }),
  ]
}

const link = (url, text) => (url ? h('a', { href: url, rel: 'noreferrer' }, text) : text)

function publisherFacts(publisher, { logEntries: [entry], times, otherName }) {
  const { kind, name, workflow, ...urls } = publisherParts(publisher)
  const { claims, spec } = publisher
  const log = entry.log === 'https://rekor.sigstore.dev'
  return [
    ['Publisher', [link(urls.repositoryUrl, name), ` (${kind})`]],
    ['Workflow', workflow && link(urls.workflowUrl, workflow)],
    ['Commit', claims.commit && link(urls.commitUrl, h('code', {}, claims.commit))],
    ['Built from', refWords(claims.sourceRef)],
    ['Run', urls.runUrl && link(urls.runUrl, urls.runUrl.replace(/^https:\/\/[^/]+\//, ''))],
    ['Attested as', otherName && `${otherName}, which is another spelling of this name`],
    ['Logged', moment(times[0])],
    [
      'Log entry',
      [
        log
          ? link(`https://search.sigstore.dev/?logIndex=${entry.index}`, `${entry.index}`)
          : `${entry.index}`,
        ` in ${entry.log}`,
      ],
    ],
    ['To require it', [h('code', {}, spec), copyButton(spec, 'the publisher')]],
  ]
}

/** Who published what a requirements.txt names. */
export function requirements({ ask, signal }, text) {
  const { wanted, others } = readRequirements(text)
  const list = h('ul', { class: 'files requirements' })
  const bar = h('progress', { max: wanted.length || 1, value: 0, 'aria-label': 'Looked up' })
  const amount = h('span', { class: 'amount' })
  const state = h('div', { class: 'progress' }, bar, amount)
  const stop = new AbortController()
  const cancel = h('button', { type: 'button', click: () => stop.abort() }, 'Cancel')
  state.append(cancel)
  const both = AbortSignal.any([signal, stop.signal])

  async function one(requirement, place) {
    const { project, version, hashes } = requirement
    let files
    try {
      files = await ask('wanted', { project, version, hashes }, { signal: both })
    } catch (error) {
      if (both.aborted) throw error
      return place.replaceChildren(badge({ state: 'unasked', error }))
    }
    if (!files?.length) {
      const why = hashes.length ? 'no file with such a hash is listed' : 'not listed'
      return place.replaceChildren(h('span', { class: 'badge warning' }, why))
    }
    const results = []
    for (const file of files) results.push(await ask('check', { file }, { signal: both }))
    const groups = new Map()
    for (const result of results) {
      const key = `${result.state} ${result.report?.publisher?.spec ?? result.error?.code}`
      groups.set(key, { result, count: (groups.get(key)?.count ?? 0) + 1 })
    }
    place.replaceChildren(
      ...[...groups.values()].flatMap(({ result, count }) => [
        badge(result),
        h('span', { class: 'meta' }, plural(count, 'file')),
      ]),
    )
  }

  async function run() {
    let done = 0
    for (const requirement of wanted.slice(0, REQUIREMENTS_MAX)) {
      const place = h('span', { class: 'state' }, badge())
      const { project, version } = requirement
      list.append(
        h(
          'li',
          {},
          h('a', { href: projectLink(project) }, project),
          h('span', { class: 'meta version' }, version ?? 'newest version'),
          place,
        ),
      )
      await one(requirement, place)
      bar.value = ++done
      amount.textContent = `${done} of ${plural(wanted.length, 'requirement')}`
    }
    list.dataset.checked = 'true'
    cancel.remove()
  }
  run().catch((error) => {
    if (!both.aborted) throw error
    state.replaceChildren(h('p', { class: 'hint' }, 'The check was cancelled.'))
  })
  return [
    crumbs(),
    h('h1', {}, 'Your requirements'),
    state,
    wanted.length > REQUIREMENTS_MAX &&
      h('p', { class: 'hint' }, `The first ${REQUIREMENTS_MAX} are looked up.`),
    list,
    others.length > 0 &&
      h(
        'div',
        { class: 'verdict unsure', 'data-code': 'not-understood' },
        h(
          'p',
          { class: 'headline' },
          headline('!', `${plural(others.length, 'line')} not looked up`),
        ),
        h('p', {}, 'This page looks up projects with versions and SHA-256 hashes.'),
        others.slice(0, 20).map((line) => h('p', { class: 'line' }, line)),
      ),
  ]
}

const ignoreAbort = (signal) => (error) => {
  if (!signal.aborted) throw error
}

/** The way back. */
export const crumbs = (...names) =>
  h(
    'nav',
    { class: 'crumbs', 'aria-label': 'Breadcrumbs' },
    h('a', { href: '#/' }, 'PyPI'),
    names.map((name) => [
      h('span', { 'aria-hidden': 'true' }, '/'),
      h('a', { href: projectLink(name) }, name),
    ]),
  )
