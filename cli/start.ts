import { existsSync } from 'node:fs'
import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Command } from 'commander'
import { readEnv } from '../platform/env.ts'
import { openLog } from '../platform/log.ts'
import { startDemo } from './demo.ts'
import { portOption, withOptions } from './options.ts'
import { runServer, untilSignal } from './run-server.ts'

/** `sightline start`: everything on one machine. */
export function startCommand(): Command {
  return new Command('start')
    .description('run everything on one machine: stores, ingestion, API and dashboard, with the demo tenants')
    .option('--no-demo', 'start empty')
    .option('--port <n>', 'where to listen (default 4600)', portOption)
    .option('--data <dir>', 'folder of the embedded stores (default .sightline)')
    .action(async (options: { demo: boolean; port?: number; data?: string }) => {
      const env = readEnv(withOptions(process.env, options))
      const log = openLog({ level: env.logLevel, human: process.stderr.isTTY })
      const demo = startDemo({ wanted: options.demo, log })
      const web = fileURLToPath(new URL('../web/dist', import.meta.url))
      const server = await runServer({
        env,
        log,
        webFolder: existsSync(web) ? web : null,
        demo: demo.state,
      })
      const { folder } = server.stores
      const addressFile = folder === null ? null : join(folder.path, 'server.json')
      try {
        if (addressFile !== null)
          await writeFile(addressFile, JSON.stringify({ url: server.url, pid: process.pid }), { mode: 0o600 })
        process.stdout.write(welcome(server.url, server.adminToken, options.demo))
        const end = await Promise.race([untilSignal(), server.failed, demo.run(server)])
        if (typeof end !== 'string') throw end
        log.info({ signal: end }, 'stopping: finishing what was taken')
      } finally {
        demo.stop()
        if (addressFile !== null) await rm(addressFile, { force: true })
        await server.stop()
      }
    })
}

function welcome(url: string, token: string | null, demo: boolean): string {
  const signIn = token === null ? `  Sign in at ${url} with the administrator's token.` : `  Sign in   ${url}/#token=${token}`
  return [
    '',
    `  Sightline is ready at ${url}`,
    signIn,
    `  API       ${url}/docs`,
    ...(demo ? ['', '  The demo tenants are being filled; pages update by themselves.'] : []),
    '',
    '',
  ].join('\n')
}
