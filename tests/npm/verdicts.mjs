#!/usr/bin/env node
// Runs the table of verdicts on the npm package: `verdicts.mjs FOLDER`. tests/hosts/README.md
// describes the protocol. The package has no attestations: their verdict is null.

import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { load } from './installed.mjs'

const { Client, FolderStore, PicotufError } = await load()

const cases = process.argv[2]
for (const name of (await readdir(cases)).sort())
  console.log(`${name}\t${JSON.stringify(await verdict(join(cases, name)))}`)

async function verdict(folder) {
  const text = (name) => readFile(join(folder, name), 'utf8').catch(() => undefined)
  const kind = await text('kind')
  if (kind === 'attestation') return null
  const limits = ((await text('limits')) ?? '')
    .split('\n')
    .filter(Boolean)
    .map((line) => line.split(' '))
    .map(([limit, number]) => [limit.replace(/_./g, ([, letter]) => letter.toUpperCase()), +number])
  const path = await text('target')
  let client
  try {
    client = await Client.open({
      store: new FolderStore(join(folder, 'stored')),
      metadataUrl: 'http://repository/',
      fetch: async (url) => await answer(join(folder, 'repository', new URL(url).pathname)),
      now: await text('now'),
      offline: kind === 'offline',
      limits: Object.fromEntries(limits),
      retries: 0,
    })
    await client.refresh()
    const target = await client.target(path)
    if (target === null) {
      const text = 'no role that is trusted for this path lists the target'
      throw new PicotufError('target-not-found', text, { blame: 'repository', target: path })
    }
    await client.verify(target, await readFile(join(folder, 'file')))
    const { length, hashes, custom, delegationPath: delegation_path } = target
    const targets = [{ path, length, hashes, custom, delegation_path }]
    return { ok: true, roles: roles(client), targets }
  } catch (error) {
    if (!(error instanceof PicotufError)) throw error
    const { code, text: message, blame, role, target, delegationPath, expected, found } = error
    const refusal = { code, message, blame, role, target, expected, found }
    return {
      ok: false,
      roles: client ? roles(client) : [],
      error: { ...refusal, delegation_path: delegationPath },
    }
  }
}

function roles({ trusted }) {
  return trusted.map(({ signingKeys: signing_keys, ...role }) => ({ ...role, signing_keys }))
}

/** The file at a path of the repository, as a server with the file's encoded name answers. */
async function answer(path) {
  const bytes = await readFile(path).catch(() => undefined)
  return new Response(bytes, { status: bytes ? 200 : 404 })
}
