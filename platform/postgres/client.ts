import { setTimeout as sleep } from 'node:timers/promises'
import { drizzle } from 'drizzle-orm/node-postgres'
import type { NodePgDatabase } from 'drizzle-orm/node-postgres'
import pg from 'pg'
import { SightlineError } from '../errors.ts'
import type { Log } from '../log.ts'
import * as schema from './schema.ts'

/** The database handle of Drizzle, or a transaction of it. */
export type Db = NodePgDatabase<typeof schema>

/** A transaction that is open. */
export type Tx = Parameters<Parameters<Db['transaction']>[0]>[0]

export type Postgres = { url: string; db: Db; pool: pg.Pool; close(): Promise<void> }

const OLDEST = 150_000
const CLOSE_LIMIT_MS = 5_000

/**
 * Connects to PostgreSQL and checks that it answers and is version 15 or later.
 *
 * @param url `postgres://user:password@host:port/database`
 * @throws {SightlineError} `server_unreachable`, `server_too_old`, `server_misconfigured`
 */
export async function connectPostgres(url: string, options: { log: Log }): Promise<Postgres> {
  const pool = new pg.Pool({ connectionString: url, max: 10, connectionTimeoutMillis: 10_000, application_name: 'sightline' })
  // An idle connection that breaks is replaced at the next use, which reports its own failure.
  pool.on('error', (error) => options.log.debug({ err: error }, 'an idle PostgreSQL connection broke'))
  // One that breaks between two statements of a transaction would end the process: the next statement reports it.
  pool.on('connect', (client) =>
    client.on('error', (error) => options.log.debug({ err: error }, 'a PostgreSQL connection broke while it was in use')),
  )
  try {
    const { rows } = await pool.query<{ number: number; version: string }>(
      `SELECT current_setting('server_version_num')::int AS number, current_setting('server_version') AS version`,
    )
    const { number = 0, version = 'unknown' } = rows[0] ?? {}
    if (number < OLDEST) {
      throw new SightlineError('server_too_old', `PostgreSQL at ${shown(url)} is version ${version}; 15 or later is needed.`, {
        next: 'Upgrade it, or unset DATABASE_URL to use the embedded one.',
      })
    }
  } catch (cause) {
    await pool.end()
    throw cause instanceof SightlineError ? cause : connectFailure(url, cause)
  }
  let closing: Promise<void> | undefined
  // The pool waits for every connection that is in use; one that never comes back must not keep the process.
  const close = () => Promise.race([pool.end(), sleep(CLOSE_LIMIT_MS, undefined, { ref: false })])
  return { url, db: drizzle(pool, { schema }), pool, close: () => (closing ??= close()) }
}

const NETWORK = new Set(['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ETIMEDOUT', 'ENOTFOUND', 'EHOSTUNREACH'])

/** Whether an error, or what caused it, says that PostgreSQL cannot be reached or takes nobody right now. */
export function isPostgresUnavailable(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  const code = 'code' in error ? String(error.code) : ''
  return (
    NETWORK.has(code) ||
    // Connection exceptions, too many connections, the server shuts down or starts.
    /^(08|53300|57P0[123])/.test(code) ||
    /^Connection terminated|timeout exceeded when trying to connect/.test(error.message) ||
    isPostgresUnavailable(error.cause)
  )
}

function connectFailure(url: string, cause: unknown): SightlineError {
  const code = typeof cause === 'object' && cause !== null && 'code' in cause ? String(cause.code) : ''
  const said = cause instanceof Error && cause.message !== '' ? cause.message : code
  // Classes 28 (authorisation), 3D (no such database) and 42501 (privilege) come from a server that answers.
  if (/^(28|3D|42501)/.test(code)) {
    return new SightlineError('server_misconfigured', `PostgreSQL at ${shown(url)} refuses us: ${said}.`, {
      next: 'Check user, password and database in DATABASE_URL.',
      cause,
    })
  }
  return new SightlineError('server_unreachable', `No PostgreSQL answers at ${shown(url)} (${said}).`, {
    next: 'Check DATABASE_URL, or unset it to use the embedded one.',
    cause,
  })
}

function shown(url: string): string {
  return URL.canParse(url) ? new URL(url).host : 'the address in DATABASE_URL'
}
