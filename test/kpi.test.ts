import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import test, { after } from 'node:test'
import { simulateChunks } from '../demo/simulate.ts'
import type { TruthDocument } from '../demo/truth.ts'
import { z } from 'zod'
import { Calendar } from '../model/calendar.ts'
import { instantFromIso, instantToClickHouse } from '../model/instant.ts'
import { SlaDefinition } from '../model/sla.ts'
import type { TenantId } from '../model/tenant.ts'
import { saveSla } from '../platform/slas.ts'
import { storeCalendar } from '../queries/calendar-store.ts'
import type { Dimension } from '../model/vocabulary.ts'
import { exceptions } from '../queries/exceptions.ts'
import { kpiCatalogue } from '../queries/kpi-catalogue.ts'
import type { KpiScope } from '../queries/kpi-facts.ts'
import { kpiAnswer } from '../queries/kpi.ts'
import { sqlText, tenantReader } from '../queries/run.ts'
import type { StepName } from '../queries/derive/run.ts'
import { derive } from './support/derive.ts'
import { storeEvents } from './support/store-events.ts'
import { sharedStores } from './support/stores.ts'

type ExpectedRow = { bucket: string; group: string; value: number | null; p90: number | null; n: number; open: number }
type Case = {
  why: string
  query: {
    from: string
    to: string
    bucket: KpiScope['bucket']
    group_by?: Dimension
    filters?: Partial<Record<Dimension, string>>
  }
  rows: ExpectedRow[]
}
type ReferenceRow = { kind: string; key: string; valid_from: string; valid_to: string | null; body: unknown }
type Sent = { id: string; type: string; data: { [key: string]: unknown; objects: { type: string; id: string }[] } }

const FOLDER = new URL('./kpi/', import.meta.url)
const fixtures = readdirSync(FOLDER).toSorted()
const { stores, freshTenant, close } = await sharedStores()
const NOW = at('2026-11-22T00:00:00Z')
/** Examples whose events one tenant has together. */
const TOGETHER = 8
after(close)

function at(text: string): number {
  const instant = instantFromIso(text)
  assert.ok(instant !== null, `${text} is an instant`)
  return instant
}

function fixtureEvents(kpi: string): Sent[] {
  const lines = readFileSync(new URL(`${kpi}/events.jsonl`, FOLDER), 'utf8').split('\n')
  return lines.filter((line) => line !== '').map((line): Sent => JSON.parse(line))
}

function fixtureCases(kpi: string): Case[] {
  return JSON.parse(readFileSync(new URL(`${kpi}/expected.json`, FOLDER), 'utf8'))
}

/** What the example takes as given beside its events: rows of `reference.jsonl` and service levels of `slas.json`, where it has them. */
async function storeReference(tenant: TenantId, kpi: string): Promise<void> {
  const slas = new URL(`${kpi}/slas.json`, FOLDER)
  if (existsSync(slas))
    for (const sla of z.array(SlaDefinition).parse(JSON.parse(readFileSync(slas, 'utf8'))))
      await saveSla(stores.postgres.db, { tenant, sla, actor: 'test' })
  const file = new URL(`${kpi}/reference.jsonl`, FOLDER)
  if (!existsSync(file)) return
  const rows = readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
  for (const line of rows) {
    const row: ReferenceRow = JSON.parse(line)
    if (row.kind !== 'calendars') continue
    const span = [at('2026-01-01T00:00:00Z'), at('2027-01-01T00:00:00Z')] as const
    await storeCalendar(stores.clickhouse.writer, tenant, Calendar.parse(row.body), ...span)
  }
  await stores.clickhouse.writer.insert({
    table: 'reference',
    format: 'JSONEachRow',
    values: rows.map((line) => {
      const row: ReferenceRow = JSON.parse(line)
      return {
        ...row,
        tenant_id: tenant,
        row_id: randomUUID(),
        valid_from: instantToClickHouse(at(row.valid_from)),
        valid_to: row.valid_to === null ? '2250-01-01 00:00:00' : instantToClickHouse(at(row.valid_to)),
        body: JSON.stringify(row.body),
        version: 1,
      }
    }),
  })
}

async function store(tenant: TenantId, kpi: string, sent: readonly unknown[], more: readonly StepName[] = []): Promise<void> {
  await storeEvents(stores.clickhouse.writer, tenant, sent)
  const shares = kpiCatalogue().some((one) => one.kpi === kpi && one.keys.length > 0)
  await derive({ stores }, tenant, NOW, ['rates', 'timelines', ...(shares ? (['controls'] as const) : []), 'kpis', ...more])
}

async function answers(tenant: TenantId, kpi: string, wanted: Case): Promise<ExpectedRow[]> {
  const { from, to, bucket, group_by, filters } = wanted.query
  const answer = await kpiAnswer(tenantReader(stores.clickhouse.reader, tenant), kpi, {
    from: at(from),
    to: at(to),
    bucket,
    groupBy: group_by ?? null,
    now: NOW,
    ...(filters === undefined ? {} : { filters }),
  })
  assert.deepEqual(answer.needs, [])
  return answer.rows.map(({ previous, target, caution: _caution, ...row }) => {
    assert.deepEqual([previous, target], [null, null], 'neither a comparison nor a target was asked')
    return row
  })
}

function assertClose(actual: readonly ExpectedRow[], expected: readonly ExpectedRow[], what: string): void {
  const rounded = (rows: readonly ExpectedRow[]) =>
    rows.map((row) => ({
      ...row,
      value: row.value === null ? null : Number(row.value.toPrecision(12)),
      p90: row.p90 === null ? null : Number(row.p90.toPrecision(12)),
    }))
  assert.deepEqual(rounded(actual), rounded(expected), what)
}

test('every KPI has a definition and a worked example', () => {
  const catalogue = kpiCatalogue()
  assert.ok(catalogue.length >= 55, `${catalogue.length} KPIs`)
  assert.deepEqual(
    catalogue.map((one) => one.kpi),
    fixtures,
  )
  for (const { kpi, definition, benchmark } of catalogue) {
    assert.ok(definition.endsWith('.'), `${kpi}: "${definition}"`)
    assert.ok(!definition.includes('--') && benchmark !== 'none', kpi)
  }
})

for (const kpi of fixtures)
  test(`${kpi} answers its worked example, whoever else sends the same and however often it arrives`, async () => {
    const [mine, other] = [await freshTenant(), await freshTenant()]
    const events = fixtureEvents(kpi)
    for (const tenant of [mine, other]) await storeReference(tenant, kpi)
    await store(mine, kpi, events)
    for (const wanted of fixtureCases(kpi)) assertClose(await answers(mine, kpi, wanted), wanted.rows, wanted.why)

    await store(mine, kpi, [...events].toReversed())
    await storeEvents(stores.clickhouse.writer, other, [
      ...events,
      ...events.map((event) => ({ ...event, id: `copy-${event.id}`, time: '2026-03-20T12:00:00Z' })),
    ])
    for (const wanted of fixtureCases(kpi)) assertClose(await answers(mine, kpi, wanted), wanted.rows, wanted.why)
  })

test('a comparison puts the preceding window of equal length beside each bucket', async () => {
  const tenant = await freshTenant()
  await store(tenant, 'capture-lag', fixtureEvents('capture-lag'))
  const ask = (from: string, to: string, bucket: KpiScope['bucket']) =>
    kpiAnswer(tenantReader(stores.clickhouse.reader, tenant), 'capture-lag', {
      from: at(from),
      to: at(to),
      bucket,
      compare: true,
      now: NOW,
    })
  const days = await ask('2026-03-04T00:00:00Z', '2026-03-06T00:00:00Z', 'day')
  assert.deepEqual(
    days.rows.map(({ bucket, previous }) => [bucket, previous]),
    [
      ['2026-03-04T00:00:00.000Z', 1800.25],
      ['2026-03-05T00:00:00.000Z', null],
    ],
  )
  const week = await ask('2026-03-09T00:00:00Z', '2026-03-16T00:00:00Z', 'all')
  assert.deepEqual(
    week.rows.map(({ value, n, previous }) => [value, n, previous]),
    [[null, 0, 1800.25]],
  )
})

test('an unknown KPI and an empty window are refused by name', async () => {
  const reader = tenantReader(stores.clickhouse.reader, await freshTenant())
  const scope = { from: at('2026-03-01T00:00:00Z'), to: at('2026-03-02T00:00:00Z'), bucket: 'all', now: NOW } as const
  await assert.rejects(kpiAnswer(reader, '../process/types', scope), { code: 'not_found' })
  await assert.rejects(kpiAnswer(reader, 'capture-lag', { ...scope, to: scope.from }), { code: 'parameter_invalid' })
})

test('technical failures on every invoice do not move the business exception rate', async () => {
  const tenant = await freshTenant()
  const events = fixtureEvents('exception-rate')
  await store(tenant, 'capture-lag', events)
  const ids = new Set(events.flatMap((event) => event.data.objects.filter((one) => one.type === 'invoice').map((one) => one.id)))
  const outcome = { status: 'timeout', code: 'ETIMEDOUT', retryable: true }
  const failures = [...ids].flatMap((id) =>
    ['operation.failed', 'operation.failed', 'operation.abandoned', 'exception.raised'].map((type, step) => ({
      specversion: '1.0',
      id: `injected-${id}-${step}`,
      source: step === 3 ? '/erp/old' : '/workflow/n8n',
      type,
      time: `2026-03-02T08:0${step}:00Z`,
      data: {
        object: `invoice/${id}`,
        outcome,
        ...(step === 3
          ? { exception: { id: `EXT-${id}`, state: 'raised' } }
          : { operation: { id: `sync:${id}`, attempt: step + 1 } }),
      },
    })),
  )
  await store(tenant, 'capture-lag', failures)
  for (const wanted of fixtureCases('exception-rate'))
    assertClose(await answers(tenant, 'exception-rate', wanted), wanted.rows, wanted.why)
  const failed = await kpiAnswer(tenantReader(stores.clickhouse.reader, tenant), 'technical-failure-rate', {
    from: at('2026-03-01T00:00:00Z'),
    to: at('2026-04-01T00:00:00Z'),
    bucket: 'all',
    now: NOW,
  })
  assert.deepEqual([failed.rows[0]?.value, failed.rows[0]?.n], [1, ids.size + 1])
})

test('a correction takes the corrected event out of every figure', async () => {
  const tenant = await freshTenant()
  const events = fixtureEvents('late-payment')
  await store(tenant, 'capture-lag', events)
  const late = events.find((event) => event.type === 'payment.cleared' && event.data.objects.some((one) => one.id === 'I2'))
  assert.ok(late !== undefined)
  await store(tenant, 'capture-lag', [
    { ...late, id: 'corrected', time: '2026-03-09T12:00:00Z', data: { ...late.data, corrects: late.id } },
  ])
  const [wanted] = fixtureCases('late-payment')
  assert.ok(wanted !== undefined)
  const rows = await answers(tenant, 'late-payment', wanted)
  assert.deepEqual([rows[0]?.value, rows[0]?.n], [0, 3])
})

/** An event of an example with ids that no other example has: its own, and those of its exceptions and operations. */
function ownIds(event: Sent, prefix: string): unknown {
  const text = JSON.stringify(event, (name, value: unknown) => {
    if (typeof value === 'string' && ['corrects', 'caused_by', 'completes'].includes(name)) return `${prefix}${value}`
    if (!['exception', 'operation'].includes(name) || typeof value !== 'object' || value === null || !('id' in value))
      return value
    return { ...value, id: `${prefix}${String(value.id)}` }
  })
  return { ...(JSON.parse(text) as Sent), id: `${prefix}${event.id}` }
}

test('the unclassified rate counts what the exceptions page lists', async () => {
  const scope = { from: at('2026-01-01T00:00:00Z'), to: at('2026-07-01T00:00:00Z'), bucket: 'all', now: NOW } as const
  let [all, unknowns] = [0, 0]
  for (let first = 0; first < fixtures.length; first += TOGETHER) {
    const some = fixtures.slice(first, first + TOGETHER)
    const tenant = await freshTenant()
    const sent = some.flatMap((kpi) => fixtureEvents(kpi).map((event) => ownIds(event, `${kpi} `)))
    await storeEvents(stores.clickhouse.writer, tenant, sent)
    await derive({ stores }, tenant, NOW, ['kpis', 'exceptions'])
    const reader = tenantReader(stores.clickhouse.reader, tenant)
    const { totals } = await exceptions(reader, { ...scope, limit: 1000 })
    const items = totals.reduce((sum, one) => sum + one.items, 0)
    const unknown = totals.find((one) => one.class === 'unknown')?.items ?? 0
    const [row] = (await kpiAnswer(reader, 'unclassified-rate', scope)).rows
    assert.deepEqual([row?.n, row?.value], [items, items === 0 ? null : unknown / items], some.join(', '))
    all += items
    unknowns += unknown
  }
  assert.ok(unknowns > 0 && all > unknowns)
})

test('a KPI reads the contributions of its own tenant, KPI and days only', async () => {
  const { writer } = stores.clickhouse
  await writer.command({
    query: `INSERT INTO kpi_facts (tenant_id, kpi, cohort_day, document_type, document_id, subject_id, cohort_at, counted, value, weight, version)
      SELECT concat('crowd-', leftPad(toString(intDiv(number, 20000)), 3, '0')), 'capture-lag', toDate('2026-01-01') + number % 200,
        'invoice', concat('I', toString(number)), '', toDateTime64('2026-01-01 00:00:00', 6, 'UTC') + INTERVAL number % 200 DAY, true, 1, 1, 1
      FROM numbers(400000)`,
  })
  await writer.command({ query: 'OPTIMIZE TABLE kpi_facts FINAL' })
  const plan = await writer.query({
    query: `EXPLAIN indexes = 1 ${sqlText('shared/kpi-facts-now')}`,
    query_params: { tenant_id: 'crowd-007', kpi: 'capture-lag', from: '2026-03-01 00:00:00', to: '2026-04-01 00:00:00' },
    format: 'TabSeparatedRaw',
  })
  const text = await plan.text()
  const granules = /PrimaryKey[\s\S]*?Granules: (\d+)\/(\d+)/u.exec(text)
  assert.ok(granules !== null, text)
  assert.ok(Number(granules[2]) >= 48 && Number(granules[1]) <= 3, `${granules[1]} of ${granules[2]} granules read`)
})

test('the figures of a simulated half-year agree with what the simulator knows to be true', async () => {
  const tenant = await freshTenant()
  const now = Date.UTC(2026, 10, 20, 12)
  const truth: TruthDocument[] = []
  let batch: unknown[] = []
  for (const chunk of simulateChunks({ seed: 7, now, scale: 0.12 })) {
    if (chunk.tenant !== 'aurelia') continue
    batch.push(...chunk.events)
    truth.push(...chunk.truth())
    if (batch.length < 10_000) continue
    await storeEvents(stores.clickhouse.writer, tenant, batch)
    batch = []
  }
  await store(tenant, 'capture-lag', batch, ['exceptions'])

  const known = (document: TruthDocument, activity: string): number | null => {
    const time = document.milestones[activity]
    return time === undefined || Date.parse(time) > now ? null : Date.parse(time)
  }
  const lasting = (type: string, from: string, ...to: string[]) =>
    truth
      .filter((document) => document.type === type)
      .flatMap((document) => {
        const start = known(document, from)
        const ends = to.map((activity) => known(document, activity)).filter((end) => end !== null)
        return start === null || ends.length < to.length ? [] : [(Math.max(...ends) - start) / 1000]
      })
      .toSorted((a, b) => a - b)
  const invoices = truth.filter((document) => document.type === 'invoice')
  const paid = invoices.filter(({ due_at, milestones }) => {
    const cleared = milestones['payment.cleared']
    return due_at !== undefined && Date.parse(due_at) < now && cleared !== undefined && Date.parse(cleared) <= now
  })
  const raised = truth.flatMap((document) => document.exceptions).filter((exception) => Date.parse(exception.raised) <= now)
  const reader = tenantReader(stores.clickhouse.reader, tenant)
  const scope = { from: at('2026-01-01T00:00:00Z'), to: now * 1000, bucket: 'all', now: now * 1000 } as const
  const ask = async (kpi: string) => (await kpiAnswer(reader, kpi, scope)).rows[0]

  for (const [kpi, seconds] of [
    ['capture-lag', lasting('invoice', 'invoice.received', 'invoice.captured')],
    ['invoice-cycle', lasting('invoice', 'invoice.received', 'invoice.approved', 'payment.proposed')],
  ] as const) {
    const row = await ask(kpi)
    const middle = (seconds.length - 1) / 2
    const median = ((seconds[Math.floor(middle)] ?? 0) + (seconds[Math.ceil(middle)] ?? 0)) / 2
    assert.ok(seconds.length > 100, `${kpi}: ${seconds.length}`)
    assert.deepEqual([row?.n, row?.value?.toFixed(3)], [seconds.length, median.toFixed(3)], kpi)
  }
  const late = await ask('late-payment')
  const missed = paid.filter(
    ({ due_at = '', milestones }) => Date.parse(milestones['payment.cleared'] ?? '') > Date.parse(due_at),
  )
  assert.ok(missed.length > 0)
  assert.deepEqual([late?.n, late?.value], [paid.length, missed.length / paid.length])
  const { totals } = await exceptions(reader, { ...scope, limit: 1 })
  for (const name of ['business', 'unknown'] as const)
    assert.equal(
      totals.find((one) => one.class === name)?.items,
      raised.filter((exception) => exception.class === name).length,
      name,
    )
})
