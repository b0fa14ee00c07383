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
 * Fetches the files of roles ahead, where the targets were fetched by this refresh: on a later
 * visit, what has not changed is stored. `begin` takes names of roles, and `end` ends it all.
 */
export function rolesAhead(client) {
  const stop = new AbortController()
  // A search reads the targets again, from the store.
  const { fetched, url } = client.trusted.find(({ role }) => role === 'targets') ?? {}
  const begun = []
  function begin(names) {
    const [root, snapshot] = ['root', 'snapshot'].map((role) => client.metadata(role))
    if (!fetched || url.includes('?') || !root || !snapshot) return
    const isConsistent = parse(root).signed.consistent_snapshot
    const { meta } = parse(snapshot).signed
    for (const name of names) {
      const version = meta[`${name}.json`]?.version
      if (version === undefined) continue
      const file = `${isConsistent ? `${version}.` : ''}${encodeURIComponent(name)}.json`
      const { href } = new URL(file, url)
      // One that a search has asked for already is not asked for again.
      if (early.has(href) || client.metadata(name)) continue
      early.set(href, held(href, stop.signal))
      begun.push(href)
    }
  }
  function end() {
    for (const href of begun) early.delete(href)
    stop.abort()
  }
  return { begin, end }
}

/** A response that was read to its end; nothing where there was none, or it is too long. */
async function held(url, signal) {
  try {
    const response = await fetch(url, { signal, cache: 'no-cache' })
    const parts = []
    let length = 0
    for (const reader = response.body.getReader(); ;) {
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
