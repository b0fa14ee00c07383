// Keys of ML-DSA: the page fetches the module for them when it meets one.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { mlDsaKey } from '../npm/ml-dsa.mjs'
import { dist, repository, settled, site, use, visitor } from './support.mjs'
import { entry } from './repository.mjs'

const MODULE = '/wasm/ml-dsa_bg.wasm'
const entries = { 'a/a-1.whl': entry(Buffer.from('a')) }

test('the module for ML-DSA is fetched by who meets such a key, and kept for later', async () => {
  const page = await site(dist)
  const fetched = () => page.requests.filter((path) => path === MODULE).length
  const guest = await visitor()
  const tab = await guest.open(`${page.url}/tuf.html`)
  await settled(tab, 'verified')
  // What the page keeps for the time without a network is there, and this is not.
  await tab.evaluate(() =>
    navigator.serviceWorker.ready.then(
      ({ active }) =>
        active.state === 'activated' ||
        new Promise((resolve) => active.addEventListener('statechange', resolve)),
    ),
  )
  const plain = await repository({ entries })
  await use(tab, plain.url, plain.root)
  await settled(tab, 'verified')
  assert.equal(fetched(), 0)
  const key = mlDsaKey('timestamp')
  const quantum = await repository({ entries, others: { timestamp: key } })
  await use(tab, quantum.url, quantum.root)
  await settled(tab, 'verified')
  assert.equal(fetched(), 1)
  await tab.goto(`${page.url}/tuf.html#/file/a%2Fa-1.whl`)
  await tab.locator('.chain [data-role=timestamp]').waitFor()
  const step = await tab.locator('.chain [data-role=timestamp]').textContent()
  assert.match(step, /1 of 1 key signed, 1 needed/)
  await page.stop()
  await quantum.server.stop()
  await tab.goto('about:blank')
  await tab.goto(`${page.url}/tuf.html`)
  await settled(tab, 'offline')
  await guest.leave()
})
