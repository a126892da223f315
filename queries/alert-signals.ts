import { z } from 'zod'
import { Subject } from '../model/alert-subject.ts'
import { type Instant, instantToClickHouse } from '../model/instant.ts'
import type { Query, TenantReader } from './run.ts'

const at = z.number().nullable()
/** What stands for no limit. */
const MOST = 4_000_000_000

const Row = z
  .object({
    known: z.number(),
    kind: z.string(),
    key: z.string(),
    document_type: z.string(),
    document_id: z.string(),
    absent: z.boolean(),
    name: z.string(),
    name_version: z.number(),
    state: z.string(),
    begun_us: z.number(),
    ended_us: at,
    due_us: at,
    warnings_us: z.array(at),
    escalations_us: z.array(at),
    severity: z.string(),
    category: z.string(),
    detail: z.string(),
    amount_number: at,
    currency: z.string(),
    entity: z.string(),
    business_unit: z.string(),
    plant: z.string(),
    region: z.string(),
    risk_category: z.string(),
    budget_owner: z.string(),
    spend_category: z.string(),
    supplier: z.string(),
    approver: z.string(),
    system: z.string(),
  })
  .transform(
    ({
      known,
      document_type,
      document_id,
      begun_us,
      ended_us,
      due_us,
      warnings_us,
      escalations_us,
      amount_number,
      spend_category,
      ...row
    }) => {
      const { entity, business_unit, plant, region, risk_category, budget_owner, supplier, approver, system, ...rest } = row
      const dimensions = { entity, business_unit, plant, region, risk_category, budget_owner, supplier, approver, system }
      return Subject.parse({
        ...rest,
        version: known,
        document: { type: document_type, id: document_id },
        begun_at: begun_us,
        ended_at: ended_us,
        due_at: due_us,
        warnings: warnings_us,
        escalations: escalations_us,
        amount: amount_number,
        labels: Object.fromEntries(
          Object.entries({ ...dimensions, category: spend_category, currency: row.currency }).filter(([, value]) => value !== ''),
        ),
      })
    },
  )

const SIGNALS = {
  name: 'alerts/signals',
  params: z.object({
    after: z.number(),
    upto: z.number(),
    still_at: z.string(),
    limit: z.number(),
    only: z.boolean(),
    keys: z.array(z.string()),
  }),
  row: Row,
} satisfies Query<z.ZodRawShape, z.ZodType>

/**
 * What became known of clocks, violations, incidents and blocked documents after one version up to another, the newest state of each. The
 * cost grows with what is new.
 *
 * @param range.stillAt what was over before is left out
 * @param range.limit no more than this; null for all
 * @param range.keys of these alone; null for all
 * @throws SightlineError `store_unavailable`
 */
export function alertSignals(
  reader: TenantReader,
  {
    after,
    upto,
    stillAt,
    limit,
    keys,
  }: { after: number; upto: number; stillAt: Instant; limit: number | null; keys: readonly string[] | null },
): Promise<Subject[]> {
  return reader.rows(SIGNALS, {
    after,
    upto,
    still_at: instantToClickHouse(Math.max(0, stillAt)),
    limit: limit ?? MOST,
    only: keys !== null,
    keys: [...(keys ?? [])],
  })
}

const HISTORY = {
  name: 'alerts/signal-history',
  params: z.object({ after: z.number(), upto: z.number(), kind: z.string(), names: z.array(z.string()) }),
  row: Row,
} satisfies Query<z.ZodRawShape, z.ZodType>

const IN_WINDOW = {
  name: 'alerts/signals-in-window',
  params: z.object({
    upto: z.number(),
    kind: z.string(),
    names: z.array(z.string()),
    to: z.string(),
    still_at: z.string(),
    limit: z.number(),
  }),
  row: Row,
} satisfies Query<z.ZodRawShape, z.ZodType>

const VERSIONS = {
  name: 'alerts/versions',
  params: z.object({ after: z.number(), upto: z.number() }),
  row: z.object({ known: z.number() }),
} satisfies Query<z.ZodRawShape, z.ZodType>

/** What a replay looks at: incidents and what they block, and one kind beside, of some names or of all. */
export type Wanted = { kind: string; names: readonly string[] }

/** Every state that became known after one version up to another, in that order. @throws SightlineError `store_unavailable` */
export function signalHistory(reader: TenantReader, wanted: Wanted, range: { after: number; upto: number }): Promise<Subject[]> {
  return reader.rows(HISTORY, { kind: wanted.kind, names: [...wanted.names], ...range })
}

/**
 * What was there in a window, as it is known up to a version.
 *
 * @throws SightlineError `store_unavailable`
 */
export function signalsInWindow(
  reader: TenantReader,
  wanted: Wanted,
  range: { upto: number; to: Instant; stillAt: Instant; limit: number },
): Promise<Subject[]> {
  return reader.rows(IN_WINDOW, {
    kind: wanted.kind,
    names: [...wanted.names],
    upto: range.upto,
    to: instantToClickHouse(range.to),
    still_at: instantToClickHouse(Math.max(0, range.stillAt)),
    limit: range.limit,
  })
}

/** Versions at which something became known, at most one of each minute. @throws SightlineError `store_unavailable` */
export async function signalVersions(reader: TenantReader, range: { after: number; upto: number }): Promise<number[]> {
  return (await reader.rows(VERSIONS, range)).map(({ known }) => known)
}

const UNCOMPUTED = {
  name: 'alerts/uncomputed',
  params: z.object({ fresh_until: z.number(), documents: z.array(z.string()) }),
  row: z.object({ document: z.string() }),
} satisfies Query<z.ZodRawShape, z.ZodType>

/** Documents, among some (`type/id`), that have changes which the answers do not know yet. @throws SightlineError `store_unavailable` */
export async function uncomputed(reader: TenantReader, freshUntil: Instant, documents: readonly string[]): Promise<Set<string>> {
  if (documents.length === 0) return new Set()
  const rows = await reader.rows(UNCOMPUTED, { fresh_until: freshUntil, documents: [...documents] })
  return new Set(rows.map(({ document }) => document))
}
