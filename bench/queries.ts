import { readdirSync, readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { eq } from 'drizzle-orm'
import type { ClickHouseClient } from '@clickhouse/client'
import { type RunningServer, clock, runServer } from '../cli/run-server.ts'
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

const TENANTS = 20
const DAYS = 182
/** Events of one tenant in half a year, at the scale that the simulator is asked for below. */
const SIZES = (process.env['SIZES'] ?? '10e6,100e6').split(',').map(Number)
/** A folder that keeps what was filled; where it is filled already, its answers are measured as it stands. */
const KEPT = process.env['KEEP']
/** Requests of a path, after some to warm up. */
const REQUESTS = 40
const WARM_UP = 4
const SEED = 7
const END = Math.floor(Date.now() / 86_400_000) * 86_400_000

/** The window that pages open with, for those who answer for the whole history where none is asked for. */
const OPENED = `from=${new Date(END - 90 * 86_400_000).toISOString()}&without=operation.,ai.,policy.`

/** What a page asks, in the window that pages open with. */
const PATHS: readonly string[] = [
  ...['invoice-cycle', 'exception-rate', 'technical-failure-rate', 'onboarding-lead-time', 'late-payment'].flatMap((kpi) => [
    `/v1/kpis/${kpi}?bucket=all&compare=previous`,
    `/v1/kpis/${kpi}?bucket=week`,
    `/v1/kpis/${kpi}?bucket=all&group_by=supplier&compare=previous`,
  ]),
  '/v1/kpis/invoice-cycle/distribution',
  '/v1/explain?kpi=invoice-cycle',
  '/v1/process/invoice/delays',
  '/v1/process/invoice/delays?compare=previous',
  '/v1/slas',
  '/v1/slas/invoice-approval',
  '/v1/slas/clocks',
  '/v1/controls',
  '/v1/violations',
  '/v1/incidents',
  '/v1/onboarding',
  '/v1/suppliers',
  '/v1/ageing',
  '/v1/spend',
  '/v1/working-capital',
  '/v1/value',
  '/v1/ai',
  '/v1/exceptions',
  '/v1/process',
  ...['summary', 'variants', 'map', 'durations', 'waits'].map((view) => `/v1/process/invoice/${view}?${OPENED}`),
  '/v1/objects/invoice?limit=50',
  '/v1/reference',
]
const PORTFOLIO = ['/v1/portfolio']

/** What was filled: events of all tenants at first, how often as many, the peer's figures, and objects of one tenant before and after. */
type Filled = {
  events: number
  times: number
  peer: { events: number; postgresMs: number; sightlineMs: number }
  objects: readonly number[]
}
type Measured = { path: string; p50: number; p95: number }

/** Answers of one tenant and of a portfolio of twenty, with ten times the history, beside PostgreSQL on the same events. */
export const queries: Benchmark = { name: 'queries', run }

async function run(): Promise<Report> {
  const folder = KEPT ?? (await mkdtemp(join(tmpdir(), 'sightline-bench-')))
  const server = await runServer({
    env: readEnv({ SIGHTLINE_DATA: folder, SIGHTLINE_PORT: '0' }),
    log: openLog({ level: 'error', human: true }),
    webFolder: null,
    parts: ['api'],
  })
  try {
    const [small = 10e6, large] = SIZES
    if (await isFilled(server)) return report(await measureAll(server), [], null)
    const events = await fill(server, small)
    await settle(server.stores.clickhouse.writer)
    const first = await measureAll(server)
    const objects = [await objectsOf(server)]
    say(`measured at ${whole(events * TENANTS)} events:`)
    for (const { path, p50, p95 } of first) say(`  ${p50.toFixed(1)} ${p95.toFixed(1)} ${path}`)
    const peer = await postgresPeer(server, tenantOf(0))
    const times = large === undefined ? 1 : Math.max(1, Math.round(large / small))
    for (let back = 1; back < times; back++) {
      await growBack(server.stores.clickhouse.writer, back)
      say(`${whole(events * TENANTS * (back + 1))} events`)
    }
    await settle(server.stores.clickhouse.writer)
    const second = times === 1 ? [] : await measureAll(server)
    objects.push(await objectsOf(server))
    return report(first, second, { events: events * TENANTS, times, peer, objects })
  } finally {
    await server.stop()
    if (KEPT === undefined) await rm(folder, { recursive: true, force: true })
  }
}

async function isFilled(server: RunningServer): Promise<boolean> {
  const found = await server.stores.postgres.db
    .select()
    .from(derivations)
    .where(eq(derivations.tenantId, tenantOf(TENANTS - 1)))
  return found.length > 0
}

function tenantOf(number: number): string {
  return `bench-${String(number + 1).padStart(2, '0')}`
}

function say(text: string): void {
  process.stderr.write(`${text}\n`)
}

/** Fills one tenant by the product's own way, computes its answers, and gives the other tenants the same. Returns its events. */
async function fill(server: RunningServer, size: number): Promise<number> {
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
  let lines: string[] = []
  const send = async (): Promise<void> => {
    const body = Buffer.from(lines.join('\n'))
    lines = []
    await receiveBody(body, 'ndjson', { tenant, writer: server.writer, now: clock })
  }
  // Kestrel gives about 300,000 events in half a year at scale 1.
  for (const chunk of simulateChunks({ seed: SEED, now: END, days: DAYS, scale: wanted / 300_000 })) {
    if (chunk.tenant !== 'kestrel') continue
    for (const event of chunk.events) lines.push(JSON.stringify(event))
    events += chunk.events.length
    if (lines.length >= 10_000) await send()
  }
  await send()
  say(`${whole(events)} events of one tenant are stored`)
  const started = performance.now()
  const documents = await deriveTenant({ clickhouse, db }, tenant, 'all', clock())
  say(`answers of ${whole(documents)} documents computed in ${((performance.now() - started) / 1000).toFixed(1)} s`)
  for (let number = 1; number < TENANTS; number++) await copyTenant(server, tenant, tenantOf(number))
  say(`${TENANTS} tenants are filled`)
  return events
}

/** Tables with rows of tenants that no view fills from another, but for marks and what runs work with. */
async function tables(clickhouse: ClickHouseClient): Promise<string[]> {
  const answer = await clickhouse.query({
    query: `SELECT name FROM system.tables
      WHERE database = 'sightline' AND engine LIKE '%MergeTree' AND total_rows > 0
        AND name IN (SELECT table FROM system.columns WHERE database = 'sightline' AND name = 'tenant_id')
        AND NOT startsWith(name, 'derive_')
        AND name NOT IN ('dirty_objects', 'object_events', 'object_state', 'object_links', 'corrections', 'exception_roots',
          'source_traits', 'batch_arrivals', 'object_calls', 'policy_decisions', 'key_documents', 'open_documents', 'open_clocks')
      ORDER BY name`,
    format: 'JSONEachRow',
  })
  return (await answer.json<{ name: string }>()).map(({ name }) => name)
}

/** Gives a tenant the rows of another. */
async function copyTenant(server: RunningServer, from: string, to: string): Promise<void> {
  const clickhouse = server.stores.clickhouse.writer
  for (const table of await tables(clickhouse))
    await clickhouse.command({
      query: `INSERT INTO sightline.{table:Identifier} SELECT * REPLACE ({to:String} AS tenant_id) FROM sightline.{table:Identifier} AS rows
        WHERE rows.tenant_id = {from:String}`,
      query_params: { table, from, to },
      clickhouse_settings: { max_partitions_per_insert_block: '1000' },
    })
  const { db } = server.stores.postgres
  const [known] = await db.select().from(derivations).where(eq(derivations.tenantId, from))
  if (known !== undefined) await db.insert(derivations).values({ ...known, tenantId: to })
  await clickhouse.command({ query: 'TRUNCATE TABLE sightline.dirty_objects' })
}

/** Tables that no page's list or figure is read from. */
const KEPT_AS_WRITTEN = /^(?:events|.*_history|ingest_.*)$/u
const GROW = new URL('grow/', import.meta.url)

/** Adds the half-year once more, `back` half-years earlier, with documents of its own. */
async function growBack(clickhouse: ClickHouseClient, back: number): Promise<void> {
  const since = new Date(END - DAYS * 86_400_000).toISOString().slice(0, 10)
  for (const file of readdirSync(GROW))
    await clickhouse.command({
      query: readFileSync(new URL(file, GROW), 'utf8'),
      query_params: { mark: `~${back}`, days: back * DAYS, since },
      clickhouse_settings: { max_partitions_per_insert_block: '1000' },
    })
  await clickhouse.command({ query: 'TRUNCATE TABLE sightline.dirty_objects' })
}

/**
 * Brings the tables that answers are read from to the state that they have where history comes over years: what closed is taken out of open
 * work, and parts that were written at once are merged.
 */
async function settle(clickhouse: ClickHouseClient): Promise<void> {
  await compactOpen(clickhouse)
  for (const table of await tables(clickhouse))
    if (!KEPT_AS_WRITTEN.test(table))
      await clickhouse.command({ query: 'OPTIMIZE TABLE sightline.{table:Identifier} FINAL', query_params: { table } })
}

/** How many objects the process views tell of one tenant. */
async function objectsOf(server: RunningServer): Promise<number> {
  const answer = await fetch(new URL('/v1/process', server.url), {
    headers: { authorization: `Bearer ${server.adminToken}`, 'x-tenant-id': tenantOf(1) },
  })
  const { types } = (await answer.json()) as ProcessTypes
  return types.reduce((sum, { objects }) => sum + objects, 0)
}

async function measureAll(server: RunningServer): Promise<Measured[]> {
  const served = new Set(ROUTES.map(({ path }) => path.replaceAll(/\{[^}]+\}/gu, '*')))
  const isServed = (path: string) => {
    const [plain = ''] = path.split('?')
    return [...served].some((route) => new RegExp(`^${route.replaceAll('*', '[^/]+')}$`, 'u').test(plain))
  }
  const measured: Measured[] = []
  for (const path of [...PATHS, ...PORTFOLIO].filter(isServed)) {
    const times: number[] = []
    for (let request = -WARM_UP; request < REQUESTS; request++) {
      const tenant = PORTFOLIO.includes(path) ? null : tenantOf(Math.abs(request) % TENANTS)
      const started = performance.now()
      const answer = await fetch(new URL(path, server.url), {
        headers: { authorization: `Bearer ${server.adminToken}`, ...(tenant === null ? {} : { 'x-tenant-id': tenant }) },
      })
      const text = await answer.text()
      if (answer.status !== 200) throw new Error(`${path}: ${answer.status} ${text.slice(0, 300)}`)
      if (request >= 0) times.push(performance.now() - started)
    }
    const sorted = times.toSorted((a, b) => a - b)
    measured.push({ path, p50: median(times), p95: sorted[Math.ceil(sorted.length * 0.95) - 1] ?? Number.NaN })
  }
  return measured
}

function report(first: readonly Measured[], second: readonly Measured[], of: Filled | null): Report {
  const grown = new Map(second.map((one) => [one.path, one]))
  const ms = (value: number | undefined) => (value === undefined ? '–' : value.toFixed(1))
  return {
    title: `Answers over HTTP, ${TENANTS} tenants, ms`,
    columns: ['path', 'p50', 'p95', `p95 at ${of?.times ?? 1} ×`, 'ratio'],
    rows: first.map(({ path, p50, p95 }) => {
      const later = grown.get(path)?.p95
      return [path, ms(p50), ms(p95), ms(later), later === undefined ? '–' : (later / p95).toFixed(2)]
    }),
    notes: [
      ...(of === null ? ['Of a store that was kept, as it stands.'] : notesOf(of)),
      'Requests one after the other, each for another tenant, by the process that serves them, on the same cores as the stores.',
    ],
    figures: { machine: machine(), first, second, ...of },
  }
}

function notesOf({ events, times, peer, objects }: Filled): string[] {
  return [
    `${whole(events)} events of half a year in all; ${times} × is as much more history, with documents of its own: ${objects.map(whole).join(', then ')} objects of a tenant.`,
    `PostgreSQL, invoice cycle by week from ${whole(peer.events)} events of one tenant: ${peer.postgresMs.toFixed(1)} ms median; Sightline's same answer from all of that tenant's: ${peer.sightlineMs.toFixed(1)} ms; ratio ${(peer.postgresMs / peer.sightlineMs).toFixed(1)}.`,
    'Parts of the tables that answers are read from are merged before both measurements, as they are where history came over years.',
  ]
}
