import { z } from 'zod'
import { type Instant, instantFromIso, instantToClickHouse } from '../../model/instant.ts'
import { SightlineError } from '../../platform/errors.ts'
import type { KpiBucket } from '../kpi-buckets.ts'
import { sqlText, type SqlParts } from '../run.ts'

/** What documents are grouped and filtered by. */
export const DELAY_DIMENSIONS = [
  'entity',
  'business_unit',
  'plant',
  'region',
  'risk_category',
  'budget_owner',
  'category',
  'supplier',
  'approver',
  'currency',
] as const
export type DelayDimension = (typeof DELAY_DIMENSIONS)[number]

/** What segments of the lives of documents are grouped by. */
export const SEGMENT_GROUPS = ['cause', 'stage', 'step', 'holder', 'system'] as const

/** What time is grouped by: what documents are, and what segments of their lives are. */
export const DELAY_GROUPS = [...DELAY_DIMENSIONS, ...SEGMENT_GROUPS] as const
export type DelayGroup = (typeof DELAY_GROUPS)[number]

/** Which documents of a type are asked for: those that finished in a half-open window, with values that dimensions must have. */
export type DelayScope = {
  type: string
  from: Instant
  to: Instant
  filters: Partial<Record<DelayDimension, string>>
  /** As it was known then, µs; null for now. */
  asOf: Instant | null
  /** Now, µs. */
  now: Instant
}

/** The parameters of every read of delays. */
export const SCOPE_PARAMS = {
  type: z.string(),
  finished: z.boolean(),
  from: z.string(),
  to: z.string(),
  split: z.string(),
  as_of: z.number(),
  now: z.string(),
  bucket: z.string(),
  grouped: z.boolean(),
  group_by: z.enum(DELAY_DIMENSIONS),
  ...(Object.fromEntries(DELAY_DIMENSIONS.map((name) => [name, z.string()])) as Record<DelayDimension, z.ZodString>),
}

/** The type under which invoices are told with the way that led to them, from the submission of the requisition to the payment. */
const WAY = 'procure_to_pay'

/** The documents that a scope reads, as SQL for the place `facts`. */
export function factsOf(scope: Pick<DelayScope, 'asOf' | 'type'>): SqlParts {
  if (scope.type === WAY) {
    const documents = sqlText(scope.asOf === null ? 'shared/delays-way-now' : 'shared/delays-way-as-of')
    return { facts: sqlText('shared/delays-way', { documents }) }
  }
  return { facts: sqlText(scope.asOf === null ? 'shared/delays-now' : 'shared/delays-as-of') }
}

/**
 * Parameters of a scope.
 *
 * @param cut.split where the window before is asked for, too: what finished before this instant is `earlier`
 * @throws SightlineError `parameter_invalid` for a window that ends before it starts
 */
export function paramsOf(
  { type, from, to, filters, asOf, now }: DelayScope,
  {
    bucket = 'all',
    groupBy = null,
    finished = true,
    split = from,
  }: { bucket?: KpiBucket; groupBy?: DelayDimension | null; finished?: boolean; split?: Instant },
) {
  if (to <= from) throw new SightlineError('parameter_invalid', 'The window is empty: `to` is not after `from`.')
  return {
    type,
    finished,
    from: instantToClickHouse(from),
    to: instantToClickHouse(to),
    split: instantToClickHouse(split),
    as_of: asOf ?? 0,
    now: instantToClickHouse(asOf ?? now),
    bucket,
    grouped: groupBy !== null,
    group_by: groupBy ?? 'entity',
    ...(Object.fromEntries(DELAY_DIMENSIONS.map((name) => [name, filters[name] ?? ''])) as Record<DelayDimension, string>),
  }
}

/** Seconds of microseconds. */
export const seconds = (us: number): number => us / 1e6

/** Reads an instant that the store wrote. */
export function instantOf(text: string): Instant {
  const instant = instantFromIso(text)
  if (instant === null) throw new Error(`"${text}" is not an instant`)
  return instant
}
