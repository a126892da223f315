import assert from 'node:assert/strict'
import test from 'node:test'
import fc from 'fast-check'
import { type Severity, SEVERITIES } from '../model/alert-rule.ts'
import {
  type Activity,
  activityOfValue,
  INACTIVE,
  type Instance,
  type Look,
  MISSING,
  step,
  type Transition,
} from '../model/alert-step.ts'

const SECOND = 1e6
/** Within the hour in which what is over is told, from an instant that is none of the special ones. */
const START = Date.UTC(2026, 2, 2) * 1000
const second = fc.integer({ min: 1, max: 3000 })
const rule = fc.record({
  for_s: fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 400 })),
  keep_firing_s: fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 400 })),
})
/** What is fixed of a document: ever graver from some instants on, and perhaps over at one. */
const fixed: fc.Arbitrary<Activity> = fc
  .record({ ats: fc.uniqueArray(second, { minLength: 0, maxLength: 4 }), until: fc.option(second) })
  .map(({ ats, until }) => ({
    levels: ats
      .toSorted((a, b) => a - b)
      .map((at, number) => ({ at: START + at * SECOND, severity: SEVERITIES[number] as Severity })),
    until: until === null ? null : START + until * SECOND,
    value: null,
  }))

function run(rules: { for_s: number; keep_firing_s: number }, looks: readonly { look: Look; watermark: number }[]) {
  let state: Instance = INACTIVE
  const transitions: Transition[] = []
  for (const { look, watermark } of looks) {
    const { next, transitions: moved } = step(rules, state, look, watermark)
    state = next
    transitions.push(...moved)
  }
  return { state, transitions }
}

test('looking seldom finds the transitions that looking often finds', () => {
  fc.assert(
    fc.property(rule, fixed, fc.uniqueArray(second, { maxLength: 6 }), (rules, look, some) => {
      const end = 3400
      const at = (instants: readonly number[]) => instants.map((one) => ({ look, watermark: START + one * SECOND }))
      const often = run(rules, at(Array.from({ length: end / 10 }, (_, number) => (number + 1) * 10)))
      const seldom = run(rules, at([...some.toSorted((a, b) => a - b), end]))
      assert.deepEqual(seldom, often)
    }),
    { numRuns: 500 },
  )
})

test('when it says that time brings the next transition, none comes before', () => {
  fc.assert(
    fc.property(rule, fixed, second, (rules, look, first) => {
      const watermark = START + first * SECOND
      const { next, nextAt } = step(rules, INACTIVE, look, watermark)
      const later = nextAt === null ? START + 3600 * SECOND : nextAt - 1
      if (later > watermark) assert.deepEqual(step(rules, next, look, later).transitions, [])
    }),
    { numRuns: 500 },
  )
})

/** Looks as they come: news of a document, figures, and nothing. */
const looks = fc.array(
  fc.record({
    after: fc.integer({ min: 0, max: 600 }),
    what: fc.oneof(
      fixed,
      fc.constantFrom(...MISSING).map((missing) => ({ missing })),
      fc.record({ holds: fc.boolean(), severity: fc.constantFrom(...SEVERITIES) }),
    ),
  }),
  { maxLength: 20 },
)

function* played(rules: { for_s: number; keep_firing_s: number }, some: typeof looks extends fc.Arbitrary<infer T> ? T : never) {
  let state: Instance = INACTIVE
  let watermark = START + 3000 * SECOND
  for (const { after, what } of some) {
    watermark += after * SECOND
    const look: Look = 'holds' in what ? activityOfValue(state, { at: watermark, value: 1, ...what }) : what
    const { next, transitions } = step(rules, state, look, watermark)
    yield { before: state, look, next, transitions, watermark }
    state = next
  }
}

test('missing data moves nothing: what fires stays, and says why nothing is known', () => {
  fc.assert(
    fc.property(rule, looks, (rules, some) => {
      for (const { before, look, next, transitions } of played(rules, some)) {
        if (!('missing' in look)) continue
        assert.deepEqual(transitions, [])
        assert.deepEqual({ ...next, stale: null }, { ...before, stale: null })
        if (before.state === 'firing' && look.missing !== 'not_expected') assert.equal(next.stale, look.missing)
      }
    }),
  )
})

test('the same look again changes nothing', () => {
  fc.assert(
    fc.property(rule, looks, (rules, some) => {
      for (const { look, next, watermark } of played(rules, some)) {
        const again = step(rules, next, look, watermark)
        assert.deepEqual(again.transitions, [])
        assert.deepEqual(again.next, next)
      }
    }),
    { numRuns: 300 },
  )
})

test('transitions of an epoch are numbered without a gap, and each begins where the one before ended', () => {
  fc.assert(
    fc.property(rule, looks, (rules, some) => {
      const all = [...played(rules, some)].flatMap(({ transitions }) => transitions)
      for (const [epoch, own] of Map.groupBy(all, (one) => one.epoch)) {
        assert.deepEqual(
          own.map(({ number }) => number),
          own.map((_, at) => at + 1),
        )
        assert.equal(own[0]?.from, 'inactive')
        for (const [at, one] of own.entries()) if (at > 0) assert.equal(one.from, own[at - 1]?.to, `epoch ${epoch}`)
      }
      const epochs = [...new Set(all.map(({ epoch }) => epoch))]
      assert.deepEqual(
        epochs,
        epochs.map((_, at) => at + 1),
      )
    }),
    { numRuns: 300 },
  )
})

test('it fires and resolves to the microsecond', () => {
  const rules = { for_s: 60, keep_firing_s: 30 }
  const since = START + 7
  const open: Activity = { levels: [{ at: since, severity: 'high' }], until: null, value: null }
  const states = (look: Activity, instants: readonly number[]) =>
    run(
      rules,
      instants.map((watermark) => ({ look, watermark })),
    ).state.state
  assert.equal(states(open, [since - 1]), 'inactive')
  assert.equal(states(open, [since]), 'pending')
  assert.equal(states(open, [since + 60 * SECOND - 1]), 'pending')
  assert.equal(states(open, [since + 60 * SECOND]), 'firing')
  const until = since + 90 * SECOND
  const over = { ...open, until }
  assert.equal(states(over, [until - 1]), 'firing')
  assert.equal(states(over, [until]), 'recovering')
  assert.equal(states(over, [until + 30 * SECOND - 1]), 'recovering')
  assert.equal(states(over, [until + 30 * SECOND]), 'inactive')
  // What was over a microsecond too early never fired.
  const early = { ...open, until: since + 60 * SECOND - 1 }
  assert.deepEqual(
    run(rules, [{ look: early, watermark: until }]).transitions.map(({ to, at }) => [to, at]),
    [
      ['pending', since],
      ['inactive', since + 60 * SECOND - 1],
    ],
  )
})
