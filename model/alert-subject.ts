import { z } from 'zod'
import { type AlertRule, type ClockStep, SEVERITIES, Severity } from './alert-rule.ts'
import type { Activity } from './alert-step.ts'
import type { Instant } from './instant.ts'
import type { SlaDefinition } from './sla.ts'
import { DIMENSIONS } from './vocabulary.ts'

const instant = z.number().nullable()

/** Something that begins and ends by itself: a clock, a violation, an incident, or a document that an incident blocks. */
export const Subject = z.object({
  kind: z.enum(['clock', 'violation', 'incident', 'block']),
  key: z.string(),
  version: z.number(),
  /** Watermark of the look that took it in first. */
  known_at: z.number().default(0),
  absent: z.boolean(),
  document: z.object({ type: z.string(), id: z.string() }),
  /** Service level, control, system of the incident, or id of the incident that blocks. */
  name: z.string(),
  name_version: z.number(),
  state: z.string(),
  begun_at: z.number(),
  ended_at: instant,
  due_at: instant,
  warnings: z.array(instant),
  escalations: z.array(instant),
  severity: Severity.catch('high'),
  category: z.string(),
  detail: z.string(),
  amount: z.number().nullable(),
  currency: z.string(),
  labels: z.partialRecord(z.enum(DIMENSIONS), z.string()),
})
export type Subject = z.output<typeof Subject>

/** The kind of rule that looks at each kind of subject; blocks are looked at by none: they hold others back. */
const WATCHED_BY = { clock: 'clock', control: 'violation', incident: 'incident' } as const

/** A violation that came about so long before it was found is history: it is listed, and nobody is called for it. */
const VIOLATION_AGE_US: Instant = 7 * 86_400e6
/** A violation that nobody decided ends as an alert after so long; it stays a violation. */
const VIOLATION_LASTS_US: Instant = 7 * 86_400e6

/** A block that has ended is remembered for so long. */
const BLOCK_KEPT_US: Instant = 86_400e6

/** What an activity needs beside the subject. */
export type Beside = {
  /** Versions of service levels by `id/version`. */
  slas: ReadonlyMap<string, SlaDefinition>
  /** When people accepted or remediated a violation, by its key; null where they opened it again. */
  decided: ReadonlyMap<string, Instant | null>
  /** Documents that each incident blocks or blocked, with the instant of each. */
  blocks: ReadonlyMap<string, readonly Instant[]>
}

/** Whether a rule looks at a subject at all. */
export function looksAt(rule: AlertRule, subject: Subject): boolean {
  const { watch } = rule
  if (watch.kind !== 'clock' && watch.kind !== 'control' && watch.kind !== 'incident') return false
  if (WATCHED_BY[watch.kind] !== subject.kind) return false
  const names = watch.kind === 'clock' ? watch.slas : watch.kind === 'control' ? watch.controls : watch.systems
  if (names.length > 0 && !names.includes(subject.name)) return false
  if (watch.kind === 'incident' && watch.families.length > 0 && !watch.families.includes(subject.state)) return false
  if (watch.kind === 'control' && watch.severities.length > 0 && !watch.severities.includes(subject.severity)) return false
  return Object.entries(rule.where).every(([name, wanted]) =>
    wanted.includes(subject.labels[name as keyof Subject['labels']] ?? ''),
  )
}

/** When a rule holds for a subject that it looks at, by what is known of the subject; instants that lie ahead among it. */
export function activityOf(rule: AlertRule, subject: Subject, beside: Beside): Activity {
  const never: Activity = { levels: [], until: null, value: null }
  const { watch } = rule
  if (subject.absent) return never
  if (watch.kind === 'clock') {
    const sla = beside.slas.get(`${subject.name}/${subject.name_version}`)
    const levels = watch.steps.flatMap(({ at, severity }) => {
      const reached = instantOf(at, subject, sla)
      return reached === null ? [] : [{ at: reached, severity }]
    })
    return { levels: levels.toSorted((a, b) => a.at - b.at || gravity(a) - gravity(b)), until: subject.ended_at, value: null }
  }
  if (watch.kind === 'control') {
    if (subject.known_at - subject.begun_at > VIOLATION_AGE_US) return never
    const decided = beside.decided.get(subject.key) ?? null
    const lasts = Math.max(subject.begun_at, 0) + VIOLATION_LASTS_US
    return {
      levels: [{ at: subject.begun_at, severity: subject.severity }],
      until: decided === null ? lasts : Math.min(Math.max(decided, subject.begun_at + 1), lasts),
      value: null,
    }
  }
  if (watch.kind === 'incident') {
    const blocked = beside.blocks.get(subject.key) ?? []
    const from = watch.blocked_at_least === 0 ? subject.begun_at : blocked.toSorted((a, b) => a - b)[watch.blocked_at_least - 1]
    if (from === undefined) return never
    return {
      levels: [{ at: Math.max(from, subject.begun_at), severity: rule.severity }],
      until: subject.ended_at,
      value: blocked.length,
    }
  }
  return never
}

const gravity = ({ severity }: { severity: Severity }): number => SEVERITIES.indexOf(severity)

function instantOf(at: ClockStep['at'], subject: Subject, sla: SlaDefinition | undefined): Instant | null {
  if (at === 'breach') return subject.due_at
  if ('warn' in at) {
    const number = sla?.warn.indexOf(at.warn) ?? -1
    return number < 0 ? null : (subject.warnings[number] ?? null)
  }
  return subject.escalations[at.overdue - 1] ?? null
}

/** Whether nothing about a subject can come to pass any more but news of it. */
export function isOver(subject: Subject, watermark: Instant): boolean {
  if (subject.absent) return true
  if (subject.kind === 'violation') return subject.begun_at + VIOLATION_LASTS_US <= watermark
  // How long a document was blocked is told after the block has ended.
  return subject.ended_at !== null && subject.ended_at <= watermark - (subject.kind === 'block' ? BLOCK_KEPT_US : 0)
}

/** The next instant after the watermark at which time alone changes what rules may say of a subject; null where there is none. */
export function nextInstant(subject: Subject, watermark: Instant): Instant | null {
  const instants =
    subject.kind === 'clock'
      ? [subject.due_at, ...subject.warnings, ...subject.escalations]
      : subject.kind === 'violation'
        ? [subject.begun_at, subject.begun_at + VIOLATION_LASTS_US]
        : subject.kind === 'block' && subject.ended_at !== null
          ? [subject.begun_at, subject.ended_at + BLOCK_KEPT_US]
          : [subject.begun_at]
  const ahead = [...instants, subject.ended_at].filter((at): at is Instant => at !== null && at > watermark)
  return ahead.length === 0 ? null : Math.min(...ahead)
}
