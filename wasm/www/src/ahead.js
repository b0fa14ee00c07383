// Files that are fetched ahead of their need, so that many cost one round trip. What a client asks
// for, and what it makes of it, is the client's: a file that it does not ask for is thrown away.

import { parse } from './catalogue.js'

/** The longest file that is held until it is asked for, in bytes. */
const LENGTH_MAX = 2 ** 20

/** By their URLs, files that nobody has asked for yet: nothing where there is none. */
const early = new Map()

/** `fetch` for clients: what was begun before is not asked for again. */
export async function fetchEarly(url, init) {
  const begun = early.get(url)
  early.delete(url)
  return (await begun) ?? fetch(url, init)
}

/**
 * Begins to fetch the files of roles, where the targets were fetched too: on a later visit, what
 * has not changed is stored. Gives what ends it.
 */
export function fetchRolesAhead(client, names) {
  const stop = new AbortController()
  const targets = client.trusted.find(({ role }) => role === 'targets')
  const [root, snapshot] = ['root', 'snapshot'].map((role) => client.metadata(role))
  if (!targets?.fetched || targets.url.includes('?') || !root || !snapshot) return () => {}
  const isConsistent = parse(root).signed.consistent_snapshot
  const { meta } = parse(snapshot).signed
  const begun = []
  for (const name of names) {
    const version = meta[`${name}.json`]?.version
    if (version === undefined) continue
    const file = `${isConsistent ? `${version}.` : ''}${encodeURIComponent(name)}.json`
    const { href } = new URL(file, targets.url)
    if (early.has(href)) continue
    early.set(href, held(href, stop.signal))
    begun.push(href)
  }
  return () => {
    for (const href of begun) early.delete(href)
    stop.abort()
  }
}

/** A response that was read to its end; nothing where there was none, or it is too long. */
async function held(url, signal) {
  try {
    const response = await fetch(url, { signal, cache: 'no-cache' })
    const parts = []
    let length = 0
    for (const reader = response.body.getReader(); ; ) {
      const { done, value } = await reader.read()
      if (done) break
      parts.push(value)
      length += value.length
      if (length <= LENGTH_MAX) continue
      await reader.cancel()
      return undefined
    }
    const { status, statusText } = response
    return new Response(new Blob(parts), { status, statusText })
  } catch {
    return undefined
  }
}
