import { encode } from './engine.js'
import { call, parsed } from './verdict.js'

/** What reads the known members of a target's `custom` by the module that `load` starts. */
export const fieldsReader = (load) =>
  async function customFields(custom, { wasm } = {}) {
    if (custom === undefined || custom === null) return undefined
    const { readCustomFields } = await load(wasm)
    // No known member may be a number, and JavaScript writes large ones in a way that JSON of TUF
    // has not.
    const json = JSON.stringify(custom, (_, value) => (typeof value === 'number' ? 0 : value)) ?? ''
    return call(() => parsed(readCustomFields(encode(json))))
  }
