import { z } from 'zod'
import { CALL_CLASSES, CALL_KINDS, CALL_STATUSES } from '../model/call.ts'
import type { Query, TenantReader } from './run.ts'

const texts = z.array(z.string())

/** What columns of calls hold; anything else that is found in one counts as `other`, `failed`, `none`. */
export const CALL_WORDS = {
  kind: z.enum(CALL_KINDS).catch('other'),
  status: z.enum(CALL_STATUSES).catch('failed'),
  class: z.enum(CALL_CLASSES).catch('none'),
} as const

/** A row of a call, as the SQL files give it. */
export const CallRow = z.object({
  trace_id: z.string(),
  span_id: z.string(),
  parent_span_id: z.string(),
  started_at: z.string(),
  duration_ms: z.number(),
  system: z.string(),
  system_class: z.string(),
  reporter: z.string(),
  kind: CALL_WORDS.kind,
  span_kind: z.string(),
  operation: z.string(),
  status: CALL_WORDS.status,
  status_code: z.number(),
  error_type: z.string(),
  message: z.string(),
  attempt: z.number(),
  class: CALL_WORDS.class,
  category: z.string(),
  reaction: z.string(),
  workflow: z.string(),
  workflow_run: z.string(),
  queue: z.string(),
  object_types: texts,
  object_ids: texts,
  attributes: z.string(),
})
export type CallRow = z.output<typeof CallRow>

/** A call as it is shown. */
export function callView(row: CallRow) {
  const { object_types, object_ids, attributes } = row
  return {
    trace_id: row.trace_id,
    span_id: row.span_id,
    parent_span_id: row.parent_span_id,
    started_at: row.started_at,
    duration_ms: row.duration_ms,
    system: row.system,
    system_class: row.system_class,
    reporter: row.reporter,
    kind: row.kind,
    span_kind: row.span_kind,
    operation: row.operation,
    status: row.status,
    status_code: row.status_code,
    error_type: row.error_type,
    message: row.message,
    attempt: row.attempt,
    class: row.class,
    category: row.category,
    reaction: row.reaction,
    workflow: row.workflow,
    workflow_run: row.workflow_run,
    queue: row.queue,
    objects: documentsOf(object_types, object_ids),
    attributes: jsonRecord(attributes),
  }
}
export type CallView = ReturnType<typeof callView>

/** Documents from parallel columns. */
export function documentsOf(types: readonly string[], ids: readonly string[]): { type: string; id: string }[] {
  return types.map((type, at) => ({ type, id: ids[at] ?? '' }))
}

/** What a column of JSON holds where that is an object; else nothing. */
export function jsonRecord(json: string): Record<string, unknown> {
  if (json === '') return {}
  try {
    const value: unknown = JSON.parse(json)
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : {}
  } catch (error) {
    if (error instanceof SyntaxError) return { text: json }
    throw error
  }
}

/** Calls of one document that are read and shown; the earliest ones where it has more. */
const DOCUMENT_CALLS = 1000

const OBJECT_CALLS = {
  name: 'read/object-calls',
  params: z.object({ type: z.string(), id: z.string(), limit: z.number() }),
  row: CallRow,
} satisfies Query<z.ZodRawShape, z.ZodType>

/**
 * The calls that served a document, in order of start: those that name it, and those without documents of their own in a trace that names
 * it or that one of its events carries; at most {@link DOCUMENT_CALLS}, the earliest.
 */
export async function objectCalls(reader: TenantReader, type: string, id: string): Promise<CallView[]> {
  const rows = await reader.rows(OBJECT_CALLS, { type, id, limit: DOCUMENT_CALLS })
  return rows.map(callView)
}
