import { h, s } from './dom.js'
import { distance, fileName, signatures, size } from './words.js'

const NODE = 74
const GAP = 34
const RAIL = 30
const NARROW = 430

/**
 * The chain of trust as a picture. `nodes` are `{ kind, name, about, mark, state, open }` from root
 * to the file; root's keys reach timestamp, snapshot and targets by a rail at the side, and each
 * node vouches for the next.
 */
export function drawChain(nodes) {
  const holder = h('div', { class: 'chain' })
  holder.style.minHeight = `${heightOf(nodes)}px`
  let drawn = 0
  const draw = (width) => {
    // What has the focus keeps it.
    const focused = [...holder.querySelectorAll('[role=button]')].indexOf(document.activeElement)
    holder.replaceChildren(picture(nodes, width))
    if (focused >= 0) holder.querySelectorAll('[role=button]')[focused].focus()
  }
  new ResizeObserver(([{ contentRect }]) => {
    const width = Math.round(contentRect.width)
    if (!width || width === drawn) return
    drawn = width
    // By itself: what stands around it was laid out in this task.
    setTimeout(() => draw(width))
  }).observe(holder)
  return holder
}

/**
 * The nodes of a target's chain. `marks` say whose the keys of each role are, from root on, as far
 * as that is known.
 */
export function chainOf(repository, target, marks, show) {
  const { client } = repository
  const now = repository.now()
  const top = client.trusted.filter(({ role }) => ['root', 'timestamp', 'snapshot'].includes(role))
  const roles = [...top, ...target.signedBy]
  const nodes = roles.map((role, at) => ({
    kind: at < top.length || role.role === 'targets' ? role.role : 'delegated',
    name: role.role,
    about: [`version ${role.version}, expires ${distance(role.expires, now)}`, signatures(role)],
    mark: marks[at],
    vouches: VOUCHES[role.role] ?? 'gives the keys and the paths',
    open: () => show(role),
  }))
  nodes.at(-1).vouches = 'signs length and hashes'
  return [
    ...nodes,
    {
      kind: 'file',
      name: fileName(target.path),
      about: [size(target.length), Object.keys(target.hashes).join(', ')],
      open: () => show(undefined),
    },
  ]
}

const VOUCHES = {
  root: 'gives the keys',
  timestamp: 'says which snapshot is the newest',
  snapshot: 'says which versions belong together',
  targets: 'gives the keys and the paths',
}

const heightOf = (nodes) => nodes.length * (NODE + GAP) - GAP

function picture(nodes, width) {
  const height = heightOf(nodes)
  const top = (index) => index * (NODE + GAP)
  const middle = (index) => top(index) + NODE / 2
  const railed = nodes.flatMap(({ kind }, index) =>
    ['timestamp', 'snapshot', 'targets'].includes(kind) ? [index] : [],
  )
  const left = railed.length ? RAIL : 0
  const lines = []
  if (railed.length) {
    const last = middle(railed.at(-1))
    lines.push(
      s('path', {
        class: 'rail',
        d: `M${left} ${middle(0)}H18a10 10 0 0 0-10 10V${last - 10}a10 10 0 0 0 10 10H${left - 3}`,
      }),
    )
    for (const index of railed.slice(0, -1))
      lines.push(s('path', { class: 'rail', d: `M8 ${middle(index)}H${left - 3}` }))
    for (const index of railed)
      lines.push(s('path', { class: 'tip', d: `M${left - 7} ${middle(index) - 4}l6 4-6 4z` }))
  }
  nodes.slice(0, -1).forEach((node, index) => {
    const x = left + 28
    const y = top(index) + NODE
    lines.push(
      s('path', { class: 'link', d: `M${x} ${y + 1}V${y + GAP - 5}` }),
      s('path', { class: 'tip', d: `M${x - 4} ${y + GAP - 7}h8l-4 6z` }),
    )
    lines.push(s('text', { class: 'edge', x: x + 12, y: y + GAP / 2 + 4 }, node.vouches))
  })
  return s(
    'svg',
    {
      width,
      height,
      viewBox: `0 0 ${width} ${height}`,
      role: 'group',
      'aria-label': `Chain of trust, ${nodes.length} steps from root to the file`,
    },
    lines,
    nodes.map((node, index) => drawNode(node, left, top(index), width - left)),
  )
}

/** Its name for those who do not see it is its text. */
function drawNode({ kind, name, about, mark, open }, x, y, width) {
  const narrow = width < NARROW
  const room = Math.floor((width - 66 - (mark ? MARKS[mark].width + 16 : 0)) / 9.6)
  const press = (event) => {
    if (event.key !== 'Enter' && event.key !== ' ') return
    event.preventDefault()
    open()
  }
  return s(
    'g',
    {
      class: `node ${kind}`,
      role: 'button',
      tabindex: 0,
      'data-role': kind === 'file' ? undefined : name,
      transform: `translate(${x} ${y})`,
      click: open,
      keydown: press,
    },
    s('rect', { class: 'box', x: 0.5, y: 0.5, width: width - 1, height: NODE - 1, rx: 10 }),
    s('circle', { class: 'seal', cx: 28, cy: NODE / 2, r: 12 }),
    s('path', { class: 'check', d: `M22.5 ${NODE / 2}l4 4 7-8` }),
    s('text', { class: 'name', x: 52, y: 25 }, shorten(name, room)),
    ' ',
    about.map((line, at) => [
      s(
        'text',
        { class: 'about', x: 52, y: 45 + 17 * at },
        narrow ? shorten(line, Math.floor((width - 60) / 6.6)) : line,
      ),
      ' ',
    ]),
    mark && drawMark(mark, width - 12),
  )
}

/**
 * Whose the keys are: they lie on the index's servers, where only its people reach them, or with
 * the project's developers.
 */
const MARKS = {
  online: { words: 'online keys', width: 88 },
  offline: { words: 'offline keys', width: 90 },
  developer: { words: 'developer\u2019s keys', width: 118 },
}

function drawMark(mark, right) {
  const { words, width } = MARKS[mark]
  return s(
    'g',
    { class: `mark ${mark}`, transform: `translate(${right - width} 9)` },
    s('rect', { width, height: 20, rx: 10 }),
    s('text', { x: width / 2, y: 14, 'text-anchor': 'middle' }, words),
  )
}

/** The middle says least in a file's name. */
function shorten(text, room) {
  if (text.length <= room) return text
  const half = Math.max(3, Math.floor((room - 1) / 2))
  return `${text.slice(0, half)}…${text.slice(-half)}`
}
