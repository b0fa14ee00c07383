// The client, from the packed tarball, over HTTP.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { inspect } from 'node:util'
import { WHEEL, demoRepository, load, refusal } from './support.mjs'

for (const entry of ['picotuf', 'picotuf/ed25519']) {
  test(`${entry}: a target is found, downloaded and verified`, async () => {
    const { Client } = await load(entry)
    const { options, server, file } = await demoRepository()
    const client = await Client.open(options)
    assert.deepEqual(server.requests, [], 'opening fetches nothing')
    const seen = []
    const trusted = await client.refresh({ onProgress: (progress) => seen.push(progress.role) })
    assert.deepEqual(
      trusted.map(({ role, version }) => [role, version]),
      [
        ['root', 1],
        ['timestamp', 2],
        ['snapshot', 2],
        ['targets', 1],
      ],
    )
    assert.equal(trusted, client.trusted)
    assert.deepEqual(seen, ['timestamp', 'snapshot', 'targets'])
    const target = await client.target(WHEEL)
    assert.deepEqual(target.custom, { 'requires-python': '>=3.10' })
    assert.deepEqual(
      target.signedBy.map(({ role, threshold, signingKeys, signers }) => [
        role,
        threshold,
        signingKeys,
        signers.length,
      ]),
      [
        ['targets', 2, 2, 2],
        ['unclaimed', 1, 1, 1],
        ['bin-a', 1, 1, 1],
      ],
    )
    const wheel = await file(
      `targets/iniconfig/${target.hashes['blake2b-256']}.iniconfig-2.3.1-py3-none-any.whl`,
    )
    const progress = []
    const bytes = await client.download(target, {
      onProgress: ({ loaded, total }) => progress.push([loaded, total]),
    })
    assert.deepEqual(Buffer.from(bytes), wheel)
    assert.deepEqual(progress.at(-1), [wheel.length, wheel.length])
    for (const whole of [
      wheel,
      new Blob([wheel]),
      new Blob([wheel]).stream(),
      wheel.buffer.slice(wheel.byteOffset, wheel.byteOffset + wheel.length),
    ]) {
      await client.verify(target, whole)
    }
    assert.equal(await client.target('iniconfig/no-such-file'), null)
    assert.deepEqual(
      JSON.parse(new TextDecoder().decode(client.metadata('bin-a'))).signed.version,
      1,
    )
    assert.equal(client.metadata('bin-9'), undefined)
  })
}

const changed = async (_, { server, file }, client, target) => {
  const path = `/targets/iniconfig/${target.hashes['blake2b-256']}.iniconfig-2.3.1-py3-none-any.whl`
  const wheel = await file(path)
  wheel[wheel.length - 1] ^= 1
  server.replace(path, wheel)
  return client.download(target)
}
const attack =
  (name, files) =>
  async (_, { server, file }, client) => {
    for (const path of files)
      server.replace(`/metadata/${path}`, await file(`attacks/${name}/${path}`))
    return client.refresh()
  }
const status =
  (code) =>
  async (_, { server }, client) => {
    server.changes.set('/metadata/timestamp.json', (_, response) => response.writeHead(code).end())
    return client.refresh()
  }
const ATTACKS = {
  'a changed byte': [
    changed,
    {
      code: 'hash-mismatch',
      blame: 'repository',
      target: WHEEL,
      delegationPath: ['targets', 'unclaimed', 'bin-a'],
    },
  ],
  'an older timestamp': [
    attack('rollback', ['timestamp.json']),
    { code: 'rollback', role: 'timestamp', expected: 2, found: 1 },
  ],
  'a stolen threshold': [
    attack('stolen-threshold', ['2.root.json']),
    { code: 'threshold-not-met', role: 'root', expected: 2, found: 1 },
  ],
  "a server's failure": [
    status(500),
    { code: 'http-status', blame: 'transport', role: 'timestamp', expected: 200, found: 500 },
  ],
  'a missing timestamp': [status(404), { code: 'missing-file', role: 'timestamp' }],
  'an endless answer': [
    async (_, { server }, client) => {
      server.changes.set('/metadata/timestamp.json', (_, response) => {
        response.writeHead(200)
        const more = () =>
          response.destroyed || response.write(Buffer.alloc(65_536, ' '), () => setImmediate(more))
        more()
      })
      return client.refresh()
    },
    { code: 'limit-reached', blame: 'limit', expected: 16_384, role: 'timestamp' },
  ],
  'a connection that is cut': [
    async (_, { server }, client) => {
      server.changes.set('/metadata/timestamp.json', (_, response) => {
        response.writeHead(200, { 'content-length': '559' }).write('{')
        setTimeout(() => response.destroy(), 20)
      })
      return client.refresh()
    },
    { code: 'connection', blame: 'transport', role: 'timestamp' },
  ],
}
for (const [name, [work, expected]] of Object.entries(ATTACKS)) {
  test(`${name} is refused, with its code, and costs no trust`, async () => {
    const { Client, PicotufError, MemoryStore } = await load()
    const repository = await demoRepository()
    const store = new MemoryStore()
    const client = await Client.open({ ...repository.options, store })
    await client.refresh()
    const target = await client.target(WHEEL)
    const stored = await store.load('timestamp.json')
    const error = await refusal(work(Client, repository, client, target))
    assert.ok(error instanceof PicotufError && error instanceof Error, error)
    for (const [member, value] of Object.entries(expected))
      assert.deepEqual(error[member], value, `${member} of ${error}`)
    assert.match(error.message, new RegExp(`\\[${expected.code}\\]`))
    assert.equal(error.message.split('\n').length, 1)
    assert.equal(await store.load('timestamp.json'), stored)
    // What was verified before the failure is known, and nothing else is.
    assert.ok(
      client.trusted.every(({ role }) => client.metadata(role)) && !client.metadata('bin-9'),
    )
    repository.server.changes.clear()
    await client.refresh()
    assert.equal((await client.download(await client.target(WHEEL))).length, target.length)
  })
}

test('what a role may not speak for is not found, though it lists it', async () => {
  const { Client } = await load()
  const { options, server, file } = await demoRepository()
  for (const name of ['timestamp.json', '3.snapshot.json', '2.bin-0.json'])
    server.replace(`/metadata/${name}`, await file(`attacks/outside-paths/${name}`))
  const client = await Client.open(options)
  assert.equal(await client.target('iniconfig/iniconfig-99.0-py3-none-any.whl'), null)
})

test("what has expired is refused: the time is the caller's", async () => {
  const { Client } = await load()
  const { options } = await demoRepository()
  for (const now of [
    '2026-11-24T00:00:00Z',
    new Date('2026-11-24T00:00:00Z'),
    () => new Date('2026-11-24T00:00:00Z'),
  ]) {
    const client = await Client.open({ ...options, now })
    const error = await refusal(client.refresh())
    assert.deepEqual(
      [error.code, error.role, error.expected, error.found],
      ['expired', 'timestamp', '2026-11-23T00:00:00Z', '2026-11-24T00:00:00Z'],
    )
  }
  const client = await Client.open({ ...options, now: 'yesterday' })
  assert.equal((await refusal(client.refresh())).code, 'usage')
})

test('a stream gives its last chunk only once all is verified', async () => {
  const { Client } = await load()
  const { options, server, file } = await demoRepository()
  const client = await Client.open(options)
  const target = await client.target(WHEEL)
  const path = `/targets/iniconfig/${target.hashes['blake2b-256']}.iniconfig-2.3.1-py3-none-any.whl`
  const wheel = await file(path)
  const read = async () => {
    const parts = []
    let failure
    try {
      for await (const part of await client.download(target, { as: 'stream' })) parts.push(part)
    } catch (error) {
      failure = error
    }
    return [Buffer.concat(parts), failure]
  }
  assert.deepEqual(await read(), [wheel, undefined])
  const bad = Buffer.from(wheel)
  bad[0] ^= 1
  // In pieces, so that there is something before the last one.
  server.changes.set(path, (_, response) => {
    response.writeHead(200).write(bad.subarray(0, 3000))
    setTimeout(() => response.end(bad.subarray(3000)), 50)
  })
  const [bytes, error] = await read()
  assert.equal(error?.code, 'hash-mismatch')
  assert.ok(bytes.length < wheel.length, `${bytes.length} bytes came`)
  server.changes.set(path, (_, response) =>
    response.writeHead(200).end(Buffer.concat([wheel, wheel])),
  )
  assert.equal((await read())[1]?.code, 'length-mismatch')
  server.changes.set(path, (_, response) => response.writeHead(404).end())
  assert.equal((await refusal(client.download(target))).code, 'missing-target')
  assert.equal((await refusal(client.verify(target, wheel.subarray(1)))).code, 'length-mismatch')
})

test('an abort ends each operation with its own reason', async () => {
  const { Client } = await load()
  const { options, server, file } = await demoRepository()
  const reason = new Error('enough')
  assert.equal(
    await refusal(Client.open({ ...options, signal: AbortSignal.abort(reason) })),
    reason,
  )
  const client = await Client.open(options)
  const target = await client.target(WHEEL)
  const silent = (path) => server.changes.set(path, () => {})
  silent('/metadata/timestamp.json')
  const path = `/targets/iniconfig/${target.hashes['blake2b-256']}.iniconfig-2.3.1-py3-none-any.whl`
  const wheel = await file(path)
  for (const work of [
    (signal) => client.refresh({ signal }),
    (signal) => {
      silent(path)
      return client.download(target, { signal })
    },
    (signal) => {
      server.changes.set(path, (_, response) => response.writeHead(200).write(wheel.subarray(0, 9)))
      return client.download(target, { signal })
    },
    (signal) =>
      client.verify(target, new ReadableStream({ pull: () => new Promise(() => {}) }), { signal }),
  ]) {
    const controller = new AbortController()
    setTimeout(() => controller.abort(reason), 50)
    assert.equal(await refusal(work(controller.signal)), reason)
    assert.equal(await refusal(work(AbortSignal.abort(reason))), reason)
  }
  server.changes.clear()
  // One that waits for its turn need not wait any more.
  const [first, second] = [
    client.refresh(),
    refusal(client.refresh({ signal: AbortSignal.abort(reason) })),
  ]
  assert.equal(await second, reason)
  await first
})

test('operations take turns', async () => {
  const { Client } = await load()
  const { options, server } = await demoRepository()
  const client = await Client.open(options)
  const found = await Promise.all([
    client.refresh(),
    ...[WHEEL, 'no/such', WHEEL].map((path) => client.target(path)),
  ])
  assert.deepEqual(
    found.slice(1).map((target) => target?.path),
    [WHEEL, undefined, WHEEL],
  )
  assert.equal(server.requests.filter((path) => path === '/metadata/timestamp.json').length, 1)
})

test('limits hold, and an unknown one is no limit', async () => {
  const { Client } = await load()
  const { options } = await demoRepository()
  const error = await refusal(
    (await Client.open({ ...options, limits: { timestampLength: 100 } })).refresh(),
  )
  assert.deepEqual([error.code, error.blame, error.expected], ['limit-reached', 'limit', 100])
  assert.equal(error.text, 'more than 100 bytes in the file; `limits.timestampLength` raises it')
  // So do the others, by their names.
  for (const [limits, name] of [
    [{ rootLength: 100 }, 'rootLength'],
    [{ delegations: 1 }, 'delegations'],
  ]) {
    const client = Client.open({ ...options, limits }).then((client) => client.target(WHEEL))
    assert.ok((await refusal(client)).text.endsWith(`; \`limits.${name}\` raises it`), name)
  }
  assert.equal(
    (await refusal(Client.open({ ...options, limits: { timestampLenght: 100 } }))).code,
    'usage',
  )
  assert.equal(
    (await refusal(Client.open({ ...options, limits: { rootLength: 100 } }))).code,
    'limit-reached',
  )
  for (const limit of ['5 MB', 1.5, -1, NaN, 2 ** 60, null]) {
    assert.equal(
      (await refusal(Client.open({ ...options, limits: { rootLength: limit } }))).code,
      'usage',
      String(limit),
    )
  }
})

test('a wrong argument is said so, and harms no later call', async () => {
  const { Client } = await load()
  const { options } = await demoRepository()
  const client = await Client.open(options)
  for (const path of [undefined, null, 5, {}, [], new Uint8Array(3)]) {
    const error = await refusal(client.target(path))
    assert.deepEqual([error.code, error.blame], ['usage', 'caller'])
  }
  const target = await client.target(WHEEL)
  assert.equal(target.length, 7552)
  // A path is no file: nobody may take the answer to be about the file that is there.
  for (const file of [undefined, null, '/etc/hosts', 5, [1, 2], {}]) {
    const error = await refusal(client.verify(target, file))
    assert.deepEqual([error.code, error.blame], ['usage', 'caller'], String(file))
    if (file)
      assert.equal(
        (await refusal(Client.open({ ...options, root: file === '/etc/hosts' ? 7 : file }))).code,
        'usage',
      )
  }
  const bytes = await client.download(target)
  await client.verify(target, bytes.buffer)
  await client.verify(target, new DataView(bytes.buffer))
})

test('what is no root, or no repository, gets advice, and no attacker is blamed', async () => {
  const { Client } = await load()
  const { options, server } = await demoRepository()
  const advice = 'a root is given as the text or the bytes of its file, and not as a path or a URL'
  for (const root of ['./root.json', 'no', 'https://example.org/root.json', '<!doctype html>']) {
    const error = await refusal(Client.open({ ...options, root }))
    assert.equal(error.hint, advice)
    assert.ok(error.message.endsWith(` — ${advice}`), error.message)
    assert.equal(error.blame, 'caller')
  }
  const truncated = await refusal(Client.open({ ...options, root: '{' }))
  assert.deepEqual([truncated.code, truncated.blame], ['unexpected-end', 'repository'])
  assert.equal(truncated.hint, undefined)

  const client = await Client.open(options)
  const refreshed = async (status, body) => {
    server.changes.set('/metadata/timestamp.json', (_, response) =>
      response.writeHead(status).end(body),
    )
    return (await refusal(client.refresh())).hint
  }
  const question = 'is the URL of the metadata right?'
  assert.equal(await refreshed(404, 'Not Found'), question)
  assert.equal(await refreshed(403, ''), question)
  const page = '\n<!doctype html><title>Start</title>'
  assert.equal(await refreshed(200, page), `the server sent HTML or XML: ${question}`)
  assert.equal(await refreshed(200, 'no'), undefined)
  server.changes.clear()
  // Once something good came from there, the URL is right.
  await client.refresh()
  assert.equal(await refreshed(404, ''), undefined)
  assert.equal(await refreshed(200, '<html>'), 'the server sent HTML or XML')
  server.changes.clear()
  // What the timestamp led to is missing for another reason.
  server.changes.set('/metadata/2.snapshot.json', (_, response) => response.writeHead(404).end())
  const snapshot = await refusal((await Client.open(options)).refresh())
  assert.deepEqual([snapshot.text, snapshot.hint], ['snapshot metadata is missing', undefined])
})

test('an option of the wrong type is a usage error before anything is asked', async () => {
  const { Client, PackageIndex } = await load('picotuf/sigstore')
  const { options, server } = await demoRepository()
  for (const [wrong, text] of [
    [{ offline: 'yes' }, '`offline` is true or false'],
    [{ hashPrefix: 0 }, '`hashPrefix` is true or false'],
    [{ signal: {} }, '`signal` is an AbortSignal'],
  ]) {
    const error = await refusal(Client.open({ ...options, ...wrong }))
    assert.deepEqual([error.code, error.text], ['usage', text])
  }
  const client = await Client.open(options)
  const index = new PackageIndex({ url: server.url })
  for (const ask of [
    (wrong) => client.refresh(wrong),
    (wrong) => client.target(WHEEL, wrong),
    (wrong) => client.download({}, wrong),
    (wrong) => client.verify({}, new Uint8Array(), wrong),
    (wrong) => index.project('six', wrong),
    (wrong) => index.provenance({ name: 'six', url: server.url }, wrong),
  ]) {
    for (const wrong of [
      { signal: new AbortController() },
      { signal: { throwIfAborted() {} } },
      { signals: undefined },
      null,
    ]) {
      const error = await refusal(ask(wrong))
      assert.deepEqual([error.code, error.blame], ['usage', 'caller'], error.message)
    }
  }
  const progress = await refusal(client.refresh({ onProgress: 'yes' }))
  assert.deepEqual([progress.code, progress.text], ['usage', '`onProgress` is a function'])
  assert.deepEqual(server.requests, [])
})

test('what is no file, target, time or root is said so, and harms no later call', async () => {
  const { Client } = await load()
  const { options } = await demoRepository()
  const client = await Client.open(options)
  const target = await client.target(WHEEL)
  const bytes = await client.download(target)
  const chunk = (value) =>
    (async function* () {
      yield value
    })()
  for (const file of [chunk('text'), chunk(null), chunk(5)])
    assert.equal((await refusal(client.verify(target, file))).code, 'usage')
  const { length, ...without } = target
  for (const other of [
    null,
    {},
    without,
    { ...target, length: BigInt(length) },
    { ...target, length: -5 },
    { ...target, hashes: null },
  ]) {
    assert.equal((await refusal(client.verify(other, bytes))).code, 'usage')
    assert.equal((await refusal(client.download(other))).code, 'usage')
  }
  assert.equal((await refusal(client.target('\ud800'))).code, 'usage')
  assert.equal(
    (await refusal(client.download({ ...target, path: '../../up' }))).code,
    'unsafe-target-path',
  )
  for (const now of [false, [], 1_800_000_000])
    assert.equal((await refusal((await Client.open({ ...options, now })).refresh())).code, 'usage')
  assert.equal((await refusal(Client.open({ ...options, root: '' }))).code, 'unexpected-end')
  // Wider elements are the bytes that they are made of.
  await client.verify(target, chunk(new Uint16Array(bytes.buffer, 0, bytes.length / 2)))
  // What a caller changes meanwhile is not asked again.
  const changed = { ...target, hashes: { ...target.hashes } }
  const more = (async function* () {
    yield bytes
    changed.length = 1
    yield new Uint8Array(3)
  })()
  assert.equal((await refusal(client.verify(changed, more))).code, 'length-mismatch')
  assert.equal((await client.target(WHEEL)).length, length)
})

test('an abort and a cancel do not wait for those who are silent', async () => {
  const { Client } = await load()
  const { options } = await demoRepository()
  const silent = () => new Promise(() => {})
  const aborted = (work) => {
    const controller = new AbortController()
    const ended = assert.rejects(work(controller.signal), { message: 'enough' })
    controller.abort(new Error('enough'))
    return ended
  }
  let silenced = true
  const deaf = await Client.open({
    ...options,
    fetch: (url, init) => (silenced ? silent() : fetch(url, init)),
  })
  await aborted((signal) => deaf.refresh({ signal }))
  silenced = false
  // Nobody who comes later waits for it.
  assert.equal((await deaf.target(WHEEL)).length, 7552)
  const client = await Client.open({
    ...options,
    fetch: (url, init) =>
      url.includes('/targets/')
        ? new Response(new ReadableStream({ pull: silent }))
        : fetch(url, init),
  })
  const target = await client.target(WHEEL)
  await aborted((signal) =>
    client.verify(target, { [Symbol.asyncIterator]: () => ({ next: silent }) }, { signal }),
  )
  await aborted((signal) => client.download(target, { signal }))
  const stream = await client.download(target, { as: 'stream' })
  await stream.cancel()
})

test('clients that share a store take turns', async () => {
  const { Client, MemoryStore } = await load()
  const { options } = await demoRepository()
  const store = new MemoryStore()
  let release
  const held = new Promise((resolve) => (release = resolve))
  const order = []
  const slow = await Client.open({
    ...options,
    store,
    fetch: async (...request) => held.then(() => fetch(...request)),
  })
  const quick = await Client.open({ ...options, store })
  const both = [
    slow.refresh().then(() => order.push('slow')),
    quick.refresh().then(() => order.push('quick')),
  ]
  release()
  await Promise.all(both)
  assert.deepEqual(order, ['slow', 'quick'])
})

test('what waits for its turn ends with its signal, and what has the turn goes on', async () => {
  const { Client } = await load()
  const { options } = await demoRepository()
  let answer
  const held = new Promise((resolve) => (answer = resolve))
  const client = await Client.open({
    ...options,
    fetch: async (...request) => held.then(() => fetch(...request)),
  })
  const first = client.refresh()
  const controller = new AbortController()
  const waiting = client.target(WHEEL, { signal: controller.signal })
  controller.abort(new Error('enough'))
  await assert.rejects(waiting, { message: 'enough' })
  answer()
  assert.equal((await first).length, 4)
  assert.equal((await client.target(WHEEL)).length, 7552)
})

test('an error says no password', async () => {
  const { Client } = await load()
  const { options } = await demoRepository()
  const metadataUrl = options.metadataUrl.replace('://', '://me:secret@')
  const refused = await refusal(Client.open({ ...options, metadataUrl }))
  assert.equal(
    refused.message,
    "metadataUrl has a user's name or password, which the global `fetch` does not take: " +
      'send them as a header, by a `fetch` of your own [usage]',
  )
  // This one is the global one too, and repeats what it was asked.
  const own = (...request) => fetch(...request)
  const error = await refusal(
    (await Client.open({ ...options, metadataUrl, fetch: own })).refresh(),
  )
  assert.equal(error.code, 'connection')
  assert.ok(
    !`${error.message} ${error.text} ${error.url} ${inspect(error)}`.includes('secret'),
    inspect(error),
  )
  const wrong = await refusal(Client.open({ ...options, metadataUrl: 'http://me:secret@:x' }))
  assert.deepEqual([wrong.code, inspect(wrong).includes('secret')], ['usage', false])
})

test('offline, what is stored has to do, and is verified again', async () => {
  const { Client, MemoryStore } = await load()
  const { options, server } = await demoRepository()
  const store = new MemoryStore()
  const offline = () => Client.open({ store, now: options.now, offline: true })
  assert.equal((await refusal(offline())).code, 'not-initialized')
  await (await Client.open({ ...options, store })).target(WHEEL)
  const count = server.requests.length
  assert.equal((await (await offline()).target(WHEEL)).length, 7552)
  assert.equal(server.requests.length, count)
  const bytes = Buffer.from(await store.load('timestamp.json'))
  bytes[bytes.indexOf('"version": 2') + 11] ^= 1
  await store.save('timestamp.json', bytes)
  assert.equal((await refusal((await offline()).refresh())).code, 'threshold-not-met')
})

test('a store without its anchor, as a kill leaves it, takes the same root again', async () => {
  const { Client, MemoryStore } = await load()
  const { options } = await demoRepository()
  const store = new MemoryStore()
  const save = store.save.bind(store)
  store.save = async (name, ...rest) => {
    if (name === 'trust-anchor') throw new Error('killed')
    return save(name, ...rest)
  }
  await assert.rejects(Client.open({ ...options, store }))
  assert.equal(await store.load('trust-anchor'), undefined)
  store.save = save
  await Client.open({ ...options, store })
  assert.equal((await store.load('trust-anchor')).length, 64)
})

test('a client that begins where another has brought a newer root goes on with that', async () => {
  const { Client, MemoryStore, PicotufError } = await load()
  const { options } = await demoRepository()
  const store = new MemoryStore()
  await Client.open({ ...options, store })
  const [loaded, saved] = [store.load.bind(store), store.save.bind(store)]
  let looks = 0
  store.load = async (name) => (name === 'root.json' && looks++ === 0 ? undefined : loaded(name))
  store.save = async (name, ...rest) => {
    if (name === 'root.json') throw new PicotufError('concurrent-update', 'somebody was faster')
    return saved(name, ...rest)
  }
  await Client.open({ ...options, store })
  assert.equal(looks, 2)
})

test('a trust anchor is checked, kept, and not changed for an older one', async () => {
  const { Client, MemoryStore } = await load()
  const { options, file } = await demoRepository()
  const root = await file('root.json')
  const bad = Buffer.from(root)
  bad[bad.indexOf('"version": 1') + 11] ^= 3
  assert.equal((await refusal(Client.open({ ...options, root: bad }))).code, 'threshold-not-met')
  assert.equal((await refusal(Client.open({ ...options, root: '<html>' }))).code, 'invalid-json')
  const store = new MemoryStore()
  for (let count = 0; count < 2; count++) await Client.open({ ...options, store })
  await Client.open({ ...options, root: undefined, store })
  await Client.open({ ...options, root: root.toString(), store })
  await Client.open({ ...options, root: new Uint8Array(root).buffer, store })
  // The thief's root is version 2: as an anchor it would be newer. One of the same version is
  // another repository's.
  const other = Buffer.from(root.toString().replace('{', '{ '))
  const error = await refusal(Client.open({ ...options, root: other, store }))
  assert.deepEqual([error.code, error.blame], ['already-initialized', 'caller'])
  assert.deepEqual(Buffer.from(await store.load('root.json')), root)
})
