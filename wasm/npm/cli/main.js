import { readFile } from 'node:fs/promises'
import { PicotufError, usage } from '../lib/error.js'
import { Client } from '../index.node.js'
import { HELP, parse } from './args.js'
import { adopt, COMMANDS } from './commands.js'
import { Log, Report } from './report.js'
import { resolveSettings } from './settings.js'

/** Runs a command line, and gives the exit code: 0 everything asked for holds, 1 something does not, 2 wrong usage. */
export async function main(line) {
  let report = new Report(undefined, {}, new Log({}))
  try {
    const args = parse(line)
    if (args.help) return print(HELP)
    if (args.version) return print(`picotuf ${JSON.parse(await readFile(new URL('../package.json', import.meta.url))).version}`)
    const log = new Log(args)
    report = new Report(args.command, args, log)
    await run(args, report, log)
    report.finish()
    return 0
  } catch (thrown) {
    const error = thrown instanceof PicotufError ? thrown : new PicotufError('internal', thrown?.stack ?? String(thrown), { blame: 'caller' })
    report.finish(error)
    return error.code === 'usage' ? 2 : (error.exitCode ?? 1)
  }
}

async function run(args, report, log) {
  const settings = await resolveSettings(args)
  const engine = await Client.engine()
  const seconds = settings.now === undefined ? Math.floor(Date.now() / 1000) : engine.parseTime(settings.now)
  if (seconds === undefined) {
    throw usage(`--at ${JSON.stringify(settings.now)} is not a time of RFC 3339, such as 2026-11-01T12:00:00Z`)
  }
  report.begin(seconds, engine.formatTime(seconds), settings.metadataDir)
  const context = { args, settings, engine, seconds, report, log }
  if (settings.anchor && args.command !== 'init') await adopt(context)
  await COMMANDS[args.command](context)
}

function print(text) {
  process.stdout.write(`${text}\n`)
  return 0
}
