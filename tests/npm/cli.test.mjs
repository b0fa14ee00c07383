// The command line where the tests of the native one do not reach: what the environment says, TLS, and a terminal.

import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import http from 'node:http'
import https from 'node:https'
import { connect } from 'node:net'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { pathToFileURL } from 'node:url'
import { generate } from 'selfsigned'
import { WHEEL, demoRepository, installed, project, temporary } from './support.mjs'

const part = (name) => import(pathToFileURL(join(installed, 'cli', name)))

test('a proxy is found by scheme and left out by host', async () => {
  const { proxyFor } = await part('proxy.js')
  const find = (url, variables) => proxyFor(new URL(url), variables)
  const both = { HTTPS_PROXY: 's', http_proxy: 'h', NO_PROXY: 'local, .b.example,10.0.0.1,::1' }
  assert.equal(find('https://a.example/', both), 's')
  assert.equal(find('http://a.example/', both), 'h')
  assert.equal(find('http://ab.example/', both), 'h')
  for (const url of ['http://local/', 'https://x.local/', 'http://b.example:80/', 'http://C.b.example/', 'http://10.0.0.1/', 'http://[::1]/']) {
    assert.equal(find(url, both), undefined, url)
  }
  assert.equal(find('http://a/', { ALL_PROXY: 'x' }), 'x')
  assert.equal(find('http://a/', { ALL_PROXY: 'x', no_proxy: '*' }), undefined)
  assert.equal(find('http://a/', { HTTP_PROXY: 'x', REQUEST_METHOD: 'GET' }), undefined)
})

/** A certificate for the loopback address, and the file that has it. */
async function certificate() {
  const altNames = [{ type: 7, ip: '127.0.0.1' }]
  const { cert, private: key } = await generate([{ name: 'commonName', value: '127.0.0.1' }], {
    keyType: 'ec', extensions: [{ name: 'basicConstraints', cA: true }, { name: 'subjectAltName', altNames }],
  })
  const file = join(temporary(), 'ca.pem')
  await writeFile(file, cert)
  return { cert, key, file }
}

/** Answers over TLS what the plain server does. */
async function overTls(server, { cert, key }) {
  const secure = https.createServer({ cert, key }, (request, response) => {
    const { host, ...headers } = request.headers
    http.get(server.url + request.url, { headers, agent: false }, (answer) => {
      response.writeHead(answer.statusCode)
      answer.pipe(response)
    })
  })
  return `https://127.0.0.1:${await listen(secure)}`
}

/** A proxy that tunnels, by TLS or without; `asked` has the target and what it was shown. */
async function proxyServer(options) {
  const proxy = options ? https.createServer(options) : http.createServer()
  const asked = []
  proxy.on('connect', (request, socket, head) => {
    asked.push([request.url, request.headers['proxy-authorization'], request.headers.authorization])
    const [host, port] = request.url.split(':')
    const server = connect(Number(port), host, () => {
      socket.write('HTTP/1.1 200 OK\r\n\r\n')
      server.write(head)
      server.pipe(socket).pipe(server)
    })
    for (const end of [server, socket]) end.on('error', () => {})
  })
  const port = await listen(proxy)
  return { address: `${options ? 'https' : 'http'}://name:secret@127.0.0.1:${port}`, asked }
}

async function listen(server) {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  after(() => {
    server.closeAllConnections()
    server.close()
  })
  return server.address().port
}

/** Runs the command line in a home of its own. */
async function picotuf(home, variables, ...words) {
  const inherited = Object.entries(process.env).filter(([name]) => !/^picotuf_|_proxy$/i.test(name))
  const env = { ...Object.fromEntries(inherited), HOME: home, ...variables }
  const all = ['--json', '--metadata-dir', join(home, 'metadata'), ...words]
  return new Promise((resolve) => {
    execFile(process.execPath, [join(project, 'node_modules/.bin/picotuf'), ...all], { cwd: home, env, timeout: 60_000 }, (error, stdout, stderr) => {
      assert.ok(!(stdout + stderr).includes('secret'), stdout + stderr)
      resolve({ code: error?.code ?? 0, verdict: JSON.parse(stdout), stderr })
    })
  })
}

async function user() {
  const { server, options, now } = await demoRepository()
  const home = temporary()
  await writeFile(join(home, 'root.json'), options.root)
  assert.equal((await picotuf(home, {}, 'init', 'root.json')).code, 0)
  const download = (url, variables, ...words) =>
    picotuf(home, variables, '--at', now, '--metadata-url', `${url}/metadata`, '--target-base-url', `${url}/targets`, ...words, '--target-name', WHEEL, 'download')
  return { server, download }
}

test('https: the certificates of a file, and no others', async () => {
  const [own, other] = await Promise.all([certificate(), certificate()])
  const { server, download } = await user()
  const url = await overTls(server, own)
  for (const variables of [{}, { NODE_TLS_REJECT_UNAUTHORIZED: '0' }]) {
    for (const words of [[], ['--ca-file', other.file]]) {
      const { code, verdict } = await download(url, variables, ...words)
      assert.deepEqual([code, verdict.error.code], [1, 'tls'], JSON.stringify(verdict))
    }
  }
  assert.deepEqual(server.requests, [])
  const { code, verdict } = await download(url, {}, '--ca-file', own.file)
  assert.equal(code, 0, JSON.stringify(verdict))
})

test('https through a proxy, which may speak TLS too', async () => {
  const [own, other] = await Promise.all([certificate(), certificate()])
  const { server, download } = await user()
  const url = await overTls(server, own)
  for (const options of [undefined, own]) {
    const proxy = await proxyServer(options)
    const words = ['--user', 'me', '--ca-file']
    const variables = { HTTPS_PROXY: proxy.address, HTTP_PROXY: 'http://127.0.0.1:1', PICOTUF_PASSWORD: 'secret' }
    const { code, verdict } = await download(url, variables, ...words, own.file)
    assert.equal(code, 0, JSON.stringify(verdict))
    const basic = `Basic ${Buffer.from('name:secret').toString('base64')}`
    assert.ok(proxy.asked.length > 0)
    for (const asked of proxy.asked) assert.deepEqual(asked, [new URL(url).host, basic, undefined])
    // The server's certificate counts, also behind a proxy.
    server.requests.length = 0
    const refused = await download(url, variables, ...words, other.file)
    assert.deepEqual([refused.code, refused.verdict.error.code], [1, 'tls'], JSON.stringify(refused.verdict))
    assert.deepEqual(server.requests, [])
  }
  // One whose own certificate is not right is not told where to.
  const proxy = await proxyServer(other)
  const { code, verdict } = await download(url, { HTTPS_PROXY: proxy.address }, '--ca-file', own.file)
  assert.deepEqual([code, verdict.error.code, proxy.asked], [1, 'tls', []], JSON.stringify(verdict))
})

test('a SOCKS proxy is not known, and nothing goes past it', async () => {
  const { server, download } = await user()
  const { code, verdict } = await download(server.url, { ALL_PROXY: 'socks5://name:secret@127.0.0.1:1' })
  assert.deepEqual([code, verdict.error.code, server.requests], [2, 'usage', []])
  assert.match(verdict.error.message, /SOCKS/)
})

test('a line of progress, on a terminal, once it takes half a second', async () => {
  const { human, watched } = await part('progress.js')
  const run = async (pause, options) => {
    let text = ''
    const terminal = { isTTY: true, columns: 40, write: (more) => (text += more), ...options.terminal }
    async function* chunks() {
      for (let count = 0; count < 8; count++) {
        await new Promise((resolve) => setTimeout(resolve, pause))
        yield Buffer.alloc(200 * 1024)
      }
    }
    let length = 0
    for await (const chunk of watched(chunks(), `1.root.json${'x'.repeat(99)}`, { dumb: false, ...options, terminal })) length += chunk.length
    assert.equal(length, 8 * 200 * 1024)
    return text
  }
  const shown = await run(120, {})
  assert.match(shown, /\S \d+\.\d\d MiB at \d+\.\d\d MiB\/s {2}1\.root/)
  const lines = shown.split('\x1b[1G\x1b[2K')
  assert.ok(lines.every((line) => line.length < 40), shown)
  assert.equal(lines.at(-1), '', 'it is gone at the end')
  assert.equal(await run(1, {}), '')
  for (const options of [{ quiet: true }, { dumb: true }, { terminal: { isTTY: false } }]) assert.equal(await run(120, options), '')
  assert.deepEqual([0, 1023, 1024, 1536, 3 * 2 ** 30].map(human), ['0 B', '1023 B', '1.00 KiB', '1.50 KiB', '3.00 GiB'])
})
