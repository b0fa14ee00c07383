import { PicotufError } from './error.js'

/**
 * The WebAssembly module behind `glue`, started once, on first use. `load` says where it is: a URL, its bytes, a Response or a
 * WebAssembly.Module, or a promise of one of them.
 */
export function engine(glue, load) {
  let started
  return (source) => {
    started ??= start(glue, source ?? load()).catch((cause) => {
      started = undefined
      throw new PicotufError('wasm', `the WebAssembly module cannot be loaded: ${cause?.message ?? cause}`, { cause })
    })
    return started
  }
}

async function start(glue, source) {
  await glue.default({ module_or_path: await source })
  return glue
}
