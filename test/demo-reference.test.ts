import assert from 'node:assert/strict'
import test from 'node:test'
import { referenceRows, reportingCurrency, simulateReference } from '../demo/reference.ts'
import { DEMO_TENANTS } from '../demo/tenants.ts'
import { Calendar, compile } from '../model/calendar.ts'

const ANCHOR = Date.UTC(2026, 10, 22, 12)
const DAY = 86_400_000
const KINDS = [
  'approval_matrices',
  'budgets',
  'calendars',
  'contracts',
  'identities',
  'policies',
  'rates',
  'suppliers',
  'systems',
  'targets',
  'value_assumptions',
]

test('reference data is the same for the same seed, and whole for every tenant that simulates', () => {
  const print = (seed: number): string => JSON.stringify([...simulateReference({ seed, anchor: ANCHOR })])
  assert.equal(print(5), print(5))
  assert.notEqual(print(5), print(6))
  for (const tenant of DEMO_TENANTS) {
    const rows = referenceRows({ seed: 5, anchor: ANCHOR }, tenant)
    const kinds = [...new Set(rows.map((row) => row.kind))].toSorted((a, b) => (a < b ? -1 : 1))
    assert.deepEqual(kinds, tenant.profile === null ? [] : KINDS, tenant.id)
  }
})

test('periods of one key follow one another without an overlap', () => {
  const last = new Map<string, string | null>()
  for (const { tenant, row } of simulateReference({ seed: 5, anchor: ANCHOR })) {
    const key = `${tenant}/${row.kind}/${row.key}`
    const before = last.get(key)
    assert.notEqual(before, null, `${key} overlaps`)
    if (before !== undefined) assert.equal(row.valid_from, before, key)
    if (row.valid_to !== null) assert.ok(row.valid_to > row.valid_from, key)
    last.set(key, row.valid_to)
  }
})

test('whoever stands in the matrix is a known identity, and delegates, owners and managers are too', () => {
  for (const tenant of DEMO_TENANTS) {
    const rows = referenceRows({ seed: 9, anchor: ANCHOR }, tenant)
    const known = new Set(rows.filter((row) => row.kind === 'identities').map((row) => row.key))
    for (const { kind, body } of rows) {
      if (kind === 'approval_matrices') assert.ok(known.has(String(body['person'])), String(body['person']))
      if (kind !== 'identities') continue
      for (const link of ['delegate_of', 'owner', 'manager']) {
        const other = body[link]
        if (other !== undefined) assert.ok(typeof other === 'string' && known.has(other), `${link} of nobody`)
      }
    }
    const currency = reportingCurrency(tenant)
    for (const row of rows.filter((one) => one.kind === 'value_assumptions')) assert.equal(row.body['currency'], currency)
  }
})

test('the calendars are those by which the simulated people work', () => {
  for (const { row } of simulateReference({ seed: 5, anchor: ANCHOR })) {
    if (row.kind !== 'calendars') continue
    const calendar = Calendar.parse(row.body)
    assert.equal(calendar.name, row.key)
    const compiled = compile(calendar, (ANCHOR - 14 * DAY) * 1000, ANCHOR * 1000)
    assert.equal(compiled.opens.length, 10)
  }
})
