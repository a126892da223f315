import type { Outcome } from '../batch.ts'
import { type Cloud, eventsOf, type Format, type FormatContext, type RecordIn, rejected } from '../format.ts'
import { together } from '../payload/compile.ts'
import { given, isJson, type Json, objectOf, text } from '../payload/fields.ts'
import { parseJson } from '../payload/json.ts'
import { readRecords } from '../transport/records.ts'

/** Names of n8n's events, and what they are. */
const EVENTS: Readonly<Record<string, { canonical: string; lifecycle?: string; status?: string }>> = {
  'n8n.workflow.started': { canonical: 'workflow_run.started', lifecycle: 'started' },
  'n8n.workflow.success': { canonical: 'workflow_run.completed', lifecycle: 'completed', status: 'ok' },
  'n8n.workflow.failed': { canonical: 'workflow_run.failed', lifecycle: 'completed', status: 'failed' },
  'n8n.workflow.crashed': { canonical: 'workflow_run.failed', lifecycle: 'completed', status: 'failed' },
  'n8n.workflow.cancelled': { canonical: 'workflow_run.cancelled', lifecycle: 'cancelled', status: 'cancelled' },
  'n8n.workflow.waiting': { canonical: 'workflow_run.waiting', lifecycle: 'suspended' },
  'n8n.node.started': { canonical: 'workflow_run.step_started', lifecycle: 'started' },
  'n8n.node.finished': { canonical: 'workflow_run.step_completed', lifecycle: 'completed' },
}

/** Why the other kinds of message are left out, by the beginning of their name. */
const DROPS: readonly (readonly [prefix: string, reason: string])[] = [
  ['n8n.audit.', 'An audit message of n8n: who changed a workflow or signed in, no run of a workflow.'],
  ['n8n.ai.', 'A message of an AI node inside of a run; the node itself is kept as a step.'],
  ['n8n.queue.', "A message of n8n's own queue; the run itself is kept."],
  ['n8n.runner.', "A message of n8n's task runner; the run itself is kept."],
  ['n8n.execution.', 'A message of how n8n schedules runs; the run itself is kept.'],
  ['n8n.destination.', 'A message of the log streaming itself.'],
]

/**
 * Lines of n8n's log streaming and of its event log file, one JSON message each (`__type`, `id`, `ts`, `eventName`, `payload`), also
 * as posted to a webhook. A message that n8n sends again after a restart has the id that it had.
 */
export const n8nLog: Format = {
  name: 'n8n-log',
  title: 'n8n log streaming',
  mapping: 'optional',
  media: ['application/json', 'application/x-ndjson'],
  limit: 4 * 1024 * 1024,
  split(record) {
    const body = Buffer.from(record.body.buffer, record.body.byteOffset, record.body.byteLength)
    const parts: RecordIn[] = []
    for (const { start, end } of readRecords(body, framingOf(body)))
      if (end > start) parts.push({ ...record, body: record.body.subarray(start, end) })
    return parts.length === 0 ? [record] : parts
  },
  read(record, context) {
    const whole = parseJson(record.body)
    if ('value' in whole && !Array.isArray(whole.value)) return readMessage(whole.value, record, context)
    const body = Buffer.from(record.body.buffer, record.body.byteOffset, record.body.byteLength)
    const outcomes: Outcome[] = []
    for (const item of readRecords(body, framingOf(body)))
      outcomes.push(
        'refusal' in item
          ? rejected(item.refusal.code, item.refusal.message)
          : readMessage(item.value, record, { ...context, seq: context.seq + item.index }),
      )
    return outcomes.length === 0 ? { drop: 'holds no messages' } : together(outcomes)
  },
}

/** An array or one object is JSON; several objects, one a line, are not. */
function framingOf(body: Buffer): 'json' | 'ndjson' {
  const end = body.indexOf(0x0a)
  const first = body.toString('utf8', 0, end === -1 ? body.length : end).trim()
  return first.startsWith('{') && first.endsWith('}') ? 'ndjson' : 'json'
}

function readMessage(value: unknown, record: RecordIn, context: FormatContext): Outcome {
  if (!isJson(value)) return rejected('n8n_invalid', 'is no message of n8n: no JSON object')
  const name = text(value['eventName'])
  context.seen?.(name.slice(0, 60), value)
  if (context.mapping !== null) return context.mapping.read(value, { ...context, headers: record.headers, key: record.key })
  if (value['__type'] === '$$EventMessageConfirm')
    return { drop: 'Says that n8n delivered another message; that message is kept.' }
  if (name === '') return rejected('n8n_invalid', 'is no message of n8n: eventName is missing')
  const known = EVENTS[name]
  if (known === undefined) {
    const reason = DROPS.find(([prefix]) => name.startsWith(prefix))?.[1]
    return { drop: reason ?? `A message "${name.slice(0, 80)}" of n8n, which says nothing of a run.` }
  }
  const id = text(value['id'])
  if (id === '') return rejected('n8n_invalid', 'is no message of n8n: id is missing')
  return eventsOf([cloudOf(value, name, id, known, context)], context)
}

function cloudOf(
  message: Json,
  name: string,
  id: string,
  known: { canonical: string; lifecycle?: string; status?: string },
  context: FormatContext,
): Cloud {
  const payload = objectOf(message['payload'])
  const execution = text(payload['executionId'])
  const system = context.system ?? 'n8n'
  const run = `${system}:${execution}`
  const workflow = text(payload['workflowName'])
  const isNode = name.startsWith('n8n.node.')
  const error = text(payload['errorMessage']) || text(objectOf(payload['error'])['message'])
  const crashed = name === 'n8n.workflow.crashed'
  return {
    specversion: '1.0',
    id,
    source: context.source,
    type: name,
    time: text(message['ts']),
    data: given({
      activity: name,
      canonical: known.canonical,
      objects: execution === '' ? [] : [given({ type: 'workflow_run', id: run, qualifier: workflow })],
      workflow_run: execution === '' ? '' : run,
      lifecycle: known.lifecycle,
      step: isNode ? text(payload['nodeName']) : text(payload['lastNodeExecuted']),
      system,
      system_class: 'workflow',
      outcome:
        known.status === undefined
          ? undefined
          : given({
              status: known.status,
              code: crashed ? 'N8N_CRASHED' : text(payload['errorType']) || text(payload['errorNodeType']),
              message: (crashed && error === '' ? 'The run ended without a result: the n8n process crashed.' : error).slice(
                0,
                2000,
              ),
            }),
      attributes: given({
        workflow,
        workflow_id: text(payload['workflowId']),
        node_type: text(payload['nodeType']),
        manual: payload['isManual'],
        user: text(payload['userId']),
      }),
    }),
  }
}
