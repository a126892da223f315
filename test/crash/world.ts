import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import kafkajs from 'kafkajs'
import type { Log } from '../../platform/log.ts'
import { startEmbeddedPostgres } from '../../platform/postgres/embedded.ts'
import { startBroker, type TestBroker } from '../support/kafka.ts'
import { type Supervised, type SupervisedClickHouse, superviseClickHouse, superviseSightline } from '../support/supervise.ts'
import { type ClickHouseWay, openClickHouseWay } from './clickhouse-way.ts'
import { type KafkaWay, openKafkaWay } from './kafka-way.ts'

/** One consumer process with its roads to the stores. */
export type Replica = { process: Supervised; kafka: KafkaWay; clickhouse: ClickHouseWay }

/** An installation as separate processes: stores, broker, consumers, the API; all on ports and folders of their own. */
export type World = {
  /** Temporary folder, removed in the end. */
  folder: string
  /** Environment of a `sightline` command that works on these stores. */
  env: Record<string, string>
  /** The administrator's. */
  token: string
  broker: TestBroker
  clickhouse: SupervisedClickHouse
  replicas: Replica[]
  api: Supervised
  admin: kafkajs.Admin
  kafka: kafkajs.Kafka
  /** Asks the API as the administrator. Fails where the answer is no success. */
  ask<T>(method: string, path: string, tenant: string, body?: unknown): Promise<T>
  /** Topics, and a source of each tenant that reads one. */
  bind(topics: readonly { tenant: string; topic: string; partitions: number }[]): Promise<void>
  stop(): Promise<void>
}

/** The consumer group of the product. */
export const GROUP = 'sightline-ingest'
/** A member that is gone loses its partitions after this time. */
export const SESSION_MS = 3000

/**
 * Opens a world.
 *
 * @param options.replicas consumer processes; the last `spare` of them are not started
 * @param options.ways whether they reach the stores by roads that a test can block
 */
export async function openWorld(options: {
  log: Log
  replicas: number
  spare?: number
  ways?: boolean
  env?: Record<string, string>
}): Promise<World> {
  const { log, spare = 0, ways = true } = options
  const folder = await mkdtemp(join(tmpdir(), 'sightline-world-'))
  const ending: (() => Promise<unknown>)[] = [() => rm(folder, { recursive: true, force: true, maxRetries: 5 })]
  const stop = async () => {
    for (const end of ending.splice(0).toReversed()) await end()
  }
  try {
    const token = `sl_${randomBytes(24).toString('base64url')}`
    const [postgres, broker, clickhouse] = await Promise.all([
      startEmbeddedPostgres({ dir: join(folder, 'postgres'), password: 'test-password', log }),
      startBroker(),
      superviseClickHouse({ folder, log }),
    ])
    ending.push(postgres.stop, broker.stop, clickhouse.stop)
    await clickhouse.start()
    const kafka = new kafkajs.Kafka({
      clientId: 'test',
      brokers: broker.brokers,
      logLevel: kafkajs.logLevel.NOTHING,
      retry: { retries: 20 },
    })
    const admin = kafka.admin()
    await admin.connect()
    ending.push(() => admin.disconnect())
    const env = {
      SIGHTLINE_DATA: folder,
      SIGHTLINE_PORT: '0',
      SIGHTLINE_ADMIN_TOKEN: token,
      SIGHTLINE_SECRET_KEY: randomBytes(32).toString('base64'),
      SIGHTLINE_KAFKA_SESSION_MS: String(SESSION_MS),
      DATABASE_URL: postgres.url,
      CLICKHOUSE_READER_PASSWORD: 'test-password',
      ...options.env,
    }
    const api = superviseSightline('api', ['api'], { ...env, CLICKHOUSE_URL: clickhouse.address() })
    ending.push(() => api.stop())
    await api.start()
    const replicas: Replica[] = []
    for (let n = 1; n <= options.replicas; n++) {
      const [toKafka, toClickHouse] = await Promise.all([
        openKafkaWay(Number(broker.brokers[0]?.split(':')[1])),
        openClickHouseWay(clickhouse.url),
      ])
      const process = superviseSightline(`ingest ${n}`, ['ingest'], {
        ...env,
        CLICKHOUSE_URL: clickhouse.address(ways ? toClickHouse.url : clickhouse.url),
        KAFKA_BROKERS: ways ? toKafka.broker : broker.brokers.join(','),
      })
      ending.push(toKafka.close, toClickHouse.close, () => process.stop())
      replicas.push({ process, kafka: toKafka, clickhouse: toClickHouse })
    }
    const ask: World['ask'] = async <T>(method: string, path: string, tenant: string, body?: unknown) => {
      const response = await fetch(new URL(path, api.url()), {
        method,
        headers: {
          authorization: `Bearer ${token}`,
          ...(tenant === '' ? {} : { 'x-tenant-id': tenant }),
          'content-type': 'application/json',
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      })
      if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`)
      return (await response.json()) as T
    }
    return {
      folder,
      token,
      env: { ...env, CLICKHOUSE_URL: clickhouse.address() },
      broker,
      clickhouse,
      replicas,
      api,
      admin,
      kafka,
      ask,
      async bind(topics) {
        for (const { tenant, topic, partitions } of topics) {
          await admin.createTopics({ topics: [{ topic, numPartitions: partitions }], waitForLeaders: true })
          await ask('POST', '/v1/tenants', '', { id: tenant, name: tenant })
          await ask('POST', '/v1/sources', tenant, {
            id: 'erp',
            name: 'ERP events',
            kind: 'kafka',
            format: 'cloudevents',
            config: { topics: topic },
          })
        }
        const wanted = replicas.slice(0, replicas.length - spare).filter(({ process }) => process.pid() === 0)
        await Promise.all(wanted.map(({ process }) => process.start()))
      },
      stop,
    }
  } catch (error) {
    await stop()
    throw error
  }
}

/** Looks again and again until the check says `true`; fails with what the check said last. */
export async function eventually(what: string, withinMs: number, check: () => Promise<true | string>): Promise<void> {
  const deadline = Date.now() + withinMs
  for (;;) {
    const said = await check().catch((error: unknown) => String(error))
    if (said === true) return
    if (Date.now() > deadline) throw new Error(`${what}: not within ${withinMs / 1000} s: ${said}`)
    await sleep(200)
  }
}

/** Whether the consumers have read and settled everything that lies in the topics. */
export async function drained(world: World, topics: readonly string[]): Promise<true | string> {
  const committed = await world.admin.fetchOffsets({ groupId: GROUP, topics: [...topics] })
  let behind = 0
  for (const topic of topics) {
    const ends = await world.admin.fetchTopicOffsets(topic)
    const offsets = committed.find((one) => one.topic === topic)?.partitions ?? []
    for (const { partition, high } of ends) {
      const place = offsets.find((one) => one.partition === partition)
      behind += Number(high) - Math.max(0, Number(place?.offset ?? 0))
      if (place?.metadata?.includes('-') === true) behind++
    }
  }
  return behind === 0 ? true : `${behind} records are still to be read`
}
