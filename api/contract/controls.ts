import { z } from 'zod'
import { CONTROL_CATEGORIES, SEVERITIES } from '../../model/controls.ts'
import { cleanText, Window } from './common.ts'

const VIOLATION_STATES = ['open', 'accepted', 'remediated', 'retracted'] as const

/** What violations can be filtered by; `spend_category` is the purchasing category. */
const VIOLATION_DIMENSIONS = [
  'entity',
  'business_unit',
  'plant',
  'region',
  'risk_category',
  'budget_owner',
  'spend_category',
  'supplier',
  'supplier_class',
  'approver',
  'system',
] as const

const dimensions = Object.fromEntries(VIOLATION_DIMENSIONS.map((name) => [name, cleanText(200).optional()])) as Record<
  (typeof VIOLATION_DIMENSIONS)[number],
  z.ZodOptional<ReturnType<typeof cleanText>>
>

export const ControlsQuery = Window.extend({ bucket: z.enum(['day', 'week', 'month']).default('week'), ...dimensions })

const filter = {
  control: cleanText(100).optional(),
  category: z.enum(CONTROL_CATEGORIES).optional(),
  severity: z.enum(SEVERITIES).optional(),
  state: z.enum(VIOLATION_STATES).optional().describe('retracted: late or corrected events took it back'),
  offender: cleanText(200).optional(),
  policy: cleanText(200).optional(),
  policy_version: cleanText(200).optional(),
  document_type: cleanText(100).optional(),
  document_id: cleanText(512).optional(),
  ...dimensions,
}

export const ViolationsQuery = Window.extend({
  ...filter,
  limit: z.coerce.number().int().min(1).max(500).default(100),
  after: cleanText(300).optional().describe('`next` of the page before'),
})

export const ViolationsExportQuery = Window.extend({
  ...filter,
  format: z.enum(['ndjson', 'csv']).default('ndjson').describe('csv: one row a violation and event'),
})

const moneys = z.array(z.object({ currency: z.string(), amount: z.string().describe('decimal') }))

/** The controls with what they need, and what they found in the window. */
export const Controls = z
  .object({
    from: z.string(),
    to: z.string(),
    controls: z.array(
      z.object({
        control: z.string(),
        title: z.string(),
        version: z.string(),
        category: z.enum(CONTROL_CATEGORIES),
        severity: z.enum(SEVERITIES),
        grain: z.array(z.string()).describe('types of the documents that can violate it'),
        guards: z.array(z.string()).describe('activities of the workflow that it guards'),
        needs: z.array(z.string()).describe('kinds of reference data that it needs'),
        missing: z.array(z.string()).describe('those of them that this tenant does not have'),
        evaluable: z.boolean(),
        tolerances: z.array(z.string()).describe('what a replay may change'),
        definition: z.string(),
        violations: z.int().nullable().describe('found in the window, retracted ones apart; null where it is not evaluable'),
        open: z.int(),
        accepted: z.int(),
        remediated: z.int(),
        retracted: z.int(),
        documents: z.int().describe('documents with a violation'),
        of: z.int().describe('documents of its grain that began in the window'),
        per_1000: z.number().nullable().describe('documents with a violation for 1,000 of its grain'),
        money: moneys.describe('at risk in open ones, by currency'),
        trend: z.array(z.object({ bucket: z.string(), n: z.int() })),
        last_at: z.string().nullable(),
      }),
    ),
  })
  .meta({ id: 'Controls' })
export type Controls = z.output<typeof Controls>

const violation = {
  id: z.string(),
  control: z.string(),
  control_version: z.string(),
  title: z.string(),
  category: z.string(),
  severity: z.string(),
  state: z.enum(VIOLATION_STATES),
  detected_at: z.string().describe('when it came about, by the events'),
  known_from: z.string().describe('when it was first found'),
  document_type: z.string(),
  document_id: z.string(),
  subject_id: z.string(),
  policy_id: z.string(),
  policy_version: z.string(),
  amount: z.string().nullable().describe('money at risk, decimal'),
  currency: z.string(),
  offender: z.string().describe('resolved identity'),
  detail: z.string(),
  dimensions: z.record(z.string(), z.string()),
  evidence: z.array(z.string()).describe('event ids, in order of time'),
}

/** Violations, the latest first. */
export const Violations = z
  .object({
    totals: z.array(
      z.object({ state: z.enum(VIOLATION_STATES), currency: z.string(), n: z.int(), amount: z.string().describe('decimal') }),
    ),
    violations: z.array(z.object(violation)),
    next: z.string().nullable(),
  })
  .meta({ id: 'Violations' })
export type Violations = z.output<typeof Violations>

const event = z.object({
  id: z.string(),
  natural_id: z.string(),
  source: z.string(),
  occurred_at: z.string(),
  received_at: z.string(),
  activity: z.string(),
  step: z.string(),
  system: z.string(),
  actor_id: z.string(),
  actor_kind: z.string(),
  on_behalf_of: z.string(),
  status: z.string(),
  code: z.string(),
  message: z.string(),
  policy_id: z.string(),
  policy_version: z.string(),
  policy_decision: z.string(),
  amount: z.string().nullable(),
  currency: z.string(),
  objects: z.array(z.string()),
})

/** One violation with its evidence, what was known of it before, and what people decided. */
export const ViolationDetail = z
  .object({
    ...violation,
    definition: z.string(),
    events: z.array(event),
    history: z.array(
      z.object({
        known_at: z.string(),
        retracted: z.boolean(),
        detected_at: z.string(),
        severity: z.string(),
        control_version: z.string(),
        policy_id: z.string(),
        policy_version: z.string(),
        amount: z.string().nullable(),
        currency: z.string(),
        offender: z.string(),
        detail: z.string(),
      }),
    ),
    decisions: z.array(
      z.object({
        state: z.enum(['open', 'accepted', 'remediated']),
        reason: z.string(),
        attested_by: z.string().nullable(),
        decided_at: z.string(),
        decided_by: z.string(),
      }),
    ),
    linked: z
      .array(z.object({ id: z.string(), control: z.string(), title: z.string(), detail: z.string() }))
      .describe('of the same document and category: what the workflow reported, or what was found beside its report'),
  })
  .meta({ id: 'ViolationDetail' })
export type ViolationDetail = z.output<typeof ViolationDetail>

export const ViolationExported = z.object({ ...violation, events: z.array(event) }).meta({
  id: 'ViolationExported',
  description: 'NDJSON: one violation with its events a line; CSV: one row a violation and event',
})

export const ViolationDecisionBody = z.strictObject({
  state: z.enum(['open', 'accepted', 'remediated']),
  reason: cleanText(2000).min(3),
  attested_by: cleanText(200).min(1).optional().describe('who vouches for it: needed where a violation is accepted'),
})

/** A policy version by version, as a control sees it. */
export const ControlVersions = z
  .object({
    control: z.string(),
    policy: z.string().nullable().describe('null where no policy is known for it'),
    policies: z.array(z.string()),
    cycle_kpi: z.string().nullable(),
    versions: z.array(
      z.object({
        version: z.string(),
        valid_from: z.string(),
        valid_to: z.string().nullable(),
        tolerances: z.record(z.string(), z.number()),
        violations: z.int(),
        documents: z.int(),
        per_1000: z.number().nullable(),
        exceptions: z.int(),
        exception_rate: z.number().nullable(),
        finished: z.int().describe('documents that the exception rate counts'),
        cycle_s: z.number().nullable().describe('median of the cycle of documents that began under it'),
        cycles: z.int(),
      }),
    ),
  })
  .meta({ id: 'ControlVersions' })
export type ControlVersions = z.output<typeof ControlVersions>

export const ControlVersionsQuery = z.object({ policy: cleanText(200).optional() })
export const ControlDriftQuery = Window.extend({
  by: z.enum(['entity', 'system', 'version']).default('entity'),
  policy: cleanText(200).optional(),
})

/** The rate of a rule by unit, each compared with all others. */
export const ControlDrift = z
  .object({
    control: z.string(),
    policy: z.string().nullable(),
    by: z.enum(['entity', 'system', 'version']),
    basis: z.enum(['decisions', 'findings']).describe('decisions that the workflow reported, else documents with a finding'),
    least_n: z.int(),
    units: z.array(
      z.object({
        unit: z.string(),
        n: z.int(),
        hits: z.int(),
        rate: z.number().nullable(),
        rest: z.number().nullable().describe('rate of all others together'),
        z: z.number().nullable().describe('two-proportion z; null where n is too small'),
        p: z.number().nullable().describe('two-sided, times the number of units compared'),
        differs: z.boolean().describe('p < 0.05'),
      }),
    ),
  })
  .meta({ id: 'ControlDrift' })
export type ControlDrift = z.output<typeof ControlDrift>

export const WhatIfBody = Window.extend({
  control: cleanText(100),
  tolerance: cleanText(200).describe('one of the tolerances of the control; `approval_limit STEP` for a step of the matrix'),
  value: z.number().min(0).max(1e12),
}).strict()

/** What would be another way had a tolerance been another. */
export const WhatIf = z
  .object({
    control: z.string(),
    tolerance: z.string(),
    value: z.number(),
    from: z.string(),
    to: z.string(),
    counts: z.enum(['violations', 'exceptions']).describe('exceptions: lines that fail their first match'),
    before: z.int(),
    after: z.int(),
    sentence: z.string(),
    unverified: moneys.describe('money that nobody would look at any more (negative: that somebody would), by currency'),
    changed: z.array(
      z.object({
        document_type: z.string(),
        document_id: z.string(),
        at: z.string(),
        change: z.enum(['passes', 'violates']),
        amount: z.string().nullable(),
        currency: z.string(),
        detail: z.string(),
      }),
    ),
    changed_total: z.int(),
  })
  .meta({ id: 'WhatIf' })
export type WhatIf = z.output<typeof WhatIf>
