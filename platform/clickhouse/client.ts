import { ClickHouseError, ClickHouseLogLevel, createClient } from '@clickhouse/client'
import type { ClickHouseClient } from '@clickhouse/client'
import { trace } from '@opentelemetry/api'
import { SightlineError } from '../errors.ts'

/** A user of ClickHouse and its password. */
export type ClickHouseUser = { username: string; password: string }

/** Where ClickHouse is and who we are there. */
export type ClickHouseAddress = { url: string; writer: ClickHouseUser; reader: ClickHouseUser }

/** The clients of one server, all on database `sightline`. */
export type ClickHouse = {
  /** Writes and migrates. Sees every tenant: never answers a person. */
  writer: ClickHouseClient
  /** Read-only, and sees the one tenant that the `x-tenant-id` header of a query (`http_headers`) names. */
  reader: ClickHouseClient
  /** Read-only, and sees a few tables, of the tenants that the `x-tenant-ids` header of a query lists. */
  portfolio: ClickHouseClient
  close(): Promise<void>
}

/** The database that holds everything of ours. */
const DATABASE = 'sightline'

const OLDEST = [25, 8] as const
const AUTHENTICATION_FAILED = '516'
const ACCESS_DENIED = '497'
const USERS_HINT =
  'Install deploy/clickhouse/users.xml as /etc/clickhouse-server/users.d/sightline.xml and set both passwords (see the README).'

/** Opens the clients. Connects on first use only. */
export function connectClickHouse(address: ClickHouseAddress): ClickHouse {
  const writer = open(address.url, address.writer, DATABASE)
  const reader = open(address.url, address.reader, DATABASE)
  const portfolio = open(address.url, portfolioUser(address), DATABASE)
  return {
    writer,
    reader,
    portfolio,
    close: async () => {
      await Promise.all([writer.close(), reader.close(), portfolio.close()])
    },
  }
}

/** The user that compares tenants: it has the reader's password. */
function portfolioUser({ reader }: ClickHouseAddress): ClickHouseUser {
  return { username: 'sightline_portfolio', password: reader.password }
}

/**
 * Checks that the server answers, is not too old and has its users as they must be, and creates the database where it is missing.
 *
 * @throws {SightlineError} `server_unreachable`, `server_too_old`, `server_misconfigured`
 */
export async function checkClickHouse(address: ClickHouseAddress): Promise<void> {
  const writer = open(address.url, address.writer, 'default')
  try {
    const [version = ''] = await row(writer, address, address.writer, 'SELECT version()')
    const [major = 0, minor = 0] = version.split('.').map(Number)
    if (major < OLDEST[0] || (major === OLDEST[0] && minor < OLDEST[1])) {
      throw new SightlineError(
        'server_too_old',
        `ClickHouse at ${shown(address.url)} is version ${version}; 25.8 or later is needed.`,
        {
          next: 'Upgrade it, or unset CLICKHOUSE_URL to use the embedded one.',
        },
      )
    }
    await row(writer, address, address.writer, `CREATE DATABASE IF NOT EXISTS ${DATABASE}`, 'command')
    for (const user of [address.reader, portfolioUser(address)]) await checkGuarded(address, user, writer)
  } finally {
    await writer.close()
  }
}

/** Checks that a user reads only, and no table without a row policy by the request's header. */
async function checkGuarded(address: ClickHouseAddress, user: ClickHouseUser, writer: ClickHouseClient): Promise<void> {
  const client = open(address.url, user, 'default')
  try {
    const [readonly, headers] = await row(
      client,
      address,
      user,
      `SELECT toString(getSetting('readonly')), toString(getSetting('allow_get_client_http_header'))`,
    )
    if (readonly !== '1' || headers !== 'true') {
      throw misconfigured(address, `user ${user.username} is not read-only with row policies by request header`)
    }
    const [unguarded = ''] = await row(
      writer,
      address,
      address.writer,
      `SELECT arrayStringConcat(arraySort(groupArray(g.table)), ', ')
       FROM system.grants AS g
       LEFT ANTI JOIN (SELECT table FROM system.row_policies
         WHERE database = '${DATABASE}' AND has(apply_to_list, '${user.username}')) AS p ON p.table = g.table
       WHERE g.user_name = '${user.username}' AND g.database = '${DATABASE}' AND g.access_type = 'SELECT'`,
    )
    if (unguarded !== '') {
      throw misconfigured(address, `user ${user.username} may read ${unguarded} without a row policy`)
    }
  } finally {
    await client.close()
  }
}

/**
 * Reads a valid `CLICKHOUSE_URL`: `http(s)://user:password@host:port`, the writer's credentials. The reader is `sightline_reader` with
 * `readerPassword`, which is the writer's where not given.
 */
export function clickHouseAddress(text: string, readerPassword: string | undefined): ClickHouseAddress {
  const url = new URL(text)
  const password = decodeURIComponent(url.password)
  return {
    url: url.origin,
    writer: { username: decodeURIComponent(url.username) || 'sightline_writer', password },
    reader: { username: 'sightline_reader', password: readerPassword ?? password },
  }
}

function open(url: string, user: ClickHouseUser, database: string): ClickHouseClient {
  return createClient({
    url,
    username: user.username,
    password: user.password,
    database,
    application: 'sightline',
    request_timeout: 120_000,
    max_open_connections: 16,
    // The agent of Node closes an idle connection a second before the server would, as the server says in each answer. The client's own
    // timer knows nothing of that, and one that ends a connection just as it is taken fails a request for nothing.
    keep_alive: { enabled: true, idle_socket_ttl: 0 },
    // Long lists of ids do not fit an address.
    use_multipart_params_auto: true,
    // Every failure is thrown to the caller, who knows whether it matters.
    log: { level: ClickHouseLogLevel.OFF },
    tracer: trace.getTracer('sightline'),
  })
}

async function row(
  client: ClickHouseClient,
  address: ClickHouseAddress,
  user: ClickHouseUser,
  sql: string,
  kind: 'query' | 'command' = 'query',
): Promise<string[]> {
  const abort = AbortSignal.timeout(10_000)
  try {
    if (kind === 'command') {
      await client.command({ query: sql, abort_signal: abort })
      return []
    }
    const result = await client.query({ query: sql, format: 'JSONCompactEachRow', abort_signal: abort })
    const [first] = await result.json<string[]>()
    return first ?? []
  } catch (cause) {
    if (!(cause instanceof ClickHouseError)) {
      throw new SightlineError(
        'server_unreachable',
        `No ClickHouse answers at ${shown(address.url)} (${cause instanceof Error ? cause.message : String(cause)}).`,
        {
          next: 'Check CLICKHOUSE_URL, or unset it to use the embedded one.',
          cause,
        },
      )
    }
    if (cause.code === AUTHENTICATION_FAILED)
      throw misconfigured(address, `it refuses user ${user.username} or the password`, cause)
    if (cause.code === ACCESS_DENIED) throw misconfigured(address, `user ${user.username} lacks a grant: ${cause.message}`, cause)
    throw misconfigured(address, `user ${user.username} cannot be used: ${cause.message}`, cause)
  }
}

function misconfigured(address: ClickHouseAddress, what: string, cause?: unknown): SightlineError {
  return new SightlineError('server_misconfigured', `ClickHouse at ${shown(address.url)} is not set up for Sightline: ${what}.`, {
    next: USERS_HINT,
    cause,
  })
}

function shown(url: string): string {
  return new URL(url).host
}
