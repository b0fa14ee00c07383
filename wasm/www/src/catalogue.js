// Which targets there are. A repository of bins says it only bin by bin, so a small one is read
// whole, and a large one is not.
//
// A role's list may have paths that it may not speak for: what is shown of a target always comes
// from `client.target(path)`.

const MOST_ROLES = 64
const MOST_PROBES = 20_000
const MOST_PROBLEMS = 3

/**
 * A list of targets by project: `{ projects: Map(name → [path]), complete, problem }`. `find` looks
 * a target up, `onRole` is told which role is read, and `ahead` which ones will be.
 */
export async function readCatalogue(client, find, { signal, onRole, ahead }) {
  const paths = new Set()
  const seen = new Set(['targets'])
  let complete = true
  let problem
  let problems = 0

  const visit = async (role, patterns) => {
    const bytes = client.metadata(role)
    if (!bytes) return void (complete = false)
    const { targets, delegations } = parse(bytes).signed
    for (const path of Object.keys(targets ?? {})) paths.add(path)
    const children = delegated(delegations)?.filter(({ name }) => !seen.has(name))
    if (!children || seen.size + children.length > MOST_ROLES) return void (complete = false)
    ahead(children.map(({ name }) => name))
    const probes = await findProbes(children, patterns)
    for (const child of children) {
      seen.add(child.name)
      const probe = probes.get(child)
      if (!probe || problems >= MOST_PROBLEMS) {
        complete = false
        continue
      }
      try {
        onRole(child.name)
        await find(probe)
      } catch (error) {
        if (signal.aborted) throw error
        problem ??= error
        problems++
        complete = false
        continue
      }
      // A search that ended before this role has nothing to say through it.
      if (client.metadata(child.name)) await visit(child.name, child.paths ?? patterns)
    }
  }
  await visit('targets', ['*'])
  return { projects: byProject(paths), complete, problem }
}

/**
 * What is verified may be parsed: the verifier has refused what two parsers could take differently.
 */
export const parse = (bytes) => JSON.parse(new TextDecoder().decode(bytes))

/**
 * The delegated roles, in one form: `matches` says whether a path with that SHA-256 is theirs.
 * Nothing if they are too many.
 */
function delegated(delegations) {
  if (!delegations) return []
  const { roles = [], succinct_roles: succinct } = delegations
  const listed = roles.map(({ name, paths, path_hash_prefixes: prefixes }) => ({
    name,
    paths,
    matches: prefixes && ((hash) => prefixes.some((prefix) => hash.startsWith(prefix))),
  }))
  if (!succinct) return listed
  const { bit_length: bits, name_prefix: prefix } = succinct
  if (2 ** bits > MOST_ROLES) return undefined
  const digits = Math.ceil(bits / 4)
  const bins = Array.from({ length: 2 ** bits }, (_, bin) => ({
    name: `${prefix}-${bin.toString(16).padStart(digits, '0')}`,
    matches: (hash) => parseInt(hash.slice(0, 8), 16) >>> (32 - bits) === bin,
  }))
  return [...listed, ...bins]
}

/** For each role a path that leads to it, which need not exist. */
async function findProbes(children, patterns) {
  const probes = new Map()
  const open = new Set()
  for (const child of children) {
    if (child.matches) open.add(child)
    else if (child.paths?.length) probes.set(child, child.paths[0].replace(/[*?]/g, 'x'))
  }
  // Without HTTPS, browsers have no hash function.
  if (!globalThis.crypto?.subtle) return probes
  const pattern = patterns[0].replace(/\?/g, 'x')
  for (let count = 0; open.size && count < MOST_PROBES; count++) {
    const path = pattern.includes('*') ? pattern.replaceAll('*', `probe-${count}`) : pattern
    const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(path))
    const hash = Array.from(new Uint8Array(digest), (byte) =>
      byte.toString(16).padStart(2, '0'),
    ).join('')
    for (const child of open) {
      if (!child.matches(hash)) continue
      probes.set(child, path)
      open.delete(child)
    }
  }
  return probes
}

function byProject(paths) {
  const projects = new Map()
  for (const path of paths) {
    const name = projectOf(path)
    if (!projects.has(name)) projects.set(name, [])
    projects.get(name).push(path)
  }
  const sorted = [...projects].sort(([one], [other]) => (one < other ? -1 : 1))
  return new Map(sorted.map(([name, files]) => [name, files.sort()]))
}

/** The name as package indexes compare it. */
export const normalize = (name) => name.toLowerCase().replace(/[-_.]+/g, '-')

/** The project that a target is shown below. */
function projectOf(path) {
  const parts = path.split('/')
  if (parts[0] === 'simple' && parts.length > 2) return parts[1]
  if (parts.length === 2) return parts[0]
  return projectOfFile(parts.at(-1)) ?? parts[0]
}

/** The project that a distribution's file name begins with. */
function projectOfFile(name) {
  const wheel = /^([^-]+)-[^-]+(-\d[^-]*)?-[^-]+-[^-]+-[^-]+\.whl$/.exec(name)
  const source = /^(.+)-[^-]+\.(tar\.gz|zip|tar\.bz2)$/.exec(name)
  const found = wheel ?? source
  return found ? normalize(found[1]) : undefined
}

/**
 * The project whose index page is at a target path, in the layouts that are published: `NAME`,
 * `simple/NAME/…`.
 */
export function projectOfPage(path) {
  const parts = path.split('/')
  const last = parts.pop()
  const isPage = /^((index|vnd\.pypi\.simple\.[^/]*)\.(html|json))?$/.test(last)
  return parts.length > 0 && isPage ? parts.at(-1) : last.replace(/\.(html|json)$/, '')
}
