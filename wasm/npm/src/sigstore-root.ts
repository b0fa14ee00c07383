import type { BaseClient } from './client.js'
import { PicotufError, checkOptions } from './error.js'
import { below, parseBase } from './fetch.js'
import { MemoryStore } from './memory-store.js'
import { CLIENT_OPTIONS } from './options.js'
import type { Opened, SigstoreOptions } from './sigstore-types.js'
import type { BaseTrustedRoot } from './trusted-root.js'
import type { Store, Target } from './types.js'
import { ROOT, TARGET, URL as SIGSTORE } from './wasm/sigstore-root.js'

const OPTIONS = [
  ...CLIENT_OPTIONS.filter((name) => name !== 'metadataUrl' && name !== 'targetUrl'),
  'url',
  'source',
  'onProgress',
]

/** The file of the store that has the trusted root: no role's file has such a name. */
const KEPT = 'trusted-root'

/** What gets the trusted root from Sigstore's TUF repository, by a `Client` of the same module. */
export const sigstoreOpener = <Root extends typeof BaseTrustedRoot>(
  Client: typeof BaseClient,
  TrustedRoot: Root,
) =>
  async function openSigstore(options: SigstoreOptions = {}): Promise<Opened<Root['prototype']>> {
    checkOptions(options, OPTIONS)
    const { url = SIGSTORE, root = ROOT, source, onProgress, ...more } = options
    const { store = new MemoryStore(), signal, wasm } = options
    const base = parseBase(url, 'url', more.fetch)
    const targetUrl = below(base, 'targets')
    const client = await Client.open({ ...more, root, store, metadataUrl: base, targetUrl })
    const target = await client.target(TARGET, { source, signal, onProgress })
    if (!target) {
      const text = 'the repository lists no trusted root of Sigstore'
      throw new PicotufError('target-not-found', text, { blame: 'repository', target: TARGET })
    }
    const bytes = await kept(client, store, target, signal)
    const { trusted, unreachable } = client
    const read = await TrustedRoot.read(bytes, { wasm })
    return Object.freeze({ root: read, trusted, ...(unreachable && { unreachable }) })
  }

/** The bytes of the target: those that are stored, if they are still the ones that are signed. */
async function kept(
  client: BaseClient,
  store: Store,
  target: Target,
  signal: AbortSignal | undefined,
) {
  const stored = await store.load(KEPT)
  const holds = stored && client.verify(target, stored, { signal }).then(() => true)
  if (stored && (await holds?.catch(() => false))) return stored
  const bytes = await client.download(target, { signal })
  await store.save(KEPT, bytes, 0)
  return bytes
}
