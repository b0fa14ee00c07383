// Keeps the page for the time without a network. What it verifies is kept in IndexedDB, and never
// here. The build puts in the names of the files, and a version that changes with their content.

const CACHE = `picotuf-page-${'VERSION'}`
const FILES = ['FILES']
// What few visitors need: it is kept once it was asked for.
const SELDOM = ['SELDOM']
const SCOPE = self.registration.scope

self.addEventListener('install', (event) => {
  const requests = FILES.map((name) => new Request(new URL(name, SCOPE), { cache: 'reload' }))
  event.waitUntil(
    caches
      .open(CACHE)
      .then((cache) => cache.addAll(requests))
      .then(() => self.skipWaiting()),
  )
})

self.addEventListener('activate', (event) => {
  const clean = async () => {
    for (const name of await caches.keys())
      if (name.startsWith('picotuf-page-') && name !== CACHE) await caches.delete(name)
    await self.clients.claim()
  }
  event.waitUntil(clean())
})

self.addEventListener('fetch', (event) => {
  const { request } = event
  const url = new URL(request.url)
  if (request.method !== 'GET' || !url.href.startsWith(SCOPE)) return
  const name =
    decodeURIComponent(url.href.slice(SCOPE.length).replace(/[?#].*/, '')) || 'index.html'
  const seldom = SELDOM.includes(name)
  if (!seldom && !FILES.includes(name)) {
    // The demo is a part of the page: what it has not is nowhere else.
    if (name.startsWith('demo/')) event.respondWith(new Response(null, { status: 404 }))
    return
  }
  const kept = async () => {
    const cache = await caches.open(CACHE)
    const found = await cache.match(new URL(name, SCOPE))
    if (found) return found
    const response = await fetch(request)
    if (seldom && response.ok) await cache.put(new URL(name, SCOPE), response.clone())
    return response
  }
  event.respondWith(kept())
})
