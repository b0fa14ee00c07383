/**
 * Has a service worker keep the page for the time without a network. It fetches all files once
 * more, so it begins when the page is ready.
 */
export function keepPage() {
  if ('serviceWorker' in navigator) navigator.serviceWorker.register('sw.js').catch(() => {})
}
