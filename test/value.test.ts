import assert from 'node:assert/strict'
import test from 'node:test'
import { type Assumptions, type Measured, type ValueFigures, valueOf } from '../model/value.ts'

const NONE: Measured = { n: 0, value: 0, weight: 0 }
const EMPTY: ValueFigures = {
  invoice_touches: NONE,
  requisition_touches: NONE,
  off_contract: NONE,
  discounts: NONE,
  late: NONE,
  duplicates: NONE,
  duplicate_value: NONE,
  answers: NONE,
  remediated: NONE,
}
const baseline = {
  from: '2026-01-01',
  to: '2026-03-01',
  touches_per_invoice: 4,
  touches_per_requisition: 3,
  late_rate: 0.2,
  discount_capture_rate: 0.1,
  off_contract_rate: 0.3,
  duplicate_rate: 0.01,
}
const assumptions: Assumptions = {
  currency: 'EUR',
  minutes_per_touch: 6,
  hourly_rate: 50,
  late_fee_pct: 2,
  off_contract_saving_pct: 10,
  baseline,
}

test('fewer touches, contracts, duplicates, discounts and late fees are worth what the assumptions say', () => {
  const value = valueOf(
    {
      ...EMPTY,
      invoice_touches: { n: 100, value: 300, weight: 100 },
      off_contract: { n: 50, value: 20_000, weight: 100_000 },
      discounts: { n: 10, value: 300, weight: 1000 },
      late: { n: 40, value: 10_000, weight: 100_000 },
      duplicates: { n: 100, value: 4, weight: 100 },
      duplicate_value: { n: 100, value: 8000, weight: 200_000 },
    },
    assumptions,
    baseline,
  )
  // 100 touches fewer at 6 minutes are 10 hours.
  assert.deepEqual(value.efficiency[0], { part: 'invoices', value: 500, hours: 10, n: 100 })
  assert.equal(value.efficiency[1]?.value, null)
  assert.deepEqual(
    value.control.map((one) => Math.round(one.value ?? 0)),
    [1000, 6000],
  )
  assert.deepEqual(
    value.strategic.map((one) => Math.round(one.value ?? 0)),
    [200, 200],
  )
})

test('what got worse has a negative value', () => {
  const value = valueOf({ ...EMPTY, invoice_touches: { n: 10, value: 60, weight: 10 } }, assumptions, baseline)
  assert.equal(value.efficiency[0]?.value, -100)
})
