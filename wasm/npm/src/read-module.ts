import { readFile } from 'node:fs/promises'

/**
 * The bytes of a WebAssembly module. `asset` is where it stands as far as the bundler knows; what
 * Next.js puts there for server code is an address of the web server, and no file. Then it is read
 * where the package was installed, below the module whose URL is `here`.
 */
export async function readModule(asset: URL, here: string, name: string): Promise<Uint8Array> {
  try {
    return await readFile(asset)
  } catch (thrown) {
    return readFile(new URL(`./wasm/${name}`, here)).catch(() => {
      throw thrown
    })
  }
}
