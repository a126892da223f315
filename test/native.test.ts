import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import fc from 'fast-check'
import { insertValues } from '../ingest/rows.ts'
import { sharedStores } from './support/stores.ts'

const { stores, close } = await sharedStores()
after(close)
const { writer: clickhouse } = stores.clickhouse

const text = fc.oneof(
  fc.string({ unit: 'grapheme', maxLength: 60 }),
  fc.string({ maxLength: 300 }),
  fc.constantFrom('', 'x', 'é', '日本'),
)
const word = fc.constantFrom('', 'ok', 'failed', 'Ünïcode', 'a'.repeat(130))
const instant = fc.integer({ min: -2_208_988_800_000_000, max: 8_000_000_000_000_000 })
const decimal = fc
  .tuple(
    fc.boolean(),
    fc.bigInt({ min: 0n, max: 99_999_999_999_999n }),
    fc.option(fc.stringMatching(/^\d{1,4}$/u), { nil: null }),
  )
  .map(([minus, whole, after]) => `${minus ? '-' : ''}${whole}${after === null ? '' : `.${after}`}`)
/** Exact in both layouts: ClickHouse reads the last digits of other numbers in JSON by rounding. */
const number = fc.integer({ min: -4_000_000, max: 4_000_000 }).map((n) => n / 64 + 0)
const orNull = <T>(one: fc.Arbitrary<T>) => fc.option(one, { nil: null })

/** A column of every type that a table of ours has, with values for it. */
const TYPES: readonly [string, fc.Arbitrary<unknown>][] = [
  ['String', text],
  ['LowCardinality(String)', fc.oneof(word, text)],
  ['UUID', fc.uuid()],
  ['Nullable(UUID)', orNull(fc.uuid())],
  ['Bool', fc.boolean()],
  ['Nullable(Bool)', orNull(fc.boolean())],
  ['UInt8', fc.integer({ min: 0, max: 255 })],
  ['UInt16', fc.integer({ min: 0, max: 65_535 })],
  ['UInt32', fc.integer({ min: 0, max: 4_294_967_295 })],
  ['UInt64', fc.oneof(fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), fc.maxSafeNat())],
  ['Float32', number],
  ['Float64', number],
  ['Nullable(Float64)', orNull(number)],
  ['Nullable(Decimal(18, 4))', orNull(decimal)],
  ["DateTime64(6, 'UTC')", instant],
  ["Nullable(DateTime64(6, 'UTC'))", orNull(instant)],
  ["DateTime('UTC')", fc.integer({ min: 0, max: 4_000_000_000 })],
  ['Array(String)', fc.array(text, { maxLength: 5 })],
  ['Array(LowCardinality(String))', fc.array(word, { maxLength: 5 })],
]

const columns = TYPES.map((_type, at) => `c${at}`)
const asJson = (values: readonly unknown[]) => values.map((value) => (typeof value === 'bigint' ? value.toString() : value))

async function emptyTable(name: string, engine = 'Memory'): Promise<{ table: string; columns: readonly string[] }> {
  await clickhouse.command({ query: `DROP TABLE IF EXISTS sightline.${name}` })
  await clickhouse.command({
    query: `CREATE TABLE sightline.${name} (n UInt32, ${TYPES.map(([type], at) => `c${at} ${type}`).join(', ')}) ENGINE = ${engine}`,
  })
  return { table: name, columns: ['n', ...columns] }
}

test('every type that our tables have arrives in the Native layout as it does in JSON', async () => {
  const seed = Math.floor(Math.random() * 2 ** 31)
  const sampled = fc.sample(fc.tuple(...TYPES.map(([, values]) => values)), { numRuns: 3000, seed })
  const rows = sampled.map((values, n) => [n, ...values])
  const native = await emptyTable('native_check')
  const json = await emptyTable('json_check')
  for (const part of [rows.slice(0, 1), rows.slice(1, 300), rows.slice(300)])
    assert.deepEqual(await insertValues(clickhouse, native, part, '', { attempts: 1 }), [], `seed ${seed}`)
  await clickhouse.insert({ table: json.table, values: rows.map(asJson), format: 'JSONCompactEachRow' })
  const answer = await clickhouse.query({
    query: `SELECT n FROM (SELECT * FROM sightline.native_check EXCEPT SELECT * FROM sightline.json_check) LIMIT 5`,
    format: 'JSONEachRow',
  })
  assert.deepEqual(await answer.json(), [], `seed ${seed}`)
  const count = await clickhouse.query({
    query: 'SELECT toUInt32(count()) AS n FROM sightline.native_check',
    format: 'JSONEachRow',
  })
  assert.deepEqual(await count.json(), [{ n: rows.length }])
})

test('more distinct words than a byte can number stay apart', async () => {
  const into = await emptyTable('many_words')
  const of = (n: number) => TYPES.map(([type]) => (type === 'LowCardinality(String)' ? `word ${n}` : zero(type)))
  await insertValues(
    clickhouse,
    into,
    Array.from({ length: 70_000 }, (_, n) => [n, ...of(n)]),
    '',
    { attempts: 1 },
  )
  const answer = await clickhouse.query({
    query: `SELECT toUInt32(countIf(c1 = concat('word ', toString(n)))) AS right, toUInt32(count()) AS rows FROM sightline.many_words`,
    format: 'JSONEachRow',
  })
  assert.deepEqual(await answer.json(), [{ right: 70_000, rows: 70_000 }])
})

function zero(type: string): unknown {
  if (type.startsWith('Nullable')) return null
  if (type.startsWith('Array')) return []
  if (type === 'UUID') return '00000000-0000-0000-0000-000000000000'
  if (type === 'Bool') return false
  return type.includes('String') ? '' : 0
}

test('a row that no column can hold is named, and its neighbours are stored', async () => {
  const into = await emptyTable('one_bad')
  const rows: unknown[][] = Array.from({ length: 9 }, (_, n) => [n, ...TYPES.map(([type]) => zero(type))])
  rows[4] = [4, ...TYPES.map(([type]) => (type === 'UUID' ? 'not a uuid' : zero(type)))]
  const refused = await insertValues(clickhouse, into, rows, '', { attempts: 1 })
  assert.deepEqual(
    refused.map(({ at }) => at),
    [4],
  )
  assert.match(refused[0]?.reason ?? '', /not a uuid/u)
  const answer = await clickhouse.query({
    query: 'SELECT arraySort(groupArray(n)) AS ns FROM sightline.one_bad',
    format: 'JSONEachRow',
  })
  assert.deepEqual(await answer.json(), [{ ns: [0, 1, 2, 3, 5, 6, 7, 8] }])
})
