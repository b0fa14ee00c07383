// A real server on the loopback interface, which a test can make misbehave.

import { readFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import { join, normalize } from 'node:path'

/** Serves `folder`; a function in `changes`, by path, answers in its place. */
export async function serve(folder) {
  const changes = new Map()
  const requests = []
  const server = createServer(async (request, response) => {
    const asSent = new URL(request.url, 'http://localhost').pathname
    const path = decodeURIComponent(asSent)
    requests.push(path)
    response.setHeader('access-control-allow-origin', '*')
    if (changes.has(path)) return changes.get(path)(request, response)
    try {
      // python-tuf's tools write a role's file under its encoded name.
      const [file, encoded] = [path, asSent].map((name) => join(folder, normalize(name)))
      if (!file.startsWith(folder)) throw new Error('outside')
      const bytes = await readFile(file).catch(() => readFile(encoded))
      const type = { '.js': 'text/javascript', '.html': 'text/html', '.wasm': 'application/wasm' }[
        /\.\w+$/.exec(file)?.[0]
      ]
      response.writeHead(200, { 'content-type': type ?? 'application/octet-stream' }).end(bytes)
    } catch {
      response.writeHead(404).end('not there')
    }
  })
  // On a busy machine, a request could come while its connection is being closed.
  server.keepAliveTimeout = 600_000
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${server.address().port}`,
    requests,
    changes,
    /** Answers with these bytes for the path. */
    replace: (path, bytes) =>
      changes.set(path, (_, response) => response.writeHead(200).end(bytes)),
    async close() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
