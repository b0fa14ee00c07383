import { PicotufError } from './error.js'

/**
 * What `make` makes of the WebAssembly module behind `glue`, which is started once, on first use.
 * `load` says where it is: a URL, its bytes, a Response or a WebAssembly.Module, or a promise of
 * one of them; `source`, where a user says so.
 */
export function started(glue, load, make) {
  let made
  return (source) => {
    made ??= start(glue, source ?? load(), make).catch((cause) => {
      made = undefined
      throw new PicotufError(
        'wasm',
        `the WebAssembly module cannot be loaded: ${cause?.message ?? cause}`,
        { cause },
      )
    })
    return made
  }
}

async function start(glue, source, make) {
  await glue.default({ module_or_path: await source })
  return make(glue)
}
