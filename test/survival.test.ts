import assert from 'node:assert/strict'
import test from 'node:test'
import fc from 'fast-check'
import {
  kaplanMeier,
  type Observation,
  restrictedMean,
  type SurvivalCurve,
  survivalAt,
  survivalInterval,
  survivalQuantile,
  survivalVariance,
} from '../model/survival.ts'

/** `9+` is censored at 9, as textbooks write it. */
const lives = (text: string): Observation[] =>
  text.split(' ').map((word) => ({ time: Number.parseFloat(word), censored: word.endsWith('+') }))
const curveOf = (observations: readonly Observation[]): SurvivalCurve => {
  const curve = kaplanMeier(observations)
  assert.ok(curve !== null)
  return curve
}
const round = (value: number | null | undefined, digits: number) =>
  value === null || value === undefined ? value : Number(value.toFixed(digits))

// Remission of leukaemia in weeks, Freireich et al. 1963; figures of Klein & Moeschberger 2003, tables 4.1 to 4.3 and §4.5.
const MP6 = curveOf(lives('6 6 6 6+ 7 9+ 10 10+ 11+ 13 16 17+ 19+ 20+ 22 23 25+ 32+ 32+ 34+ 35+'))
const PLACEBO = curveOf(lives('1 1 2 2 3 4 4 5 5 8 8 8 8 11 11 12 12 15 17 22 23'))

test('the published survival of patients with 6-MP comes out, with its standard errors', () => {
  assert.deepEqual([...MP6.times], [6, 7, 10, 13, 16, 22, 23])
  assert.deepEqual([...MP6.atRisk], [21, 17, 15, 12, 11, 7, 6])
  assert.deepEqual([...MP6.events], [3, 1, 1, 1, 1, 1, 1])
  assert.deepEqual(
    [...MP6.survival].map((value) => round(value, 3)),
    [0.857, 0.807, 0.753, 0.69, 0.627, 0.538, 0.448],
  )
  assert.deepEqual(
    [...MP6.times].map((time) => round(Math.sqrt(survivalVariance(MP6, time) ?? 0), 4)),
    [0.0764, 0.0869, 0.0963, 0.1068, 0.1141, 0.1282, 0.1346],
  )
  assert.deepEqual([MP6.n, MP6.finished], [21, 9])
})

test('the log-log intervals are those of the statistics packages', () => {
  assert.deepEqual(
    [...MP6.times].map((time) => survivalInterval(MP6, time)?.map((value) => round(value, 4))),
    [
      [0.6197, 0.9516],
      [0.5631, 0.9228],
      [0.5032, 0.8894],
      [0.4316, 0.8491],
      [0.3675, 0.8049],
      [0.2678, 0.7468],
      [0.1881, 0.6801],
    ],
  )
  assert.equal(survivalInterval(MP6, 5), null, 'before the first event')
})

test('medians, quantiles and restricted means are the published ones; what is not reached is null', () => {
  assert.equal(survivalQuantile(MP6, 0.5), 23)
  assert.equal(survivalQuantile(MP6, 0.25), 13)
  assert.equal(survivalQuantile(MP6, 0.75), null)
  assert.equal(survivalQuantile(PLACEBO, 0.5), 8)
  assert.equal(survivalQuantile(PLACEBO, 1), 23)
  const [mp6, placebo] = [restrictedMean(MP6), restrictedMean(PLACEBO)]
  assert.equal(round(mp6?.mean, 3), 23.287)
  assert.equal(round(Math.sqrt(mp6?.variance ?? 0), 2), 2.83)
  assert.equal(round(placebo?.mean, 3), 8.667)
  assert.equal(restrictedMean(MP6, 36), null)
  assert.equal(round(restrictedMean(PLACEBO, 100)?.mean, 3), 8.667, 'nobody is left: the area ends')
  assert.equal(restrictedMean(MP6, 5)?.mean, 5)
})

test('what has lasted so long is asked against those that lasted as long', () => {
  assert.equal(survivalAt(MP6, 5.999), 1)
  assert.equal(round(survivalAt(MP6, 23, 10), 6), round((11 / 12) * (10 / 11) * (6 / 7) * (5 / 6), 6))
  assert.equal(survivalAt(MP6, 9, 9), 1)
  assert.equal(survivalAt(MP6, 3, 9), 1, 'it has lasted 9, so it lasts beyond 3')
  assert.equal(survivalQuantile(MP6, 0.25, 10), 22)
  assert.equal(survivalQuantile(MP6, 0.5, 10), null)
  // Beyond 13 the curve is that of the eleven that are left.
  const left = curveOf(lives('16 17+ 19+ 20+ 22 23 25+ 32+ 32+ 34+ 35+'))
  assert.equal(round(survivalVariance(MP6, 22, 13), 9), round(survivalVariance(left, 22), 9))
  assert.deepEqual(
    survivalInterval(MP6, 22, 13)?.map((value) => round(value, 9)),
    survivalInterval(left, 22)?.map((value) => round(value, 9)),
  )
})

test('few observations, or few that lasted so long, give no answer', () => {
  assert.equal(kaplanMeier([]), null)
  assert.equal(kaplanMeier(lives('1 2 3'), 4), null)
  assert.notEqual(kaplanMeier(lives('1 2 3'), 3), null)
  assert.equal(survivalAt(MP6, 33, 23, 6), null)
  assert.notEqual(survivalAt(MP6, 33, 23, 5), null)
  assert.equal(survivalAt(MP6, 40, 35), null, 'nobody lasted beyond 35')
  assert.equal(survivalAt(PLACEBO, 40, 23), null)
})

test('with nothing finished all last as long as they were seen, and beyond that nothing is known', () => {
  const open = curveOf(lives('3+ 5+ 9+'))
  assert.equal(survivalAt(open, 9), 1)
  assert.equal(survivalAt(open, 9.1), null)
  assert.equal(survivalQuantile(open, 0.5), null)
  assert.equal(survivalVariance(open, 9), 0)
  assert.equal(survivalInterval(open, 9), null)
  assert.deepEqual(restrictedMean(open), { mean: 9, variance: 0 })
})

test('what is censored when another finishes counts as censored after it', () => {
  const curve = curveOf(lives('4+ 4 6 8+'))
  assert.deepEqual([...curve.atRisk], [4, 2])
  assert.deepEqual([...curve.survival], [0.75, 0.375])
  assert.equal(survivalAt(curve, 6, 4), 0.5)
})

test('once all have finished nothing lasts, at any later time', () => {
  const curve = curveOf(lives('0 2 2'))
  assert.equal(round(survivalAt(curve, 0), 9), round(2 / 3, 9), 'an event at once')
  assert.equal(survivalAt(curve, 2), 0)
  assert.equal(survivalAt(curve, 99), 0)
  assert.equal(survivalVariance(curve, 2), null)
  assert.equal(survivalInterval(curve, 2), null)
})

test('a time that is none is refused, and a quantile beyond 1', () => {
  for (const time of [-1, Number.NaN, Infinity])
    assert.throws(() => kaplanMeier([{ time, censored: false }]), /finite number that is not negative/u)
  assert.throws(() => survivalQuantile(MP6, 0), RangeError)
  assert.throws(() => survivalQuantile(MP6, 1.1), RangeError)
})

const observations = fc.array(fc.record({ time: fc.integer({ min: 0, max: 12 }), censored: fc.boolean() }), {
  minLength: 1,
  maxLength: 40,
})

/** The definition: time by time, counting people again at each. */
function naive(people: readonly Observation[], t: number): number {
  let survival = 1
  for (let time = 0; time <= t; time += 1) {
    const risk = people.filter((one) => one.time >= time).length
    const ended = people.filter((one) => one.time === time && !one.censored).length
    if (risk > 0) survival *= 1 - ended / risk
  }
  return survival
}

const near = (actual: number | null | undefined, expected: number, what: string) =>
  assert.ok(typeof actual === 'number' && Math.abs(actual - expected) < 1e-9, `${what}: ${actual} is not ${expected}`)

test('curve, conditional survival, quantiles and restricted mean equal the definitions, counted person by person', () => {
  fc.assert(
    fc.property(observations, fc.integer({ min: 0, max: 14 }), fc.integer({ min: 0, max: 14 }), (people, t, age) => {
      const curve = curveOf(people)
      const last = Math.max(...people.map((one) => one.time))
      const expected = naive(people, t)
      if (t > last && expected > 0) assert.equal(survivalAt(curve, t), null)
      else near(survivalAt(curve, t), expected, 'S(t)')
      if (age <= t && t <= last && people.some((one) => one.time > age))
        near(survivalAt(curve, t, age), expected / naive(people, age), 'S(t | age)')
      for (const p of [0.25, 0.5, 0.9, 1]) {
        const first = Array.from({ length: last + 1 }, (_, time) => time).find((time) => naive(people, time) <= 1 - p + 1e-9)
        assert.equal(survivalQuantile(curve, p), first ?? null, `quantile ${p}`)
      }
      // The area by whole units of time, as all times are whole.
      const area = Array.from({ length: Math.min(t, last) }, (_, time) => naive(people, time)).reduce((sum, s) => sum + s, 0)
      near(restrictedMean(curve, Math.min(t, last))?.mean, area, 'restricted mean')
    }),
    { numRuns: 2000 },
  )
})

test('without censoring it is the empirical distribution with its binomial variance', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 9 }), { minLength: 1, maxLength: 30 }), fc.nat(9), (ends, t) => {
      const curve = curveOf(ends.map((time) => ({ time, censored: false })))
      const share = ends.filter((time) => time > t).length / ends.length
      near(survivalAt(curve, t), share, 'share')
      if (share > 0) near(survivalVariance(curve, t), (share * (1 - share)) / ends.length, 'variance')
      near(restrictedMean(curve)?.mean, ends.reduce((sum, time) => sum + time, 0) / ends.length, 'mean')
    }),
    { numRuns: 1000 },
  )
})
