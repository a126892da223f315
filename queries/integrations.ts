import { z } from 'zod'
import { type Instant, instantFromIso, instantToClickHouse, instantToIso } from '../model/instant.ts'
import { SightlineError } from '../platform/errors.ts'
import { CALL_WORDS, CallRow, callView, documentsOf, jsonRecord } from './calls.ts'
import { cursorOf, latest, pageOf } from './cursor.ts'
import type { Query, TenantReader } from './run.ts'

export type IntegrationBucket = 'minute' | 'hour' | 'day' | 'week'

/** A half-open window. */
export type Between = { from: Instant; to: Instant }

const BUCKET_US: Readonly<Record<IntegrationBucket, number>> = { minute: 60e6, hour: 3600e6, day: 86_400e6, week: 604_800e6 }
/** A series has no more buckets than this. */
const MOST_BUCKETS = 4500

const between = { from: z.string(), to: z.string() }
const quantile = z.number().nullable().optional()

const FIGURES = {
  calls: z.number(),
  ok: z.number(),
  technical: z.number(),
  business: z.number(),
  unknown: z.number(),
  throttled: z.number(),
  unauthenticated: z.number(),
  refused: z.number(),
  timeouts: z.number(),
  cancelled: z.number(),
  retries: z.number(),
  quantiles_ms: z.tuple([quantile, quantile, quantile]),
} as const

const SYSTEMS = {
  name: 'read/integration-systems',
  params: z.object({ ...between, system: z.string() }),
  row: z.object({
    system: z.string(),
    last_class: z.string(),
    kinds: z.array(CALL_WORDS.kind),
    reporters: z.array(z.string()),
    ...FIGURES,
    documents: z.number(),
    documents_blocked: z.number(),
    first_at: z.string(),
    last_at: z.string(),
    last_error: z.tuple([
      z.string(),
      z.string(),
      CALL_WORDS.status,
      z.number(),
      z.string(),
      z.string(),
      CALL_WORDS.class,
      z.string(),
      z.string(),
      z.string(),
    ]),
  }),
} satisfies Query<z.ZodRawShape, z.ZodType>

const BUCKETS = {
  name: 'read/integration-buckets',
  params: z.object({ ...between, system: z.string(), bucket: z.string() }),
  row: z.object({ bucket: z.string(), system: z.string(), ...FIGURES }),
} satisfies Query<z.ZodRawShape, z.ZodType>

const OPERATIONS = {
  name: 'read/integration-operations',
  params: z.object({ ...between, system: z.string() }),
  row: z.object({ kind: CALL_WORDS.kind, operation: z.string(), ...FIGURES, last_at: z.string() }),
} satisfies Query<z.ZodRawShape, z.ZodType>

const ERRORS = {
  name: 'read/integration-errors',
  params: z.object({ ...between, system: z.string() }),
  row: z.object({
    class: CALL_WORDS.class,
    category: z.string(),
    status: CALL_WORDS.status,
    status_code: z.number(),
    error_type: z.string(),
    last: z.tuple([z.string(), z.string(), z.string()]),
    calls: z.number(),
    documents: z.number(),
    first_at: z.string(),
    last_at: z.string(),
  }),
} satisfies Query<z.ZodRawShape, z.ZodType>

const BLOCKED = {
  name: 'read/integration-blocked',
  params: z.object({ ...between, system: z.string() }),
  row: z.object({
    type: z.string(),
    id: z.string(),
    operation: z.string(),
    since: z.string(),
    last_at: z.string(),
    failures: z.number(),
    message: z.string(),
    trace_id: z.string(),
  }),
} satisfies Query<z.ZodRawShape, z.ZodType>

const CALLS = {
  name: 'read/integration-calls',
  params: z.object({
    ...between,
    system: z.string(),
    kind: z.string(),
    operation: z.string(),
    status: z.string(),
    class: z.string(),
    trace: z.string(),
    workflow: z.string(),
    run: z.string(),
    queue: z.string(),
    object_type: z.string(),
    object_id: z.string(),
    after_us: z.string(),
    after_trace: z.string(),
    after_span: z.string(),
    limit: z.number(),
  }),
  row: CallRow.extend({ started_us: z.number() }),
} satisfies Query<z.ZodRawShape, z.ZodType>

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

const LOGS = {
  name: 'read/integration-logs',
  params: z.object({
    ...between,
    system: z.string(),
    severity: z.number(),
    event: z.string(),
    trace: z.string(),
    resource: z.string(),
    q: z.string(),
    after_us: z.string(),
    after_id: z.string(),
    limit: z.number(),
  }),
  row: z.object({
    log_id: z.string(),
    at: z.string(),
    at_us: z.number(),
    system: z.string(),
    reporter: z.string(),
    severity: z.string(),
    event_name: z.string(),
    body: z.string(),
    trace_id: z.string(),
    span_id: z.string(),
    resource: z.string(),
    object_types: z.array(z.string()),
    object_ids: z.array(z.string()),
    attributes: z.string(),
  }),
} satisfies Query<z.ZodRawShape, z.ZodType>

type FiguresRow = z.output<z.ZodObject<typeof FIGURES>>

/** Figures without rates: what a bucket shows. */
function counts(row: FiguresRow) {
  // A quantile of nothing is none, not zero.
  const [p50, p95, p99] = row.calls === 0 ? [] : row.quantiles_ms
  return {
    calls: row.calls,
    ok: row.ok,
    technical: row.technical,
    business: row.business,
    unknown: row.unknown,
    throttled: row.throttled,
    unauthenticated: row.unauthenticated,
    refused: row.refused,
    timeouts: row.timeouts,
    cancelled: row.cancelled,
    retries: row.retries,
    p50_ms: p50 ?? null,
    p95_ms: p95 ?? null,
    p99_ms: p99 ?? null,
  }
}

function figures(row: FiguresRow) {
  return { ...counts(row), error_rate: row.calls === 0 ? null : row.technical / row.calls }
}

function boundsOf({ from, to }: Between): { from: string; to: string } {
  return { from: instantToClickHouse(from), to: instantToClickHouse(to) }
}

/** @throws SightlineError `parameter_invalid` for a window of more buckets than a series has */
export function refuseManyBuckets({ from, to }: Between, bucket: IntegrationBucket): void {
  if ((to - from) / BUCKET_US[bucket] > MOST_BUCKETS)
    throw new SightlineError('parameter_invalid', `The window has more than ${MOST_BUCKETS} buckets of a ${bucket}.`, {
      next: 'Choose a longer bucket or a shorter window.',
    })
}

/**
 * The systems that were called or that worked in a window, and their calls by bucket. Quantiles are exact.
 *
 * @throws SightlineError `parameter_invalid` for a window of too many buckets
 */
export async function integrations(reader: TenantReader, scope: Between & { bucket: IntegrationBucket }) {
  refuseManyBuckets(scope, scope.bucket)
  const params = { ...boundsOf(scope), system: '' }
  const [systems, buckets] = await Promise.all([
    reader.rows(SYSTEMS, params),
    reader.rows(BUCKETS, { ...params, bucket: scope.bucket }),
  ])
  return {
    from: instantToIso(scope.from),
    to: instantToIso(scope.to),
    bucket: scope.bucket,
    systems: systems.map(systemView),
    buckets: buckets.map((row) => ({ bucket: row.bucket, system: row.system, ...counts(row) })),
  }
}

/**
 * One system: its figures, its calls by bucket, its operations, what went wrong, and which documents it blocks.
 *
 * @throws SightlineError `not_found` where nothing reported on it in the window, `parameter_invalid` for too many buckets
 */
export async function integrationDetail(reader: TenantReader, system: string, scope: Between & { bucket: IntegrationBucket }) {
  refuseManyBuckets(scope, scope.bucket)
  const params = { ...boundsOf(scope), system }
  const [[found], buckets, operations, errors, blocked] = await Promise.all([
    reader.rows(SYSTEMS, params),
    reader.rows(BUCKETS, { ...params, bucket: scope.bucket }),
    reader.rows(OPERATIONS, params),
    reader.rows(ERRORS, params),
    reader.rows(BLOCKED, params),
  ])
  if (found === undefined || system === '')
    throw new SightlineError('not_found', `Nothing reported on "${system.slice(0, 80)}" in this window.`, {
      next: 'Choose a longer window.',
    })
  return {
    from: instantToIso(scope.from),
    to: instantToIso(scope.to),
    bucket: scope.bucket,
    system: systemView(found),
    buckets: buckets.map((row) => ({ bucket: row.bucket, system: row.system, ...counts(row) })),
    operations: operations.map((row) => ({
      kind: row.kind,
      operation: row.operation,
      ...figures(row),
      last_at: row.last_at,
    })),
    errors: errors.map(({ last: [message, trace_id, span_id], ...row }) => ({ ...row, message, trace_id, span_id })),
    blocked,
  }
}

function systemView(row: z.output<typeof SYSTEMS.row>) {
  const [at, operation, status, status_code, error_type, message, kind, category, trace_id, span_id] = row.last_error
  return {
    system: row.system,
    system_class: row.last_class,
    kinds: row.kinds,
    reporters: row.reporters,
    ...figures(row),
    documents: row.documents,
    documents_blocked: row.documents_blocked,
    first_at: row.first_at,
    last_at: row.last_at,
    last_error:
      row.technical === 0
        ? null
        : { at, operation, status, status_code, error_type, message, class: kind, category, trace_id, span_id },
  }
}

type Maybe = string | undefined

/** Splits `type/id`; both empty where there is none. */
function objectParams(object: Maybe): { object_type: string; object_id: string } {
  if (object === undefined) return { object_type: '', object_id: '' }
  const slash = object.indexOf('/')
  if (slash < 1 || slash === object.length - 1)
    throw new SightlineError('parameter_invalid', 'object: is not of the form type/id.', { next: 'Such as invoice/INV-1.' })
  return { object_type: object.slice(0, slash), object_id: object.slice(slash + 1) }
}

/**
 * Calls that match, the latest first.
 *
 * @returns a page and `next`, the cursor of the page behind it; null on the last one
 * @throws SightlineError `parameter_invalid` for a cursor that is none of ours, or an object without type
 */
export async function integrationCalls(
  reader: TenantReader,
  query: Between & {
    system?: Maybe
    kind?: Maybe
    operation?: Maybe
    status?: Maybe
    class?: Maybe
    object?: Maybe
    trace?: Maybe
    workflow?: Maybe
    run?: Maybe
    queue?: Maybe
    limit: number
    after?: Maybe
  },
) {
  const cursor = cursorOf(query.after)
  const params = {
    system: query.system ?? '',
    kind: query.kind ?? '',
    operation: query.operation ?? '',
    status: query.status ?? '',
    class: query.class ?? '',
    trace: query.trace?.toLowerCase() ?? '',
    workflow: query.workflow ?? '',
    run: query.run ?? '',
    queue: query.queue ?? '',
    ...objectParams(query.object),
    after_us: cursor.us,
    after_trace: cursor.id.split('\n')[0] ?? '',
    after_span: cursor.id.split('\n')[1] ?? '',
    limit: query.limit + 1,
  }
  const whole = params.trace !== '' || params.run !== '' || params.object_id !== ''
  const rows = await latest(query, { limit: query.limit, after: cursor, whole }, (window) =>
    reader.rows(CALLS, { ...params, ...boundsOf(window) }),
  )
  const { page, next } = pageOf(rows, query.limit, (row) => [row.started_us, `${row.trace_id}\n${row.span_id}`])
  return { from: instantToIso(query.from), to: instantToIso(query.to), calls: page.map(callView), next }
}

/** Traces with a span that matches, the latest first; cursor and errors as of {@link integrationCalls}. */
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

const SEVERITY: Readonly<Record<string, number>> = { trace: 1, debug: 5, info: 9, warn: 13, error: 17, fatal: 21 }

/** Log records that match, the latest first; cursor and errors as of {@link integrationCalls}. */
export async function integrationLogs(
  reader: TenantReader,
  query: Between & {
    system?: Maybe
    severity?: Maybe
    event?: Maybe
    trace?: Maybe
    resource?: Maybe
    q?: Maybe
    limit: number
    after?: Maybe
  },
) {
  const cursor = cursorOf(query.after)
  const params = {
    system: query.system ?? '',
    severity: SEVERITY[query.severity ?? ''] ?? 0,
    event: query.event ?? '',
    trace: query.trace?.toLowerCase() ?? '',
    resource: query.resource ?? '',
    q: query.q ?? '',
    after_us: cursor.us,
    after_id: cursor.id,
    limit: query.limit + 1,
  }
  const rows = await latest(query, { limit: query.limit, after: cursor, whole: params.trace !== '' }, (window) =>
    reader.rows(LOGS, { ...params, ...boundsOf(window) }),
  )
  const { page, next } = pageOf(rows, query.limit, (row) => [row.at_us, row.log_id])
  return { from: instantToIso(query.from), to: instantToIso(query.to), logs: page.map(logView), next }
}

function logView(row: z.output<typeof LOGS.row>) {
  return {
    log_id: row.log_id,
    at: row.at,
    system: row.system,
    reporter: row.reporter,
    severity: row.severity,
    event_name: row.event_name,
    body: row.body,
    trace_id: row.trace_id,
    span_id: row.span_id,
    resource: row.resource,
    objects: documentsOf(row.object_types, row.object_ids),
    attributes: jsonRecord(row.attributes),
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
  params: z.object({ trace: z.string() }),
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
  const [events, logs] = await Promise.all([
    reader.rows(TRACE_EVENTS, { trace: id }),
    integrationLogs(reader, { from: begun - 3600e6, to: ended + 3600e6, trace: id, limit: TRACE_LOGS }),
  ])
  const documents = new Map<string, { type: string; id: string; spans: number }>()
  for (const { objects } of spans)
    for (const object of objects) {
      const key = `${object.type}/${object.id}`
      const known = documents.get(key)
      if (known === undefined) documents.set(key, { ...object, spans: 1 })
      else known.spans++
    }
  return {
    trace_id: id,
    started_at: instantToIso(begun),
    ended_at: instantToIso(ended),
    duration_ms: (ended - begun) / 1000,
    truncated: rows.length > TRACE_SPANS,
    spans: treeOf(spans, begun),
    documents: [...documents.values()].toSorted((a, b) => b.spans - a.spans),
    events: events.map(({ object_types, object_ids, ...event }) => ({
      ...event,
      objects: documentsOf(object_types, object_ids),
    })),
    logs: logs.logs.toReversed(),
  }
}

type SpanView = ReturnType<typeof callView>

function startOf(span: SpanView): Instant {
  return instantFromIso(span.started_at) ?? 0
}

/** Spans in pre-order, children by start. A span whose parent is not there, or that is its own ancestor, stands as a root. */
function treeOf(spans: readonly SpanView[], begun: Instant) {
  const known = new Set(spans.map((span) => span.span_id))
  const children = Map.groupBy(spans, (span) =>
    known.has(span.parent_span_id) && span.parent_span_id !== span.span_id ? span.parent_span_id : '',
  )
  const shown = new Set<string>()
  const ordered: (SpanView & { depth: number; children: number; offset_ms: number; missing_parent: boolean })[] = []
  const walk = (from: readonly SpanView[]): void => {
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
