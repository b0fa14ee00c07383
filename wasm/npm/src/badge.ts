import type { Report } from './attest-types.js'
import { PicotufError, isAbort, reasonOf, usage } from './error.js'
import { IndexedDBStore, PackageIndex, type TrustedRoot, openSigstore } from './sigstore.js'

/** What an element shows: the words, and where they lead. */
interface Said {
  state: 'asking' | 'attested' | 'not-attested' | 'refused' | 'unasked'
  text: string
  title?: string
  link?: string | undefined
}

const STYLE = `
:host { display: inline-block; font: inherit; font-size: 0.875em; line-height: 1.4 }
:host([hidden]) { display: none }
span { border: 1px solid currentColor; border-radius: 0.4em; padding: 0.1em 0.5em;
  overflow-wrap: anywhere }
[data-state=asking], [data-state=unasked] { border-style: dashed }
[data-state=refused] { border-width: 2px; font-weight: bold }
a { color: inherit }
`

/** One trusted root for all elements that name the same repository. */
const roots = new Map<string, Promise<TrustedRoot>>()

function trustedRoot(url: string | null, root: string | null): Promise<TrustedRoot> {
  const key = JSON.stringify([url, root])
  const open = async () => {
    const given = root === null ? undefined : await rootAt(root)
    const opened = await openSigstore({
      // What one root leads to is no store for another.
      store: new IndexedDBStore(`picotuf sigstore ${url ?? ''} ${root ?? ''}`.trim()),
      source: 'repository-or-store',
      ...(url !== null && { url }),
      ...(given && { root: given }),
    })
    return opened.root
  }
  const opened = roots.get(key) ?? open()
  roots.set(key, opened)
  // The next element may have more luck.
  opened.catch(() => roots.delete(key))
  return opened
}

async function rootAt(url: string): Promise<ArrayBuffer> {
  const answer = await fetch(url)
  if (answer.ok) return answer.arrayBuffer()
  const text = `the server answers ${answer.status} for \`sigstore-root\``
  throw new PicotufError('http-status', text, { blame: 'caller', url: answer.url })
}

/** One page of the index for all files of a project. */
const pages = new Map<string, ReturnType<PackageIndex['project']>>()

function page(index: PackageIndex, url: string, project: string) {
  const key = JSON.stringify([url, project])
  const asked = pages.get(key) ?? index.project(project)
  pages.set(key, asked)
  asked.catch(() => pages.delete(key))
  return asked
}

const BaseElement = globalThis.HTMLElement ?? class {}

/**
 * `<picotuf-badge project="…" file="…">`: says who attested a file of PyPI. The attestation is
 * verified in the page, from the root of Sigstore's TUF repository on.
 *
 * `index` names another simple index than PyPI's; `sigstore` and `sigstore-root`, another TUF
 * repository than Sigstore's, and the URL of its root. `publisher` says who must have attested it.
 * `state` is what came of it, as in the event `picotuf-badge`, and a part to style:
 * `picotuf-badge::part(refused) { color: firebrick }`; `part(text)` is each of them.
 */
export class PicotufBadge extends BaseElement {
  static readonly observedAttributes = [
    'project',
    'file',
    'index',
    'publisher',
    'sigstore',
    'sigstore-root',
  ]
  /** What came of the last check. */
  state: Said['state'] = 'asking'
  /** All of what was verified. */
  report: Report | undefined
  #round = 0
  #place: HTMLElement | undefined

  connectedCallback(): void {
    if (!this.#place) {
      const shadow = this.attachShadow({ mode: 'open' })
      const sheet = new CSSStyleSheet()
      sheet.replaceSync(STYLE)
      shadow.adoptedStyleSheets = [sheet]
      this.#place = document.createElement('span')
      this.#place.setAttribute('role', 'status')
      shadow.append(this.#place)
    }
    void this.#check()
  }

  attributeChangedCallback(): void {
    if (this.#place && this.isConnected) void this.#check()
  }

  async #check() {
    const round = ++this.#round
    this.report = undefined
    this.#show({ state: 'asking', text: 'attestation: asking …' })
    const said = await this.#ask().catch((thrown) => unasked(thrown))
    // Its attributes have changed meanwhile.
    if (round === this.#round) this.#show(said)
  }

  async #ask(): Promise<Said> {
    const [project, name] = [this.getAttribute('project'), this.getAttribute('file')]
    if (!project) throw usage('the attribute `project` is missing')
    if (!name) throw usage('the attribute `file` is missing')
    const url = this.getAttribute('index')
    const index = new PackageIndex(url === null ? {} : { url })
    const [root, listed] = await Promise.all([
      trustedRoot(this.getAttribute('sigstore'), this.getAttribute('sigstore-root')),
      page(index, url ?? '', project),
    ])
    const file = listed?.files.find((file) => file.name === name)
    if (!file) return { state: 'unasked', text: `the index does not list ${name}` }
    const provenance = await index.provenance(file)
    if (!provenance) return { state: 'not-attested', text: 'not attested' }
    const publisher = this.getAttribute('publisher') ?? undefined
    const report = root.check({ name, sha256: file.sha256 ?? '', provenance, publisher })
    this.report = report
    if (report.publisher) {
      const { spec, claims } = report.publisher
      const its = report.attestations.find(({ signer }) => signer?.spec === spec)
      const time = its?.times?.[0]
      return {
        state: 'attested',
        text: `attested by ${spec}`,
        title: time ? `signed and logged ${time}` : '',
        link: webLink(claims.run ?? claims.sourceRepository),
      }
    }
    if (report.countsForNothing) {
      return { state: 'not-attested', text: 'not attested', title: report.error?.message ?? '' }
    }
    const { code, message } = report.error as PicotufError
    return { state: 'refused', text: `attestation refused: ${code}`, title: message }
  }

  #show({ state, text, title = '', link }: Said) {
    const place = this.#place as HTMLElement
    this.state = state
    place.dataset.state = state
    place.setAttribute('part', `text ${state}`)
    place.title = title
    if (link) {
      const anchor = document.createElement('a')
      anchor.href = link
      anchor.textContent = text
      place.replaceChildren(anchor)
    } else {
      place.textContent = text
    }
    this.dispatchEvent(new CustomEvent('picotuf-badge', { detail: { state, text }, bubbles: true }))
  }
}

/** A link into the web of GitHub and GitLab, and to nowhere else. */
const webLink = (url: string | undefined) =>
  url && /^https:\/\/(github|gitlab)\.com\//.test(url) ? url : undefined

/** What is said where no attestation was judged, which says nothing of the file. */
function unasked(thrown: unknown): Said {
  const error = thrown as Partial<PicotufError>
  // Without a code it is what `fetch` throws.
  const isUnanswered = error.blame === 'transport' || isAbort(thrown) || thrown instanceof TypeError
  const what = isUnanswered ? 'could not be asked' : 'not checked'
  return { state: 'unasked', text: `attestation: ${what}`, title: reasonOf(thrown) }
}

declare global {
  interface HTMLElementTagNameMap {
    'picotuf-badge': PicotufBadge
  }
  interface HTMLElementEventMap {
    /** What came of the check of a `<picotuf-badge>`. */
    'picotuf-badge': CustomEvent<{ state: PicotufBadge['state']; text: string }>
  }
}

if (globalThis.customElements && !customElements.get('picotuf-badge')) {
  customElements.define('picotuf-badge', PicotufBadge)
}
