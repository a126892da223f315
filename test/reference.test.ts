import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test, { after } from 'node:test'
import type { ReferenceKinds, ReferenceRows, ReferenceSaved } from '../api/contract/reference.ts'
import { importReference } from '../cli/import-reference.ts'
import { referenceRows } from '../demo/reference.ts'
import { DEMO_TENANTS } from '../demo/tenants.ts'
import { readReferenceRows, REFERENCE_KINDS } from '../model/reference.ts'
import { verifiedTenant } from '../model/tenant.ts'
import { mirrorReference } from '../queries/reference-mirror.ts'
import { sharedServer } from './support/server.ts'

const server = await sharedServer()
after(() => server.close())

type Problem = { code: string; detail: string }
const supplier = (status: string) => ({ name: 'Altus Works', status, class: 'strategic' })

async function state(tenant: string, kind: string, rows: unknown[], more: object = {}) {
  const { status, body } = await server.ask<ReferenceSaved & Problem>('POST', `/v1/reference/${kind}`, {
    tenant,
    body: { rows, ...more },
  })
  return { status, body }
}

async function standing(tenant: string, kind: string, query = ''): Promise<ReferenceRows['rows']> {
  const { body } = await server.ask<ReferenceRows>('GET', `/v1/reference/${kind}${query}`, { tenant })
  return body.rows
}

async function inClickHouse(tenant: string): Promise<unknown[]> {
  const { writer } = server.stores.clickhouse
  const answer = await writer.query({
    query: `SELECT kind, key, toString(valid_from) AS since, toString(valid_to) AS until, JSONExtractString(body, 'status') AS status
      FROM reference FINAL WHERE tenant_id = {tenant:String} ORDER BY kind, key, valid_from`,
    query_params: { tenant },
    format: 'JSONCompactEachRow',
  })
  return answer.json()
}

test('periods of one key never overlap: the second is refused by name, or ends the first where it begins', async () => {
  const tenant = await server.freshTenant()
  const first = { key: 'S1', valid_from: '2026-01-01', body: supplier('approved') }
  const stated = await state(tenant, 'suppliers', [first])
  assert.deepEqual(stated.body, { added: 1, unchanged: 0, ended: 0, problems: [], recorded_at: stated.body.recorded_at })
  const second = { key: 'S1', valid_from: '2026-03-01', body: supplier('blocked') }
  const refused = await state(tenant, 'suppliers', [second])
  assert.deepEqual([refused.status, refused.body.code], [409, 'reference_overlap'])
  assert.match(refused.body.detail, /"S1" already holds from 2026-01-01.*overlaps 2026-03-01/u)
  assert.equal((await standing(tenant, 'suppliers')).length, 1)
  const tried = await state(tenant, 'suppliers', [second], { supersede: true, dry_run: true })
  assert.deepEqual(tried.body, { added: 2, unchanged: 0, ended: 1, problems: [], recorded_at: null })
  assert.equal((await standing(tenant, 'suppliers')).length, 1)
  await state(tenant, 'suppliers', [second], { supersede: true })
  assert.deepEqual(
    (await standing(tenant, 'suppliers')).map(({ valid_from, valid_to, body }) => [
      valid_from,
      valid_to,
      (body as { status: string }).status,
    ]),
    [
      ['2026-01-01T00:00:00.000Z', '2026-03-01T00:00:00.000Z', 'approved'],
      ['2026-03-01T00:00:00.000Z', null, 'blocked'],
    ],
  )
  assert.deepEqual(await inClickHouse(tenant), [
    ['suppliers', 'S1', '2026-01-01 00:00:00.000000', '2026-03-01 00:00:00.000000', 'approved'],
    ['suppliers', 'S1', '2026-03-01 00:00:00.000000', '2250-01-01 00:00:00.000000', 'blocked'],
  ])
  assert.equal((await standing(tenant, 'suppliers', '?at=2026-02-01')).length, 1)
  assert.equal((await standing(tenant, 'suppliers', '?key=S1')).length, 3)
})

test('of two that state overlapping periods at once one is refused', async () => {
  const tenant = await server.freshTenant()
  const answers = await Promise.all(
    ['approved', 'blocked', 'pending'].map((status, at) =>
      state(tenant, 'suppliers', [{ key: 'S1', valid_from: `2026-0${at + 1}-01`, body: supplier(status) }]),
    ),
  )
  assert.deepEqual(
    answers.map(({ status }) => status).toSorted((a, b) => a - b),
    [200, 409, 409],
  )
  assert.equal((await standing(tenant, 'suppliers')).length, 1)
})

test('what stood at an instant still answers after rows were ended and taken away', async () => {
  const tenant = await server.freshTenant()
  await state(tenant, 'contracts', [{ key: 'C1', valid_from: '2026-01-01', body: { supplier: 'S1' } }])
  const [row] = await standing(tenant, 'contracts')
  await new Promise((resolve) => setTimeout(resolve, 5))
  const before = new Date().toISOString()
  await new Promise((resolve) => setTimeout(resolve, 5))
  const ended = await server.ask<{ id: string }>('PATCH', `/v1/reference/contracts/${row?.id}`, {
    tenant,
    body: { valid_to: '2026-06-01' },
  })
  assert.equal(ended.status, 200)
  assert.equal(
    (await server.ask('PATCH', `/v1/reference/contracts/${row?.id}`, { tenant, body: { valid_to: '2026-05-01' } })).status,
    404,
  )
  const early = await server.ask<Problem>('PATCH', `/v1/reference/contracts/${ended.body.id}`, {
    tenant,
    body: { valid_to: '2025-05-01' },
  })
  assert.deepEqual([early.status, early.body.code], [422, 'reference_invalid'])
  assert.equal((await server.ask('DELETE', `/v1/reference/contracts/${ended.body.id}`, { tenant })).status, 200)
  assert.deepEqual(await standing(tenant, 'contracts'), [])
  assert.deepEqual(await inClickHouse(tenant), [])
  assert.deepEqual(
    (await standing(tenant, 'contracts', `?as_of=${before}`)).map(({ id, valid_to }) => [id, valid_to]),
    [[row?.id, null]],
  )
})

test('bad rows are refused with number and reason, and nothing of the lot is kept', async () => {
  const tenant = await server.freshTenant()
  const good = { key: 'S1', body: supplier('approved') }
  const cases: [string, unknown, RegExp][] = [
    ['suppliers', { key: 'S2', body: { name: 'x', status: 'fine' } }, /status/u],
    [
      'suppliers',
      { key: 'S2', valid_from: '2026-02-01', valid_to: '2026-01-01', body: supplier('approved') },
      /ends before it begins/u,
    ],
    ['suppliers', { key: '', body: supplier('approved') }, /key/u],
    ['contracts', { key: 'C', body: { supplier: 'S', ceiling: { amount: '1e9', currency: 'EUR' } } }, /decimal/u],
    [
      'approval_matrices',
      { key: 'A', body: { document_type: 'invoice', up_to: { amount: '5', currency: 'euro' } } },
      /ISO 4217/u,
    ],
    ['policies', { key: 'P', body: { version: '1', category: 'threshold', tolerances: { price_pct: -1 } } }, /tolerances/u],
    ['budgets', { key: 'B', body: { entity: 'DE', period: '2026-13', amount: '1', currency: 'EUR' } }, /period/u],
    ['rates', { key: 'EUR/EUR', body: { from: 'EUR', to: 'EUR', rate: '1' } }, /itself/u],
    ['rates', { key: 'EUR/USD', body: { from: 'EUR', to: 'USD', rate: '0' } }, /above 0/u],
    ['targets', { key: 't', body: { kpi: 'po-cycle', dimension: 'colour', group: 'x', value: 1 } }, /dimension/u],
    ['budgets', { key: 'B', body: { entity: 'DE', period: '2026', amount: '1', currency: 'QQQ' } }, /no currency/u],
    ['targets', { key: 'x', body: { kpi: 'happiness', value: 1 } }, /no KPI/u],
    ['calendars', { key: 'never', body: { zone: 'UTC', week: {} } }, /working time/u],
    ['calendars', { key: 'moon', body: { zone: 'Moon/Crater', week: '24x7' } }, /time zone/u],
  ]
  for (const [kind, row, reason] of cases) {
    const { status, body } = await state(tenant, kind, kind === 'suppliers' ? [good, row] : [row])
    assert.deepEqual([status, body.code], [422, 'reference_invalid'], kind)
    assert.equal(body.problems.length, 1, `${kind} ${JSON.stringify(body)}`)
    assert.equal(body.problems[0]?.row, kind === 'suppliers' ? 1 : 0)
    assert.match(body.problems[0]?.message ?? '', reason)
    assert.equal((await standing(tenant, kind)).length, 0)
  }
  const circle = await state(tenant, 'identities', [
    { key: 'a', body: { name: 'A', kind: 'person', delegate_of: 'b' } },
    { key: 'b', body: { name: 'B', kind: 'person', delegate_of: 'a' } },
  ])
  assert.deepEqual([circle.status, circle.body.code], [422, 'reference_invalid'])
  assert.match(circle.body.detail, /circle: a → b → a/u)
  assert.equal((await state(tenant, 'moons', [])).status, 404)
})

test('a mirror that lost rows, or has too many, is mended', async () => {
  const tenant = await server.freshTenant()
  await state(tenant, 'suppliers', [
    { key: 'S1', body: supplier('approved') },
    { key: 'S2', body: supplier('blocked') },
  ])
  const whole = await inClickHouse(tenant)
  const { clickhouse, postgres } = server.stores
  await clickhouse.writer.command({
    query: `INSERT INTO reference SELECT * REPLACE (generateUUIDv4() AS row_id, 'S9' AS key) FROM reference WHERE tenant_id = {tenant:String} LIMIT 1`,
    query_params: { tenant },
  })
  await clickhouse.writer.command({
    query: `DELETE FROM reference WHERE tenant_id = {tenant:String} AND key = 'S1'`,
    query_params: { tenant },
  })
  assert.notDeepEqual(await inClickHouse(tenant), whole)
  const stores = { clickhouse: clickhouse.writer, db: postgres.db }
  assert.deepEqual(await mirrorReference(stores, verifiedTenant(tenant), Date.now() * 1000), ['suppliers'])
  assert.deepEqual(await inClickHouse(tenant), whole)
  assert.deepEqual(await mirrorReference(stores, verifiedTenant(tenant), Date.now() * 1000), [])
})

test('a table, an array and lines of JSON load the same rows, and loading twice changes nothing', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'sightline-reference-'))
  try {
    const connection = { url: server.url, token: server.token, close: () => Promise.resolve() }
    const body = { from: 'EUR', to: 'USD', rate: '1.0831' }
    const files = {
      'rates.csv': 'key,valid_from,valid_to,from,to,rate\nEUR/USD,2026-01-01,2026-02-01,EUR,USD,1.0831\n',
      'rates.json': JSON.stringify([{ key: 'EUR/USD', valid_from: '2026-01-01', valid_to: '2026-02-01', body }]),
      'rates.ndjson': `${JSON.stringify({ key: 'EUR/USD', valid_from: '2026-01-01', valid_to: '2026-02-01', body })}\n`,
    }
    const seen: unknown[] = []
    for (const [name, content] of Object.entries(files)) {
      const tenant = await server.freshTenant()
      const path = join(folder, name)
      await writeFile(path, content)
      for (let round = 0; round < 2; round++)
        await importReference(connection, { path, kind: 'rates', tenant, supersede: false, partial: false })
      seen.push(
        (await standing(tenant, 'rates')).map(({ key, valid_from, valid_to, body: said }) => ({
          key,
          valid_from,
          valid_to,
          said,
        })),
      )
    }
    assert.equal((seen[0] as unknown[]).length, 1)
    assert.deepEqual(seen[1], seen[0])
    assert.deepEqual(seen[2], seen[0])
    const tenant = await server.freshTenant()
    const path = join(folder, 'bad.csv')
    await writeFile(path, 'key,from,to,rate\nEUR/USD,EUR,USD,much\n')
    await assert.rejects(importReference(connection, { path, kind: 'rates', tenant, supersede: false, partial: false }), {
      code: 'file_invalid',
    })
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
})

test("the demo's reference data is readable in every kind, and the kinds tell their schema", async () => {
  const tenant = await server.freshTenant()
  const { body } = await server.ask<ReferenceKinds>('GET', '/v1/reference', { tenant })
  assert.deepEqual(
    body.kinds.map(({ kind }) => kind),
    Object.keys(REFERENCE_KINDS),
  )
  assert.ok(body.kinds.every(({ schema }) => schema['type'] === 'object'))
  const demo = DEMO_TENANTS.find(({ id }) => id === 'kestrel')
  assert.ok(demo !== undefined)
  const all = referenceRows({ seed: 7, anchor: Date.UTC(2026, 10, 20) }, demo)
  const kinds = Map.groupBy(all, ({ kind }) => kind)
  assert.deepEqual([...kinds.keys()].toSorted(), Object.keys(REFERENCE_KINDS).toSorted())
  for (const [kind, rows] of kinds) {
    const read = readReferenceRows(
      kind,
      rows.map(({ kind: _kind, ...row }) => row),
    )
    assert.deepEqual(read.problems.slice(0, 3), [], kind)
    if (kind === 'systems') continue
    const saved = await state(
      tenant,
      kind,
      rows.map(({ kind: _kind, ...row }) => row),
    )
    assert.deepEqual([saved.status, saved.body.added], [200, rows.length], `${kind}: ${JSON.stringify(saved.body).slice(0, 300)}`)
  }
})
