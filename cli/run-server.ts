import { Registry } from 'prom-client'
import { type Alerting, startAlerting } from '../alerts/start.ts'
import { createApp, createOperationsApp } from '../api/app.ts'
import type { Readiness } from '../api/contract/admin.ts'
import type { Services } from '../api/services.ts'
import { createJudge } from '../ingest/judge.ts'
import { createMappings } from '../ingest/payload/catalogue.ts'
import { createTelemetryWriter, type TelemetryWriter } from '../ingest/otlp/writer.ts'
import { createShapes } from '../ingest/shapes.ts'
import { createFront } from '../ingest/transport/kafka/front.ts'
import { createEventWriter, type EventWriter } from '../ingest/write.ts'
import type { Instant } from '../model/instant.ts'
import { openAlertLinks } from '../platform/alert-link.ts'
import type { Env } from '../platform/env.ts'
import type { SightlineError } from '../platform/errors.ts'
import { ensureAdministrator } from '../platform/keys.ts'
import type { Log } from '../platform/log.ts'
import { openSecretBox } from '../platform/secrets.ts'
import { openStores, type Stores } from '../platform/stores.ts'
import { migrateStores } from '../queries/migrate.ts'
import { type Ingestion, startIngestion } from './ingestion.ts'
import { type Brokers, openBrokers } from './kafka.ts'
import { listenFirst } from './listening.ts'
import { VERSION } from './version.ts'

/** What a process does: `api` answers people and takes events over HTTP, `ingest` brings events in by itself, `alerts` watches. */
export type Part = 'api' | 'ingest' | 'alerts'

/** A running process: the address it listens on, and its orderly end. */
export type RunningServer = {
  url: string
  port: number
  stores: Stores
  writer: EventWriter
  telemetry: TelemetryWriter
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

/** How long the last answers may take when a process ends. */
const LAST_ANSWERS_MS = 5000

/**
 * Opens the stores, migrates them and runs the parts (all of them by default) in this process. Its port is taken first; until all is
 * ready every request is answered 503. A process without the API serves its health and figures only.
 *
 * @param options.webFolder the built dashboard
 * @param options.computes whether what ingests keeps the answers up to date, too (it does where nothing is said); of two that compute
 * the answers of one tenant at once, one would overwrite days of the other
 * @throws SightlineError one of the start-up codes; nothing is left running then
 */
export async function runServer(options: {
  env: Env
  log: Log
  webFolder: string | null
  parts?: readonly Part[]
  computes?: boolean
  demo?: () => Readiness['demo']
}): Promise<RunningServer> {
  const { env, log, parts = ['api', 'ingest', 'alerts'], computes = true } = options
  const http = await listenFirst(env)
  let stores: Stores | undefined
  let ingestion: Ingestion | undefined
  let alerting: Alerting | undefined
  let brokers: Brokers | undefined
  try {
    stores = await openStores({ env, log })
    const opened = stores
    const { db } = stores.postgres
    await migrateStores(stores, log)
    const { folder } = stores
    const { token } = parts.includes('api')
      ? await ensureAdministrator(db, {
          fixedToken: env.adminToken,
          kept: folder === null ? undefined : (make) => folder.secret('admin-token', make),
        })
      : { token: null }
    const writer = createEventWriter({ clickhouse: stores.clickhouse.writer, now: clock })
    const telemetry = createTelemetryWriter({ clickhouse: stores.clickhouse.writer, now: clock })
    const registry = new Registry()
    if (env.kafkaBrokers !== undefined && (parts.includes('api') || parts.includes('ingest')))
      brokers = openBrokers({ brokers: env.kafkaBrokers, log })
    const front = brokers === undefined || !parts.includes('api') ? null : createFront({ kafka: brokers.port, now: clock, log })
    const shapes = createShapes({ db, clickhouse: stores.clickhouse.writer, now: clock, log })
    const judge = createJudge({ mappings: createMappings(db), shapes, log })
    let draining = false
    const sending = { reach: env.pullReach, smtpUrl: env.smtpUrl }
    const services: Services = {
      stores,
      writer,
      front,
      telemetry,
      judge,
      secrets: await openSecretBox({ key: env.secretKey, folder }),
      links: await openAlertLinks({ key: env.secretKey, folder }),
      sending,
      now: clock,
      log,
      version: VERSION,
      registry,
      checks: () => [brokers, ingestion, alerting].flatMap((part) => part?.checks() ?? []),
      demo: options.demo ?? (() => ({ state: 'off', events: 0, expected: 0 })),
      draining: () => draining,
    }
    if (parts.includes('ingest')) ingestion = startIngestion({ env, ...services, brokers: brokers ?? null, computes, shapes })
    if (parts.includes('alerts'))
      alerting = startAlerting({
        stores,
        secrets: services.secrets,
        links: services.links,
        url: env.publicUrl ?? http.url,
        heartbeatUrl: env.heartbeatUrl,
        sending,
        now: clock,
        log,
        registry,
      })
    http.serve(parts.includes('api') ? createApp(services, options.webFolder) : createOperationsApp(services))

    const stop = async (): Promise<void> => {
      draining = true
      http.refuse()
      await Promise.all([alerting?.stop(), ingestion?.stop(), front?.stop()])
      await Promise.all([writer.drain(), telemetry.drain(), shapes.stop(), brokers?.close()])
      await http.close(LAST_ANSWERS_MS)
      await opened.close()
    }
    let stopping: Promise<void> | undefined
    return {
      url: http.url,
      port: http.port,
      stores,
      writer,
      telemetry,
      adminToken: token,
      stop: () => (stopping ??= stop()),
      failed: stores.failed,
    }
  } catch (error) {
    await Promise.all([alerting?.stop(), ingestion?.stop(), brokers?.close()])
    await http.close(0)
    await stores?.close()
    throw error
  }
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
