import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { type Attempt, clusterIncidents, LONGEST_GAP } from '../model/incidents.ts'

const MINUTE = 60e6
let serial = 0

function attempt(minute: number, said: Partial<Attempt> = {}): Attempt {
  const id = `e${++serial}`
  const outcome = said.outcome ?? 'failed'
  const failed = outcome === 'failed'
  return {
    id,
    at: minute * MINUTE,
    operation: id,
    operation_class: 'post',
    class: failed ? 'technical' : '',
    category: failed ? 'unavailable' : '',
    code: failed ? 'HTTP 503' : '',
    supplier: `S-${serial}`,
    ...said,
    outcome,
  }
}
const well = (from: number, count: number, said: Partial<Attempt> = {}) =>
  Array.from({ length: count }, (_, at) => attempt(from + at, { ...said, outcome: 'ok' }))
const failing = (from: number, count: number, said: Partial<Attempt> = {}) =>
  Array.from({ length: count }, (_, at) => attempt(from + at, said))
const shape = (attempts: readonly Attempt[]) =>
  clusterIncidents(attempts).map(({ family, failures, ended_at }) => ({
    family,
    failures: failures.map(({ id }) => id),
    ended_at,
  }))

test('an outage is one incident in whatever categories it shows, and ends with the first success of what failed', () => {
  const attempts = [
    ...well(0, 20),
    ...failing(20, 3),
    ...failing(23, 3, { category: 'timeout', code: 'ETIMEDOUT' }),
    ...well(30, 20),
  ]
  const [incident, ...others] = clusterIncidents(attempts)
  assert.deepEqual(others, [])
  assert.deepEqual(
    [incident?.family, incident?.category, incident?.failures.length, incident?.ended_at],
    ['availability', 'timeout', 6, 30 * MINUTE],
  )
})

test('a stray failure that a retry heals is none', () => {
  assert.deepEqual(clusterIncidents([...well(0, 30), attempt(30), ...well(31, 40), attempt(71), ...well(72, 10)]), [])
})

test('an incident never ends by silence, nor by the success of another operation', () => {
  const attempts = [...well(0, 20), ...failing(20, 5), ...well(30, 3, { operation_class: 'read' })]
  const [incident] = clusterIncidents(attempts)
  assert.equal(incident?.ended_at, null)
  assert.deepEqual(incident?.classes, [{ operation_class: 'post', last_failed_at: 24 * MINUTE, recovered_at: null }])
})

test('one operation that fails among others that work is an incident', () => {
  const others = Array.from({ length: 60 }, (_, at) => attempt(20 + at / 5, { operation_class: 'read', outcome: 'ok' }))
  const attempts = [...well(0, 20), ...others, ...failing(20, 5), ...well(40, 3)]
  assert.deepEqual(
    shape(attempts).map(({ failures }) => failures.length),
    [5],
  )
})

test('the same 422 for many suppliers at once is technical, whatever the code says', () => {
  const refused = { class: 'business', category: 'master_data', code: 'HTTP 422' }
  const [incident, ...others] = clusterIncidents([...well(0, 20), ...failing(20, 6, refused), ...well(30, 5)])
  assert.deepEqual(others, [])
  assert.deepEqual([incident?.category, incident?.by_cluster_rule, incident?.ended_at], ['schema_mapping', true, 30 * MINUTE])
  assert.deepEqual(clusterIncidents([...well(0, 20), ...failing(20, 6, { ...refused, supplier: 'S-1' }), ...well(30, 5)]), [])
})

test('what is announced holds stray failures of its kind together, and nothing else', () => {
  const attempts = [...well(0, 20), attempt(20), ...well(21, 20), attempt(41), ...well(42, 20), attempt(62, { category: 'auth' })]
  assert.deepEqual(clusterIncidents(attempts), [])
  const [incident, ...others] = clusterIncidents(attempts, [{ category: 'timeout', from: 25 * MINUTE, to: 90 * MINUTE }])
  assert.deepEqual(others, [])
  assert.deepEqual([incident?.failures.length, incident?.ended_at], [2, 42 * MINUTE])
})

test('failures with four days of nothing between them are two incidents', () => {
  const later = LONGEST_GAP / MINUTE + 30
  assert.equal(clusterIncidents([...failing(0, 4), ...failing(later, 4)]).length, 2)
  assert.equal(clusterIncidents([...failing(0, 4), ...failing(later - 40, 4)]).length, 1)
})

test('late successes split an incident, late failures join two', () => {
  const [first, second] = [failing(0, 5), failing(60, 5)]
  assert.equal(clusterIncidents([...first, ...second]).length, 1)
  assert.equal(clusterIncidents([...first, ...second, ...well(10, 20)]).length, 2)
  assert.equal(clusterIncidents([...first, ...second, ...well(10, 20), ...failing(10, 40)]).length, 1)
})

test('shuffled delivery gives the same incidents', () => {
  const kinds = fc.record({
    minute: fc.integer({ min: 0, max: 3000 }),
    outcome: fc.constantFrom('ok' as const, 'failed' as const, 'ok' as const),
    category: fc.constantFrom('timeout', 'auth', 'unavailable'),
    operation_class: fc.constantFrom('post', 'read'),
  })
  fc.assert(
    fc.property(
      fc.array(kinds, { maxLength: 80 }).chain((drafts) => {
        const attempts = drafts.map(({ minute, ...said }) => attempt(minute, said))
        return fc.tuple(fc.constant(attempts), fc.shuffledSubarray(attempts, { minLength: attempts.length }))
      }),
      ([attempts, shuffled]) => {
        assert.deepEqual(shape(shuffled), shape(attempts))
        const failures = shape(attempts).flatMap(({ family, failures: own }) => own.map((id) => `${family} ${id}`))
        assert.equal(new Set(failures).size, failures.length)
      },
    ),
  )
})
