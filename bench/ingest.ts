import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { Worker } from 'node:worker_threads'
import { type RunningServer, clock, runServer } from '../cli/run-server.ts'
import { simulateChunks } from '../demo/simulate.ts'
import { EVENT_COLUMNS, eventRow } from '../ingest/row.ts'
import { readRecords } from '../ingest/transport/records.ts'
import { isRefusal, readEvent } from '../model/event.ts'
import { readEnv } from '../platform/env.ts'
import { openLog } from '../platform/log.ts'
import { createTenant } from '../platform/tenants.ts'
import type { ClientAnswer, ClientOrder } from './ingest-client.ts'
import { type Benchmark, machine, median, type Report, whole } from './measure.ts'

const EVENTS = 100_000
const ROUNDS = 5
/** Rounds before the measured ones: both sides with warm code and caches. */
const WARM_UP = 1
const BODY_EVENTS = 2000
const IN_FLIGHT = 16
/** A fixed end of history: every run sends the same events. */
const HISTORY_END = Date.UTC(2026, 2, 1)

type Leg = { events_per_s: number; seconds: number; server_cpu_s: number; client_cpu_s: number; clickhouse_cpu_s: number }

/** Events a second over HTTP, beside ClickHouse reading the very same events, laid out as rows, from a file. */
export const ingest: Benchmark = { name: 'ingest', run }

async function run(): Promise<Report> {
  const folder = await mkdtemp(join(tmpdir(), 'sightline-bench-'))
  const server = await runServer({
    env: readEnv({ SIGHTLINE_DATA: folder, SIGHTLINE_PORT: '0' }),
    log: openLog({ level: 'error', human: true }),
    webFolder: null,
  })
  const client = new Worker(new URL('ingest-client.ts', import.meta.url))
  try {
    const load = machine()['load']
    const { bodies, bytes } = simulatedBodies()
    const http: Leg[] = []
    const limit: Leg[] = []
    for (let round = -WARM_UP; round < ROUNDS; round++) {
      const legs = [
        async () => http.push(await overHttp(server, client, bodies, `http-${round + WARM_UP}`)),
        async () => limit.push(await fromFile(server, folder, bodies, `limit-${round + WARM_UP}`)),
      ]
      for (const leg of round % 2 === 0 ? legs : legs.toReversed()) await leg()
      process.stderr.write(`${round < 0 ? 'warm-up' : `round ${round + 1} of ${ROUNDS}`}: `)
      process.stderr.write(`HTTP ${whole(http.at(-1)?.events_per_s ?? 0)}/s, limit ${whole(limit.at(-1)?.events_per_s ?? 0)}/s\n`)
    }
    return report(http.slice(WARM_UP), limit.slice(WARM_UP), bytes, load)
  } finally {
    await client.terminate()
    await server.stop()
    await rm(folder, { recursive: true, force: true, maxRetries: 5 })
  }
}

/** Bodies of the first events of the simulated history of its largest tenant. */
function simulatedBodies(): { bodies: Buffer[]; bytes: number } {
  const bodies: Buffer[] = []
  let lines: string[] = []
  for (const { tenant, events } of simulateChunks({ seed: 1, now: HISTORY_END })) {
    if (tenant !== 'kestrel') continue
    for (const event of events) {
      if (bodies.length * BODY_EVENTS === EVENTS) break
      lines.push(JSON.stringify(event))
      if (lines.length < BODY_EVENTS) continue
      bodies.push(Buffer.from(lines.join('\n')))
      lines = []
    }
  }
  const bytes = bodies.reduce((sum, body) => sum + body.byteLength, 0)
  if (bodies.length * BODY_EVENTS !== EVENTS) throw new Error(`the simulation gave only ${bodies.length * BODY_EVENTS} events`)
  return { bodies, bytes }
}

/** Sends the bodies to a tenant of their own – identity is by tenant, so every round stores new events. */
async function overHttp(server: RunningServer, client: Worker, bodies: readonly Buffer[], tenant: string): Promise<Leg> {
  await createTenant(server.stores.postgres.db, { id: tenant, name: tenant })
  await settled(server)
  const engine = await engineCpu(server)
  const cpu = process.threadCpuUsage()
  const answer = await new Promise<ClientAnswer>((resolve, reject) => {
    client.once('message', resolve)
    client.once('error', reject)
    client.postMessage({
      url: server.url,
      token: server.adminToken ?? '',
      tenant,
      bodies,
      inFlight: IN_FLIGHT,
    } satisfies ClientOrder)
  })
  const { user, system } = process.threadCpuUsage(cpu)
  if (answer.accepted !== EVENTS) throw new Error(`${answer.accepted} of ${EVENTS} events were accepted`)
  await expectStored(server, tenant)
  return {
    events_per_s: EVENTS / answer.seconds,
    seconds: answer.seconds,
    server_cpu_s: (user + system) / 1e6,
    client_cpu_s: answer.cpu_s,
    clickhouse_cpu_s: (await engineCpu(server)) - engine,
  }
}

/** Lays the events out as rows in a file, and measures how fast ClickHouse alone takes the file into the same tables and views. */
async function fromFile(server: RunningServer, folder: string, bodies: readonly Buffer[], tenant: string): Promise<Leg> {
  const path = join(folder, `${tenant}.jsonl`)
  const receivedAt = clock()
  const lines: string[] = []
  for (const body of bodies)
    for (const record of readRecords(body, 'ndjson')) {
      const event = readEvent('value' in record ? record.value : null, { tenant, receivedAt, fallbackSeq: record.index })
      if (isRefusal(event)) throw new Error(event.message)
      lines.push(eventRow(tenant, event, { receivedAt: receivedAt + lines.length, importId: '' }).line)
    }
  await writeFile(path, lines.join('\n'))
  const { writer } = server.stores.clickhouse
  const columns = EVENT_COLUMNS.join(', ')
  const described = await writer.query({ query: 'DESCRIBE TABLE sightline.events', format: 'JSONEachRow' })
  const types = new Map((await described.json<{ name: string; type: string }>()).map(({ name, type }) => [name, type]))
  const structure = EVENT_COLUMNS.map((name) => `${name} ${types.get(name) ?? ''}`).join(', ')
  await settled(server)
  const engine = await engineCpu(server)
  const start = performance.now()
  await writer.command({
    query: `INSERT INTO sightline.events (${columns}) SELECT ${columns} FROM file({path:String}, JSONCompactEachRow, {structure:String})`,
    query_params: { path, structure },
  })
  const seconds = (performance.now() - start) / 1000
  await expectStored(server, tenant)
  await rm(path)
  return {
    events_per_s: EVENTS / seconds,
    seconds,
    server_cpu_s: 0,
    client_cpu_s: 0,
    clickhouse_cpu_s: (await engineCpu(server)) - engine,
  }
}

async function expectStored(server: RunningServer, tenant: string): Promise<void> {
  const stored = await one<{ events: number }>(
    server,
    `SELECT toUInt32(uniqExact(event_id)) AS events FROM sightline.events WHERE tenant_id = {tenant:String}`,
    { tenant },
  )
  if (stored?.events !== EVENTS) throw new Error(`${stored?.events} of ${EVENTS} events are stored`)
}

/** Waits until no merge is under way, so that neither side pays for the other's. */
async function settled(server: RunningServer): Promise<void> {
  for (let calm = 0; calm < 3;) {
    const merging = await one<{ merges: number }>(server, 'SELECT toUInt32(count()) AS merges FROM system.merges')
    calm = merging?.merges === 0 ? calm + 1 : 0
    await sleep(100)
  }
}

/** Processor time of all threads of ClickHouse since its start, in seconds. */
async function engineCpu(server: RunningServer): Promise<number> {
  const spent = await one<{ us: number }>(
    server,
    `SELECT toFloat64(value) AS us FROM system.events WHERE event = 'OSCPUVirtualTimeMicroseconds'`,
  )
  return (spent?.us ?? 0) / 1e6
}

async function one<T>(server: RunningServer, query: string, params: Record<string, unknown> = {}): Promise<T | undefined> {
  const answer = await server.stores.clickhouse.writer.query({ query, query_params: params, format: 'JSONEachRow' })
  const [row] = await answer.json<T>()
  return row
}

function report(http: readonly Leg[], limit: readonly Leg[], bytes: number, load: unknown): Report {
  const ratios = http.map((leg, round) => leg.events_per_s / (limit[round]?.events_per_s ?? Number.NaN))
  const of = (legs: readonly Leg[], key: keyof Leg) => median(legs.map((leg) => leg[key]))
  const perEvent = (legs: readonly Leg[], key: keyof Leg) =>
    of(legs, key) > 0 ? ((of(legs, key) / EVENTS) * 1e6).toFixed(1) : '–'
  const row = (title: string, legs: readonly Leg[]) => [
    title,
    whole(of(legs, 'events_per_s')),
    whole(Math.min(...legs.map((leg) => leg.events_per_s))),
    whole(Math.max(...legs.map((leg) => leg.events_per_s))),
    perEvent(legs, 'server_cpu_s'),
    perEvent(legs, 'client_cpu_s'),
    perEvent(legs, 'clickhouse_cpu_s'),
  ]
  return {
    title: `Ingestion: ${whole(EVENTS)} events of ${whole(bytes / EVENTS)} bytes a round, ${ROUNDS} alternating rounds`,
    columns: ['', 'events/s', 'slowest', 'fastest', 'server µs', 'client µs', 'ClickHouse µs'],
    rows: [
      row('POST /v1/events', http),
      row('limit: ClickHouse from a file', limit),
      ['ratio', median(ratios).toFixed(3), Math.min(...ratios).toFixed(3), Math.max(...ratios).toFixed(3), '', '', ''],
    ],
    notes: [
      'events/s is the median of the rounds, the ratio the median of the ratios of each round. µs are processor time an event: the',
      'server’s main thread, the client’s thread, and all queries of ClickHouse. They share the same cores; the limit has them alone.',
      `HTTP: NDJSON bodies of ${whole(BODY_EVENTS)} events, ${IN_FLIGHT} in flight on kept connections of 127.0.0.1, acknowledged when durable and settled.`,
      'Limit: INSERT … SELECT FROM file(JSONCompactEachRow) of the rows that our own code laid out, into the same tables and views.',
    ],
    figures: {
      events: EVENTS,
      bytes,
      rounds: ROUNDS,
      body_events: BODY_EVENTS,
      in_flight: IN_FLIGHT,
      load_before: load,
      ratio: median(ratios),
      ratios,
      http,
      limit,
    },
  }
}
