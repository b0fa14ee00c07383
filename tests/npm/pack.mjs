// Packs the package and installs the tarball into an empty project, as its users do:
// `npm run pack`.

import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const here = fileURLToPath(new URL('.', import.meta.url))
const source = join(here, '../../wasm/npm')
const project = join(here, '../.cache/npm')

if (!existsSync(join(source, 'dist/wasm/picotuf_bg.wasm')))
  throw new Error('run `npm run build` in wasm/npm first')
rmSync(project, { recursive: true, force: true })
mkdirSync(project, { recursive: true })
const npm = (folder, ...words) =>
  execFileSync('npm', words, {
    cwd: folder,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  })
const [{ filename, files }] = JSON.parse(
  npm(source, 'pack', '--json', '--silent', '--pack-destination', project),
)
writeFileSync(join(project, 'package.json'), JSON.stringify({ name: 'a-user', private: true }))
// What it depends on is in the tarball: nothing is fetched.
npm(project, 'install', '--offline', '--no-audit', '--no-fund', '--silent', join(project, filename))
writeFileSync(
  join(project, 'packed-files.json'),
  JSON.stringify(files.map(({ path }) => path).sort()),
)
