import { PicotufError, reasonOf } from './error.js'
import type { WasmSource } from './types.js'
import type { Start } from './glue.js'

/** Where a module is, if nothing is said: its URL, or its bytes. */
export type Load = () => URL | Promise<Uint8Array>

/**
 * What `make` makes of the WebAssembly module behind `glue`, which is started once, on first use.
 * `load` says where it is; `source`, where a user says so by `option`.
 */
export function started<Glue extends { initSync: Start }, Made>(
  glue: Glue,
  load: Load,
  make: (glue: Glue) => Made,
  option = 'wasm',
): (source?: WasmSource) => Promise<Made> {
  let made: Promise<Made> | undefined
  const start = async (source: WasmSource | undefined) => {
    try {
      const own = source === undefined
      glue.initSync({ module: await found(source ?? load(), own, option) })
      return make(glue)
    } catch (cause) {
      made = undefined
      const text = `the WebAssembly module cannot be loaded: ${reasonOf(cause)}`
      throw new PicotufError('wasm', text, { cause, blame: 'caller' })
    }
  }
  return (source) => (made ??= start(source))
}

/** The compiled module. `own` says that the place is the package's own guess. */
async function found(
  source: WasmSource,
  own: boolean,
  option: string,
): Promise<WebAssembly.Module> {
  const given: unknown = await source
  const isPlace = typeof given === 'string' || given instanceof URL
  if (!isPlace) {
    if (given instanceof WebAssembly.Module) return given
    return isResponse(given) ? answered(given, option) : WebAssembly.compile(given as BufferSource)
  }
  let failure: unknown
  for (const url of own ? places(absolute(given)) : [given]) {
    try {
      return await answered(await fetch(url), option)
    } catch (thrown) {
      failure ??= thrown
    }
  }
  throw failure
}

/** Where the module may be. */
function places(url: URL): URL[] {
  const elsewhere = moved(url, `wasm/${url.pathname.replace(/^.*\//, '')}`)
  return elsewhere ? [elsewhere, url] : [url]
}

/** Of what Next.js makes of `new URL(…, import.meta.url)`, which names no server. */
const absolute = (url: URL | string) => new URL(String(url), globalThis.location?.href)

/**
 * Where a file of the package is when JavaScript of it stands at `here`, where a development server
 * has put it that bundles packages ahead: it serves the package as it is installed too. Undefined
 * where `here` is the package as it is installed, or no address of a server.
 */
export function moved(here: URL, name: string): URL | undefined {
  const [, packages, inside] = /^(.*\/node_modules\/)(.*)$/.exec(here.pathname) ?? []
  const isServed = here.protocol === 'http:' || here.protocol === 'https:'
  if (!isServed || inside === undefined || inside.startsWith('picotuf/')) return undefined
  return new URL(`${packages}picotuf/dist/${name}`, here)
}

/** Without naming the class, which takes Node 20 ms to load. */
const isResponse = (given: unknown): given is Response =>
  Object.prototype.toString.call(given) === '[object Response]'

/** A response that has the module. A page of HTML is what servers send for a file they have not. */
async function answered(response: Response, option: string): Promise<WebAssembly.Module> {
  const where = response.url || 'the server'
  const advice = `${MOVED} as \`${option}\``
  if (!response.ok) throw new Error(`${where} answers ${response.status}; ${advice}`)
  // What has this type is compiled as it comes.
  const isNamed = response.headers.get('content-type') === 'application/wasm'
  if (isNamed && typeof WebAssembly.compileStreaming === 'function') {
    return WebAssembly.compileStreaming(response)
  }
  const bytes = await response.arrayBuffer()
  if (new Uint8Array(bytes)[0] === 0x3c) throw new Error(`${where} is HTML; ${advice}`)
  return WebAssembly.compile(bytes)
}

const MOVED =
  'the bundler did not copy the module: for Vite, set ' +
  "`optimizeDeps: { exclude: ['picotuf'] }`; for others, give its URL or bytes"
