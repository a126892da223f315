import { z } from 'zod'
import { type Instant, instantFromIso, instantToIso } from '../model/instant.ts'
import { SightlineError } from '../platform/errors.ts'
import { CALL_WORDS, CallRow, callView, type CallView, documentsOf } from './calls.ts'
import { cursorOf, latest, pageOf } from './cursor.ts'
import { type Between, boundsOf, type Maybe, objectParams } from './integrations.ts'
import type { Query, TenantReader } from './run.ts'
import { integrationLogs } from './telemetry-logs.ts'

const between = { from: z.string(), to: z.string() }

const TRACES = {
  name: 'read/integration-traces',
  params: z.object({
    ...between,
    system: z.string(),
    status: z.string(),
    object_type: z.string(),
    object_id: z.string(),
    after_us: z.string(),
    after_trace: z.string(),
    limit: z.number(),
  }),
  row: z.object({
    trace_id: z.string(),
    first_at: z.string(),
    first_us: z.number(),
    lasted_ms: z.number(),
    root: z.tuple([z.string(), CALL_WORDS.kind, z.string()]),
    spans: z.number(),
    failed: z.number(),
    systems: z.array(z.string()),
    documents: z.array(z.tuple([z.string(), z.string()])),
  }),
} satisfies Query<z.ZodRawShape, z.ZodType>

/** Traces with a span that matches, the latest first; cursor and errors as of `integrationCalls`. */
export async function integrationTraces(
  reader: TenantReader,
  query: Between & { system?: Maybe; object?: Maybe; status?: Maybe; limit: number; after?: Maybe },
) {
  const cursor = cursorOf(query.after)
  const params = {
    system: query.system ?? '',
    status: query.status ?? '',
    ...objectParams(query.object),
    after_us: cursor.us,
    after_trace: cursor.id,
    limit: query.limit + 1,
  }
  const whole = params.object_id !== ''
  const rows = await latest(query, { limit: query.limit, after: cursor, whole }, (window) =>
    reader.rows(TRACES, { ...params, ...boundsOf(window) }),
  )
  const { page, next } = pageOf(rows, query.limit, (row) => [row.first_us, row.trace_id])
  return {
    from: instantToIso(query.from),
    to: instantToIso(query.to),
    traces: page.map((row) => {
      const [system, kind, operation] = row.root
      return {
        trace_id: row.trace_id,
        started_at: row.first_at,
        duration_ms: row.lasted_ms,
        root: { system, kind, operation },
        spans: row.spans,
        failed: row.failed,
        systems: row.systems,
        documents: row.documents.map(([type, id]) => ({ type, id })),
      }
    }),
    next,
  }
}

const TRACE_SPANS = 2000
const TRACE_LOGS = 500

const TRACE = {
  name: 'read/integration-trace',
  params: z.object({ trace: z.string(), limit: z.number() }),
  row: CallRow,
} satisfies Query<z.ZodRawShape, z.ZodType>

const TRACE_EVENTS = {
  name: 'read/integration-trace-events',
  params: z.object({ trace: z.string(), types: z.array(z.string()), ids: z.array(z.string()) }),
  row: z.object({
    event_id: z.string(),
    occurred_at: z.string(),
    activity: z.string(),
    system: z.string(),
    object_types: z.array(z.string()),
    object_ids: z.array(z.string()),
  }),
} satisfies Query<z.ZodRawShape, z.ZodType>

/**
 * One trace: its spans as a tree in pre-order, the documents that they serve, the workflow events that carry it, and its logs.
 *
 * @throws SightlineError `not_found` where none of the tenant's spans has the id
 */
export async function integrationTrace(reader: TenantReader, trace: string) {
  const id = trace.toLowerCase()
  const rows = await reader.rows(TRACE, { trace: id, limit: TRACE_SPANS + 1 })
  if (rows.length === 0)
    throw new SightlineError('not_found', `No span has the trace id "${trace.slice(0, 80)}".`, {
      next: 'Traces show within seconds of their arrival.',
    })
  const spans = rows.slice(0, TRACE_SPANS).map(callView)
  const begun = Math.min(...spans.map((span) => startOf(span)))
  const ended = Math.max(...spans.map((span) => startOf(span) + Math.round(span.duration_ms * 1000)))
  const documents = new Map<string, { type: string; id: string; spans: number }>()
  for (const { objects } of spans)
    for (const object of objects) {
      const key = `${object.type}/${object.id}`
      const known = documents.get(key)
      if (known === undefined) documents.set(key, { ...object, spans: 1 })
      else known.spans++
    }
  const named = [...documents.values()]
  const [events, logs] = await Promise.all([
    reader.rows(TRACE_EVENTS, { trace: id, types: named.map(({ type }) => type), ids: named.map((one) => one.id) }),
    integrationLogs(reader, { from: begun - 3600e6, to: ended + 3600e6, trace: id, limit: TRACE_LOGS }),
  ])
  return {
    trace_id: id,
    started_at: instantToIso(begun),
    ended_at: instantToIso(ended),
    duration_ms: (ended - begun) / 1000,
    truncated: rows.length > TRACE_SPANS,
    spans: treeOf(spans, begun),
    documents: named.toSorted((a, b) => b.spans - a.spans),
    events: events.map(({ object_types, object_ids, ...event }) => ({
      ...event,
      objects: documentsOf(object_types, object_ids),
    })),
    logs: logs.logs.toReversed(),
  }
}

function startOf(span: CallView): Instant {
  return instantFromIso(span.started_at) ?? 0
}

/** Spans in pre-order, children by start. A span whose parent is not there, or that is its own ancestor, stands as a root. */
function treeOf(spans: readonly CallView[], begun: Instant) {
  const known = new Set(spans.map((span) => span.span_id))
  const children = Map.groupBy(spans, (span) =>
    known.has(span.parent_span_id) && span.parent_span_id !== span.span_id ? span.parent_span_id : '',
  )
  const shown = new Set<string>()
  const ordered: (CallView & { depth: number; children: number; offset_ms: number; missing_parent: boolean })[] = []
  const walk = (from: readonly CallView[]): void => {
    const stack = from.toReversed().map((span) => ({ span, depth: 0 }))
    for (let next = stack.pop(); next !== undefined; next = stack.pop()) {
      const { span, depth } = next
      if (shown.has(span.span_id)) continue
      shown.add(span.span_id)
      const below = children.get(span.span_id) ?? []
      ordered.push({
        ...span,
        depth,
        children: below.length,
        offset_ms: (startOf(span) - begun) / 1000,
        missing_parent: span.parent_span_id !== '' && !known.has(span.parent_span_id),
      })
      for (const child of below.toReversed()) stack.push({ span: child, depth: depth + 1 })
    }
  }
  walk(children.get('') ?? [])
  walk(spans.filter((span) => !shown.has(span.span_id)))
  return ordered
}
