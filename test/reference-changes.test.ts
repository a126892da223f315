import assert from 'node:assert/strict'
import test, { after } from 'node:test'
import { desc, eq } from 'drizzle-orm'
import type { ReferenceChanges, ReferenceKinds, ReferenceRows, ReferenceSaved, Targets } from '../api/contract/reference.ts'
import { readReferenceRows, type ReferenceKind } from '../model/reference.ts'
import { audit } from '../platform/postgres/schema.ts'
import { sharedServer } from './support/server.ts'

const server = await sharedServer()
after(() => server.close())

type Problem = { code: string; detail: string }
type Row = ReferenceRows['rows'][number]

async function state(tenant: string, kind: string, body: object) {
  return server.ask<ReferenceSaved & Problem>('POST', `/v1/reference/${kind}`, { tenant, body })
}

async function standing(tenant: string, kind: string): Promise<[string, string, string | null, unknown][]> {
  const { body } = await server.ask<ReferenceRows>('GET', `/v1/reference/${kind}`, { tenant })
  return body.rows.map((row: Row) => [row.key, row.valid_from.slice(0, 10), row.valid_to?.slice(0, 10) ?? null, row.body])
}

const rate = (text: string) => ({ from: 'EUR', to: 'USD', rate: text })
const on = (day: string, text: string) => ({ key: 'EUR/USD', valid_from: day, body: rate(text) })

test('rates of several days stated together follow one another, and a later one is never overrun', async () => {
  const tenant = await server.freshTenant()
  const rows = [on('2026-03-03', '1.3'), on('2026-03-01', '1.1'), on('2026-03-02', '1.2')]
  const saved = await state(tenant, 'rates', { rows, supersede: true })
  assert.deepEqual([saved.status, saved.body.added], [200, 3])
  const held = [
    ['EUR/USD', '2026-03-01', '2026-03-02', rate('1.1')],
    ['EUR/USD', '2026-03-02', '2026-03-03', rate('1.2')],
    ['EUR/USD', '2026-03-03', null, rate('1.3')],
  ]
  assert.deepEqual(await standing(tenant, 'rates'), held)
  const early = await state(tenant, 'rates', { rows: [on('2026-02-01', '1.0')], supersede: true })
  assert.deepEqual([early.status, early.body.code], [409, 'reference_overlap'])
  assert.equal(early.body.problems[0]?.row, 0)
  const bounded = { ...on('2026-02-01', '1.0'), valid_to: '2026-03-01' }
  assert.equal((await state(tenant, 'rates', { rows: [bounded] })).status, 200)
  const mended = await state(tenant, 'rates', { rows: [on('2026-03-03', '1.4')], supersede: true })
  assert.deepEqual([mended.body.added, mended.body.ended], [1, 1])
  assert.deepEqual((await standing(tenant, 'rates')).at(-1), ['EUR/USD', '2026-03-03', null, rate('1.4')])
})

test('row by row, what fits is kept and the others are told by number; all or none keeps nothing', async () => {
  const tenant = await server.freshTenant()
  const rows = [
    { key: 'S1', body: { name: 'One', status: 'approved' } },
    { key: 'S2', body: { name: 'Two', status: 'fine' } },
    { key: 'S1', valid_from: '2026-01-01', body: { name: 'One again', status: 'blocked' } },
    { key: 'S3', body: { name: 'Three', status: 'pending' } },
  ]
  const refused = await state(tenant, 'suppliers', { rows })
  assert.deepEqual([refused.status, refused.body.code], [422, 'reference_invalid'])
  assert.match(refused.body.detail, /^Row 2: status/u)
  assert.deepEqual(await standing(tenant, 'suppliers'), [])
  const kept = await state(tenant, 'suppliers', { rows, partial: true })
  assert.equal(kept.status, 200)
  assert.equal(kept.body.added, 2)
  assert.deepEqual(
    kept.body.problems.map(({ row, code }) => [row, code]),
    [
      [1, 'reference_invalid'],
      [2, 'reference_overlap'],
    ],
  )
  assert.deepEqual(
    (await standing(tenant, 'suppliers')).map(([key]) => key),
    ['S1', 'S3'],
  )
})

test('an import is taken back whole: what it ended stands again; not once it was changed', async () => {
  const tenant = await server.freshTenant()
  const first = await state(tenant, 'rates', { rows: [on('2026-03-01', '1.1')] })
  const before = await standing(tenant, 'rates')
  const second = await state(tenant, 'rates', { rows: [on('2026-03-05', '1.5')], supersede: true })
  const undo = (at: string | null) =>
    server.ask<{ removed: number; restored: number } & Problem>('POST', '/v1/reference/rates/undo', {
      tenant,
      body: { recorded_at: at },
    })
  const early = await undo(first.body.recorded_at)
  assert.deepEqual([early.status, early.body.code], [409, 'conflict'])
  const undone = await undo(second.body.recorded_at)
  assert.deepEqual([undone.status, undone.body], [200, { removed: 2, restored: 1 }])
  assert.deepEqual(await standing(tenant, 'rates'), before)
  assert.equal((await undo('2020-01-01T00:00:00Z')).status, 404)
  const { body } = await server.ask<ReferenceChanges>('GET', '/v1/reference/rates/changes', { tenant })
  assert.deepEqual(
    body.changes.map(({ added, standing: still }) => [added, still]),
    [
      [1, 1],
      [2, 0],
      [1, 0],
    ],
  )
  const again = await state(tenant, 'rates', { rows: [on('2026-03-01', '1.1')] })
  assert.deepEqual([again.body.unchanged, again.body.recorded_at], [1, null])
})

test('a table that was exported is read as the same rows, whatever their texts look like', async () => {
  const [from, to] = [await server.freshTenant(), await server.freshTenant()]
  const names = ['true', '[old] Altus', '=1+1', "'=x", '"quoted", with comma', ' – ', '{', '-5', '007', 'Ünïcödé\u{1f9ff}']
  const rows: Record<string, unknown[]> = {
    suppliers: names.map((name, at) => ({ key: `S${at}`, body: { name, status: 'approved', class: at % 2 === 0 ? name : '' } })),
    contracts: [
      {
        key: '@C1',
        valid_from: '2026-01-01T10:30:00Z',
        valid_to: '2026-06-01',
        body: {
          supplier: 'S1',
          categories: ['MRO', 'IT, hardware'],
          ceiling: { amount: '100.50', currency: 'EUR' },
          prices: [{ item: 'I1', unit_price: '9.99', currency: 'EUR', uom: 'EA' }],
        },
      },
    ],
    calendars: [{ key: 'berlin', body: { zone: 'Europe/Berlin', version: 1, week: { mon: [{ from: '09:00', to: '17:00' }] } } }],
    targets: [{ key: 'exception-rate', body: { kpi: 'exception-rate', value: 0.1 } }],
  }
  for (const [kind, stated] of Object.entries(rows)) {
    const saved = await state(from, kind, { rows: stated })
    assert.equal(saved.status, 200, `${kind} ${JSON.stringify(saved.body)}`)
    const { body: csv } = await server.ask<string>('GET', `/v1/reference/${kind}/export`, { tenant: from })
    const loaded = await state(to, kind, { csv })
    assert.deepEqual([loaded.status, loaded.body.added], [200, stated.length], `${kind} ${JSON.stringify(loaded.body)}`)
    assert.deepEqual(await standing(to, kind), await standing(from, kind))
    assert.equal((await state(to, kind, { csv })).body.unchanged, stated.length)
  }
  const { body: csv } = await server.ask<string>('GET', '/v1/reference/suppliers/export', { tenant: from })
  assert.match(csv, /'=1\+1/u)
  const broken = await state(to, 'suppliers', { csv: 'key,name\nS1,"open' })
  assert.deepEqual([broken.status, broken.body.code], [400, 'file_invalid'])
})

test('a target set anew ends the one before, and is a row of reference data', async () => {
  const tenant = await server.freshTenant()
  const put = (body: object) => server.ask<{ id: string } & Problem>('POST', '/v1/targets', { tenant, body })
  assert.equal((await put({ kpi: 'exception-rate', value: 0.2, from: '2026-01-01' })).status, 200)
  assert.equal((await put({ kpi: 'exception-rate', value: 0.1, from: '2026-06-01' })).status, 200)
  const grouped = await put({ kpi: 'exception-rate', dimension: 'entity', group: 'DE01', value: 0.3 })
  assert.equal(grouped.status, 200)
  assert.equal((await put({ kpi: 'happiness', value: 1 })).status, 400)
  assert.equal((await put({ kpi: 'exception-rate', dimension: 'entity', value: 1 })).status, 400)
  const targets = async (at: string) =>
    (await server.ask<Targets>('GET', `/v1/targets?at=${at}`, { tenant })).body.targets.map(({ group, value }) => [group, value])
  assert.deepEqual(await targets('2026-03-01'), [
    [null, 0.2],
    ['DE01', 0.3],
  ])
  assert.deepEqual(await targets('2026-07-01'), [
    [null, 0.1],
    ['DE01', 0.3],
  ])
  assert.equal((await server.ask('DELETE', `/v1/targets/${grouped.body.id}`, { tenant })).status, 200)
  assert.equal((await standing(tenant, 'targets')).length, 2)
})

test('the audit tells what stood before and after', async () => {
  const tenant = await server.freshTenant()
  await state(tenant, 'rates', { rows: [on('2026-03-01', '1.1')] })
  await state(tenant, 'rates', { rows: [on('2026-03-01', '1.2')], supersede: true })
  const entries = await server.stores.postgres.db.select().from(audit).where(eq(audit.tenantId, tenant)).orderBy(desc(audit.id))
  const last = entries.find(({ action }) => action === 'reference.saved')
  const detail = last?.detail as { old: { body: unknown }[]; new: { body: unknown }[] }
  assert.deepEqual([detail.old[0]?.body, detail.new[0]?.body], [rate('1.1'), rate('1.2')])
})

test('every kind comes with an example that can be stated', async () => {
  const { body } = await server.ask<ReferenceKinds>('GET', '/v1/reference', { tenant: await server.freshTenant() })
  for (const { kind, example, holds, needed_by } of body.kinds) {
    assert.deepEqual(readReferenceRows(kind as ReferenceKind, [example]).problems, [], kind)
    assert.ok(holds !== '' && needed_by !== '')
  }
})
