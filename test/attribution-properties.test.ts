import assert from 'node:assert/strict'
import test from 'node:test'
import fc from 'fast-check'
import { Calendar, compile } from '../model/calendar.ts'
import { attribute, type DelayContext, type DocumentDelay } from '../model/delays/attribution.ts'
import { instantToIso } from '../model/instant.ts'
import { timelinesOf } from './support/timelines.ts'

const MINUTE = 60_000_000
const START = Date.UTC(2026, 2, 2, 6) * 1000
const HORIZON = 24 * 60
const NOW = START + HORIZON * MINUTE
const day = [{ from: '09:00', to: '17:00' }]
const OFFICE = compile(Calendar.parse({ name: 'office', zone: 'UTC', week: { mon: day, tue: day } }), START, NOW)
const CONTEXT: DelayContext = { calendarOf: () => OFFICE, rootSystem: () => '', windows: [] }

/** What is planned to hold a document up, in minutes from the start; `to` null: nothing ends it. */
type Plan = { kind: 'person' | 'supplier' | 'technical' | 'business' | 'caused' | 'touch'; from: number; to: number | null }

const plan: fc.Arbitrary<Plan> = fc
  .record({
    kind: fc.constantFrom<Plan['kind']>('person', 'supplier', 'technical', 'business', 'caused', 'touch'),
    from: fc.integer({ min: 1, max: 700 }),
    length: fc.integer({ min: 1, max: 400 }),
    open: fc.integer({ min: 0, max: 5 }),
  })
  .map(({ kind, from, length, open }) => ({ kind, from, to: open === 0 && kind !== 'touch' ? null : from + length }))
const life = fc.record({ plans: fc.array(plan, { maxLength: 7 }), end: fc.option(fc.integer({ min: 1100, max: 1300 })) })
type Life = { plans: Plan[]; end: number | null }

const time = (minute: number): string => instantToIso(START + minute * MINUTE)

/** The events that tell of a life. */
function eventsOf({ plans, end }: Life, id = 'R1'): unknown[] {
  const events: { type: string; time: string; data: Record<string, unknown> }[] = []
  const objects = [{ type: 'requisition', id }]
  const put = (minute: number, type: string, data: Record<string, unknown>): void => {
    events.push({ type, time: time(minute), data: { objects, ...data } })
  }
  put(0, 'requisition.submitted', { actor: { id: 'ann' } })
  for (const [number, { kind, from, to }] of plans.entries()) {
    const step = `step-${number}`
    const operation = { id: `${id}-${step}`, attempt: 1 }
    const approval = { step, objects: [...objects, { type: 'approval', id: `${id}-${step}` }] }
    const exception = (state: string) => ({ id: `${id}-${step}`, state, caused_by: kind === 'caused' ? 'INC-1' : null })
    if (kind === 'person') {
      put(from, 'approval.requested', { ...approval, waits_on: { kind: 'person', id: 'bob', step } })
      if (to !== null) put(to, 'approval.decided', approval)
    } else if (kind === 'supplier') {
      put(from, 'sent_to_supplier', { step, waits_on: { kind: 'supplier', id: 'S-1', step } })
      if (to !== null) put(to, 'supplier_answered', { step })
    } else if (kind === 'technical') {
      put(from, 'operation.failed', { step, system: 'sap', operation, outcome: { status: 'failed', code: 'HTTP 503' } })
      if (to !== null) put(to, 'operation.succeeded', { step, system: 'sap', operation, outcome: { status: 'ok' } })
    } else if (kind === 'touch') {
      put(from, 'review', { step, lifecycle: 'started', actor: { id: 'bob' } })
      if (to !== null) put(to, 'review', { step, lifecycle: 'completed', actor: { id: 'bob' } })
    } else {
      const code = kind === 'caused' ? 'RECEIPT_MISSING' : 'PRICE_VARIANCE'
      put(from, 'exception.raised', { step, outcome: { status: 'rejected', code }, exception: exception('raised') })
      if (to !== null) put(to, 'exception.resolved', { step, exception: exception('resolved') })
    }
  }
  if (end !== null) put(end, 'requisition.converted', { actor: { id: 'ann' } })
  return [
    ...events.map((event, seq) => ({
      ...event,
      specversion: '1.0',
      id: `${id}-${seq}`,
      source: '/property',
      data: { ...event.data, seq },
    })),
    {
      specversion: '1.0',
      id: 'incident',
      source: '/property',
      type: 'exception.raised',
      time: time(0),
      data: {
        seq: 0,
        objects: [{ type: 'connector', id: 'wms' }],
        outcome: { status: 'timeout', code: 'SOURCE_SILENT' },
        exception: { id: 'INC-1', state: 'raised' },
      },
    },
  ]
}

const delayOf = (events: unknown[], id = 'R1'): DocumentDelay => {
  const timeline = timelinesOf('t', events, NOW).get(`requisition/${id}`)
  assert.ok(timeline)
  const delay = attribute(timeline, CONTEXT, NOW)
  assert.ok(delay)
  return delay
}

const CAUSE = {
  person: 'person',
  supplier: 'supplier',
  technical: 'technical',
  business: 'business_exception',
  caused: 'technical',
} as const
const PRECEDENCE = ['technical', 'business_exception', 'supplier', 'person']

/** Charges minute by minute from what was planned: of the blockers open in it the one released last, of several the first by precedence. */
function sweep({ plans, end }: Life): { charged: Record<string, number>; shared: Record<string, number>; minutes: number } {
  const last = end ?? HORIZON
  const charged: Record<string, number> = {}
  const shared: Record<string, number> = {}
  const add = (to: Record<string, number>, name: string): void => {
    to[name] = (to[name] ?? 0) + 1
  }
  for (let minute = 0; minute < last; minute++) {
    const here = plans.filter((one) => one.from <= minute && (one.to ?? last) > minute)
    const blocking = here
      .flatMap((one) =>
        one.kind === 'touch' ? [] : [{ cause: CAUSE[one.kind], release: one.to ?? (end === null ? Infinity : last) }],
      )
      .toSorted(
        (a, b) =>
          (a.release === b.release ? 0 : a.release > b.release ? -1 : 1) ||
          PRECEDENCE.indexOf(a.cause) - PRECEDENCE.indexOf(b.cause),
      )
    const binding = blocking[0]
    const touched = here.some((one) => one.kind === 'touch')
    if (touched && (binding === undefined || binding.cause === 'person')) add(charged, 'touch')
    else add(charged, binding?.cause ?? 'queue')
    if (binding === undefined || (touched && binding.cause === 'person')) continue
    for (const cause of new Set(blocking.map((one) => one.cause))) if (cause !== binding.cause) add(shared, cause)
  }
  return { charged, shared, minutes: last }
}

function minutesOf(delay: DocumentDelay): { charged: Record<string, number>; shared: Record<string, number>; minutes: number } {
  const charged: Record<string, number> = {}
  for (const { cause, from, to } of delay.segments) charged[cause] = (charged[cause] ?? 0) + (to - from) / MINUTE
  return {
    charged,
    shared: Object.fromEntries([...delay.shared_us].map(([cause, us]) => [cause, us / MINUTE])),
    minutes: (delay.to - delay.from) / MINUTE,
  }
}

test('each minute is charged to the blocker that is released last, as a sweep of the plan by the minute says', () => {
  fc.assert(
    fc.property(life, (one) => {
      assert.deepEqual(minutesOf(delayOf(eventsOf(one))), sweep(one))
    }),
    { numRuns: 400 },
  )
})

test('the causes add up to the elapsed time to the microsecond, and the segments leave no gap', () => {
  fc.assert(
    fc.property(life, fc.integer({ min: 0, max: 59_999_999 }), (one, jitter) => {
      const events = eventsOf(one).map((event, index) => {
        const told = event as { time: string }
        return { ...told, time: instantToIso(Date.parse(told.time) * 1000 + ((jitter * (index + 1)) % MINUTE)) }
      })
      const delay = delayOf(events)
      let at = delay.from
      for (const segment of delay.segments) {
        assert.equal(segment.from, at)
        assert.ok(segment.to > segment.from && segment.working_us >= 0 && segment.off_us >= 0)
        assert.equal(segment.working_us + segment.off_us, segment.to - segment.from)
        at = segment.to
      }
      assert.equal(at, delay.to)
      for (const shared of delay.shared) assert.ok(shared.us > 0 && shared.us <= shared.to - shared.from)
    }),
    { numRuns: 200 },
  )
})

test('the order of delivery changes nothing', () => {
  fc.assert(
    fc.property(
      life.chain((one) => fc.tuple(fc.constant(one), fc.shuffledSubarray(eventsOf(one), { minLength: eventsOf(one).length }))),
      ([one, shuffled]) => {
        assert.deepEqual(delayOf(shuffled), delayOf(eventsOf(one)))
      },
    ),
    { numRuns: 100 },
  )
})

test('what happens to another document changes nothing', () => {
  fc.assert(
    fc.property(life, life, (one, other) => {
      assert.deepEqual(delayOf([...eventsOf(one), ...eventsOf(other, 'R2')]), delayOf(eventsOf(one)))
    }),
    { numRuns: 100 },
  )
})
