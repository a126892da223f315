import { z } from 'zod'
import { isCleanText } from './event.ts'
import { DIMENSIONS } from './vocabulary.ts'

const text = (max = 200) => z.string().min(1).max(max).refine(isCleanText, 'holds control characters or half a surrogate pair')
const names = z.array(text(512)).max(200).default([])
const seconds = (least: number) =>
  z
    .int()
    .min(least)
    .max(400 * 86_400)

/** A short name that stays: of a rule, a channel, a party, a rota. */
export const Slug = z.string().regex(/^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/u, 'is not a short name such as late-invoices')

/** How grave an alert is, the least first. */
export const SEVERITIES = ['low', 'medium', 'high', 'critical'] as const
export const Severity = z.enum(SEVERITIES)
export type Severity = z.output<typeof Severity>

/** Values that dimensions must have; one of several of each. */
export const Where = z.partialRecord(z.enum(DIMENSIONS), z.array(text(512)).min(1).max(200)).default({})

/** An instant of a clock's life at which it alerts: a share of the target, the breach, or a time over the deadline by its tier. */
export const ClockStep = z.strictObject({
  at: z.union([
    z.literal('breach'),
    z.strictObject({ warn: z.number().min(0.01).max(1) }),
    z.strictObject({ overdue: z.int().min(1).max(10) }),
  ]),
  severity: Severity,
})
export type ClockStep = z.output<typeof ClockStep>

/** When a value alerts. `confident`: of a share only where the bound of its Wilson interval is beyond the value, too. */
export const Condition = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('threshold'),
    above: z.number().nullable().default(null),
    below: z.number().nullable().default(null),
    confident: z.boolean().default(true),
  }),
  /** Change against the window before, as a share of it: 0.2 is a fifth more (or less, for negative values). */
  z.strictObject({ kind: z.literal('change'), by: z.number().min(-0.99).max(100) }),
  /** Far outside of the same stretch of earlier weeks: modified z-score, in the direction that is worse. */
  z.strictObject({
    kind: z.literal('band'),
    score: z.number().min(1).max(20).default(3.5),
    weeks: z.int().min(4).max(26).default(8),
  }),
])
export type Condition = z.output<typeof Condition>

/** A pair of windows over which an error budget burns too fast: 14.4 × over 1 h and 5 min (The Site Reliability Workbook, chapter 5). */
export const BurnWindow = z.strictObject({
  long_s: seconds(60),
  short_s: seconds(60),
  factor: z.number().positive().max(1000),
  severity: Severity,
})
export const BURN_WINDOWS: z.input<typeof BurnWindow>[] = [
  { long_s: 3600, short_s: 300, factor: 14.4, severity: 'critical' },
  { long_s: 6 * 3600, short_s: 1800, factor: 6, severity: 'high' },
  { long_s: 3 * 86_400, short_s: 6 * 3600, factor: 1, severity: 'medium' },
]

/** What a rule looks at. Empty lists mean all. */
export const Watched = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('clock'),
    slas: names,
    steps: z
      .array(ClockStep)
      .min(1)
      .max(20)
      .default([{ at: 'breach', severity: 'high' }]),
  }),
  /** Clocks that run and will probably be breached, as those of their service level tell that ended before and had lasted as long. */
  z.strictObject({
    kind: z.literal('risk'),
    slas: names,
    probability: z.number().gt(0).lt(1).default(0.8),
    every_s: seconds(60).default(300),
  }),
  z.strictObject({ kind: z.literal('control'), controls: names, severities: z.array(Severity).default([]) }),
  /** Technical incidents, once they have blocked so many documents. */
  z.strictObject({
    kind: z.literal('incident'),
    systems: names,
    families: names,
    blocked_at_least: z.int().min(0).max(1e6).default(0),
  }),
  z.strictObject({
    kind: z.literal('kpi'),
    kpi: text(100),
    window_s: seconds(3600).default(7 * 86_400),
    every_s: seconds(60).default(900),
    by: z.enum(DIMENSIONS).nullable().default(null),
    when: Condition,
  }),
  /** The error budget of a service level; its objective is what should be met. Windows count the working time of the calendar. */
  z.strictObject({
    kind: z.literal('burn'),
    sla: text(100),
    objective: z.number().gt(0).lt(1).nullable().default(null),
    calendar: text().nullable().default(null),
    windows: z
      .array(BurnWindow)
      .min(1)
      .max(6)
      .default(BURN_WINDOWS as z.output<typeof BurnWindow>[]),
    every_s: seconds(60).default(60),
  }),
  /** A source or way in that is past what was learned (or declared) of its pace. */
  z.strictObject({ kind: z.literal('source'), sources: names, state: z.enum(['late', 'silent']).default('silent') }),
  /** So many events of a source by a time of each working day: a number, or what earlier days of the kind tell. */
  z.strictObject({
    kind: z.literal('arrivals'),
    source: text(512),
    activity: text(200).nullable().default(null),
    by: z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/u, 'is not a time such as 10:00'),
    calendar: text().nullable().default(null),
    at_least: z.union([z.int().min(1), z.literal('learned')]).default('learned'),
  }),
  z.strictObject({
    kind: z.literal('dead_letters'),
    sources: names,
    codes: names,
    more_than: z.int().min(0).default(0),
    every_s: seconds(10).default(60),
  }),
])
export type Watched = z.output<typeof Watched>
export type WatchKind = Watched['kind']

/** Labels by which alerts of a rule are put into one page; `rule` alone makes one page of all. */
export const GROUPINGS = ['key', 'sla', 'control', 'object_type', 'owner', 'incident', ...DIMENSIONS] as const
export type Grouping = (typeof GROUPINGS)[number]

/** Fields that a summary may name as `{field}`; `count` is how many of what, such as `12 invoices`. */
export const SUMMARY_FIELDS = [
  'rule',
  'count',
  'n',
  'of',
  'money',
  'key',
  'value',
  'threshold',
  'severity',
  ...GROUPINGS.slice(1),
] as const

/** An alert rule: what is looked at, when it fires, how its pages are grouped, and what they say. Rules as code and the API share it. */
export const AlertRule = z.strictObject({
  id: Slug,
  title: text(),
  description: z.string().max(2000).default(''),
  /** Business alerts go to who owns the work, technical ones to who is on call. */
  class: z.enum(['business', 'technical']),
  severity: Severity.default('high'),
  watch: Watched,
  where: Where,
  /** How long it must hold before it fires, and how long it must be over before it resolves. */
  for_s: seconds(0).default(0),
  keep_firing_s: seconds(0).default(0),
  /** Fewer than this say nothing: neither that it fires nor that it is over. */
  minimum_n: z.int().min(0).max(1e6).default(0),
  /** Pages: first after `wait_s`, further members after `interval_s`, told again after `repeat_s` where nobody acknowledged it. */
  group_by: z.array(z.enum(GROUPINGS)).max(4).default([]),
  wait_s: seconds(0).default(30),
  interval_s: seconds(10).default(300),
  repeat_s: seconds(60)
    .nullable()
    .default(4 * 3600),
  /** Whether it is held while an incident blocks the document, and told afterwards if it still holds. */
  inhibited: z.boolean().default(true),
  summary: z.string().max(500).default(''),
  runbook: z
    .url({ protocol: /^https?$/u })
    .max(2000)
    .nullable()
    .default(null),
  enabled: z.boolean().default(true),
})
export type AlertRule = z.output<typeof AlertRule>
