import type { ReadinessCheck } from '../api/contract/admin.ts'
import type { Registry } from 'prom-client'
import { createConnectorRunner } from '../ingest/connectors/runner.ts'
import { keepSettled } from '../ingest/keep-settled.ts'
import type { Judge } from '../ingest/judge.ts'
import { keepLedger } from '../ingest/ledger.ts'
import type { TelemetryWriter } from '../ingest/otlp/writer.ts'
import type { Shapes } from '../ingest/shapes.ts'
import type { EventWriter } from '../ingest/write.ts'
import type { Instant } from '../model/instant.ts'
import type { Env } from '../platform/env.ts'
import { logged } from '../platform/logged.ts'
import { lead } from '../platform/lease.ts'
import type { Log } from '../platform/log.ts'
import type { SecretBox } from '../platform/secrets.ts'
import type { Stores } from '../platform/stores.ts'
import { listTenants } from '../platform/tenants.ts'
import { verifiedTenant } from '../model/tenant.ts'
import { keepDerived } from '../queries/derive/keep-derived.ts'
import { mirrorReference } from '../queries/reference-mirror.ts'
import { type Brokers, startConsumers } from './kafka.ts'

/** What runs without being asked: topics that are read, systems that are asked, what is settled and what is computed afterwards. */
export type Ingestion = {
  checks(): ReadinessCheck[]
  /** Takes no more and finishes what was taken. */
  stop(): Promise<void>
}

/** So many events that wait in the topics are a backlog: what computes answers lets them be stored first. */
const BACKLOG_EVENTS = 20_000

/**
 * Starts everything that brings events in by itself.
 *
 * @param parts.brokers null without Kafka
 * @param parts.computes whether answers are computed too
 */
export function startIngestion(parts: {
  env: Pick<Env, 'kafkaSessionMs' | 'pullReach'>
  stores: Stores
  brokers: Brokers | null
  computes: boolean
  writer: EventWriter
  telemetry: TelemetryWriter
  secrets: SecretBox
  shapes: Shapes
  judge: Judge
  registry: Registry
  now: () => Instant
  log: Log
}): Ingestion {
  const { env, stores, brokers, computes, writer, telemetry, secrets, shapes, judge, registry, now, log } = parts
  const clickhouse = stores.clickhouse.writer
  const settling = lead({
    db: stores.postgres.db,
    name: 'settling',
    log,
    async work(signal) {
      await Promise.all([
        keepLedger(clickhouse, {
          now,
          signal,
          onError: (error) => log.warn(logged(error), 'settling the ledger failed; it is tried again'),
        }),
        keepSettled({
          clickhouse,
          writer,
          now,
          signal,
          onError: (error) => log.warn(logged(error), 'looking for conflicting copies failed; it is tried again'),
        }),
      ])
    },
  })
  const consumers =
    brokers === null
      ? null
      : startConsumers({
          port: brokers.port,
          db: stores.postgres.db,
          judge,
          writer,
          now,
          log,
          registry,
          sessionMs: env.kafkaSessionMs,
        })
  const deriving = computes
    ? lead({
        db: stores.postgres.db,
        name: 'deriving',
        log,
        async work(signal) {
          const derived = { clickhouse, db: stores.postgres.db }
          // What was stated while a process died may not have reached ClickHouse.
          for (const { id } of await listTenants(derived.db)) await mirrorReference(derived, verifiedTenant(id), now())
          await keepDerived(derived, {
            now,
            signal,
            log,
            isBehind: () => (consumers?.behind() ?? 0) > BACKLOG_EVENTS,
            onRun: ({ tenant, documents, ms }) => log.debug({ tenant, documents, ms }, 'answers computed'),
            onRemoved: () => writer.forget(),
          })
        },
      })
    : null
  const connectors = createConnectorRunner(
    { db: stores.postgres.db, clickhouse: stores.clickhouse, writer, telemetry, secrets, shapes, now, log, reach: env.pullReach },
    { every: true },
  )
  return {
    checks: () => consumers?.checks() ?? [],
    async stop() {
      await Promise.all([consumers?.stop(), connectors.stop(), settling.stop(), deriving?.stop()])
    },
  }
}
