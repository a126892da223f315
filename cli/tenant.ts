import { Command } from 'commander'
import { readEnv } from '../platform/env.ts'
import { call } from './call.ts'
import { withOptions } from './options.ts'
import { connect } from './remote.ts'

/** `sightline tenant create`: adds a tenant. */
export function tenantCommand(): Command {
  const create = new Command('create')
    .description('add a tenant')
    .argument('<id>', 'lower-case letters, digits and dashes')
    .option('--name <text>', 'its name (default: the id)')
    .option('--data <dir>', 'folder of the embedded stores (default .sightline)')
    .option('--url <url>', 'a remote server')
    .option('--key <token>', 'a token of the remote server with scope admin')
    .action(async (id: string, options: { name?: string; data?: string; url?: string; key?: string }) => {
      const connection = await connect(readEnv(withOptions(process.env, options)), options)
      try {
        await call(connection, 'POST', '/v1/tenants', null, { id, name: options.name ?? id })
        process.stdout.write(`Tenant ${id} is there.\n`)
      } finally {
        await connection.close()
      }
    })
  return new Command('tenant').description('tenants').addCommand(create)
}
