// The format (Prettier, 100 columns) and the lints (Biome) of all JavaScript and TypeScript that
// git knows here: `npm test`; `npm run format` puts it into that form.

import { execFileSync, spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const here = fileURLToPath(new URL('.', import.meta.url))
const root = join(here, '../..')
const COLUMNS = 100

const listed = execFileSync('git', ['ls-files', '-z', '*.js', '*.mjs', '*.ts'], { cwd: root })
const files = listed.toString().split('\0').filter(Boolean)
const bin = (name) => join(here, 'node_modules/.bin', name)
const config = join(here, 'prettier.json')
const form = process.argv.includes('--write') ? '--write' : '--check'

let failed = false
const run = (program, ...words) => {
  const { status } = spawnSync(bin(program), words, { cwd: root, stdio: 'inherit' })
  failed ||= status !== 0
}
run('prettier', '--config', config, '--log-level', 'warn', form, ...files)
run('biome', 'lint', '--config-path', join(here, 'lints.json'), '--error-on-warnings', ...files)

// What Prettier does not break: comments and long texts.
for (const file of files) {
  for (const [at, line] of readFileSync(join(root, file), 'utf8').split('\n').entries()) {
    if ([...line].length <= COLUMNS) continue
    console.error(`${file}:${at + 1}: ${[...line].length} columns, more than ${COLUMNS}`)
    failed = true
  }
}
process.exit(failed ? 1 : 0)
