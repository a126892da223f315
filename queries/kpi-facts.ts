import { z } from 'zod'
import { type Instant, instantFromIso, instantToClickHouse } from '../model/instant.ts'
import { DIMENSIONS, type Dimension } from '../model/vocabulary.ts'
import type { KpiBucket } from './kpi-buckets.ts'
import type { KpiDefinition } from './kpi-catalogue.ts'
import { type SqlParts, sqlText } from './run.ts'

/** What is asked of a KPI: a half-open window, its buckets, at most one dimension to group by, and values that dimensions must have. */
export type KpiScope = {
  from: Instant
  to: Instant
  bucket: KpiBucket
  groupBy?: Dimension | null
  filters?: Partial<Record<Dimension, string>>
  /** Whether each row gets the value of the preceding window of equal length. */
  compare?: boolean
  /** As it was known then, µs; null for now. */
  asOf?: Instant | null
  /** Now, µs: what is open counts from its cohort on. */
  now: Instant
}

/** Parameters of every read of a KPI's contributions. */
export const FACTS_PARAMS = {
  kpi: z.string(),
  from: z.string(),
  to: z.string(),
  bucket: z.string(),
  now: z.string(),
  factor: z.number(),
  grouped: z.boolean(),
  group_by: z.enum(DIMENSIONS),
  as_of: z.number(),
  entity: z.string(),
  business_unit: z.string(),
  plant: z.string(),
  region: z.string(),
  risk_category: z.string(),
  budget_owner: z.string(),
  category: z.string(),
  supplier: z.string(),
  approver: z.string(),
  system: z.string(),
  supplier_class: z.string(),
  policy_version: z.string(),
  currency: z.string(),
}

/** {@link FACTS_PARAMS} of a scope. */
export function factsParams(definition: KpiDefinition, scope: Omit<KpiScope, 'compare'>) {
  const { from, to, bucket, groupBy = null, filters = {}, asOf = null, now } = scope
  return {
    kpi: definition.kpi,
    from: instantToClickHouse(from),
    to: instantToClickHouse(to),
    bucket,
    now: instantToClickHouse(asOf ?? now),
    factor: definition.unit === 'per_1000' ? 1000 : 1,
    grouped: groupBy !== null,
    group_by: groupBy ?? ('entity' as const),
    as_of: asOf ?? 0,
    ...(Object.fromEntries(DIMENSIONS.map((name) => [name, filters[name] ?? ''])) as Record<Dimension, string>),
  }
}

/** The contributions that a read is about: those of now, or those that were known at an instant. */
export function factsOf(asOf: Instant | null): SqlParts {
  return { facts: sqlText(asOf === null ? 'shared/kpi-facts-now' : 'shared/kpi-facts-as-of') }
}

/** An instant as ClickHouse writes it. */
export const StoredInstant = z.string().transform((text): Instant => {
  const instant = instantFromIso(text)
  if (instant === null) throw new Error(`"${text}" is not an instant`)
  return instant
})
