// The first verification of a process: from the import of the package to the entry of a target,
// with files from the disk's cache. Prints the time in nanoseconds, as the programs of ../peers do.
//
//     node first.mjs PACKAGE_FILE REPOSITORY TARGET

import { readFileSync } from 'node:fs'
import { join } from 'node:path'

const [entry, repository, target] = process.argv.slice(2)

/** A response as `fetch` gives it, without the time that Node takes to load its own. */
const fetch = async (url) => {
  const path = join(repository, new URL(url).pathname)
  try {
    const bytes = readFileSync(path)
    const start = (controller) => {
      controller.enqueue(bytes)
      controller.close()
    }
    return { status: 200, statusText: '', headers: new Map(), body: new ReadableStream({ start }) }
  } catch {
    return { status: 404, statusText: '', headers: new Map(), body: null }
  }
}
const start = process.hrtime.bigint()
const { Client } = await import(entry)
const root = readFileSync(join(repository, 'root.json'))
const client = await Client.open({ root, metadataUrl: 'http://repository/metadata', fetch })
const found = await client.target(target)
const taken = process.hrtime.bigint() - start
if (!found) throw new Error(`${target} was not found`)
console.log(`ok ${taken}`)
