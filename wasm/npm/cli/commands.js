import { open, rm, stat } from 'node:fs/promises'
import { createReadStream } from 'node:fs'
import { join } from 'node:path'
import { Client, FolderStore, MemoryStore } from '../index.node.js'
import { PicotufError, refused, usage } from '../lib/error.js'
import { io, replace, sweep } from '../lib/folder-store.js'
import { readAnchor } from './anchor.js'
import { fieldsOf } from './custom.js'
import { place } from './report.js'
import { inSession, offline, online } from './repository.js'
import { FILE_NAME, need, readRemembered, toRemember } from './settings.js'
import { show } from './show.js'
import { localPath, makeFolders } from './target-path.js'

const LISTED_MAX = 6

export const COMMANDS = { init, refresh, download, verify, show }

/** Takes a root as the trust anchor; no network. */
async function init(context) {
  const { args, settings } = context
  if (settings.anchor) {
    const hint = 'leave out --root and PICOTUF_ROOT here; or leave out `init`, which commands with --root do not need'
    throw Object.assign(usage('`init` takes the root as its argument, and no --root'), { file: settings.anchor.path, hint })
  }
  await take(await readAnchor(args.words[0]), args, context)
}

/** What `--root` asks for: a folder in which nothing is trusted yet takes it, and any other must have begun with it. */
export async function adopt(context) {
  const { anchor, metadataDir, remembered } = context.settings
  const isTrusted = await new FolderStore(metadataDir).load('root.json') !== undefined
  if (isTrusted && remembered.trust_anchor === anchor.sha256) return
  const own = { force: false, choices: {} }
  await take(anchor, own, context).catch((error) => {
    if (error.code === 'concurrent-update') return take(anchor, own, context)
    const hint = 'leave --metadata-dir out, and each root that --root names has a folder of its own'
    throw error.code === 'already-initialized' ? Object.assign(error, { hint }) : error
  })
}

async function take({ path: root, bytes, sha256: anchor }, { force, choices }, { settings, report }) {
  const { metadataDir } = settings
  const client = await Client.open({ root: bytes, store: new MemoryStore(), limits: settings.limits, offline: true, now: new Date(0) })
    .catch((error) => {
      throw refused(error, { role: 'root', file: root })
    })
  await client.refresh().catch(() => {})
  const [role] = client.trusted
  const store = new FolderStore(metadataDir)
  const stored = await store.load('root.json')
  // After the root: another process may just have taken the same one, and gone on to a newer.
  const remembered = await readRemembered(metadataDir)
  const { trust_anchor: known } = remembered
  // What must not be remembered shows before anything changes.
  const text = toRemember(choices, remembered, anchor)
  const isKnown = stored !== undefined && (known === anchor || Buffer.from(stored).equals(bytes))
  if (isKnown) {
    report.say(`${metadataDir} trusts this root already; nothing is thrown away`)
  } else {
    if (stored) await throwAway({ force, root, store, report })
    // Whoever is stopped in between leaves no root beside another one's anchor.
    if (known !== undefined && known !== anchor) await store.delete('trust-anchor')
    await store.save('root.json', bytes, stored ? Infinity : role.version)
    report.say(`${metadataDir} now trusts ${root}`)
  }
  // After the root: its hash must not be there before it is.
  await replace(join(metadataDir, FILE_NAME), (file) => file.writeFile(text))
  // A newer root may be trusted by now, so one that was known is no news.
  report.keepRoles([{ ...role, file: root, fetched: !isKnown }], isKnown)
}

/** Removes everything that was trusted by another root; the root itself last, when the new one takes its place. */
async function throwAway({ force, root, store, report }) {
  const names = await store.names()
  const more = names.length > LISTED_MAX ? ` and ${names.length - LISTED_MAX} more` : ''
  const listed = names.slice(0, LISTED_MAX).join(', ') + more
  if (!force) {
    throw new PicotufError('already-initialized', 'another root is trusted here', {
      blame: 'caller', exitCode: 2, file: store.folder,
      hint: `choose another --metadata-dir, or use --force to trust ${root} and throw away ${listed}`,
    })
  }
  for (const name of names.filter((name) => name !== 'root.json')) {
    const path = store.path(name)
    await rm(path).catch((error) => {
      throw io('delete what the other root made trusted', path, error)
    })
  }
  report.say(`thrown away: ${listed}`)
  report.details.thrown_away = names
}

async function refresh(context) {
  const repository = await online(context)
  await inSession(repository, ({ client }) => reported(client, context, () => client.refresh()))
}

async function download(context) {
  const { settings } = context
  if (settings.targetNames.length === 0) throw usage('download needs --target-name PATH, once for each target')
  need(settings.targetBaseUrls, '--target-base-url URL')
  const repository = await online(context)
  // A session that begins again goes on with the target that it failed at.
  const left = [...settings.targetNames]
  await inSession(repository, async ({ client }) => {
    await reported(client, context, () => client.refresh())
    for (; left.length > 0; left.shift()) await downloadOne(left[0], repository, context)
  })
}

async function downloadOne(path, { client, downloaders }, context) {
  const { settings, report, log } = context
  const target = await find(client, context, path)
  const local = await localPath(settings.targetDir, path)
  if (await isHere(client, target, local)) {
    log.line(`${local} is right already`)
    report.target(targetReport(target, local), 'unchanged')
    return
  }
  await makeFolders(settings.targetDir, path)
  await sweep(join(local, '..'))
  const url = await downloaders.mirrors.ask(async (base) => {
    const stream = await downloaders.clients.get(base).download(target, { as: 'stream' })
    // All of each chunk: a single write to a disk that is nearly full may take a part of it, and say nothing.
    await replace(local, (file) => file.writeFile(stream))
    return stream.url
  })
  report.target(targetReport(target, local, place(url)), 'written to')
}

async function verify(context) {
  const { args, settings, report } = context
  const [file] = args.words
  if (settings.targetNames.length !== 1) throw usage('verify needs exactly one --target-name PATH: the file\'s path in the repository')
  // Before the network: a name that is wrong should be told at once.
  const handle = await open(file).catch((error) => {
    throw io('open the file', file, error)
  })
  try {
    const repository = args.offline ? await offline(context) : await online(context)
    const { client } = repository
    try {
      const target = await inSession(repository, async () => {
        await reported(client, context, () => client.refresh())
        return find(client, context, settings.targetNames[0])
      })
      await client.verify(target, handle.createReadStream({ autoClose: false })).catch((error) => {
        const hint = 'the file is not the one that the repository publishes: do not use it'
        throw error.blame === 'repository' ? refused(error, { file, hint }) : error
      })
      report.target(targetReport(target, file), 'verified')
    } catch (error) {
      const stale = args.offline && ['missing-file', 'expired', 'role-not-in-snapshot'].includes(error.code)
      throw stale ? refused(error, { hint: 'run `picotuf refresh`, or verify without --offline' }) : error
    }
  } finally {
    await handle.close()
  }
}

/** Reports what is trusted, also when it fails. */
async function reported(client, { report, log }, work) {
  const known = new Set(client.trusted)
  try {
    return await work()
  } finally {
    for (const role of client.trusted.filter((role) => !known.has(role))) {
      const signers = role.signers.map((keyid) => keyid.slice(0, 8)).join(', ')
      log.line(`trusted: ${role.role} version ${role.version}, signed by ${signers}`)
    }
    report.keepRoles(client.trusted)
  }
}

async function find(client, context, path) {
  const target = await reported(client, context, () => client.target(path))
  if (target) return target
  throw new PicotufError('target-not-found', 'no role that may speak for this target lists it', { blame: 'repository', target: path })
}

/** Whether the target is at its place already. */
async function isHere(client, target, local) {
  // What is in the way shows when the target is written.
  const found = await stat(local).catch(() => undefined)
  if (found?.isDirectory()) {
    throw new PicotufError('unsafe-target-path', 'a folder stands where the target belongs', { blame: 'repository', file: local })
  }
  if (!found?.isFile() || found.size !== target.length) return false
  return client.verify(target, createReadStream(local)).then(() => true, () => false)
}

function targetReport({ path, length, hashes, custom, delegationPath }, file, url) {
  return { path, length, hashes, custom, fields: fieldsOf(custom), delegation_path: delegationPath, file, url }
}
