import assert from 'node:assert/strict'
import { test } from 'node:test'
import { STARTS, workflowPace } from '../model/workflow-pace.ts'
import { randomFrom } from './support/random.ts'

const DAY = 24 * 60
/** A Monday, in minutes since 1970. */
const MONDAY = Date.UTC(2026, 9, 5) / 60_000
const at = (iso: string): number => Date.parse(`${iso}Z`) / 60_000
const shown = (us: number | null): string | null => (us === null ? null : new Date(us / 1000).toISOString().slice(0, 16))

/** What is said at the end of a window of so many days. */
function judged(starts: readonly number[], end: number, days: number) {
  const seen = [...new Set(starts)].filter((minute) => minute < end && minute >= end - STARTS.days * DAY)
  const window = { from: (end - days * DAY) * 60e6, to: end * 60e6 }
  const { gaps, ...pace } = workflowPace(seen.toSorted((a, b) => a - b).slice(-STARTS.minutes), window, end * 60e6)
  return { ...pace, gaps: gaps.map(({ from, to, expected }) => [shown(from), shown(to), expected]) }
}

const weekend = (day: number): boolean => [5, 6].includes(day % 7)
const days = (length: number): number[] => Array.from({ length }, (_, day) => day)

test('a daily batch that did not start on two days of four weeks is told with both, and today before it is due nothing is', () => {
  for (const minute of [6 * 60, 6 * 60 + 30, 6 * 60 + 58]) {
    const starts = days(28).map((day) => MONDAY + day * DAY + minute)
    const missing = new Set([9, 22])
    const found = judged(
      starts.filter((_, day) => !missing.has(day)),
      MONDAY + 28 * DAY,
      28,
    )
    const clock = shown(minute * 60e6)?.slice(11)
    assert.deepEqual(found.gaps, [
      [`2026-10-13T${clock}`, `2026-10-15T${clock}`, 1],
      [`2026-10-26T${clock}`, `2026-10-28T${clock}`, 1],
    ])
    assert.deepEqual([found.state, found.judged_by, found.not_started, found.learned_from_n], ['fresh', 'schedule', 2, 25])
    assert.equal(shown(found.due_by), shown((MONDAY + 28 * DAY + minute + 30) * 60e6))
    const whole = judged(starts, MONDAY + 28 * DAY, 28)
    assert.deepEqual([whole.not_started, whole.state], [0, 'fresh'])
  }
})

test('a batch of the night that did not come is late after half an hour, missing an hour later, and silent when the next is missing', () => {
  const starts = days(28).map((day) => MONDAY + day * DAY + 6 * 60 + 20)
  const end = (hours: number) => judged(starts, MONDAY + 28 * DAY + hours * 60, 1)
  assert.deepEqual([end(6.8).state, end(6.8).not_started], ['fresh', 0])
  assert.deepEqual([end(7.2).state, end(7.2).not_started], ['late', 0])
  assert.deepEqual([end(8.2).state, end(8.2).not_started], ['late', 1])
  assert.deepEqual(end(8.2).gaps, [['2026-11-01T06:20', null, 1]])
  assert.equal(end(32.2).state, 'silent')
  // Of the two, the window of a day holds one.
  assert.deepEqual(end(32.2).gaps, [['2026-11-01T06:20', null, 1]])
})

test('a daily start anywhere in three quarters of an hour is missed when it does not come, wherever the full hour lies', () => {
  for (const off of [0, 20, 40]) {
    const draw = randomFrom(off + 1)
    const starts = days(42).map((day) => MONDAY + day * DAY + 5 * 60 + off + Math.floor(draw() * 45))
    assert.equal(judged(starts, MONDAY + 42 * DAY, 42).not_started, 0)
    for (const missing of [25, 30, 33, 38])
      assert.equal(
        judged(
          starts.filter((_, day) => day !== missing),
          MONDAY + 42 * DAY,
          42,
        ).not_started,
        1,
        `${off} ${missing}`,
      )
  }
})

test('a batch of working days is not missed on weekends, and is on a Wednesday', () => {
  const worked = days(42).filter((day) => !weekend(day))
  const starts = worked.map((day) => MONDAY + day * DAY + 19 * 60 + 5)
  assert.equal(judged(starts, MONDAY + 42 * DAY, 42).not_started, 0)
  const without = starts.filter((_, index) => worked[index] !== 16)
  assert.deepEqual(judged(without, MONDAY + 42 * DAY, 42).gaps, [['2026-10-20T19:05', '2026-10-22T19:05', 1]])
})

test('a poll of office hours is not missed at night and on weekends, and an hour without it counts its starts', () => {
  const starts = days(21)
    .filter((day) => !weekend(day))
    .flatMap((day) => Array.from({ length: 40 }, (_, quarter) => MONDAY + day * DAY + 8 * 60 + quarter * 15))
  assert.equal(judged(starts, MONDAY + 21 * DAY, 14).not_started, 0)
  const [from, to] = [at('2026-10-21T10:00'), at('2026-10-21T11:00')]
  const gone = judged(
    starts.filter((minute) => minute < from || minute >= to),
    MONDAY + 21 * DAY,
    14,
  )
  assert.deepEqual(gone.gaps, [['2026-10-21T09:45', '2026-10-21T11:00', 4]])
})

test('a workflow that events trigger is told of after a silence alone that it never had, with what its pace expects', () => {
  let told = 0
  let gaps = 0
  for (let seed = 1; seed <= 30; seed++) {
    const draw = randomFrom(seed)
    const mean = [1.5, 6, 45, 400][seed % 4] ?? 1
    const starts: number[] = []
    for (let minute = MONDAY; minute < MONDAY + 42 * DAY; minute += -Math.log(1 - draw()) * mean) starts.push(Math.floor(minute))
    const found = judged(starts, MONDAY + 42 * DAY, 42)
    assert.equal(found.judged_by, 'pace', `seed ${seed}`)
    gaps += found.learned_from_n
    told += found.gaps.length
    const [from, to] = [MONDAY + 40 * DAY - 40 * mean, MONDAY + 40 * DAY]
    const cut = judged(
      starts.filter((minute) => minute < from || minute >= to),
      MONDAY + 42 * DAY,
      42,
    )
    const expected = cut.gaps.find(([, end]) => String(end) >= (shown(to * 60e6) ?? ''))?.[2]
    assert.ok(Number(expected) > 25 && Number(expected) < 70, `seed ${seed}: ${expected}`)
  }
  assert.ok(told <= gaps / 5000, `${told} of ${gaps}`)
})

test('a schedule in local time that the end of summer time moves by an hour in UTC has missed nothing', () => {
  const change = at('2026-10-25T01:00')
  for (const hour of [1, 5, 21]) {
    const local = days(42).map((day) => MONDAY - 14 * DAY + day * DAY + hour * 60)
    const moved = local.map((minute) => (minute >= change ? minute + 60 : minute))
    assert.equal(judged(moved, MONDAY + 28 * DAY, 42).not_started, 0)
    const back = local.map((minute) => (minute >= change ? minute - 60 : minute))
    assert.equal(judged(back, MONDAY + 28 * DAY, 42).not_started, 0)
  }
})

test('a workflow that is young, or starts too seldom, is being learned: nothing is said, and not that nothing is missing', () => {
  const young = judged(
    days(12).map((day) => MONDAY + day * DAY),
    MONDAY + 20 * DAY,
    20,
  )
  assert.deepEqual([young.state, young.not_started, young.learned_from_n, young.due_by], ['learning', null, 11, null])
  assert.deepEqual(judged([], MONDAY, 1).state, 'learning')
})

test('a start is not missing in the minutes in which it may still be on its way', () => {
  const starts = days(14).flatMap((day) => Array.from({ length: 144 }, (_, ten) => MONDAY + day * DAY + ten * 10))
  const end = MONDAY + 14 * DAY
  assert.equal(judged(starts, end + 7, 1).not_started, 0)
  assert.deepEqual([judged(starts, end + 13, 1).state, judged(starts, end + 13, 1).not_started], ['late', 1])
})
