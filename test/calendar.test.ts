import assert from 'node:assert/strict'
import test from 'node:test'
import fc from 'fast-check'
import type { z } from 'zod'
import { addBusinessTime, ALWAYS, boundaries, businessTime, Calendar, compile, isOpen } from '../model/calendar.ts'
import { type Instant, instantFromIso, instantToIso } from '../model/instant.ts'

const HOUR = 3_600_000_000
const MINUTE = 60_000_000

const at = (text: string): Instant => {
  const instant = instantFromIso(text)
  assert.notEqual(instant, null, text)
  return instant ?? 0
}
const day = [{ from: '09:00', to: '17:00' }]
const OFFICE = { mon: day, tue: day, wed: day, thu: day, fri: day }
const calendar = (more: Partial<z.input<typeof Calendar>> = {}): Calendar =>
  Calendar.parse({ name: 'office', zone: 'Europe/Berlin', week: OFFICE, ...more })
const hours = (of: Calendar, from: string, to: string): number => businessTime(of, at(from), at(to)) / HOUR

test('a weekend is no business time', () => {
  assert.equal(hours(calendar(), '2026-03-06T12:00+01:00', '2026-03-09T11:00+01:00'), 7)
  assert.equal(hours(calendar(), '2026-03-07T00:00+01:00', '2026-03-09T00:00+01:00'), 0)
  assert.equal(hours(calendar(), '2026-03-02T00:00+01:00', '2026-03-09T00:00+01:00'), 40)
})

test('instants count to the microsecond, and backwards they count negative', () => {
  const office = calendar({ zone: 'UTC' })
  const [from, to] = [at('2026-03-06T16:59:59.999999Z'), at('2026-03-09T09:00:00.000002Z')]
  assert.equal(businessTime(office, from, to), 3)
  assert.equal(businessTime(office, to, from), -3)
  assert.equal(businessTime(office, from, from), 0)
})

test('holidays of a country and its region are closed, those of another region are not', () => {
  const germany = calendar({ holidays: { country: 'DE' } })
  const bavaria = calendar({ holidays: { country: 'DE', region: 'BY' } })
  const days = (of: Calendar, from: string, to: string) => hours(of, `${from}T00:00+01:00`, `${to}T00:00+01:00`) / 8
  assert.equal(days(germany, '2026-12-21', '2026-12-28'), 4, 'Christmas Day 2026 is a Friday')
  assert.equal(days(germany, '2026-01-05', '2026-01-10'), 5)
  assert.equal(days(bavaria, '2026-01-05', '2026-01-10'), 4, 'Epiphany is a holiday in Bavaria')
  const us = calendar({ zone: 'America/New_York', holidays: { country: 'US' } })
  assert.equal(hours(us, '2026-11-23T00:00-05:00', '2026-11-28T00:00-05:00'), 32, 'Thanksgiving')
  assert.equal(
    hours(us, '2026-06-29T00:00-04:00', '2026-07-06T00:00-04:00'),
    32,
    'Independence Day falls on a Saturday: Friday is off',
  )
})

test('a holiday that begins at noon leaves the morning, and one of several days closes each of them', () => {
  const bank = calendar({ holidays: { country: 'DE', types: ['public', 'bank'] } })
  assert.equal(hours(bank, '2026-12-24T00:00+01:00', '2026-12-25T00:00+01:00'), 5, 'Christmas Eve from 14:00')
  const eid = calendar({ zone: 'Asia/Dubai', holidays: { country: 'AE' } })
  assert.equal(hours(eid, '2026-05-25T00:00+04:00', '2026-05-30T00:00+04:00'), 16, 'three days from Wednesday on')
})

test('exceptions make half days, closures and extra days, also on holidays', () => {
  const half = calendar({
    holidays: { country: 'DE' },
    exceptions: [
      { date: '2026-12-24', shifts: [{ from: '09:00', to: '12:30' }] },
      { date: '2026-12-23', shifts: [] },
      { date: '2026-12-25', shifts: [{ from: '10:00', to: '11:00' }] },
      { date: '2026-12-27', shifts: [{ from: '09:00', to: '11:00' }] },
    ],
  })
  assert.equal(hours(half, '2026-12-21T00:00+01:00', '2026-12-28T00:00+01:00'), 8 + 8 + 0 + 3.5 + 1 + 2)
})

test('a clock change makes a night shift shorter or longer, and a working day stays what it is', () => {
  const night = [{ from: '22:00', to: '06:00' }]
  for (const [zone, spring, autumn] of [
    ['Europe/Berlin', ['2026-03-28T12:00Z', '2026-03-29T12:00Z'], ['2026-10-24T12:00Z', '2026-10-25T12:00Z']],
    ['America/New_York', ['2026-03-07T17:00Z', '2026-03-08T17:00Z'], ['2026-10-31T17:00Z', '2026-11-01T17:00Z']],
  ] as const) {
    const nights = Calendar.parse({ name: 'night', zone, week: { sat: night } })
    assert.equal(hours(nights, spring[0], spring[1]), 7, `${zone} spring`)
    assert.equal(hours(nights, autumn[0], autumn[1]), 9, `${zone} autumn`)
    const sundays = calendar({ zone, week: { sun: day } })
    assert.equal(businessTime(sundays, at(spring[0]), at(spring[0]) + 48 * HOUR) / HOUR, 8, `${zone}: a working day in spring`)
    assert.equal(businessTime(sundays, at(autumn[0]), at(autumn[0]) + 48 * HOUR) / HOUR, 8, `${zone}: a working day in autumn`)
  }
})

test('a time that the spring change skips is the change; one that the autumn change repeats is its first occurrence', () => {
  const early = (from: string, to: string) => Calendar.parse({ name: 'x', zone: 'Europe/Berlin', week: { sun: [{ from, to }] } })
  const opened = (of: Calendar, date: string) =>
    boundaries(of, at(`${date}T00:00Z`) - 12 * HOUR, at(`${date}T00:00Z`) + 12 * HOUR)
      .slice(1, -1)
      .map((edge) => instantToIso(edge.at).slice(11, 16))
  // 2026-03-29: 02:00 becomes 03:00 at 01:00 UTC. 2026-10-25: 03:00 becomes 02:00 at 01:00 UTC.
  assert.deepEqual(opened(early('02:30', '05:00'), '2026-03-29'), ['01:00', '03:00'])
  assert.deepEqual(opened(early('01:00', '02:30'), '2026-03-29'), ['00:00', '01:00'])
  assert.deepEqual(opened(early('02:10', '02:50'), '2026-03-29'), [])
  assert.deepEqual(opened(early('02:30', '05:00'), '2026-10-25'), ['00:30', '04:00'])
  assert.deepEqual(opened(early('01:00', '02:30'), '2026-10-25'), ['23:00', '00:30'])
})

test('overlapping shifts count once, touching ones are one', () => {
  const list = [
    { from: '08:00', to: '12:00' },
    { from: '10:00', to: '14:00' },
    { from: '14:00', to: '15:00' },
    { from: '11:00', to: '11:30' },
  ]
  const shifts = Calendar.parse({ name: 'x', zone: 'UTC', week: { mon: list } })
  assert.equal(hours(shifts, '2026-03-02T00:00Z', '2026-03-03T00:00Z'), 7)
  assert.equal(boundaries(shifts, at('2026-03-02T00:00Z'), at('2026-03-03T00:00Z')).length, 4, 'floor, open, close, ceiling')
})

test('a night shift belongs to the day on which it starts', () => {
  const nights = Calendar.parse({
    name: 'night',
    zone: 'UTC',
    week: { fri: [{ from: '22:00', to: '06:00' }], sun: [{ from: '00:00', to: '00:00' }] },
    exceptions: [{ date: '2026-03-14', shifts: [] }],
  })
  assert.equal(hours(nights, '2026-03-07T00:00Z', '2026-03-08T00:00Z'), 6)
  assert.equal(hours(nights, '2026-03-08T00:00Z', '2026-03-09T00:00Z'), 24)
  assert.equal(hours(nights, '2026-03-14T00:00Z', '2026-03-15T00:00Z'), 6, 'Saturday is closed, Friday’s shift goes on')
})

test('systems always work: 24x7 is elapsed time, and whole days stay whole when clocks change', () => {
  const [from, to] = [at('2026-10-20T03:04:05.678901Z'), at('2026-10-30T00:00Z')]
  assert.equal(businessTime(ALWAYS, from, to), to - from)
  const berlin = Calendar.parse({ name: 'x', zone: 'Europe/Berlin', week: '24x7' })
  assert.equal(businessTime(berlin, from, to), to - from)
  assert.equal(
    hours(
      Calendar.parse({ name: 'x', zone: 'Europe/Berlin', week: { sun: [{ from: '00:00', to: '24:00' }] } }),
      '2026-10-24T12:00Z',
      '2026-10-26T12:00Z',
    ),
    25,
  )
})

test('a deadline falls on the closing time rather than the next opening', () => {
  const office = compile(calendar({ zone: 'UTC' }), at('2026-03-01T00:00Z'), at('2026-04-01T00:00Z'))
  const due = (from: string, count: number) => {
    const instant = addBusinessTime(office, at(from), count * HOUR)
    return instant === null ? null : instantToIso(instant).slice(0, 16)
  }
  assert.equal(due('2026-03-02T09:00Z', 8), '2026-03-02T17:00')
  assert.equal(due('2026-03-06T16:00Z', 2), '2026-03-09T10:00')
  assert.equal(due('2026-03-07T12:00Z', 1), '2026-03-09T10:00')
  assert.equal(due('2026-03-07T12:00Z', 0), '2026-03-07T12:00')
  assert.equal(due('2026-03-09T10:00Z', -1), '2026-03-09T09:00')
  assert.equal(due('2026-03-09T10:00Z', -2), '2026-03-06T16:00')
  assert.equal(due('2026-03-30T09:00Z', 100), null, 'beyond the compiled horizon')
  assert.equal(isOpen(office, at('2026-03-02T09:00Z')), true)
  assert.equal(isOpen(office, at('2026-03-02T17:00Z')), false)
  assert.throws(() => isOpen(office, at('2026-04-02T09:00Z')), RangeError)
  assert.throws(() => businessTime(office, at('2026-02-02T09:00Z'), at('2026-03-02T09:00Z')), RangeError)
})

test('a calendar that cannot work is refused with the reason', () => {
  const refusal = (value: unknown) =>
    Calendar.safeParse(value)
      .error?.issues.map((issue) => issue.message)
      .join('; ') ?? 'accepted'
  const base = { name: 'x', zone: 'Europe/Berlin', week: OFFICE }
  assert.match(refusal({ ...base, week: {} }), /no working time/u)
  assert.match(refusal({ ...base, week: { mon: [] } }), /no working time/u)
  assert.match(refusal({ ...base, zone: 'Europe/Atlantis' }), /not a known IANA time zone/u)
  assert.match(refusal({ ...base, zone: '+01:00' }), /not a known IANA time zone/u)
  assert.match(refusal({ ...base, holidays: { country: 'XX' } }), /no holidays are known for country "XX"/u)
  assert.match(refusal({ ...base, holidays: { country: 'DE', region: 'QQ' } }), /has no region "QQ"/u)
  assert.match(refusal({ ...base, week: { mon: [{ from: '9', to: '17:00' }] } }), /not a time of day/u)
  assert.match(refusal({ ...base, week: { mon: [{ from: '09:00', to: '25:00' }] } }), /not a time of day/u)
  assert.match(refusal({ ...base, week: { ...OFFICE, monday: day } }), /monday/u)
  assert.match(refusal({ ...base, exceptions: [{ date: '2026-02-30', shifts: [] }] }), /no day of the calendar/u)
  assert.match(
    refusal({
      ...base,
      exceptions: [
        { date: '2026-02-03', shifts: [] },
        { date: '2026-02-03', shifts: day },
      ],
    }),
    /names a date twice/u,
  )
})

// A second opinion: walk every minute, reading the clock on the wall of each, with nothing in common with the code under test.

const ZONES = [
  'UTC',
  'Europe/Berlin',
  'America/New_York',
  'America/Los_Angeles',
  'Asia/Kolkata',
  'Australia/Lord_Howe',
  'Africa/Cairo',
  'America/Havana',
  'Asia/Kathmandu',
  'Pacific/Chatham',
  'Pacific/Apia',
  'America/St_Johns',
]
const NAMES = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'] as const
const DAY_MINUTES = 1440

/** The wall clock of a zone at each minute of a span, as minutes since 1970 on the wall. */
function wallClock(zone: string, fromMinute: number, toMinute: number): number[] {
  const format = new Intl.DateTimeFormat('sv-SE', { timeZone: zone, dateStyle: 'short', timeStyle: 'short' })
  const walls: number[] = []
  // Clocks change on quarter hours of UTC everywhere since 1972.
  for (let minute = fromMinute; minute < toMinute; minute += 1) {
    const quarter = minute - (minute % 15)
    if (walls.length > 0 && minute !== quarter) walls.push((walls.at(-1) ?? 0) + 1)
    else walls.push(Date.parse(`${format.format(minute * 60_000).replace(' ', 'T')}:00Z`) / 60_000)
  }
  return walls
}

/** Open minutes by the documented rule: from the first minute that shows the start or later to the first that shows the end or later. */
function openMinutes(of: Calendar, walls: number[]): boolean[] {
  const open = walls.map(() => false)
  const firstShowing = (wall: number) => {
    const index = walls.findIndex((shown) => shown >= wall)
    return index < 0 ? walls.length : index
  }
  const first = Math.floor((walls[0] ?? 0) / DAY_MINUTES)
  const last = Math.floor((walls.at(-1) ?? 0) / DAY_MINUTES)
  const minutes = (text: string) => Number(text.slice(0, 2)) * 60 + Number(text.slice(3))
  for (let date = first; date <= last; date += 1) {
    const iso = new Date(date * 86_400_000).toISOString().slice(0, 10)
    const weekday = NAMES[new Date(`${iso}T12:00:00Z`).getUTCDay()] ?? 'sun'
    const shifts = of.exceptions.find((entry) => entry.date === iso)?.shifts ?? (of.week === '24x7' ? [] : of.week[weekday])
    for (const { from, to } of shifts) {
      const start = date * DAY_MINUTES + minutes(from)
      let end = date * DAY_MINUTES + minutes(to)
      if (end <= start) end += DAY_MINUTES
      open.fill(true, firstShowing(start), firstShowing(end))
    }
  }
  return open
}

const timeOfDay = fc
  .integer({ min: 0, max: 1439 })
  .map((m) => `${String(Math.floor(m / 60)).padStart(2, '0')}:${String(m % 60).padStart(2, '0')}`)
const shiftList = fc.array(fc.record({ from: timeOfDay, to: timeOfDay }), { maxLength: 3 })
const anyCalendar = fc.record({
  zone: fc.constantFrom(...ZONES),
  week: fc.record(Object.fromEntries(NAMES.map((name) => [name, shiftList]))),
  monday: fc.record({ from: timeOfDay, to: timeOfDay }),
  exceptions: fc.uniqueArray(fc.record({ offset: fc.integer({ min: -2, max: 16 }), shifts: shiftList }), {
    selector: (e) => e.offset,
    maxLength: 3,
  }),
})
/** Days around which clocks change somewhere in the sample, and a quiet one. */
const CHANGES = [
  '2026-03-08',
  '2026-03-29',
  '2026-04-05',
  '2026-04-24',
  '2026-09-27',
  '2026-10-25',
  '2026-10-30',
  '2026-11-01',
  '2026-06-10',
  '2011-12-30',
]

test('business time equals a walk over every minute, in any zone, round any clock change', () => {
  fc.assert(
    fc.property(
      anyCalendar,
      fc.constantFrom(...CHANGES),
      fc.integer({ min: 0, max: 6 * DAY_MINUTES }),
      fc.integer({ min: 0, max: 14 * DAY_MINUTES }),
      fc.integer({ min: 0, max: 59_999_999 }),
      fc.integer({ min: 0, max: 59_999_999 }),
      ({ zone, week, monday, exceptions }, around, ahead, length, fromRest, toRest) => {
        const start = Date.parse(`${around}T00:00:00Z`) / 60_000 - ahead
        const of = Calendar.parse({
          name: 'any',
          zone,
          week: { ...week, mon: [...(week['mon'] ?? []), monday] },
          exceptions: exceptions.map(({ offset, shifts }) => ({
            date: new Date((start + offset * DAY_MINUTES) * 60_000).toISOString().slice(0, 10),
            shifts,
          })),
        })
        const from = start * MINUTE + fromRest
        const to = (start + length) * MINUTE + toRest
        const [scanFrom, scanTo] = [start - 4 * DAY_MINUTES, start + length + 4 * DAY_MINUTES]
        const open = openMinutes(of, wallClock(zone, scanFrom, scanTo))
        const sum = (instant: Instant) => {
          const minute = Math.floor(instant / MINUTE) - scanFrom
          let us = open[minute] === true ? instant % MINUTE : 0
          for (let index = 0; index < minute; index += 1) if (open[index] === true) us += MINUTE
          return us
        }
        const expected = sum(to) - sum(from)
        assert.equal(businessTime(of, from, to), expected)

        const compiled = compile(of, scanFrom * MINUTE, scanTo * MINUTE)
        assert.equal(businessTime(compiled, from, to), expected)
        assert.equal(isOpen(compiled, from), open[start - scanFrom])
        const reached = addBusinessTime(compiled, from, expected)
        if (expected > 0) {
          assert.ok(reached !== null && reached <= to)
          assert.equal(businessTime(compiled, from, reached), expected)
          assert.equal(businessTime(compiled, from, reached - 1), expected - 1, 'it is the first such instant')
        }
        const list = boundaries(of, scanFrom * MINUTE, scanTo * MINUTE)
        for (const [index, edge] of list.entries()) {
          const previous = list[index - 1]
          if (previous === undefined) continue
          assert.ok(previous.at < edge.at)
          assert.equal(edge.openBefore - previous.openBefore, previous.open ? edge.at - previous.at : 0)
        }
      },
    ),
    { numRuns: 1000, seed: 4 },
  )
})
