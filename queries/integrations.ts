import { z } from 'zod'
import { type Instant, instantToClickHouse, instantToIso } from '../model/instant.ts'
import { SightlineError } from '../platform/errors.ts'
import { CALL_WORDS, CallRow, callView } from './calls.ts'
import { cursorOf, latest, pageOf } from './cursor.ts'
import type { Query, TenantReader } from './run.ts'

export type IntegrationBucket = 'minute' | 'hour' | 'day' | 'week'

/** A half-open window. */
export type Between = { from: Instant; to: Instant }

const BUCKET_US: Readonly<Record<IntegrationBucket, number>> = { minute: 60e6, hour: 3600e6, day: 86_400e6, week: 604_800e6 }
/** A series has no more buckets than this. */
const MOST_BUCKETS = 4500
const MOST_SYSTEMS = 500
const MOST_OPERATIONS = 200
const MOST_ERRORS = 100

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

const SYSTEM_FIGURES = {
  is_whole: z.union([z.boolean(), z.number()]).transform(Boolean),
  system: z.string(),
  bucket: z.string(),
  last_class: z.string(),
  kinds: z.array(CALL_WORDS.kind),
  reporters: z.array(z.string()),
  ...FIGURES,
  documents: z.number(),
  first_at: z.string(),
  last_at: z.string(),
  last_errors: z.array(
    z.tuple([
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
  ),
} as const

const SYSTEMS = {
  name: 'read/integration-systems',
  params: z.object({ ...between, system: z.string(), bucket: z.string() }),
  row: z.object(SYSTEM_FIGURES),
} satisfies Query<z.ZodRawShape, z.ZodType>

const SYSTEM = {
  name: 'read/integration-system',
  params: z.object({ ...between, system: z.string(), bucket: z.string(), limit: z.number() }),
  row: z.object({
    ...SYSTEM_FIGURES,
    cut: z.enum(['whole', 'bucket', 'operation', 'error']),
    of_kind: CALL_WORDS.kind,
    of_operation: z.string(),
    of_class: CALL_WORDS.class,
    of_category: z.string(),
    of_status: CALL_WORDS.status,
    of_status_code: z.number(),
    of_error_type: z.string(),
    last: z.tuple([z.string(), z.string(), z.string()]),
    told: z.number(),
  }),
} satisfies Query<z.ZodRawShape, z.ZodType>

const BLOCKED_COUNTS = {
  name: 'read/integration-blocked-counts',
  params: z.object({ ...between, system: z.string() }),
  row: z.object({ system: z.string(), documents: z.number() }),
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
    documents: z.number(),
  }),
} satisfies Query<z.ZodRawShape, z.ZodType>

const CALL_PAGE = {
  name: 'read/integration-call-page',
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
  row: z.object({ started_us: z.number(), trace_id: z.string(), span_id: z.string() }),
} satisfies Query<z.ZodRawShape, z.ZodType>

const CALLS = {
  name: 'read/integration-calls',
  params: z.object({ first: z.string(), last: z.string(), traces: z.array(z.string()), spans: z.array(z.string()) }),
  row: CallRow,
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

/** A window as parameters of SQL. */
export function boundsOf({ from, to }: Between): { from: string; to: string } {
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
  const [rows, counted] = await Promise.all([
    reader.rows(SYSTEMS, { ...params, bucket: scope.bucket }),
    reader.rows(BLOCKED_COUNTS, params),
  ])
  const blocked = new Map(counted.map(({ system, documents }) => [system, documents]))
  return {
    from: instantToIso(scope.from),
    to: instantToIso(scope.to),
    bucket: scope.bucket,
    systems: rows
      .filter((row) => row.is_whole)
      .slice(0, MOST_SYSTEMS)
      .map((row) => systemView(row, blocked.get(row.system) ?? 0)),
    buckets: rows.filter((row) => !row.is_whole).map(bucketView),
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
  const [rows, blocked] = await Promise.all([
    reader.rows(SYSTEM, { ...params, bucket: scope.bucket, limit: MOST_BUCKETS }),
    reader.rows(BLOCKED, params),
  ])
  const cuts = Map.groupBy(rows, ({ cut }) => cut)
  const found = cuts.get('whole')?.[0]
  if (found === undefined || system === '')
    throw new SightlineError('not_found', `Nothing reported on "${system.slice(0, 80)}" in this window.`, {
      next: 'Choose a longer window.',
    })
  return {
    from: instantToIso(scope.from),
    to: instantToIso(scope.to),
    bucket: scope.bucket,
    system: systemView(found, blocked[0]?.documents ?? 0),
    buckets: (cuts.get('bucket') ?? []).map(bucketView),
    operations: (cuts.get('operation') ?? []).slice(0, MOST_OPERATIONS).map((row) => ({
      kind: row.of_kind,
      operation: row.of_operation,
      ...figures(row),
      last_at: row.last_at,
    })),
    errors: (cuts.get('error') ?? []).slice(0, MOST_ERRORS).map(({ last: [message, trace_id, span_id], ...row }) => ({
      class: row.of_class,
      category: row.of_category,
      status: row.of_status,
      status_code: row.of_status_code,
      error_type: row.of_error_type,
      calls: row.calls,
      documents: row.documents,
      first_at: row.first_at,
      last_at: row.last_at,
      message,
      trace_id,
      span_id,
    })),
    blocked: blocked.map(({ documents: _all, ...document }) => document),
  }
}

function bucketView(row: z.output<typeof SYSTEMS.row>) {
  return { bucket: row.bucket, system: row.system, ...counts(row) }
}

function systemView(row: z.output<typeof SYSTEMS.row>, documentsBlocked: number) {
  return {
    system: row.system,
    system_class: row.last_class,
    kinds: row.kinds,
    reporters: row.reporters,
    ...figures(row),
    documents: row.documents,
    documents_blocked: documentsBlocked,
    first_at: row.first_at,
    last_at: row.last_at,
    last_error: lastError(row.last_errors[0]),
  }
}

function lastError(found: z.output<typeof SYSTEMS.row>['last_errors'][number] | undefined) {
  if (found === undefined) return null
  const [at, operation, status, status_code, error_type, message, kind, category, trace_id, span_id] = found
  return { at, operation, status, status_code, error_type, message, class: kind, category, trace_id, span_id }
}

/** A filter that may be missing. */
export type Maybe = string | undefined

/**
 * Splits `type/id`; both empty where there is none.
 *
 * @throws SightlineError `parameter_invalid` for any other text
 */
export function objectParams(object: Maybe): { object_type: string; object_id: string } {
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
    reader.rows(CALL_PAGE, { ...params, ...boundsOf(window) }),
  )
  const { page, next } = pageOf(rows, query.limit, (row) => [row.started_us, `${row.trace_id}\n${row.span_id}`])
  const calls = await callsOf(reader, page)
  return { from: instantToIso(query.from), to: instantToIso(query.to), calls: calls.map(callView), next }
}

/** What is shown of the calls of a page, the latest first. */
async function callsOf(reader: TenantReader, page: readonly z.output<typeof CALL_PAGE.row>[]): Promise<CallRow[]> {
  const [latestOne, earliestOne] = [page[0], page.at(-1)]
  if (latestOne === undefined || earliestOne === undefined) return []
  return reader.rows(CALLS, {
    first: instantToClickHouse(earliestOne.started_us),
    last: instantToClickHouse(latestOne.started_us),
    traces: page.map(({ trace_id }) => trace_id),
    spans: page.map(({ span_id }) => span_id),
  })
}
