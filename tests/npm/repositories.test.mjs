// Every repository that python-tuf writes for tests/interop, all key types and 16,384 bins among them.

import assert from 'node:assert/strict'
import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { load, refusal } from './support.mjs'
import { serve } from './server.mjs'

const folder = process.env.PICOTUF_REPOSITORIES ?? join(import.meta.dirname, '../.cache/repositories')
const there = existsSync(folder)
/** More would take long and show no more: they share a bin or a role with those. */
const TARGETS_MAX = 20

test('the repositories are there', { skip: process.env.PICOTUF_WITHOUT_PYTHON === '1' && 'PICOTUF_WITHOUT_PYTHON' }, () => {
  assert.ok(there, `${folder} is not there: \`tests/run tests\` makes it`)
})

for (const name of there ? readdirSync(folder) : []) {
  const path = join(folder, name)
  if (!existsSync(join(path, 'expect.json'))) continue
  test(`${name}: each target is found and downloaded, and no other`, async () => {
    const { Client } = await load()
    const { time, targets, absent } = JSON.parse(readFileSync(join(path, 'expect.json')))
    const server = await serve(path)
    after(() => server.close())
    const root = readFileSync(join(path, 'root.json'))
    const client = await Client.open({ root, now: time, metadataUrl: `${server.url}/metadata`, targetUrl: `${server.url}/targets` })
    for (const each of targets.slice(0, TARGETS_MAX)) {
      const target = await client.target(each)
      assert.equal(target?.path, each)
      assert.equal((await client.download(target)).length, target.length, each)
    }
    for (const each of absent) assert.equal(await client.target(each), null, each)
  })
}

test('the build for Ed25519 alone says which signatures it cannot count', { skip: !there }, async () => {
  const { Client } = await load('picotuf/ed25519')
  const path = join(folder, 'all-keys')
  const error = await refusal(Client.open({ root: readFileSync(join(path, 'root.json')), metadataUrl: 'http://localhost/' }))
  assert.deepEqual([error.code, error.role, error.expected, error.found], ['threshold-not-met', 'root', 3, 1])
})
