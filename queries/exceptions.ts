import { z } from 'zod'
import { type Instant, instantFromIso, instantToClickHouse, instantToIso } from '../model/instant.ts'
import type { Query, TenantReader } from './run.ts'

const CLASS = z.enum(['business', 'technical', 'unknown'])

/** Which exceptions: raised in the half-open window; `class` and `category` narrow trend and items, never the totals. */
export type ExceptionScope = {
  from: Instant
  to: Instant
  bucket: 'all' | 'hour' | 'day' | 'week' | 'month'
  class?: z.output<typeof CLASS> | undefined
  category?: string | undefined
  limit: number
}

const window = { from: z.string(), to: z.string() }
const wanted = { class: z.string(), category: z.string() }

const FIGURES = {
  name: 'read/exceptions',
  params: z.object({ ...window, ...wanted, bucket: z.string() }),
  row: z.object({
    level: z.enum(['class', 'category', 'trend']),
    bucket: z.string(),
    class: CLASS,
    category: z.string(),
    items: z.number(),
    wanted_items: z.number(),
    objects: z.number(),
    open: z.number(),
    median_hours: z.number().nullable(),
  }),
} satisfies Query<z.ZodRawShape, z.ZodType>

const ITEMS = {
  name: 'read/exception-items',
  params: z.object({ ...window, ...wanted, limit: z.number() }),
  row: z.object({
    id: z.string(),
    raising_event_id: z.string(),
    class: CLASS,
    category: z.string(),
    reaction: z.string(),
    code: z.string(),
    system: z.string(),
    object_type: z.string(),
    object_id: z.string(),
    raised_at: z.string(),
    resolved_at: z.string().nullable(),
    attempts: z.number(),
    caused_by: z.string(),
  }),
} satisfies Query<z.ZodRawShape, z.ZodType>

const DETAILS = {
  name: 'read/exception-details',
  params: z.object({ event_ids: z.array(z.string()), first: z.string(), last: z.string() }),
  row: z.object({
    event_id: z.string(),
    first_message: z.string(),
    first_evidence: z.array(z.string()),
    first_confidence: z.number(),
  }),
} satisfies Query<z.ZodRawShape, z.ZodType>

const SYSTEMS = {
  name: 'read/failing-systems',
  params: z.object(window),
  row: z.object({ system: z.string(), failed_attempts: z.number(), operations: z.number(), objects: z.number() }),
} satisfies Query<z.ZodRawShape, z.ZodType>

/**
 * Business exceptions, technical failures and unknown ones of a window: totals, categories (hours: median of raised to resolved, or
 * first failure to success), trend, failing systems, and the newest items with message and evidence of the event that raised them.
 */
export async function exceptions(reader: TenantReader, scope: ExceptionScope) {
  const bounds = { from: instantToClickHouse(scope.from), to: instantToClickHouse(scope.to) }
  const narrowed = { ...bounds, class: scope.class ?? '', category: scope.category ?? '' }
  const [figures, items, systems] = await Promise.all([
    reader.rows(FIGURES, { ...narrowed, bucket: scope.bucket }),
    reader.rows(ITEMS, { ...narrowed, limit: scope.limit }),
    reader.rows(SYSTEMS, bounds),
  ])
  // The event that raised an item happened when the item was raised: so only the parts of that time are looked through.
  const raised = items.map(({ raised_at }) => instantFromIso(raised_at) ?? scope.from)
  const details = await reader.rows(DETAILS, {
    event_ids: items.map((item) => item.raising_event_id),
    first: instantToClickHouse(Math.min(scope.to, ...raised)),
    last: instantToClickHouse(Math.max(scope.from, ...raised)),
  })
  const detailOf = new Map(details.map((detail) => [detail.event_id, detail]))
  const level = (name: (typeof figures)[number]['level']) => figures.filter((row) => row.level === name)
  return {
    from: instantToIso(scope.from),
    to: instantToIso(scope.to),
    totals: CLASS.options.map((name) => {
      const row = level('class').find((one) => one.class === name)
      return {
        class: name,
        items: row?.items ?? 0,
        objects: row?.objects ?? 0,
        open: row?.open ?? 0,
        median_hours: row?.median_hours ?? null,
      }
    }),
    categories: level('category').map((row) => ({
      class: row.class,
      category: row.category,
      items: row.items,
      objects: row.objects,
      open: row.open,
      median_hours: row.median_hours,
    })),
    trend: level('trend')
      .filter((row) => row.wanted_items > 0)
      .map((row) => ({ bucket: row.bucket, class: row.class, items: row.wanted_items })),
    systems,
    items: items.map(({ raising_event_id, ...item }) => {
      const detail = detailOf.get(raising_event_id)
      return {
        ...item,
        message: detail?.first_message ?? '',
        confidence: detail?.first_confidence ?? 0,
        evidence: detail?.first_evidence ?? [],
      }
    }),
  }
}
