import { parseArgs } from 'node:util'
import { usage } from '../lib/error.js'

/** The settings that `init` remembers and environment variables give, by their names there; an Array is one of URLs. */
export const CHOICES = {
  metadata_url: Array, target_base_url: Array, target_dir: String, no_hash_prefix: Boolean, layout: String, ca_file: String, user: String,
  timeout: Number, connect_timeout: Number, min_rate: Number, root_max_length: Number, timestamp_max_length: Number,
  snapshot_max_length: Number, targets_max_length: Number, max_root_rotations: Number, max_delegations: Number,
}

/** The command words, each with the names of what follows it, and its own options. */
const COMMANDS = {
  init: { words: ['ROOT'], options: ['force'] },
  refresh: { words: [], options: [] },
  download: { words: [], options: [] },
  verify: { words: ['FILE'], options: ['offline'] },
  show: { words: [], optional: ['ROLE'], options: [] },
}

const option = (name) => name.replaceAll('_', '-')

/** The arguments: every option may stand before or after the command word. */
export function parse(line) {
  const options = {
    'metadata-dir': { type: 'string' }, root: { type: 'string' }, 'target-name': { type: 'string', multiple: true }, at: { type: 'string' },
    json: { type: 'boolean' }, quiet: { type: 'boolean', short: 'q' }, verbose: { type: 'boolean', short: 'v' },
    force: { type: 'boolean' }, offline: { type: 'boolean' }, help: { type: 'boolean', short: 'h' }, version: { type: 'boolean', short: 'V' },
  }
  for (const [name, type] of Object.entries(CHOICES)) options[option(name)] = { type: 'string', multiple: type === Array }
  let parsed
  try {
    // The one option whose value may be left out.
    const words = line.map((word) => (word === '--no-hash-prefix' ? '--no-hash-prefix=true' : word))
    parsed = parseArgs({ args: words, options, allowPositionals: true, tokens: true })
  } catch (error) {
    throw usage(error.message.split('\n')[0])
  }
  refuseRepeated(parsed.tokens, options)
  const { values, positionals: [word, ...words] } = parsed
  if (values.help || word === 'help') return { help: true }
  if (values.version) return { version: true }
  if (word === undefined) throw usage('a command is missing: see picotuf --help')
  const command = Object.hasOwn(COMMANDS, word) ? COMMANDS[word] : undefined
  if (!command) throw usage(`there is no command ${word}: see picotuf --help`)
  if (words.length < command.words.length) throw usage(`${word} needs ${command.words[words.length]}`)
  if (words.length > command.words.length + (command.optional?.length ?? 0)) throw usage(`${word} does not take ${words.at(-1)}`)
  for (const name of ['force', 'offline']) {
    if (values[name] && !command.options.includes(name)) throw usage(`${word} does not take --${name}`)
  }
  const choices = {}
  for (const [name, type] of Object.entries(CHOICES)) {
    const text = values[option(name)]
    if (text === undefined) continue
    choices[name] = type === Array ? text : value(type, text, () => usage(`--${option(name)} may not be ${JSON.stringify(text)}`))
  }
  if (choices.max_delegations > 32) throw usage('--max-delegations may be 32 at most')
  return {
    command: word, words, choices, metadataDir: values['metadata-dir'], root: values.root, targetNames: values['target-name'] ?? [], at: values.at,
    json: values.json ?? false, quiet: values.quiet ?? false, verbose: values.verbose ?? false, force: values.force ?? false,
    offline: values.offline ?? false,
  }
}

/** An option that has one value may stand on each side of the command word, where the one behind it counts, but once. */
function refuseRepeated(tokens, options) {
  let seen = new Set()
  let isBehind = false
  for (const { kind, name, rawName } of tokens) {
    if (kind === 'positional' && !isBehind) {
      isBehind = true
      seen = new Set()
    }
    if (kind !== 'option' || options[name].multiple) continue
    if (seen.has(name)) throw usage(`${rawName} cannot be used several times`)
    seen.add(name)
  }
}

/** A setting out of text. */
export function value(type, text, refuse) {
  if (type === String) return text
  if (type === Array) return urls(text)
  if (type === Boolean) {
    if (text === 'true' || text === 'false') return text === 'true'
  } else if (/^\d{1,15}$/.test(text)) {
    return Number(text)
  }
  throw refuse()
}

/** White space stands between URLs. Text that has another word is one folder's path, blanks and all. */
function urls(text) {
  const words = text.split(/\s+/).filter((word) => word !== '')
  return words.length > 0 && words.every((word) => word.includes('://')) ? words : [text]
}

export const HELP = `Verifies what a TUF repository publishes, and keeps nothing that does not hold.

Usage: picotuf [OPTIONS] COMMAND

Commands:
  init ROOT [--force]     Take ROOT as the trust anchor; no network. URLs and options given here are remembered
  refresh                 Bring the trusted metadata up to date
  download                Refresh, then fetch the targets named by --target-name and verify them
  verify FILE [--offline] Verify a file that is here against the repository; only metadata is fetched
  show [ROLE]             Show what is trusted now; no network

Options:
      --metadata-url URL          Where the metadata is: an http, https or file URL, or a folder; mirrors may be given too, and are
                                  asked in their order
      --target-base-url URL       Where the targets are, in the same way
      --target-dir DIR            The folder that downloaded targets go to [default: the current one]
      --target-name PATH          The path of a target as the repository lists it; may be given several times
      --metadata-dir DIR          The folder that holds the trusted metadata [default: one per user; with --root, one per user and root]
      --root FILE                 The root metadata that you trust, in place of \`init\`: taken where nothing is trusted yet, refused
                                  where another is
      --no-hash-prefix[=BOOL]     Ask for targets by their plain name also where there are consistent snapshots
      --layout LAYOUT             Remembered for the commands of the native picotuf that use it
      --at TIME                   Take this as the present time (RFC 3339)
      --json                      Print one JSON object on standard output
  -q, --quiet                     Print nothing but errors
  -v, --verbose                   Log each request and each file that became trusted, on standard error
      --ca-file FILE              Trust the certificates in this PEM file, and no others, for https
      --user NAME                 The user name for the server of --metadata-url; password in PICOTUF_PASSWORD
      --timeout SECONDS           How long one request may take in all [default: 3600]
      --connect-timeout SECONDS   How long it may take until a connection stands [default: 20]
      --min-rate BYTES            Give up what is slower over ten seconds; 0 is never [default: 1000]
      --root-max-length BYTES, --timestamp-max-length BYTES, --snapshot-max-length BYTES,
      --targets-max-length BYTES, --max-root-rotations COUNT, --max-delegations COUNT
  -h, --help                      Print this
  -V, --version                   Print the version

Every option may stand before or after the command. What an option does not say, its environment variable does
(PICOTUF_METADATA_URL for --metadata-url, and so on), then what \`init\` remembered. Credentials: PICOTUF_TOKEN (bearer)
or PICOTUF_PASSWORD with --user for the server of the first --metadata-url; for others, in the URL or in ~/.netrc.

Mirrors: --metadata-url and --target-base-url may be given several times (in the environment, with white space between
URLs). Each file is asked of the mirrors in their order until one gives the right one; one that does not is named.

Exit code: 0 everything asked for holds, 1 something does not, 2 wrong usage.`
