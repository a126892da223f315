import assert from 'node:assert/strict'
import test, { after, before } from 'node:test'
import {
  addBusinessTime,
  type Calendar,
  type CompiledCalendar,
  businessTime,
  compile,
  endOfBusinessDay,
  isOpen,
  nextBusinessTime,
} from '../model/calendar.ts'
import { type Instant, instantToIso } from '../model/instant.ts'
import { zoneSegments } from '../model/zone.ts'
import { businessTimeOfPairs, storeCalendar } from '../queries/calendar-store.ts'
import { tenantReader } from '../queries/run.ts'
import { clockChanges, edges, openBefore, type Walk, walk, wallAt } from './support/minute-walk.ts'
import { randomCalendar, randomCases, randomOf } from './support/random-calendars.ts'
import { sharedStores, type TestStores } from './support/stores.ts'

const MINUTE_US = 60_000_000
const DAY_MINUTES = 1440
const ZONES = Intl.supportedValuesOf('timeZone')
/** Another one in every run; CALENDAR_SEED repeats one. */
const SEED = Number(process.env['CALENDAR_SEED'] ?? Date.now() % 1_000_000_007)
const CASES = randomCases(randomOf(SEED), ZONES, 2, 10_000)
const INTERVALS = CASES.reduce((sum, { intervals }) => sum + intervals.length, 0)

let real: TestStores
before(async () => {
  real = await sharedStores()
})
after(() => real.close())

const told = (calendar: Calendar, what: string) => `${what}; CALENDAR_SEED=${SEED} ${JSON.stringify(calendar)}`

function assertSameEdges(walked: Walk, compiled: CompiledCalendar, calendar: Calendar): void {
  const { opens, closes } = edges(walked, compiled.from / MINUTE_US, compiled.to / MINUTE_US)
  // Only what differs: a diff of hundreds of instants says nothing.
  const alone = (some: Float64Array | Instant[], others: Float64Array | Instant[]) => {
    const known = new Set(others)
    return Array.from(some)
      .filter((at) => !known.has(at))
      .map(instantToIso)
  }
  assert.deepEqual(alone(compiled.opens, opens), [], told(calendar, 'opens only by the code'))
  assert.deepEqual(alone(opens, compiled.opens), [], told(calendar, 'opens only by the walk'))
  assert.deepEqual(alone(compiled.closes, closes), [], told(calendar, 'closes only by the code'))
  assert.deepEqual(alone(closes, compiled.closes), [], told(calendar, 'closes only by the walk'))
}

/** Every answer about an interval, against what the walk says. */
function assertSameAnswers(walked: Walk, compiled: CompiledCalendar, calendar: Calendar, from: Instant, to: Instant): void {
  const what = (name: string) => told(calendar, `${name} from ${from} to ${to}`)
  const expected = openBefore(walked, to) - openBefore(walked, from)
  assert.equal(businessTime(compiled, from, to), expected, what('business time'))
  const [index, end] = [Math.floor(from / MINUTE_US) - walked.from, compiled.to / MINUTE_US - walked.from]
  assert.equal(isOpen(compiled, from), walked.open[index] === 1, what('open'))

  const next = walked.open.indexOf(1, index)
  const opening = next < 0 || next >= end ? null : Math.max(from, (walked.from + next) * MINUTE_US)
  assert.equal(nextBusinessTime(compiled, from), opening, what('next business time'))

  const reached = addBusinessTime(compiled, from, expected)
  assert.ok(reached !== null && (expected === 0 || (expected < 0 ? reached >= to : reached <= to)), what('reached'))
  const passed = (instant: Instant) => openBefore(walked, instant) - openBefore(walked, from)
  assert.equal(passed(reached), expected, what('passed when reached'))
  if (expected > 0) assert.equal(passed(reached - 1), expected - 1, what('the first such instant'))
  if (expected < 0) assert.equal(passed(reached + 1), expected + 1, what('the last such instant'))

  const date = Math.floor((walked.walls[index] ?? 0) / DAY_MINUTES)
  for (const step of [1, -1]) {
    let [day, dayEnd] = [date + step, walked.dayEnd(date + step)]
    while (dayEnd === null && Math.abs(day - date) < 9) dayEnd = walked.dayEnd((day += step))
    // A calendar may rest longer, or beyond its horizon: then there is nothing to compare.
    if (dayEnd !== null && dayEnd > compiled.from && dayEnd <= compiled.to)
      assert.equal(endOfBusinessDay(compiled, from, step), dayEnd, what(`business day ${step}`))
  }
}

test('10,000 random intervals of random calendars in every zone: business time, deadlines and business days equal a walk over every minute', (t) => {
  for (const { calendar, from, to, intervals } of CASES) {
    const walked = walk(calendar, from / MINUTE_US - 3 * DAY_MINUTES, to / MINUTE_US + 3 * DAY_MINUTES)
    const compiled = compile(calendar, from, to)
    assertSameEdges(walked, compiled, calendar)
    for (const [start, end] of intervals) {
      assertSameAnswers(walked, compiled, calendar, start, end)
      assert.equal(businessTime(calendar, start, end), businessTime(compiled, start, end), told(calendar, 'compiled alone'))
    }
  }
  t.diagnostic(`${INTERVALS} intervals, ${CASES.length} calendars, ${ZONES.length} zones, CALENDAR_SEED=${SEED}`)
})

test('every clock change of thirty years in every zone is known to the second, and calendars round it equal the walk', (t) => {
  const random = randomOf(SEED + 1)
  const [from, to] = [Date.UTC(1997, 0, 1) / 60_000, Date.UTC(2027, 0, 1) / 60_000]
  let [count, intervals] = [0, 0]
  for (const zone of ZONES) {
    const changes = clockChanges(zone, from, to)
    const starts = zoneSegments(zone, from * MINUTE_US, to * MINUTE_US - 1).map(({ start }) => start / MINUTE_US)
    assert.deepEqual(starts.slice(1), changes, zone)
    for (const change of changes) {
      const [start, end] = [(change - 3 * DAY_MINUTES) * MINUTE_US, (change + 3 * DAY_MINUTES) * MINUTE_US]
      const around = wallAt(zone, change) % DAY_MINUTES
      const calendar = randomCalendar(random, zone, zone, start, end, around)
      const walked = walk(calendar, change - 6 * DAY_MINUTES, change + 6 * DAY_MINUTES)
      const compiled = compile(calendar, start, end)
      assertSameEdges(walked, compiled, calendar)
      const at = change * MINUTE_US
      for (const [first, last] of [
        [at - 1, at + 1],
        [random.int(start, at), random.int(at, end - 1)],
        [at + random.int(-120, 120) * MINUTE_US, at + random.int(-7_200_000_000, 7_200_000_000)],
      ] as const) {
        assertSameAnswers(walked, compiled, calendar, first, last)
        intervals += 1
      }
    }
    count += changes.length
  }
  t.diagnostic(`${count} clock changes of 1997 to 2026, ${ZONES.length} zones, ${intervals} intervals, CALENDAR_SEED=${SEED}`)
})

test('SQL says of the same 10,000 intervals what TypeScript says, to the microsecond', async (t) => {
  const tenant = await real.freshTenant()
  const { writer, reader } = real.stores.clickhouse
  for (let offset = 0; offset < CASES.length; offset += 4)
    await Promise.all(
      CASES.slice(offset, offset + 4).map(({ calendar, from, to }) => storeCalendar(writer, tenant, calendar, from, to)),
    )
  let count = 0
  for (let offset = 0; offset < CASES.length; offset += 25) {
    const asked = CASES.slice(offset, offset + 25).flatMap(({ calendar, from, to, intervals }) => {
      const compiled = compile(calendar, from, to)
      return intervals.map(([start, end]) => ({ calendar, start, end, expected: businessTime(compiled, start, end) }))
    })
    const rows = await tenantReader(reader, tenant).rows(businessTimeOfPairs, {
      calendars: asked.map(({ calendar }) => calendar.name),
      starts: asked.map(({ start }) => start),
      ends: asked.map(({ end }) => end),
    })
    for (const [index, { calendar, start, end, expected }] of asked.entries())
      assert.equal(rows[index]?.business_us, expected, told(calendar, `SQL from ${start} to ${end}`))
    count += asked.length
  }
  assert.equal(count, INTERVALS)
  t.diagnostic(`${count} intervals in SQL, CALENDAR_SEED=${SEED}`)
})
