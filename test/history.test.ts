import assert from 'node:assert/strict'
import { randomInt } from 'node:crypto'
import test, { after } from 'node:test'
import type { KpiAnswer } from '../api/contract/kpi.ts'
import type { ObjectHistory } from '../api/contract/object.ts'
import { randomFrom } from '../demo/random.ts'
import { sqlText } from '../queries/run.ts'
import { sharedServer } from './support/server.ts'

const server = await sharedServer()
after(() => server.close())

const event = (id: string, type: string, time: string, data: object = {}) => ({
  specversion: '1.0',
  id,
  source: '/erp',
  type,
  time,
  data: { object: 'invoice/A', ...data },
})

test('a correcting event moves KPI, clock and attribution together; the history shows old and new, and as of before it the old number stands', async () => {
  const tenant = await server.freshTenant()
  const sla = {
    id: 'capture',
    title: 'Captured within a day',
    object_type: 'invoice',
    start: [{ activity: 'invoice.received' }],
    stop: [{ activity: 'invoice.captured' }],
    target: { kind: 'elapsed', seconds: 86_400 },
  }
  assert.equal((await server.ask('POST', '/v1/slas', { tenant, body: sla })).status, 201)
  const send = async (...events: object[]) => {
    assert.equal((await server.ask('POST', '/v1/events', { tenant, body: events })).status, 200)
    await server.derived(tenant)
  }
  const kpi = async (asOf = '') => {
    const path = `/v1/kpis/capture-lag?from=2026-03-01T00:00:00Z&to=2026-03-08T00:00:00Z&bucket=week${asOf === '' ? '' : `&as_of=${asOf}`}`
    const { body } = await server.ask<KpiAnswer>('GET', path, { tenant })
    return body.rows.filter(({ n }) => n > 0).map(({ value, n }) => [value, n])
  }
  const history = async () => (await server.ask<ObjectHistory>('GET', '/v1/objects/invoice/A/history', { tenant })).body.changes
  await send(
    event('1', 'invoice.received', '2026-03-02T08:00:00Z'),
    event('2', 'invoice.captured', '2026-03-04T08:00:00Z'),
    event('3', 'payment.cleared', '2026-03-05T08:00:00Z'),
  )
  assert.deepEqual(await kpi(), [[172_800, 1]])
  const [first] = await history()
  assert.ok(first !== undefined)
  await send(event('2c', 'invoice.captured', '2026-03-02T20:00:00Z', { corrects: '2' }))
  assert.deepEqual(await kpi(), [[43_200, 1]])
  assert.deepEqual(await kpi(first.known_since), [[172_800, 1]])
  const changes = await history()
  const moved = changes.filter(({ known_since }) => known_since > first.known_since)
  const of = (kind: string, name: string) => moved.find((one) => one.kind === kind && one.name === name)
  assert.deepEqual(
    [of('kpi', 'capture-lag')?.before, of('kpi', 'capture-lag')?.after],
    [
      { state: 'counted', value: 172_800 },
      { state: 'counted', value: 43_200 },
    ],
  )
  assert.deepEqual(
    [of('clock', 'capture')?.before, of('clock', 'capture')?.after],
    [
      { state: 'breached', value: 172_800 },
      { state: 'met', value: 43_200 },
    ],
  )
  await send(event('1c', 'invoice.received', '2026-03-01T08:00:00Z', { corrects: '1' }))
  const later = await history()
  const queue = later.find(({ kind, name }) => kind === 'delay' && name === 'queue')
  assert.deepEqual([queue?.before?.value, queue?.after.value], [259_200, 345_600])
  assert.ok(later.length > changes.length)
})

test('as of any instant answers are made of the states that were the newest then, by every table alike', async (t) => {
  const tenant = await server.freshTenant()
  const seed = Number(process.env['SEED'] ?? randomInt(1_000_000))
  t.diagnostic(`seed ${seed}`)
  const random = randomFrom(seed, 'as-of')
  const activities = ['invoice.received', 'invoice.captured', 'invoice.approved', 'payment.cleared']
  const at = (hours: number) => new Date(Date.UTC(2026, 2, 2) + Math.round(hours * 3600_000)).toISOString()
  for (let round = 0; round < 4; round++) {
    const events = Array.from({ length: 30 }, (_, number) => {
      const one = event(`${round}-${number}`, random.pick(activities), at(random.between(0, 400)))
      return { ...one, data: { object: `invoice/${random.int(1, 25)}` } }
    })
    // What a correction moves leaves the day that it was counted on.
    const corrected =
      round === 0 ? [] : [event(`${round}-c`, 'invoice.received', at(500), { object: 'invoice/1', corrects: `${round - 1}-0` })]
    assert.equal((await server.ask('POST', '/v1/events', { tenant, body: [...events, ...corrected] })).status, 200)
    await server.derived(tenant)
  }
  type Row = Record<'document_type' | 'document_id' | 'subject_id' | 'kpi' | 'cohort_at' | 'version', string> & {
    absent: boolean
  }
  const rows = async (query: string, params: Record<string, unknown>) => {
    const answer = await server.stores.clickhouse.writer.query({
      query,
      query_params: { tenant_id: tenant, type: 'invoice', from: '2026-03-01 00:00:00', to: '2026-04-01 00:00:00', ...params },
      format: 'JSONEachRow',
      clickhouse_settings: { output_format_json_quote_64bit_integers: 1 },
    })
    // Delays have one answer a document, and name no subject where they stand now.
    return (await answer.json<Row>()).map((row) => ({ ...row, subject_id: row.subject_id ?? '' }))
  }
  const keyOf = (row: Row) => `${row.document_type} ${row.document_id} ${row.subject_id}`
  const shown = (all: readonly Row[]) => all.map((row) => `${keyOf(row)} ${row.cohort_at} ${row.version}`).toSorted()
  const historyOf = (table: string) =>
    rows('SELECT * FROM sightline.{table:Identifier} WHERE tenant_id = {tenant_id:String}', { table })
  let states = 0
  const compare = async (known: readonly Row[], told: (as_of: string) => Promise<Row[]>) => {
    const versions = [...new Set(known.map(({ version }) => version))]
    for (const as_of of ['0', ...versions]) {
      const newest = new Map<string, Row>()
      for (const row of known.toSorted((a, b) => Number(BigInt(a.version) - BigInt(b.version))))
        if (BigInt(row.version) <= BigInt(as_of)) newest.set(keyOf(row), row)
      assert.deepEqual(shown(await told(as_of)), shown([...newest.values()].filter(({ absent }) => !absent)), `as of ${as_of}`)
    }
    states += versions.length
  }
  const facts = await historyOf('kpi_fact_history')
  for (const kpi of ['invoice-cycle', 'capture-lag', 'late-payment'])
    await compare(
      facts.filter((row) => row.kpi === kpi),
      (as_of) => rows(sqlText('shared/kpi-facts-as-of'), { kpi, as_of }),
    )
  await compare(
    (await historyOf('delay_history')).filter((row) => row.document_type === 'invoice'),
    async (as_of) =>
      (await Promise.all([true, false].map((finished) => rows(sqlText('shared/delays-as-of'), { finished, as_of })))).flat(),
  )
  assert.ok(states >= 6, `${states} states`)
})

test('who did what is told to administrators, page by page', async () => {
  const tenant = await server.freshTenant()
  const minted = await server.ask('POST', '/v1/keys', { body: { name: 'audited', scopes: ['read'], tenant_ids: [tenant] } })
  assert.equal(minted.status, 201, JSON.stringify(minted.body))
  type Audit = { entries: { action: string; subject: string; actor: string }[]; next: number | null }
  const { body } = await server.ask<Audit>('GET', '/v1/audit?limit=1')
  assert.equal(body.entries.length, 1)
  assert.ok(body.next !== null)
  const minting = await server.ask<Audit>('GET', '/v1/audit?action=key.minted&limit=1')
  assert.equal(minting.body.entries[0]?.action, 'key.minted')
  const older = await server.ask<Audit>('GET', `/v1/audit?before=${body.next}&limit=5`)
  assert.notDeepEqual(older.body.entries[0], body.entries[0])
  const { token } = minted.body as { token: string }
  assert.equal((await server.ask('GET', '/v1/audit', { token })).status, 403)
})
