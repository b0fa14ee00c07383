import { readFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { isAbsolute, join, resolve } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { parse, stringify } from 'smol-toml'
import { PicotufError, usage } from '../lib/error.js'
import { io } from '../lib/folder-store.js'
import { readAnchor } from './anchor.js'
import { CHOICES, value } from './args.js'

/** The file in the metadata folder that holds what `init` remembered. It does not end in `.json`, as metadata does. */
export const FILE_NAME = 'settings.toml'

/** What is remembered besides choices. */
const KEPT = ['trust_anchor']

/** What `--layout` may name; the native command line has the commands that use it. */
const LAYOUTS = ['pep458', 'warehouse', 'rstuf', 'pep480', 'pep691']

/** What a command works with: options, then environment variables, then what `init` remembered, then defaults. */
export async function resolveSettings(args) {
  const root = args.root ?? variable('PICOTUF_ROOT')
  const anchor = root && await readAnchor(root)
  // With --root, one for each root, so that two repositories do not meet in one.
  const own = anchor ? join('by-root', anchor.sha256) : 'metadata'
  const metadataDir = args.metadataDir ?? variable('PICOTUF_METADATA_DIR') ?? join(dataFolder(), own)
  const remembered = await readRemembered(metadataDir)
  const choices = { ...remembered, ...fromEnvironment(), ...args.choices }
  return {
    metadataDir,
    anchor,
    remembered,
    now: args.at,
    limits: {
      rootLength: choices.root_max_length, timestampLength: choices.timestamp_max_length,
      snapshotLength: choices.snapshot_max_length, targetsLength: choices.targets_max_length,
      rootRotations: choices.max_root_rotations, delegations: choices.max_delegations,
    },
    hashPrefix: !choices.no_hash_prefix,
    targetDir: choices.target_dir ?? '.',
    targetNames: args.targetNames,
    network: {
      timeout: (choices.timeout ?? 3600) * 1000, connectTimeout: (choices.connect_timeout ?? 20) * 1000, minRate: choices.min_rate ?? 1000,
      caFile: choices.ca_file, user: choices.user, password: variable('PICOTUF_PASSWORD'), token: variable('PICOTUF_TOKEN'),
    },
    metadataUrls: (choices.metadata_url ?? []).map(base),
    targetBaseUrls: (choices.target_base_url ?? []).map(base),
  }
}

/** Where metadata or targets are, mirrors in their order; wrong usage when nothing says so. */
export function need(urls, option) {
  if (urls.length > 0) return urls
  const name = option.split(' ')[0].slice(2).replaceAll('-', '_').toUpperCase()
  throw new PicotufError('missing-setting', `this needs ${option}`, {
    blame: 'caller', exitCode: 2, hint: `give it here or as PICOTUF_${name}; without --root, \`picotuf init\` remembers it`,
  })
}

/** A URL, of a folder too. The text is not repeated in the error: it may hold a password. */
export function base(text) {
  if (text === '') throw io('make the path absolute', text, new Error('it is empty'))
  if (!text.includes('://')) return pathToFileURL(resolve(text))
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (!url) throw usage('a URL cannot be understood')
  if (!['http:', 'https:', 'file:'].includes(url.protocol)) {
    throw usage(`a URL begins with ${url.protocol}, and only http, https and file are known`)
  }
  return url.protocol === 'file:' ? folder(url) : url
}

function folder(url) {
  try {
    return pathToFileURL(fileURLToPath(url))
  } catch {
    throw usage(`${url} names no folder of this machine`)
  }
}

/** What `init` is to remember, as text: paths made absolute, and URLs without credentials. */
export function toRemember(choices, remembered, anchor) {
  const all = { ...remembered, ...choices, trust_anchor: anchor }
  for (const name of ['metadata_url', 'target_base_url']) {
    if (all[name] === undefined) continue
    const urls = all[name].map(withoutCredentials)
    all[name] = urls.length === 1 ? urls[0] : urls
  }
  if (all.layout !== undefined) all.layout = layout(all.layout)
  for (const name of ['target_dir', 'ca_file']) if (all[name] !== undefined) all[name] = resolve(all[name])
  const known = [...Object.keys(CHOICES), ...KEPT].filter((name) => all[name] !== undefined)
  const text = stringify(Object.fromEntries(known.map((name) => [name, all[name]])))
  return `# Written by \`picotuf init\`. Options and PICOTUF_* environment variables come before these.\n${text}`
}

function withoutCredentials(text) {
  const url = base(text)
  url.username = url.password = ''
  return url.protocol === 'file:' ? fileURLToPath(url) : url.href
}

function layout(name) {
  if (LAYOUTS.includes(name)) return name
  if (name.endsWith('.toml')) return resolve(name)
  throw usage(`no layout is called ${JSON.stringify(name)}: there are ${LAYOUTS.join(', ')}, and files that end in .toml`)
}

/** What `init` remembered in a folder. */
export async function readRemembered(folder) {
  const path = join(folder, FILE_NAME)
  const refuse = (reason) => {
    const error = new PicotufError('usage', `cannot be understood: ${reason}`, { blame: 'caller', file: path })
    return Object.assign(error, { hint: 'correct it, or delete it and give the options again' })
  }
  let text
  try {
    text = await readFile(path, 'utf8')
  } catch (error) {
    if (error.code === 'ENOENT') return {}
    throw io('read the settings', path, error)
  }
  let settings
  try {
    settings = parse(text)
  } catch (error) {
    throw refuse(error.message.split('\n')[0])
  }
  for (const [name, setting] of Object.entries(settings)) {
    const type = KEPT.includes(name) ? String : CHOICES[name]
    if (!type) throw refuse(`unknown field ${name}`)
    // A list with one entry is remembered as that.
    if (type === Array) settings[name] = [setting].flat()
    const entries = type === Array ? settings[name] : [setting]
    const expected = type === Array ? 'string' : type.name.toLowerCase()
    if (entries.some((entry) => typeof entry !== expected)) throw refuse(`${name} is of another type`)
  }
  return settings
}

function fromEnvironment() {
  const choices = {}
  for (const [name, type] of Object.entries(CHOICES)) {
    const key = `PICOTUF_${name.toUpperCase()}`
    const text = variable(key)
    if (text === undefined) continue
    choices[name] = value(type, text, () => usage(`the environment variable ${key} is ${JSON.stringify(text)}, which it may not be`))
  }
  return choices
}

/** A variable's value; one that is empty counts as not set. */
const variable = (name) => process.env[name] || undefined

/** Where each system keeps a program's data. */
function dataFolder() {
  if (process.platform === 'win32') return join(process.env.APPDATA ?? join(homedir(), 'AppData', 'Roaming'), 'picotuf', 'data')
  if (process.platform === 'darwin') return join(homedir(), 'Library', 'Application Support', 'picotuf')
  const data = variable('XDG_DATA_HOME')
  return join(data && isAbsolute(data) ? data : join(homedir(), '.local', 'share'), 'picotuf')
}
