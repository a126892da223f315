import { readFile } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { Worker } from 'node:worker_threads'
import type { ClickHouseClient } from '@clickhouse/client'
import type { Message } from 'kafkajs'
import { simulateChunks } from '../demo/simulate.ts'
import type { DemoEvent } from '../demo/recorder.ts'
import { openLog } from '../platform/log.ts'
import { EVENT_COLUMNS } from '../ingest/row.ts'
import { openWorld, type World } from '../test/crash/world.ts'
import { poison } from '../test/crash/poison.ts'
import type { LiveOrder, LiveSent } from './kafka-producer.ts'
import { eventStructure, expectStored, firstRow, fromFile, rowLines, settled } from './limit.ts'
import { type Benchmark, machine, median, type Report, whole } from './measure.ts'

const EVENTS = 150_000
const ROUNDS = 5
/** Rounds before the measured ones. */
const WARM_UP = 1
const PARTITIONS = 4
/** Consumer processes. */
const REPLICAS = 2
/** One record in so many is garbage in the poisoned topic. */
const POISONED = 100
const LIVE_RATE = 5000
const LIVE_SECONDS = 20
const HISTORY_END = Date.UTC(2026, 2, 1)
const SEND = 500

/** Processor time by process, seconds. */
type Cpu = { consumers: number; broker: number; clickhouse: number }
type Leg = Cpu & { events_per_s: number; seconds: number }
type Side = { key: string; title: string; legs: Leg[]; run(tenant: string): Promise<Leg> }

/**
 * Events a second from a topic that is full to queryable rows, beside ClickHouse's own Kafka engine and the limit of the machine; and how
 * soon an event can be queried while a steady stream comes.
 */
export const kafka: Benchmark = { name: 'kafka', run }

async function run(): Promise<Report> {
  const load = machine()['load']
  const events = topicEvents()
  const bytes = events.reduce((sum, event) => sum + JSON.stringify(event).length, 0)
  const world = await openWorld({ log: openLog({ level: 'error', human: true }), replicas: REPLICAS, ways: false })
  try {
    const sides: readonly Side[] = [
      { key: 'ours', title: 'Sightline, CloudEvents', legs: [], run: (tenant) => consumed(world, tenant, events, 0) },
      {
        key: 'poisoned',
        title: 'Sightline, 1 % of it garbage',
        legs: [],
        run: (tenant) => consumed(world, tenant, events, POISONED),
      },
      { key: 'engine', title: 'ClickHouse Kafka engine, ready rows', legs: [], run: (tenant) => byEngine(world, tenant, events) },
      { key: 'limit', title: 'limit: ClickHouse from a file', legs: [], run: (tenant) => limit(world, tenant, events) },
    ]
    await world.bind([])
    for (let round = 0; round < WARM_UP + ROUNDS; round++) {
      for (const side of round % 2 === 0 ? sides : sides.toReversed()) {
        const leg = await side.run(`${side.key}-${round}`)
        if (round >= WARM_UP) side.legs.push(leg)
        process.stderr.write(`${round < WARM_UP ? 'warm-up' : `round ${round - WARM_UP + 1} of ${ROUNDS}`}  `)
        process.stderr.write(`${side.title}: ${whole(leg.events_per_s)} events/s\n`)
      }
    }
    const live = await freshness(world, events)
    return report(sides, bytes, live, load)
  } finally {
    await world.stop()
  }
}

/** Events of the simulated history of its largest tenant in the order of their instants, as a topic has them. */
function topicEvents(): DemoEvent[] {
  const found: DemoEvent[] = []
  for (const { tenant, events } of simulateChunks({ seed: 1, now: HISTORY_END })) {
    if (tenant === 'kestrel') found.push(...events)
    if (found.length >= EVENTS) break
  }
  if (found.length < EVENTS) throw new Error(`the simulation gave only ${found.length} events`)
  return found.slice(0, EVENTS).toSorted((a, b) => Date.parse(a.time) - Date.parse(b.time))
}

/** Fills a topic, binds it to a tenant of its own, and waits until every event can be queried. */
async function consumed(world: World, tenant: string, events: readonly DemoEvent[], poisoned: number): Promise<Leg> {
  const messages = events.map((event): Message => ({ key: event.subject, value: JSON.stringify(event) }))
  if (poisoned > 0)
    for (let n = 0; n * poisoned < events.length; n++) {
      const { value, headers } = poison(n)
      messages.splice(n * (poisoned + 1), 0, { key: `garbage-${n}`, value, headers })
    }
  await fill(world, tenant, messages)
  const clickhouse = world.clickhouse.clients.writer
  await settled(clickhouse)
  const before = await cpuOf(world)
  await bound(world, tenant)
  const end = await queryable(clickhouse, tenant, EVENTS)
  const after = await cpuOf(world)
  const first = await firstRow<{ at: number }>(
    clickhouse,
    'SELECT toFloat64(toUnixTimestamp64Micro(min(received_at))) AS at FROM sightline.events WHERE tenant_id = {tenant:String}',
    { tenant },
  )
  const seconds = (end - (first?.at ?? 0) / 1000) / 1000
  await expectStored(clickhouse, tenant, EVENTS)
  await world.admin.deleteTopics({ topics: [topicOf(tenant)] })
  return { events_per_s: EVENTS / seconds, seconds, ...difference(after, before) }
}

/** The same events as ready rows in a topic, read by ClickHouse's own Kafka engine into the same tables and views. */
async function byEngine(world: World, tenant: string, events: readonly DemoEvent[]): Promise<Leg> {
  const clickhouse = world.clickhouse.clients.writer
  const lines = rowLines(tenant, events, Date.now() * 1000)
  await fill(
    world,
    tenant,
    lines.map((value, at): Message => ({ key: events[at]?.subject ?? null, value })),
  )
  const table = `bench_${tenant.replaceAll('-', '_')}`
  await settled(clickhouse)
  const before = await cpuOf(world)
  await clickhouse.command({
    query: `CREATE TABLE sightline.${table} (${await eventStructure(clickhouse)}) ENGINE = Kafka SETTINGS
      kafka_broker_list = '${world.broker.brokers.join(',')}', kafka_topic_list = '${topicOf(tenant)}', kafka_group_name = '${table}',
      kafka_format = 'JSONCompactEachRow', kafka_num_consumers = 2, kafka_thread_per_consumer = 1, kafka_max_block_size = 20000,
      kafka_poll_max_batch_size = 20000, kafka_flush_interval_ms = 1000`,
  })
  await clickhouse.command({
    query: `CREATE MATERIALIZED VIEW sightline.${table}_view TO sightline.events AS SELECT ${EVENT_COLUMNS.join(', ')} FROM sightline.${table}`,
  })
  // As with our own consumer, joining the group does not count.
  const start = await until(async () => {
    const read = await firstRow<{ n: number }>(
      clickhouse,
      `SELECT toUInt32(sum(num_messages_read)) AS n FROM system.kafka_consumers WHERE table = {table:String}`,
      { table },
    )
    return (read?.n ?? 0) > 0
  })
  const end = await queryable(clickhouse, tenant, EVENTS)
  const after = await cpuOf(world)
  await expectStored(clickhouse, tenant, EVENTS)
  await clickhouse.command({ query: `DROP TABLE sightline.${table}_view` })
  await clickhouse.command({ query: `DROP TABLE sightline.${table}` })
  await world.admin.deleteTopics({ topics: [topicOf(tenant)] })
  const seconds = (end - start) / 1000
  return { events_per_s: EVENTS / seconds, seconds, ...difference(after, before) }
}

async function limit(world: World, tenant: string, events: readonly DemoEvent[]): Promise<Leg> {
  const rows = { tenant, lines: rowLines(tenant, events, Date.now() * 1000) }
  const { events_per_s, seconds, clickhouse_cpu_s } = await fromFile(world.clickhouse.clients.writer, world.folder, rows)
  return { events_per_s, seconds, consumers: 0, broker: 0, clickhouse: clickhouse_cpu_s }
}

/** A steady stream, and for each of its events how long after it was sent it could be queried, milliseconds. */
async function freshness(
  world: World,
  events: readonly DemoEvent[],
): Promise<{ p50: number; p95: number; max: number; n: number }> {
  const tenant = 'live'
  const clickhouse = world.clickhouse.clients.writer
  const [first, ...stream] = events.slice(0, LIVE_RATE * LIVE_SECONDS + 1).map((event) => ({
    key: event.subject,
    value: JSON.stringify(event),
  }))
  if (first === undefined) throw new Error('there are no events')
  // Joining the group is over when the first event can be queried.
  await fill(world, tenant, [first])
  await bound(world, tenant)
  await queryable(clickhouse, tenant, 1)
  await settled(clickhouse)
  const worker = new Worker(new URL('kafka-producer.ts', import.meta.url))
  const sent = new Promise<LiveSent>((resolve, reject) => {
    worker.once('message', resolve)
    worker.once('error', reject)
  })
  const order: LiveOrder = {
    brokers: world.broker.brokers,
    topic: topicOf(tenant),
    rate: LIVE_RATE,
    messages: stream,
  }
  worker.postMessage(order)
  const seen: { at: number; events: number }[] = []
  await until(async () => {
    const found = (await countOf(clickhouse, tenant)) - 1
    seen.push({ at: now(), events: found })
    return found >= stream.length
  })
  const { batches } = await sent
  await worker.terminate()
  // The n-th event that was sent could be queried when n events could.
  const waits: number[] = []
  let nth = 0
  let at = 0
  for (const batch of batches)
    for (let one = 0; one < batch.events; one++) {
      nth++
      while ((seen[at]?.events ?? stream.length) < nth) at++
      waits.push((seen[at]?.at ?? 0) - batch.at)
    }
  const sorted = waits.toSorted((a, b) => a - b)
  const quantile = (q: number) => sorted[Math.floor(q * (sorted.length - 1))] ?? Number.NaN
  return { p50: quantile(0.5), p95: quantile(0.95), max: quantile(1), n: sorted.length }
}

function topicOf(tenant: string): string {
  return `bench.${tenant}`
}

async function fill(world: World, tenant: string, messages: readonly Message[]): Promise<void> {
  await world.admin.createTopics({ topics: [{ topic: topicOf(tenant), numPartitions: PARTITIONS }], waitForLeaders: true })
  const producer = world.kafka.producer({ allowAutoTopicCreation: false })
  await producer.connect()
  for (let at = 0; at < messages.length; at += SEND)
    await producer.send({ topic: topicOf(tenant), acks: -1, messages: messages.slice(at, at + SEND) })
  await producer.disconnect()
}

/** Registers the tenant's source: from here on the consumers read its topic. */
async function bound(world: World, tenant: string): Promise<void> {
  await world.ask('POST', '/v1/tenants', '', { id: tenant, name: tenant })
  const config = { topics: topicOf(tenant) }
  await world.ask('POST', '/v1/sources', tenant, { id: 'erp', name: 'ERP events', kind: 'kafka', format: 'cloudevents', config })
}

async function countOf(clickhouse: ClickHouseClient, tenant: string): Promise<number> {
  const found = await firstRow<{ n: number }>(
    clickhouse,
    'SELECT toUInt32(uniqExact(event_id)) AS n FROM sightline.events WHERE tenant_id = {tenant:String}',
    { tenant },
  )
  return found?.n ?? 0
}

/** The instant at which so many events of the tenant could be queried. */
function queryable(clickhouse: ClickHouseClient, tenant: string, count: number): Promise<number> {
  return until(async () => (await countOf(clickhouse, tenant)) >= count)
}

/** Looking costs ClickHouse time that the events then lack. */
const POLL_MS = 100
const PATIENCE_MS = 180_000

async function until(check: () => Promise<boolean>): Promise<number> {
  const deadline = now() + PATIENCE_MS
  while (!(await check())) {
    if (now() > deadline) throw new Error('it did not come to its end in time')
    await sleep(POLL_MS)
  }
  return now()
}

/** Milliseconds since 1970, with fractions. */
function now(): number {
  return performance.timeOrigin + performance.now()
}

async function cpuOf(world: World): Promise<Cpu> {
  const consumers = await Promise.all(world.replicas.map(({ process: { pid } }) => processCpu(pid())))
  return {
    consumers: consumers.reduce((sum, one) => sum + one, 0),
    broker: await processCpu(world.broker.pid),
    clickhouse: await processCpu(world.clickhouse.pid()),
  }
}

function difference(after: Cpu, before: Cpu): Cpu {
  return {
    consumers: after.consumers - before.consumers,
    broker: after.broker - before.broker,
    clickhouse: after.clickhouse - before.clickhouse,
  }
}

/** Clock ticks a second of `/proc`, which Linux fixes for programs. */
const TICKS = 100

/** Processor time that a process has used, with all its threads, seconds. */
async function processCpu(pid: number): Promise<number> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8')
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return (Number(fields[11]) + Number(fields[12])) / TICKS
}

function report(
  sides: readonly Side[],
  bytes: number,
  live: { p50: number; p95: number; max: number; n: number },
  load: unknown,
): Report {
  const of = (side: Side, field: keyof Leg) => side.legs.map((leg) => leg[field])
  const perEvent = (side: Side, field: keyof Cpu) => {
    const seconds = median(of(side, field))
    return seconds > 0 ? ((seconds / EVENTS) * 1e6).toFixed(1) : '–'
  }
  const spread = (values: readonly number[], digits: (value: number) => string) =>
    [median(values), Math.min(...values), Math.max(...values)].map(digits)
  const [ours, poisoned, engine, file] = sides
  if (ours === undefined || poisoned === undefined || engine === undefined || file === undefined) throw new Error('four sides')
  const ratios = (one: Side, other: Side) =>
    one.legs.map((leg, round) => leg.events_per_s / (other.legs[round]?.events_per_s ?? Number.NaN))
  const compared = [
    { title: 'Sightline / Kafka engine', values: ratios(ours, engine) },
    { title: 'Sightline / limit', values: ratios(ours, file) },
    { title: '1 % garbage / clean', values: ratios(poisoned, ours) },
  ]
  return {
    title: `Kafka: ${whole(EVENTS)} events of ${whole(bytes / EVENTS)} bytes in ${PARTITIONS} partitions a round, ${ROUNDS} alternating rounds`,
    columns: ['events/s', 'median', 'slowest', 'fastest', 'consumer µs', 'broker µs', 'ClickHouse µs'],
    rows: [
      ...sides.map((side) => [
        side.title,
        ...spread(of(side, 'events_per_s'), whole),
        perEvent(side, 'consumers'),
        perEvent(side, 'broker'),
        perEvent(side, 'clickhouse'),
      ]),
      ...compared.map(({ title, values }) => [title, ...spread(values, (value) => value.toFixed(3)), '', '', '']),
    ],
    notes: [
      `Freshness at ${whole(LIVE_RATE)} events/s for ${LIVE_SECONDS} s: an event can be queried ${whole(live.p50)} ms (median), ${whole(live.p95)} ms (p95), ${whole(live.max)} ms (most) after it was sent.`,
      `From the first record that is read to the last event that can be queried, views and fsync on; ${REPLICAS} consumer processes, broker and`,
      'ClickHouse share the cores. µs are processor time an event, of whole processes from the registration of the source on. The engine reads',
      'rows that our own code laid out before – no mapping, no identity, no ledger, no claims – into the same tables and views, 2 consumers, a',
      'thread each. The limit reads the same rows from a file, with an insert thread a core and nothing beside it.',
    ],
    figures: {
      events: EVENTS,
      bytes,
      rounds: ROUNDS,
      partitions: PARTITIONS,
      replicas: REPLICAS,
      load_before: load,
      ratio_engine: median(ratios(ours, engine)),
      ratio_limit: median(ratios(ours, file)),
      ratio_poisoned: median(ratios(poisoned, ours)),
      freshness_ms: live,
      sides: Object.fromEntries(sides.map(({ key, legs }) => [key, legs])),
    },
  }
}
