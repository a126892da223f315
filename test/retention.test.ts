import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { z } from 'zod'
import type { Problem } from '../api/contract/common.ts'
import type { Audit } from '../api/contract/admin.ts'
import type { KpiAnswer } from '../api/contract/kpi.ts'
import type { Retention, RetentionPreview } from '../api/contract/retention.ts'
import { cutOf, monthStart } from '../model/retention.ts'
import { verifiedTenant } from '../model/tenant.ts'
import type { Removed } from '../platform/postgres/schema.ts'
import { medianKpis } from '../queries/derive/kpi-step.ts'
import { markDirty } from '../queries/derive/mark.ts'
import { previewRemoval } from '../queries/remove/preview.ts'
import { removeExpired } from '../queries/remove/remove-expired.ts'
import { RULES } from '../queries/remove/rules.ts'
import { sharedServer, type TestServer } from './support/server.ts'

let server: TestServer
/** Two tenants with the same history, of which one is disturbed; a third that keeps everything. */
let plain: string
let crashed: string
let other: string
/** What is left in one go. */
let removedPlainly: Record<string, number>
before(async () => {
  server = await sharedServer()
  ;[plain, crashed, other] = await Promise.all([server.freshTenant(), server.freshTenant(), server.freshTenant()])
  for (const tenant of [plain, crashed, other]) {
    await fill(tenant)
    if (tenant !== other) await server.derived(tenant)
  }
})
after(() => server.close())

const DAY_MS = 86_400_000
const DAYS = 400
const START = Math.floor(Date.now() / DAY_MS) * DAY_MS
/** Late enough for what was sent here to be settled, and for the change to have taken effect. */
const NOW = (Date.now() + 2 * 3600_000) * 1000
const OLD = -1000
const YOUNG = -100
/** Before all that is sent here. */
const EVER = (START + 2 * OLD * DAY_MS) * 1000
const CUT = cutOf(DAYS, NOW, []).cut

type Data = Record<string, unknown>
const instant = (days: number, hour: number) => new Date(START + days * DAY_MS + hour * 3600_000).toISOString()
let sent = 0

function event(type: string, days: number, hour: number, objects: readonly string[], data: Data = {}): Data {
  return {
    specversion: '1.0',
    id: `${type} ${days} ${hour} ${objects.join(' ')}`,
    source: '/erp',
    type,
    time: instant(days, hour),
    data: {
      seq: ++sent,
      system: 'sap',
      objects: objects.map((one) => ({ type: one.split('/')[0], id: one.split('/')[1] })),
      ...data,
    },
  }
}

/** A purchase from requisition to payment; `until` leaves its last events out. */
function purchase(name: string, days: number, until = Number.POSITIVE_INFINITY): Data[] {
  const [requisition, order, receipt, invoice, payment, approval] = [
    `requisition/R-${name}`,
    `purchase_order/PO-${name}`,
    `goods_receipt/G-${name}`,
    `invoice/I-${name}`,
    `payment/P-${name}`,
    `approval/A-${name}`,
  ] as const
  const supplier = 'supplier/S-1'
  const money = { amount: 100, currency: 'EUR' }
  return [
    event('requisition.created', days, 1, [requisition], { actor: { id: 'ann', kind: 'human' } }),
    event('requisition.submitted', days, 2, [requisition]),
    event('approval.requested', days, 3, [approval, requisition]),
    event('approval.decided', days, 4, [approval, requisition], { actor: { id: 'bob', kind: 'human' } }),
    event('requisition.converted', days, 5, [requisition, order]),
    event('po.created', days, 6, [order, supplier], { money, object_attributes: { [order]: { supplier: 'S-1' } } }),
    event('po.released', days, 7, [order, supplier], { money }),
    event('goods_receipt.recorded', days, 8, [receipt, order]),
    event('po.closed', days, 9, [order]),
    event('invoice.received', days, 10, [invoice, order, supplier], {
      money,
      due_at: instant(days + 30, 0),
      object_attributes: { [invoice]: { supplier: 'S-1' } },
    }),
    event('operation.failed', days, 11, [invoice], {
      system: `erp of ${name}`,
      operation: { id: `OP-${name}`, attempt: 1 },
      outcome: { status: 'failed', code: 'HTTP 503' },
    }),
    event('exception.raised', days, 12, [invoice], {
      exception: { id: `EX-${name}`, state: 'raised' },
      outcome: { status: 'rejected', code: 'RECEIPT_MISSING' },
    }),
    event('exception.resolved', days, 13, [invoice], { exception: { id: `EX-${name}`, state: 'resolved' } }),
    event('policy.evaluated', days, 14, [invoice], { policy: { id: 'three-way', version: '1', decision: 'violated' } }),
    event('invoice.posted', days, 15, [invoice, supplier], { money }),
    event('payment.released', days, 16, [payment, invoice], { money }),
    event('payment.transmitted', days, 17, [payment, invoice], { money }),
    event('payment.cleared', days, 18, [payment, invoice], { money }),
  ].slice(0, until)
}

async function post(tenant: string, events: Data[]): Promise<void> {
  const { status, body } = await server.ask<{ rejected: unknown[] }>('POST', '/v1/events', { tenant, body: events })
  assert.deepEqual([status, body.rejected], [200, []], JSON.stringify(body).slice(0, 500))
}

async function fill(tenant: string): Promise<void> {
  await post(tenant, [
    ...purchase('GONE', OLD),
    ...purchase('GONE2', OLD + 1),
    ...purchase('WAITING', OLD, 12),
    ...purchase('YOUNG', YOUNG),
    event('step one', OLD, 1, ['case/C-GONE']),
    event('step two', OLD, 2, ['case/C-GONE']),
    event('step one', OLD, 1, ['case/C-STAYS']),
    event('step two', YOUNG, 2, ['case/C-STAYS']),
  ])
  const { writer } = server.stores.clickhouse
  for (const days of [OLD, YOUNG]) {
    const at = instant(days, 1).slice(0, -1)
    const name = days === OLD ? 'GONE' : 'YOUNG'
    const common = { tenant_id: tenant, received_at: at, feed: 'otlp', batch_id: '0' }
    await writer.insert({
      table: 'integration_calls',
      format: 'JSONEachRow',
      values: [name, 'WAITING'].map((document) => ({
        ...common,
        system: 'sap',
        started_at: at,
        trace_id: `${days}${document}`,
        span_id: '1',
        kind: 'http',
        operation: 'POST /invoices',
        status: 'failed',
        class: 'technical',
        object_types: ['invoice'],
        object_ids: [`I-${document}`],
        first_arrival: '1',
      })),
    })
    await writer.insert({ table: 'logs', format: 'JSONEachRow', values: [{ ...common, at, body: `I-${name}` }] })
    await writer.insert({ table: 'metric_points', format: 'JSONEachRow', values: [{ ...common, at, name: `I-${name}` }] })
  }
}

const stores = () => ({ clickhouse: server.stores.clickhouse.writer, db: server.stores.postgres.db })

async function rows<T extends z.ZodType>(query: string, params: Data, row: T): Promise<z.output<T>[]> {
  const answer = await server.stores.clickhouse.writer.query({
    query,
    query_params: params,
    format: 'JSONEachRow',
    clickhouse_settings: { output_format_json_quote_64bit_integers: 0 },
  })
  return z.array(row).parse(await answer.json())
}

async function tables(): Promise<string[]> {
  const found = await rows(
    `SELECT table FROM system.columns WHERE database = 'sightline' AND name = 'tenant_id'
       AND table IN (SELECT name FROM system.tables WHERE database = 'sightline' AND engine LIKE '%MergeTree') ORDER BY table`,
    {},
    z.object({ table: z.string() }),
  )
  return found.map(({ table }) => table)
}

/** One number for each table, where it is not zero; the parameter `table` names it. */
async function ofTables(count: string, params: Data, wanted: readonly string[]): Promise<Record<string, number>> {
  const found: Record<string, number> = {}
  for (const table of wanted) {
    const [row] = await rows(count, { ...params, table }, z.object({ n: z.number() }))
    if (row !== undefined && row.n > 0) found[table] = row.n
  }
  return found
}

/** Tables with rows of a tenant that hold a text, with their number. */
async function naming(tenant: string, text: string): Promise<Record<string, number>> {
  return ofTables(
    "SELECT countIf(position(formatRow('JSONEachRow', *), {text:String}) > 0) AS n FROM {table:Identifier} WHERE tenant_id = {tenant:String}",
    { tenant, text },
    await tables(),
  )
}

/** How many rows each table holds of a tenant, copies counted once; but for what passes by itself. */
async function sizes(tenant: string): Promise<Record<string, number>> {
  return ofTables(
    'SELECT count() AS n FROM {table:Identifier} FINAL WHERE tenant_id = {tenant:String}',
    { tenant },
    (await tables()).filter((name) => !/^(derive_|dirty_|batch_|ingest_)/u.test(name)),
  )
}

/** Every KPI that counts something since a day: from the rollup, and from the contributions that it is made of. */
async function kpis(tenant: string, since: number) {
  const params = { tenant, since: new Date(since / 1000).toISOString().slice(0, 10), medians: medianKpis() }
  const figures = (query: string) => rows(query, params, z.record(z.string(), z.unknown()))
  return {
    rollup: await figures(
      `SELECT kpi, sum(n) AS n, round(sum(value), 6) AS v, round(sum(weight), 6) AS w,
         arrayMap(q -> round(q, 6), quantilesExactInclusiveMerge(0.5, 0.9)(quantiles)) AS q
       FROM kpi_days FINAL
       WHERE tenant_id = {tenant:String} AND cohort_day >= {since:Date}
       GROUP BY kpi HAVING n > 0 ORDER BY kpi`,
    ),
    raw: await figures(
      `SELECT kpi, countIf(counted AND weight != 0) AS n, round(sumIf(value, counted), 6) AS v, round(sumIf(weight, counted), 6) AS w,
         arrayMap(q -> round(q, 6), quantilesExactInclusiveIf(0.5, 0.9)(value, counted AND kpi IN {medians:Array(String)})) AS q
       FROM kpi_facts FINAL
       WHERE tenant_id = {tenant:String} AND cohort_day >= {since:Date}
       GROUP BY kpi HAVING n > 0 ORDER BY kpi`,
    ),
  }
}

/** Documents of suppliers by the day they began: as computed by day, and from the documents themselves. */
async function supplierDays(tenant: string) {
  const days = (query: string) => rows(query, { tenant }, z.record(z.string(), z.unknown()))
  return {
    rollup: await days(
      `SELECT opened_day, supplier, invoices, orders, exceptions, length(cycle_seconds) AS done FROM supplier_days FINAL
       WHERE tenant_id = {tenant:String} ORDER BY opened_day, supplier`,
    ),
    raw: await days(
      `SELECT toDate32(opened_at) AS opened_day, supplier, countIf(document_type = 'invoice') AS invoices,
         countIf(document_type = 'purchase_order') AS orders, sumIf(exceptions_raised, document_type = 'invoice') AS exceptions,
         countIf(document_type = 'invoice' AND outcome = 'done') AS done
       FROM documents FINAL
       WHERE tenant_id = {tenant:String} AND document_type IN ('requisition', 'purchase_order', 'invoice') AND supplier != ''
       GROUP BY opened_day, supplier ORDER BY opened_day, supplier`,
    ),
  }
}

async function keep(tenant: string, days: number | null, token?: string) {
  return server.ask<Retention & Problem>('PATCH', '/v1/retention', {
    tenant,
    body: { days },
    ...(token === undefined ? {} : { token }),
  })
}

test('every table that holds rows of a tenant has a rule', async () => {
  assert.deepEqual(
    (await tables()).filter((table) => RULES[table] === undefined),
    [],
  )
  assert.deepEqual(
    Object.keys(RULES).filter((table) => RULES[table] === undefined || Object.keys(RULES[table]).length === 0),
    [],
  )
})

test('bad input is refused, and whoever only reads changes nothing', async () => {
  for (const days of [89, 36_501, 100.5, 'x', undefined]) {
    const { status, body } = await server.ask<Problem>('PATCH', '/v1/retention', { tenant: other, body: { days } })
    assert.deepEqual([status, body.code], [400, 'parameter_invalid'], String(days))
  }
  const asked = await server.ask<Problem>('GET', '/v1/retention/preview?days=1', { tenant: other })
  assert.deepEqual([asked.status, asked.body.code], [400, 'parameter_invalid'])
  const minted = await server.ask<{ token: string }>('POST', '/v1/keys', {
    body: { name: 'reader', scopes: ['read'], tenant_ids: [other] },
  })
  const { token } = minted.body
  assert.equal((await keep(other, 100, token)).body.code, 'forbidden')
  assert.equal((await server.ask('GET', '/v1/retention/preview?days=100', { tenant: other, token })).status, 403)
  assert.equal((await server.ask('GET', '/v1/retention', { tenant: plain, token })).status, 403)
  const { body } = await server.ask<Retention>('GET', '/v1/retention', { tenant: other, token })
  assert.deepEqual(body, { days: null, takes_effect_at: null, cut: null, held_by: null, kept_since: null, last: null })
})

test('what ended before the cut goes everywhere; what is open, young, or of another tenant stays', async () => {
  const untouched = await sizes(other)
  assert.ok(Object.keys(await naming(plain, 'GONE')).length > 20, JSON.stringify(await naming(plain, 'GONE')))
  assert.equal(await removeExpired(stores(), verifiedTenant(plain), { now: NOW }), null)
  const changed = await keep(plain, DAYS)
  assert.deepEqual([changed.status, changed.body.days], [200, DAYS])
  const effect = Date.parse(changed.body.takes_effect_at ?? '')
  assert.ok(effect > Date.now() + 500_000 && effect < Date.now() + 700_000)
  const early = { now: Date.now() * 1000 }
  assert.equal(await removeExpired(stores(), verifiedTenant(plain), early), null)

  const bound = { ...stores(), tenant: verifiedTenant(plain), signal: undefined }
  const preview = await previewRemoval(bound, { cut: CUT, now: NOW })
  assert.deepEqual(preview, { documents: 13, events: 38, calls: 2, logs: 1, measurements: 1 } satisfies Removed)
  const shares: number[] = []
  const inParts = { cut: CUT, now: NOW, atOnce: 2, onProgress: (share: number) => void shares.push(share) }
  assert.deepEqual(await previewRemoval(bound, inParts), preview, 'an event of documents in several parts counts once')
  assert.ok(shares.length > 10)
  assert.deepEqual(
    shares,
    shares.toSorted((a, b) => a - b),
  )
  assert.equal(shares.at(-1), 1)
  const [open, young] = [await naming(plain, 'WAITING'), await naming(plain, 'YOUNG')]
  const [since, all] = [await kpis(plain, CUT), await kpis(plain, EVER)]
  const bySupplier = await supplierDays(plain)
  assert.deepEqual(bySupplier.rollup, bySupplier.raw)

  assert.deepEqual(await removeExpired(stores(), verifiedTenant(plain), { now: NOW }), preview)
  assert.deepEqual(await naming(plain, 'GONE'), {})
  const stay = ({
    integration_calls: _calls,
    trace_hours: _hours,
    operation_attempts: _attempts,
    derive_scope: _scope,
    ...rest
  }: Data) => rest
  assert.deepEqual(stay(await naming(plain, 'WAITING')), stay(open))
  assert.deepEqual(stay(await naming(plain, 'YOUNG')), stay(young))
  assert.deepEqual(await sizes(other), untouched)
  assert.deepEqual(
    await rows(
      `SELECT table FROM system.parts WHERE database = 'sightline' AND active AND has_lightweight_delete`,
      {},
      z.object({ table: z.string() }),
    ),
    [],
  )

  assert.deepEqual(await kpis(plain, CUT), since, 'what happened since the cut is answered as before')
  removedPlainly = await sizes(plain)
  const whole = await kpis(plain, EVER)
  assert.notDeepEqual(whole, all)
  assert.deepEqual(whole.rollup, whole.raw)
  const left = await supplierDays(plain)
  assert.deepEqual(left.rollup, left.raw)
  assert.ok(left.rollup.length > 0 && left.rollup.length < bySupplier.rollup.length)
  assert.ok(since.rollup.length > 15, `${since.rollup.length} KPIs have something to count`)
  await markDirty(server.stores.clickhouse.writer, verifiedTenant(plain))
  await server.derived(plain)
  assert.deepEqual(await kpis(plain, EVER), whole, 'computed anew from what is left, the numbers are the same')
  assert.deepEqual(await naming(plain, 'GONE'), {})

  const { body: state } = await server.ask<Retention>('GET', '/v1/retention', { tenant: plain })
  assert.deepEqual([state.kept_since, state.last?.removed], [new Date(CUT / 1000).toISOString(), preview])
  const path = `/v1/kpis/invoice-cycle?to=${instant(0, 0)}&from=`
  const [before_, after_] = await Promise.all([
    server.ask<KpiAnswer>('GET', `${path}${instant(OLD, 0)}`, { tenant: plain }),
    server.ask<KpiAnswer>('GET', `${path}${instant(YOUNG, 0)}`, { tenant: plain }),
  ])
  assert.deepEqual([before_.body.kept_since, after_.body.kept_since], [state.kept_since, null])
  const { body: audit } = await server.ask<z.output<typeof Audit>>('GET', '/v1/audit?action=retention.removed', {})
  const entry = audit.entries.find(({ tenant_id }) => tenant_id === plain)
  assert.deepEqual([entry?.actor, entry?.detail], ['system', { cut: state.kept_since, ...preview }])

  await post(plain, [event('invoice.posted', OLD, 20, ['invoice/I-GONE'])])
  await server.derived(plain, ['processes', 'documents'])
  assert.ok(Object.keys(await naming(plain, 'GONE')).length > 0)
  const late = await removeExpired(stores(), verifiedTenant(plain), { now: NOW + 3600e6 })
  assert.deepEqual([late?.documents, late?.events], [1, 1])
  assert.deepEqual(await naming(plain, 'GONE'), {})
})

test('a removal that breaks off at any statement is completed by the next one', async () => {
  assert.equal((await keep(crashed, DAYS)).status, 200)
  const tenant = verifiedTenant(crashed)
  const { clickhouse, db } = stores()
  let allowed = 0
  const failing = new Proxy(clickhouse, {
    get(target, name) {
      const member: unknown = Reflect.get(target, name)
      if (typeof member !== 'function') return member
      if (name !== 'command') return member.bind(target) as unknown
      return (...given: unknown[]) => {
        if (--allowed < 0) throw new Error('the process was killed')
        return Reflect.apply(member, target, given) as unknown
      }
    },
  })
  let breaks = 0
  let removed: Removed | null = null
  for (let at = 1; removed === null; at += 11) {
    allowed = at
    removed = await removeExpired({ clickhouse: failing, db }, tenant, { now: NOW + breaks * 60e6 }).catch((error: unknown) => {
      assert.match(String(error), /the process was killed/u)
      breaks++
      return null
    })
  }
  assert.ok(breaks >= 6, `${breaks} breaks`)
  assert.deepEqual(removed, { documents: 13, events: 38, calls: 2, logs: 1, measurements: 1 })
  assert.deepEqual(await naming(crashed, 'GONE'), {})
  assert.deepEqual(await sizes(crashed), removedPlainly)
  for (const { rollup, raw } of [await kpis(crashed, EVER), await supplierDays(crashed)]) assert.deepEqual(rollup, raw)
})

test('what a retention would remove is counted beside those who ask, who see how far it is', async () => {
  const ask = async (days: number) =>
    (await server.ask<RetentionPreview>('GET', `/v1/retention/preview?days=${days}`, { tenant: other })).body
  const counted = async (days: number): Promise<RetentionPreview> => {
    const body = await ask(days)
    if (body.removes !== null) return body
    assert.ok(body.counted < 1)
    await sleep(50)
    return counted(days)
  }
  assert.equal((await ask(DAYS)).removes, null)
  assert.equal((await ask(DAYS - 1)).removes, null)
  const { removes, counted: share } = await counted(DAYS)
  assert.equal(share, 1)
  const bound = { ...stores(), tenant: verifiedTenant(other), signal: undefined }
  assert.deepEqual(removes, await previewRemoval(bound, { cut: CUT, now: Date.now() * 1000 }))
  assert.ok((removes?.calls ?? 0) > 0)
  assert.deepEqual((await ask(DAYS)).removes, removes, 'what was counted stands for a while')
  assert.ok((await counted(DAYS - 1)).removes !== null, 'two are counted at once')
  for (const days of [DAYS + 1, DAYS + 2]) await ask(days)
  assert.equal((await ask(DAYS)).removes, null, 'the third broke it off')
  await counted(DAYS)
})

test('a frozen month holds the cut, and a month that was cut into cannot be frozen', async () => {
  const month = instant(-600, 0).slice(0, 7)
  assert.equal((await server.ask('POST', '/v1/frozen-months', { tenant: other, body: { month } })).status, 201)
  const { body } = await server.ask<RetentionPreview>('GET', `/v1/retention/preview?days=${DAYS}`, { tenant: other })
  assert.deepEqual([body.held_by, body.cut], [month, new Date(monthStart(month) / 1000).toISOString()])
  const refused = await server.ask<Problem>('POST', '/v1/frozen-months', { tenant: plain, body: { month } })
  assert.deepEqual([refused.status, refused.body.code], [400, 'parameter_invalid'])
  assert.match(refused.body.detail, /has been removed/u)
})
