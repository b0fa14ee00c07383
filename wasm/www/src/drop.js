import { $ } from './dom.js'

/** Calls `take` with each file that is dropped on the page, or chosen in its field `#file`. */
export function onFile(take) {
  $('file').addEventListener('change', ({ target }) => {
    if (target.files[0]) take(target.files[0])
    // The same file may be chosen again.
    target.value = ''
  })
  const carriesFile = ({ dataTransfer }) => dataTransfer?.types.includes('Files')
  document.addEventListener('dragover', (event) => {
    if (!carriesFile(event)) return
    event.preventDefault()
    document.body.classList.add('dragging')
  })
  document.addEventListener(
    'dragleave',
    ({ relatedTarget }) => relatedTarget || document.body.classList.remove('dragging'),
  )
  document.addEventListener('drop', (event) => {
    if (!carriesFile(event)) return
    event.preventDefault()
    document.body.classList.remove('dragging')
    const [file] = event.dataTransfer.files
    if (file) take(file)
  })
}
