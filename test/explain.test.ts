import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import test, { after } from 'node:test'
import { instantFromIso } from '../model/instant.ts'
import type { TenantId } from '../model/tenant.ts'
import { freezeMonth, listFrozenMonths, thawMonth } from '../platform/frozen-months.ts'
import { type Explained, explainKpi } from '../queries/kpi-explain.ts'
import { kpiDistribution } from '../queries/kpi-distribution.ts'
import type { KpiScope } from '../queries/kpi-facts.ts'
import { kpiAnswer } from '../queries/kpi.ts'
import { restatements } from '../queries/restatements.ts'
import { tenantReader } from '../queries/run.ts'
import { derive } from './support/derive.ts'
import { storeEvents } from './support/store-events.ts'
import { sharedStores } from './support/stores.ts'

const { stores, freshTenant, close } = await sharedStores()
const { db } = stores.postgres
after(close)

const at = (text: string): number => instantFromIso(text) ?? assert.fail(text)
const NOW = at('2026-05-01T00:00:00Z')
const MARCH = { from: at('2026-03-01T00:00:00Z'), to: at('2026-04-01T00:00:00Z') }
const SCOPE: KpiScope = { ...MARCH, bucket: 'all', now: NOW }
const ALL: Explained = { ...SCOPE, start: null, group: null, state: null, after: null, limit: 50 }

let number = 0
function event(type: string, time: string, id: string, data: Record<string, unknown> = {}) {
  return {
    specversion: '1.0',
    id: `e${number++}`,
    source: '/test',
    type,
    time,
    data: { objects: [{ type: 'invoice', id }], ...data },
  }
}

async function store(tenant: TenantId, events: readonly unknown[]): Promise<void> {
  await storeEvents(stores.clickhouse.writer, tenant, events)
  await derive({ stores }, tenant, NOW)
}

async function reference(
  tenant: TenantId,
  kind: string,
  key: string,
  body: unknown,
  from = '2020-01-01 00:00:00',
  to = '2250-01-01 00:00:00',
) {
  const row = { tenant_id: tenant, kind, key, row_id: randomUUID(), valid_from: from, valid_to: to, body: JSON.stringify(body) }
  await stores.clickhouse.writer.insert({ table: 'reference', format: 'JSONEachRow', values: [{ ...row, version: 1 }] })
}

/** Five invoices of March: captured after 1, 2 and 4 hours, one open, one cancelled. */
function march() {
  const entity = (name: string) => ({ attributes: { entity: name } })
  return [
    ...['01', '02', '04'].flatMap((hours, index) => [
      event('invoice.received', `2026-03-0${index + 2}T00:00:00Z`, `I${index + 1}`, entity(index === 0 ? 'DE' : 'PL')),
      event('invoice.captured', `2026-03-0${index + 2}T${hours}:00:00Z`, `I${index + 1}`),
    ]),
    event('invoice.received', '2026-03-10T00:00:00Z', 'I4', entity('DE')),
    event('invoice.received', '2026-03-11T00:00:00Z', 'I5', entity('DE')),
    event('invoice.cancelled', '2026-03-12T00:00:00Z', 'I5'),
  ]
}

test('a number opens into the documents in it and left out of it, page by page', async () => {
  const tenant = await freshTenant()
  await store(tenant, march())
  const reader = tenantReader(stores.clickhouse.reader, tenant)
  const whole = await explainKpi(reader, db, 'capture-lag', ALL)
  assert.deepEqual(whole.counts, { counted: 3, open: 1, excluded: [{ reason: 'rejected or cancelled', n: 1 }] })
  assert.deepEqual([whole.row?.value, whole.row?.n, whole.row?.open], [7200, 3, 1])
  assert.match(whole.sql.contributions, /invoice\.captured/u)
  assert.ok(whole.freshness.computed_until !== null)
  const seen: string[] = []
  let after: string | null = null
  do {
    const page = await explainKpi(reader, db, 'capture-lag', { ...ALL, limit: 2, after })
    seen.push(...page.objects.map(({ id, state }) => `${id} ${state}`))
    after = page.next
  } while (after !== null)
  assert.deepEqual(seen, ['I5 excluded', 'I4 open', 'I3 counted', 'I2 counted', 'I1 counted'])
  const day = { ...ALL, bucket: 'day', start: at('2026-03-03T00:00:00Z') } as const
  assert.deepEqual(
    (await explainKpi(reader, db, 'capture-lag', day)).objects.map(({ id, value }) => [id, value]),
    [['I2', 7200]],
  )
  const polish = await explainKpi(reader, db, 'capture-lag', { ...ALL, groupBy: 'entity', group: 'PL' })
  assert.deepEqual([polish.objects.map(({ id }) => id), polish.row?.n], [['I3', 'I2'], 2])
  await assert.rejects(explainKpi(reader, db, 'capture-lag', { ...ALL, after: 'x' }), { code: 'parameter_invalid' })
})

test('a late and a correcting event move the number and its rollup; asked as of before them, it is what it was; the history shows all', async () => {
  const tenant = await freshTenant()
  const events = march()
  await store(tenant, events)
  const reader = tenantReader(stores.clickhouse.reader, tenant)
  const value = async (asOf: number | null = null) => {
    const { rows } = await kpiAnswer(reader, 'capture-lag', { ...SCOPE, asOf })
    return [rows[0]?.value, rows[0]?.n, rows[0]?.open]
  }
  const first = Date.now() * 1000
  await store(tenant, [event('invoice.captured', '2026-03-10T08:00:00Z', 'I4')])
  const second = Date.now() * 1000
  const corrected = events.find(({ type, data }) => type === 'invoice.captured' && data.objects[0]?.id === 'I3')
  assert.ok(corrected !== undefined)
  await store(tenant, [event('invoice.captured', '2026-03-04T06:00:00Z', 'I3', { corrects: corrected.id })])
  assert.deepEqual(await value(first), [7200, 3, 1])
  assert.deepEqual(await value(second), [10_800, 4, 0])
  assert.deepEqual(await value(), [14_400, 4, 0])
  const { objects } = await explainKpi(reader, db, 'capture-lag', ALL)
  const history = (id: string) => objects.find((one) => one.id === id)?.history.map((one) => [one.state, one.value])
  assert.deepEqual(history('I4'), [
    ['counted', 28_800],
    ['open', 0],
  ])
  assert.deepEqual(history('I3'), [
    ['counted', 21_600],
    ['counted', 14_400],
  ])
})

test('a frozen month answers as it was known then, and the list of restatements says what changed since', async () => {
  const tenant = await freshTenant()
  await store(tenant, march())
  const reader = tenantReader(stores.clickhouse.reader, tenant)
  const asOf = new Date()
  const input = { tenant, month: '2026-03', asOf, actor: 'ann', note: 'closed' }
  await freezeMonth(db, { ...input, asOf: new Date('2026-12-01T00:00:00Z') })
  await thawMonth(db, { tenant, month: '2026-03', actor: 'ann' })
  await assert.rejects(freezeMonth(db, { ...input, month: '2199-01' }), { code: 'parameter_invalid' })
  await freezeMonth(db, { ...input, asOf: new Date('2026-12-02T00:00:00Z') })
  await assert.rejects(freezeMonth(db, { ...input, asOf: new Date('2026-12-03T00:00:00Z') }), { code: 'conflict' })
  assert.deepEqual(
    (await listFrozenMonths(db, tenant)).map(({ month, frozenBy }) => [month, frozenBy]),
    [['2026-03', 'ann']],
  )

  const frozen = [{ month: '2026-03', asOf: Date.now() * 1000 }]
  await store(tenant, [
    event('invoice.captured', '2026-03-10T08:00:00Z', 'I4'),
    event('invoice.received', '2026-04-02T00:00:00Z', 'I6'),
    event('invoice.captured', '2026-04-02T05:00:00Z', 'I6'),
  ])
  const months = { from: MARCH.from, to: at('2026-05-01T00:00:00Z'), bucket: 'month', now: NOW } as const
  const values = async (of: typeof frozen) => (await kpiAnswer(reader, 'capture-lag', months, of)).rows.map((row) => row.value)
  assert.deepEqual(await values([]), [10_800, 18_000])
  assert.deepEqual(await values(frozen), [7200, 18_000])
  await assert.rejects(kpiAnswer(reader, 'capture-lag', { ...months, bucket: 'day' }, frozen), { code: 'parameter_invalid' })

  const list = await restatements(reader, MARCH.from, frozen[0]?.asOf ?? 0, { limit: 10, now: NOW })
  const lag = list.find(({ kpi }) => kpi === 'capture-lag')
  assert.deepEqual([lag?.was.value, lag?.now.value, lag?.changed], [7200, 10_800, 1])
  assert.deepEqual(
    lag?.documents.map(({ id, was, now }) => [id, was?.state, was?.value, now?.state, now?.value]),
    [['I4', 'open', 0, 'counted', 28_800]],
  )
  assert.equal(
    list.find(({ kpi }) => kpi === 'late-payment'),
    undefined,
    'what did not change is not in the list',
  )
})

test('targets stand beside the rows for which they held, of the group before that of all', async () => {
  const tenant = await freshTenant()
  await reference(
    tenant,
    'targets',
    'capture-lag/1',
    { kpi: 'capture-lag', value: 3600 },
    '2026-01-01 00:00:00',
    '2026-03-03 00:00:00',
  )
  await reference(tenant, 'targets', 'capture-lag/2', { kpi: 'capture-lag', value: 1800 }, '2026-03-03 00:00:00')
  await reference(tenant, 'targets', 'capture-lag/PL', { kpi: 'capture-lag', dimension: 'entity', group: 'PL', value: 900 })
  await store(tenant, march())
  const reader = tenantReader(stores.clickhouse.reader, tenant)
  const days = await kpiAnswer(reader, 'capture-lag', { ...SCOPE, bucket: 'day', to: at('2026-03-04T00:00:00Z') })
  assert.deepEqual(
    days.rows.map(({ target }) => target),
    [3600, 3600, 1800],
  )
  const groups = await kpiAnswer(reader, 'capture-lag', { ...SCOPE, groupBy: 'entity' })
  assert.deepEqual(
    groups.rows.map(({ group, target, caution }) => [group, target, caution]),
    [
      ['DE', 1800, true],
      ['PL', 900, true],
    ],
  )
})

test('a KPI whose reference data is missing is not evaluable, and never zero', async () => {
  const tenant = await freshTenant()
  await store(tenant, march())
  const reader = tenantReader(stores.clickhouse.reader, tenant)
  const { needs, rows } = await kpiAnswer(reader, 'off-contract-spend', SCOPE)
  assert.deepEqual([needs, rows[0]?.value, rows[0]?.n], [['contracts', 'value_assumptions'], null, 0])
})

test('the distribution of a KPI holds every object once', async () => {
  const tenant = await freshTenant()
  await store(tenant, march())
  const reader = tenantReader(stores.clickhouse.reader, tenant)
  const { n, mean, quantiles, bins } = await kpiDistribution(reader, 'capture-lag', SCOPE)
  assert.deepEqual([n, mean, quantiles.find(({ q }) => q === 0.5)?.value], [3, 8400, 7200])
  assert.equal(
    bins.reduce((sum, bin) => sum + bin.n, 0),
    3,
  )
  assert.deepEqual([bins[0]?.from, bins.at(-1)?.to], [3600, null])
  assert.deepEqual((await kpiDistribution(reader, 'late-payment', SCOPE)).bins, [])
})
