import { mkdir } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import pg from 'pg'
import { z } from 'zod'
import { SightlineError } from '../errors.ts'
import type { ErrorCode } from '../errors.ts'
import { freePort } from '../free-port.ts'
import { startGuardedChild } from '../guarded-child.ts'
import type { GuardedChild } from '../guarded-child.ts'
import type { Log } from '../log.ts'
import { clearOrphan } from './orphan.ts'

/** A PostgreSQL server from npm that runs as a child process on loopback. */
export type EmbeddedPostgres = {
  /** `postgres://sightline:…@127.0.0.1:PORT/sightline` */
  url: string
  /** The process above the server. */
  pid: number
  /** Ends the server in order, and by force after 8 s. May be called twice. */
  stop(): Promise<void>
  /** Resolves with the exit code (`null` after a signal) when the server is gone, asked or not. */
  exited: Promise<number | null>
}

const HOST = fileURLToPath(new URL('host.ts', import.meta.url))
const STOP_LIMIT_MS = 10_000
const PORT_ATTEMPTS = 5

const Answer = z.union([
  z.object({ ready: z.literal(true) }),
  z.object({ code: z.string(), message: z.string(), next: z.string().optional() }),
])

/**
 * Starts the embedded PostgreSQL on a folder of its own, with a database `sightline`.
 *
 * @param options.dir absolute path of the cluster; its parent is created where missing
 * @param options.password the password that the cluster was, or is now, created with
 * @param options.port a free one where nothing is said
 * @throws {SightlineError} `platform_unsupported`, `folder_in_use`, `folder_not_writable`, `store_unavailable`
 */
export async function startEmbeddedPostgres(options: {
  dir: string
  password: string
  log: Log
  port?: number
}): Promise<EmbeddedPostgres> {
  const dir = resolve(options.dir)
  await mkdir(dirname(dir), { recursive: true })
  for (let attempt = 1; ; attempt += 1) {
    const port = options.port ?? (await freePort())
    const child = startGuardedChild(HOST, [dir, String(port)], {
      SIGHTLINE_POSTGRES_PASSWORD: options.password,
    })
    const line = await child.firstLine
    const answer = line === null ? null : Answer.parse(JSON.parse(line))
    if (answer !== null && 'ready' in answer) {
      const url = `postgres://sightline:${options.password}@127.0.0.1:${port}`
      await createDatabase(`${url}/postgres`)
      options.log.debug({ port, pid: child.pid }, 'embedded PostgreSQL ready')
      return { url: `${url}/sightline`, pid: child.pid, exited: child.exited, stop: () => stop(child, dir) }
    }
    child.release()
    await child.exited
    if (answer === null) {
      throw new SightlineError(
        'store_unavailable',
        `The embedded PostgreSQL did not start: ${child.stderr().trim().split('\n').at(-1)}`,
      )
    }
    if (answer.code === 'port_in_use' && attempt < PORT_ATTEMPTS) continue
    throw new SightlineError(answer.code as ErrorCode, answer.message, answer.next === undefined ? {} : { next: answer.next })
  }
}

async function createDatabase(url: string): Promise<void> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    const found = await client.query(`SELECT 1 FROM pg_database WHERE datname = 'sightline'`)
    if (found.rowCount === 0) await client.query('CREATE DATABASE sightline')
  } finally {
    await client.end()
  }
}

async function stop(child: GuardedChild, dir: string): Promise<void> {
  child.release()
  await Promise.race([child.exited, sleep(STOP_LIMIT_MS, undefined, { ref: false })])
  child.kill()
  await child.exited
  // Where somebody killed the process above the server, the server is still there.
  await clearOrphan(dir)
}
