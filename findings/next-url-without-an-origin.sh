#!/usr/bin/env bash
# Next.js 16.4.6: in a client component, `new URL('./file', import.meta.url)` is an instance of URL, and
# `new URL` of it raises "Invalid URL".
#
# The expression is the usual way to the address of a file beside a module, and webpack by itself, like
# Vite, makes an absolute URL of it. In Next.js, both Turbopack, the default of `next build` since 16,
# and webpack, which is set up so (`parser.javascript.url: 'relative'`), make an object with URL's
# prototype whose `href` is a path and whose `origin` is empty: `fetch` takes it, as it takes any text
# that is relative, and whatever wants a URL does not.
#
# picotuf reads such an address relative to the page: `absolute` in wasm/npm/src/wasm-module.ts, and
# the tests of Next.js in tests/bundlers/bundlers.test.mjs.
#
# Needs Node 20 with npm, and Chromium: CHROMIUM, or `chromium` on the PATH.
set -euo pipefail

chromium=${CHROMIUM:-$(command -v chromium)}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{"private": true, "type": "module"}' >package.json
npm install --silent --no-audit --no-fund next@16.4.6 react@19.3.1 react-dom@19.3.1 playwright-core@1.65.1
mkdir app
echo 'a file' >app/file.txt
echo 'export default ({ children }) => <html lang="en"><body>{children}</body></html>' >app/layout.js
cat >app/page.js <<'END'
'use client'
import { useEffect, useState } from 'react'

async function look() {
  const url = new URL('./file.txt', import.meta.url)
  let again = 'is a URL'
  try {
    new URL(url)
  } catch (error) {
    again = 'raises ' + error.name
  }
  const text = (await (await fetch(url)).text()).trim()
  const origin = url.origin === location.origin ? 'the origin of the page' : `"${url.origin}"`
  return `instance of URL: ${url instanceof URL}; origin: ${origin}; fetch: ${text}; new URL of it ${again}`
}

export default function Page() {
  const [seen, setSeen] = useState('waiting')
  useEffect(() => void look().then(setSeen, (error) => setSeen(String(error))), [])
  return <p>{seen}</p>
}
END
cat >look.mjs <<'END'
import { spawn } from 'node:child_process'
import { chromium } from 'playwright-core'

const words = ['node_modules/next/dist/bin/next', 'start', '--port', '0', '--hostname', '127.0.0.1']
const server = spawn(process.execPath, words, { stdio: ['ignore', 'pipe', 'inherit'] })
const browser = await chromium.launch({ executablePath: process.argv[2], args: ['--no-sandbox'] })
try {
  const url = await new Promise((resolve) => {
    let said = ''
    server.stdout.on('data', (text) => {
      said += text
      const found = /http:\/\/127\.0\.0\.1:\d+/.exec(said)
      if (found && said.includes('Ready')) resolve(found[0])
    })
  })
  const page = await browser.newPage()
  await page.goto(url)
  console.log(await page.locator('p', { hasNotText: 'waiting' }).textContent())
} finally {
  await browser.close()
  server.kill()
}
END
export NEXT_TELEMETRY_DISABLED=1
for bundler in webpack turbopack; do
  rm -rf .next
  node_modules/.bin/next build "--$bundler" >build.log 2>&1 || { cat build.log >&2; exit 1; }
  node look.mjs "$chromium" >"$bundler"
  echo "$bundler: $(cat "$bundler")"
done
expected='instance of URL: true; origin: ""; fetch: a file; new URL of it raises TypeError'
[[ $(cat webpack) == "$expected" && $(cat turbopack) == "$expected" ]]
