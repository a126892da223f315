import { z } from 'zod'
import { INSTANT_MIN, type Instant, instantFromIso, instantToClickHouse, instantToIso } from '../model/instant.ts'
import { STARTS, type WorkflowPace, workflowPace } from '../model/workflow-pace.ts'
import { SightlineError } from '../platform/errors.ts'
import type { Db } from '../platform/postgres/client.ts'
import { answersState } from './answers.ts'
import { CALL_WORDS, CallRow, callView } from './calls.ts'
import { cursorOf, pageOf } from './cursor.ts'
import type { Between } from './integrations.ts'
import type { Query, TenantReader } from './run.ts'

const RUN_STATUS = z.enum(['running', 'waiting', 'completed', 'failed', 'cancelled'])

const started = { system: z.string(), workflow: z.string(), last_at: z.string(), starts: z.array(z.number()) }

const RUN = z.object({
  run: z.string(),
  system: z.string(),
  workflow: z.string(),
  status: RUN_STATUS,
  started_at: z.string(),
  ended: z.string().nullable(),
  lasted_ms: z.number().nullable(),
  nodes: z.number(),
  failed_nodes: z.number(),
  verdict: z.tuple([CALL_WORDS.class, z.string(), z.string(), z.string()]),
  trace_id: z.string(),
  documents: z.array(z.tuple([z.string(), z.string()])),
})

const WORKFLOWS = {
  name: 'read/integration-runs',
  params: z.object({
    from: z.string(),
    to: z.string(),
    run: z.string(),
    workflow: z.string(),
    status: z.string(),
    after_us: z.string(),
    after_run: z.string(),
    limit: z.number(),
    minutes: z.number(),
  }),
  row: z.object({
    ...started,
    runs: z.number(),
    completed: z.number(),
    failed: z.number(),
    timeouts: z.number(),
    errors: z.number(),
    cancelled: z.number(),
    waiting: z.number(),
    open: z.number(),
    quantiles_ms: z.tuple([z.number().nullable().optional(), z.number().nullable().optional()]),
    latest: z.array(RUN.extend({ place: z.number(), started_us: z.number() })),
  }),
} satisfies Query<z.ZodRawShape, z.ZodType>

const ONE_RUN = {
  name: 'read/integration-run',
  params: z.object({ from: z.string(), to: z.string(), run: z.string(), workflow: z.string() }),
  row: RUN,
} satisfies Query<z.ZodRawShape, z.ZodType>

const EARLIER_STARTS = {
  name: 'read/run-starts',
  params: z.object({ from: z.string(), to: z.string(), workflow: z.string(), minutes: z.number() }),
  row: z.object(started),
} satisfies Query<z.ZodRawShape, z.ZodType>

const RUN_SEEN = {
  name: 'read/run-seen',
  params: z.object({ from: z.string(), to: z.string(), run: z.string() }),
  row: z.object({ first: z.string(), last: z.string(), times: z.number() }),
} satisfies Query<z.ZodRawShape, z.ZodType>

const RUN_CALLS = {
  name: 'read/integration-run-calls',
  params: z.object({ run: z.string(), from: z.string(), to: z.string(), limit: z.number() }),
  row: CallRow,
} satisfies Query<z.ZodRawShape, z.ZodType>

function runView(row: z.output<typeof RUN>) {
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

const DAY_US = 86_400e6
/** Workflows that are told of a window, most failures and missing starts first. */
const WORKFLOWS_SHOWN = 200
/** Silences of a workflow that are listed; `not_started` counts all of them. */
const GAPS_SHOWN = 50

/**
 * Runs of workflows that started in the window, the latest first, and the workflows by their runs, with the starts that were expected and
 * did not happen. A run is known from its events and from the calls of its nodes.
 *
 * @param query.now what was expected in the last minutes before it is not missing yet
 * @throws SightlineError `parameter_invalid` for a cursor that is none of ours
 */
export async function runs(
  reader: TenantReader,
  db: Db,
  query: Between & {
    workflow?: string | undefined
    status?: string | undefined
    limit: number
    after?: string | undefined
    now: Instant
  },
) {
  const cursor = cursorOf(query.after)
  const params = {
    from: instantToClickHouse(query.from),
    to: instantToClickHouse(query.to),
    run: '',
    workflow: query.workflow ?? '',
    status: query.status ?? '',
    after_us: cursor.us,
    after_run: cursor.id,
    limit: query.limit + 1,
    minutes: STARTS.minutes,
  }
  const [workflows, earlier, answers] = await Promise.all([
    reader.rows(WORKFLOWS, params),
    reader.rows(EARLIER_STARTS, {
      from: instantToClickHouse(Math.max(Math.min(query.to - STARTS.days * DAY_US, query.from), INSTANT_MIN)),
      to: params.from,
      workflow: params.workflow,
      minutes: STARTS.minutes,
    }),
    answersState(reader, db),
  ])
  // Traces are computed a little after events arrive: where those before the window are not, a start may be unknown and not missing.
  const known = answers.changed === 0 || (answers.computed_until !== null && answers.computed_until >= instantToIso(query.from))
  const found = workflows.flatMap((one) => one.latest).toSorted((a, b) => a.place - b.place)
  const { page, next } = pageOf(found, query.limit, (row) => [row.started_us, row.run])
  return {
    from: instantToIso(query.from),
    to: instantToIso(query.to),
    workflows: withPaces(workflows, known ? earlier : null, query).slice(0, WORKFLOWS_SHOWN),
    runs: page.map(runView),
    next,
  }
}

type Starts = z.output<typeof EARLIER_STARTS.row>

/**
 * Workflows with their paces, and those without a run of which starts are missing; most failures and missing starts first.
 *
 * @param earlier starts before the window; null where they are not known
 */
function withPaces(
  rows: readonly z.output<typeof WORKFLOWS.row>[],
  earlier: readonly Starts[] | null,
  scope: Between & { status?: string | undefined; now: Instant },
) {
  const keyOf = ({ system, workflow }: { system: string; workflow: string }): string => `${system}\n${workflow}`
  const before = new Map((earlier ?? []).map((row) => [keyOf(row), row]))
  const paceOf = (starts: readonly number[]) =>
    paceView(workflowPace(earlier === null ? [] : starts.slice(-STARTS.minutes), scope, scope.now))
  const ran = rows.map(({ quantiles_ms, starts, latest: _runs, ...figures }) => {
    const [p50, p95] = figures.runs === figures.open ? [] : quantiles_ms
    const known = before.get(keyOf(figures))?.starts ?? []
    before.delete(keyOf(figures))
    return { ...figures, p50_ms: p50 ?? null, p95_ms: p95 ?? null, pace: paceOf([...known, ...starts]) }
  })
  // Where one state is asked for, a workflow that is not here may have runs of another.
  const absent = scope.status === undefined ? [...before.values()] : []
  return [
    ...ran,
    ...absent
      .map(({ starts, ...workflow }) => ({ ...workflow, ...NO_RUN, pace: paceOf(starts) }))
      .filter(({ pace }) => pace.state === 'late' || (pace.not_started ?? 0) > 0),
  ].toSorted((a, b) => b.failed + (b.pace.not_started ?? 0) - a.failed - (a.pace.not_started ?? 0) || b.runs - a.runs)
}

const NO_RUN = {
  runs: 0,
  completed: 0,
  failed: 0,
  timeouts: 0,
  errors: 0,
  cancelled: 0,
  waiting: 0,
  open: 0,
  p50_ms: null,
  p95_ms: null,
} as const

function paceView({ due_by, judged_from, gaps, ...pace }: WorkflowPace) {
  const iso = (at: Instant | null): string | null => (at === null ? null : instantToIso(at))
  return {
    ...pace,
    due_by: iso(due_by),
    judged_from: iso(judged_from),
    gaps: gaps.slice(-GAPS_SHOWN).map(({ from, to, expected }) => ({ from: instantToIso(from), to: iso(to), expected })),
  }
}

const RUN_CALLS_SHOWN = 2000

/**
 * One run with the calls of its nodes.
 *
 * @throws SightlineError `not_found` where neither an event nor a call names it in the window
 */
export async function runDetail(reader: TenantReader, run: string, window: Between) {
  const missing = () =>
    new SightlineError('not_found', `No event and no call names the run "${run.slice(0, 80)}".`, {
      next: 'GET /v1/runs lists them.',
    })
  if (run === '') throw missing()
  const [seen] = await reader.rows(RUN_SEEN, { from: instantToClickHouse(window.from), to: instantToClickHouse(window.to), run })
  if (seen === undefined || seen.times === 0) throw missing()
  const first = instantFromIso(seen.first) ?? window.from
  const behind = (instantFromIso(seen.last) ?? window.to) + 1
  const [[found], calls] = await Promise.all([
    reader.rows(ONE_RUN, {
      from: instantToClickHouse(Math.max(first, window.from)),
      to: instantToClickHouse(Math.min(behind, window.to)),
      run,
      workflow: '',
    }),
    reader.rows(RUN_CALLS, {
      run,
      from: instantToClickHouse(first),
      to: instantToClickHouse(behind),
      limit: RUN_CALLS_SHOWN,
    }),
  ])
  if (found === undefined) throw missing()
  return { run: runView(found), calls: calls.map(callView) }
}
