// tuf-js as a peer: what peer.rs says of programs, in JavaScript. Its store is a temporary folder;
// no target is downloaded.

import {
  copyFileSync,
  createReadStream,
  existsSync,
  mkdtempSync,
  readFileSync,
  rmSync,
} from 'node:fs'
import { createInterface } from 'node:readline'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { createRequire } from 'node:module'
import { BaseFetcher, Updater } from 'tuf-js'

const { DownloadHTTPError } = createRequire(import.meta.url)('tuf-js/dist/error.js')

// The largest layouts exceed the defaults.
const config = { snapshotMaxLength: 2 ** 30, targetsMaxLength: 2 ** 30 }

/** Fetches from a folder, by paths in it. */
class FolderFetcher extends BaseFetcher {
  constructor(folder) {
    super()
    this.folder = folder
  }

  async fetch(url) {
    const file = join(this.folder, new URL(url).pathname)
    if (!existsSync(file)) throw new DownloadHTTPError(`${url} is not there`, 404)
    return Readable.toWeb(createReadStream(file))
  }
}

/** The target's SHA-256, from nothing but the root. */
async function verify(folder, target) {
  const store = mkdtempSync(join(tmpdir(), 'peer-'))
  try {
    copyFileSync(join(folder, 'root.json'), join(store, 'root.json'))
    const updater = new Updater({
      metadataDir: store,
      metadataBaseUrl: 'file:///metadata',
      fetcher: new FolderFetcher(folder),
      config,
    })
    await updater.refresh()
    const found = await updater.getTargetInfo(target)
    if (found === undefined) throw new Error('no role lists the target')
    return found.hashes.sha256
  } finally {
    rmSync(store, { recursive: true })
  }
}

/** The peak resident memory of this process, in KiB. */
function peak() {
  return Number(/^VmHWM:\s*(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'utf8'))[1])
}

const [folder, target] = process.argv.slice(2)
for await (const _ of createInterface({ input: process.stdin })) {
  const start = process.hrtime.bigint()
  try {
    const digest = await verify(folder, target)
    const taken = process.hrtime.bigint() - start
    console.log(`ok ${taken} ${peak()} ${digest}`)
  } catch (error) {
    console.log(`error ${error.name}: ${error.message.replace(/\s+/g, ' ')}`)
  }
}
