import assert from 'node:assert/strict'
import test from 'node:test'
import type { z } from 'zod'
import {
  addBusinessTime,
  ALWAYS,
  boundaries,
  businessTime,
  Calendar,
  compile,
  endOfBusinessDay,
  isOpen,
  nextBusinessTime,
} from '../model/calendar.ts'
import { type Instant, instantFromIso, instantToIso } from '../model/instant.ts'

const HOUR = 3_600_000_000

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

test('a holiday that ends at two leaves the afternoon', () => {
  const optional = calendar({ zone: 'America/Sao_Paulo', holidays: { country: 'BR', types: ['public', 'optional'] } })
  assert.equal(hours(optional, '2026-02-18T00:00-03:00', '2026-02-19T00:00-03:00'), 3, 'Ash Wednesday')
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

test('the next working time is now while open, else the next opening; no answer beyond the horizon, a clear error outside it', () => {
  const office = compile(calendar({ zone: 'UTC' }), at('2026-03-01T00:00Z'), at('2026-04-01T00:00Z'))
  const next = (from: string) => {
    const instant = nextBusinessTime(office, at(from))
    return instant === null ? null : instantToIso(instant).slice(0, 16)
  }
  assert.equal(next('2026-03-02T09:00Z'), '2026-03-02T09:00')
  assert.equal(next('2026-03-02T16:59Z'), '2026-03-02T16:59')
  assert.equal(next('2026-03-06T17:00Z'), '2026-03-09T09:00')
  assert.equal(next('2026-03-31T17:00Z'), null)
  assert.throws(
    () => nextBusinessTime(office, at('2026-04-01T00:01Z')),
    /calendar "office" is compiled from 2026-03-01T00:00:00.000Z to 2026-04-01T00:00:00.000Z, not for 2026-04-01T00:01:00.000Z/u,
  )
})

test('the end of a business day skips weekends and holidays, and a night shift ends on the next date', () => {
  const span = [at('2026-12-01T00:00Z'), at('2027-01-15T00:00Z')] as const
  const berlin = compile(
    calendar({ holidays: { country: 'DE' }, exceptions: [{ date: '2026-12-24', shifts: [{ from: '09:00', to: '12:30' }] }] }),
    ...span,
  )
  const end = (from: string, count?: number, of = berlin) => {
    const instant = endOfBusinessDay(of, at(from), count)
    return instant === null ? null : instantToIso(instant).slice(0, 16)
  }
  assert.equal(end('2026-12-02T00:30+01:00'), '2026-12-03T16:00', 'the date is that of the zone')
  assert.equal(end('2026-12-18T18:00+01:00'), '2026-12-21T16:00')
  assert.equal(end('2026-12-23T08:00+01:00'), '2026-12-24T11:30', 'a half day')
  assert.equal(end('2026-12-24T08:00+01:00'), '2026-12-28T16:00', 'Christmas is a Friday')
  assert.equal(end('2026-12-23T08:00+01:00', 2), '2026-12-28T16:00')
  assert.equal(end('2026-12-28T08:00+01:00', -1), '2026-12-24T11:30')
  assert.equal(end('2026-12-28T08:00+01:00', -5), '2026-12-18T16:00')
  assert.equal(end('2027-01-14T08:00+01:00'), null, 'beyond the horizon')
  assert.equal(end('2026-12-01T08:00+01:00', -1), null)
  assert.throws(() => end('2026-12-05T00:00Z', 0), /whole numbers other than 0/u)
  assert.throws(() => end('2027-02-01T00:00Z'), RangeError)
  const plant = Calendar.parse({
    name: 'plant',
    zone: 'UTC',
    week: { mon: [{ from: '22:00', to: '22:00' }], tue: [{ from: '06:00', to: '14:00' }] },
  })
  assert.equal(end('2026-12-06T12:00Z', 1, compile(plant, ...span)), '2026-12-08T22:00')
  assert.equal(
    end('2026-12-06T12:00Z', 1, compile(plant, span[0], at('2026-12-08T18:00Z'))),
    null,
    'Monday’s end is not known, though Tuesday’s is',
  )
  assert.equal(end('2026-12-05T12:00Z', 1, compile(ALWAYS, ...span)), '2026-12-07T00:00')
})

test('a calendar that cannot work is refused with the reason', () => {
  const refusal = (value: unknown) =>
    Calendar.safeParse(value)
      .error?.issues.map((issue) => issue.message)
      .join('; ') ?? 'accepted'
  const base = { name: 'x', zone: 'Europe/Berlin', week: OFFICE }
  assert.match(refusal({ ...base, week: {} }), /no working time/u)
  assert.match(refusal({ ...base, week: { mon: [] } }), /no working time/u)
  const [problem] = Calendar.safeParse({ ...base, week: {} }).error?.issues ?? []
  assert.deepEqual(problem?.code === 'custom' && problem.params, { code: 'calendar_without_working_time' })
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

test('a new version of a calendar counts from when it holds, and changes nothing before', () => {
  const office = calendar({ zone: 'UTC' })
  const short = calendar({ zone: 'UTC', week: { ...OFFICE, fri: [{ from: '09:00', to: '13:00' }] } })
  const cut = at('2026-03-09T00:00Z')
  const [from, to] = [at('2026-03-01T00:00Z'), at('2026-04-01T00:00Z')]
  const both = compile(
    [
      { calendar: office, from: at('2020-01-01T00:00Z') },
      { calendar: short, from: cut },
    ],
    from,
    to,
  )
  const [before, later] = [compile(office, from, to), compile(short, from, to)]
  assert.equal(businessTime(both, from, cut), businessTime(before, from, cut))
  assert.equal(businessTime(both, cut, to), businessTime(later, cut, to))
  assert.equal(businessTime(both, at('2026-03-06T00:00Z'), at('2026-03-14T00:00Z')) / HOUR, 8 + 4 * 8 + 4)
  assert.deepEqual([...both.days], [...before.days])
  assert.equal(instantToIso(endOfBusinessDay(both, at('2026-03-05T12:00Z'), 6) ?? 0), '2026-03-13T13:00:00.000Z')
  assert.deepEqual(compile([{ calendar: office, from: cut }], from, to), before, 'the first holds for what came before it')
})

test('a version that begins within a day leaves that day one business day', () => {
  const [early, late] = [[{ from: '06:00', to: '11:00' }], [{ from: '13:00', to: '18:00' }]]
  const week = (shifts: typeof early) => ({ mon: shifts, tue: shifts, wed: shifts, thu: shifts, fri: shifts })
  const versions = [
    { calendar: calendar({ zone: 'UTC', week: week(early) }), from: at('2020-01-01T00:00Z') },
    { calendar: calendar({ zone: 'UTC', week: week(late) }), from: at('2026-03-04T12:00Z') },
  ]
  const both = compile(versions, at('2026-03-02T00:00Z'), at('2026-03-07T00:00Z'))
  assert.equal(businessTime(both, both.from, both.to) / HOUR, 5 + 5 + 10 + 5 + 5)
  assert.equal(instantToIso(endOfBusinessDay(both, at('2026-03-03T12:00Z'), 1) ?? 0), '2026-03-04T18:00:00.000Z')
  assert.equal(instantToIso(endOfBusinessDay(both, at('2026-03-03T12:00Z'), 2) ?? 0), '2026-03-05T18:00:00.000Z')
})

test('versions may be in different zones', () => {
  const move = at('2026-03-09T00:00Z')
  const both = compile(
    [
      { calendar: calendar(), from: at('2020-01-01T00:00Z') },
      { calendar: calendar({ zone: 'America/New_York' }), from: move },
    ],
    at('2026-03-01T00:00Z'),
    at('2026-03-20T00:00Z'),
  )
  assert.ok(isOpen(both, at('2026-03-06T08:30Z')) && !isOpen(both, at('2026-03-10T08:30Z')))
  assert.ok(!isOpen(both, at('2026-03-06T18:30Z')) && isOpen(both, at('2026-03-10T18:30Z')))
})
