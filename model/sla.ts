import { z } from 'zod'
import type { Calendar } from './calendar.ts'
import { isCleanText } from './event.ts'
import { DIMENSIONS } from './vocabulary.ts'

const text = (max = 200) => z.string().min(1).max(max).refine(isCleanText, 'holds control characters or half a surrogate pair')
const list = z.array(text(512)).min(1).max(200)
const values = z
  .union([text(512), list])
  .transform((one) => (typeof one === 'string' ? [one] : one))
  .pipe(list)

/** Fields of an event that a condition may look at, beside its activity. */
export const SLA_FIELDS = [
  'step',
  'status',
  'code',
  'class',
  'category',
  'system',
  'actor_kind',
  'waits_kind',
  'exception_state',
  'policy_id',
  'policy_decision',
] as const

/** What an event must be: one of these activities (`*` is any), and one of the given values in each field. */
export const SlaCondition = z.strictObject({
  activity: values,
  where: z.partialRecord(z.enum(SLA_FIELDS), values).default({}),
})
export type SlaCondition = z.output<typeof SlaCondition>

const conditions = z.array(SlaCondition).max(50)

/** A pause: from an event to another, for a reason, at most so long. */
const Pause = z.strictObject({
  on: conditions.min(1),
  until: conditions.min(1),
  /** Whom the pause is charged to: `supplier`, `technical`, or any other word. */
  reason: text(60),
  /** Longest time that it holds the clock, seconds elapsed; after it the clock runs on. */
  cap_s: z.int().min(1).nullable().default(null),
})

const seconds = z
  .int()
  .min(1, 'is not above 0')
  .max(5 * 366 * 86_400)

/** How long there is: a duration of business or elapsed time, the end of a business day, or an instant that the document states. */
const Target = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('business'), seconds }),
  z.strictObject({ kind: z.literal('elapsed'), seconds }),
  /** The end of the n-th business day after the start. */
  z.strictObject({ kind: z.literal('end_of_business_day'), days: z.int().min(1).max(400) }),
  /** The deadline that events of the document state in `due_at`, or an attribute that holds an instant, moved by days. */
  z.strictObject({
    kind: z.literal('due'),
    attribute: text(200).nullable().default(null),
    offset_days: z.int().min(-400).max(400).default(0),
  }),
])

/** A service level: when its clock starts, stops, pauses and starts anew on which documents, and how long there is. */
export const SlaDefinition = z.strictObject({
  id: z.string().regex(/^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/u, 'is not a short name such as invoice-approval'),
  title: text(),
  description: z.string().max(2000).default(''),
  object_type: text(100),
  /** A clock for the whole document, or one for each of its exceptions. */
  per: z.enum(['document', 'exception']).default('document'),
  /** Values that the document's dimensions must have. */
  applies_to: z.partialRecord(z.enum(DIMENSIONS), values).default({}),
  start: conditions.min(1, 'a clock needs a start'),
  stop: conditions,
  /** Whether the first or the last of the events that stop it does. */
  stops_at: z.enum(['first', 'last']).default('first'),
  /** An attribute of the document that holds the instant at which it was done, instead of an event. */
  stop_attribute: text(200).nullable().default(null),
  pause: z.array(Pause).max(20).default([]),
  cancel: conditions.default([]),
  /** Starts a new clock, the next epoch. */
  reset: conditions.default([]),
  target: Target,
  /** Clocks that started before it stay with the version before; null replaces all versions before for the past, too. */
  effective_from: z
    .union([z.iso.date(), z.iso.datetime({ offset: true })], 'is neither a day nor an instant such as 2026-12-01T00:00:00Z')
    .nullable()
    .default(null),
  /** Name of the calendar; null for that of the document, its owner or the tenant. */
  calendar: text().nullable().default(null),
  /** Shares of the target's own time at which it is warned. */
  warn: z
    .array(z.number().min(0.01).max(1))
    .max(10)
    .default([0.5, 0.75, 0.9, 1])
    .refine((list) => list.every((one, at) => at === 0 || one > (list[at - 1] ?? 0)), 'does not rise'),
  /** Times over the deadline, the target's own, at which it escalates, seconds. */
  overdue_s: z
    .array(z.int().min(1))
    .max(10)
    .default([])
    .refine((list) => list.every((one, at) => at === 0 || one > (list[at - 1] ?? 0)), 'does not rise'),
  /** Share of clocks that should be met. */
  objective: z.number().min(0).max(1).nullable().default(null),
})
export type SlaDefinition = z.output<typeof SlaDefinition>

/** Why a definition is refused: a stable code and the reason. */
export type SlaProblem = {
  code:
    | 'sla_start_overlaps_pause'
    | 'sla_never_stops'
    | 'sla_pause_never_ends'
    | 'sla_contradiction'
    | 'sla_calendar_unknown'
    | 'sla_calendar_without_working_time'
  message: string
}

/**
 * What is wrong with a definition that its schema cannot tell.
 *
 * @param others the other definitions of the tenant that are in force
 * @param calendars the calendars of the tenant, by name
 */
export function lintSla(
  sla: SlaDefinition,
  others: readonly SlaDefinition[],
  calendars: ReadonlyMap<string, Calendar>,
): SlaProblem[] {
  const problems: SlaProblem[] = []
  const add = (code: SlaProblem['code'], message: string): void => {
    problems.push({ code, message })
  }
  for (const [number, pause] of sla.pause.entries()) {
    for (const on of pause.on) {
      for (const start of sla.start)
        if (canBoth(start, on))
          add(
            'sla_start_overlaps_pause',
            `Pause ${number + 1} (${pause.reason}) begins with the event that starts the clock: ${both(start, on)}.`,
          )
      for (const stop of sla.stop)
        if (canBoth(stop, on))
          add(
            'sla_contradiction',
            `Pause ${number + 1} (${pause.reason}) begins with the event that stops the clock: ${both(stop, on)}.`,
          )
      for (const until of pause.until)
        if (canBoth(until, on))
          add('sla_pause_never_ends', `Pause ${number + 1} (${pause.reason}) begins and ends with one event: ${both(until, on)}.`)
    }
  }
  if (sla.stop.length === 0 && sla.stop_attribute === null)
    add('sla_never_stops', 'The clock has neither a stop nor an attribute that says when it was done: it would breach always.')
  for (const start of sla.start)
    for (const stop of sla.stop)
      if (canBoth(start, stop) && sla.stops_at === 'first')
        add('sla_never_stops', `One event starts and stops the clock: ${both(start, stop)}.`)
  for (const cancel of sla.cancel)
    for (const stop of sla.stop)
      if (covers(cancel, stop)) add('sla_contradiction', `What stops the clock cancels it: ${both(cancel, stop)}.`)
  for (const other of others)
    if (other.id !== sla.id && sameClock(sla, other) && !sameTarget(sla, other))
      add('sla_contradiction', `"${other.id}" has the same clock on the same documents and another target.`)
  const problem = calendarProblemOf(sla, calendars)
  if (problem !== null) add(problem.code, problem.message)
  return problems
}

/** Whether one event can be both. */
function canBoth(one: SlaCondition, other: SlaCondition): boolean {
  if (both(one, other) === '') return false
  return SLA_FIELDS.every((field) => {
    const [wanted, also] = [one.where[field], other.where[field]]
    return wanted === undefined || also === undefined || wanted.some((value) => also.includes(value))
  })
}

/** Whether every event that is `narrow` is `wide`, too. */
function covers(wide: SlaCondition, narrow: SlaCondition): boolean {
  return (
    (wide.activity.includes('*') || narrow.activity.every((activity) => wide.activity.includes(activity))) &&
    SLA_FIELDS.every((field) => {
      const wanted = wide.where[field]
      const given = narrow.where[field]
      return wanted === undefined || (given !== undefined && given.every((value) => wanted.includes(value)))
    })
  )
}

function both(one: SlaCondition, other: SlaCondition): string {
  if (one.activity.includes('*')) return other.activity.join(', ')
  if (other.activity.includes('*')) return one.activity.join(', ')
  return one.activity.filter((activity) => other.activity.includes(activity)).join(', ')
}

/** Whether two definitions run the same clock on documents that both apply to. */
function sameClock(one: SlaDefinition, other: SlaDefinition): boolean {
  const clock = ({ object_type, per, start, stop, stop_attribute }: SlaDefinition) =>
    JSON.stringify([object_type, per, start, stop, stop_attribute])
  return clock(one) === clock(other) && applyTogether(one, other)
}

/** Whether one document can have the dimensions that both ask for. */
function applyTogether(one: SlaDefinition, other: SlaDefinition): boolean {
  return DIMENSIONS.every((name) => {
    const [wanted, also] = [one.applies_to[name], other.applies_to[name]]
    return wanted === undefined || also === undefined || wanted.some((value) => also.includes(value))
  })
}

function sameTarget(one: SlaDefinition, other: SlaDefinition): boolean {
  return JSON.stringify([one.target, one.calendar]) === JSON.stringify([other.target, other.calendar])
}

function calendarProblemOf(sla: SlaDefinition, calendars: ReadonlyMap<string, Calendar>): SlaProblem | null {
  if (sla.calendar === null || sla.calendar === '24x7') return null
  const calendar = calendars.get(sla.calendar)
  if (calendar === undefined)
    return { code: 'sla_calendar_unknown', message: `There is no calendar "${sla.calendar}" among the reference data.` }
  const works = calendar.week === '24x7' || Object.values(calendar.week).some((shifts) => shifts.length > 0)
  return works
    ? null
    : { code: 'sla_calendar_without_working_time', message: `The calendar "${sla.calendar}" has no working time.` }
}
