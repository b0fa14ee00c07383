import { encode } from './engine.js'
import { checkOptions, usage } from './error.js'
import type { CustomFields, ModuleOptions, TargetPaths } from './pypi-types.js'
import type { WasmSource } from './types.js'
import { call, parsed } from './verdict.js'
import type { PypiGlue } from './glue.js'

/** What reads the known members of a target's `custom` by the module that `load` starts. */
export const fieldsReader = (load: (wasm?: WasmSource) => Promise<PypiGlue>) =>
  async function customFields(
    custom: unknown,
    options: ModuleOptions = {},
  ): Promise<CustomFields | undefined> {
    checkOptions(options, ['wasm'])
    if (custom === undefined || custom === null) return undefined
    const { readCustomFields } = await load(options.wasm)
    // No known member may be a number, and JavaScript writes large ones in a way that JSON of TUF
    // has not.
    const plain = (_: string, value: unknown) => (typeof value === 'number' ? 0 : value)
    const json = JSON.stringify(custom, plain) ?? ''
    return call(() => parsed<CustomFields>(readCustomFields(encode(json))))
  }

/** What says where published layouts list something, by the module that `load` starts. */
export const pathsReader = (load: (wasm?: WasmSource) => Promise<PypiGlue>) =>
  async function targetPaths(
    name: string,
    options: ModuleOptions = {},
  ): Promise<TargetPaths | undefined> {
    checkOptions(options, ['wasm'])
    if (typeof name !== 'string') throw usage('the name of a project or a file is text')
    const { targetPaths } = await load(options.wasm)
    return call(() => parsed<TargetPaths>(targetPaths(encode(name))))
  }
