#!/usr/bin/env node
// The command line of TUF's conformance suite
// (https://github.com/theupdateframework/tuf-conformance) on the npm package, and what the tests of
// the native command line need of it: they run with PICOTUF_BIN set to this file.
//
//   conformance.mjs [OPTIONS] init ROOT | refresh | download | verify [--offline] FILE

import { createReadStream } from 'node:fs'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { load } from './installed.mjs'

const { Client, FolderStore, MemoryStore, PicotufError, saveTarget } = await load()

const text = { type: 'string' }
const flag = { type: 'boolean' }
/** The limits of the library, by the options that set them. */
const LIMITS = {
  'root-max-length': 'rootLength',
  'timestamp-max-length': 'timestampLength',
  'snapshot-max-length': 'snapshotLength',
  'targets-max-length': 'targetsLength',
  'max-root-rotations': 'rootRotations',
  'max-delegations': 'delegations',
}
const OPTIONS = {
  'metadata-dir': text,
  'metadata-url': text,
  'target-base-url': text,
  'target-dir': text,
  'target-name': { ...text, multiple: true },
  // Another time than the system's, for the tests of this repository. The suite sets that of the
  // process.
  at: text,
  'no-hash-prefix': flag,
  offline: flag,
  json: flag,
  quiet: { ...flag, short: 'q' },
  ...Object.fromEntries(Object.keys(LIMITS).map((name) => [name, text])),
}

/**
 * What `init` remembers, in the file where the store keeps the trust anchor, and the native command
 * line its own settings.
 */
const REMEMBERED = {
  'metadata-url': 'metadata_url',
  'target-base-url': 'target_base_url',
  'target-dir': 'target_dir',
}

const verdict = { ok: true, command: undefined, time: undefined, roles: [], targets: [] }
let json = false
try {
  await run(process.argv.slice(2))
} catch (error) {
  const {
    code = 'usage',
    text: message = error.message,
    blame,
    role,
    target,
    delegationPath: delegation_path,
    expected,
    found,
    url,
    file,
  } = error
  // A fault of this program, or of the library.
  if (
    !(error instanceof PicotufError) &&
    !error.code?.startsWith?.('ERR_PARSE_ARGS') &&
    !error.isUsage
  )
    console.error(error.stack)
  else console.error(`conformance: ${error.message}`)
  Object.assign(verdict, {
    ok: false,
    error: {
      code,
      message,
      blame,
      role,
      target,
      delegation_path,
      expected,
      found,
      file: url ?? file,
    },
  })
  process.exitCode = error instanceof PicotufError ? 1 : 2
}
if (json) console.log(JSON.stringify(verdict))

async function run(line) {
  const {
    values,
    positionals: [command, ...words],
  } = parseArgs({ args: line, options: OPTIONS, allowPositionals: true })
  json = values.json
  Object.assign(verdict, { command, time: values.at })
  const commands = { init, refresh, download, verify }
  const counts = { init: 1, refresh: 0, download: 0, verify: 1 }
  if (!Object.hasOwn(commands, command) || words.length !== counts[command]) {
    throw Object.assign(new Error('the command is init ROOT, refresh, download or verify FILE'), {
      isUsage: true,
    })
  }
  const folder = values['metadata-dir']
  const limits = Object.entries(LIMITS)
    .filter(([option]) => values[option])
    .map(([option, limit]) => [limit, Number(values[option])])
  const settings = { ...(await remembered(folder)), ...values }
  const options = {
    store: new FolderStore(folder),
    now: values.at,
    // As the native command line: what fails, fails at once.
    retries: 0,
    limits: Object.fromEntries(limits),
    metadataUrl: settings['metadata-url'],
    targetUrl: settings['target-base-url'],
    hashPrefix: !values['no-hash-prefix'],
    offline: values.offline,
  }
  await commands[command]({
    options,
    settings,
    folder,
    paths: values['target-name'] ?? [],
    word: words[0],
  })
}

async function init({ options, settings, folder, word }) {
  const root = await readFile(word)
  // The options that are given here hold for later commands, where the root does; none holds beside
  // another one's.
  await Client.open({ ...options, root, store: new MemoryStore() })
  await mkdir(folder, { recursive: true })
  await Client.open({ ...options, root })
  await remember(folder, settings)
}

async function refresh({ options }) {
  const client = await Client.open(options)
  await told(client, () => client.refresh())
}

async function download({ options, settings, paths }) {
  const client = await Client.open(options)
  await told(client, () => client.refresh())
  for (const path of paths) {
    const target = await find(client, path)
    await reported(target, await saveTarget(client, target, settings['target-dir']))
  }
}

async function verify({ options, paths: [path, ...others], word }) {
  if (path === undefined || others.length > 0)
    throw Object.assign(new Error('verify needs one --target-name'), { isUsage: true })
  const client = await Client.open(options)
  await told(client, () => client.refresh())
  const target = await find(client, path)
  await client.verify(target, createReadStream(word))
  await reported(target, word)
}

async function find(client, path) {
  const target = await told(client, () => client.target(path))
  if (target) return target
  const text = 'no role that is trusted for this path lists the target'
  throw new PicotufError('target-not-found', text, {
    blame: 'repository',
    target: path,
  })
}

/** Reports what is trusted, also where the work fails. */
async function told(client, work) {
  try {
    return await work()
  } finally {
    verdict.roles = client.trusted.map(({ url, file, ...role }) => ({ ...role, file: url ?? file }))
  }
}

async function reported({ path, length, hashes, custom, delegationPath }, file) {
  verdict.targets.push({
    path,
    length,
    hashes,
    custom,
    fields: await fieldsOf(custom),
    delegation_path: delegationPath,
    file,
  })
}

/** The known members of `custom`, by the names that the native command line has for them. */
async function fieldsOf(custom) {
  if (custom === undefined) return undefined
  const { customFields } = await load('picotuf/pypi')
  const fields = await customFields(custom)
  return (
    fields &&
    Object.fromEntries(
      Object.entries(fields).map(([name, value]) => [
        name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`),
        value,
      ]),
    )
  )
}

async function remembered(folder) {
  const lines = await readFile(join(folder, 'settings.toml'), 'utf8').catch(() => '')
  const value = (name) => new RegExp(`^${name} = (".*")$`, 'm').exec(lines)?.[1]
  const found = Object.entries(REMEMBERED).map(([option, name]) => [option, value(name)])
  return Object.fromEntries(
    found.filter(([, text]) => text).map(([option, text]) => [option, JSON.parse(text)]),
  )
}

async function remember(folder, settings) {
  const path = join(folder, 'settings.toml')
  const others = (await readFile(path, 'utf8'))
    .split('\n')
    .filter((line) => !Object.values(REMEMBERED).some((name) => line.startsWith(`${name} = `)))
  const lines = Object.entries(REMEMBERED)
    .filter(([option]) => settings[option])
    .map(([option, name]) => `${name} = ${JSON.stringify(settings[option])}`)
  await writeFile(path, [...others, ...lines, ''].join('\n'))
}
