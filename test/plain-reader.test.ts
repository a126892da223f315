import assert from 'node:assert/strict'
import test from 'node:test'
import fc from 'fast-check'
import { z } from 'zod'
import { simulateHistory } from '../demo/simulate.ts'
import { CloudEvent } from '../model/event.ts'
import { plainReader } from '../model/plain-reader.ts'

const read = plainReader(CloudEvent)

const WHOLE = {
  specversion: '1.0',
  id: '7f3c',
  source: '/erp/sap-eu',
  type: 'invoice.mismatched',
  time: '2026-03-02T09:30:00.120Z',
  subject: 'INV-1001',
  traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
  extension: 'kept',
  data: {
    seq: 8841,
    object: 'invoice/INV-1001',
    objects: [
      { type: 'invoice', id: 'INV-1001' },
      { type: 'purchase_order', id: 'PO-77', qualifier: 'matched against' },
    ],
    activity: 'Match',
    canonical: 'invoice.mismatched',
    lifecycle: 'completed',
    completes: '7f3b',
    step: 'invoice.match',
    waits_on: { kind: 'person', id: 'u17', step: 'approve_variance' },
    actor: { id: 'svc-match', kind: 'system', on_behalf_of: null },
    system: 'sap-eu',
    system_class: 'erp',
    workflow_run: 'n8n:8123',
    outcome: { status: 'rejected', code: 'PRICE_VARIANCE', message: 'unit price 10.40 over 10.00', retryable: false },
    exception: { id: 'EX-55', state: 'raised', caused_by: null },
    operation: { id: 'match:INV-1001', attempt: 1 },
    policy: { id: 'tolerance', version: '3', decision: 'violated' },
    money: {
      amount: '1040.00',
      currency: 'EUR',
      base_amount: 1123.2,
      base_currency: 'USD',
      rate: '1.08',
      rate_date: '2026-03-01',
    },
    line: { quantity: 4, unit_price: '10.40', open: true, note: null },
    due_at: '2026-04-01T00:00:00+02:00',
    terms: { days: 30 },
    ai: { model: 'm', version: '1', confidence: 0.4, reviewer: null, more: [1] },
    corrects: '7f3a',
    object_attributes: { 'invoice/INV-1001': { entity: 'DE01', total: 1040 } },
    attributes: { entity: 'DE01', nested: { any: ['thing'] } },
    unknown: { kept: true },
  },
}

type Path = (string | number)[]

function pathsOf(value: unknown, at: Path = []): Path[] {
  if (typeof value !== 'object' || value === null) return [at]
  return [
    at,
    ...Object.entries(value).flatMap(([key, inner]) => pathsOf(inner, [...at, Array.isArray(value) ? Number(key) : key])),
  ]
}

/** The value with what lies at a path replaced, removed or joined by another field. */
function changed(value: unknown, [key, ...rest]: Path, change: (old: unknown) => unknown): unknown {
  if (key === undefined) return change(value)
  const copy = (Array.isArray(value) ? [...(value as unknown[])] : { ...(value as object) }) as Record<string | number, unknown>
  const inner = changed(copy[key], rest, change)
  if (inner === REMOVED) delete copy[key]
  else copy[key] = inner
  return copy
}

const REMOVED = Symbol('removed')
/** Values at the borders of what the contract takes. */
const EDGES: unknown[] = [
  null,
  true,
  0,
  -1,
  1,
  0.5,
  1.5,
  100_000,
  100_001,
  1e14,
  99_999_999_999_999,
  2 ** 53,
  -0,
  '',
  ' ',
  'x'.repeat(200),
  'x'.repeat(201),
  'x'.repeat(512),
  'x'.repeat(513),
  'x'.repeat(8193),
  Infinity,
  '\u0000',
  '\u007F',
  'ü€😀',
  '\uD800',
  '\uFFFE',
  '1.0',
  '+1.25',
  '1.23456',
  '-3',
  '.5',
  '1e3',
  'EUR',
  'eur',
  '2026-02-30T00:00:00Z',
  '2026-03-02 10:30:00+01:00',
  '2026-03-02T10:30:00',
  'human',
  'ok',
  'raised',
  'erp',
  [],
  {},
  [null],
  { type: 'a', id: 'b' },
  [{ type: 'a', id: 'b', extra: 1 }],
  { id: 'x' },
  { id: 'x', kind: 'person' },
  { '': 1 },
  JSON.parse('{"__proto__":{"x":1}}'),
]
const paths = pathsOf(WHOLE)
const change = fc.tuple(
  fc.constantFrom(...paths),
  fc.oneof(
    fc.constantFrom(...EDGES).map((edge) => () => edge),
    fc.constant(() => REMOVED),
    fc.jsonValue({ maxDepth: 2 }).map((any) => () => any),
    fc.tuple(fc.string({ unit: 'binary', maxLength: 12 }), fc.constantFrom(...EDGES)).map(
      ([name, edge]) =>
        (old: unknown) =>
          typeof old === 'object' && old !== null && !Array.isArray(old) ? { ...old, [name]: edge } : edge,
    ),
  ),
)

test('a plain event reads as the schema reads it, and what the schema refuses is never plain', () => {
  let plain = 0
  fc.assert(
    fc.property(fc.array(change, { maxLength: 3 }), (changes) => {
      const value: unknown = changes.reduce<unknown>((event, [path, apply]) => {
        const reachable = path.every((_, depth) => {
          const parent = path
            .slice(0, depth)
            .reduce<unknown>((inner, key) => (inner as Record<string | number, unknown>)[key], event)
          return typeof parent === 'object' && parent !== null && Object.hasOwn(parent, path[depth] ?? '')
        })
        return reachable ? changed(event, path, apply) : event
      }, WHOLE)
      const mine = read(value)
      if (mine === undefined) return
      plain++
      assert.deepEqual(CloudEvent.safeParse(value), { success: true, data: mine })
    }),
    { numRuns: 20_000 },
  )
  assert.ok(plain > 2000, `only ${plain} of the generated events were plain`)
})

test('every event of the demo is plain, and none of them is changed by reading', () => {
  const events = simulateHistory({ seed: 1, now: Date.UTC(2026, 2, 1), days: 14 })
    .take(5000)
    .toArray()
  for (const { event } of events) {
    const value: unknown = JSON.parse(JSON.stringify(event))
    const mine = read(value)
    assert.deepEqual(value, JSON.parse(JSON.stringify(event)))
    assert.deepEqual(mine, CloudEvent.parse(value))
  }
})

test('a schema with a construct that the plain reader does not know is no silent gap', () => {
  assert.throws(() => plainReader(z.object({ at: z.date() })), /no plain reader for date/u)
  assert.throws(() => plainReader(z.object({ mail: z.email() })), /no plain reader for string/u)
  assert.throws(() => plainReader(z.object({ a: z.string() }).refine(() => true)), /no plain reader for object/u)
})
