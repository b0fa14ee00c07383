import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import http from 'node:http'
import https from 'node:https'
import { dirname } from 'node:path'
import { unescape } from 'node:querystring'
import { fileURLToPath } from 'node:url'
import { PicotufError, refused } from '../lib/error.js'
import { shown } from '../lib/fetch.js'
import { io } from '../lib/folder-store.js'
import { certificates } from './certificates.js'
import { netrc } from './netrc.js'
import { watched } from './progress.js'
import { agentFor } from './proxy.js'

const REDIRECTS_MAX = 5
/** How long a server may say nothing. */
const STALL = 30_000
const RATE_INTERVAL = 10_000
const HEADERS = { 'user-agent': 'picotuf' }

/**
 * `fetch` as the command line needs it: certificates of one's own, proxies, time limits, redirects that take no credentials along,
 * nothing compressed, a line of progress, and folders. `bases` are all that is asked; the user's name and token are for the first.
 */
export function transport(network, bases, log) {
  const ca = network.caFile && certificates(network.caFile)
  return async function fetch(text) {
    const url = new URL(text)
    const answer = (chunks, abandon) => toResponse(watched(chunks, below(bases, url), { quiet: log.quiet }), abandon)
    if (url.protocol === 'file:') return folder(url, log, answer)
    const deadline = Date.now() + network.timeout
    const authorization = credentials(url, network, bases[0])
    let current = url
    for (let count = 0; count <= REDIRECTS_MAX; count++) {
      const headers = authorization && current.origin === url.origin ? { authorization } : {}
      const response = await request(current, { headers, ca, deadline, network }).catch((error) => {
        log.line(`GET ${shown(current)}: ${error.text ?? error.message}`)
        throw error
      })
      const { statusCode: status } = response
      log.line(`GET ${shown(current)}: ${status} ${response.statusMessage}`)
      if ([301, 302, 303, 307, 308].includes(status)) {
        response.destroy()
        current = redirected(current, response.headers.location)
        continue
      }
      if (status !== 200) {
        response.destroy()
        // Storage services answer 403 for what does not exist.
        if ([403, 404].includes(status)) return new Response(null, { status })
        const text = `the server answers ${status} ${response.statusMessage}`.trimEnd()
        throw failure('http-status', text, current, { expected: 200, found: status })
      }
      // None is asked for. One that comes all the same would be a way to hide a huge file in a small one.
      const encoding = response.headers['content-encoding']
      if (encoding !== undefined && encoding !== 'identity') {
        response.destroy()
        throw failure('content-encoding', 'the server sends a compressed file, unasked', current)
      }
      return answer(limited(response, current, { deadline, network }), () => response.destroy())
    }
    throw failure('redirect', `more than ${REDIRECTS_MAX} redirects`, url)
  }
}

async function request(url, { headers, ca, deadline, network }) {
  const bare = new URL(url)
  bare.username = bare.password = bare.hash = ''
  const left = Math.max(1, Math.min(STALL, deadline - Date.now()))
  // What the agent has begun it alone can end: a little later than it is given up here.
  const agent = agentFor(url, { ca, timeout: Math.min(left, network.connectTimeout) + 500, headers: HEADERS })
  return new Promise((resolve, reject) => {
    // Said, because the environment can turn it off for all of Node.
    const options = { ca, agent, rejectUnauthorized: true, headers: { ...headers, ...HEADERS, accept: '*/*' } }
    const sent = (url.protocol === 'https:' ? https : http).get(bare, options, (response) => {
      clearTimeout(timer)
      clearTimeout(connecting)
      resolve(response)
    })
    const end = (error) => {
      clearTimeout(timer)
      clearTimeout(connecting)
      sent.destroy()
      reject(error)
    }
    const timer = setTimeout(() => end(late(url, deadline, network)), left)
    const connecting = setTimeout(
      () => end(failure('timeout', `no connection after ${network.connectTimeout / 1000} seconds`, url)),
      network.connectTimeout,
    )
    sent.on('socket', (socket) => {
      // One that comes through a proxy is connected already.
      if (url.protocol === 'http:' && !socket.connecting) clearTimeout(connecting)
      else socket.once(url.protocol === 'https:' ? 'secureConnect' : 'connect', () => clearTimeout(connecting))
    })
    sent.on('error', (error) => end(explain(error, url)))
  })
}

/** The name of a file below its base. */
function below(bases, url) {
  const folders = bases.filter(({ origin }) => origin === url.origin).map(({ pathname }) => `${pathname.replace(/\/+$/, '')}/`)
  return url.pathname.slice(folders.find((folder) => url.pathname.startsWith(folder))?.length)
}

/** Gives the chunks as they are asked for; `abandon` ends what makes them early. */
function toResponse(iterator, abandon) {
  const source = {
    async pull(controller) {
      const { done, value } = await iterator.next()
      if (done) controller.close()
      else controller.enqueue(value)
    },
    async cancel() {
      abandon()
      await iterator.return()
    },
  }
  return new Response(new ReadableStream(source, { highWaterMark: 0 }))
}

/** The body, under the time limits and the minimum rate. */
async function* limited(response, url, { deadline, network }) {
  const chunks = response[Symbol.asyncIterator]()
  let interval = { start: Date.now(), bytes: 0 }
  try {
    for (;;) {
      let timer
      const wait = new Promise((_, reject) => {
        const left = Math.max(0, Math.min(STALL, deadline - Date.now()))
        timer = setTimeout(() => reject(late(url, deadline, network)), left)
      })
      const { done, value } = await Promise.race([chunks.next(), wait]).finally(() => clearTimeout(timer))
      if (done) return
      yield value
      if (Date.now() >= deadline) throw late(url, deadline, network)
      interval.bytes += value.length
      const elapsed = Date.now() - interval.start
      if (elapsed >= RATE_INTERVAL) {
        const rate = Math.floor((interval.bytes * 1000) / elapsed)
        if (rate < network.minRate) {
          const hint = 'lower --min-rate for a slow line, or use another mirror'
          throw failure('too-slow', `only ${rate} bytes per second come in`, url, { expected: network.minRate, found: rate, hint })
        }
        interval = { start: Date.now(), bytes: 0 }
      }
    }
  } catch (error) {
    throw error instanceof PicotufError ? error : explain(error, url)
  } finally {
    response.destroy()
  }
}

/** A file of a folder: by its decoded name as a web server looks it up, then by the name as it stands. */
async function folder(url, log, answer) {
  const encoded = url.pathname.slice(url.pathname.lastIndexOf('/') + 1)
  const parent = dirname(fileURLToPath(new URL('x', url)))
  const asItStands = new URL(url)
  asItStands.pathname = url.pathname.slice(0, -encoded.length) + encoded.replaceAll('%', '%25')
  const candidates = /%(2f|5c|00|3a)/i.test(encoded) ? [] : [fileURLToPath(url)]
  for (const path of [...candidates, fileURLToPath(asItStands)]) {
    try {
      if (!(await stat(path)).isFile()) throw unreadable('read', path, new Error('it is no file'))
      log.line(`read ${path}`)
      const file = createReadStream(path)
      return answer(file, () => file.destroy())
    } catch (error) {
      if (!['ENOENT', 'ENOTDIR'].includes(error.code)) throw error instanceof PicotufError ? error : unreadable('open', path, error)
    }
  }
  log.line(`read ${fileURLToPath(asItStands)}: not there`)
  const exists = await stat(parent).then((found) => found.isDirectory(), () => false)
  if (exists) return new Response(null, { status: 404 })
  throw new PicotufError('no-repository', 'there is no such folder', { blame: 'transport', file: parent, hint: 'check the path; a URL begins with https://' })
}

/** It is the repository's folder that is at fault, and not one of this program's own. */
const unreadable = (action, path, error) => refused(io(`${action} the file`, path, error), { blame: 'transport' })

/** Where a redirect leads: never from https to http, never to another kind of URL. */
function redirected(from, location) {
  if (location === undefined) throw failure('redirect', 'the server redirects, but does not say where', from)
  if (!URL.canParse(location, from)) throw failure('redirect', 'the server redirects to what is no URL', from)
  const to = new URL(location, from)
  if (to.protocol === 'https:' || (to.protocol === 'http:' && from.protocol === 'http:')) return to
  if (to.protocol === 'http:') throw failure('redirect', `the server redirects from https to ${shown(to)}`, from)
  throw failure('redirect', `the server redirects to a ${to.protocol} URL`, from)
}

/** The URL's own user name and password come first, then the options, then netrc. */
function credentials(url, { user, password, token }, trusted) {
  const basic = (name, secret) => `Basic ${Buffer.from(`${name}:${secret}`).toString('base64')}`
  if (url.username) return basic(unescape(url.username), unescape(url.password))
  if (trusted.origin === url.origin) {
    if (token) return `Bearer ${token}`
    if (user) return basic(user, password ?? '')
  }
  const found = netrc(url.hostname)
  return found && basic(found.login, found.password)
}

function late(url, deadline, { timeout }) {
  if (Date.now() < deadline) return failure('timeout', `nothing came for ${STALL / 1000} seconds`, url)
  const hint = 'raise --timeout for a slow line, or use another mirror'
  return failure('timeout', `it took longer than ${timeout / 1000} seconds`, url, { hint })
}

function explain(error, url) {
  const tls = /CERT|TLS|SSL|SELF_SIGNED|ALTNAME|ISSUER|EPROTO/.test(error.code ?? '')
  if (tls) return failure('tls', `no secure connection: ${error.message}`, url, { hint: 'for a private certificate authority, use --ca-file' })
  const cut = ['ECONNRESET', 'ERR_STREAM_PREMATURE_CLOSE'].includes(error.code)
  // That is how the agent says it.
  const refusal = /^Bad response: (\d+)$/.exec(error.message)?.[1]
  const answered = refusal && `the proxy refuses: it answers ${refusal}`
  const text = cut ? 'the connection was cut before the end' : answered ?? (error.message || error.code)
  return failure('connection', text, url, { hint: 'check the URL and the network, then run it again' })
}

const failure = (code, text, url, more) => new PicotufError(code, text, { blame: 'transport', url: shown(url), ...more })
