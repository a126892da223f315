import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { type Cadence, freshnessAt, learnCadence } from '../model/freshness.ts'
import type { Instant } from '../model/instant.ts'
import { randomFrom } from './support/random.ts'

const MINUTE = 60e6
const HOUR = 3600e6
const DAY = 24 * HOUR
/** A Monday. */
const MONDAY = Date.UTC(2026, 9, 5) * 1000

const minutesOf = (signs: readonly Instant[]) =>
  [...new Set(signs.map((at) => Math.floor(at / MINUTE)))].toSorted((a, b) => a - b)

function learned(signs: readonly Instant[]): Cadence {
  const cadence = learnCadence(minutesOf(signs))
  assert.ok(cadence !== null)
  return cadence
}

/** Signs from `from` for so many days, each `gap` after the one before, where the hour is one of work. */
function signsOver(
  days: number,
  gap: () => number,
  works: (at: Date) => boolean = () => true,
  from: Instant = MONDAY,
): Instant[] {
  const signs: Instant[] = []
  for (let at = from; at < from + days * DAY; at += gap()) if (works(new Date(at / 1000))) signs.push(at)
  return signs
}

const office = (at: Date) => at.getUTCDay() >= 1 && at.getUTCDay() <= 5 && at.getUTCHours() >= 8 && at.getUTCHours() < 18
const state = (signs: readonly Instant[], now: Instant) =>
  freshnessAt({ last: signs.at(-1) ?? null, cadence: learnCadence(minutesOf(signs)) }, now).state

test('a steady source is fresh while it sends, late after a few missed signs, silent after more', () => {
  const signs = signsOver(28, () => 5 * MINUTE)
  const last = signs.at(-1) ?? 0
  assert.equal(state(signs, last + 5 * MINUTE), 'fresh')
  assert.equal(state(signs, last + 8 * MINUTE), 'late')
  const silent = freshnessAt({ last, cadence: learned(signs) }, last + 20 * MINUTE)
  assert.equal(silent.state, 'silent')
  assert.ok(silent.silent_since !== null && silent.silent_since > last && silent.silent_since < last + 10 * MINUTE)
  assert.match(silent.message, /nothing since 2026-11-01 23:55 UTC/u)
})

test('the nights and weekends of an office source are no silence, and a dead Monday morning is', () => {
  const signs = signsOver(26, () => 5 * MINUTE, office)
  const friday = signs.at(-1) ?? 0
  assert.equal(new Date(friday / 1000).toISOString(), '2026-10-30T17:55:00.000Z')
  for (const now of ['2026-10-30T23:00Z', '2026-10-31T12:00Z', '2026-11-01T20:00Z', '2026-11-02T07:55Z'])
    assert.equal(state(signs, Date.parse(now) * 1000), 'fresh', now)
  assert.equal(state(signs, Date.parse('2026-11-02T08:30Z') * 1000), 'silent')
  const { expected_gap_s } = freshnessAt({ last: friday, cadence: learned(signs) }, friday)
  assert.ok(expected_gap_s !== null && expected_gap_s > 62 * 3600 && expected_gap_s < 63 * 3600, String(expected_gap_s))
})

test('a nightly batch is missed in its night and not before', () => {
  const draw = randomFrom(3)
  const nights = Array.from({ length: 28 }, (_, day) => MONDAY + day * DAY + 2 * HOUR + Math.floor(draw() * 20) * MINUTE)
  const last = nights.at(-1) ?? 0
  const midnight = MONDAY + 28 * DAY
  assert.equal(state(nights, midnight), 'fresh')
  assert.equal(state(nights, midnight + 2.5 * HOUR), 'fresh')
  assert.notEqual(state(nights, midnight + DAY + 3 * HOUR), 'fresh')
  assert.equal(state(nights, midnight + 2 * DAY + 3 * HOUR), 'silent')
  assert.ok((freshnessAt({ last, cadence: learned(nights) }, last).expected_gap_s ?? 0) > 24 * 3600)
})

test('an outage of the past does not excuse the next one', () => {
  const whole = signsOver(28, () => 10 * MINUTE)
  const outage = { from: MONDAY + 9 * DAY, to: MONDAY + 12 * DAY }
  const signs = whole.filter((at) => at < outage.from || at > outage.to)
  const last = signs.at(-1) ?? 0
  assert.equal(state(signs, last + 10 * MINUTE), 'fresh')
  assert.equal(state(signs, last + 45 * MINUTE), 'silent')
})

test('while little is known nothing is alleged, and a declared interval speaks at once', () => {
  const few = signsOver(0.5, () => 5 * MINUTE)
  assert.equal(learnCadence(minutesOf(few)), null)
  assert.equal(learnCadence([]), null)
  const last = few.at(-1) ?? 0
  assert.equal(freshnessAt({ last, cadence: null, gaps: 7 }, last + 30 * DAY).state, 'learning')
  assert.equal(freshnessAt({ last, cadence: null, declared_s: 600 }, last + 11 * MINUTE).state, 'late')
  assert.equal(freshnessAt({ last, cadence: null, declared_s: 600 }, last + 21 * MINUTE).state, 'silent')
  assert.equal(freshnessAt({ last: null, cadence: null }, last).state, 'never')
  assert.equal(freshnessAt({ last, cadence: null, declared_s: 60, paused: true }, last + DAY).state, 'paused')
})

test('hours that were never seen expect nothing: a source of three working days is not alarmed about by its first weekend', () => {
  const signs = signsOver(5, () => 5 * MINUTE, office)
  assert.equal(state(signs, Date.parse('2026-10-10T12:00Z') * 1000), 'fresh')
  assert.equal(state(signs, Date.parse('2026-10-12T09:30Z') * 1000), 'silent')
})

test('without a new sign freshness only gets worse', () => {
  const ranks = ['fresh', 'late', 'silent']
  fc.assert(
    fc.property(fc.integer(), fc.integer({ min: 1, max: 300 }), fc.boolean(), (seed, mean, working) => {
      const draw = randomFrom(seed)
      const signs = signsOver(21, () => -Math.log(1 - draw()) * mean * MINUTE + 1, working ? office : undefined)
      const cadence = learnCadence(minutesOf(signs))
      if (cadence === null) return
      const last = signs.at(-1) ?? 0
      let rank = 0
      for (let later = 0; later < 14 * DAY; later += 37 * MINUTE) {
        const next = ranks.indexOf(freshnessAt({ last, cadence }, last + later).state)
        assert.ok(next >= rank, `${ranks[next]} after ${ranks[rank]}`)
        rank = next
      }
      assert.equal(ranks[rank], 'silent')
    }),
    { seed: 21, numRuns: 60 },
  )
})

test('random traffic is hardly ever called silent, and found silent soon after it stops', () => {
  let alarms = 0
  let gaps = 0
  for (let seed = 1; seed <= 40; seed++) {
    const draw = randomFrom(seed)
    const mean = [2, 7, 30, 120][seed % 4] ?? 2
    const works = seed % 2 === 0 ? office : undefined
    const all = signsOver(42, () => -Math.log(1 - draw()) * mean * MINUTE + 1, works)
    const past = all.filter((at) => at < MONDAY + 28 * DAY)
    const cadence = learned(past)
    const coming = all.slice(past.length - 1)
    for (const [at, sign] of coming.slice(1).entries()) {
      gaps++
      if (freshnessAt({ last: coming[at] ?? 0, cadence }, sign - MINUTE).state === 'silent') alarms++
    }
    const last = past.at(-1) ?? 0
    const found = freshnessAt({ last, cadence }, last + (works === undefined ? 40 : 200) * mean * MINUTE + 3 * DAY)
    assert.equal(found.state, 'silent', `seed ${seed}`)
  }
  assert.ok(alarms <= gaps / 5000, `${alarms} false alarms in ${gaps} gaps`)
})
