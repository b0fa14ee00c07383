import { h } from './dom.js'

/** A button that copies a text; nothing where the browser lets no page do that. */
export function copyButton(text, what, label = 'Copy') {
  if (!navigator.clipboard) return undefined
  const button = h(
    'button',
    {
      type: 'button',
      class: 'copy',
      'aria-label': `${label} ${what}`,
      async click() {
        await navigator.clipboard.writeText(typeof text === 'function' ? text() : text)
        button.textContent = 'Copied'
        setTimeout(() => (button.textContent = label), 2000)
      },
    },
    label,
  )
  return button
}
