import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Env } from '../platform/env.ts'
import { SightlineError } from '../platform/errors.ts'
import { openLog } from '../platform/log.ts'
import { runServer } from './run-server.ts'

/** A server to talk to, and how to let go of it. */
export type Connection = { url: string; token: string; close(): Promise<void> }

/** The server that runs on this data folder, where there is one. */
export async function findServer(env: Env): Promise<{ url: string; token: string } | null> {
  const [server, token] = await Promise.all([
    readIfThere(join(env.dataFolder, 'server.json')),
    readIfThere(join(env.dataFolder, 'secrets', 'admin-token')),
  ])
  if (server === null) return null
  const { url, pid } = JSON.parse(server) as { url: string; pid: number }
  // A server that was killed leaves its file, and another program may listen there by now.
  if (!isRunning(pid)) return null
  const alive = await fetch(new URL('/healthz', url), { signal: AbortSignal.timeout(3000) }).then(
    (response) => response.ok,
    () => false,
  )
  const known = env.adminToken ?? token?.trim()
  return alive && known !== undefined ? { url, token: known } : null
}

/**
 * Connects to `--url` with `--key`, else to the server that runs on the data folder, else to one started for this command alone.
 */
export async function connect(env: Env, remote: { url?: string | undefined; key?: string | undefined }): Promise<Connection> {
  if (remote.url !== undefined) {
    if (!/^https?:/u.test(remote.url) || !URL.canParse(remote.url))
      throw new SightlineError('parameter_invalid', `"${remote.url}" is no http(s) address.`, {
        next: 'Use --url http://HOST:PORT.',
      })
    if (remote.key === undefined)
      throw new SightlineError('parameter_invalid', 'A remote server needs a key.', { next: 'Add --key TOKEN (scope ingest).' })
    return { url: remote.url, token: remote.key, close: () => Promise.resolve() }
  }
  const running = await findServer(env)
  if (running !== null)
    return { ...running, ...(remote.key === undefined ? {} : { token: remote.key }), close: () => Promise.resolve() }
  const log = openLog({ level: 'warn', human: process.stderr.isTTY })
  const server = await runServer({ env: { ...env, port: 0, host: '127.0.0.1' }, log, webFolder: null })
  const token = remote.key ?? server.adminToken
  if (token === null) {
    await server.stop()
    throw new SightlineError('unauthenticated', 'The administrator token of this installation is not known here.', {
      next: 'Set SIGHTLINE_ADMIN_TOKEN or add --key TOKEN.',
    })
  }
  return { url: server.url, token, close: server.stop }
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM'
  }
}

async function readIfThere(path: string): Promise<string | null> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null
    throw error
  }
}
