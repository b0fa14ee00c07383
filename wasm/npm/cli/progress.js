import { clearLine, cursorTo } from 'node:readline'
import { oneLine } from '../lib/error.js'

/** How long a transfer takes until it shows. */
const DELAY = 500
/** How long the line stays as it is. */
const PAUSE = 100
const SPINNER = [...'⠁⠉⠙⠚⠒⠂⠂⠒⠲⠴⠤⠄⠄⠤⠠⠤⠦⠖⠒⠐⠐⠒⠓⠋⠉⠈']

/** The chunks of a transfer as they come, with a line that shows how far it is: on a terminal only, and gone when it ends. */
export async function* watched(chunks, name, { quiet, terminal = process.stderr, dumb = isDumb() } = {}) {
  if (quiet || !terminal.isTTY || dumb) {
    yield* chunks
    return
  }
  const start = Date.now()
  let [bytes, drawn, count] = [0, 0, 0]
  try {
    for await (const chunk of chunks) {
      bytes += chunk.length
      const now = Date.now()
      if (now - start >= DELAY && now - drawn >= PAUSE) {
        drawn = now
        const rate = human((bytes * 1000) / (now - start))
        draw(terminal, `${SPINNER[count++ % SPINNER.length]} ${human(bytes)} at ${rate}/s  ${oneLine(name)}`)
      }
      yield chunk
    }
  } finally {
    if (drawn) draw(terminal, '')
  }
}

function draw(terminal, line) {
  cursorTo(terminal, 0)
  clearLine(terminal, 0)
  terminal.write(line.slice(0, (terminal.columns || 80) - 1))
}

/** Bytes as people read them. */
export function human(bytes) {
  const power = Math.min(4, Math.max(0, Math.floor(Math.log2(Math.max(1, bytes)) / 10)))
  return power === 0 ? `${Math.round(bytes)} B` : `${(bytes / 1024 ** power).toFixed(2)} ${'KMGT'[power - 1]}iB`
}

/** A terminal on which no line can be written over. */
const isDumb = () => process.platform !== 'win32' && [undefined, '', 'dumb'].includes(process.env.TERM)
