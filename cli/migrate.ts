import { Command } from 'commander'
import { readEnv } from '../platform/env.ts'
import { openLog } from '../platform/log.ts'
import { openStores } from '../platform/stores.ts'
import { migrateStores } from '../queries/migrate.ts'
import { withOptions } from './options.ts'
import { findServer } from './remote.ts'

/** `sightline migrate`: brings both stores to this version. */
export function migrateCommand(): Command {
  return new Command('migrate')
    .description('bring both stores to this version; other commands do it as they start')
    .option('--data <dir>', 'folder of the embedded stores (default .sightline)')
    .action(async (options: { data?: string }) => {
      const env = readEnv(withOptions(process.env, options))
      const running = await findServer(env)
      if (running !== null) {
        process.stdout.write(
          `Both stores were brought to their version by the server that runs at ${running.url}, as it started.\n`,
        )
        return
      }
      const log = openLog({ level: env.logLevel, human: process.stderr.isTTY })
      const stores = await openStores({ env, log })
      try {
        await migrateStores(stores, log)
        process.stdout.write('Both stores are at this version.\n')
      } finally {
        await stores.close()
      }
    })
}
