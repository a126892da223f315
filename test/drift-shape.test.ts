import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { driftOf, emptyShape, learnShape, type PayloadShape, SHAPE_LIMITS, shapeOf } from '../model/payload-shape.ts'

const AT = Date.UTC(2026, 10, 22) * 1000

function learn(shape: PayloadShape, n: number, record: (at: number) => unknown): PayloadShape {
  return learnShape(
    shape,
    Array.from({ length: n }, (_, at) => shapeOf(record(at))),
    AT,
  )
}

/** An order as it has always been: a cost centre in one of two, two lines. */
const order = (at: number): Record<string, unknown> => ({
  id: `PO-${at}`,
  ordered_at: '2026-11-22T08:00:00Z',
  status: at % 3 === 0 ? 'open' : 'sent',
  total: 100 + at,
  cost_center: at % 2 === 0 ? `CC-${at}` : null,
  supplier: { id: `S-${at % 40}`, name: `Supplier ${at % 40}`, city: null },
  lines: [
    { sku: `A${at}`, price: '12.50' },
    { sku: `B${at}`, price: '3', note: 'urgent' },
  ],
})

const known = learn(emptyShape(), 400, order)
const without = (record: Record<string, unknown>, field: string) =>
  Object.fromEntries(Object.entries(record).filter(([name]) => name !== field))
const checks = (shape: PayloadShape, used: string[] = []) =>
  driftOf(shape, new Set(used)).map(({ check, path, severity }) => `${severity} ${check} ${path}`)

test('a source that sends as ever has no findings, in whatever order and mix', () => {
  assert.deepEqual(checks(known, ['id', 'lines[].price']), [])
  fc.assert(
    fc.property(fc.array(fc.nat(5000), { minLength: 300, maxLength: 300 }), (numbers) => {
      assert.deepEqual(
        checks(
          learnShape(
            known,
            numbers.map((at) => shapeOf(order(at))),
            AT,
          ),
        ),
        [],
      )
    }),
    { seed: 5, numRuns: 20 },
  )
})

test('a field that vanishes is an error where the mapping reads it, after a handful of records', () => {
  const lost = learn(known, 6, (at) => without(order(at), 'total'))
  assert.deepEqual(checks(lost, ['total']), ['error field_vanished total'])
  assert.deepEqual(checks(lost), ['warning field_vanished total'])
  assert.deepEqual(
    checks(
      learn(known, 2, (at) => without(order(at), 'total')),
      ['total'],
    ),
    [],
  )
  const [drift] = driftOf(lost, new Set(['total']))
  assert.deepEqual(drift?.evidence, { missing: 6, of: 6, before: { with: 400, of: 400 }, used: true })
  assert.match(drift?.message ?? '', /missing in the last 6 records; before, 100 % of them had it. The mapping reads it/u)
  assert.deepEqual(checks(learn(lost, 1, order), ['total']), [], 'it is back')
})

test('a field that turns null has vanished, too', () => {
  assert.deepEqual(
    checks(
      learn(known, 8, (at) => ({ ...order(at), total: null })),
      ['total'],
    ),
    ['error field_vanished total'],
  )
})

test('a field that only some records have is not missed so soon', () => {
  const dropped = (n: number) =>
    checks(
      learn(known, n, (at) => without(order(at), 'cost_center')),
      ['cost_center'],
    )
  assert.deepEqual(dropped(20), [])
  assert.deepEqual(dropped(120), ['error field_vanished cost_center'])
})

test('of what vanishes together the outermost is named, and a rename is recognised', () => {
  const gone = learn(known, 10, (at) => without(order(at), 'supplier'))
  assert.deepEqual(checks(gone, ['supplier.id']), ['error field_vanished supplier'])
  const renamed = learn(known, 10, (at) => ({ ...without(order(at), 'total'), total_amount: 5 }))
  const [drift] = driftOf(renamed, new Set(['total']))
  assert.equal(drift?.evidence['renamed_to'], 'total_amount')
  assert.deepEqual(checks(renamed, ['total']), ['error field_vanished total', 'info field_new total_amount'])
})

test('an empty list does not make the fields of its elements missing, elements without a field do', () => {
  const emptied = learn(known, 10, (at) => ({ ...order(at), lines: [] }))
  assert.deepEqual(checks(emptied, ['lines[].price']), ['error field_vanished lines[]'])
  const stripped = learn(known, 10, (at) => ({ ...order(at), lines: [{ sku: `A${at}` }] }))
  assert.ok(checks(stripped, ['lines[].price']).includes('error field_vanished lines[].price'))
})

test('another type is an error where the mapping reads it; another format of text is a warning', () => {
  assert.deepEqual(
    checks(
      learn(known, 5, (at) => ({ ...order(at), total: `${at}.50` })),
      ['total'],
    ),
    ['error type_changed total'],
  )
  assert.deepEqual(
    checks(
      learn(known, 5, (at) => ({ ...order(at), supplier: `S-${at}` })),
      ['supplier.id'],
    ),
    ['error type_changed supplier'],
  )
  const dates = learn(known, 5, (at) => ({ ...order(at), ordered_at: '22.11.2026 08:00' }))
  assert.deepEqual(checks(dates, ['ordered_at']), ['warning type_changed ordered_at'])
  const now = learn(known, 40, (at) => ({ ...order(at), ...(at % 8 === 0 ? { total: 'n/a' } : {}) }))
  assert.deepEqual(checks(now, ['total']), ['error type_changed total'], 'a mix of the two')
  assert.deepEqual(checks(learn(now, 120, order), ['total']), [], 'it is over')
})

test('a new field is told once it is no accident, and is no news for ever', () => {
  const more = (at: number) => ({ ...order(at), currency: 'EUR' })
  assert.deepEqual(checks(learn(known, 2, more)), [])
  const added = learn(known, 5, more)
  assert.deepEqual(checks(added), ['info field_new currency'])
  assert.deepEqual(checks(learn(added, 1200, more)), [])
})

test('a new word in a field of few words is told', () => {
  const closed = learn(known, 3, (at) => ({ ...order(at), status: 'archived' }))
  assert.deepEqual(checks(closed, ['status']), ['warning value_new status'])
})

test('a change that stays becomes how the source is', () => {
  const lost = learn(known, 5100, (at) => without(order(at), 'total'))
  assert.deepEqual(checks(lost, ['total']), [])
})

test('field names that are data, hostile names and deep nesting keep the shape small and harm nothing', () => {
  let shape = emptyShape()
  const hostile = JSON.parse(
    '{"__proto__": {"chances": 1}, "constructor": "constructor", "toString": 1, "a\\u0000b": 1}',
  ) as object
  shape = learn(shape, 300, (at) => ({ ...hostile, byId: { [`K${at}`]: { v: at } }, '17': { a: 1 } }))
  assert.ok(Object.keys(shape.paths).length <= SHAPE_LIMITS.paths)
  assert.deepEqual(shape.maps, ['byId'])
  assert.equal(Object.hasOwn(Object.prototype, 'chances'), false)
  assert.deepEqual(learnShape(JSON.parse(JSON.stringify(shape)) as PayloadShape, [], AT), shape)
  const wide = learn(emptyShape(), 200, () => Object.fromEntries(Array.from({ length: 150 }, (_, at) => [`column${at}`, at])))
  assert.deepEqual([Object.keys(wide.paths).length, wide.maps], [151, []])
  let deep: unknown = 1
  for (let depth = 0; depth < 5000; depth++) deep = { deep }
  assert.ok(shapeOf(deep).size <= SHAPE_LIMITS.depth + 1)
  fc.assert(
    fc.property(fc.array(fc.jsonValue({ maxDepth: 6 }), { maxLength: 60 }), (records) => {
      const learned = learnShape(emptyShape(), records.map(shapeOf), AT)
      assert.ok(Object.keys(learned.paths).length <= SHAPE_LIMITS.paths)
      driftOf(learned)
    }),
    { seed: 9, numRuns: 100 },
  )
})
