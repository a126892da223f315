import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { Command } from 'commander'
import { readEnv } from '../platform/env.ts'
import { openLog } from '../platform/log.ts'
import { portOption, withOptions } from './options.ts'
import { runServer, untilSignal } from './run-server.ts'

/** `sightline api`: API, HTTP ingestion and dashboard only. */
export function apiCommand(): Command {
  return new Command('api')
    .description('run the API with HTTP ingestion and the dashboard, without the demo')
    .option('--port <n>', 'where to listen (default 4600)', portOption)
    .option('--data <dir>', 'folder of the embedded stores (default .sightline)')
    .action(async (options: { port?: number; data?: string }) => {
      const env = readEnv(withOptions(process.env, options))
      const log = openLog({ level: env.logLevel, human: process.stderr.isTTY })
      const web = fileURLToPath(new URL('../web/dist', import.meta.url))
      const server = await runServer({ env, log, webFolder: existsSync(web) ? web : null })
      log.info({ url: server.url }, 'listening')
      const end = await Promise.race([untilSignal(), server.failed])
      await server.stop()
      if (typeof end !== 'string') throw end
    })
}
