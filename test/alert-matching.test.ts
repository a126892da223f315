import assert from 'node:assert/strict'
import test from 'node:test'
import fc from 'fast-check'
import { type Matched, matches, plannedSteps, routesFor } from '../model/alert-matching.ts'
import { onDuty } from '../model/on-duty.ts'
import { Matcher, Party, Rota, Routing } from '../model/alert-routing.ts'
import { Calendar, compile } from '../model/calendar.ts'
import { instantToIso } from '../model/instant.ts'
import { instantOfWall, zoneSegments } from '../model/zone.ts'

const us = (iso: string) => Date.parse(iso) * 1000
const alert = (more: Partial<Matched> = {}): Matched => ({
  rule: 'invoice-deadlines',
  class: 'business',
  severity: 'high',
  labels: { entity: 'DE01', supplier: 'S-9', owner: 'u17' },
  money: 84_200,
  ...more,
})
const rota = (more: object = {}) =>
  Rota.parse({
    id: 'nights',
    title: 'Nights',
    zone: 'Europe/Berlin',
    people: ['Ada', 'Bo', 'Cy'].map((name) => ({ name, channel: name.toLowerCase() })),
    starts_on: '2026-03-02',
    ...more,
  })

test('the first route that matches decides, and those that continue lead to several parties at once', () => {
  const { routes } = Routing.parse({
    routes: [
      { rules: ['invoice-deadlines'], severity_from: 'high', parties: ['payable', 'procurement'], continue: true },
      { money_from: 50_000, parties: ['finance', 'payable'], continue: true },
      { class: 'technical', parties: ['on-call'] },
      { where: { entity: ['FR01', 'DE01'] }, parties: ['germany'] },
      { parties: ['owners'] },
    ],
    parties: [],
  })
  assert.deepEqual(routesFor({ routes }, alert()), ['payable', 'procurement', 'finance', 'germany'])
  assert.deepEqual(routesFor({ routes }, alert({ severity: 'medium', money: 49_999 })), ['germany'])
  assert.deepEqual(routesFor({ routes }, alert({ rule: 'other', money: null, labels: {} })), ['owners'])
  assert.deepEqual(routesFor({ routes }, alert({ rule: 'other', class: 'technical', money: null })), ['on-call'])
  assert.deepEqual(routesFor({ routes: [] }, alert()), [])
})

test('a silence matches what fulfils all that it states', () => {
  const on = (matcher: object, more: Partial<Matched> = {}) => matches(Matcher.parse(matcher), alert(more))
  assert.ok(on({ rules: ['invoice-deadlines'] }))
  assert.ok(!on({ rules: ['other'] }))
  assert.ok(on({ class: 'business', where: { entity: ['DE01'], supplier: ['S-1', 'S-9'] } }))
  assert.ok(!on({ class: 'technical', where: { entity: ['DE01'] } }))
  assert.ok(!on({ where: { entity: ['DE01'], plant: ['P4'] } }), 'a value that the alert does not have')
  assert.ok(on({ severity_to: 'high' }))
  assert.ok(!on({ severity_to: 'medium' }), 'a graver one is told nevertheless')
})

test('people take turns, from the hand-over on, at the time on the wall', () => {
  const who = (at: string, more: object = {}) => onDuty(rota(more), us(at)).name
  assert.equal(who('2026-01-01T00:00:00Z'), 'Ada', 'before the first hand-over it is the first')
  assert.equal(who('2026-03-09T07:59:59Z'), 'Ada')
  assert.equal(who('2026-03-09T08:00:00Z'), 'Bo')
  assert.equal(who('2026-03-16T08:00:00Z'), 'Cy')
  assert.equal(who('2026-03-23T08:00:00Z'), 'Ada')
  // Summer time from the 29th: nine o'clock is an hour earlier.
  assert.equal(who('2026-03-30T06:59:59Z'), 'Ada')
  assert.equal(who('2026-03-30T07:00:00Z'), 'Bo')
})

test('a hand-over that the spring skips or the autumn repeats happens once', () => {
  const daily = { starts_on: '2026-03-27', every_days: 1, at: '02:30' }
  const who = (at: string, more: object) => onDuty(rota(more), us(at)).name
  // On the 29th there is no 02:30: the clock jumps from 02:00 to 03:00 at 01:00 UTC.
  assert.equal(who('2026-03-29T00:59:59Z', daily), 'Bo')
  assert.equal(who('2026-03-29T01:00:00Z', daily), 'Cy')
  const autumn = { ...daily, starts_on: '2026-10-24' }
  // On the 25th 02:30 comes twice, at 00:30 and at 01:30 UTC: the first hands over, and nobody hands back.
  assert.equal(who('2026-10-25T00:29:59Z', autumn), 'Ada')
  for (const at of ['2026-10-25T00:30:00Z', '2026-10-25T01:00:00Z', '2026-10-25T01:29:00Z', '2026-10-25T01:30:00Z'])
    assert.equal(who(at, autumn), 'Bo', at)
})

test('an override comes first, of two the later one in the list', () => {
  const override = (from: string, to: string, name: string) => ({ from, to, name, channel: 'swap' })
  const swapped = {
    overrides: [
      override('2026-03-03T00:00:00+01:00', '2026-03-05T00:00:00+01:00', 'Di'),
      override('2026-03-04T00:00:00+01:00', '2026-03-04T12:00:00+01:00', 'Ed'),
    ],
  }
  const who = (at: string) => onDuty(rota(swapped), us(at))
  assert.deepEqual(who('2026-03-02T22:59:59Z'), { name: 'Ada', channel: 'ada', override: false })
  assert.deepEqual(who('2026-03-02T23:00:00Z'), { name: 'Di', channel: 'swap', override: true })
  assert.equal(who('2026-03-04T01:00:00Z').name, 'Ed')
  assert.equal(who('2026-03-04T11:00:00Z').name, 'Di')
  assert.equal(who('2026-03-04T23:00:00Z').name, 'Ada')
})

test('in any zone, at any instant, on duty is whose hand-over was the last one', () => {
  const zones = [
    'Europe/Berlin',
    'America/New_York',
    'Australia/Lord_Howe',
    'Asia/Kolkata',
    'America/Santiago',
    'Pacific/Apia',
    'UTC',
  ]
  fc.assert(
    fc.property(
      fc.constantFrom(...zones),
      fc.integer({ min: 1, max: 15 }),
      fc.integer({ min: 0, max: 1439 }),
      fc.integer({ min: us('2026-01-02T00:00:00Z') / 60e6, max: us('2028-01-01T00:00:00Z') / 60e6 }),
      (zone, every_days, minute, atMinute) => {
        const at = atMinute * 60e6
        const time = `${String(Math.floor(minute / 60)).padStart(2, '0')}:${String(minute % 60).padStart(2, '0')}`
        const people = Array.from({ length: 50 }, (_, index) => ({ name: String(index), channel: 'x' }))
        const one = rota({ zone, every_days, at: time, people, starts_on: '2026-01-01' })
        const segments = zoneSegments(zone, us('2025-12-01T00:00:00Z'), us('2028-03-01T00:00:00Z'))
        let turns = 0
        for (let day = 0; day < 800; day += every_days)
          if (instantOfWall(segments, us('2026-01-01T00:00:00Z') + day * 86_400e6 + minute * 60e6) <= at) turns += 1
        assert.equal(onDuty(one, at).name, String(Math.max(0, turns - 1) % 50))
      },
    ),
    { numRuns: 400 },
  )
})

test('a party is told in its working time, and counts that alone, but for what does not wait', () => {
  const shift = [{ from: '09:00', to: '17:00' }]
  const calendar = Calendar.parse({
    name: 'office',
    zone: 'Europe/Berlin',
    week: { mon: shift, tue: shift, wed: shift, thu: shift, fri: shift },
  })
  const compiled = compile(calendar, us('2026-03-01T00:00:00Z'), us('2026-04-15T00:00:00Z'))
  const party = Party.parse({
    id: 'owners',
    title: 'Owners',
    calendar: 'office',
    steps: [0, 3600, 9 * 3600].map((after_s) => ({ after_s, to: [{ channel: 'mail' }] })),
  })
  const times = (severity: Matched['severity'], from: string, of = compiled as typeof compiled | null) =>
    plannedSteps(party, severity, us(from), of).steps.map(({ at }) => (at === null ? null : instantToIso(at)))
  // Friday evening before the clocks change: Monday at nine is 07:00 UTC.
  assert.deepEqual(times('high', '2026-03-27T18:00:00Z'), [
    '2026-03-30T07:00:00.000Z',
    '2026-03-30T08:00:00.000Z',
    '2026-03-31T08:00:00.000Z',
  ])
  const atOnce = ['2026-03-27T18:00:00.000Z', '2026-03-27T19:00:00.000Z', '2026-03-28T03:00:00.000Z']
  assert.deepEqual(times('critical', '2026-03-27T18:00:00Z'), atOnce)
  assert.deepEqual(times('high', '2026-03-27T18:00:00Z', null), atOnce)
})
