import type { Command } from 'commander'
import { readEnv } from '../platform/env.ts'
import { withOptions } from './options.ts'
import { connect, type Connection } from './remote.ts'

/** Whose data a command is about, and where it lies: a data folder, or a remote server. */
export type Where = { tenant: string; data?: string; url?: string; key?: string }

/** Gives a command the options of {@link Where}. */
export function withWhere(command: Command): Command {
  return command
    .requiredOption('--tenant <id>', 'the tenant')
    .option('--data <dir>', 'folder of the embedded stores (default .sightline)')
    .option('--url <url>', 'a remote server')
    .option('--key <token>', 'a token of the remote server; scope admin to change')
}

/** Runs a task on the connection that the options name, and closes it in any case. */
export async function connected(options: Where, task: (connection: Connection) => Promise<void>): Promise<void> {
  const connection = await connect(readEnv(withOptions(process.env, options)), options)
  try {
    await task(connection)
  } finally {
    await connection.close()
  }
}
