import { $, h } from './dom.js'
import { fileName, projectOfFile } from './catalogue.js'
import { accepted, headline, refusal } from './refusal.js'
import { plural, size } from './words.js'

/**
 * Takes files that are dropped on the page or chosen. `context()` gives
 * `{ repository, catalogue, target }`. What it gives back ends a check and takes its verdict away.
 */
export function takeFiles(context) {
  let running
  const take = (file) => {
    running?.abort()
    running = new AbortController()
    check(file, context(), running)
  }
  $('file').addEventListener('change', ({ target }) => {
    if (target.files[0]) take(target.files[0])
    // The same file may be chosen again.
    target.value = ''
  })
  const carriesFile = ({ dataTransfer }) => dataTransfer?.types.includes('Files')
  document.addEventListener('dragover', (event) => {
    if (!carriesFile(event)) return
    event.preventDefault()
    document.body.classList.add('dragging')
  })
  document.addEventListener(
    'dragleave',
    ({ relatedTarget }) => relatedTarget || document.body.classList.remove('dragging'),
  )
  document.addEventListener('drop', (event) => {
    if (!carriesFile(event)) return
    event.preventDefault()
    document.body.classList.remove('dragging')
    const [file] = event.dataTransfer.files
    if (file) take(file)
  })
  return () => {
    running?.abort()
    $('check').replaceChildren()
  }
}

async function check(file, { repository, catalogue, target: open }, controller) {
  const { signal } = controller
  const bar = h('progress', { max: file.size || 1, value: 0, 'aria-label': `Reading ${file.name}` })
  const amount = h('span', { class: 'amount' })
  const cancel = h('button', { type: 'button', click: () => controller.abort() }, 'Cancel')
  const place = $('check')
  const show = (...content) => {
    if (!signal.aborted) place.replaceChildren(...content)
  }
  signal.addEventListener('abort', () =>
    place.replaceChildren(h('p', { class: 'hint' }, 'The check was cancelled.')),
  )
  show(
    h(
      'div',
      { class: 'verdict' },
      h('p', { class: 'headline' }, `Checking ${file.name}`),
      h('div', { class: 'progress' }, bar, amount, cancel),
    ),
  )
  place.scrollIntoView({ block: 'nearest' })
  try {
    const { target, paths } = await find(file, repository, catalogue, open, signal)
    if (!target) {
      const why = paths.length
        ? `It is listed, but by a role that may not speak for it: ${paths[0]}.`
        : catalogue?.complete
          ? 'No role of this repository lists a file of that name.'
          : 'No role that may speak for it lists a file of that name at the usual place. Open the file\u2019s page and drop it there, if its path is another.'
      show(unknown(file, why))
      return
    }
    const client = repository.client
    // Words about every chunk would only keep the page busy.
    let drawn = 0
    const onProgress = ({ loaded, total }) => {
      if (loaded - drawn < total / 200 && loaded < total) return
      drawn = loaded
      bar.value = loaded
      amount.textContent = `${size(loaded)} of ${size(file.size)}`
    }
    await client.verify(target, file, { signal, onProgress })
    const by = target.signedBy.at(-1)
    show(
      accepted(
        'This is the file that is signed',
        h(
          'p',
          {},
          h('strong', {}, file.name),
          ` has the ${size(target.length)} and the ${Object.keys(target.hashes).join(' and ')} that “${by.role}” signed with ${plural(by.signingKeys, 'key')}.`,
        ),
        renamed(file, target),
        link(target),
      ),
    )
  } catch (error) {
    if (signal.aborted) return
    show(refusal(error, `${file.name} does not hold`))
  }
}

/** The target of the file's name; the one whose page is open, if it is dropped there under another name. */
async function find(file, repository, catalogue, open, signal) {
  if (open && fileName(open.path) === file.name) return { target: open, paths: [] }
  if (!repository.usable)
    throw repository.error ?? new Error('The repository has not been verified yet.')
  const listed = [...(catalogue?.projects.values() ?? [])]
    .flat()
    .filter((path) => fileName(path) === file.name)
  const project = projectOfFile(file.name)
  const paths = [
    ...listed,
    ...(catalogue?.complete ? [] : [file.name, ...(project ? [`${project}/${file.name}`] : [])]),
  ]
  for (const path of new Set(paths)) {
    const target = await repository.client.target(path, { signal })
    if (target) return { target, paths: listed }
  }
  return { target: listed.length ? undefined : open, paths: listed }
}

const unknown = (file, why) =>
  h(
    'div',
    { class: 'verdict bad', 'data-code': 'unknown' },
    h('p', { class: 'headline' }, headline('?', `Nobody vouches for ${file.name}`)),
    h('p', {}, why),
  )

const renamed = (file, { path }) =>
  fileName(path) !== file.name &&
  h('p', {}, `Its name is another: the repository has it as ${fileName(path)}.`)

const link = ({ path }) =>
  h('p', {}, h('a', { href: `#/file/${encodeURIComponent(path)}` }, 'See what vouches for it'))
