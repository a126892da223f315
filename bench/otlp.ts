import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import { clock, type RunningServer, runServer } from '../cli/run-server.ts'
import { mapSpans } from '../ingest/otlp/calls.ts'
import { telemetryColumns, telemetryRows } from '../ingest/otlp/columns.ts'
import { readProtobuf } from '../ingest/otlp/protobuf.ts'
import { columnTypes } from '../ingest/rows.ts'
import { verifiedTenant } from '../model/tenant.ts'
import { encodeNative, type NativeColumn } from '../platform/clickhouse/native.ts'
import { readEnv } from '../platform/env.ts'
import { openLog } from '../platform/log.ts'
import { createTenant } from '../platform/tenants.ts'
import { engineCpu, firstRow, insertFile, settled } from './limit.ts'
import { type Benchmark, machine, median, type Report, whole } from './measure.ts'
import type { OtlpAnswer, OtlpOrder } from './otlp-client.ts'
import { TraceRequest, traceBodies } from './otlp-spans.ts'

const SPANS = 100_000
const BODY_SPANS = 2000
const ROUNDS = 5
/** Rounds before the measured ones: all sides with warm code and caches. */
const WARM_UP = 1
const IN_FLIGHT = 32
const TABLE = 'integration_calls'

type Leg = { spans_per_s: number; server_cpu_s: number; client_cpu_s: number; clickhouse_cpu_s: number }

/** One way, and what each measured round of it gave. */
type Side = { title: string; legs: Leg[]; run(tenant: string): Promise<Leg> }

/** Spans a second by OTLP/HTTP, beside the decoding alone and beside ClickHouse reading the very same rows from a file. */
export const otlp: Benchmark = { name: 'otlp', run }

async function run(): Promise<Report> {
  const folder = await mkdtemp(join(tmpdir(), 'sightline-bench-'))
  const server = await runServer({
    env: readEnv({ SIGHTLINE_DATA: folder, SIGHTLINE_PORT: '0' }),
    log: openLog({ level: 'error', human: true }),
    webFolder: null,
  })
  const client = new Worker(new URL('otlp-client.ts', import.meta.url))
  try {
    const load = machine()['load']
    const bodies = traceBodies({ bodies: SPANS / BODY_SPANS, spans: BODY_SPANS, seed: 1, endedUs: clock() })
    const bytes = bodies.reduce((sum, body) => sum + body.byteLength, 0)
    const types = await columnTypes(
      server.stores.clickhouse.writer,
      { table: TABLE, columns: telemetryColumns(TABLE) },
      { attempts: 1 },
    )
    const sides: readonly Side[] = [
      { title: 'POST /v1/traces', legs: [], run: (tenant) => overHttp(server, client, bodies, tenant) },
      { title: 'limit: ClickHouse from a file', legs: [], run: (tenant) => fromFile(server, folder, types, bodies, tenant) },
      { title: 'limit: our decoding alone', legs: [], run: () => alone(bodies, (body) => readProtobuf(body, 'traces')) },
      {
        title: 'limit: decoding to rows laid out',
        legs: [],
        run: (tenant) => alone(bodies, (body) => laidOut(body, types, tenant)),
      },
      { title: 'protobufjs decoding alone', legs: [], run: () => alone(bodies, (body) => TraceRequest.decode(body)) },
    ]
    for (let round = 0; round < WARM_UP + ROUNDS; round++) {
      for (const side of round % 2 === 0 ? sides : sides.toReversed()) {
        const leg = await side.run(`round-${round}-${sides.indexOf(side)}`)
        if (round >= WARM_UP) side.legs.push(leg)
        process.stderr.write(`${round < WARM_UP ? 'warm-up' : `round ${round - WARM_UP + 1} of ${ROUNDS}`}  `)
        process.stderr.write(`${side.title}: ${whole(leg.spans_per_s)} spans/s\n`)
      }
    }
    return report(sides, bytes, load)
  } finally {
    await client.terminate()
    await server.stop()
    await rm(folder, { recursive: true, force: true, maxRetries: 5 })
  }
}

/** Sends the bodies to a tenant of their own – identity is by tenant, so every round stores new spans. */
async function overHttp(server: RunningServer, client: Worker, bodies: readonly Buffer[], tenant: string): Promise<Leg> {
  await createTenant(server.stores.postgres.db, { id: tenant, name: tenant })
  await settled(server.stores.clickhouse.writer)
  const engine = await engineCpu(server.stores.clickhouse.writer)
  const cpu = process.threadCpuUsage()
  const answer = await new Promise<OtlpAnswer>((resolve, reject) => {
    client.once('message', resolve)
    client.once('error', reject)
    client.postMessage({
      url: server.url,
      token: server.adminToken ?? '',
      tenant,
      bodies,
      inFlight: IN_FLIGHT,
    } satisfies OtlpOrder)
  })
  const { user, system } = process.threadCpuUsage(cpu)
  await expectStored(server, tenant)
  return {
    spans_per_s: SPANS / answer.seconds,
    server_cpu_s: (user + system) / 1e6,
    client_cpu_s: answer.cpu_s,
    clickhouse_cpu_s: (await engineCpu(server.stores.clickhouse.writer)) - engine,
  }
}

/** Measures a piece of our own code over all bodies, in this thread. */
function alone(bodies: readonly Buffer[], piece: (body: Buffer) => unknown): Promise<Leg> {
  const cpu = process.threadCpuUsage()
  const start = performance.now()
  for (const body of bodies) piece(body)
  const seconds = (performance.now() - start) / 1000
  const { user, system } = process.threadCpuUsage(cpu)
  return Promise.resolve({
    spans_per_s: SPANS / seconds,
    server_cpu_s: (user + system) / 1e6,
    client_cpu_s: 0,
    clickhouse_cpu_s: 0,
  })
}

function laidOut(body: Buffer, types: readonly NativeColumn[], tenant: string): Buffer {
  const at = clock()
  const { calls } = mapSpans(readProtobuf(body, 'traces'), () => null, at)
  const batch = { tenant: verifiedTenant(tenant), feed: 'otlp', token: `${at}`, at, table: TABLE, records: calls } as const
  return encodeNative(types, telemetryRows(batch, 0).rows)
}

/** Lays the spans out as rows in a file, and measures how fast ClickHouse alone takes the file into the same table and views. */
async function fromFile(
  server: RunningServer,
  folder: string,
  types: readonly NativeColumn[],
  bodies: readonly Buffer[],
  tenant: string,
): Promise<Leg> {
  const path = join(folder, `${tenant}.native`)
  await writeFile(
    path,
    bodies.map((body) => laidOut(body, types, tenant)),
  )
  const { writer } = server.stores.clickhouse
  const columns = types.map(({ name }) => name)
  const structure = types.map(({ name, type }) => `${name} ${type}`).join(', ')
  const { seconds, clickhouse_cpu_s } = await insertFile(writer, { table: TABLE, columns }, { path, format: 'Native', structure })
  await expectStored(server, tenant)
  return { spans_per_s: SPANS / seconds, server_cpu_s: 0, client_cpu_s: 0, clickhouse_cpu_s }
}

async function expectStored(server: RunningServer, tenant: string): Promise<void> {
  const stored = await firstRow<{ spans: number }>(
    server.stores.clickhouse.writer,
    `SELECT toUInt32(uniqExact(trace_id, span_id)) AS spans FROM sightline.integration_calls WHERE tenant_id = {tenant:String}`,
    { tenant },
  )
  if (stored?.spans !== SPANS) throw new Error(`${stored?.spans} of ${SPANS} spans are stored`)
}

function report(sides: readonly Side[], bytes: number, load: unknown): Report {
  const of = (side: Side, key: keyof Leg) => side.legs.map((leg) => leg[key])
  const perSpan = (side: Side, key: keyof Leg) => {
    const spent = median(of(side, key))
    return spent > 0 ? ((spent / SPANS) * 1e6).toFixed(1) : '–'
  }
  const spread = (values: readonly number[], digits: (value: number) => string) =>
    [median(values), Math.min(...values), Math.max(...values)].map(digits)
  const [http, ...limits] = sides
  if (http === undefined) throw new RangeError('nothing was measured')
  const ratios = limits.map((limit) =>
    http.legs.map((leg, round) => leg.spans_per_s / (limit.legs[round]?.spans_per_s ?? Number.NaN)),
  )
  return {
    title: `OTLP: ${whole(SPANS)} spans of ten attributes and ${whole(bytes / SPANS)} bytes a round, ${ROUNDS} alternating rounds`,
    columns: ['spans/s', 'median', 'slowest', 'fastest', 'server µs', 'client µs', 'ClickHouse µs'],
    rows: [
      ...sides.map((side) => [
        side.title,
        ...spread(of(side, 'spans_per_s'), whole),
        perSpan(side, 'server_cpu_s'),
        perSpan(side, 'client_cpu_s'),
        perSpan(side, 'clickhouse_cpu_s'),
      ]),
      ...limits.map((limit, at) => [
        `ratio to ${limit.title.replace('limit: ', '')}`,
        ...spread(ratios[at] ?? [], (value) => value.toFixed(3)),
        '',
        '',
        '',
      ]),
    ],
    notes: [
      'Ratios compare the sides of one round. µs are processor time a span: of the server’s main thread, of the client’s thread, and of all',
      'work of ClickHouse, merges among it. They share the same cores; the limits have them alone.',
      `HTTP: protobuf bodies of ${whole(BODY_SPANS)} spans, ${IN_FLIGHT} in flight on kept connections of 127.0.0.1, acknowledged when durable (fsync) with the`,
      'views of timelines and of the ledger. File: INSERT … SELECT FROM file(Native) of the same rows, laid out by our own code, an insert thread a core.',
    ],
    figures: {
      spans: SPANS,
      bytes,
      rounds: ROUNDS,
      body_spans: BODY_SPANS,
      in_flight: IN_FLIGHT,
      load_before: load,
      goal_spans_per_s: 50_000,
      sides: Object.fromEntries(sides.map((side) => [side.title, side.legs])),
      ratios: Object.fromEntries(limits.map((limit, at) => [limit.title, median(ratios[at] ?? [])])),
    },
  }
}
