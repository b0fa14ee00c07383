// What the verifier says, in words for people.

const relative = new Intl.RelativeTimeFormat('en', { numeric: 'always' })
const UNITS = [
  ['year', 31_536_000],
  ['month', 2_592_000],
  ['day', 86_400],
  ['hour', 3600],
  ['minute', 60],
  ['second', 1],
]

/** "in 3 days", "2 hours ago". */
export function distance(time, now) {
  const seconds = Math.round((new Date(time) - now) / 1000)
  // Two of a unit before it is used: "in 36 hours" says more than "in 1 day".
  const [unit, length] = UNITS.find(([, length]) => Math.abs(seconds) >= 2 * length) ?? [
    'second',
    1,
  ]
  return relative.format(Math.trunc(seconds / length), unit)
}

/** "22 Nov 2026, 00:00 UTC". */
export function moment(time) {
  const text = new Date(time).toLocaleString('en-GB', {
    dateStyle: 'medium',
    timeStyle: 'short',
    timeZone: 'UTC',
  })
  return `${text} UTC`
}

/** "1.2 MB". */
export function size(bytes) {
  if (bytes < 1000) return `${bytes} bytes`
  const [unit, length] = bytes < 1e6 ? ['KB', 1e3] : bytes < 1e9 ? ['MB', 1e6] : ['GB', 1e9]
  const value = bytes / length
  return `${value < 10 ? value.toFixed(1) : Math.round(value)} ${unit}`
}

export const plural = (count, one, many = `${one}s`) =>
  `${count.toLocaleString('en')} ${count === 1 ? one : many}`

/** "2 of 3 keys signed, 2 needed". */
export const signatures = ({ signingKeys, keys, threshold }) =>
  `${signingKeys} of ${plural(keys, 'key')} signed, ${threshold} needed`

/** The last part of a path. */
export const fileName = (path) => path.slice(path.lastIndexOf('/') + 1)

const roleOf = ({ role }) => (role ? `“${role}”` : 'a file of the repository')

const validOnes = (found) =>
  found === 0 ? 'no valid one is' : `only ${found} ${found === 1 ? 'is' : 'are'}`

const MEANINGS = {
  'already-initialized': () =>
    'Another root is trusted here for this address already, and it does not vouch for the one ' +
    'that was given. Either that is of another repository, or this one was set up anew: then ' +
    'forget what was trusted first.',
  connection: () =>
    'The server gave no answer, or not all of it. It may be down, or may not allow this page to ' +
    'read it (CORS).',
  'duplicate-member': (error) =>
    `${roleOf(error)} says one thing twice, and two programs may read different ones.`,
  expired: (error) =>
    `${roleOf(error)} expired on ${moment(error.expected)}. Either nobody renewed it, or ` +
    'somebody keeps newer ones from you.',
  'hash-mismatch': (error) =>
    error.role || !error.target
      ? `The bytes of ${roleOf(error)} are not those that were signed for: the hash differs.`
      : 'The content is not the one that is signed: the hash differs.',
  'http-status': (error) => `The server answers ${error.found}, where a file should be.`,
  'invalid-json': (error) => `${roleOf(error)} cannot be read: it is not valid JSON.`,
  'length-mismatch': (error) =>
    `The length is not the one that is signed: ${size(Number(error.expected))} are signed, ` +
    `${error.found === undefined ? 'more' : size(Number(error.found))} came.`,
  'limit-reached': (error) => `${roleOf(error)} goes beyond a limit of this client.`,
  'missing-file': (error) =>
    error.role === 'timestamp'
      ? `${roleOf(error)} is not there.`
      : `${roleOf(error)} is not there. What leads to it is signed, so it should be.`,
  'missing-target': () => 'The repository lists the file, but does not have it.',
  'not-initialized': () => 'There is no root to trust yet for this repository: give its root file.',
  'page-form': () => 'This is not an index page: it is neither HTML nor JSON.',
  'page-html': () => 'The index page is written in a way that two programs may read differently.',
  'page-names-file-twice': () =>
    'The index page names this file twice, and two programs may take different ones.',
  'page-project': () => 'The index page is that of another project.',
  'page-version': () => 'The index page is of a form that is newer than this page.',
  'removed-from-snapshot': (error) => `${roleOf(error)} was listed before and is not any more.`,
  rollback: (error) =>
    `${roleOf(error)} is version ${error.found}, but version ${error.expected} was trusted ` +
    'before. Somebody serves an old state.',
  'threshold-not-met': (error) =>
    withoutMlDsa(error) ??
    `${roleOf(error)} needs signatures by ${plural(Number(error.expected), 'key')}, and ` +
      `${validOnes(Number(error.found))} there.`,
  timeout: () => 'The server was silent for too long. It may be down, or the line may be slow.',
  'unsupported-key-scheme': (error) =>
    withoutMlDsa(error) ??
    `${roleOf(error)} is signed with keys of a kind that this page cannot check. That is no sign ` +
      'of an attack; a newer version may be able to.',
  'wrong-version': (error) =>
    `${roleOf(error)} should be version ${error.expected}, and is version ${error.found}.`,
}

/** That the verdict is for want of the module that checks keys of ML-DSA, which was not loaded. */
const withoutMlDsa = (error) =>
  error.cause &&
  `${roleOf(error)} has keys of ML-DSA, and the part of this page that checks them could not be ` +
    'loaded. That is no sign of an attack: check again when the network is better.'

/** What a refusal means. Its own line stands beside it. */
export function meaning(error) {
  const words = MEANINGS[error.code]?.(error) ?? `${error.text ?? error.message ?? error}`
  return words[0].toUpperCase() + words.slice(1)
}
