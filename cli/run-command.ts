import { Command } from 'commander'
import { readEnv } from '../platform/env.ts'
import { openLog } from '../platform/log.ts'
import { portOption, withOptions } from './options.ts'
import { type Part, runServer, untilSignal } from './run-server.ts'

/** A command that runs some parts of Sightline until it is told to end. */
export function runCommand(options: {
  name: string
  description: string
  parts: readonly Part[]
  webFolder: string | null
}): Command {
  return new Command(options.name)
    .description(options.description)
    .option('--port <n>', 'where to listen (default 4600)', portOption)
    .option('--data <dir>', 'folder of the embedded stores (default .sightline)')
    .action(async (given: { port?: number; data?: string }) => {
      const env = readEnv(withOptions(process.env, given))
      const log = openLog({ level: env.logLevel, human: process.stderr.isTTY })
      // Asked to end while it starts, it ends when it has started.
      const asked = untilSignal()
      const server = await runServer({ env, log, webFolder: options.webFolder, parts: options.parts })
      log.info({ url: server.url, parts: options.parts }, 'listening')
      if (server.adminToken !== null && env.adminToken === undefined)
        process.stdout.write(`Sign in   ${server.url}/#token=${server.adminToken}\n`)
      const end = await Promise.race([asked, server.failed])
      if (typeof end === 'string') log.info({ signal: end }, 'stopping: finishing what was taken')
      await server.stop()
      log.info('stopped')
      if (typeof end !== 'string') throw end
    })
}
