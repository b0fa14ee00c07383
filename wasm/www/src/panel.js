import { PicotufError } from './client.js'
import { $, h } from './dom.js'
import { DEMO, chosen, forget, isWeb, lately } from './repository.js'
import { meaning } from './words.js'

/**
 * The dialog that says which repository is looked at. `current()` is the one that is, and
 * `start(settings, root)` goes to another. Gives what opens it for a repository.
 */
export function repositoryPanel({ current, start }) {
  const dialog = $('repository')
  /** The repository of which something is kept, and can be forgotten. */
  let kept
  const say = ({ problem = [], note = [] }) => {
    $('repository-problem').replaceChildren(...[problem].flat())
    $('repository-note').replaceChildren(...[note].flat())
  }
  const offerToForget = (settings) => {
    kept = settings
    $('kept').hidden = !settings
    if (settings) $('kept-name').textContent = nameOf(settings)
  }
  const chosenRoot = async () => {
    const [file] = $('root-file').files
    return file && new Uint8Array(await file.arrayBuffer())
  }
  /** Does what may be refused: then that is said, and the dialog stays. */
  const attempt = async (settings, work) => {
    say({})
    try {
      await work()
    } catch (error) {
      if (!(error instanceof PicotufError)) throw error
      say({ problem: [`${meaning(error)} `, h('code', {}, error.code)] })
      if (error.code !== 'already-initialized') return
      offerToForget(settings)
      $('kept').scrollIntoView({ block: 'nearest' })
    }
  }
  const use = (settings, root) =>
    attempt(settings, async () => {
      await start(settings, root)
      location.hash = '#/'
      dialog.close()
    })

  const open = (settings) => {
    $('metadata-url').value = settings.demo ? '' : settings.metadataUrl
    $('target-url').value = settings.demo ? '' : (settings.targetUrl ?? '')
    // That of one repository must not be taken for another's.
    $('root-file').value = ''
    say({})
    // The demo has nothing to lose, and looks after itself.
    offerToForget(settings.demo && current()?.usable ? undefined : current()?.settings)
    $('lately-list').replaceChildren(...lately().map((one) => pick(one)))
    $('lately').hidden = lately().length === 0
    dialog.showModal()
  }
  const pick = (settings) =>
    h(
      'li',
      {},
      h(
        'button',
        { type: 'button', class: 'pick', click: () => use(settings) },
        settings.metadataUrl,
      ),
    )
  $('repository-button').addEventListener('click', () => open(current()?.settings ?? chosen()))
  $('use-demo').addEventListener('click', () => use(DEMO))
  $('repository-form').addEventListener('submit', async (event) => {
    event.preventDefault()
    const [metadataUrl, targetUrl] = ['metadata-url', 'target-url'].map((id) => $(id).value.trim())
    if (!isWeb(metadataUrl))
      return say({ problem: 'The metadata URL has to begin with https:// or http://.' })
    if (targetUrl && !isWeb(targetUrl))
      return say({ problem: 'The target URL has to begin with https:// or http://.' })
    await use({ name: new URL(metadataUrl).host, metadataUrl, targetUrl }, await chosenRoot())
  })
  $('forget').addEventListener('click', async () => {
    const settings = kept
    if (!(await confirmed(settings))) return
    await attempt(settings, async () => {
      const root = settings.demo ? undefined : await chosenRoot()
      // Another tab may be amid an update.
      say({ note: 'Forgetting …' })
      await forget(settings, root)
      if (root || settings.demo) return use(settings, root)
      // Without a root there is nothing to begin with.
      await start(DEMO)
      offerToForget(undefined)
      say({ note: 'It is forgotten. To look at that repository again, give its root file.' })
      $('root-file').focus()
    })
  })
  return open
}

/** Whether somebody who has read what is lost wants it all the same. */
function confirmed(settings) {
  const dialog = $('forgetting')
  $('forgetting-name').textContent = nameOf(settings)
  dialog.returnValue = ''
  dialog.showModal()
  $('keep').focus()
  $('keep').onclick = () => dialog.close()
  $('forget-it').onclick = () => dialog.close('forget')
  return new Promise((resolve) =>
    dialog.addEventListener('close', () => resolve(dialog.returnValue === 'forget'), {
      once: true,
    }),
  )
}

const nameOf = ({ demo, metadataUrl }) => (demo ? 'The demo' : metadataUrl)
