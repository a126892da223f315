import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { Portfolio } from '../api/contract/portfolio.ts'
import type { Ageing, Spend, WorkingCapital } from '../api/contract/spend.ts'
import type { Value } from '../api/contract/value.ts'
import type { SupplierDetail, Suppliers } from '../api/contract/suppliers.ts'
import { sharedServer, type TestServer } from './support/server.ts'

let server: TestServer
let tenant: string
let other: string
const DAY = 86_400_000
const NOW = Date.now()
let serial = 0

function event(type: string, object: string, daysAgo: number, said: Record<string, unknown> = {}, more: object[] = []) {
  const [kind = '', id = ''] = object.split('/')
  return {
    specversion: '1.0',
    id: `v-${++serial}`,
    source: '/erp',
    type,
    time: new Date(Math.round(NOW - daysAgo * DAY)).toISOString(),
    subject: id,
    data: {
      objects: [{ type: kind, id }, ...more],
      system: 'erp',
      ...said,
      object_attributes: { [object]: { supplier: 'S-1', category: 'MRO', entity: 'DE01' } },
    },
  }
}

const euros = (amount: string) => ({ money: { amount, currency: 'EUR' } })

before(async () => {
  server = await sharedServer()
  tenant = await server.freshTenant()
  other = await server.freshTenant()
  const rows = [
    { kind: 'rates', key: 'EUR/USD', body: { from: 'EUR', to: 'USD', rate: '1.25' } },
    { kind: 'value_assumptions', key: 'default', body: { currency: 'EUR', minutes_per_touch: 5, hourly_rate: '40' } },
    { kind: 'targets', key: 'exception-rate', body: { kpi: 'exception-rate', value: 0.1 } },
  ]
  for (const { kind, key, body } of rows) {
    const answer = await server.ask('POST', `/v1/reference/${kind}`, {
      tenant,
      body: { rows: [{ key, valid_from: '2020-01-01T00:00:00Z', body }] },
    })
    assert.ok(answer.status < 300, JSON.stringify(answer.body))
  }
  const sent = await server.ask<{ rejected: unknown[] }>('POST', '/v1/events', {
    tenant,
    body: [
      event('po.created', 'purchase_order/P1', 20, euros('1000.00')),
      event('po.created', 'purchase_order/P2', 10, { money: { amount: '500.00', currency: 'USD' } }),
      event('invoice.posted', 'invoice/I1', 5, euros('400.00'), [{ type: 'purchase_order', id: 'P1' }]),
      event('invoice.received', 'invoice/I1', 12, {
        ...euros('400.00'),
        due_at: new Date(NOW + 20 * DAY).toISOString(),
        terms: { days: 30, discount: '0.02', until: new Date(NOW + 3 * DAY).toISOString().slice(0, 10) },
      }),
      event('invoice.received', 'invoice/I2', 40, { ...euros('200.00'), due_at: new Date(NOW - 5 * DAY).toISOString() }),
      event('payment.transmitted', 'invoice/I2', 30),
      event('exception.raised', 'invoice/I1', 4, {
        exception: { id: 'EX-1', state: 'raised', caused_by: null },
        outcome: { status: 'rejected', code: 'PRICE_VARIANCE', message: 'price' },
      }),
    ],
  })
  assert.deepEqual(sent.body.rejected, [])
  await server.derived(tenant)
})
after(() => server.close())

test('open work by age says what it waits on; an exception counts apart from its document', async () => {
  const { body } = await server.ask<Ageing>('GET', '/v1/ageing', { tenant })
  assert.deepEqual(
    body.bands.map(({ type, waits, band, n }) => [type, waits, band, n]),
    [
      ['exception', 'business', 259_200, 1],
      ['invoice', 'exception', 604_800, 1],
      ['purchase_order', 'queue', 604_800, 1],
      ['purchase_order', 'queue', 1_209_600, 1],
    ],
  )
  assert.deepEqual(
    body.items.map(({ id }) => id),
    ['P1', 'I1', 'P2', 'EX-1'],
  )
  const some = await server.ask<Ageing>('GET', '/v1/ageing?type=purchase_order&band=604800', { tenant })
  assert.deepEqual(
    some.body.items.map(({ id }) => id),
    ['P2'],
  )
})

test('spend is converted at the rate of its day, and kept apart by currency', async () => {
  const { body } = await server.ask<Spend>('GET', '/v1/spend?by=category', { tenant })
  assert.equal(body.currency, 'EUR')
  assert.equal(body.total.value, 1400)
  assert.deepEqual(body.total.currencies, [
    { currency: 'EUR', total: 1000 },
    { currency: 'USD', total: 500 },
  ])
  assert.deepEqual([body.groups[0]?.group, body.groups[0]?.n], ['MRO', 2])
  const none = await server.ask<Spend>('GET', '/v1/spend', { tenant: other })
  assert.deepEqual([none.body.total.n, none.body.total.value, none.body.currency], [0, null, null])
})

test('working capital: commitments less what was invoiced, open invoices by due date, a discount with its yearly rate', async () => {
  const { body } = await server.ask<WorkingCapital>('GET', '/v1/working-capital', { tenant })
  assert.equal(
    body.commitments.reduce((sum, { value }) => sum + (value ?? 0), 0),
    600 + 400,
  )
  assert.deepEqual(
    body.payables.filter(({ n }) => n > 0).map(({ bucket, value }) => [bucket, value]),
    [['month', 400]],
  )
  assert.deepEqual([body.days_payable.n, Math.round(body.days_payable.value ?? 0)], [1, 10])
  assert.deepEqual([body.early.n, body.early.value], [1, 8])
  const [invoice] = body.early.invoices
  assert.ok((invoice?.yearly ?? 0) > 0.35 && (invoice?.yearly ?? 0) < 0.55, String(invoice?.yearly))
})

test('a supplier’s card counts its documents; one without documents is not found', async () => {
  const { body } = await server.ask<Suppliers>('GET', '/v1/suppliers', { tenant })
  assert.deepEqual(
    body.suppliers.map(({ id, invoices, orders, spend, exceptions }) => [id, invoices, orders, spend, exceptions]),
    [['S-1', 2, 2, 1400, 1]],
  )
  const detail = await server.ask<SupplierDetail>('GET', '/v1/suppliers/S-1', { tenant })
  assert.equal(detail.body.periods.length, 1)
  assert.equal((await server.ask('GET', '/v1/suppliers/S-9', { tenant })).status, 404)
})

test('a document that begins as the window does belongs to it, not to the period before', async () => {
  const fresh = await server.freshTenant()
  const midnight = Math.floor(NOW / DAY) * DAY
  const daysAgo = (NOW - midnight) / DAY + 10
  await server.ask('POST', '/v1/events', {
    tenant: fresh,
    body: [
      event('invoice.received', 'invoice/I-FIRST', daysAgo),
      event('invoice.received', 'invoice/I-BEFORE', daysAgo + 1 / DAY),
    ],
  })
  await server.derived(fresh, ['documents'])
  const window = `from=${new Date(midnight - 10 * DAY).toISOString()}&to=${new Date(midnight).toISOString()}`
  const { body } = await server.ask<SupplierDetail>('GET', `/v1/suppliers/S-1?${window}`, { tenant: fresh })
  assert.deepEqual(
    body.periods.map(({ invoices }) => invoices),
    [1, 1],
  )
})

test('a portfolio shows the tenants of the credential, each with its own target, and no other', async () => {
  const minted = await server.ask<{ token: string }>('POST', '/v1/keys', {
    body: { name: 'two clients', scopes: ['read'], tenant_ids: [tenant] },
  })
  const { token } = minted.body
  const { body } = await server.ask<Portfolio>('GET', '/v1/portfolio?kpis=exception-rate', { token })
  assert.deepEqual(
    body.tenants.map((line) => [line.tenant, line.figures.map(({ target }) => target)]),
    [[tenant, [0.1]]],
  )
  assert.equal((await server.ask('GET', `/v1/portfolio?tenants=${other}`, { token })).status, 403)
  assert.equal((await server.ask('GET', '/v1/portfolio?kpis=nothing', { token })).status, 404)
  const all = await server.ask<Portfolio>('GET', '/v1/portfolio?kpis=exception-rate', {})
  assert.ok(all.body.tenants.some((line) => line.tenant === other))
})

test('the portfolio’s figures are those of each KPI by itself, for windows that cut days, too', async () => {
  for (const window of [
    { from: new Date(NOW - 15.3 * DAY).toISOString(), to: new Date(NOW - 1.1 * DAY).toISOString() },
    { from: new Date(NOW - 20 * DAY).toISOString().slice(0, 10), to: new Date(NOW - 3 * DAY).toISOString().slice(0, 10) },
  ]) {
    const search = new URLSearchParams({ ...window, tenants: tenant, kpis: 'exception-rate,invoice-cycle,capture-lag' })
    const { body } = await server.ask<Portfolio>('GET', `/v1/portfolio?${search}`, {})
    for (const { kpi, value, previous, n, open } of body.tenants[0]?.figures ?? []) {
      const one = new URLSearchParams({ ...window, bucket: 'all', compare: 'previous' })
      const alone = await server.ask<{ rows: { value: number | null; previous: number | null; n: number; open: number }[] }>(
        'GET',
        `/v1/kpis/${kpi}?${one}`,
        { tenant },
      )
      const [row] = alone.body.rows
      assert.deepEqual([value, previous, n, open], [row?.value, row?.previous, row?.n, row?.open], `${kpi} ${search}`)
    }
  }
})

test('a window that begins before 1970 holds what a later one does', async () => {
  type Answers = { kpi: unknown; delays: unknown; spend: unknown; line: unknown }
  const answers = async (from: string): Promise<Answers> => {
    const window = `from=${from}&to=${new Date(NOW).toISOString()}`
    const kpi = await server.ask<{ rows: { n: number; value: number }[] }>(
      'GET',
      `/v1/kpis/exception-rate?bucket=all&compare=previous&${window}`,
      { tenant },
    )
    const delays = await server.ask<{ documents: number }>('GET', `/v1/process/invoice/delays?compare=previous&${window}`, {
      tenant,
    })
    const spend = await server.ask<Spend>('GET', `/v1/spend?${window}`, { tenant })
    const { body } = await server.ask<Portfolio>('GET', `/v1/portfolio?kpis=exception-rate,late-payment&${window}`)
    const [row] = kpi.body.rows
    return {
      kpi: [row?.n, row?.value],
      delays: delays.body.documents,
      spend: spend.body.total,
      line: body.tenants.find((one) => one.tenant === tenant)?.figures.map(({ n, value }) => [n, value]),
    }
  }
  const later = await answers('2020-01-01T05:00:00Z')
  const parts = [later.kpi, later.delays, later.spend, later.line]
  for (const part of parts) assert.match(JSON.stringify(part), /[1-9]/u, JSON.stringify(later))
  assert.deepEqual(await answers('1955-03-01T05:00:00Z'), later)
})

test('value without a baseline is not evaluable, and says what could be frozen', async () => {
  const { body } = await server.ask<Value>('GET', '/v1/value', { tenant })
  assert.deepEqual([body.needs, body.assumptions?.minutes_per_touch, body.efficiency], ['baseline', 5, []])
  assert.equal(body.measured.touches_per_invoice, 0)
  const none = await server.ask<Value>('GET', '/v1/value', { tenant: other })
  assert.deepEqual([none.body.needs, none.body.assumptions], ['value_assumptions', null])
})

test('conformance of a type without an order asks for one, and judges by the one that is given', async () => {
  assert.equal((await server.ask('GET', '/v1/process/contract/conformance', { tenant })).status, 400)
  const { body } = await server.ask<{
    objects: number
    fitness: number | null
    deviations: { kind: string; activity: string; n: number }[]
  }>('GET', '/v1/process/invoice/conformance?order=invoice.received,invoice.matched,invoice.posted', { tenant })
  assert.deepEqual(
    [body.objects, body.deviations.map(({ kind, activity, n }) => [kind, activity, n])],
    [2, [['skipped', 'invoice.matched', 1]]],
  )
})
