import assert from 'node:assert/strict'
import test, { after } from 'node:test'
import { createEventWriter } from '../ingest/write.ts'
import { undoImport } from '../ingest/undo.ts'
import { instantFromIso } from '../model/instant.ts'
import { isRefusal, readEvent } from '../model/event.ts'
import type { TenantId } from '../model/tenant.ts'
import { controlCatalogue } from '../queries/control-catalogue.ts'
import { derivationOf, deriveTenant, dirtyTenants } from '../queries/derive/derive.ts'
import { keepDerived } from '../queries/derive/keep-derived.ts'
import { kpiCatalogue } from '../queries/kpi-catalogue.ts'
import { kpiAnswer } from '../queries/kpi.ts'
import { sqlText, tenantReader } from '../queries/run.ts'
import { derive } from './support/derive.ts'
import { storeEvents } from './support/store-events.ts'
import { sharedStores } from './support/stores.ts'

const { stores, freshTenant, close, log } = await sharedStores()
after(close)
const clickhouse = stores.clickhouse.writer
const derived = { clickhouse, db: stores.postgres.db }
const NOW = Date.UTC(2026, 10, 22) * 1000

function at(text: string): number {
  const instant = instantFromIso(text)
  assert.ok(instant !== null)
  return instant
}

const event = (id: string, invoice: string, type: string, time: string, more: object = {}) => ({
  specversion: '1.0',
  id,
  source: '/erp',
  type,
  time,
  data: { object: `invoice/${invoice}`, ...more },
})

async function captureLag(tenant: TenantId, more: { bucket?: 'all' | 'day'; asOf?: number } = {}) {
  const { rows } = await kpiAnswer(tenantReader(stores.clickhouse.reader, tenant), 'capture-lag', {
    from: at('2026-03-01T00:00:00Z'),
    to: at('2026-03-05T00:00:00Z'),
    bucket: more.bucket ?? 'all',
    now: NOW,
    asOf: more.asOf ?? null,
  })
  return rows.map(({ value, n, open }) => [value, n, open])
}

async function states(tenant: TenantId): Promise<unknown[]> {
  const answer = await clickhouse.query({
    query: `SELECT document_id, value, counted, absent FROM kpi_fact_history
      WHERE tenant_id = {tenant:String} AND kpi = 'capture-lag' ORDER BY document_id, version`,
    query_params: { tenant },
    format: 'JSONCompactEachRow',
  })
  return answer.json()
}

test('a late event moves the figure, the day and the history together, and what was known before still answers', async () => {
  const tenant = await freshTenant()
  await storeEvents(clickhouse, tenant, [
    event('1', 'A', 'invoice.received', '2026-03-02T08:00:00Z'),
    event('2', 'A', 'invoice.captured', '2026-03-02T10:00:00Z'),
    event('3', 'B', 'invoice.received', '2026-03-03T08:00:00Z'),
  ])
  await derive({ stores }, tenant)
  assert.deepEqual(await captureLag(tenant), [[7200, 1, 1]])
  const before = (await derivationOf(derived, tenant)).published
  await storeEvents(clickhouse, tenant, [
    event('4', 'B', 'invoice.captured', '2026-03-03T09:00:00Z'),
    event('5', 'A', 'invoice.received', '2026-03-01T10:00:00Z'),
  ])
  await derive({ stores }, tenant)
  assert.deepEqual(await captureLag(tenant), [[45_000, 2, 0]])
  assert.deepEqual(await captureLag(tenant, { bucket: 'day' }), [
    [86_400, 1, 0],
    [null, 0, 0],
    [3600, 1, 0],
    [null, 0, 0],
  ])
  assert.deepEqual(await captureLag(tenant, { asOf: before }), [[7200, 1, 1]])
  assert.deepEqual(await states(tenant), [
    ['A', 7200, true, false],
    ['A', 86_400, true, false],
    ['B', 0, false, false],
    ['B', 3600, true, false],
  ])
})

test('a run that broke off between the history and what pages read is healed by the next', async () => {
  const tenant = await freshTenant()
  await storeEvents(clickhouse, tenant, [
    event('1', 'A', 'invoice.received', '2026-03-02T08:00:00Z'),
    event('2', 'A', 'invoice.captured', '2026-03-02T10:00:00Z'),
  ])
  await derive({ stores }, tenant)
  const { published } = await derivationOf(derived, tenant)
  await clickhouse.command({
    query: `INSERT INTO kpi_fact_history SELECT * REPLACE (version + 1 AS version, 99 AS content, addDays(cohort_at, 1) AS cohort_at)
      FROM kpi_fact_history WHERE tenant_id = {tenant:String} AND version <= {published:UInt64}`,
    query_params: { tenant, published },
  })
  await storeEvents(clickhouse, tenant, [event('3', 'A', 'invoice.posted', '2026-03-04T10:00:00Z')])
  await derive({ stores }, tenant)
  assert.deepEqual(await captureLag(tenant, { bucket: 'day' }), [
    [null, 0, 0],
    [7200, 1, 0],
    [null, 0, 0],
    [null, 0, 0],
  ])
})

test('the undo of an import takes its documents out of the figures', async () => {
  const tenant = await freshTenant()
  const writer = createEventWriter({ clickhouse, now: () => NOW })
  const events = [
    event('1', 'A', 'invoice.received', '2026-03-02T08:00:00Z'),
    event('2', 'A', 'invoice.captured', '2026-03-02T10:00:00Z'),
  ].map((one) => {
    const read = readEvent(one, { tenant, receivedAt: NOW, fallbackSeq: 0 })
    assert.ok(!isRefusal(read))
    return read
  })
  await writer.write(tenant, events, 'import-1')
  await writer.drain()
  await derive({ stores }, tenant)
  assert.deepEqual(await captureLag(tenant), [[7200, 1, 0]])
  await undoImport(clickhouse, tenant, 'import-1', () => NOW)
  await derive({ stores }, tenant)
  assert.deepEqual(await captureLag(tenant), [[null, 0, 0]])
  assert.deepEqual(
    await captureLag(tenant, { bucket: 'day' }),
    Array.from({ length: 4 }, () => [null, 0, 0]),
  )
})

test('a change is in the answers within seconds, and settled half a minute later', async (t) => {
  const tenant = await freshTenant()
  const ending = new AbortController()
  const keeping = keepDerived(derived, { now: () => Date.now() * 1000, signal: ending.signal, log })
  try {
    await storeEvents(clickhouse, tenant, [event('1', 'A', 'invoice.received', '2026-03-02T08:00:00Z')])
    await until(60_000, async () => (await captureLag(tenant))[0]?.[2] === 1)
    const sent = performance.now()
    await storeEvents(clickhouse, tenant, [event('2', 'A', 'invoice.captured', '2026-03-02T09:00:00Z')])
    await until(60_000, async () => (await captureLag(tenant))[0]?.[0] === 3600)
    t.diagnostic(`in the answers after ${Math.round(performance.now() - sent)} ms`)
    await until(90_000, async () => {
      const mark = (await dirtyTenants(derived, 0)).find((one) => one.tenant === tenant)
      return (await derivationOf(derived, tenant)).settledUntil >= (mark?.last ?? Number.POSITIVE_INFINITY)
    })
  } finally {
    ending.abort()
    await keeping
  }
})

test('a KPI or control that looks beyond the documents of its run does not read what was staged for those alone', () => {
  const files = [
    ...kpiCatalogue().map(({ kpi, keys }) => ({ file: `kpi/${kpi}`, keys })),
    ...controlCatalogue().map(({ control, keys }) => ({ file: `controls/${control}`, keys })),
  ]
  const beyond = files.filter(({ keys }) => keys.length > 0)
  assert.ok(beyond.length > 0)
  for (const { file } of beyond) assert.doesNotMatch(sqlText(file), /\{(?:timelines|links):Identifier\}/u, file)
})

test('a pass that gives way has computed nothing for sure, and is run again from its beginning', async () => {
  const tenant = await freshTenant()
  await storeEvents(clickhouse, tenant, [
    event('1', 'A', 'invoice.received', '2026-03-02T08:00:00Z'),
    event('2', 'A', 'invoice.captured', '2026-03-02T10:00:00Z'),
  ])
  let asked = 0
  assert.equal(await deriveTenant(derived, tenant, 'all', NOW, { yields: () => ++asked > 3 }), null)
  assert.equal((await derivationOf(derived, tenant)).settledUntil, 0)
  assert.equal(await deriveTenant(derived, tenant, 'all', NOW), 1)
  assert.deepEqual(await captureLag(tenant), [[7200, 1, 0]])
})

test('what nothing marked is computed for nobody', async () => {
  const tenant = await freshTenant()
  assert.equal(await deriveTenant(derived, tenant, 'all', NOW), 0)
})

async function until(ms: number, check: () => Promise<boolean>): Promise<void> {
  const end = Date.now() + ms
  while (!(await check())) {
    assert.ok(Date.now() < end, 'it did not come in time')
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
}
