import { MemoryStore, openClient } from './client.js'
import { parse } from './catalogue.js'
import { h } from './dom.js'
import { accepted, refusal } from './refusal.js'
import { moment, signatures } from './words.js'

/**
 * Each attack starts a new client on a store of its own, so that nothing of what the page keeps is
 * touched. `prepare` gives `{ serve, now, said }`: a function that may answer in the repository's
 * place, by file name, and another time.
 */
const ATTACKS = [
  {
    id: 'flip',
    title: 'A byte is flipped',
    who: 'Somebody between you and the server changes one character of the timestamp.',
    async prepare(world) {
      const { url, bytes } = await world.served('timestamp')
      const changed = bytes.slice()
      // The last digit of what is signed: it stays JSON that can be read.
      const at = changed.findLastIndex((byte) => byte >= 0x30 && byte <= 0x39)
      // Never 0, which no version may be.
      changed[at] = 0x31 + ((changed[at] - 0x30) % 9)
      return {
        answers: { [new URL(url).pathname]: changed },
        said:
          `Byte ${at} of ${bytes.length} was “${String.fromCharCode(bytes[at])}” and is ` +
          `“${String.fromCharCode(changed[at])}”.`,
      }
    },
  },
  {
    id: 'rollback',
    title: 'An old state is served',
    who:
      'Somebody has kept older files, all rightly signed, and serves them again to hide an ' +
      'update.',
    async prepare(world) {
      if (world.settings.demo) {
        const { url, role } = await world.served('timestamp')
        const old = await world.read('demo/attacks/rollback/timestamp.json')
        return {
          answers: { [new URL(url).pathname]: old },
          said:
            `Version ${parse(old).signed.version} of the timestamp is served after version ` +
            `${role.version} was seen. Its signature is valid, and it has not expired.`,
        }
      }
      const { url, role } = await world.served('snapshot')
      const older = url.replace(
        /\/(\d+)\.snapshot\.json/,
        (_, version) => `/${version - 1}.snapshot.json`,
      )
      if (older === url || role.version < 2)
        throw new Unavailable('This repository keeps no older files that could be served again.')
      const old = await world.read(older).catch(() => {
        throw new Unavailable('This repository keeps no older snapshot that could be served again.')
      })
      return {
        fresh: true,
        answers: { [new URL(url).pathname]: old },
        said:
          `Version ${parse(old).signed.version} of the snapshot is served in the place of ` +
          `version ${role.version}.`,
      }
    },
  },
  {
    id: 'freeze',
    title: 'Time stands still',
    who: 'Somebody goes on serving what was right today, so that you never hear of a fix.',
    async prepare(world) {
      const { role } = await world.served('timestamp')
      const now = new Date(Date.parse(role.expires) + 86_400_000)
      return {
        now,
        said:
          `All bytes are as they were signed. It is ${moment(now)} now, a day after the ` +
          'timestamp expired.',
      }
    },
  },
  {
    id: 'signature',
    title: 'A signature is dropped',
    who: 'Somebody has stolen some of the keys, and not enough of them.',
    async prepare(world) {
      const { role, bytes: changed } = await world.client.call('withoutSignature')
      const { url, role: name } = role
      return {
        fresh: true,
        answers: { [new URL(url).pathname]: changed },
        said: `“${name}” was signed well: ${signatures(role)}. One signature too few is left.`,
      }
    },
  },
]

class Unavailable extends Error {}

/** The panel. */
export function whatIf(repository) {
  return h(
    'div',
    { class: 'attacks' },
    ATTACKS.map((attack) => card(repository, attack)),
  )
}

function card(repository, attack) {
  const result = h('div', { class: 'result', 'aria-live': 'polite' })
  const button = h(
    'button',
    {
      type: 'button',
      class: 'primary',
      'aria-describedby': `attack-${attack.id}`,
      async click() {
        button.disabled = true
        result.replaceChildren(h('p', { class: 'hint' }, 'Playing it …'))
        result.replaceChildren(
          ...(await play(repository, attack).catch((error) => [
            error instanceof Unavailable
              ? h('p', { class: 'hint' }, error.message)
              : refusal(error, 'It could not be played'),
          ])),
        )
        button.disabled = false
      },
    },
    'Try it',
  )
  return h(
    'section',
    { class: 'attack', 'data-attack': attack.id, 'aria-labelledby': `attack-${attack.id}` },
    h(
      'div',
      { class: 'attack-head' },
      h('div', {}, h('h2', { id: `attack-${attack.id}` }, attack.title), h('p', {}, attack.who)),
      button,
    ),
    result,
  )
}

async function play(repository, attack) {
  const world = await genuine(repository)
  const { fresh, answers = {}, now, said } = await attack.prepare(world)
  const fetch = (url, init) => {
    const bytes = answers[new URL(url).pathname]
    return bytes ? Promise.resolve(new Response(bytes)) : globalThis.fetch(url, init)
  }
  const store = fresh ? new MemoryStore() : world.store
  const options = { ...world.options, store, fetch, now: now ?? repository.now() }
  const client = await openClient(options)
  const before = accepted('As it is served: accepted')
  try {
    await client.refresh()
  } catch (error) {
    return [before, h('p', { class: 'said' }, said), refusal(error, 'Tampered with: refused')]
  }
  return [
    before,
    h('p', { class: 'said' }, said),
    h('p', { class: 'verdict bad' }, 'It was not refused. Please report this.'),
  ]
}

/** A client that has seen the repository as it is, on a store that nobody else has. */
async function genuine({ settings, root, fixed }) {
  const store = new MemoryStore()
  const options = { root, metadataUrl: settings.metadataUrl, now: fixed ?? new Date() }
  const client = await openClient({ ...options, store })
  await client.refresh()
  return {
    settings,
    store,
    options,
    client,
    async served(name) {
      const role = client.trusted.find(({ role }) => role === name)
      return { role, url: role.url, bytes: await client.metadata(name) }
    },
    async read(url) {
      const response = await fetch(url)
      if (!response.ok) throw new Error(`${url} is not there`)
      return new Uint8Array(await response.arrayBuffer())
    },
  }
}
