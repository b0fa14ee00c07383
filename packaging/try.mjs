// Tries the installed npm package: try.mjs DEMO. DEMO is cli/demo.
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Client } from 'picotuf'

const WHEEL = 'iniconfig/iniconfig-2.3.1-py3-none-any.whl'
const demo = process.argv[2]
const now = new Date((await readFile(join(demo, 'time.txt'), 'utf8')).trim())
let added = ''
const client = await Client.open({
  root: await readFile(join(demo, 'root.json')),
  metadataUrl: 'https://demo.example.org/metadata',
  targetUrl: 'https://demo.example.org/targets',
  now: () => now,
  async fetch(url) {
    const file = await readFile(join(demo, new URL(url).pathname)).catch(() => null)
    if (file === null) return new Response(null, { status: 404 })
    return new Response(Buffer.concat([file, Buffer.from(added)]))
  },
})
const target = await client.target(WHEEL)
const bytes = await client.download(target)
if (bytes.length !== 7552) throw new Error(`the file has ${bytes.length} bytes`)
added = 'x'
const code = await client.download(target).then(
  () => 'nothing',
  (error) => error.code,
)
if (code !== 'length-mismatch') throw new Error(`a changed file leads to ${code}`)
console.log('the package is installed, and verifies the demo repository')
