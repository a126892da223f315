import assert from 'node:assert/strict'
import { randomInt, randomUUID } from 'node:crypto'
import test, { after } from 'node:test'
import { z } from 'zod'
import { referenceRows } from '../demo/reference.ts'
import { simulateChunks } from '../demo/simulate.ts'
import { DEMO_TENANTS } from '../demo/tenants.ts'
import { instantFromIso, instantToClickHouse } from '../model/instant.ts'
import { contributionParams, contributionsOf } from '../queries/derive/kpi-step.ts'
import { STAGED } from '../queries/derive/run.ts'
import { stage } from '../queries/derive/stage.ts'
import { kpiCatalogue, type KpiDefinition } from '../queries/kpi-catalogue.ts'
import { kpiAnswer } from '../queries/kpi.ts'
import { tenantReader } from '../queries/run.ts'
import { derive } from './support/derive.ts'
import { storeEvents } from './support/store-events.ts'
import { randomFrom } from './support/random.ts'
import { sharedStores } from './support/stores.ts'

const { stores, freshTenant, close } = await sharedStores()
const { writer } = stores.clickhouse
after(close)

const NOW = Date.UTC(2026, 10, 20, 12)
const Raw = z.object({
  n: z.number(),
  unfinished: z.number(),
  numerator: z.number(),
  denominator: z.number(),
  median: z.number().nullable(),
})

function shuffled<T>(list: readonly T[], random: () => number): T[] {
  const result = [...list]
  for (let at = result.length - 1; at > 0; at--) {
    const other = Math.floor(random() * (at + 1))
    const [one, two] = [result[at], result[other]]
    if (one !== undefined && two !== undefined) [result[at], result[other]] = [two, one]
  }
  return result
}

/** The batch that holds all documents of a tenant. */
const ALL = 'all of them'

/** What a KPI is by the events alone: its SQL over the whole tenant, added up here. */
async function raw(tenant: string, kpi: KpiDefinition) {
  const answer = await writer.query({
    query: `SELECT countIf(counted AND weight != 0) AS n, countIf(open AND cohort_at < {now:DateTime64(6, 'UTC')}) AS unfinished,
        sumIf(value, counted) AS numerator, sumIf(weight, counted) AS denominator,
        if(n = 0, NULL, quantileExactInclusiveIf(0.5)(value, counted)) AS median
      FROM (${contributionsOf([kpi])}) WHERE cohort_at >= {from:DateTime64(6, 'UTC')} AND cohort_at < {now:DateTime64(6, 'UTC')}`,
    query_params: {
      ...contributionParams([kpi]),
      tenant_id: tenant,
      ...STAGED,
      batch: ALL,
      from: '2026-01-01 00:00:00',
      now: instantToClickHouse(NOW * 1000),
    },
    format: 'JSONEachRow',
    clickhouse_settings: { output_format_json_quote_64bit_integers: 0 },
  })
  return Raw.parse((await answer.json())[0])
}

test('every KPI is, from its rollup, what the events alone say: in any order, late and twice', async () => {
  const seed = Number(process.env['SEED'] ?? randomInt(2 ** 31))
  console.log(`seed ${seed}`)
  const random = randomFrom(seed)
  const tenant = await freshTenant()
  const demo = DEMO_TENANTS.find(({ id }) => id === 'kestrel')
  assert.ok(demo !== undefined)
  await writer.insert({
    table: 'reference',
    format: 'JSONEachRow',
    values: referenceRows({ seed: 7, anchor: NOW }, demo).map(({ kind, key, valid_from, valid_to, body }) => ({
      tenant_id: tenant,
      kind,
      key,
      row_id: randomUUID(),
      valid_from: instantToClickHouse(instantFromIso(valid_from) ?? 0),
      valid_to: valid_to === null ? '2250-01-01 00:00:00' : instantToClickHouse(instantFromIso(valid_to) ?? 0),
      body: JSON.stringify(body),
      version: 1,
    })),
  })
  const events: unknown[] = []
  for (const chunk of simulateChunks({ seed: 7, now: NOW, scale: 0.012 }))
    if (chunk.tenant === 'kestrel') events.push(...chunk.events)
  const mixed = shuffled(events, random)
  const cuts = [0, Math.floor(mixed.length * random()), Math.floor(mixed.length * random()), mixed.length].toSorted(
    (a, b) => a - b,
  )
  for (const [at, from] of cuts.slice(0, -1).entries()) {
    const part = mixed.slice(from, cuts[at + 1])
    if (part.length > 0) await storeEvents(writer, tenant, [...part, ...part.slice(0, 50)])
    await derive({ stores }, tenant, NOW * 1000)
  }
  await writer.command({
    query: `INSERT INTO derive_scope (tenant_id, batch, object_type, object_id)
      SELECT DISTINCT tenant_id, {batch:String}, object_type, object_id FROM object_events WHERE tenant_id = {tenant:String}`,
    query_params: { tenant, batch: ALL },
  })
  await stage({ clickhouse: writer, tenant, signal: undefined }, ALL)
  const reader = tenantReader(stores.clickhouse.reader, tenant)
  let alive = 0
  for (const kpi of kpiCatalogue()) {
    const expected = await raw(tenant, kpi)
    const scope = { from: Date.UTC(2026, 0) * 1000, to: NOW * 1000, bucket: 'all', now: NOW * 1000 } as const
    const { rows, needs } = await kpiAnswer(reader, kpi.kpi, scope)
    const later = await kpiAnswer(reader, kpi.kpi, { ...scope, asOf: Date.now() * 1000 + 60e6 })
    const known = later.rows[0]
    assert.deepEqual(needs, [], kpi.kpi)
    const [row] = rows
    assert.deepEqual([row?.n, row?.open], [expected.n, expected.unfinished], `${kpi.kpi}, seed ${seed}`)
    assert.deepEqual([known?.n], [expected.n], `${kpi.kpi} from the history, seed ${seed}`)
    if (expected.n > 0) alive++
    if (kpi.aggregate === 'kaplan-meier') continue
    const factor = kpi.unit === 'per_1000' ? 1000 : 1
    const value = {
      median: expected.median,
      sum: expected.n === 0 ? null : expected.numerator,
      share: expected.denominator === 0 ? null : (factor * expected.numerator) / expected.denominator,
    }[kpi.aggregate]
    for (const one of [row, known])
      assert.ok(
        value === null
          ? one?.value === null
          : Math.abs((one?.value ?? Number.NaN) - value) <= 1e-9 * Math.max(1, Math.abs(value)),
        `${kpi.kpi}: ${one?.value} instead of ${value}, seed ${seed}`,
      )
  }
  assert.ok(alive >= 40, `${alive} KPIs have something to count`)
})
