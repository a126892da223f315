import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import test, { after } from 'node:test'
import { simulateChunks } from '../demo/simulate.ts'
import type { TruthDocument } from '../demo/truth.ts'
import { instantFromIso } from '../model/instant.ts'
import type { TenantId } from '../model/tenant.ts'
import type { Dimension } from '../model/vocabulary.ts'
import { exceptions } from '../queries/exceptions.ts'
import { kpiAnswer, kpiCatalogue, type KpiScope } from '../queries/kpi.ts'
import { sqlText, tenantReader } from '../queries/run.ts'
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
type Sent = { id: string; type: string; data: { [key: string]: unknown; objects: { type: string; id: string }[] } }

const FOLDER = new URL('./kpi/', import.meta.url)
const fixtures = readdirSync(FOLDER).toSorted()
const { stores, freshTenant, close } = await sharedStores()
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

const store = (tenant: TenantId, sent: readonly unknown[]) => storeEvents(stores.clickhouse.writer, tenant, sent)

async function answers(tenant: TenantId, kpi: string, wanted: Case): Promise<ExpectedRow[]> {
  const { from, to, bucket, group_by, filters } = wanted.query
  const answer = await kpiAnswer(tenantReader(stores.clickhouse.reader, tenant), kpi, {
    from: at(from),
    to: at(to),
    bucket,
    groupBy: group_by ?? null,
    ...(filters === undefined ? {} : { filters }),
  })
  return answer.rows.map(({ previous, ...row }) => {
    assert.equal(previous, null, 'no comparison was asked')
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
  assert.ok(catalogue.length >= 14, `${catalogue.length} KPIs`)
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
    await store(mine, events)
    for (const wanted of fixtureCases(kpi)) assertClose(await answers(mine, kpi, wanted), wanted.rows, wanted.why)

    await store(mine, [...events].toReversed())
    await store(other, [
      ...events,
      ...events.map((event) => ({ ...event, id: `copy-${event.id}`, time: '2026-03-20T12:00:00Z' })),
    ])
    for (const wanted of fixtureCases(kpi)) assertClose(await answers(mine, kpi, wanted), wanted.rows, wanted.why)
  })

test('a comparison puts the preceding window of equal length beside each bucket', async () => {
  const tenant = await freshTenant()
  await store(tenant, fixtureEvents('capture-lag'))
  const ask = (from: string, to: string, bucket: KpiScope['bucket']) =>
    kpiAnswer(tenantReader(stores.clickhouse.reader, tenant), 'capture-lag', {
      from: at(from),
      to: at(to),
      bucket,
      compare: true,
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
  const scope = { from: at('2026-03-01T00:00:00Z'), to: at('2026-03-02T00:00:00Z'), bucket: 'all' } as const
  await assert.rejects(kpiAnswer(reader, '../process/types', scope), { code: 'not_found' })
  await assert.rejects(kpiAnswer(reader, 'capture-lag', { ...scope, to: scope.from }), { code: 'parameter_invalid' })
})

test('technical failures on every invoice do not move the business exception rate', async () => {
  const tenant = await freshTenant()
  const events = fixtureEvents('exception-rate')
  await store(tenant, events)
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
  await store(tenant, failures)
  for (const wanted of fixtureCases('exception-rate'))
    assertClose(await answers(tenant, 'exception-rate', wanted), wanted.rows, wanted.why)
  const failed = await kpiAnswer(tenantReader(stores.clickhouse.reader, tenant), 'technical-failure-rate', {
    from: at('2026-03-01T00:00:00Z'),
    to: at('2026-04-01T00:00:00Z'),
    bucket: 'all',
  })
  assert.deepEqual([failed.rows[0]?.value, failed.rows[0]?.n], [1, ids.size + 1])
})

test('a correction takes the corrected event out of every figure', async () => {
  const tenant = await freshTenant()
  const events = fixtureEvents('late-payment')
  await store(tenant, events)
  const late = events.find((event) => event.type === 'payment.cleared' && event.data.objects.some((one) => one.id === 'I2'))
  assert.ok(late !== undefined)
  await store(tenant, [{ ...late, id: 'corrected', time: '2026-03-09T12:00:00Z', data: { ...late.data, corrects: late.id } }])
  const [wanted] = fixtureCases('late-payment')
  assert.ok(wanted !== undefined)
  const rows = await answers(tenant, 'late-payment', wanted)
  assert.deepEqual([rows[0]?.value, rows[0]?.n], [0, 3])
})

test('the unclassified rate counts what the exceptions page lists', async () => {
  const tenant = await freshTenant()
  await store(
    tenant,
    fixtures.flatMap((kpi) => fixtureEvents(kpi).map((event) => ({ ...event, id: `${kpi}-${event.id}` }))),
  )
  const reader = tenantReader(stores.clickhouse.reader, tenant)
  const scope = { from: at('2026-01-01T00:00:00Z'), to: at('2026-07-01T00:00:00Z'), bucket: 'all' } as const
  const { totals } = await exceptions(reader, { ...scope, limit: 1000 })
  const items = totals.reduce((sum, one) => sum + one.items, 0)
  const unknown = totals.find((one) => one.class === 'unknown')?.items ?? 0
  const [row] = (await kpiAnswer(reader, 'unclassified-rate', scope)).rows
  assert.ok(unknown > 0 && items > unknown)
  assert.deepEqual([row?.n, row?.value], [items, unknown / items])
})

test('a KPI reads the rows of its own tenant only', async () => {
  const { writer } = stores.clickhouse
  await writer.command({
    query: `INSERT INTO object_events (tenant_id, object_type, object_id, event_id, activity, occurred_at, live, version)
      SELECT concat('crowd-', leftPad(toString(intDiv(number, 5000)), 3, '0')), 'invoice', concat('I', toString(number)), generateUUIDv4(),
        'invoice.received', toDateTime64('2026-03-02 00:00:00', 6, 'UTC'), true, 1
      FROM numbers(200000)`,
  })
  await writer.command({ query: 'OPTIMIZE TABLE object_events FINAL' })
  const plan = await writer.query({
    query: `EXPLAIN indexes = 1 ${sqlText('kpi/capture-lag')}`,
    query_params: {
      tenant_id: 'crowd-007',
      from: '2026-03-01 00:00:00',
      to: '2026-04-01 00:00:00',
      middle: '2026-03-01 00:00:00',
      bucket: 'all',
      group_by: 1,
      filters: Array.from({ length: 11 }, () => ''),
    },
    format: 'TabSeparatedRaw',
  })
  const text = await plan.text()
  const granules = /PrimaryKey[\s\S]*?Granules: (\d+)\/(\d+)/u.exec(text)
  assert.ok(granules !== null, text)
  assert.ok(Number(granules[2]) >= 24 && Number(granules[1]) <= 3, `${granules[1]} of ${granules[2]} granules read`)
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
    await store(tenant, batch)
    batch = []
  }
  await store(tenant, batch)

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
  const scope = { from: at('2026-01-01T00:00:00Z'), to: now * 1000, bucket: 'all' } as const
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
