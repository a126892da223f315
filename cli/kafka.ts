import { hostname } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Registry } from 'prom-client'
import type { ReadinessCheck } from '../api/contract/admin.ts'
import type { Judge } from '../ingest/judge.ts'
import { sourceBinding, type TopicBinding } from '../ingest/transport/kafka/bindings.ts'
import { startKafka } from '../ingest/transport/kafka/consumer.ts'
import { frontBinding } from '../ingest/transport/kafka/front.ts'
import type { EventWriter } from '../ingest/write.ts'
import type { Instant } from '../model/instant.ts'
import { createKafka } from '../platform/kafka/kafkajs.ts'
import type { KafkaPort } from '../platform/kafka/port.ts'
import { reportKafka } from '../platform/kafka-state.ts'
import type { Log } from '../platform/log.ts'
import type { Db } from '../platform/postgres/client.ts'
import { listSources } from '../platform/sources.ts'

/** The brokers as a process sees them. */
export type Brokers = {
  port: KafkaPort
  checks(): ReadinessCheck[]
  close(): Promise<void>
}

/** How often the brokers are asked whether they are there, and how long they may take, ms. */
const PROBE_MS = 5000
const PROBE_LIMIT_MS = 8000

/** Connects to the brokers, and asks them now and then whether they are there. They may be away: what needs them tries again. */
export function openBrokers(options: { brokers: readonly string[]; log: Log }): Brokers {
  const port = createKafka({ brokers: options.brokers, clientId: 'sightline', log: options.log })
  const ending = new AbortController()
  let failure: string | null = 'not asked yet'
  const probe = async (): Promise<void> => {
    while (!ending.signal.aborted) {
      const late = sleep(PROBE_LIMIT_MS, undefined, { ref: false }).then(() => {
        throw new Error(`no answer in ${PROBE_LIMIT_MS / 1000} s`)
      })
      try {
        await Promise.race([port.topics(), late])
        failure = null
      } catch (error) {
        failure = messageOf(error)
      }
      late.catch(() => undefined)
      await sleep(PROBE_MS, undefined, { signal: ending.signal }).catch(() => undefined)
    }
  }
  const probing = probe()
  return {
    port,
    checks: () => [{ name: 'kafka', ok: failure === null, detail: failure ?? 'answers' }],
    async close() {
      ending.abort()
      await probing
      await port.close()
    },
  }
}

/** The consumers of the bound topics. */
export type Consumers = {
  checks(): ReadinessCheck[]
  /** Events that wait in the topics. */
  behind(): number
  stop(): Promise<void>
}

/** How often the state of the consumers is left for other processes to show, ms. */
const REPORT_MS = 2000
/** A rebalance may take so long before it counts as being away, µs. */
const REBALANCE_US = 20e6

/** Reads the topics of the registered sources, and what came over HTTP. */
export function startConsumers(options: {
  port: KafkaPort
  db: Db
  judge: Judge
  writer: EventWriter
  now: () => Instant
  log: Log
  registry: Registry
  sessionMs: number | undefined
}): Consumers {
  const { port: kafka, db, judge, writer, now, log, registry, sessionMs } = options
  const consumers = startKafka({
    kafka,
    db,
    bindings: () => boundTopics(db),
    judge,
    writer,
    now,
    log,
    registry,
    ...(sessionMs === undefined ? {} : { limits: { sessionMs } }),
  })
  const name = `${hostname()}:${process.pid}`
  const behind = () => consumers.state().partitions.reduce((sum, one) => sum + one.lag, 0)
  const ending = new AbortController()
  let lastConnected = now()
  const report = async (): Promise<void> => {
    const state = consumers.state()
    if (state.connected) lastConnected = state.as_of
    const { retrying_since, last_error } = writer.state()
    await reportKafka(db, name, { ...state, waiting_since: retrying_since, waiting_for: last_error }).catch((error: unknown) => {
      log.debug({ err: error }, 'the state of the consumers could not be left for others')
    })
  }
  const reporting = (async () => {
    while (!ending.signal.aborted) {
      await report()
      await sleep(REPORT_MS, undefined, { signal: ending.signal }).catch(() => undefined)
    }
  })()
  return {
    behind,
    checks() {
      const { connected, error, partitions } = consumers.state()
      const ok = connected || now() - lastConnected < REBALANCE_US
      return [
        {
          name: 'consumers',
          ok,
          detail: error ?? (connected ? `${partitions.length} partitions, lag ${behind()}` : 'not in the group'),
        },
      ]
    },
    async stop() {
      await consumers.stop()
      ending.abort()
      await reporting
      await report()
    },
  }
}

async function boundTopics(db: Db): Promise<TopicBinding[]> {
  const sources = await listSources(db, null)
  const byId = new Map(sources.map((source) => [`${source.tenantId}/${source.id}`, source]))
  return [
    ...sources.flatMap((source) => sourceBinding(source) ?? []),
    frontBinding((tenant, feed) => byId.get(`${tenant}/${feed}`) ?? null),
  ]
}

function messageOf(error: unknown): string {
  return error instanceof Error && error.message !== '' ? error.message.slice(0, 200) : 'does not answer'
}
