import type { CallKind, CallStatus } from '../../model/call.ts'
import type { Instant } from '../../model/instant.ts'
import { classify } from '../../model/classify.ts'
import { type Documents, DocumentGatherer, documentsOf, mergedDocuments, NO_DOCUMENTS } from './documents.ts'
import { AT, cut, type Field, keyOf, valueJson } from './fields.ts'
import { classifyCall, rpcName, rpcNumber, statusOf, type Told } from './outcome.ts'
import { httpOperation, queueOperation } from './operation.ts'
import { type Resolver, serviceOf, systemOf } from './system.ts'
import { type Attributes, attribute, type Group, type Span, type Value, valueText } from './telemetry.ts'

/** A span as it is kept: a call between systems, or work within one. */
export type Call = {
  /** Position of its span in the request. */
  ordinal: number
  traceId: string
  spanId: string
  parentSpanId: string
  startedAt: Instant
  durationMs: number
  system: string
  systemClass: string
  reporter: string
  kind: CallKind
  spanKind: string
  operation: string
  status: CallStatus
  statusCode: number
  errorType: string
  message: string
  attempt: number
  class: string
  category: string
  reaction: string
  workflow: string
  workflowRun: string
  queue: string
  documents: Documents
  /** JSON of the attributes that have no column of their own. */
  attributes: string
  links: Span['links']
}

/** Why a record was not taken. */
export type Rejection = { ordinal: number; reason: string }

/** Records may lie this far ahead of the clock and this far back, microseconds. */
const AHEAD_US = 24 * 3600e6
const BACK_US = 3660 * 86_400e6

/** Why an instant is not taken; null where it is. */
export function timeProblem(us: Instant, now: Instant): string | null {
  if (us === 0) return 'has no time'
  if (us > now + AHEAD_US) return 'lies more than 24 hours ahead of the clock here'
  return us < now - BACK_US ? 'is more than ten years old' : null
}

const ZERO_TRACE = '0'.repeat(32)
const ZERO_SPAN = '0'.repeat(16)

/** Whether hex is the id of a span: eight bytes, not all of them zero. */
function isSpanId(id: string): boolean {
  return id.length === 16 && id !== ZERO_SPAN
}

const SPAN_KINDS = ['', 'internal', 'server', 'client', 'producer', 'consumer']
const [SERVER, CLIENT, PRODUCER, CONSUMER] = [2, 3, 4, 5]
const NONE = classify({})

/** Longest text of a column that repeats. */
const LONGEST_NAME = 200
const LONGEST_MESSAGE = 2000

/**
 * Maps spans to calls. Pure. A span without documents, workflow or run of its own has those of the nearest span above it in the request
 * that has, of the spans that it links to, or of the root of its trace.
 *
 * @param resolve which of the tenant's systems a name means
 * @param now instant of arrival, which bounds how far ahead and back a span may lie
 */
export function mapSpans(
  groups: readonly Group<Span>[],
  resolve: Resolver,
  now: Instant,
): { calls: Call[]; rejected: Rejection[] } {
  const calls: Call[] = []
  const rejected: Rejection[] = []
  const gatherer = new DocumentGatherer()
  let ordinal = 0
  let told = false
  for (const group of groups) {
    const service = serviceOf(group.resource)
    const shared = documentsOf(group.resource)
    for (const span of group.records) {
      const problem = spanProblem(span, now)
      if (problem === null) {
        const call = mapSpan(span, service, resolve, gatherer, ordinal)
        if (shared !== NO_DOCUMENTS) call.documents = mergedDocuments(call.documents, shared)
        if (call.documents !== NO_DOCUMENTS || call.workflowRun !== '') told = true
        calls.push(call)
      } else rejected.push({ ordinal, reason: problem })
      ordinal++
    }
  }
  if (told) inherit(calls)
  return { calls, rejected }
}

function spanProblem(span: Span, now: Instant): string | null {
  if (span.traceId.length !== 32 || span.traceId === ZERO_TRACE) return 'a span has no trace id of 16 bytes'
  if (!isSpanId(span.spanId)) return 'a span has no span id of 8 bytes'
  const problem = timeProblem(span.start.us, now)
  return problem === null ? null : `the start of a span ${problem}`
}

/** The fields of the span at hand; one array for all of them. */
const fields: (Value | undefined)[] = Object.keys(AT).map(() => undefined)
const ranks: number[] = fields.map(() => 0)

function text(field: Field): string {
  const value = fields[AT[field]]
  return typeof value === 'string' ? value : value === undefined ? '' : valueText(value)
}

function whole(field: Field): number {
  const value = fields[AT[field]]
  const number = typeof value === 'number' ? value : typeof value === 'string' ? Number.parseInt(value, 10) : 0
  return Number.isFinite(number) && number > 0 ? Math.floor(number) : 0
}

function has(field: Field): boolean {
  return fields[AT[field]] !== undefined
}

/** Sorts the attributes of a span into fields and documents, and gives the JSON of the rest without its end. */
function readAttributes({ keys, values }: Attributes, gatherer: DocumentGatherer): string {
  fields.fill(undefined)
  let rest = '{'
  for (let at = 0; at < keys.length; at++) {
    const key = keyOf(keys[at] ?? '')
    const value = values[at] ?? null
    if (key.field >= 0 && value !== null && (fields[key.field] === undefined || key.rank < (ranks[key.field] ?? 0))) {
      fields[key.field] = value
      ranks[key.field] = key.rank
    }
    if (key.documents !== null) gatherer.add(key.documents, value)
    if (key.kept !== null) rest += (rest.length > 1 ? ',' : '') + key.kept + valueJson(value)
  }
  return rest
}

function mapSpan(span: Span, service: string, resolve: Resolver, gatherer: DocumentGatherer, ordinal: number): Call {
  let attributes = readAttributes(span.attributes, gatherer)
  let [exceptionType, exceptionMessage] = ['', '']
  if (span.events.length > 0) {
    for (const event of span.events)
      if (event.name === 'exception') {
        exceptionType = valueText(attribute(event.attributes, 'exception.type'))
        exceptionMessage = valueText(attribute(event.attributes, 'exception.message'))
      }
    attributes += (attributes.length > 1 ? ',' : '') + eventsJson(span)
  }
  for (const link of span.links)
    for (const [at, key] of link.attributes.keys.entries()) {
      const { documents } = keyOf(key)
      if (documents !== null) gatherer.add(documents, link.attributes.values[at] ?? null)
    }
  const rpc = rpcName(text('rpcStatus') || text('rpcError'))
  const http = whole('httpStatus')
  const told: Told = {
    spanStatus: span.statusCode,
    http,
    rpc,
    outcome: text('outcomeStatus'),
    run: text('runStatus'),
    errorType: text('errorType') || text('exceptionType') || exceptionType,
    hasErrorType: has('errorType'),
    message: text('outcomeMessage') || exceptionMessage || span.statusMessage || text('exceptionMessage') || text('errorMessage'),
  }
  const status = statusOf(told)
  const messaging = text('messagingOperation')
  const outward =
    span.kind === CLIENT ||
    span.kind === PRODUCER ||
    (span.kind === CONSUMER && (messaging === 'receive' || messaging === 'settle'))
  const found = systemOf(
    {
      told: text('system'),
      outward,
      service,
      peer: text('peerService'),
      address: text('serverAddress'),
      port: text('serverPort'),
      url: text('urlFull'),
      carrier: text('messagingSystem') || text('dbSystem') || text('aiSystem'),
      carrierClass: has('messagingSystem') ? 'broker' : has('aiSystem') ? 'ai' : '',
    },
    resolve,
  )
  const queue =
    has('messagingTemporary') && text('messagingTemporary') === 'true'
      ? '(temporary)'
      : text('messagingTemplate') || text('messagingDestination')
  const kind = kindOf(span, found.class === 'gateway')
  const failed = status !== 'ok' && status !== 'cancelled'
  const verdict =
    failed || told.outcome === 'rejected'
      ? classifyCall(status, told, {
          code: text('outcomeCode') || text('dbStatus'),
          system: found.system,
          systemClass: found.class,
          step: text('step'),
          kind,
        })
      : NONE
  const ended = span.end.us > 0 ? (span.end.us - span.start.us) / 1000 + (span.end.ns - span.start.ns) / 1e6 : 0
  const run = text('workflowRun')
  return {
    ordinal,
    traceId: span.traceId,
    spanId: span.spanId,
    parentSpanId: isSpanId(span.parentSpanId) ? span.parentSpanId : '',
    startedAt: span.start.us,
    durationMs: Math.max(0, Math.round(ended * 1e6) / 1e6),
    system: cut(found.system, LONGEST_NAME),
    systemClass: found.class,
    reporter: cut(service, LONGEST_NAME),
    kind,
    spanKind: SPAN_KINDS[span.kind] ?? '',
    operation: cut(operationOf(span, kind, messaging, queue) || span.name, LONGEST_NAME),
    status,
    statusCode: Math.min(http || rpcNumber(rpc), 65_535),
    errorType: failed || has('errorType') ? cut(told.errorType || (rpc === 'OK' ? '' : rpc), LONGEST_NAME) : '',
    message: failed || told.outcome === 'rejected' ? cut(told.message, LONGEST_MESSAGE) : '',
    attempt: attemptOf(),
    class: verdict.class,
    category: verdict.category,
    reaction: verdict.reaction,
    workflow: cut(text('workflow'), LONGEST_NAME),
    workflowRun: run === '' ? '' : run.includes(':') ? cut(run, 512) : `${resolvedService(service, resolve)}:${cut(run, 400)}`,
    queue: cut(queue, LONGEST_NAME),
    documents: gatherer.take(),
    attributes: `${attributes}}`,
    links: span.links,
  }
}

function resolvedService(service: string, resolve: Resolver): string {
  return resolve(service)?.system ?? service
}

function attemptOf(): number {
  if (has('httpResend')) return Math.min(whole('httpResend') + 1, 1_000_000)
  return Math.min(whole('attempt') || whole('deliveries'), 1_000_000)
}

function kindOf(span: Span, gateway: boolean): CallKind {
  const name = span.name
  if (has('node') || name === 'node.execute' || name.startsWith('RunActivity:')) return 'node'
  if (has('runStatus') || name === 'workflow.execute' || name === 'n8n.workflow.execute' || name.startsWith('RunWorkflow:'))
    return 'workflow'
  if (has('messagingSystem') || has('messagingDestination') || span.kind === PRODUCER || span.kind === CONSUMER) return 'queue'
  if (has('dbSystem')) return 'database'
  const remote = span.kind === CLIENT || span.kind === SERVER
  if (gateway && remote) return 'gateway'
  if (has('graphqlType') || has('graphqlName')) return 'graphql'
  if (!remote) return has('outcomeStatus') || has('system') ? 'connector' : 'other'
  return has('httpMethod') || has('httpStatus') || text('faasTrigger') === 'http' ? 'http' : 'connector'
}

function operationOf(span: Span, kind: CallKind, messaging: string, queue: string): string {
  switch (kind) {
    case 'workflow':
      return text('workflow')
    case 'node':
      return text('node')
    case 'queue':
      return queueOperation(messaging || ({ [PRODUCER]: 'publish', [CONSUMER]: 'process' }[span.kind] ?? ''), queue)
    case 'database':
      return text('dbSummary') || [text('dbOperation'), text('dbCollection') || text('dbNamespace')].filter(Boolean).join(' ')
    case 'graphql':
      return [text('graphqlType'), text('graphqlName')].filter(Boolean).join(' ')
    case 'http':
    case 'gateway':
      return httpOperation(text('httpMethod'), text('httpRoute'), text('urlPath'), text('urlFull'), span.name)
    case 'connector':
      if (has('rpcMethod')) {
        const [service, method] = [text('rpcService'), text('rpcMethod')]
        return service === '' || method.includes('/') ? method : `${service}/${method}`
      }
      if (has('aiOperation')) return `${text('aiOperation')} ${text('aiModel')}`.trim()
      return text('faasName')
    default:
      return ''
  }
}

const MOST_EVENTS = 20

/** The events and links of a span, for its page. */
function eventsJson(span: Span): string {
  const events = span.events.slice(0, MOST_EVENTS).map(({ name, at, attributes }) => ({
    name: cut(name, LONGEST_NAME),
    at_us: at.us,
    attributes: Object.fromEntries(
      attributes.keys.slice(0, 20).flatMap((key, index) => {
        if (keyOf(key).kept === null) return []
        const value = attributes.values[index] ?? null
        return [[key, typeof value === 'string' ? cut(value, LONGEST_MESSAGE) : value]]
      }),
    ),
  }))
  return `"events":${JSON.stringify(events)}`
}

/** Spans whose parents lie more than this many above are left without. */
const DEEPEST = 200

function inherit(calls: readonly Call[]): void {
  const find = finderOf(calls)
  const roots = new Map<string, Call>()
  const own = new Map<Call, Documents>()
  for (const call of calls) {
    if (call.documents !== NO_DOCUMENTS) own.set(call, call.documents)
    if (call.parentSpanId === '' && (call.documents !== NO_DOCUMENTS || call.workflowRun !== '')) roots.set(call.traceId, call)
  }
  const lacks = (call: Call) => call.documents === NO_DOCUMENTS || call.workflowRun === ''
  for (const call of calls) {
    let above = call.parentSpanId === '' ? undefined : find(call.traceId, call.parentSpanId)
    for (let depth = 0; above !== undefined && depth < DEEPEST && lacks(call); depth++) {
      takeFrom(call, above, own)
      above = above.parentSpanId === '' ? undefined : find(above.traceId, above.parentSpanId)
    }
    for (const link of call.links) {
      const linked = call.documents === NO_DOCUMENTS ? find(link.traceId, link.spanId) : undefined
      if (linked !== undefined) takeFrom(call, linked, own)
    }
    const root = lacks(call) ? roots.get(call.traceId) : undefined
    if (root !== undefined) takeFrom(call, root, own)
  }
}

/** Finds calls of the request by their ids. Span ids are all but unique by themselves; the few that are not are looked up with the trace. */
function finderOf(calls: readonly Call[]): (traceId: string, spanId: string) => Call | undefined {
  const first = new Map<string, Call>()
  const others = new Map<string, Call>()
  for (const call of calls) {
    const known = first.get(call.spanId)
    if (known === undefined) first.set(call.spanId, call)
    else if (known.traceId !== call.traceId) others.set(call.traceId + call.spanId, call)
  }
  return (traceId, spanId) => {
    const found = first.get(spanId)
    return found === undefined || found.traceId === traceId ? found : others.get(traceId + spanId)
  }
}

function takeFrom(call: Call, other: Call, own: ReadonlyMap<Call, Documents>): void {
  if (call.documents === NO_DOCUMENTS) call.documents = own.get(other) ?? NO_DOCUMENTS
  if (call.workflowRun === '' && other.workflowRun !== '') {
    call.workflowRun = other.workflowRun
    if (call.workflow === '') call.workflow = other.workflow
  }
}
