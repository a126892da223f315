import { type Event, isRefusal, readEvent } from '../../model/event.ts'
import { type Instant, instantFromIso, instantToIso } from '../../model/instant.ts'
import { clean } from './n8n-documents.ts'
import { given, isJson, type Json, objectOf, text } from '../payload/fields.ts'
import { callsOf } from './n8n-calls.ts'
import {
  durationOf,
  endOf,
  errorOf,
  isFinal,
  isOver,
  lastNodeOf,
  MOST_STEPS,
  nodeRuns,
  type Run,
  type RunContext,
  runOf,
  saidBy,
  startOf,
  statusOfRun,
  stepStatus,
  type Told,
} from './n8n-run.ts'
import type { PulledOutcome } from './port.ts'

/**
 * Reads one execution of n8n's API as events of its run, and its nodes as calls.
 *
 * The identity of an event is the execution's id with what is told: `8123:running`, `8123:waiting:2026-…`, `8123:success`,
 * `8123:node:SAP:0`. Documents are those that the configured paths and the custom data of the run name.
 */
export function readExecution(value: unknown, told: Told, context: RunContext): PulledOutcome {
  if (!isJson(value)) return refused('n8n_invalid', 'is no execution of n8n: no JSON object')
  const id = text(value['id'])
  if (!/^[\w-]{1,64}$/u.test(id)) return refused('n8n_invalid', 'is no execution of n8n: id is missing')
  const status = statusOfRun(value)
  const started = startOf(value)
  if (started === null) {
    if (status === 'new' || status === 'canceled') return { events: [], calls: [] }
    return refused('n8n_invalid', `execution ${id}: startedAt is no instant`)
  }
  const run = runOf(value, id, started, status, context)
  const clouds = [
    ...(told.started ? [] : [startEvent(run)]),
    ...stepEvents(run, told),
    ...(status === 'waiting' && !told.waits.includes(text(value['stoppedAt'])) ? [waitEvent(run)] : []),
    ...(isFinal(status) ? [endEvent(run)] : []),
  ]
  const events: Event[] = []
  for (const [at, cloud] of clouds.entries()) {
    const event = readEvent(cloud, {
      tenant: context.tenant,
      receivedAt: context.receivedAt,
      fallbackSeq: context.seq + at,
    })
    if (isRefusal(event)) return refused(event.code, `execution ${id}: ${event.message}`)
    events.push(event)
  }
  return { events, calls: context.calls ? callsOf(run, told) : [] }
}

function refused(code: string, message: string): PulledOutcome {
  return { reject: { code, message } }
}

function cloudOf(run: Run, what: string, canonical: string, at: Instant, data: Record<string, unknown>) {
  const { attributes, ...rest } = data
  return {
    specversion: '1.0',
    id: `${run.id}:${what}`,
    source: run.source,
    type: canonical,
    time: instantToIso(at),
    data: {
      activity: canonical,
      objects: run.objects,
      workflow_run: run.name,
      system: run.system,
      system_class: 'workflow',
      ...rest,
      attributes: given({
        workflow: run.workflow,
        workflow_id: run.workflowId,
        mode: text(run.execution['mode']),
        retry_of: text(run.execution['retryOf']) === '' ? '' : `${run.system}:${text(run.execution['retryOf'])}`,
        ...(attributes as Record<string, unknown> | undefined),
      }),
    },
  }
}

/** The start names the run alone: its documents may become known only later, and what was told must not change. */
function startEvent(run: Run) {
  const cloud = cloudOf(run, 'running', 'workflow_run.started', run.started, { lifecycle: 'started' })
  return { ...cloud, data: { ...cloud.data, objects: run.objects.slice(0, 1) } }
}

function stepEvents(run: Run, told: Told) {
  const clouds = []
  for (const [node, runs] of nodeRuns(run.execution))
    for (const [index, step] of runs.entries()) {
      if (index < (told.steps[node] ?? 0) || !isOver(step) || clouds.length >= MOST_STEPS) continue
      clouds.push(
        cloudOf(run, `node:${node.slice(0, 300)}:${index}`, 'workflow_run.step_completed', endOf(step), {
          lifecycle: 'completed',
          step: node.slice(0, 200),
          outcome: outcomeOf(stepStatus(step), objectOf(step['error'])),
          attributes: given({ node_type: run.nodes.get(node)?.type ?? '', duration_ms: durationOf(step) }),
        }),
      )
    }
  return clouds
}

function waitEvent(run: Run) {
  const until = instantFromIso(text(run.execution['waitTill']), 0)
  // A wait without an end has a date far ahead.
  const due = until !== null && until < run.stopped + 366 * 86_400e6 ? { due_at: instantToIso(until) } : {}
  const last = lastNodeOf(run.execution)
  return cloudOf(run, `waiting:${text(run.execution['stoppedAt'])}`, 'workflow_run.waiting', run.stopped, {
    lifecycle: 'suspended',
    ...(last === '' ? {} : { step: last.slice(0, 200) }),
    ...due,
  })
}

const ENDS = {
  success: ['workflow_run.completed', 'completed'],
  error: ['workflow_run.failed', 'completed'],
  crashed: ['workflow_run.failed', 'completed'],
  canceled: ['workflow_run.cancelled', 'cancelled'],
} as const

function endEvent(run: Run) {
  const [canonical, lifecycle] = ENDS[run.status as keyof typeof ENDS]
  const error = errorOf(run.execution)
  const outcome =
    run.status === 'crashed'
      ? {
          status: 'failed',
          code: 'N8N_CRASHED',
          message: text(error['message']).slice(0, 2000) || 'The run ended without a result: the n8n process crashed.',
        }
      : outcomeOf(run.status === 'success' ? 'ok' : run.status === 'canceled' ? 'cancelled' : 'failed', error)
  const last = lastNodeOf(run.execution)
  const steps = [...nodeRuns(run.execution)].reduce((sum, [, runs]) => sum + runs.filter(isOver).length, 0)
  return cloudOf(run, run.status, canonical, run.stopped, {
    lifecycle,
    outcome,
    ...(last === '' ? {} : { step: last.slice(0, 200) }),
    attributes: given({
      duration_ms: (run.stopped - run.started) / 1000,
      ...(steps > MOST_STEPS ? { steps, steps_left_out: steps - MOST_STEPS } : {}),
    }),
  })
}

function outcomeOf(status: 'ok' | 'failed' | 'cancelled', error: Json): Record<string, unknown> {
  if (status === 'ok') return { status }
  const { http, type, message } = saidBy(error)
  return given({ status, code: http === 0 ? type : `HTTP ${http}`, message: clean(message) })
}
