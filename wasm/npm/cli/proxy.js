import { HttpProxyAgent, HttpsProxyAgent } from 'hpagent'
import { PicotufError } from '../lib/error.js'
import { shown } from '../lib/fetch.js'

/** What connects to a URL: through the proxy that the environment names for it, which has to let all through unread; or directly. */
export function agentFor(url, { ca, timeout, headers }) {
  const text = proxyFor(url, process.env)
  if (text === undefined) return false
  const proxy = parse(text)
  if (!proxy) {
    // Not repeated: it may hold a password.
    const reason = /^socks/i.test(text) ? 'is a SOCKS proxy, and only http and https are known' : 'cannot be understood'
    throw new PicotufError('usage', `the proxy that the environment names for this URL ${reason}`, {
      blame: 'caller', url: shown(url), hint: 'check HTTPS_PROXY, HTTP_PROXY and ALL_PROXY',
    })
  }
  const Agent = url.protocol === 'https:' ? HttpsProxyAgent : HttpProxyAgent
  return new Agent({ proxy, timeout, proxyRequestOptions: { ca, rejectUnauthorized: true, headers } })
}

/** The proxy for a URL as curl finds it: by scheme, then for all; `NO_PROXY` names hosts, with the hosts below them. */
export function proxyFor(url, variables) {
  const value = (name) => variables[name] || undefined
  const either = (name) => value(name.toLowerCase()) ?? value(name.toUpperCase())
  const host = url.hostname.replace(/^\[|\]$/g, '').toLowerCase()
  const entries = (either('no_proxy') ?? '').split(',').map((entry) => entry.trim().replace(/^(\*\.)*\.*/, '').toLowerCase())
  if (entries.some((entry) => entry === '*' || (entry !== '' && `.${host}`.endsWith(`.${entry}`)))) return undefined
  return byScheme(url, value, either) ?? either('all_proxy')
}

function byScheme({ protocol }, value, either) {
  if (protocol === 'https:') return either('https_proxy')
  // A CGI program's HTTP_PROXY holds what the request's `Proxy:` header says, so only the other spelling counts there.
  return value('REQUEST_METHOD') === undefined ? either('http_proxy') : value('http_proxy')
}

/** Its URL, without a scheme that of an HTTP proxy; nothing where it is none. */
function parse(text) {
  try {
    const { protocol, hostname, port, username, password } = new URL(text.includes('://') ? text : `http://${text}`)
    // What is to be decoded later must be decodable.
    decodeURIComponent(username + password)
    if (protocol !== 'http:' && protocol !== 'https:') return undefined
    return { protocol, hostname: hostname.replace(/^\[|\]$/g, ''), port, username, password }
  } catch {
    return undefined
  }
}
