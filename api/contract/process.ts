import { z } from 'zod'
import { WAIT_GROUPS } from '../../model/vocabulary.ts'
import { Window } from './common.ts'

/** Which names the activities carry: the canonical ones where mapped, or the source's own. */
export const ProcessQuery = Window.extend({
  names: z.enum(['canonical', 'source']).default('canonical'),
  without: z
    .string()
    .max(500)
    .optional()
    .describe('beginnings of activities to leave out, separated by commas, such as `operation.,ai.`'),
}).describe('without from/to the whole history; a window takes the objects whose first event lies in it')
export type ProcessQuery = z.output<typeof ProcessQuery>

export const VariantsQuery = ProcessQuery.extend({ limit: z.coerce.number().int().min(1).max(1000).default(50) })

export const ProcessTypes = z
  .object({ types: z.array(z.object({ type: z.string(), events: z.int(), objects: z.int() })) })
  .meta({ id: 'ProcessTypes' })
export type ProcessTypes = z.output<typeof ProcessTypes>

/** Quantiles by R-7 (linear interpolation), seconds; null where nothing is measured. */
export const Durations = z
  .object({
    n: z.int(),
    min: z.number().nullable(),
    median: z.number().nullable(),
    p90: z.number().nullable(),
    p95: z.number().nullable(),
    max: z.number().nullable(),
    mean: z.number().nullable(),
  })
  .meta({ id: 'Durations' })
export type Durations = z.output<typeof Durations>

const ActivityCount = z.object({ activity: z.string(), count: z.int() })

export const ProcessSummary = z
  .object({
    type: z.string(),
    events: z.int().describe('pairs of object and event; a start/end pair counts once'),
    objects: z.int(),
    activities: z.int(),
    variants: z.int(),
    directly_follows_pairs: z.int(),
    first_at: z.string().nullable(),
    last_at: z.string().nullable(),
    duration_s: Durations.describe('last minus first event of each object'),
    events_per_object: z.object({ min: z.int(), median: z.number(), max: z.int() }),
    rework_objects: z.int().describe('objects that repeat an activity'),
    activity_counts: z.array(ActivityCount),
    start_activities: z.array(ActivityCount).describe('objects by their first activity'),
    end_activities: z.array(ActivityCount).describe('objects by their last activity'),
    events_per_month: z.array(z.object({ month: z.string(), events: z.int() })),
  })
  .meta({ id: 'ProcessSummary' })
export type ProcessSummary = z.output<typeof ProcessSummary>

export const ProcessVariants = z
  .object({
    type: z.string(),
    objects: z.int(),
    variants: z.array(
      z.object({
        activities: z.array(z.string()),
        count: z.int(),
        share: z.number(),
        median_duration_s: z.number().nullable(),
        example: z.string().describe('id of one object'),
      }),
    ),
    total: z.int().describe('variants in all'),
  })
  .meta({ id: 'ProcessVariants' })
export type ProcessVariants = z.output<typeof ProcessVariants>

export const ProcessMap = z
  .object({
    type: z.string(),
    nodes: z.array(z.object({ activity: z.string(), count: z.int(), objects: z.int(), starts: z.int(), ends: z.int() })),
    edges: z.array(
      z.object({
        from: z.string(),
        to: z.string(),
        count: z.int(),
        median_wait_s: z.number(),
        p90_wait_s: z.number(),
      }),
    ),
  })
  .meta({ id: 'ProcessMap' })
export type ProcessMap = z.output<typeof ProcessMap>

export const ProcessDurations = z
  .object({
    type: z.string(),
    start_to_start: Durations.describe('first to last start'),
    start_to_end: Durations.describe('first start to last end, where activities have ends'),
    histogram: z.array(z.object({ from_s: z.number(), to_s: z.number(), objects: z.int() })),
    activities: z.array(Durations.extend({ activity: z.string() })).describe('start to end of each activity instance'),
  })
  .meta({ id: 'ProcessDurations' })
export type ProcessDurations = z.output<typeof ProcessDurations>

export const ConformanceQuery = Window.extend({
  names: z.enum(['canonical', 'source']).default('canonical'),
  order: z
    .string()
    .max(4000)
    .default('')
    .describe('expected order of activities, separated by commas; the canonical one of the type where none is given'),
})

/** Objects against an expected order. */
export const ProcessConformance = z
  .object({
    type: z.string(),
    order: z.array(z.string()),
    given: z.boolean().describe('whether the order was given, or is the canonical one of the type'),
    objects: z.int(),
    open: z.int().describe('of these: not yet at the last activity of the order; what lies ahead of them is not skipped'),
    dropped: z.int().describe('rejected, withdrawn or cancelled: left out'),
    left_out: z.int().describe('objects of rare sequences beyond the 2,000 most frequent ones'),
    conforming: z.int(),
    fitness: z
      .number()
      .nullable()
      .describe('mean over objects of 1 − cost ÷ (length of trace and order): a skip and an insertion cost 1, a swap 2'),
    deviations: z.array(
      z.object({
        kind: z.enum(['skipped', 'inserted', 'swapped']),
        activity: z.string(),
        other: z.string().describe('of what is swapped: the activity that it came before and should come after'),
        n: z.int().describe('objects'),
        cases: z.array(z.string()).describe('some of them'),
      }),
    ),
  })
  .meta({ id: 'ProcessConformance' })
export type ProcessConformance = z.output<typeof ProcessConformance>

export const WaitsQuery = ProcessQuery.extend({
  by: z.enum(WAIT_GROUPS).default('activity').describe('what is waited for: an activity, a step, who acts, or the system'),
})

const Waits = Durations.extend({
  overlaps: z.int().describe('instances that began before the one before them had ended; they are not among n'),
})

export const ProcessWaits = z
  .object({
    type: z.string(),
    by: z.enum(WAIT_GROUPS),
    all: Waits.describe('from the end of an activity instance to the start of the next on the same object'),
    groups: z
      .array(Waits.extend({ waited_for: z.string() }))
      .describe('the same by what is waited for, most waits first, at most 500'),
  })
  .meta({ id: 'ProcessWaits' })
export type ProcessWaits = z.output<typeof ProcessWaits>
