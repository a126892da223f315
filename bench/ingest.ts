import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import { type RunningServer, clock, runServer } from '../cli/run-server.ts'
import { simulateChunks } from '../demo/simulate.ts'
import { readRecords } from '../ingest/transport/records.ts'
import { readEnv } from '../platform/env.ts'
import { openLog } from '../platform/log.ts'
import { createTenant } from '../platform/tenants.ts'
import type { ClientAnswer, ClientOrder } from './ingest-client.ts'
import { engineCpu, expectStored, fromFile, rowLines, settled, type Taken } from './limit.ts'
import { type Benchmark, machine, median, type Report, whole } from './measure.ts'

const EVENTS = 100_000
const ROUNDS = 5
/** Rounds before the measured ones: both sides with warm code and caches. */
const WARM_UP = 1
/** A fixed end of history: every run sends the same events. */
const HISTORY_END = Date.UTC(2026, 2, 1)

type Leg = Taken & { server_cpu_s: number; client_cpu_s: number }

/** One way in, and what each measured round of it gave. */
type Side = { title: string; legs: Leg[]; run(tenant: string): Promise<Leg> }

/** Events of a request, and requests on their way at once. */
type Load = { bodyEvents: number; inFlight: number }

/** Requests of 2,000 events. */
export const ingest: Benchmark = postBenchmark('ingest', { bodyEvents: 2000, inFlight: 32 })

/** Events a second over HTTP, beside ClickHouse reading the very same events, laid out as rows, from a file. */
export function postBenchmark(name: string, load: Load): Benchmark {
  return { name, run: () => run(load) }
}

async function run({ bodyEvents, inFlight }: Load): Promise<Report> {
  const folder = await mkdtemp(join(tmpdir(), 'sightline-bench-'))
  const server = await runServer({
    env: readEnv({ SIGHTLINE_DATA: folder, SIGHTLINE_PORT: '0' }),
    log: openLog({ level: 'error', human: true }),
    webFolder: null,
  })
  const client = new Worker(new URL('ingest-client.ts', import.meta.url))
  try {
    const load = machine()['load']
    const { bodies, bytes } = simulatedBodies(bodyEvents)
    const sides: readonly [Side, Side] = [
      { title: 'POST /v1/events', legs: [], run: (tenant) => overHttp(server, client, { bodies, inFlight }, tenant) },
      { title: 'limit: ClickHouse from a file', legs: [], run: (tenant) => fromRows(server, folder, bodies, tenant) },
    ]
    for (let round = 0; round < WARM_UP + ROUNDS; round++) {
      for (const side of round % 2 === 0 ? sides : sides.toReversed()) {
        const leg = await side.run(`round-${round}-${sides.indexOf(side)}`)
        if (round >= WARM_UP) side.legs.push(leg)
        process.stderr.write(`${round < WARM_UP ? 'warm-up' : `round ${round - WARM_UP + 1} of ${ROUNDS}`}  `)
        process.stderr.write(`${side.title}: ${whole(leg.events_per_s)} events/s\n`)
      }
    }
    return report(sides, { bodyEvents, inFlight }, bytes, load)
  } finally {
    await client.terminate()
    await server.stop()
    await rm(folder, { recursive: true, force: true, maxRetries: 5 })
  }
}

/** Bodies of the first events of the simulated history of its largest tenant. */
function simulatedBodies(bodyEvents: number): { bodies: Buffer[]; bytes: number } {
  const bodies: Buffer[] = []
  let lines: string[] = []
  for (const { tenant, events } of simulateChunks({ seed: 1, now: HISTORY_END })) {
    if (tenant !== 'kestrel') continue
    for (const event of events) {
      if (bodies.length * bodyEvents === EVENTS) break
      lines.push(JSON.stringify(event))
      if (lines.length < bodyEvents) continue
      bodies.push(Buffer.from(lines.join('\n')))
      lines = []
    }
  }
  const bytes = bodies.reduce((sum, body) => sum + body.byteLength, 0)
  if (bodies.length * bodyEvents !== EVENTS) throw new Error(`the simulation gave only ${bodies.length * bodyEvents} events`)
  return { bodies, bytes }
}

/** Sends the bodies to a tenant of their own – identity is by tenant, so every round stores new events. */
async function overHttp(
  server: RunningServer,
  client: Worker,
  sent: Pick<ClientOrder, 'bodies' | 'inFlight'>,
  tenant: string,
): Promise<Leg> {
  await createTenant(server.stores.postgres.db, { id: tenant, name: tenant })
  await settled(server.stores.clickhouse.writer)
  const engine = await engineCpu(server.stores.clickhouse.writer)
  const cpu = process.threadCpuUsage()
  const answer = await new Promise<ClientAnswer>((resolve, reject) => {
    client.once('message', resolve)
    client.once('error', reject)
    client.postMessage({
      url: server.url,
      token: server.adminToken ?? '',
      tenant,
      ...sent,
    } satisfies ClientOrder)
  })
  const { user, system } = process.threadCpuUsage(cpu)
  if (answer.accepted !== EVENTS) throw new Error(`${answer.accepted} of ${EVENTS} events were accepted`)
  await expectStored(server.stores.clickhouse.writer, tenant, EVENTS)
  return {
    events_per_s: EVENTS / answer.seconds,
    seconds: answer.seconds,
    server_cpu_s: (user + system) / 1e6,
    client_cpu_s: answer.cpu_s,
    clickhouse_cpu_s: (await engineCpu(server.stores.clickhouse.writer)) - engine,
  }
}

/** The same events as rows, read by ClickHouse alone. */
async function fromRows(server: RunningServer, folder: string, bodies: readonly Buffer[], tenant: string): Promise<Leg> {
  const events = bodies.flatMap((body) =>
    [...readRecords(body, 'ndjson')].map((record) => ('value' in record ? record.value : null)),
  )
  const rows = { tenant, lines: rowLines(tenant, events, clock()) }
  return { ...(await fromFile(server.stores.clickhouse.writer, folder, rows)), server_cpu_s: 0, client_cpu_s: 0 }
}

function report([http, limit]: readonly [Side, Side], { bodyEvents, inFlight }: Load, bytes: number, load: unknown): Report {
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
      `HTTP: NDJSON bodies of ${whole(bodyEvents)} events, ${inFlight} in flight on kept connections of 127.0.0.1, acknowledged when durable and settled.`,
      'Limit: INSERT … SELECT FROM file(JSONCompactEachRow) of the rows that our own code laid out, into the same tables and views, with an',
      'insert thread a core.',
    ],
    figures: {
      events: EVENTS,
      bytes,
      rounds: ROUNDS,
      body_events: bodyEvents,
      in_flight: inFlight,
      load_before: load,
      ratio: median(ratios),
      ratios,
      http: http.legs,
      limit: limit.legs,
    },
  }
}
