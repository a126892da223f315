import { execFile } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { mkdtemp, rename, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { setTimeout as sleep } from 'node:timers/promises'
import { eq } from 'drizzle-orm'
import type { ClickHouseClient } from '@clickhouse/client'
import { type RunningServer, clock, runServer } from '../cli/run-server.ts'
import type { DemoEvent } from '../demo/recorder.ts'
import { referenceRows } from '../demo/reference.ts'
import { simulateChunks } from '../demo/simulate.ts'
import { DEMO_TENANTS } from '../demo/tenants.ts'
import { receiveBody } from '../ingest/receive.ts'
import type { ProcessTypes } from '../api/contract/process.ts'
import { readReferenceRows } from '../model/reference.ts'
import { SLA_PACK } from '../model/sla-pack.ts'
import { verifiedTenant } from '../model/tenant.ts'
import { readEnv } from '../platform/env.ts'
import { openLog } from '../platform/log.ts'
import { derivations } from '../platform/postgres/schema.ts'
import { saveReference } from '../platform/reference.ts'
import { saveSla } from '../platform/slas.ts'
import { createTenant } from '../platform/tenants.ts'
import { compactOpen } from '../queries/derive/compact-open.ts'
import { deriveTenant } from '../queries/derive/derive.ts'
import { mirrorReference } from '../queries/reference-mirror.ts'
import { ROUTES } from '../api/routes.ts'
import { type Benchmark, machine, median, type Report, whole } from './measure.ts'
import { postgresPeer } from './queries-postgres.ts'
import { sendMeasurements, sendTraces } from './queries-telemetry.ts'

const TENANTS = 20
/** Tenants that get the long history and are asked: a tenant's answers read its own rows alone, so that two tell what twenty would. */
const GROWN = Number(process.env['GROWN'] ?? TENANTS)
const DAYS = 182
const DAY_MS = 86_400_000
/** Events of one tenant in half a year, at the scale that the simulator is asked for below. */
const SIZES = (process.env['SIZES'] ?? '10e6,100e6').split(',').map(Number)
/** A folder that keeps what was filled, the small store and the one that grew: another run goes on from what they hold. */
const KEPT = process.env['KEEP']
/** Paths that are asked; all where nothing is said. */
const WANTED = new RegExp(process.env['PATHS'] ?? '', 'u')
/** Requests of a path, after each tenant was asked once: its pages are open when the clock starts. */
const REQUESTS = 100
const WARM_UP = GROWN
/** After how many requests the machine's speed is taken. */
const YARD_EVERY = 4
const SEED = 7
const END = filledUntil()
/** Day on which the half-year begins that is filled first. */
const SINCE = new Date(END - DAYS * DAY_MS).toISOString().slice(0, 10)

/** The window that pages open with, for those who answer for the whole history where none is asked for. */
const OPENED = `from=${new Date(END - 90 * DAY_MS).toISOString()}&without=operation.,ai.,policy.`
/** The windows of pages about systems: the one that they open with, and the longest of their choices. */
const LAST_DAY = windowOf(1)
const LAST_MONTH = windowOf(30)
const SPANS = [
  { window: LAST_DAY, bucket: 'hour' },
  { window: LAST_MONTH, bucket: 'day' },
]

/** What a page asks, in the window that pages open with; `{now}` is when it is asked. */
const PATHS: readonly string[] = [
  '/v1/kpis',
  ...['invoice-cycle', 'exception-rate', 'technical-failure-rate', 'onboarding-lead-time', 'late-payment'].flatMap((kpi) => [
    `/v1/kpis/${kpi}?bucket=all&compare=previous`,
    `/v1/kpis/${kpi}?bucket=week`,
    `/v1/kpis/${kpi}?bucket=all&group_by=supplier&compare=previous`,
  ]),
  '/v1/kpis/invoice-cycle/distribution',
  '/v1/kpis/invoice-cycle?bucket=all&as_of={now}',
  '/v1/explain?kpi=invoice-cycle',
  '/v1/explain?kpi=invoice-cycle&state=excluded',
  '/v1/answers',
  '/v1/frozen-months',
  '/v1/process/invoice/delays',
  '/v1/process/invoice/delays?compare=previous',
  '/v1/process/invoice/delays?bucket=week&compare=previous',
  '/v1/process/invoice/delays?group_by=supplier',
  '/v1/process/invoice/delays/documents?limit=25',
  '/v1/process/invoice/delays/documents?limit=25&cause=technical',
  '/v1/slas',
  '/v1/slas/pack',
  '/v1/slas/invoice-approval',
  '/v1/slas/clocks',
  '/v1/slas/clocks?state=open',
  '/v1/controls',
  '/v1/violations?limit=100',
  '/v1/incidents?limit=500',
  '/v1/onboarding',
  '/v1/onboarding?group_by=risk',
  '/v1/suppliers',
  '/v1/ageing',
  '/v1/spend',
  '/v1/working-capital',
  '/v1/value',
  '/v1/ai',
  '/v1/exceptions',
  '/v1/exceptions?bucket=week&limit=1',
  '/v1/exceptions?class=technical&limit=100',
  '/v1/process',
  ...['summary', 'variants', 'map', 'durations', 'waits'].map((view) => `/v1/process/invoice/${view}?${OPENED}`),
  `/v1/process/invoice/conformance?${OPENED.split('&')[0]}`,
  '/v1/objects/invoice?limit=50',
  '/v1/objects/invoice?limit=50&q=77',
  '/v1/objects/invoice?limit=6&q=nothing-like-it',
  '/v1/reference',
  '/v1/reference/suppliers',
  '/v1/reference/suppliers/changes',
  '/v1/sources',
  '/v1/systems',
  '/v1/quality',
  '/v1/ledger?bucket=day',
  '/v1/dead-letters',
  '/v1/retention',
  '/v1/mappings',
  ...SPANS.flatMap(({ window, bucket }) => [
    `/v1/integrations?bucket=${bucket}&${window}`,
    `/v1/integrations/calls?status=not_ok&limit=25&${window}`,
    `/v1/integrations/traces?limit=100&${window}`,
    `/v1/integrations/queues?bucket=${bucket}&${window}`,
    `/v1/integrations/logs?limit=200&${window}`,
    `/v1/runs?limit=100&${window}`,
  ]),
  '/v1/alerts?limit=100',
  '/v1/alerts/quality',
  '/v1/alerts/engine',
  '/v1/rules',
  '/v1/routing',
  '/v1/routing/versions',
  '/v1/silences',
  '/v1/channels',
  '/v1/channels/kinds',
  '/v1/session',
]
const PORTFOLIO = ['/v1/portfolio']
/** Begins a count that runs on beside what would be measured after it. */
const AT_LAST = ['/v1/retention/preview?days=90']

/** Pages of one thing: what a list names, each request another of its first ones. */
const DETAILS: readonly { list: string; rows: string; id: string; paths: readonly string[] }[] = [
  {
    list: '/v1/objects/invoice?limit=50',
    rows: 'objects',
    id: 'id',
    paths: ['/v1/objects/invoice/{id}', '/v1/objects/invoice/{id}/history', '/v1/objects/invoice/{id}/clocks'],
  },
  { list: '/v1/incidents', rows: 'incidents', id: 'id', paths: ['/v1/incidents/{id}', '/v1/incidents/{id}/documents'] },
  { list: '/v1/suppliers', rows: 'suppliers', id: 'id', paths: ['/v1/suppliers/{id}'] },
  { list: '/v1/violations', rows: 'violations', id: 'id', paths: ['/v1/violations/{id}'] },
  {
    list: '/v1/controls',
    rows: 'controls',
    id: 'control',
    paths: ['/v1/controls/{id}/versions', '/v1/controls/{id}/drift?by=entity'],
  },
  {
    list: `/v1/integrations?bucket=day&${LAST_MONTH}`,
    rows: 'systems',
    id: 'system',
    paths: [`/v1/integrations/systems/{id}?bucket=day&${LAST_MONTH}`],
  },
  {
    list: `/v1/integrations/traces?limit=100&${LAST_MONTH}`,
    rows: 'traces',
    id: 'trace_id',
    paths: ['/v1/integrations/traces/{id}'],
  },
  { list: `/v1/runs?limit=100&${LAST_MONTH}`, rows: 'runs', id: 'run', paths: ['/v1/runs/{id}'] },
]

/** Times of one path's requests, ms. */
type Times = { p50: number; p95: number }
/** `yardMs` is the median time of a piece of work that is always the same, done between the requests: how fast the machine was just then. */
type Measured = { path: string; times: readonly Times[]; yardMs: number }
type Peer = { events: number; postgresMs: number; sightlineMs: number }
/** What a store holds: events of all tenants, and objects of one that has the longest history. */
type Held = { events: number; objects: number }

/** Answers of one tenant and of a portfolio of twenty, with ten times the history, beside PostgreSQL on the same events. */
export const queries: Benchmark = { name: 'queries', run }

/**
 * Fills one store, lets a copy of it grow, and asks both in turns, request by request: how fast the machine is at a moment concerns both
 * alike.
 */
async function run(): Promise<Report> {
  const folder = KEPT ?? (await mkdtemp(join(tmpdir(), 'sightline-bench-')))
  const running: RunningServer[] = []
  const open = async (name: string): Promise<RunningServer> => {
    const server = await serve(join(folder, name))
    running.push(server)
    return server
  }
  const close = async (): Promise<void> => {
    for (const server of running.splice(0)) await server.stop()
  }
  try {
    const [small = 10e6, large = small] = SIZES
    const first = await open('small')
    if (!(await isFilled(first))) await fill(first, small)
    await spread(first, TENANTS)
    await settle(first.stores.clickhouse.writer)
    if (large > small) {
      await close()
      await copyStore(join(folder, 'small'), join(folder, 'large'))
      const grown = await open('large')
      await grow(grown, large)
      await close()
      await open('small')
      await open('large')
    }
    say('measuring')
    const held: Held[] = []
    for (const server of running) held.push(await holds(server))
    const [asked = first] = running
    // What pages are asked last leaves work behind, which would slow the other down.
    const peer = await postgresPeer(asked, tenantOf(0))
    return report({ held, peer, measured: await measureAll(running) })
  } finally {
    await close()
    if (KEPT === undefined) await rm(folder, { recursive: true, force: true })
  }
}

async function serve(folder: string): Promise<RunningServer> {
  const server = await runServer({
    env: readEnv({ SIGHTLINE_DATA: folder, SIGHTLINE_PORT: '0' }),
    log: openLog({ level: 'error', human: true }),
    webFolder: null,
    parts: ['api'],
  })
  await prepare(server.stores.clickhouse.writer)
  return server
}

/** Copies a store that nobody has open, with owners and links as they are, where it is not copied yet. */
async function copyStore(from: string, to: string): Promise<void> {
  if (existsSync(to)) return
  const part = `${to}.part`
  await rm(part, { recursive: true, force: true })
  await promisify(execFile)('cp', ['-a', from, part])
  await rename(part, to)
}

/** Lets the first tenant's history grow backwards until twenty like it have so many events, and gives it to the others. */
async function grow(server: RunningServer, events: number): Promise<void> {
  const clickhouse = server.stores.clickhouse.writer
  // The simulator gives about as many as it is asked for.
  const enough = events * 0.97
  for (let back = await halfYears(clickhouse); (await eventsOf(clickhouse, tenantOf(0))) * TENANTS < enough; back++) {
    await growBack(clickhouse, back)
    say(`${whole(await eventsOf(clickhouse, tenantOf(0)))} events of one tenant`)
  }
  await spread(server, GROWN)
  await settle(clickhouse)
}

/** Tables of which pages read next to nothing, and which take most of the disk. */
const LARGE = ['events', 'object_events', 'object_links', 'policy_decisions']
const COMPRESS_HARDER = "ALTER TABLE sightline.{table:Identifier} MODIFY SETTING default_compression_codec = 'ZSTD(1)'"
const WAIT_FOR_NO_DISK =
  'ALTER TABLE sightline.{table:Identifier} MODIFY SETTING fsync_after_insert = 0, fsync_part_directory = 0'

/**
 * Has the large tables compressed harder than usual, so that a hundred million events fit on the disk of a small machine, and lets no table
 * wait for the disk: what is filled to be measured need not outlive a power failure.
 */
async function prepare(clickhouse: ClickHouseClient): Promise<void> {
  for (const table of LARGE) await clickhouse.command({ query: COMPRESS_HARDER, query_params: { table } })
  const answer = await clickhouse.query({
    query: `SELECT name FROM system.tables WHERE database = 'sightline' AND create_table_query LIKE '%fsync_after_insert = 1%'`,
    format: 'JSONEachRow',
  })
  for (const { name } of await answer.json<{ name: string }>())
    await clickhouse.command({ query: WAIT_FOR_NO_DISK, query_params: { table: name } })
}

/** Whether the first tenant is filled and its answers are computed. */
async function isFilled(server: RunningServer): Promise<boolean> {
  const found = await server.stores.postgres.db
    .select()
    .from(derivations)
    .where(eq(derivations.tenantId, tenantOf(0)))
  return found.length > 0
}

/** A statement may write a year of each partition, and takes longer than a connection may be silent. What is copied is merged already. */
const COPYING = {
  optimize_on_insert: 0,
  max_partitions_per_insert_block: '1000',
  send_progress_in_http_headers: 1,
  http_headers_progress_interval_ms: '20000',
} as const

/** How many half-years the first tenant holds, by the table that grows last. */
async function halfYears(clickhouse: ClickHouseClient): Promise<number> {
  const answer = await clickhouse.query({
    query: `SELECT uniqExact(extract(document_id, '^~(\\d+)')) AS half_years FROM sightline.violations WHERE tenant_id = {tenant:String}`,
    query_params: { tenant: tenantOf(0) },
    format: 'JSONEachRow',
  })
  const [row] = await answer.json<{ half_years: number }>()
  return row?.half_years ?? 1
}

/** Events of a tenant, or of all. */
async function eventsOf(clickhouse: ClickHouseClient, tenant = ''): Promise<number> {
  const answer = await clickhouse.query({
    query: `SELECT count() AS events FROM sightline.events FINAL WHERE {tenant:String} = '' OR tenant_id = {tenant:String}`,
    query_params: { tenant },
    format: 'JSONEachRow',
  })
  const [row] = await answer.json<{ events: number }>()
  return row?.events ?? 0
}

async function holds(server: RunningServer): Promise<Held> {
  return { events: await eventsOf(server.stores.clickhouse.writer), objects: await objectsOf(server) }
}

/** The time of a piece of work that reads nothing and is always the same. */
async function yard(clickhouse: ClickHouseClient): Promise<number> {
  const started = performance.now()
  const answer = await clickhouse.query({
    query: 'SELECT sum(sipHash64(number)) AS work FROM numbers(500000)',
    format: 'JSONEachRow',
    clickhouse_settings: { max_threads: 1 },
  })
  await answer.json()
  return performance.now() - started
}

function tenantOf(number: number): string {
  return `bench-${String(number + 1).padStart(2, '0')}`
}

/**
 * The midnight at which the half-year ends that is filled: the last one, or that of the store that was kept, as its answers hang on it. What
 * is filled to be kept holds it in a file.
 */
function filledUntil(): number {
  const midnight = Math.floor(Date.now() / DAY_MS) * DAY_MS
  if (KEPT === undefined) return midnight
  const file = join(KEPT, 'bench-filled-until')
  if (existsSync(file)) return Date.parse(readFileSync(file, 'utf8'))
  mkdirSync(KEPT, { recursive: true })
  writeFileSync(file, new Date(midnight).toISOString())
  return midnight
}

/** The last days of what is filled. */
function windowOf(days: number): string {
  return `from=${new Date(END - days * DAY_MS).toISOString()}&to=${new Date(END).toISOString()}`
}

function say(text: string): void {
  process.stderr.write(`${text}\n`)
}

/** Fills one tenant by the product's own way and computes its answers. */
async function fill(server: RunningServer, size: number): Promise<void> {
  const { db } = server.stores.postgres
  const clickhouse = server.stores.clickhouse.writer
  await createTenant(db, { id: 'bench-msp', name: 'bench-msp', kind: 'msp' })
  for (let number = 0; number < TENANTS; number++)
    await createTenant(db, { id: tenantOf(number), name: tenantOf(number), kind: 'client', parentId: 'bench-msp' })
  const tenant = verifiedTenant(tenantOf(0))
  const demo = DEMO_TENANTS.find(({ id }) => id === 'kestrel')
  if (demo === undefined) throw new Error('the demo has no kestrel')
  for (const [kind, rows] of Map.groupBy(referenceRows({ seed: SEED, anchor: END }, demo), (row) => row.kind)) {
    if (kind === 'systems') continue
    const read = readReferenceRows(
      kind,
      rows.map(({ kind: _kind, ...row }) => row),
    )
    for (let number = 0; number < TENANTS; number++)
      await saveReference(db, {
        tenant: verifiedTenant(tenantOf(number)),
        kind,
        rows: read.rows.map((one) => one.stated),
        actor: 'bench',
      })
  }
  for (let number = 0; number < TENANTS; number++)
    for (const sla of SLA_PACK) await saveSla(db, { tenant: verifiedTenant(tenantOf(number)), sla, actor: 'bench' })
  await mirrorReference({ clickhouse, db }, tenant, clock())
  const wanted = size / TENANTS
  let events = 0
  let waiting: DemoEvent[] = []
  const send = async (): Promise<void> => {
    const batch = waiting
    waiting = []
    const body = Buffer.from(batch.map((event) => JSON.stringify(event)).join('\n'))
    await receiveBody(body, 'ndjson', { tenant, writer: server.writer, now: clock })
    await sendTraces(server, tenant, batch)
    events += batch.length
  }
  // Kestrel gives about 300,000 events in half a year at scale 1.
  for (const chunk of simulateChunks({ seed: SEED, now: END, days: DAYS, scale: wanted / 300_000 })) {
    if (chunk.tenant !== 'kestrel') continue
    waiting.push(...chunk.events)
    if (waiting.length >= 10_000) await send()
  }
  await send()
  await sendMeasurements(server, tenant, END - DAYS * DAY_MS, END)
  say(`${whole(events)} events of one tenant are stored`)
  const started = performance.now()
  const documents = (await deriveTenant({ clickhouse, db }, tenant, 'all', clock())) ?? 0
  say(`answers of ${whole(documents)} documents computed in ${((performance.now() - started) / 1000).toFixed(1)} s`)
}

/** Tables with rows of tenants, but for marks and what runs work with. */
async function tables(clickhouse: ClickHouseClient): Promise<string[]> {
  const answer = await clickhouse.query({
    query: `SELECT name FROM system.tables
      WHERE database = 'sightline' AND engine LIKE '%MergeTree' AND total_rows > 0
        AND name IN (SELECT table FROM system.columns WHERE database = 'sightline' AND name = 'tenant_id')
        AND NOT startsWith(name, 'derive_')
        AND name != 'dirty_objects'
      ORDER BY name`,
    format: 'JSONEachRow',
  })
  return (await answer.json<{ name: string }>()).map(({ name }) => name)
}

/** Gives the next tenants, up to so many in all, what the first one has, where they do not have it yet. */
async function spread(server: RunningServer, among: number): Promise<void> {
  const clickhouse = server.stores.clickhouse.writer
  const events = await eventsOf(clickhouse, tenantOf(0))
  const lacking: string[] = []
  for (let number = 1; number < among; number++)
    if ((await eventsOf(clickhouse, tenantOf(number))) !== events) lacking.push(tenantOf(number))
  if (lacking.length === 0) return
  const all = await tables(clickhouse)
  // What views would fill is copied like the rest.
  const answer = await clickhouse.query({
    query: `SELECT name FROM system.tables WHERE database = 'sightline' AND engine = 'MaterializedView'`,
    format: 'JSONEachRow',
  })
  const views = (await answer.json<{ name: string }>()).map(({ name }) => name)
  for (const view of views)
    await clickhouse.command({ query: 'DETACH TABLE sightline.{view:Identifier}', query_params: { view } })
  for (const table of all)
    await clickhouse.command({
      query: 'ALTER TABLE sightline.{table:Identifier} DELETE WHERE tenant_id IN {lacking:Array(String)}',
      query_params: { table, lacking },
      clickhouse_settings: { mutations_sync: '2' },
    })
  // Events come last: by them is seen who has all.
  for (const table of [...all.filter((name) => name !== 'events'), 'events'])
    // A statement keeps one core busy.
    for (let number = 0; number < lacking.length; number += 2)
      await Promise.all(lacking.slice(number, number + 2).map((tenant) => copyRows(clickhouse, table, tenant)))
  for (const view of views)
    await clickhouse.command({ query: 'ATTACH TABLE sightline.{view:Identifier}', query_params: { view } })
  const { db } = server.stores.postgres
  const [known] = await db
    .select()
    .from(derivations)
    .where(eq(derivations.tenantId, tenantOf(0)))
  if (known !== undefined)
    for (const tenantId of lacking)
      await db
        .insert(derivations)
        .values({ ...known, tenantId })
        .onConflictDoNothing()
  say(`${among} tenants have ${whole(events)} events each`)
}

async function copyRows(clickhouse: ClickHouseClient, table: string, to: string): Promise<void> {
  await clickhouse.command({
    query: `INSERT INTO sightline.{table:Identifier} SELECT * REPLACE ({to:String} AS tenant_id) FROM sightline.{table:Identifier} AS rows
      WHERE rows.tenant_id = {from:String}`,
    query_params: { table, from: tenantOf(0), to },
    clickhouse_settings: COPYING,
  })
}

/** Tables that no page's list or figure is read from. */
const KEPT_AS_WRITTEN = /^(?:(?:object_)?events|object_(?:state|links)|.*_history|ingest_.*)$/u
const GROW = new URL('grow/', import.meta.url)

/** Adds the half-year once more to the first tenant, `back` half-years earlier, with documents of its own. */
async function growBack(clickhouse: ClickHouseClient, back: number): Promise<void> {
  for (const file of readdirSync(GROW).toSorted())
    await clickhouse.command({
      query: readFileSync(new URL(file, GROW), 'utf8'),
      query_params: { tenant: tenantOf(0), mark: `~${back}`, days: back * DAYS, since: SINCE },
      clickhouse_settings: COPYING,
    })
  await clickhouse.command({ query: 'TRUNCATE TABLE sightline.dirty_objects' })
}

/**
 * Brings the tables that answers are read from to the state that they have where history comes over years: what closed is taken out of open
 * work, and parts that were written at once are merged.
 */
async function settle(clickhouse: ClickHouseClient): Promise<void> {
  await compactOpen(clickhouse)
  for (const table of await tables(clickhouse)) if (!KEPT_AS_WRITTEN.test(table)) await merge(clickhouse, table)
}

/** Merges the parts of a table, which goes on where it takes longer than the answer to a request may. */
async function merge(clickhouse: ClickHouseClient, table: string): Promise<void> {
  await clickhouse
    .command({
      query: 'OPTIMIZE TABLE sightline.{table:Identifier} FINAL',
      query_params: { table },
      clickhouse_settings: { optimize_skip_merged_partitions: 1 },
    })
    .catch((error: unknown) => {
      if (!(error instanceof Error && error.message.startsWith('Timeout'))) throw error
    })
  const running = async (): Promise<boolean> => {
    const answer = await clickhouse.query({
      query: `SELECT count() AS merges FROM system.merges WHERE database = 'sightline' AND table = {table:String}`,
      query_params: { table },
      format: 'JSONEachRow',
    })
    return (await answer.json<{ merges: number }>()).some(({ merges }) => merges > 0)
  }
  while (await running()) await sleep(1000)
}

/** How many objects the process views tell of the first tenant. */
async function objectsOf(server: RunningServer): Promise<number> {
  const { types } = (await ask(server, '/v1/process', tenantOf(0))) as ProcessTypes
  return types.reduce((sum, { objects }) => sum + objects, 0)
}

/** Routes that answer for a tenant. */
const ASKED = ROUTES.filter(({ method }) => method === 'get').map(({ path }) => path)

/** The route that serves a path. */
function routeOf(path: string): string | undefined {
  const [plain = ''] = path.split('?')
  return (
    ASKED.find((route) => route === plain) ??
    ASKED.find((route) => new RegExp(`^${route.replaceAll(/\{[^}]+\}/gu, '[^/]+')}$`, 'u').test(plain))
  )
}

async function ask(server: RunningServer, path: string, tenant: string | null): Promise<unknown> {
  const answer = await fetch(new URL(path, server.url), {
    headers: { authorization: `Bearer ${server.adminToken}`, ...(tenant === null ? {} : { 'x-tenant-id': tenant }) },
  })
  const text = await answer.text()
  if (answer.status !== 200) throw new Error(`${path}: ${answer.status} ${text.slice(0, 300)}`)
  return JSON.parse(text)
}

/** Asks each path of all stores, each request of one after the other. */
async function measureAll(servers: readonly RunningServer[]): Promise<Measured[]> {
  const [first] = servers
  if (first === undefined) throw new Error('no store to ask')
  const measured: Measured[] = []
  const measure = async (name: string, pathOf: (store: number, tenant: number, request: number) => string): Promise<void> => {
    if (!WANTED.test(name)) return
    const taken: number[][] = servers.map(() => [])
    const yards: number[] = []
    for (let request = -WARM_UP; request < REQUESTS; request++) {
      const tenant = Math.abs(request) % GROWN
      for (const [store, server] of servers.entries()) {
        const path = pathOf(store, tenant, Math.abs(request))
        const started = performance.now()
        await ask(server, path, PORTFOLIO.includes(name) ? null : tenantOf(tenant))
        if (request >= 0) taken[store]?.push(performance.now() - started)
      }
      if (request >= 0 && request % YARD_EVERY === 0) yards.push(await yard(first.stores.clickhouse.writer))
    }
    const times = taken.map(timesOf)
    measured.push({ path: name, times, yardMs: median(yards) })
    say(`  ${[...times.flatMap(({ p50, p95 }) => [p50, p95]), median(yards)].map((ms) => ms.toFixed(1)).join(' ')} ${name}`)
  }
  const asWritten = async (paths: readonly string[]): Promise<void> => {
    for (const path of paths) await measure(path, () => path.replace('{now}', new Date().toISOString()))
  }
  await asWritten([...PATHS, ...PORTFOLIO])
  for (const { list, rows, id, paths } of DETAILS) {
    const ids: string[][][] = []
    for (const server of servers) {
      const ofTenants: string[][] = []
      for (let tenant = 0; tenant < GROWN; tenant++) {
        const answer = (await ask(server, list, tenantOf(tenant))) as Record<string, Record<string, string>[]>
        ofTenants.push((answer[rows] ?? []).map((row) => encodeURIComponent(row[id] ?? '')))
      }
      ids.push(ofTenants)
    }
    if (ids.flat().some((of) => of.length === 0)) {
      say(`${list} lists nothing: ${paths.join(', ')} not asked`)
      continue
    }
    for (const path of paths)
      await measure(path, (store, tenant, request) => {
        const of = ids[store]?.[tenant] ?? []
        return path.replace('{id}', of[request % of.length] ?? '')
      })
  }
  await asWritten(AT_LAST)
  return measured
}

function timesOf(ms: readonly number[]): Times {
  const sorted = ms.toSorted((a, b) => a - b)
  return { p50: median(sorted), p95: sorted[Math.ceil(sorted.length * 0.95) - 1] ?? Number.NaN }
}

/** Operations that read, and are in no measurement: they export, read one row by its key, or page what others measure. */
function notAsked(measured: readonly Measured[]): string[] {
  const asked = new Set(measured.map(({ path }) => routeOf(path.replaceAll('{id}', 'x'))))
  return ASKED.filter((route) => !asked.has(route))
}

function report({ held, measured, peer }: { held: readonly Held[]; measured: readonly Measured[]; peer: Peer }): Report {
  const ms = (value: number): string => value.toFixed(1)
  const ratio = (of: readonly number[]): string => ((of[1] ?? Number.NaN) / (of[0] ?? Number.NaN)).toFixed(2)
  const grown = held.length > 1
  return {
    title: `Answers over HTTP, ${TENANTS} tenants, ms`,
    columns: [
      'path',
      ...held.flatMap(({ events }) => [`p50 at ${(events / 1e6).toFixed(1)} M`, 'p95']),
      ...(grown ? ['ratio of p50', 'of p95'] : []),
      'yard',
    ],
    rows: measured.map(({ path, times, yardMs }) => [
      path,
      ...times.flatMap(({ p50, p95 }) => [ms(p50), ms(p95)]),
      ...(grown ? [ratio(times.map(({ p50 }) => p50)), ratio(times.map(({ p95 }) => p95))] : []),
      ms(yardMs),
    ]),
    notes: [
      `Events ${held.map(({ events, objects }) => `${whole(events)}, ${whole(objects)} objects of a tenant`).join('; ')}: half a year${grown ? ', and with more history of documents of its own; both stores are asked in turns, request by request' : ''}.`,
      `PostgreSQL, invoice cycle by week from ${whole(peer.events)} events of one tenant: ${ms(peer.postgresMs)} ms median; Sightline's same answer from all of that tenant's: ${ms(peer.sightlineMs)} ms; ratio ${(peer.postgresMs / peer.sightlineMs).toFixed(1)}.`,
      'Parts of the tables that answers are read from are merged before the measurement, as they are where history came over years.',
      ...(grown && GROWN < TENANTS
        ? [`${GROWN} of ${TENANTS} tenants have the long history, and are asked; the others half a year.`]
        : []),
      `Not asked: ${notAsked(measured).join(' ')}.`,
      'Requests one after the other, each for another tenant, by the process that serves them, on the same cores as the stores.',
      'Yard: the same piece of work, done between the requests of a path; it tells how fast the machine was just then.',
    ],
    figures: { machine: machine(), held, peer, measured },
  }
}
