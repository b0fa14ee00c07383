import { stat } from 'node:fs/promises'
import { Client, FolderStore } from '../index.node.js'
import { PicotufError } from '../lib/error.js'
import { io } from '../lib/folder-store.js'
import { Mirrors } from './mirrors.js'
import { relative } from './report.js'
import { need } from './settings.js'
import { transport } from './transport.js'

/** A client of the repository, in the folder; and of each mirror of the targets one that downloads. */
export async function online({ settings, seconds, log }) {
  const { metadataDir, limits, hashPrefix, network, targetBaseUrls } = settings
  const store = new FolderStore(metadataDir)
  await mustBeInitialized(store)
  const urls = need(settings.metadataUrls, '--metadata-url URL')
  const fetch = transport(network, [...urls, ...targetBaseUrls], log)
  const mirrors = new Mirrors(urls, log)
  const client = await Client.open({ metadataUrl: urls[0], mirrors, store, limits, fetch, now: new Date(seconds * 1000) })
  const clients = new Map()
  for (const targetUrl of targetBaseUrls) clients.set(targetUrl, await Client.open({ targetUrl, store, hashPrefix, fetch }))
  return { client, mirrors, downloaders: { clients, mirrors: new Mirrors(targetBaseUrls, log) } }
}

/** Does the work in a session; where its mirrors did not suffice, once more in a session that begins with another of them. */
export async function inSession(repository, work) {
  for (;;) {
    try {
      return await work(repository)
    } catch (error) {
      if (!repository.mirrors?.beginAgain()) throw error
    }
  }
}

/** A client of what is stored. */
export async function offline({ settings, seconds, report }) {
  const store = new FolderStore(settings.metadataDir)
  await mustBeInitialized(store)
  const stored = await stat(store.path('timestamp.json')).then(({ mtimeMs }) => Math.floor(mtimeMs / 1000), () => undefined)
  if (stored !== undefined) {
    const time = new Date(stored * 1000).toISOString().replace('.000', '')
    const age = seconds < stored ? 'after the time given by --at' : relative(stored, seconds)
    report.say(`offline: the stored metadata came in ${age} (${time})`)
    Object.assign(report.details, { stored_at: time, stored_age_seconds: seconds - stored })
  }
  return { client: await Client.open({ store, limits: settings.limits, now: new Date(seconds * 1000), offline: true }) }
}

export async function mustBeInitialized(store) {
  const path = store.path('root.json')
  await stat(path).catch((error) => {
    if (error.code !== 'ENOENT') throw io('look for the trusted root', path, error)
    throw new PicotufError('not-initialized', 'there is no trusted root yet', {
      blame: 'caller', file: path,
      hint: "get the repository's root metadata by a way that you trust, and run `picotuf init ROOT`, or give it as --root",
    })
  })
}
