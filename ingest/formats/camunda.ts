import { instantToIso } from '../../model/instant.ts'
import type { Outcome } from '../batch.ts'
import { type Cloud, eventsOf, type Format, type FormatContext, rejected } from '../format.ts'
import { documentsIn, documentType } from '../payload/documents.ts'
import { given, isJson, type Json, objectOf, text } from '../payload/fields.ts'
import { parseJson } from '../payload/json.ts'

/** What a record says happened; `null` fields are left out. */
type Happening = {
  canonical?: string
  /** CloudEvents type, where it carries a signal for classification. */
  type?: string
  data?: Record<string, unknown>
  documents?: { type: string; id: string }[]
}
type Verdict = Happening | { drop: string }

/** Elements of a process that are steps of it, rather than its wiring. */
const STEPS = /(?:TASK|CALL_ACTIVITY|SUB_PROCESS)$/u
const STATES: Readonly<Record<string, { canonical?: string; lifecycle: string; process: string }>> = {
  ELEMENT_ACTIVATED: { canonical: 'workflow_run.step_started', process: 'workflow_run.started', lifecycle: 'started' },
  ELEMENT_COMPLETED: { canonical: 'workflow_run.step_completed', process: 'workflow_run.completed', lifecycle: 'completed' },
  ELEMENT_TERMINATED: { process: 'workflow_run.cancelled', lifecycle: 'cancelled' },
}

/**
 * Records that an exporter of Camunda 8 writes (Kafka, HTTP, Elasticsearch): one JSON record each, identified by partition and
 * position. Process instances become workflow runs; a BPMN error is a business exception, an incident a technical failure.
 *
 * Documents are found by the names of process variables (`invoiceId`, `poNumber` …). A mapping, where there is one, takes the place of
 * all of this.
 */
export const camunda: Format = {
  name: 'camunda',
  title: 'Camunda 8 exporter records',
  mapping: 'optional',
  media: ['application/json'],
  limit: 4 * 1024 * 1024,
  read(record, context) {
    const parsed = parseJson(record.body)
    if ('code' in parsed) return rejected(parsed.code, parsed.message)
    const body = parsed.value
    if (!isJson(body)) return rejected('camunda_invalid', 'is no record of Camunda: no JSON object')
    context.seen?.(text(body['valueType']), body)
    if (context.mapping !== null) return context.mapping.read(body, { ...context, headers: record.headers, key: record.key })
    return readRecord(body, context)
  },
}

function readRecord(record: Json, context: FormatContext): Outcome {
  const valueType = text(record['valueType'])
  const intent = text(record['intent'])
  const position = text(record['position'])
  const partition = text(record['partitionId'])
  for (const [field, found] of Object.entries({ valueType, intent, position, partitionId: partition }))
    if (found === '') return rejected('camunda_invalid', `is no record of Camunda: ${field} is missing`)
  const recordType = text(record['recordType'])
  if (recordType === 'COMMAND') return { drop: 'A command only asks for something; the event that follows says what happened.' }
  if (recordType === 'COMMAND_REJECTION') return { drop: 'A rejected command changed nothing.' }
  const value = objectOf(record['value'])
  const verdict = judge(valueType, intent, value, record)
  if ('drop' in verdict) return verdict
  const instance = text(value['processInstanceKey'])
  if (instance === '' || instance === '-1') return { drop: `A record of ${valueType} that belongs to no process instance.` }
  const timestamp = Number(record['timestamp'])
  if (!Number.isFinite(timestamp) || Math.abs(timestamp) > 8e15)
    return rejected('time_invalid', 'timestamp: is no time in ms since 1970')
  const system = context.system ?? 'camunda'
  const run = `${system}:${instance}`
  const documents = verdict.documents ?? documentsIn(value['variables'])
  const cloud: Cloud = {
    specversion: '1.0',
    id: `${partition}-${position}`,
    source: context.source,
    type: verdict.type ?? `io.camunda.${valueType.toLowerCase()}.${intent.toLowerCase()}`,
    time: instantToIso(Math.round(timestamp * 1000)),
    data: given({
      activity: `${valueType} ${intent}`,
      canonical: verdict.canonical,
      objects: [
        given({ type: 'workflow_run', id: run, qualifier: text(value['bpmnProcessId']) }),
        ...documents.map((object) => ({ ...object, qualifier: 'process variable' })),
      ],
      workflow_run: run,
      system,
      system_class: 'workflow',
      ...verdict.data,
      attributes: given({
        process: text(value['bpmnProcessId']),
        process_version: value['version'] ?? value['processDefinitionVersion'],
        element_type: text(value['bpmnElementType']),
        broker_version: text(record['brokerVersion']),
        camunda_tenant: value['tenantId'] === '<default>' ? '' : text(value['tenantId']),
        ...objectOf(verdict.data?.['attributes']),
      }),
    }),
  }
  return eventsOf([cloud], context)
}

function judge(valueType: string, intent: string, value: Json, record: Json): Verdict {
  switch (valueType) {
    case 'PROCESS_INSTANCE':
      return ofInstance(intent, value)
    case 'PROCESS_INSTANCE_CREATION':
      return intent === 'CREATED' && documentsIn(value['variables']).length > 0
        ? { data: { lifecycle: 'scheduled' } }
        : { drop: 'The creation of an instance; the record of the instance itself says that it started.' }
    case 'VARIABLE':
      return ofVariable(intent, value)
    case 'JOB':
      return ofJob(intent, value, text(record['key']))
    case 'INCIDENT':
      return ofIncident(intent, value, text(record['key']))
    case 'USER_TASK':
      return ofUserTask(intent, value)
    case 'DECISION_EVALUATION':
      return ofDecision(intent, value)
    default:
      return { drop: `Records of ${valueType} say nothing of how an instance went on.` }
  }
}

function ofInstance(intent: string, value: Json): Verdict {
  const type = text(value['bpmnElementType'])
  const state = STATES[intent]
  if (state === undefined) return { drop: `${intent} is a passing state; the one that it leads to is kept.` }
  const { lifecycle } = state
  if (type === 'PROCESS') return { canonical: state.process, data: { lifecycle } }
  const step = text(value['elementId'])
  if (/CATCH_EVENT$|^RECEIVE_TASK$/u.test(type) && intent === 'ELEMENT_ACTIVATED')
    return { canonical: 'workflow_run.waiting', data: { lifecycle: 'suspended', step } }
  if (!STEPS.test(type))
    return { drop: `${type === '' ? 'An element' : type} is part of the wiring of the process, no step of it.` }
  return {
    ...(state.canonical === undefined ? {} : { canonical: state.canonical }),
    data: { lifecycle, step, ...(lifecycle === 'cancelled' ? { outcome: { status: 'cancelled' } } : {}) },
  }
}

function ofVariable(intent: string, value: Json): Verdict {
  const name = text(value['name'])
  if (documentType(name) === undefined) return { drop: 'A process variable that names no document.' }
  if (intent !== 'CREATED' && intent !== 'UPDATED') return { drop: `A variable was ${intent.toLowerCase()}.` }
  const parsed = parseJson(Buffer.from(text(value['value'])))
  const documents = 'value' in parsed ? documentsIn({ [name]: parsed.value }) : []
  return documents.length === 0 ? { drop: 'A process variable that holds no id of a document.' } : { documents }
}

function ofJob(intent: string, value: Json, key: string): Verdict {
  const step = text(value['elementId'])
  const operation = { id: `camunda:${key}` }
  const attributes = given({ job_type: text(value['type']), worker: text(value['worker']), retries_left: value['retries'] })
  if (text(value['type']).startsWith('io.camunda.zeebe:userTask'))
    return { drop: 'A job of a user task; the records of the task itself are kept.' }
  const message = text(value['errorMessage']).slice(0, 2000)
  const code = text(value['errorCode'])
  switch (intent) {
    case 'COMPLETED':
      return { canonical: 'operation.succeeded', data: { step, operation, outcome: { status: 'ok' }, attributes } }
    case 'FAILED':
    case 'TIMED_OUT': {
      const outcome = {
        status: intent === 'FAILED' ? 'failed' : 'timeout',
        code,
        message,
        retryable: Number(value['retries']) > 0,
      }
      return { canonical: 'operation.failed', data: { step, operation, outcome: given(outcome), attributes } }
    }
    // The process foresees it and takes another way: a verdict of the business, not a failure.
    case 'ERROR_THROWN':
      return {
        type: 'io.camunda.job.bpmn_error',
        data: {
          step,
          operation,
          outcome: given({ status: 'rejected', code: `BPMN_ERROR_${code || 'UNNAMED'}`, message }),
          attributes,
        },
      }
    default:
      return { drop: `A job was ${intent.toLowerCase().replaceAll('_', ' ')}: no attempt ended.` }
  }
}

function ofIncident(intent: string, value: Json, key: string): Verdict {
  const step = text(value['elementId'])
  const id = `camunda:${key}`
  const code = text(value['errorType'])
  if (intent === 'CREATED')
    return {
      canonical: 'exception.raised',
      type: 'io.camunda.incident',
      data: {
        step,
        exception: { id, state: 'raised' },
        outcome: given({ status: 'failed', code, message: text(value['errorMessage']).slice(0, 2000) }),
      },
    }
  if (intent === 'RESOLVED')
    return {
      canonical: 'exception.resolved',
      data: { step, exception: { id, state: 'resolved' }, attributes: given({ error_type: code }) },
    }
  return { drop: `${intent} of an incident changes nothing that is shown.` }
}

function ofUserTask(intent: string, value: Json): Verdict {
  const step = text(value['elementId'])
  const assignee = text(value['assignee'])
  const groups = Array.isArray(value['candidateGroupsList']) ? value['candidateGroupsList'].map(text) : []
  const due = text(value['dueDate'])
  const attributes = given({ candidate_groups: groups.filter((group) => group !== '').join(', '), priority: value['priority'] })
  const waits = { kind: 'person', id: assignee || groups[0] || 'unassigned', step }
  const actor = given({ id: assignee, kind: 'human' })
  switch (intent) {
    case 'CREATED':
      return {
        canonical: 'workflow_run.waiting',
        data: given({ step, lifecycle: 'scheduled', waits_on: waits, due_at: due, attributes }),
      }
    case 'ASSIGNED':
      return { data: given({ step, lifecycle: 'scheduled', waits_on: waits, due_at: due, attributes }) }
    case 'COMPLETED':
      return { data: { step, lifecycle: 'completed', ...(assignee === '' ? {} : { actor }), attributes } }
    case 'CANCELED':
      return { data: { step, lifecycle: 'cancelled', outcome: { status: 'cancelled' }, attributes } }
    default:
      return { drop: `${intent} of a user task is a passing state.` }
  }
}

function ofDecision(intent: string, value: Json): Verdict {
  const policy = given({ id: text(value['decisionId']), version: text(value['decisionVersion']) })
  const step = text(value['elementId'])
  if (policy['id'] === undefined) return { drop: 'A decision without an id.' }
  if (intent === 'EVALUATED')
    return {
      canonical: 'policy.evaluated',
      data: { step, policy, attributes: given({ decision_output: text(value['decisionOutput']).slice(0, 2000) }) },
    }
  const message = text(value['evaluationFailureMessage']).slice(0, 2000)
  return {
    canonical: 'operation.failed',
    data: { step, policy, outcome: given({ status: 'failed', code: 'DECISION_EVALUATION_ERROR', message }) },
  }
}
