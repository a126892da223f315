import { z } from 'zod'
import { DIMENSIONS } from '../../model/vocabulary.ts'
import { InstantText, Window } from './common.ts'

export const BUCKETS = ['all', 'hour', 'day', 'week', 'month'] as const

/** One KPI of the catalogue: the header of its SQL file. */
export const KpiDefinition = z
  .object({
    kpi: z.string().describe('public id, the name of its SQL file'),
    title: z.string(),
    version: z.string().describe('of the formula'),
    unit: z
      .enum(['s', 'ratio', 'per_1000', 'factor', 'count', 'money'])
      .describe(
        's: seconds; ratio: 0 to 1; per_1000: per thousand objects; factor: how many times; money: in the currency of the tenant',
      ),
    range: z
      .enum(['share', 'positive', 'unbounded'])
      .describe('share: between 0 and 1; positive: 0 and more; unbounded: a ratio that may be negative or above 1'),
    better: z.enum(['lower', 'higher']),
    topic: z.enum(['cycle time', 'quality', 'compliance', 'money', 'technology']),
    overview: z.boolean().describe('whether the overview shows it'),
    grain: z.string().describe('object type that it counts'),
    documents: z.string().describe('types of the documents that contribute, or any'),
    cohort: z.string().describe('instant that puts an object into a bucket'),
    calendar: z.string().describe('elapsed, none, or which calendar its time is counted by'),
    aggregate: z.enum(['median', 'kaplan-meier', 'share', 'sum']).describe('how the values of a bucket become one'),
    reads: z
      .array(z.string())
      .nullable()
      .describe('types of documents whose change can move it; null for all on the declared paths'),
    keys: z.array(z.string()).describe('what documents must share to bear on each other'),
    needs: z.array(z.string()).describe('kinds of reference data without which it is not evaluable'),
    definition: z.string().describe('formula in words'),
    benchmark: z.string().nullable().describe('published comparison with source and year'),
    minimum_n: z.int().describe('below this n a value is shown with a caution'),
  })
  .meta({ id: 'KpiDefinition' })
export type KpiDefinition = z.output<typeof KpiDefinition>

export const KpiCatalogue = z.object({ kpis: z.array(KpiDefinition) }).meta({ id: 'KpiCatalogue' })
export type KpiCatalogue = z.output<typeof KpiCatalogue>

export const KpiQuery = Window.extend({
  bucket: z.enum(BUCKETS).default('all').describe('weeks start on Monday; buckets are in UTC'),
  group_by: z.enum(DIMENSIONS).optional(),
  as_of: z
    .union([z.literal('frozen'), InstantText])
    .optional()
    .describe('as it was known at this instant; `frozen`: each month that is frozen as it was known then, by bucket=month'),
  compare: z.enum(['previous']).optional().describe('adds the value of the preceding window of equal length'),
  entity: z.string().max(512).optional(),
  business_unit: z.string().max(512).optional(),
  plant: z.string().max(512).optional(),
  region: z.string().max(512).optional(),
  risk_category: z.string().max(512).optional(),
  budget_owner: z.string().max(512).optional(),
  category: z.string().max(512).optional(),
  supplier: z.string().max(512).optional(),
  approver: z.string().max(512).optional(),
  system: z.string().max(512).optional(),
  supplier_class: z.string().max(512).optional(),
  policy_version: z.string().max(512).optional(),
  currency: z.string().max(512).optional(),
})
export type KpiQuery = z.output<typeof KpiQuery>

export const KpiRow = z
  .object({
    bucket: z.string().describe('start of the bucket, ISO 8601; of the window for bucket=all'),
    group: z.string().describe('value of group_by; empty where the object has none or nothing is grouped'),
    value: z.number().nullable().describe('median for durations, share for rates; null is undefined, never zero'),
    p90: z.number().nullable().describe('90th percentile for durations; null for rates'),
    n: z.int().describe('objects counted'),
    open: z.int().describe('objects of the cohort not yet finished'),
    previous: z.number().nullable().describe('value of the same bucket of the preceding window'),
    target: z.number().nullable().describe('target that held at the start of the bucket, of the group where it has one'),
    caution: z.boolean().describe('counted, but fewer than the minimum n'),
  })
  .meta({ id: 'KpiRow' })
export type KpiRow = z.output<typeof KpiRow>

const FrozenBucket = z.object({ month: z.string(), as_of: z.string() })

export const KpiAnswer = z
  .object({
    kpi: z.string(),
    unit: KpiDefinition.shape.unit,
    from: z.string(),
    to: z.string(),
    currency: z.string().nullable().describe('of values in money'),
    benchmark: z.string().nullable(),
    minimum_n: z.int(),
    needs: z.array(z.string()).describe('kinds of reference data that are missing: not evaluable, every value null'),
    frozen: z.array(FrozenBucket).describe('months of the window that are frozen, and as of when'),
    kept_since: z
      .string()
      .nullable()
      .describe('what the window holds before it is not whole: documents were removed by age; null where all of it is kept'),
    rows: z.array(KpiRow),
  })
  .meta({ id: 'KpiAnswer' })
export type KpiAnswer = z.output<typeof KpiAnswer>

export const AnswersState = z
  .object({
    computed_until: z.string().nullable().describe('changes up to here are in the answers; null where nothing was computed yet'),
    changed: z.int().describe('documents that changed since'),
    unsettled: z.int().describe('documents that changed and were not looked at for the second time yet, half a minute later'),
    last_change_at: z.string().nullable().describe('newest change that is not settled yet'),
  })
  .meta({ id: 'AnswersState' })
export type AnswersState = z.output<typeof AnswersState>

/** Values that dimensions must have. */
const Filters = KpiQuery.pick({
  entity: true,
  business_unit: true,
  plant: true,
  region: true,
  risk_category: true,
  budget_owner: true,
  category: true,
  supplier: true,
  approver: true,
  system: true,
  supplier_class: true,
  policy_version: true,
  currency: true,
})

export const KpiDistributionQuery = Window.extend({ as_of: InstantText.optional(), ...Filters.shape })

export const KpiDistribution = z
  .object({
    kpi: z.string(),
    unit: KpiDefinition.shape.unit,
    from: z.string(),
    to: z.string(),
    n: z.int(),
    mean: z.number().nullable(),
    quantiles: z.array(z.object({ q: z.number(), value: z.number() })).describe('exact, R-7; q 0 is the least, 1 the greatest'),
    bins: z
      .array(z.object({ from: z.number(), to: z.number().nullable().describe('exclusive; null for all above'), n: z.int() }))
      .describe('of equal width up to the 98th percentile, the last one open'),
  })
  .meta({ id: 'KpiDistribution' })
export type KpiDistribution = z.output<typeof KpiDistribution>

export const ExplainQuery = Window.extend({
  kpi: z.string().min(1).max(200),
  bucket: z.enum(BUCKETS).default('all'),
  start: InstantText.optional().describe('start of the one bucket that is meant; without it, the whole window'),
  group_by: z.enum(DIMENSIONS).optional(),
  group: z.string().max(512).optional().describe('the group that is meant, with group_by'),
  as_of: InstantText.optional().describe('as it was known at this instant'),
  state: z.enum(['counted', 'open', 'excluded']).optional().describe('only objects in this state'),
  after: z.string().max(3000).optional().describe('`next` of the page before'),
  limit: z.coerce.number().int().min(1).max(500).default(50),
  ...Filters.shape,
})
export type ExplainQuery = z.output<typeof ExplainQuery>

const ExplainedState = z.object({
  known_since: z.string(),
  state: z.enum(['counted', 'open', 'excluded', 'absent']),
  reason: z.string(),
  cohort_at: z.string(),
  value: z.number(),
  weight: z.number(),
})

export const ExplainedObject = ExplainedState.extend({
  type: z.string(),
  id: z.string(),
  subject: z.string().describe('what is counted of the document: itself, or a line, approval, operation of it'),
  history: z.array(ExplainedState).describe('all states that it ever had, the newest first'),
}).meta({ id: 'ExplainedObject' })
export type ExplainedObject = z.output<typeof ExplainedObject>

export const Explanation = z
  .object({
    kpi: KpiDefinition,
    from: z.string(),
    to: z.string(),
    group_by: z.string().nullable(),
    group: z.string().nullable(),
    filters: z.record(z.string(), z.string()),
    as_of: z.string().nullable(),
    needs: z.array(z.string()),
    row: KpiRow.nullable().describe('the number that is explained; null where nothing falls into it'),
    currency: z
      .object({ reporting: z.string().nullable(), basis: z.string() })
      .nullable()
      .describe('how amounts become one currency; null where it counts no money'),
    freshness: AnswersState,
    counts: z.object({
      counted: z.int(),
      open: z.int(),
      excluded: z.array(z.object({ reason: z.string(), n: z.int() })),
    }),
    sql: z
      .object({ contributions: z.string(), answer: z.string() })
      .describe('what each document gives, and how they become one number'),
    parameters: z.record(z.string(), z.string()),
    objects: z.array(ExplainedObject),
    next: z.string().nullable(),
  })
  .meta({ id: 'Explanation' })
export type Explanation = z.output<typeof Explanation>
