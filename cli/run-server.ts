import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createApp } from '../api/app.ts'
import type { Readiness } from '../api/contract/admin.ts'
import type { Services } from '../api/services.ts'
import { settleLeftovers, sweepConflicts } from '../ingest/settle.ts'
import { createEventWriter, type EventWriter } from '../ingest/write.ts'
import type { Instant } from '../model/instant.ts'
import type { Env } from '../platform/env.ts'
import { SightlineError } from '../platform/errors.ts'
import { ensureAdministrator } from '../platform/keys.ts'
import type { Log } from '../platform/log.ts'
import { openStores, type Stores } from '../platform/stores.ts'
import { migrateClickHouse } from '../queries/migrate.ts'
import { VERSION } from './version.ts'

/** A running server: the address it listens on, and its orderly end. */
export type RunningServer = {
  url: string
  port: number
  stores: Stores
  writer: EventWriter
  /** The administrator's token; null where it is known to whoever set it up. */
  adminToken: string | null
  /** Takes no more, finishes what was taken, closes everything. May be called twice. */
  stop(): Promise<void>
  /** Resolves when an embedded store ends by itself. */
  failed: Promise<SightlineError>
}

/** The clock of this process, microseconds. */
export function clock(): Instant {
  return Math.round((performance.timeOrigin + performance.now()) * 1000)
}

/**
 * Opens the stores, migrates them and serves the API (and the dashboard, where `webFolder` is given). The port is taken first, so that a
 * second start fails before anything else is touched; until all is ready every request is answered 503.
 *
 * @throws SightlineError one of the start-up codes; nothing is left running then
 */
export async function runServer(options: {
  env: Env
  log: Log
  webFolder: string | null
  demo?: () => Readiness['demo']
}): Promise<RunningServer> {
  const { env, log } = options
  let handler: Parameters<typeof createServer>[1] = (_request, response) => {
    response.writeHead(503, { 'content-type': 'application/problem+json', 'retry-after': '1' })
    response.end(
      JSON.stringify({
        type: '/docs#store_unavailable',
        title: 'starting',
        status: 503,
        code: 'store_unavailable',
        detail: 'Starting; try again in a second.',
      }),
    )
  }
  const server = createServer((request, response) => handler?.(request, response))
  server.requestTimeout = 120_000
  server.headersTimeout = 20_000
  await listen(server, env)

  let stores: Stores | undefined
  try {
    stores = await openStores({ env, log })
    await migrateClickHouse(stores.clickhouse.writer, log)
    const { folder } = stores
    const { token } = await ensureAdministrator(stores.postgres.db, {
      fixedToken: env.adminToken,
      kept: folder === null ? undefined : (make) => folder.secret('admin-token', make),
    })
    const writer = createEventWriter({ clickhouse: stores.clickhouse.writer, now: clock })
    let draining = false
    const services: Services = {
      stores,
      writer,
      now: clock,
      log,
      version: VERSION,
      demo: options.demo ?? (() => ({ state: 'off', events: 0, expected: 0 })),
      draining: () => draining,
    }
    handler = createApp(services, options.webFolder)

    const opened = stores
    const sweeping = sweepNowAndThen(stores, writer, log)
    let stopping: Promise<void> | undefined
    const stop = async (): Promise<void> => {
      draining = true
      const closed = new Promise<void>((resolve) => {
        server.close(() => resolve())
      })
      await Promise.all([sweeping.stop(), writer.drain()])
      server.closeIdleConnections()
      const patience = setTimeout(() => server.closeAllConnections(), 5000)
      await closed
      clearTimeout(patience)
      await opened.close()
    }
    const { port } = server.address() as AddressInfo
    return {
      url: `http://${env.host.includes(':') ? `[${env.host}]` : env.host}:${port}`,
      port,
      stores,
      writer,
      adminToken: token,
      stop: () => (stopping ??= stop()),
      failed: stores.failed,
    }
  } catch (error) {
    server.closeAllConnections()
    server.close()
    await stores?.close()
    throw error
  }
}

/** How often identities that are held with two contents are looked for, beside those that the writer knows of. */
const SWEEP_MS = 20_000

function sweepNowAndThen(stores: Stores, writer: EventWriter, log: Log): { stop(): Promise<void> } {
  let since = 0
  const sweep = async () => {
    const started = clock()
    try {
      const from = since
      await writer.inTurn(() => sweepConflicts(stores.clickhouse.writer, from, clock))
      since = started - 60e6
    } catch (error) {
      log.warn({ err: error }, 'looking for conflicting copies failed; it is tried again')
    }
  }
  let busy = writer
    .inTurn(() => settleLeftovers(stores.clickhouse.writer, clock))
    .catch((error: unknown) => {
      log.warn({ err: error }, 'settling what an earlier process left behind failed; the next start tries it again')
    })
  const timer = setInterval(() => {
    busy = busy.then(sweep)
  }, SWEEP_MS)
  return {
    stop() {
      clearInterval(timer)
      return busy
    },
  }
}

function listen(server: Server, env: Env): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error) => reject(listenFailure(error, env)))
    server.listen(env.port, env.host, resolve)
  })
}

function listenFailure(error: NodeJS.ErrnoException, { host, port }: Env): Error {
  const next = 'Choose another one with --port N, or stop what listens there.'
  if (error.code === 'EADDRINUSE')
    return new SightlineError('port_in_use', `Port ${port} on ${host} is in use.`, { next, cause: error })
  if (error.code === 'EACCES')
    return new SightlineError('port_in_use', `Port ${port} on ${host} is not allowed for this user.`, { next, cause: error })
  return new SightlineError('env_invalid', `This machine has no address ${host} to listen on (${error.code ?? error.message}).`, {
    next: 'Check SIGHTLINE_HOST.',
    cause: error,
  })
}

/** Within this time a second signal is the same one: a terminal sends Ctrl-C to every process, and npm passes it on once more. */
const SAME_SIGNAL_MS = 1000

/** Resolves with the first SIGINT or SIGTERM; a later one ends the process at once. */
export function untilSignal(): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    let asked = 0
    const onSignal = (signal: NodeJS.Signals) => {
      if (asked > 0 && Date.now() - asked > SAME_SIGNAL_MS) process.exit(130)
      asked ||= Date.now()
      resolve(signal)
    }
    process.on('SIGINT', onSignal)
    process.on('SIGTERM', onSignal)
  })
}
