import assert from 'node:assert/strict'
import { randomInt, randomUUID } from 'node:crypto'
import test, { after } from 'node:test'
import { z } from 'zod'
import { referenceRows } from '../demo/reference.ts'
import { simulateChunks } from '../demo/simulate.ts'
import { DEMO_TENANTS } from '../demo/tenants.ts'
import { instantFromIso, instantToClickHouse } from '../model/instant.ts'
import type { TenantId } from '../model/tenant.ts'
import { DAY_US } from '../queries/kpi-buckets.ts'
import { deriveTenant } from '../queries/derive/derive.ts'
import { markDirty } from '../queries/derive/mark.ts'
import { migrateClickHouse } from '../queries/migrate.ts'
import { tenantReader } from '../queries/run.ts'
import { supplierDetail, suppliers } from '../queries/suppliers.ts'
import { derive } from './support/derive.ts'
import { randomFrom } from './support/random.ts'
import { storeEvents } from './support/store-events.ts'
import { sharedStores } from './support/stores.ts'

const { stores, log, freshTenant, close } = await sharedStores()
const { writer } = stores.clickhouse
after(close)

const NOW = Date.UTC(2026, 10, 20, 12) * 1000
const MIDNIGHT = Date.UTC(2026, 10, 20) * 1000
const reader = (tenant: TenantId) => tenantReader(stores.clickhouse.reader, tenant)

const Document = z.object({
  supplier: z.string(),
  type: z.string(),
  outcome: z.string(),
  opened_us: z.number(),
  closed_us: z.number().nullable(),
  amount: z.number(),
  rate: z.number(),
  due_us: z.number().nullable(),
  paid_us: z.number().nullable(),
  exceptions: z.number(),
  violations: z.number(),
  is_duplicate: z.boolean(),
  answers: z.number(),
  answer_s: z.number(),
})
type Document = z.output<typeof Document>

async function documentsOf(tenant: TenantId): Promise<Document[]> {
  const answer = await writer.query({
    query: `SELECT supplier, document_type AS type, outcome, toUnixTimestamp64Micro(opened_at) AS opened_us,
        toUnixTimestamp64Micro(closed_at) AS closed_us, toFloat64(amount) AS amount, rate, toUnixTimestamp64Micro(due_at) AS due_us,
        toUnixTimestamp64Micro(paid_at) AS paid_us, exceptions_raised AS exceptions, violations, is_duplicate, answers, answer_s
      FROM documents FINAL
      WHERE tenant_id = {tenant:String} AND document_type IN ('requisition', 'purchase_order', 'invoice') AND supplier != ''`,
    query_params: { tenant },
    format: 'JSONEachRow',
    clickhouse_settings: { output_format_json_quote_64bit_integers: 0 },
  })
  return z.array(Document).parse(await answer.json())
}

const sum = (numbers: readonly number[]) => numbers.reduce((total, one) => total + one, 0)

function median(numbers: readonly number[]): number | null {
  const sorted = numbers.toSorted((a, b) => a - b)
  const middle = (sorted.length - 1) / 2
  const [low, high] = [sorted[Math.floor(middle)], sorted[Math.ceil(middle)]]
  return low === undefined || high === undefined ? null : (low + high) / 2
}

/** Figures of a period by its documents alone. */
function figuresOf(documents: readonly Document[]) {
  const invoices = documents.filter(({ type }) => type === 'invoice')
  const orders = documents.filter(({ type, outcome }) => type === 'purchase_order' && outcome !== 'dropped')
  const done = invoices.filter(({ outcome }) => outcome === 'done')
  const paid = invoices.filter(({ paid_us, due_us }) => paid_us !== null && due_us !== null)
  const late = paid.filter(({ paid_us, due_us }) => (paid_us ?? 0) > (due_us ?? 0)).length
  const answers = sum(documents.map((one) => one.answers))
  const second = (us: number) => Math.floor(us / 1e6)
  return {
    invoices: invoices.length,
    open: invoices.filter(({ closed_us }) => closed_us === null).length,
    orders: orders.length,
    spend: orders.some(({ amount, rate }) => amount > 0 && rate === 0)
      ? null
      : sum(orders.map(({ amount, rate }) => amount * rate)),
    exceptions: sum(invoices.map(({ exceptions }) => exceptions)),
    exception_rate: invoices.length === 0 ? null : invoices.filter(({ exceptions }) => exceptions > 0).length / invoices.length,
    duplicates: invoices.filter(({ is_duplicate }) => is_duplicate).length,
    violations: sum(documents.filter(({ type }) => type !== 'requisition').map(({ violations }) => violations)),
    answers,
    answer_s: answers === 0 ? null : sum(documents.map(({ answer_s }) => answer_s)) / answers,
    cycle_s: median(done.map(({ opened_us, closed_us }) => second(closed_us ?? opened_us) - second(opened_us))),
    cycles: done.length,
    late,
    late_rate: paid.length === 0 ? null : late / paid.length,
  }
}

/** The periods of a supplier that have documents, the earliest first. */
function periodsOf(documents: readonly Document[], { from, to }: { from: number; to: number }) {
  const length = to - from
  return Array.from({ length: 9 }, (_, at) => 8 - at).flatMap((period) => {
    const [start, end] = [to - (period + 1) * length, to - period * length]
    const found = documents.filter(({ opened_us }) => opened_us >= start && opened_us < end)
    return found.length === 0 ? [] : [rounded(figuresOf(found))]
  })
}

/** Sums of fractions depend on their order in the last digits. */
function rounded(figures: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(figures).map(([name, value]) => [name, typeof value === 'number' ? Number(value.toPrecision(12)) : value]),
  )
}

async function assertCardsOf(tenant: TenantId, windows: readonly { from: number; to: number }[], what: string): Promise<number> {
  const documents = Map.groupBy(await documentsOf(tenant), ({ supplier }) => supplier)
  let compared = 0
  for (const window of windows) {
    const scope = { ...window, now: NOW }
    const begun = [...documents].filter(([, all]) =>
      all.some(({ opened_us }) => opened_us >= window.from && opened_us < window.to),
    )
    const { suppliers: cards } = await suppliers(reader(tenant), scope)
    assert.deepEqual(cards.map(({ id }) => id).toSorted(), begun.map(([id]) => id).toSorted(), what)
    for (const { id, ...card } of cards) {
      const expected = periodsOf(documents.get(id) ?? [], window)
      const { periods } = await supplierDetail(reader(tenant), id, scope)
      const told = periods.map(({ from: _from, to: _to, ...figures }) => rounded(figures))
      assert.deepEqual(told, expected, `${id}, ${what}`)
      const inCard = rounded(card)
      assert.deepEqual(
        Object.fromEntries(Object.keys(told.at(-1) ?? {}).map((name) => [name, inCard[name]])),
        told.at(-1),
        `${id}, ${what}`,
      )
      compared += told.length
    }
  }
  return compared
}

async function storeReference(tenant: TenantId, rows: readonly object[]): Promise<void> {
  await writer.insert({
    table: 'reference',
    format: 'JSONEachRow',
    values: rows.map((row) => ({ tenant_id: tenant, row_id: randomUUID(), valid_to: '2250-01-01 00:00:00', version: 1, ...row })),
  })
}

test('cards of suppliers are, from their days, what the documents say: in any order, late and twice, in every window', async () => {
  const seed = Number(process.env['SEED'] ?? randomInt(2 ** 31))
  console.log(`seed ${seed}`)
  const random = randomFrom(seed)
  const tenant = await freshTenant()
  const demo = DEMO_TENANTS.find(({ id }) => id === 'kestrel')
  assert.ok(demo !== undefined)
  await storeReference(
    tenant,
    referenceRows({ seed: 7, anchor: NOW / 1000 }, demo).map(({ kind, key, valid_from, valid_to, body }) => ({
      kind,
      key,
      valid_from: instantToClickHouse(instantFromIso(valid_from) ?? 0),
      valid_to: valid_to === null ? '2250-01-01 00:00:00' : instantToClickHouse(instantFromIso(valid_to) ?? 0),
      body: JSON.stringify(body),
    })),
  )
  const events: unknown[] = []
  for (const chunk of simulateChunks({ seed: 7, now: NOW / 1000, scale: 0.06 }))
    if (chunk.tenant === 'kestrel') events.push(...chunk.events)
  const mixed = events
    .map((event) => ({ event, at: random() }))
    .toSorted((one, other) => one.at - other.at)
    .map(({ event }) => event)
  const cut = Math.floor(mixed.length * random())
  const windows = [
    { from: MIDNIGHT - 20 * DAY_US, to: MIDNIGHT },
    { from: NOW - 12 * DAY_US, to: NOW },
    { from: NOW - 7.3 * DAY_US, to: NOW },
    { from: MIDNIGHT - 40 * DAY_US - 1, to: MIDNIGHT - 30 * DAY_US },
    { from: MIDNIGHT - 10.25 * DAY_US, to: MIDNIGHT - 10 * DAY_US },
  ]
  let compared = 0
  for (const part of [mixed.slice(0, cut), mixed.slice(cut)]) {
    await storeEvents(writer, tenant, [...part, ...part.slice(0, 50)])
    await derive({ stores }, tenant, NOW, ['rates', 'documents'])
    compared = await assertCardsOf(tenant, windows, `seed ${seed}`)
  }
  assert.ok(compared > 200, `${compared} periods`)
})

function event(id: string, type: string, time: string, supplier: string, data: Record<string, unknown> = {}) {
  return {
    specversion: '1.0',
    id,
    source: '/erp',
    type,
    time: `${time}Z`,
    data: {
      objects: [{ type: 'purchase_order', id: 'P' }],
      system: 'erp',
      money: { amount: '100', currency: 'USD' },
      object_attributes: { 'purchase_order/P': { supplier } },
      ...data,
    },
  }
}

const Day = z.object({ day: z.string(), supplier: z.string(), orders: z.number(), spend: z.number() })

async function daysOf(tenant: TenantId): Promise<[string, string, number, number][]> {
  const answer = await writer.query({
    query: `SELECT toString(opened_day) AS day, supplier, orders, spend FROM supplier_days FINAL
      WHERE tenant_id = {tenant:String} ORDER BY day, supplier`,
    query_params: { tenant },
    format: 'JSONEachRow',
    clickhouse_settings: { output_format_json_quote_64bit_integers: 0 },
  })
  return z
    .array(Day)
    .parse(await answer.json())
    .map(({ day, supplier, orders, spend }) => [day, supplier, orders, spend])
}

const RATES = [
  { kind: 'value_assumptions', key: 'default', valid_from: '2020-01-01 00:00:00', body: '{"currency":"EUR"}' },
  { kind: 'rates', key: 'USD/EUR', valid_from: '2020-01-01 00:00:00', body: '{"from":"USD","to":"EUR","rate":"0.5"}' },
]

test('a document that turns out to have begun earlier, or with another supplier, leaves nothing where it was', async () => {
  const tenant = await freshTenant()
  const send = async (one: object) => {
    await storeEvents(writer, tenant, [one])
    await derive({ stores }, tenant, NOW, ['rates', 'documents'])
  }
  await storeReference(tenant, RATES)
  await send(event('2', 'po.released', '2026-03-05T08:00:00', 'S-1'))
  assert.deepEqual(await daysOf(tenant), [['2026-03-05', 'S-1', 1, 50]])
  await send(event('1', 'po.created', '2026-03-02T08:00:00', 'S-1'))
  assert.deepEqual(await daysOf(tenant), [['2026-03-02', 'S-1', 1, 50]])
  await send(event('3', 'po.changed', '2026-03-06T08:00:00', 'S-2'))
  assert.deepEqual(await daysOf(tenant), [['2026-03-02', 'S-2', 1, 50]])
  await send(event('4', 'po.cancelled', '2026-03-07T08:00:00', 'S-2'))
  assert.deepEqual(await daysOf(tenant), [['2026-03-02', 'S-2', 0, 0]])
})

test('a rate that is stated anew is in the days of suppliers', async () => {
  const tenant = await freshTenant()
  await storeReference(tenant, RATES)
  await storeEvents(writer, tenant, [event('1', 'po.created', '2026-03-02T08:00:00', 'S-1')])
  await derive({ stores }, tenant, NOW, ['rates', 'documents'])
  await storeReference(tenant, [
    {
      ...RATES[1],
      row_id: randomUUID(),
      valid_from: '2026-01-01 00:00:00',
      body: '{"from":"USD","to":"EUR","rate":"0.8"}',
      version: 2,
    },
  ])
  await markDirty(writer, tenant)
  await derive({ stores }, tenant, NOW, ['rates', 'documents'])
  assert.deepEqual(await daysOf(tenant), [['2026-03-02', 'S-1', 1, 80]])
})

test('a run that broke off before the days were computed is made good by the next', async () => {
  const tenant = await freshTenant()
  await storeReference(tenant, RATES)
  await storeEvents(writer, tenant, [event('2', 'po.released', '2026-03-05T08:00:00', 'S-1')])
  await derive({ stores }, tenant, NOW, ['rates', 'documents'])
  await storeEvents(writer, tenant, [event('1', 'po.created', '2026-03-02T08:00:00', 'S-2')])
  const failing = new Proxy(writer, {
    get(target, name) {
      const member: unknown = Reflect.get(target, name)
      if (typeof member !== 'function') return member
      if (name !== 'command') return member.bind(target) as unknown
      return (asked: { query: string }) => {
        if (asked.query.includes('INSERT INTO sightline.supplier_days')) throw new Error('the process was killed')
        return Reflect.apply(member, target, [asked]) as unknown
      }
    },
  })
  const only = ['rates', 'documents'] as const
  await assert.rejects(deriveTenant({ clickhouse: failing, db: stores.postgres.db }, tenant, 'all', NOW, { only }), /was killed/u)
  assert.deepEqual(await daysOf(tenant), [['2026-03-05', 'S-1', 1, 50]])
  await derive({ stores }, tenant, NOW, only)
  assert.deepEqual(await daysOf(tenant), [['2026-03-02', 'S-2', 1, 50]])
})

test('an installation that has documents before it has days of suppliers computes them', async () => {
  const tenant = await freshTenant()
  await storeReference(tenant, RATES)
  await storeEvents(writer, tenant, [event('1', 'po.created', '2026-03-02T08:00:00', 'S-1')])
  await derive({ stores }, tenant, NOW)
  for (const table of ['supplier_documents', 'supplier_days'])
    await writer.command({ query: 'DROP TABLE {table:Identifier}', query_params: { table } })
  await writer.command({
    query: 'DELETE FROM schema_migrations WHERE name = {name:String}',
    query_params: { name: '0016_supplier_days.sql' },
  })
  await migrateClickHouse(writer, log)
  assert.deepEqual(await daysOf(tenant), [])
  await derive({ stores }, tenant, NOW)
  assert.deepEqual(await daysOf(tenant), [['2026-03-02', 'S-1', 1, 50]])
})
