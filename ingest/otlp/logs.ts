import { v5 as uuidv5 } from 'uuid'
import type { Instant } from '../../model/instant.ts'
import { type Rejection, timeProblem } from './calls.ts'
import { type Documents, documentsOf } from './documents.ts'
import { cut, keyOf, valueJson } from './fields.ts'
import { type Resolver, serviceOf } from './system.ts'
import { type Attributes, attribute, type Group, type LogRecord, type Value, valueText } from './telemetry.ts'

/** A log record as it is kept. */
export type Log = {
  ordinal: number
  system: string
  at: Instant
  logId: string
  reporter: string
  severity: string
  severityNumber: number
  eventName: string
  body: string
  traceId: string
  spanId: string
  resource: string
  documents: Documents
  attributes: string
}

const NAMESPACE = 'f5d7b7f2-3f0e-5a1c-9b8e-6f6a2d9c4b11'
const LONGEST_BODY = 64 * 1024
const SEVERITIES = ['trace', 'debug', 'info', 'warn', 'error', 'fatal'] as const
const TRACE_ID = /^[0-9a-f]{32}$/u
const SPAN_ID = /^[0-9a-f]{16}$/u

/** Maps log records. Pure. A record without a time of its own has the one at which it was observed. */
export function mapLogs(
  groups: readonly Group<LogRecord>[],
  resolve: Resolver,
  now: Instant,
): { logs: Log[]; rejected: Rejection[] } {
  const logs: Log[] = []
  const rejected: Rejection[] = []
  let ordinal = 0
  for (const { resource, records } of groups)
    for (const record of records) {
      const at = record.at.us === 0 ? record.observed : record.at
      const problem = timeProblem(at.us, now)
      if (problem === null) logs.push(mapLog(record, resource, resolve, ordinal))
      else rejected.push({ ordinal, reason: `a log record ${problem}` })
      ordinal++
    }
  return { logs, rejected }
}

function mapLog(record: LogRecord, resource: Attributes, resolve: Resolver, ordinal: number): Log {
  const event = kubernetesEvent(record, resource)
  const reporter = serviceOf(resource)
  const service = event === null || typeof attribute(resource, 'service.name') === 'string' ? reporter : 'kubernetes'
  const at = record.at.us === 0 ? record.observed : record.at
  const body = cut(event?.message ?? valueText(record.body), LONGEST_BODY).toWellFormed()
  const number = severityNumber(record, event)
  const attributes = attributesJson(record.attributes, event === null ? null : record.body)
  const traceId = TRACE_ID.test(record.traceId) ? record.traceId : ''
  const spanId = SPAN_ID.test(record.spanId) ? record.spanId : ''
  const place = event?.subject ?? subjectOf(resource, record.attributes)
  return {
    ordinal,
    system: cut(resolve(service)?.system ?? service, 200),
    at: at.us,
    logId: uuidv5([reporter, place, at.us, at.ns, traceId, spanId, number, body, attributes].join('\n'), NAMESPACE),
    reporter: cut(reporter, 200),
    severity: number === 0 ? '' : (SEVERITIES[Math.floor((number - 1) / 4)] ?? ''),
    severityNumber: number,
    eventName: cut(event?.name ?? (record.eventName || valueText(attribute(record.attributes, 'event.name'))), 200),
    body,
    traceId,
    spanId,
    resource: cut(place, 200),
    documents: documentsOf(resource, record.attributes),
    attributes,
  }
}

function subjectOf(resource: Attributes, attributes: Attributes): string {
  const of = (key: string) => valueText(attribute(resource, key))
  const [pod, container] = [of('k8s.pod.name'), of('k8s.container.name') || of('container.name')]
  if (pod !== '') return container === '' ? pod : `${pod}/${container}`
  return (
    container ||
    of('k8s.node.name') ||
    valueText(attribute(attributes, 'db.namespace')) ||
    of('db.namespace') ||
    of('container.id') ||
    of('host.name') ||
    of('service.instance.id')
  )
}

const TEXT_SEVERITY: Readonly<Record<string, number>> = {
  trace: 1,
  debug: 5,
  info: 9,
  information: 9,
  normal: 9,
  notice: 10,
  warn: 13,
  warning: 13,
  error: 17,
  err: 17,
  critical: 21,
  fatal: 21,
  panic: 21,
}

function severityNumber(record: LogRecord, event: KubernetesEvent | null): number {
  if (Number.isInteger(record.severity) && record.severity >= 1 && record.severity <= 24) return record.severity
  return TEXT_SEVERITY[(record.severityText || event?.type || '').toLowerCase()] ?? 0
}

type KubernetesEvent = { name: string; message: string; subject: string; type: string }

/** An event of Kubernetes as the Collector's receivers k8s_events and k8sobjects write it; null for any other record. */
function kubernetesEvent(record: LogRecord, resource: Attributes): KubernetesEvent | null {
  const reason = valueText(attribute(record.attributes, 'k8s.event.reason'))
  if (reason !== '') {
    const kind = valueText(attribute(resource, 'k8s.object.kind'))
    const name = valueText(attribute(resource, 'k8s.object.name'))
    return {
      name: `k8s.${reason}`,
      message: valueText(record.body),
      subject: [kind, name].filter((part) => part !== '').join('/'),
      type: record.severityText,
    }
  }
  const body = fieldsOf(record.body)
  // A watch wraps the object, a pull does not.
  const object = body['object'] === undefined ? body : fieldsOf(body['object'])
  if (object['kind'] !== 'Event' || typeof object['reason'] !== 'string') return null
  const about = fieldsOf(object['regarding'] ?? object['involvedObject'])
  return {
    name: `k8s.${object['reason']}`,
    message: valueText(object['note'] ?? object['message']),
    subject: [valueText(about['kind']), valueText(about['name'])].filter((part) => part !== '').join('/'),
    type: valueText(object['type']),
  }
}

function fieldsOf(value: Value | undefined): Record<string, Value> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : {}
}

function attributesJson({ keys, values }: Attributes, object: Value): string {
  const parts: string[] = []
  for (const [at, key] of keys.entries()) {
    const { kept, documents } = keyOf(key)
    if (kept !== null) parts.push(kept + valueJson(values[at] ?? null))
    else if (documents === null && key === 'error.type') parts.push(`"error.type":${valueJson(values[at] ?? null)}`)
  }
  if (typeof object === 'object' && object !== null) parts.push(`"object":${valueJson(object)}`)
  return `{${parts.join(',')}}`
}
