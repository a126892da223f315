import { z } from 'zod'
import { instantFromIso, instantToClickHouse, instantToIso } from '../model/instant.ts'
import { SightlineError } from '../platform/errors.ts'
import { CALL_WORDS, CallRow, callView } from './calls.ts'
import { cursorOf, pageOf } from './cursor.ts'
import type { Between } from './integrations.ts'
import type { Query, TenantReader } from './run.ts'

const RUN_STATUS = z.enum(['running', 'waiting', 'completed', 'failed', 'cancelled'])

const narrowed = { from: z.string(), to: z.string(), run: z.string(), workflow: z.string(), status: z.string() }

const RUNS = {
  name: 'read/integration-runs',
  params: z.object({ ...narrowed, after_us: z.string(), after_run: z.string(), limit: z.number() }),
  row: z.object({
    run: z.string(),
    system: z.string(),
    workflow: z.string(),
    status: RUN_STATUS,
    started_at: z.string(),
    started_us: z.number(),
    ended: z.string().nullable(),
    lasted_ms: z.number().nullable(),
    nodes: z.number(),
    failed_nodes: z.number(),
    verdict: z.tuple([CALL_WORDS.class, z.string(), z.string(), z.string()]),
    trace_id: z.string(),
    documents: z.array(z.tuple([z.string(), z.string()])),
  }),
} satisfies Query<z.ZodRawShape, z.ZodType>

const WORKFLOWS = {
  name: 'read/integration-workflows',
  params: z.object(narrowed),
  row: z.object({
    system: z.string(),
    workflow: z.string(),
    runs: z.number(),
    completed: z.number(),
    failed: z.number(),
    open: z.number(),
    quantiles_ms: z.tuple([z.number().nullable().optional(), z.number().nullable().optional()]),
    last_at: z.string(),
  }),
} satisfies Query<z.ZodRawShape, z.ZodType>

const RUN_CALLS = {
  name: 'read/integration-run-calls',
  params: z.object({ run: z.string(), from: z.string(), to: z.string(), limit: z.number() }),
  row: CallRow,
} satisfies Query<z.ZodRawShape, z.ZodType>

function runView(row: z.output<typeof RUNS.row>) {
  const [kind, category, code, message] = row.verdict
  return {
    run: row.run,
    system: row.system,
    workflow: row.workflow,
    status: row.status,
    started_at: row.started_at,
    ended_at: row.ended,
    duration_ms: row.lasted_ms,
    nodes: row.nodes,
    failed_nodes: row.failed_nodes,
    class: kind,
    category,
    code,
    message,
    trace_id: row.trace_id,
    documents: row.documents.map(([type, id]) => ({ type, id })),
  }
}

/**
 * Runs of workflows that started in the window, the latest first, and the workflows by their runs. A run is known from its events and from
 * the calls of its nodes.
 *
 * @throws SightlineError `parameter_invalid` for a cursor that is none of ours
 */
export async function runs(
  reader: TenantReader,
  query: Between & { workflow?: string | undefined; status?: string | undefined; limit: number; after?: string | undefined },
) {
  const cursor = cursorOf(query.after)
  const params = {
    from: instantToClickHouse(query.from),
    to: instantToClickHouse(query.to),
    run: '',
    workflow: query.workflow ?? '',
    status: query.status ?? '',
  }
  const [rows, workflows] = await Promise.all([
    reader.rows(RUNS, { ...params, after_us: cursor.us, after_run: cursor.id, limit: query.limit + 1 }),
    reader.rows(WORKFLOWS, params),
  ])
  const { page, next } = pageOf(rows, query.limit, (row) => [row.started_us, row.run])
  return {
    from: instantToIso(query.from),
    to: instantToIso(query.to),
    workflows: workflows.map(({ quantiles_ms, ...workflow }) => {
      const [p50, p95] = workflow.runs === workflow.open ? [] : quantiles_ms
      return { ...workflow, p50_ms: p50 ?? null, p95_ms: p95 ?? null }
    }),
    runs: page.map(runView),
    next,
  }
}

const RUN_CALLS_SHOWN = 2000

/**
 * One run with the calls of its nodes.
 *
 * @throws SightlineError `not_found` where neither an event nor a call names it in the window
 */
export async function runDetail(reader: TenantReader, run: string, window: Between) {
  const bounds = { from: instantToClickHouse(window.from), to: instantToClickHouse(window.to) }
  const [found] = await reader.rows(RUNS, {
    ...bounds,
    run,
    workflow: '',
    status: '',
    after_us: cursorOf(undefined).us,
    after_run: '',
    limit: 1,
  })
  if (found === undefined || run === '')
    throw new SightlineError('not_found', `No event and no call names the run "${run.slice(0, 80)}".`, {
      next: 'GET /v1/runs lists them.',
    })
  const started = instantFromIso(found.started_at) ?? window.from
  const calls = await reader.rows(RUN_CALLS, {
    run,
    from: instantToClickHouse(started - 86_400e6),
    to: instantToClickHouse(started + 30 * 86_400e6),
    limit: RUN_CALLS_SHOWN,
  })
  return { run: runView(found), calls: calls.map(callView) }
}
