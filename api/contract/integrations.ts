import { z } from 'zod'
import { CALL_CLASSES, CALL_KINDS, CALL_STATUSES } from '../../model/call.ts'
import { Window } from './common.ts'

export const INTEGRATION_BUCKETS = ['minute', 'hour', 'day', 'week'] as const

const bucket = z.enum(INTEGRATION_BUCKETS).default('hour').describe('of the series; weeks start on Monday, buckets are in UTC')
const limit = (max: number, usual: number) => z.coerce.number().int().min(1).max(max).default(usual)
const after = z.string().max(600).optional().describe('cursor: `next` of the page before')
const name = z.string().max(512)

/** The window of integrations defaults to the last 24 hours. */
export const IntegrationsQuery = Window.extend({ bucket })

/** Figures over `calls` calls: that is the n of every rate and duration here. */
const figures = {
  calls: z.int().describe('spans that are calls, each once also where both sides report it; runs of workflows are no calls'),
  ok: z.int(),
  technical: z.int().describe('failed technically'),
  business: z.int().describe('ended with a verdict that policy rejects: no failure of the connector'),
  unknown: z.int().describe('ended badly, class unknown'),
  error_rate: z.number().nullable().describe('technical / calls; null of no calls'),
  throttled: z.int(),
  unauthenticated: z.int(),
  refused: z.int(),
  timeouts: z.int(),
  cancelled: z.int(),
  retries: z.int().describe('calls that were a second or later attempt'),
  p50_ms: z.number().nullable().describe('exact quantiles over the calls'),
  p95_ms: z.number().nullable(),
  p99_ms: z.number().nullable(),
}

export const Figures = z.object(figures).meta({ id: 'CallFigures' })
export type Figures = z.output<typeof Figures>

export const LastError = z.object({
  at: z.string(),
  operation: z.string(),
  status: z.enum(CALL_STATUSES),
  status_code: z.int().describe('HTTP or gRPC status; 0 when none'),
  error_type: z.string(),
  message: z.string(),
  class: z.enum(CALL_CLASSES),
  category: z.string(),
  trace_id: z.string(),
  span_id: z.string(),
})
export type LastError = z.output<typeof LastError>

export const IntegrationSystem = z
  .object({
    system: z.string(),
    system_class: z.string().describe('empty when not known'),
    kinds: z.array(z.enum(CALL_KINDS)),
    reporters: z.array(z.string()).describe('services that report on it, at most 20'),
    ...figures,
    documents: z.int().describe('documents that its calls served'),
    documents_blocked: z.int().describe('documents with an operation whose last call in the window failed technically'),
    first_at: z.string(),
    last_at: z.string(),
    last_error: LastError.nullable().describe('the last call that failed technically'),
  })
  .meta({ id: 'IntegrationSystem' })
export type IntegrationSystem = z.output<typeof IntegrationSystem>

export const IntegrationBucket = z.object({
  bucket: z.string(),
  system: z.string(),
  calls: z.int(),
  ok: z.int(),
  technical: z.int(),
  business: z.int(),
  unknown: z.int(),
  throttled: z.int(),
  unauthenticated: z.int(),
  refused: z.int(),
  timeouts: z.int(),
  cancelled: z.int(),
  retries: z.int(),
  p50_ms: z.number().nullable(),
  p95_ms: z.number().nullable(),
  p99_ms: z.number().nullable(),
})
export type IntegrationBucket = z.output<typeof IntegrationBucket>

export const Integrations = z
  .object({
    from: z.string(),
    to: z.string(),
    bucket: z.enum(INTEGRATION_BUCKETS),
    systems: z.array(IntegrationSystem).describe('most technical failures first, then most calls; at most 500'),
    buckets: z.array(IntegrationBucket).describe('by bucket, then system; buckets without calls are left out'),
  })
  .meta({ id: 'Integrations' })
export type Integrations = z.output<typeof Integrations>

const document = z.object({ type: z.string(), id: z.string() })

export const IntegrationDetail = z
  .object({
    from: z.string(),
    to: z.string(),
    bucket: z.enum(INTEGRATION_BUCKETS),
    system: IntegrationSystem,
    buckets: z.array(IntegrationBucket),
    operations: z
      .array(z.object({ kind: z.enum(CALL_KINDS), operation: z.string(), ...figures, last_at: z.string() }))
      .describe('most technical failures first, then most calls; at most 200'),
    errors: z
      .array(
        z.object({
          class: z.enum(CALL_CLASSES),
          category: z.string(),
          status: z.enum(CALL_STATUSES),
          status_code: z.int(),
          error_type: z.string(),
          message: z.string().describe('of the last one'),
          calls: z.int(),
          documents: z.int(),
          first_at: z.string(),
          last_at: z.string(),
          trace_id: z.string().describe('of the last one'),
          span_id: z.string(),
        }),
      )
      .describe('what went wrong, by kind of error; at most 100'),
    blocked: z
      .array(
        document.extend({
          operation: z.string(),
          since: z.string().describe('first failure after the last success in the window'),
          last_at: z.string(),
          failures: z.int(),
          message: z.string(),
          trace_id: z.string(),
        }),
      )
      .describe('documents whose last call of an operation failed technically; the longest blocked first, at most 200'),
  })
  .meta({ id: 'IntegrationDetail' })
export type IntegrationDetail = z.output<typeof IntegrationDetail>

export const IntegrationCall = z
  .object({
    trace_id: z.string(),
    span_id: z.string(),
    parent_span_id: z.string(),
    started_at: z.string(),
    duration_ms: z.number(),
    system: z.string(),
    system_class: z.string(),
    reporter: z.string(),
    kind: z.enum(CALL_KINDS),
    span_kind: z.string().describe('client, server, producer, consumer or internal; empty when not told'),
    operation: z.string(),
    status: z.enum(CALL_STATUSES),
    status_code: z.int(),
    error_type: z.string(),
    message: z.string(),
    attempt: z.int().describe('from 1; 0 when not told'),
    class: z.enum(CALL_CLASSES),
    category: z.string(),
    reaction: z.string(),
    workflow: z.string(),
    workflow_run: z.string(),
    queue: z.string(),
    objects: z.array(document),
    attributes: z.record(z.string(), z.unknown()),
  })
  .meta({ id: 'IntegrationCall' })
export type IntegrationCall = z.output<typeof IntegrationCall>

export const CallsQuery = Window.extend({
  system: name.optional(),
  kind: z.enum(CALL_KINDS).optional(),
  operation: name.optional(),
  status: z
    .enum([...CALL_STATUSES, 'not_ok'])
    .optional()
    .describe('not_ok: every one but ok'),
  class: z.enum(CALL_CLASSES).optional(),
  object: z.string().max(720).optional().describe('type/id of a document'),
  trace: z.string().max(64).optional(),
  workflow: name.optional(),
  run: name.optional(),
  queue: name.optional(),
  limit: limit(500, 100),
  after,
})

export const Calls = z
  .object({ from: z.string(), to: z.string(), calls: z.array(IntegrationCall), next: z.string().nullable() })
  .meta({ id: 'Calls' })
export type Calls = z.output<typeof Calls>

export const LogRecord = z
  .object({
    log_id: z.string(),
    at: z.string(),
    system: z.string(),
    reporter: z.string(),
    severity: z.string().describe('trace, debug, info, warn, error or fatal; empty when not told'),
    event_name: z.string().describe('`k8s.BackOff` and the like for events of Kubernetes; empty for a plain log'),
    body: z.string(),
    trace_id: z.string(),
    span_id: z.string(),
    resource: z.string().describe('container, pod, node or database'),
    objects: z.array(document),
    attributes: z.record(z.string(), z.unknown()),
  })
  .meta({ id: 'LogRecord' })
export type LogRecord = z.output<typeof LogRecord>

export const LOG_SEVERITIES = ['trace', 'debug', 'info', 'warn', 'error', 'fatal'] as const

export const LogsQuery = Window.extend({
  system: name.optional(),
  severity: z.enum(LOG_SEVERITIES).optional().describe('this one and worse'),
  event: name.optional().describe('name of an event record'),
  trace: z.string().max(64).optional(),
  resource: name.optional(),
  q: z.string().max(200).optional().describe('part of the body, letter case ignored'),
  limit: limit(500, 100),
  after,
})

export const Logs = z
  .object({ from: z.string(), to: z.string(), logs: z.array(LogRecord), next: z.string().nullable() })
  .meta({ id: 'Logs' })
export type Logs = z.output<typeof Logs>

export const Trace = z
  .object({
    trace_id: z.string(),
    started_at: z.string(),
    ended_at: z.string(),
    duration_ms: z.number(),
    truncated: z.boolean().describe('the trace has more spans than are shown'),
    spans: z
      .array(
        IntegrationCall.extend({
          depth: z.int().describe('0 for a root, and for a span whose parent is not known'),
          children: z.int(),
          offset_ms: z.number().describe('from the start of the trace'),
          missing_parent: z.boolean().describe('its parent was not sent here'),
        }),
      )
      .describe('as a tree in pre-order: a span, its children by start, theirs …; at most 2000'),
    documents: z.array(document.extend({ spans: z.int() })),
    events: z
      .array(
        z.object({
          event_id: z.string(),
          occurred_at: z.string(),
          activity: z.string(),
          system: z.string(),
          objects: z.array(document),
        }),
      )
      .describe('workflow events that carry the trace, on its documents'),
    logs: z.array(LogRecord).describe('by time; at most 500'),
  })
  .meta({ id: 'Trace' })
export type Trace = z.output<typeof Trace>

export const TracesQuery = Window.extend({
  system: name.optional(),
  object: z.string().max(720).optional().describe('type/id of a document'),
  status: z
    .enum([...CALL_STATUSES, 'not_ok'])
    .optional()
    .describe('a span of the trace ended so'),
  limit: limit(200, 50),
  after,
})

export const Traces = z
  .object({
    from: z.string(),
    to: z.string(),
    traces: z.array(
      z.object({
        trace_id: z.string(),
        started_at: z.string(),
        duration_ms: z.number(),
        root: z.object({ system: z.string(), kind: z.enum(CALL_KINDS), operation: z.string() }).describe('its earliest span'),
        spans: z.int(),
        failed: z.int().describe('spans that failed technically'),
        systems: z.array(z.string()),
        documents: z.array(document).describe('at most 20'),
      }),
    ),
    next: z.string().nullable(),
  })
  .meta({ id: 'Traces' })
export type Traces = z.output<typeof Traces>

export const QueuesQuery = Window.extend({
  bucket,
  system: name.optional(),
  measure: z.string().max(100).optional().describe('queue_depth, consumer_lag, restarts, connections, memory …'),
  resource: name.optional(),
  limit: limit(500, 200).describe('series'),
})

export const Queues = z
  .object({
    from: z.string(),
    to: z.string(),
    bucket: z.enum(INTEGRATION_BUCKETS),
    measures: z
      .array(z.object({ measure: z.string(), series: z.int(), points: z.int() }))
      .describe('what there is in the window'),
    series: z
      .array(
        z.object({
          id: z.string(),
          system: z.string(),
          measure: z.string(),
          name: z.string(),
          resource: z.string().describe('queue, topic, container, pod or database'),
          reporter: z.string(),
          unit: z.string(),
          counter: z.boolean().describe('the value only grows: `increase` is what counts'),
          last_at: z.string(),
          last: z.number(),
          max: z.number(),
          increase: z.number().nullable().describe('growth in the window, a reset counted as zero; null unless a counter'),
          n: z.int().describe('points in the window'),
          attributes: z.record(z.string(), z.unknown()),
          points: z.array(
            z.object({
              bucket: z.string(),
              last: z.number(),
              min: z.number(),
              max: z.number(),
              increase: z.number().nullable(),
              n: z.int(),
            }),
          ),
        }),
      )
      .describe('highest last value first within a measure'),
  })
  .meta({ id: 'Queues' })
export type Queues = z.output<typeof Queues>

/** How a run of a workflow stands. */
export const RUN_STATUSES = ['running', 'waiting', 'completed', 'failed', 'cancelled'] as const

export const RunsQuery = Window.extend({
  workflow: name.optional(),
  status: z.enum(RUN_STATUSES).optional(),
  limit: limit(500, 100),
  after,
})

export const Run = z
  .object({
    run: z.string().describe('system:id, such as n8n:8123'),
    system: z.string(),
    workflow: z.string(),
    status: z.enum(RUN_STATUSES),
    started_at: z.string(),
    ended_at: z.string().nullable(),
    duration_ms: z.number().nullable(),
    nodes: z.int().describe('node calls'),
    failed_nodes: z.int().describe('of them: failed technically'),
    class: z.enum(CALL_CLASSES),
    category: z.string(),
    code: z.string(),
    message: z.string(),
    trace_id: z.string(),
    documents: z.array(document).describe('at most 20'),
  })
  .meta({ id: 'Run' })
export type Run = z.output<typeof Run>

/** A workflow against its own starts. */
export const WorkflowPace = z
  .object({
    state: z
      .enum(['fresh', 'late', 'silent', 'learning'])
      .describe('whether a start is overdue at the end of the window; learning: not known well enough'),
    judged_by: z
      .enum(['schedule', 'pace'])
      .nullable()
      .describe('schedule: gaps are alike; pace: only a silence it never had is told'),
    learned_from_n: z.int().describe('gaps between starts in the six weeks before the end of the window'),
    due_by: z.string().nullable().describe('when the next start is overdue'),
    judged_from: z.string().nullable().describe('later than the window where fewer starts are known, or more than are looked at'),
    not_started: z.int().nullable().describe('starts expected in the window that did not happen; null while learning'),
    gaps: z
      .array(
        z.object({
          from: z.string().describe('minute of the last start before'),
          to: z.string().nullable().describe('minute of the next start; null where none came'),
          expected: z.int().describe('starts expected in between and within the window'),
        }),
      )
      .describe('when they were expected; the latest 50, earliest first'),
  })
  .meta({ id: 'WorkflowPace' })
export type WorkflowPace = z.output<typeof WorkflowPace>

export const Runs = z
  .object({
    from: z.string(),
    to: z.string(),
    workflows: z
      .array(
        z.object({
          system: z.string(),
          workflow: z.string(),
          runs: z.int(),
          completed: z.int(),
          failed: z.int(),
          timeouts: z.int().describe('of failed: by a timeout'),
          errors: z.int().describe('of failed: by another technical cause; the others met a business verdict or say nothing'),
          cancelled: z.int(),
          waiting: z.int(),
          open: z.int().describe('running or waiting'),
          p50_ms: z.number().nullable().describe('over ended runs, exact'),
          p95_ms: z.number().nullable(),
          last_at: z.string().describe('start of the latest run, also one before the window where none is in it'),
          pace: WorkflowPace,
        }),
      )
      .describe('most failures and missing starts first; one without a run where starts are missing'),
    runs: z.array(Run).describe('latest started first'),
    next: z.string().nullable(),
  })
  .meta({ id: 'Runs' })
export type Runs = z.output<typeof Runs>

export const RunDetail = z
  .object({ run: Run, calls: z.array(IntegrationCall).describe('nodes and calls in order of start; at most 2000') })
  .meta({ id: 'RunDetail' })
export type RunDetail = z.output<typeof RunDetail>
