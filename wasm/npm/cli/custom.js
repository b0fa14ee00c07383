import { customFields } from '../lib/custom-fields.js'
import { oneLine } from '../lib/error.js'

/** The known members of a target's `custom`, as the native command line names them. */
export function fieldsOf(custom) {
  const { requiresPython: requires_python, yanked, coreMetadata: core_metadata, backsigned, wrong } = customFields(custom) ?? {}
  const fields = { requires_python, yanked, core_metadata, backsigned, wrong }
  return Object.values(fields).some((value) => value !== undefined) ? fields : undefined
}

/** A label and a text for each, safe for a terminal. */
export function fieldLines(fields = {}, shorten) {
  const { requires_python: python, yanked: why, core_metadata: metadata, backsigned, wrong = {} } = fields
  const lines = []
  if (python !== undefined) lines.push(['Python', oneLine(shorten(python))])
  if (typeof why === 'string') lines.push(['yanked', oneLine(shorten(why))])
  if (typeof metadata === 'object') lines.push(['metadata', `signed by its ${Object.keys(metadata).join(', ')}`])
  if (metadata === true) lines.push(['metadata', 'there, but not signed'])
  if (backsigned) lines.push(['backsigned', 'long after it came'])
  for (const [name, reason] of Object.entries(wrong)) lines.push(['wrong', `${name} is ${reason}`])
  return lines
}
