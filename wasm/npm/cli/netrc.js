import { readFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'

/**
 * The login and password that the user's netrc file has for `host`; a `default` entry is for no host in particular and is not used.
 * Without a file, or with one that cannot be read, there are none.
 */
export function netrc(host) {
  try {
    const name = process.platform === 'win32' ? '_netrc' : '.netrc'
    return find(readFileSync(process.env.NETRC ?? join(homedir(), name), 'utf8'), host)
  } catch {
    return undefined
  }
}

export function find(text, host) {
  let inMacro = false
  const lines = text.split('\n').map((line) => line.split(/\s+/).filter((word) => word !== '')).filter(([first]) => {
    // A macro goes on to the next empty line, whatever it says.
    inMacro = first !== undefined && (inMacro || first === 'macdef')
    return !inMacro && !first?.startsWith('#')
  })
  const words = lines.flat().values()
  const next = () => words.next().value
  let entry
  for (const word of words) {
    if (word === 'machine' || word === 'default') {
      if (entry?.login !== undefined) break
      entry = word === 'machine' && next() === host ? { password: '' } : undefined
    } else if (word === 'login' || word === 'password') {
      const value = next()
      if (entry && value !== undefined) entry[word] = value
    } else if (word === 'account') {
      next()
    }
  }
  return entry?.login === undefined ? undefined : entry
}
