import assert from 'node:assert/strict'
import test from 'node:test'
import { alertQuality, type JudgedAlert } from '../model/alert-quality.ts'

const MINUTE = 60_000
const WEEK = 7 * 86_400_000

const page = (at: number, more: Partial<JudgedAlert> = {}): JudgedAlert => ({
  rule: 'r',
  group: `g${at}`,
  openedAt: at * MINUTE,
  resolvedAt: (at + 120) * MINUTE,
  toldAt: at * MINUTE,
  acknowledgedAt: (at + 10) * MINUTE,
  acted: true,
  reopened: 0,
  messages: 2,
  verdict: null,
  ...more,
})
const pages = (n: number, more: Partial<JudgedAlert> = {}): JudgedAlert[] =>
  Array.from({ length: n }, (_, index) => page(index * 500, more))
const only = (alerts: JudgedAlert[], now = 2 * WEEK) => {
  const [rule] = alertQuality(alerts, { length: 2 * WEEK, now })
  assert.ok(rule !== undefined)
  return rule
}

test('pages that were answered in ten minutes and useful need no advice', () => {
  const { pagesAWeek, acknowledgedShare, acknowledgeS, precision, advice } = only(pages(20, { verdict: 'useful' }))
  assert.deepEqual([pagesAWeek, acknowledgedShare, acknowledgeS, precision?.value, advice], [10, 1, 600, 1, []])
  assert.ok(precision !== null && precision.low > 0.8 && precision.low < 0.85 && precision.high === 1)
})

test('a rule that people call noise is to be retired, once enough of them said so', () => {
  assert.equal(only(pages(9, { verdict: 'noise' })).advice[0]?.kind, 'retire')
  assert.deepEqual(only(pages(3, { verdict: 'noise' })).advice, [])
  const mixed = pages(9).map((one, index) => ({ ...one, verdict: index < 4 ? ('useful' as const) : ('noise' as const) }))
  assert.deepEqual(only(mixed).advice, [])
})

test('a rule whose pages nobody ever acknowledged is to be retired', () => {
  assert.equal(only(pages(12, { acknowledgedAt: null, acted: false })).advice[0]?.kind, 'retire')
  assert.deepEqual(only(pages(4, { acknowledgedAt: null, acted: false })).advice, [])
  // Nobody has had the time.
  assert.deepEqual(only(pages(12, { acknowledgedAt: null, acted: false }), WEEK / 7).advice, [])
})

test('pages that are over before anybody looks say for how long to wait', () => {
  const quick = pages(10).map((one, index) => ({
    ...one,
    acted: false,
    acknowledgedAt: null,
    resolvedAt: one.openedAt + (index + 1) * 20_000,
  }))
  const { selfHealed, advice } = only(quick)
  assert.equal(selfHealed, 10)
  assert.deepEqual(
    advice.map(({ kind, seconds }) => [kind, seconds]),
    [['raise_for', 240]],
  )
  // Somebody acted on it: it did not heal by itself.
  assert.equal(only(quick.map((one) => ({ ...one, acted: true }))).selfHealed, 0)
})

test('an alert that comes back within an hour flaps, whether anew or opened again', () => {
  const flapping = Array.from({ length: 10 }, (_, index) =>
    page(index * 150, { group: 'same', resolvedAt: (index * 150 + 120) * MINUTE }),
  )
  const { flaps, advice } = only(flapping)
  assert.equal(flaps, 9)
  assert.equal(advice[0]?.kind, 'raise_keep_firing')
  assert.equal(only(pages(3, { reopened: 2 })).flaps, 6)
  assert.equal(only(pages(10)).flaps, 0)
})

test('what was held back or silenced is an alert, and no page', () => {
  const { alerts, pages: told, acknowledgedShare } = only(pages(5, { toldAt: null, acknowledgedAt: null }))
  assert.deepEqual([alerts, told, acknowledgedShare], [5, 0, null])
})
