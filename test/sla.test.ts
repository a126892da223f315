import assert from 'node:assert/strict'
import test from 'node:test'
import fc from 'fast-check'
import { Calendar, compile, businessTime } from '../model/calendar.ts'
import { instantFromIso, instantToIso } from '../model/instant.ts'
import { lintSla, SlaDefinition } from '../model/sla.ts'
import type { DelaySegment } from '../model/delays/attribution.ts'
import type { Cause } from '../model/delays/charging.ts'
import { breachBecause } from '../model/sla-breach.ts'
import { type Clock, clocksOf, ownTime, stateAt } from '../model/sla-clock.ts'
import { SLA_PACK } from '../model/sla-pack.ts'
import type { Timeline, TimelineEvent } from '../model/timeline.ts'

const nine = [{ from: '09:00', to: '17:00' }]
const OFFICE = Calendar.parse({
  name: 'office',
  zone: 'Europe/Berlin',
  week: { mon: nine, tue: nine, wed: nine, thu: nine, fri: nine },
})
const CALENDAR = compile(OFFICE, at('2025-01-01T00:00:00Z'), at('2028-01-01T00:00:00Z'))

function at(text: string): number {
  const instant = instantFromIso(text)
  assert.ok(instant !== null, text)
  return instant
}

const BLANK: Omit<TimelineEvent, 'event_id' | 'occurred_at' | 'seq' | 'activity'> = {
  received_at: 0,
  step: '',
  lifecycle: '',
  system: '',
  system_class: '',
  actor_id: '',
  actor_kind: '',
  waits_kind: '',
  waits_id: '',
  waits_step: '',
  status: '',
  code: '',
  class: '',
  category: '',
  exception_id: '',
  exception_state: '',
  exception_caused_by: '',
  operation_id: '',
  attempt: 0,
  policy_id: '',
  policy_version: '',
  policy_decision: '',
  amount: null,
  currency: '',
  due_at: null,
  completes_id: null,
  workflow_run: '',
  approvals: [],
  dimensions: {},
}

/** A timeline of `[instant, activity, more]`, in the order given. */
function timeline(
  events: [string | number, string, Partial<TimelineEvent>?][],
  attributes: Record<string, string> = {},
): Timeline {
  return {
    document: { type: 'invoice', id: 'I1' },
    events: events.map(([when, activity, more = {}], seq) => ({
      ...BLANK,
      event_id: `e${seq}`,
      occurred_at: typeof when === 'number' ? when : at(when),
      seq,
      activity,
      ...more,
    })),
    calls: [],
    attributes,
  }
}

const SEGMENT: DelaySegment = {
  from: 0,
  to: 0,
  cause: 'queue',
  working_us: 0,
  off_us: 0,
  stage: '',
  step: '',
  party: 'system',
  holder: '',
  system: '',
  caused_by: '',
}

const sla = (more: object) =>
  SlaDefinition.parse({
    id: 'test',
    title: 'Test',
    object_type: 'invoice',
    start: [{ activity: 'start' }],
    stop: [{ activity: 'stop' }],
    target: { kind: 'business', seconds: 8 * 3600 },
    ...more,
  })

const told = (clock: Clock) => ({
  state: clock.state,
  epoch: clock.epoch,
  ended: clock.ended_at === null ? null : instantToIso(clock.ended_at),
  deadline: clock.deadline_at === null ? null : instantToIso(clock.deadline_at),
})

// Berlin is an hour ahead of UTC in winter: 09:00 to 17:00 is 08:00 to 16:00 UTC. 2026-03-02 is a Monday.
const CASES: {
  name: string
  sla: SlaDefinition
  events: [string, string, Partial<TimelineEvent>?][]
  attributes?: Record<string, string>
  clocks: object[]
}[] = [
  {
    name: 'a business day from Friday noon ends on Monday noon',
    sla: sla({}),
    events: [['2026-03-06T11:00:00Z', 'start']],
    clocks: [{ state: 'running', epoch: 1, ended: null, deadline: '2026-03-09T11:00:00.000Z' }],
  },
  {
    name: 'stopped at the very deadline is met',
    sla: sla({}),
    events: [
      ['2026-03-02T08:00:00Z', 'start'],
      ['2026-03-02T16:00:00Z', 'stop'],
    ],
    clocks: [{ state: 'met', epoch: 1, ended: '2026-03-02T16:00:00.000Z', deadline: '2026-03-02T16:00:00.000Z' }],
  },
  {
    name: 'a microsecond later is breached at the deadline',
    sla: sla({}),
    events: [
      ['2026-03-02T08:00:00Z', 'start'],
      ['2026-03-02T16:00:00.000001Z', 'stop'],
    ],
    clocks: [{ state: 'breached', epoch: 1, ended: '2026-03-02T16:00:00.000001Z', deadline: '2026-03-02T16:00:00.000Z' }],
  },
  {
    name: 'a pause moves the deadline by its business time',
    sla: sla({ pause: [{ on: [{ activity: 'ask' }], until: [{ activity: 'answer' }], reason: 'supplier' }] }),
    events: [
      ['2026-03-02T08:00:00Z', 'start'],
      ['2026-03-02T10:00:00Z', 'ask'],
      ['2026-03-03T10:00:00Z', 'answer'],
    ],
    clocks: [{ state: 'running', epoch: 1, ended: null, deadline: '2026-03-03T16:00:00.000Z' }],
  },
  {
    name: 'an open pause holds the clock: no deadline is known',
    sla: sla({ pause: [{ on: [{ activity: 'ask' }], until: [{ activity: 'answer' }], reason: 'supplier' }] }),
    events: [
      ['2026-03-02T08:00:00Z', 'start'],
      ['2026-03-02T10:00:00Z', 'ask'],
    ],
    clocks: [{ state: 'paused', epoch: 1, ended: null, deadline: null }],
  },
  {
    name: 'a capped pause lets the clock run on after its cap',
    sla: sla({ pause: [{ on: [{ activity: 'ask' }], until: [{ activity: 'answer' }], reason: 'supplier', cap_s: 3600 }] }),
    events: [
      ['2026-03-02T08:00:00Z', 'start'],
      ['2026-03-02T10:00:00Z', 'ask'],
    ],
    clocks: [{ state: 'running', epoch: 1, ended: null, deadline: '2026-03-03T09:00:00.000Z' }],
  },
  {
    name: 'two pauses that overlap hold it once',
    sla: sla({
      target: { kind: 'elapsed', seconds: 4 * 3600 },
      pause: [
        { on: [{ activity: 'ask' }], until: [{ activity: 'answer' }], reason: 'supplier' },
        { on: [{ activity: 'down' }], until: [{ activity: 'up' }], reason: 'technical' },
      ],
    }),
    events: [
      ['2026-03-02T00:00:00Z', 'start'],
      ['2026-03-02T01:00:00Z', 'ask'],
      ['2026-03-02T02:00:00Z', 'down'],
      ['2026-03-02T03:00:00Z', 'answer'],
      ['2026-03-02T05:00:00Z', 'up'],
    ],
    clocks: [{ state: 'running', epoch: 1, ended: null, deadline: '2026-03-02T08:00:00.000Z' }],
  },
  {
    name: 'what is cancelled is neither met nor breached; cancel goes before stop',
    sla: sla({ cancel: [{ activity: 'stop', where: { status: 'rejected' } }] }),
    events: [
      ['2026-03-02T08:00:00Z', 'start'],
      ['2026-03-02T09:00:00Z', 'stop', { status: 'rejected' }],
    ],
    clocks: [{ state: 'cancelled', epoch: 1, ended: '2026-03-02T09:00:00.000Z', deadline: '2026-03-02T16:00:00.000Z' }],
  },
  {
    name: 'a reset starts the next epoch, and a stop before any start is nothing',
    sla: sla({ reset: [{ activity: 'again' }] }),
    events: [
      ['2026-03-01T08:00:00Z', 'stop'],
      ['2026-03-02T08:00:00Z', 'start'],
      ['2026-03-03T08:00:00Z', 'again'],
      ['2026-03-03T09:00:00Z', 'stop'],
      ['2026-03-04T09:00:00Z', 'start'],
      ['2026-03-05T08:00:00Z', 'again'],
    ],
    clocks: [
      { state: 'cancelled', epoch: 1, ended: '2026-03-03T08:00:00.000Z', deadline: '2026-03-02T16:00:00.000Z' },
      { state: 'met', epoch: 2, ended: '2026-03-03T09:00:00.000Z', deadline: '2026-03-03T16:00:00.000Z' },
      { state: 'running', epoch: 3, ended: null, deadline: '2026-03-05T16:00:00.000Z' },
    ],
  },
  {
    name: 'by the end of the next business day, over a weekend',
    sla: sla({ target: { kind: 'end_of_business_day', days: 1 } }),
    events: [['2026-03-06T11:00:00Z', 'start']],
    clocks: [{ state: 'running', epoch: 1, ended: null, deadline: '2026-03-09T16:00:00.000Z' }],
  },
  {
    name: 'five days before it is due, by the due date that was stated last',
    sla: sla({ target: { kind: 'due', offset_days: -5 } }),
    events: [
      ['2026-03-02T11:00:00Z', 'start', { due_at: at('2026-04-01T00:00:00Z') }],
      ['2026-03-03T11:00:00Z', 'changed', { due_at: at('2026-04-11T00:00:00Z') }],
    ],
    clocks: [{ state: 'running', epoch: 1, ended: null, deadline: '2026-04-06T00:00:00.000Z' }],
  },
  {
    name: 'an attribute is the deadline, another says when it was done',
    sla: sla({ stop: [], stop_attribute: 'done', target: { kind: 'due', attribute: 'until' } }),
    events: [['2026-03-02T11:00:00Z', 'start']],
    attributes: { until: '2026-03-10', done: '2026-03-11T08:00:00+01:00' },
    clocks: [{ state: 'breached', epoch: 1, ended: '2026-03-11T07:00:00.000Z', deadline: '2026-03-10T00:00:00.000Z' }],
  },
  {
    name: 'the last of the events stops it where the last one does',
    sla: sla({ stop: [{ activity: '*' }], stops_at: 'last' }),
    events: [
      ['2026-03-02T08:00:00Z', 'start'],
      ['2026-03-02T12:00:00Z', 'stop'],
      ['2026-03-03T12:00:00Z', 'other'],
    ],
    clocks: [{ state: 'breached', epoch: 1, ended: '2026-03-03T12:00:00.000Z', deadline: '2026-03-02T16:00:00.000Z' }],
  },
  {
    name: 'each exception has a clock of its own',
    sla: sla({ per: 'exception' }),
    events: [
      ['2026-03-02T08:00:00Z', 'start', { exception_id: 'A' }],
      ['2026-03-02T09:00:00Z', 'start', { exception_id: 'B' }],
      ['2026-03-02T10:00:00Z', 'stop', { exception_id: 'A' }],
    ],
    clocks: [
      { state: 'met', epoch: 1, ended: '2026-03-02T10:00:00.000Z', deadline: '2026-03-02T16:00:00.000Z' },
      { state: 'running', epoch: 1, ended: null, deadline: '2026-03-03T09:00:00.000Z' },
    ],
  },
  {
    name: 'over the night in which the clocks change a business day is a business day',
    sla: sla({}),
    events: [['2026-03-27T14:00:00Z', 'start']],
    clocks: [{ state: 'running', epoch: 1, ended: null, deadline: '2026-03-30T13:00:00.000Z' }],
  },
  {
    name: 'a document that it does not apply to has no clock',
    sla: sla({ applies_to: { entity: ['DE01'] } }),
    events: [['2026-03-02T08:00:00Z', 'start', { dimensions: { entity: 'PL02' } }]],
    clocks: [],
  },
]

for (const one of CASES)
  test(one.name, () => {
    assert.deepEqual(clocksOf(one.sla, timeline(one.events, one.attributes), CALENDAR).map(told), one.clocks)
  })

test('warnings fall at shares of the target’s own time, and an open clock past its deadline is breached', () => {
  const [clock] = clocksOf(sla({ warn: [0.5, 1] }), timeline([['2026-03-06T11:00:00Z', 'start']]), CALENDAR)
  assert.ok(clock !== undefined)
  assert.deepEqual(
    clock.warnings.map((instant) => (instant === null ? null : instantToIso(instant))),
    ['2026-03-06T15:00:00.000Z', '2026-03-09T11:00:00.000Z'],
  )
  assert.equal(stateAt(clock, at('2026-03-09T10:59:59Z')), 'running')
  assert.equal(stateAt(clock, at('2026-03-09T11:00:00Z')), 'breached')
})

const isos = (list: readonly (number | null)[] = []) => list.map((instant) => (instant === null ? null : instantToIso(instant)))

test('warnings of a deadline that is an instant fall at shares of the working time until it', () => {
  // Friday 11:00 to Monday 16:00 UTC: five hours and eight.
  const [clock] = clocksOf(
    sla({ target: { kind: 'end_of_business_day', days: 1 }, warn: [0.5, 1], overdue_s: [3600, 9 * 3600] }),
    timeline([['2026-03-06T11:00:00Z', 'start']]),
    CALENDAR,
  )
  assert.equal(clock?.target_us, 13 * 3600e6)
  assert.deepEqual(isos(clock?.warnings), ['2026-03-09T09:30:00.000Z', '2026-03-09T16:00:00.000Z'])
  assert.deepEqual(isos(clock?.escalations), ['2026-03-10T09:00:00.000Z', '2026-03-11T09:00:00.000Z'])
})

test('a due date on a Sunday is the last warning though work ends on Friday', () => {
  const [clock] = clocksOf(
    sla({ target: { kind: 'due' }, warn: [0.5, 1] }),
    timeline([['2026-03-05T08:00:00Z', 'start', { due_at: at('2026-03-08T12:00:00Z') }]]),
    CALENDAR,
  )
  assert.deepEqual(isos(clock?.warnings), ['2026-03-05T16:00:00.000Z', '2026-03-08T12:00:00.000Z'])
})

test('a clock escalates by its own time, which a pause holds', () => {
  const [clock] = clocksOf(
    sla({
      overdue_s: [2 * 3600],
      pause: [{ on: [{ activity: 'ask' }], until: [{ activity: 'answer' }], reason: 'supplier' }],
    }),
    timeline([
      ['2026-03-02T08:00:00Z', 'start'],
      ['2026-03-03T09:00:00Z', 'ask'],
      ['2026-03-04T09:00:00Z', 'answer'],
    ]),
    CALENDAR,
  )
  assert.deepEqual(isos([clock?.deadline_at ?? null]), ['2026-03-02T16:00:00.000Z'])
  assert.deepEqual(isos(clock?.escalations), ['2026-03-04T10:00:00.000Z'])
})

test('dates far outside of the calendars break nothing', () => {
  const events: [string, string, Partial<TimelineEvent>][] = [
    ['1991-03-02T08:00:00Z', 'start', { due_at: at('2090-01-01T00:00:00Z') }],
  ]
  for (const target of [{ kind: 'due' }, { kind: 'business', seconds: 60 }, { kind: 'end_of_business_day', days: 1 }])
    assert.equal(clocksOf(sla({ target, overdue_s: [60] }), timeline(events), CALENDAR).length, 1)
})

test('a breach is due to the causes without whose time in the clock it would have been met', () => {
  const hour = (text: string) => at(`2026-03-02T${text}:00Z`)
  const segment = (from: string, to: string, cause: Cause, system = '') => ({
    ...SEGMENT,
    from: hour(from),
    to: hour(to),
    cause,
    system,
  })
  const definition = sla({
    target: { kind: 'business', seconds: 4 * 3600 },
    pause: [{ on: [{ activity: 'ask' }], until: [{ activity: 'answer' }], reason: 'supplier' }],
  })
  const [clock] = clocksOf(
    definition,
    timeline([
      ['2026-03-02T08:00:00Z', 'start'],
      ['2026-03-02T09:00:00Z', 'ask'],
      ['2026-03-02T11:00:00Z', 'answer'],
      ['2026-03-02T15:00:00Z', 'stop'],
    ]),
    CALENDAR,
  )
  assert.ok(clock?.state === 'breached')
  // An hour over. The supplier's two hours were held; the outage took an hour and a half of the clock, the approver a half.
  const segments = [
    segment('06:00', '08:00', 'technical', 'erp'),
    segment('08:00', '11:00', 'supplier'),
    segment('11:00', '12:30', 'technical', 'tax'),
    segment('12:30', '13:00', 'person'),
    segment('13:00', '15:00', 'queue'),
  ]
  const because = breachBecause(clock, segments, ownTime(definition, CALENDAR))
  assert.deepEqual(because, { causes: [['queue'], ['technical'], ['supplier']], systems: [['tax']] })
})

test('the deadline agrees with a walk over every minute, whatever pauses it', () => {
  const start = at('2026-03-02T00:00:00Z')
  const minutes = fc.integer({ min: 0, max: 14 * 1440 })
  fc.assert(
    fc.property(
      minutes,
      fc.array(fc.tuple(minutes, fc.integer({ min: 1, max: 3000 })), { maxLength: 6 }),
      fc.integer({ min: 1, max: 40 }),
      (begin, pauses, hours) => {
        const spans: { from: number; to: number }[] = []
        let free = begin + 1
        for (const [gap, length] of pauses) {
          const from = free + (gap % 2000)
          spans.push({ from, to: from + length })
          free = from + length + 1
        }
        const when = (minute: number) => start + minute * 60e6
        const events: [number, string][] = [[when(begin), 'start']]
        for (const { from, to } of spans) events.push([when(from), 'ask'], [when(to), 'answer'])
        const definition = sla({
          target: { kind: 'business', seconds: hours * 3600 },
          pause: [{ on: [{ activity: 'ask' }], until: [{ activity: 'answer' }], reason: 'supplier' }],
        })
        const [clock] = clocksOf(definition, timeline(events), CALENDAR)
        let left = hours * 60
        let minute = begin
        for (; left > 0; minute++) {
          const isHeld = spans.some(({ from, to }) => minute >= from && minute < to)
          if (!isHeld && businessTime(CALENDAR, when(minute), when(minute + 1)) > 0) left--
        }
        assert.equal(clock?.deadline_at, when(minute))
        assert.equal(
          clock?.used_us,
          businessTime(CALENDAR, when(begin), when(spans.at(-1)?.to ?? begin)) -
            spans.reduce((sum, { from, to }) => sum + businessTime(CALENDAR, when(from), when(to)), 0),
        )
      },
    ),
    { numRuns: 300 },
  )
})

test('a pause more never brings the deadline nearer, whatever its cap', () => {
  const start = at('2026-03-02T08:00:00Z')
  const minute = fc.integer({ min: 1, max: 10 * 1440 })
  fc.assert(
    fc.property(
      fc.array(fc.tuple(minute, minute), { maxLength: 5 }),
      fc.option(fc.integer({ min: 60, max: 200_000 })),
      fc.constantFrom('business', 'elapsed'),
      (waits, cap_s, kind) => {
        const definition = sla({
          target: { kind, seconds: 20 * 3600 },
          pause: [{ on: [{ activity: 'ask' }], until: [{ activity: 'answer' }], reason: 'supplier', cap_s }],
        })
        const events: [number, string][] = [[start, 'start']]
        let [free, before] = [start, 0]
        for (const [gap, length] of waits) {
          events.push([free + gap * 60e6, 'ask'], [free + (gap + length) * 60e6, 'answer'])
          free += (gap + length) * 60e6
          const deadline = clocksOf(definition, timeline(events), CALENDAR)[0]?.deadline_at ?? 0
          assert.ok(deadline >= before, `${instantToIso(deadline)} is before ${instantToIso(before)}`)
          before = deadline
        }
      },
    ),
    { numRuns: 300 },
  )
})

test('contradictions are refused with the reason', () => {
  const office = new Map([['office', OFFICE]])
  const codes = (more: object, others: SlaDefinition[] = []) => lintSla(sla(more), others, office).map(({ code }) => code)
  assert.deepEqual(codes({}), [])
  assert.deepEqual(codes({ calendar: 'office' }), [])
  assert.deepEqual(codes({ calendar: 'moon' }), ['sla_calendar_unknown'])
  assert.deepEqual(codes({ stop: [] }), ['sla_never_stops'])
  assert.deepEqual(codes({ stop: [{ activity: 'start' }] }), ['sla_never_stops'])
  assert.deepEqual(codes({ pause: [{ on: [{ activity: 'start' }], until: [{ activity: 'x' }], reason: 'r' }] }), [
    'sla_start_overlaps_pause',
  ])
  assert.deepEqual(codes({ pause: [{ on: [{ activity: 'x' }], until: [{ activity: 'x' }], reason: 'r' }] }), [
    'sla_pause_never_ends',
  ])
  assert.deepEqual(codes({ pause: [{ on: [{ activity: 'stop' }], until: [{ activity: 'x' }], reason: 'r' }] }), [
    'sla_contradiction',
  ])
  assert.deepEqual(codes({ cancel: [{ activity: 'stop' }] }), ['sla_contradiction'])
  assert.deepEqual(
    codes({
      start: [{ activity: 'start', where: { status: 'ok' } }],
      stop: [{ activity: 'start', where: { status: 'failed' } }],
    }),
    [],
  )
  assert.deepEqual(codes({ id: 'other', target: { kind: 'business', seconds: 60 } }, [sla({})]), ['sla_contradiction'])
  const german = { id: 'other', applies_to: { entity: ['DE01', 'DE02'] }, target: { kind: 'elapsed', seconds: 60 } }
  assert.deepEqual(codes(german, [sla({})]), ['sla_contradiction'], 'another kind of target, on some of the documents')
  assert.deepEqual(codes(german, [sla({ applies_to: { entity: ['DE02', 'PL02'] } })]), ['sla_contradiction'])
  assert.deepEqual(codes(german, [sla({ applies_to: { entity: 'PL02' } })]), [], 'no document has both')
  assert.deepEqual(codes(german, [sla({ stop: [{ activity: 'paid' }] })]), [], 'another clock')
  for (const bad of [
    { target: { kind: 'business', seconds: 0 } },
    { warn: [0.9, 0.5] },
    { start: [] },
    { target: { kind: 'end_of_business_day', days: 0 } },
    { id: 'Not A Name' },
    { applies_to: { colour: ['red'] } },
  ])
    assert.throws(() => sla(bad), JSON.stringify(bad))
})

test('the service levels that ship have nothing wrong with them', () => {
  for (const one of SLA_PACK) assert.deepEqual(lintSla(one, SLA_PACK, new Map()), [], one.id)
  assert.equal(new Set(SLA_PACK.map(({ id }) => id)).size, SLA_PACK.length)
})
