import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { availableParallelism, tmpdir } from 'node:os'
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
const IN_FLIGHT = 32
/** A fixed end of history: every run sends the same events. */
const HISTORY_END = Date.UTC(2026, 2, 1)

type Leg = { events_per_s: number; seconds: number; server_cpu_s: number; client_cpu_s: number; clickhouse_cpu_s: number }

/** One way in, and what each measured round of it gave. */
type Side = { title: string; legs: Leg[]; run(tenant: string): Promise<Leg> }

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
    const sides: readonly [Side, Side] = [
      { title: 'POST /v1/events', legs: [], run: (tenant) => overHttp(server, client, bodies, tenant) },
      { title: 'limit: ClickHouse from a file', legs: [], run: (tenant) => fromFile(server, folder, bodies, tenant) },
    ]
    for (let round = 0; round < WARM_UP + ROUNDS; round++) {
      for (const side of round % 2 === 0 ? sides : sides.toReversed()) {
        const leg = await side.run(`round-${round}-${sides.indexOf(side)}`)
        if (round >= WARM_UP) side.legs.push(leg)
        process.stderr.write(`${round < WARM_UP ? 'warm-up' : `round ${round - WARM_UP + 1} of ${ROUNDS}`}  `)
        process.stderr.write(`${side.title}: ${whole(leg.events_per_s)} events/s\n`)
      }
    }
    return report(sides, bytes, load)
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
      lines.push(jsonLine(eventRow(tenant, event, { receivedAt: receivedAt + lines.length, importId: '' }).values))
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
    clickhouse_settings: { max_insert_threads: String(availableParallelism()) },
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

function jsonLine(values: readonly unknown[]): string {
  return JSON.stringify(values, (_key, value: unknown) => (typeof value === 'bigint' ? value.toString() : value))
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

function report([http, limit]: readonly [Side, Side], bytes: number, load: unknown): Report {
  const ratios = http.legs.map((leg, round) => leg.events_per_s / (limit.legs[round]?.events_per_s ?? Number.NaN))
  const of = (side: Side, key: keyof Leg) => side.legs.map((leg) => leg[key])
  const perEvent = (side: Side, key: keyof Leg) =>
    median(of(side, key)) > 0 ? ((median(of(side, key)) / EVENTS) * 1e6).toFixed(1) : '–'
  const spread = (values: readonly number[], digits: (value: number) => string) =>
    [median(values), Math.min(...values), Math.max(...values)].map(digits)
  return {
    title: `Ingestion: ${whole(EVENTS)} events of ${whole(bytes / EVENTS)} bytes a round, ${ROUNDS} alternating rounds`,
    columns: ['events/s', 'median', 'slowest', 'fastest', 'server µs', 'client µs', 'ClickHouse µs'],
    rows: [
      ...[http, limit].map((side) => [
        side.title,
        ...spread(of(side, 'events_per_s'), whole),
        perEvent(side, 'server_cpu_s'),
        perEvent(side, 'client_cpu_s'),
        perEvent(side, 'clickhouse_cpu_s'),
      ]),
      ['ratio', ...spread(ratios, (value) => value.toFixed(3)), '', '', ''],
    ],
    notes: [
      'The ratio compares the two sides of one round. µs are processor time an event: of the server’s main thread, of the client’s thread,',
      'and of all work of ClickHouse, merges among it. They share the same cores; the limit has them alone.',
      `HTTP: NDJSON bodies of ${whole(BODY_EVENTS)} events, ${IN_FLIGHT} in flight on kept connections of 127.0.0.1, acknowledged when durable and settled.`,
      'Limit: INSERT … SELECT FROM file(JSONCompactEachRow) of the rows that our own code laid out, into the same tables and views, with an',
      'insert thread a core.',
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
      http: http.legs,
      limit: limit.legs,
    },
  }
}
