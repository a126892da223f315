import { Command, Option } from 'commander'
import { SCOPES } from '../api/contract/admin.ts'
import { readEnv } from '../platform/env.ts'
import { call } from './call.ts'
import { withOptions } from './options.ts'
import { connect } from './remote.ts'

/** `sightline key create`: mints an API key. */
export function keyCommand(): Command {
  const create = new Command('create')
    .description('mint an API key and print its token, this once')
    .requiredOption('--name <text>', 'what it is for')
    .addOption(new Option('--scope <scope...>', 'what it may do').choices(SCOPES).default(['ingest']))
    .option('--tenant <id...>', 'tenants that it may see (default: every tenant)')
    .option('--data <dir>', 'folder of the embedded stores (default .sightline)')
    .option('--url <url>', 'a remote server')
    .option('--key <token>', 'a token of the remote server with scope admin')
    .action(async (options: { name: string; scope: string[]; tenant?: string[]; data?: string; url?: string; key?: string }) => {
      const connection = await connect(readEnv(withOptions(process.env, options)), options)
      try {
        const { token } = await call<{ token: string }>(connection, 'POST', '/v1/keys', null, {
          name: options.name,
          scopes: options.scope,
          tenant_ids: options.tenant ?? null,
        })
        process.stdout.write(`${token}\n`)
      } finally {
        await connection.close()
      }
    })
  return new Command('key').description('API keys').addCommand(create)
}
