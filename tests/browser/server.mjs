// A static server on the loopback interface, which a test can make misbehave, with the strict
// policy that the page is made for.

import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { createServer } from 'node:http'
import { extname, join, normalize, sep } from 'node:path'

export const POLICY = [
  "default-src 'none'",
  "script-src 'self' 'wasm-unsafe-eval'",
  "style-src 'self'",
  "img-src 'self'",
  "connect-src 'self' http: https:",
  "worker-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ')

const TYPES = {
  '.css': 'text/css',
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.mjs': 'text/javascript',
  '.json': 'application/json',
  '.svg': 'image/svg+xml',
  '.wasm': 'application/wasm',
}

/**
 * Serves a folder, or files by their path out of a `Map`. What `held` has a promise for, or a
 * function that gives one, is answered once that is done, and what `failing` has with that status.
 */
export async function serve(files) {
  const requests = []
  const held = new Map()
  const failing = new Map()
  const server = createServer(async (request, response) => {
    const asSent = new URL(request.url, 'http://localhost').pathname
    const path = decodeURIComponent(asSent)
    requests.push(path)
    const hold = held.get(path)
    await (typeof hold === 'function' ? hold() : hold)
    const status = failing.get(path)
    const type = TYPES[extname(path) || '.html'] ?? 'application/octet-stream'
    const headers = {
      'content-type': type,
      'content-security-policy': POLICY,
      'access-control-allow-origin': '*',
      'cache-control': 'no-store',
    }
    if (status) return response.writeHead(status, headers).end()
    if (files instanceof Map) {
      const bytes = files.get(path)
      if (typeof bytes === 'number') return response.writeHead(bytes, headers).end()
      return bytes
        ? response.writeHead(200, headers).end(bytes)
        : response.writeHead(404, headers).end('not there')
    }
    // python-tuf's tools write a role's file under its encoded name.
    for (const name of [path, asSent]) {
      const file = join(files, normalize(name), name.endsWith('/') ? 'index.html' : '')
      const found = file.startsWith(files + sep)
        ? await stat(file).catch(() => undefined)
        : undefined
      if (!found?.isFile()) continue
      response.writeHead(200, headers)
      return createReadStream(file).pipe(response)
    }
    response.writeHead(404, headers).end('not there')
  })
  const listen = (port) =>
    new Promise((resolve, reject) =>
      server.once('error', reject).listen(port, '127.0.0.1', resolve),
    )
  await listen(0)
  const { port } = server.address()
  return {
    url: `http://127.0.0.1:${port}`,
    requests,
    held,
    failing,
    /** Stops it; `start` brings it back at the same address. */
    async stop() {
      if (!server.listening) return
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
    start: () => listen(port),
  }
}
