import { Command } from 'commander'
import { readEnv } from '../platform/env.ts'
import { SightlineError } from '../platform/errors.ts'
import { openLog } from '../platform/log.ts'
import { listTenants } from '../platform/tenants.ts'
import { openStores } from '../platform/stores.ts'
import { migrateStores } from '../queries/migrate.ts'
import { findServer } from './remote.ts'
import { withOptions } from './options.ts'

/** `sightline doctor`: says what works and what does not. */
export function doctorCommand(): Command {
  return new Command('doctor')
    .description('check settings, data folder and stores, and say what is wrong')
    .option('--data <dir>', 'folder of the embedded stores (default .sightline)')
    .action(async (options: { data?: string }) => {
      const say = (line: string) => process.stdout.write(`${line}\n`)
      const env = readEnv(withOptions(process.env, options))
      say(`ok    settings      data folder ${env.dataFolder}`)
      say(`ok    node          ${process.version} on ${process.platform}-${process.arch}`)
      const running = await findServer(env)
      if (running !== null) {
        const answer = await fetch(new URL('/readyz', running.url))
        const state = (await answer.json()) as { ready: boolean; checks: { name: string; ok: boolean; detail: string }[] }
        say(`ok    server        runs at ${running.url}`)
        for (const check of state.checks) say(`${check.ok ? 'ok   ' : 'FAIL '} ${check.name.padEnd(13)} ${check.detail}`)
        if (!state.ready) throw new SightlineError('store_unavailable', 'The running server is not ready.')
        return
      }
      const log = openLog({ level: 'error', human: true })
      const stores = await openStores({ env, log })
      try {
        await migrateStores(stores, log)
        const version = await stores.clickhouse.writer.query({ query: 'SELECT version() AS version', format: 'JSONEachRow' })
        const [row] = await version.json<{ version: string }>()
        say(`ok    clickhouse    ${row?.version ?? '?'}${env.clickHouseUrl === undefined ? ' (embedded)' : ''}`)
        const postgres = await stores.postgres.pool.query<{ server_version: string }>('SHOW server_version')
        say(`ok    postgres      ${postgres.rows[0]?.server_version ?? '?'}${env.databaseUrl === undefined ? ' (embedded)' : ''}`)
        say(`ok    tenants       ${(await listTenants(stores.postgres.db)).length}`)
      } finally {
        await stores.close()
      }
    })
}
