import { parse as uuidBytes, v5 as uuidv5 } from 'uuid'
import { z } from 'zod'
import { type Instant, instantFromIso } from './instant.ts'
import { plainReader } from './plain-reader.ts'
import { ATTRIBUTE_DIMENSIONS, SYSTEM_CLASSES } from './vocabulary.ts'

/** Caps of one event: what a real business event never reaches and an attacker would. */
export const EVENT_LIMITS = { bytes: 256 * 1024, depth: 16, objects: 2000, future_s: 24 * 3600 } as const

// oxlint-disable-next-line no-control-regex -- control characters are what is refused
const CONTROL = /[\u0000-\u0008\u000B\u000C\u000E-\u001F\u007F\uFFFE\uFFFF]/u
const LONE_SURROGATE = /\p{Surrogate}/u

const PRINTABLE_ASCII = /^[ -~]*$/

/** Text that any store keeps as it is: no null bytes, no control characters, no half surrogate pairs. */
export function isCleanText(text: string): boolean {
  if (PRINTABLE_ASCII.test(text)) return true
  return !CONTROL.test(text) && !LONE_SURROGATE.test(text)
}

const text = (max: number) => z.string().max(max).refine(isCleanText, 'holds control characters or half a surrogate pair')
const id = (max = 512) => text(max).min(1)
const name = id(200)
const time = z
  .string()
  .max(40)
  .transform((value, context): Instant => {
    const instant = instantFromIso(value)
    if (instant === null) {
      context.addIssue({
        code: 'custom',
        message: 'is not an ISO 8601 instant with a zone between 1900 and 2250',
        params: { code: 'time_invalid' },
      })
      return z.NEVER
    }
    return instant
  })

/** An amount or quantity as decimal text or number; kept with four decimals, at most fourteen digits before the point. */
const decimal = z.union([z.string().max(40), z.number()]).transform((value, context): string => {
  const number = typeof value === 'number' ? value : /^[+-]?\d+(\.\d+)?$/u.test(value) ? Number(value) : Number.NaN
  if (!Number.isFinite(number) || Math.abs(number) >= 1e14) {
    context.addIssue({ code: 'custom', message: 'is not a decimal below 1e14', params: { code: 'number_invalid' } })
    return z.NEVER
  }
  if (typeof value === 'string' && /^[+-]?\d+(\.\d{1,4})?$/u.test(value)) return value.replace(/^\+/u, '')
  return number.toFixed(4)
})

export const ObjectRef = z.object({ type: name, id: id(), qualifier: text(200).optional() })
export type ObjectRef = z.output<typeof ObjectRef>

export const OUTCOME_STATUSES = ['ok', 'rejected', 'failed', 'timeout', 'cancelled', 'skipped'] as const
export const EXCEPTION_STATES = ['raised', 'assigned', 'parked', 'resolved'] as const
export const LIFECYCLES = ['scheduled', 'started', 'completed', 'cancelled', 'suspended', 'resumed'] as const
export const ACTOR_KINDS = ['human', 'system', 'ai_agent'] as const

const scalar = z.union([text(8192), z.number(), z.boolean(), z.null()])

/** What CloudEvents carries in `data`. Unknown fields are kept as attributes, never dropped. */
export const EventData = z.looseObject({
  seq: z.int().min(0).max(Number.MAX_SAFE_INTEGER).optional(),
  object: text(720).optional(),
  objects: z.array(ObjectRef).max(EVENT_LIMITS.objects).optional(),
  activity: name.optional(),
  /** The canonical activity where a mapping at the producer's side knows it; `activity` stays the source's own name. */
  canonical: name.nullish(),
  lifecycle: z.enum(LIFECYCLES).nullish(),
  /** Id of the `started` event of the same source that this event ends: one activity instance, two events. */
  completes: id().nullish(),
  step: text(200).nullish(),
  waits_on: z.object({ kind: z.enum(['person', 'supplier', 'system']), id: id(), step: text(200).nullish() }).nullish(),
  actor: z.object({ id: id(), kind: z.enum(ACTOR_KINDS).default('human'), on_behalf_of: text(512).nullish() }).nullish(),
  system: text(200).nullish(),
  system_class: z.enum(SYSTEM_CLASSES).nullish(),
  workflow_run: text(512).nullish(),
  outcome: z
    .object({
      status: z.enum(OUTCOME_STATUSES),
      code: text(200).nullish(),
      message: text(8192).nullish(),
      retryable: z.boolean().nullish(),
    })
    .nullish(),
  exception: z.object({ id: id(), state: z.enum(EXCEPTION_STATES), caused_by: text(512).nullish() }).nullish(),
  operation: z.object({ id: id(), attempt: z.int().min(1).max(100_000).default(1) }).nullish(),
  policy: z
    .object({
      id: id(),
      version: text(100).nullish(),
      decision: z.enum(['passed', 'violated', 'waived', 'not_evaluated']).nullish(),
    })
    .nullish(),
  money: z
    .object({
      amount: decimal,
      currency: z.string().regex(/^[A-Z]{3}$/u, 'is not an ISO 4217 code'),
      base_amount: decimal.nullish(),
      base_currency: z
        .string()
        .regex(/^[A-Z]{3}$/u, 'is not an ISO 4217 code')
        .nullish(),
      rate: z.union([z.string().max(40), z.number()]).nullish(),
      rate_date: text(10).nullish(),
    })
    .nullish(),
  line: z.record(name, scalar).nullish(),
  due_at: time.nullish(),
  terms: z.record(name, scalar).nullish(),
  ai: z
    .looseObject({
      model: name,
      version: text(100).nullish(),
      input_ref: text(1024).nullish(),
      kind: text(100).nullish(),
      confidence: z.number().min(0).max(1).nullish(),
      reviewer: text(512).nullish(),
      decision: text(100).nullish(),
    })
    .nullish(),
  corrects: id().nullish(),
  object_attributes: z.record(text(720), z.record(name, scalar)).nullish(),
  attributes: z.record(name, z.unknown()).nullish(),
})
export type EventData = z.output<typeof EventData>

/** One CloudEvents 1.0 event as producers send it. */
export const CloudEvent = z.looseObject({
  specversion: z.literal('1.0'),
  id: id(),
  source: id(),
  type: name,
  time,
  subject: text(720).nullish(),
  traceparent: text(100).nullish(),
  data: EventData,
})
export type CloudEvent = z.output<typeof CloudEvent>

const readPlain = plainReader(CloudEvent)

/** Whether an attribute fits a column of its own. Other attributes are kept as JSON, which escapes whatever they hold. */
function isDimensionValue(value: unknown): boolean {
  if (typeof value === 'string') return value.length <= 512 && isCleanText(value)
  return typeof value !== 'object' || value === null
}

/** An event as the product keeps it: identified, its parts in their places, not yet classified. Instants in microseconds. */
export type Event = {
  event_id: string
  natural_id: string
  source: string
  type: string
  occurred_at: Instant
  seq: number
  /** The source's own name of the activity; the canonical name comes from the mapping. */
  source_activity: string
  objects: ObjectRef[]
  data: EventData
  trace_id: string
  span_id: string
  corrects_id: string | null
  completes_id: string | null
}

const NAMESPACE = '3f0c6f0e-5d0e-5b3e-9f55-6f2f6f1a9a01'
const namespaces = new Map<string, Uint8Array>()

/**
 * The identity of an event: UUIDv5 of the tenant's namespace and the natural id, so that a webhook copy, a Kafka copy and a file
 * copy of one event are one event.
 */
export function eventId(tenant: string, naturalId: string): string {
  let namespace = namespaces.get(tenant)
  if (namespace === undefined) {
    namespace = uuidBytes(uuidv5(tenant, NAMESPACE))
    namespaces.set(tenant, namespace)
  }
  return uuidv5(naturalId, namespace)
}

/** The natural id of a CloudEvent: its source and id. */
export function naturalId(source: string, id: string): string {
  return `${source}\n${id}`
}

const TRACEPARENT = /^[0-9a-f]{2}-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2}$/u

/** Splits `invoice/INV-1001` into type and id; `null` where there is no slash or a side is empty. */
export function objectRefFromText(text: string): ObjectRef | null {
  const slash = text.indexOf('/')
  return slash < 1 || slash === text.length - 1 ? null : { type: text.slice(0, slash), id: text.slice(slash + 1) }
}

/** Why a record was refused: a stable code and a sentence. */
export type Refusal = { code: string; message: string }

/**
 * Reads one parsed JSON value as an event of a tenant.
 *
 * @param value anything that `JSON.parse` gives
 * @param context the tenant, the instant of arrival (µs) that bounds how far ahead an event may lie, and `fallbackSeq`, the
 *   position in its batch for producers that send no order of their own
 * @returns the event, or why it is refused
 */
export function readEvent(
  value: unknown,
  context: { tenant: string; receivedAt: Instant; fallbackSeq: number },
): Event | Refusal {
  const plain = readPlain(value)
  if (plain !== undefined) return eventFromCloudEvent(plain, context)
  const parsed = CloudEvent.safeParse(value)
  if (!parsed.success) return refusal(parsed.error)
  return eventFromCloudEvent(parsed.data, context)
}

/** CloudEvents' extension `sequence` where it is a whole number: the order among equal instants, which is no part of what is said. */
function sequenceOf(cloud: CloudEvent): number | undefined {
  const { sequence } = cloud
  return typeof sequence === 'string' && /^\d{1,15}$/u.test(sequence) ? Number(sequence) : undefined
}

function eventFromCloudEvent(
  cloud: CloudEvent,
  context: { tenant: string; receivedAt: Instant; fallbackSeq: number },
): Event | Refusal {
  const { data } = cloud
  const objects = new Map<string, ObjectRef>()
  for (const object of data.objects ?? []) {
    const key = `${object.type}/${object.id}`
    if (!objects.has(key)) objects.set(key, object)
  }
  if (data.object !== undefined) {
    const object = objectRefFromText(data.object)
    if (object === null) return { code: 'object_invalid', message: 'data.object is not of the form type/id' }
    if (!objects.has(data.object)) objects.set(data.object, object)
  }
  if (objects.size === 0) return { code: 'object_missing', message: 'data names no object: send data.objects or data.object' }
  if (cloud.time > context.receivedAt + EVENT_LIMITS.future_s * 1e6)
    return { code: 'time_in_future', message: 'time lies more than 24 hours ahead of the clock here' }
  for (const key of Object.keys(data.object_attributes ?? {}))
    if (objectRefFromText(key) === null)
      return { code: 'object_invalid', message: `data.object_attributes: "${key.slice(0, 80)}" is not of the form type/id` }
  for (const key of ATTRIBUTE_DIMENSIONS)
    if (!isDimensionValue(data.attributes?.[key]))
      return {
        code: 'event_invalid',
        message: `data.attributes.${key}: is neither a scalar nor clean text of at most 512 characters`,
      }
  const trace = TRACEPARENT.exec(cloud.traceparent ?? '')
  const natural = naturalId(cloud.source, cloud.id)
  return {
    event_id: eventId(context.tenant, natural),
    natural_id: cloud.id,
    source: cloud.source,
    type: cloud.type,
    occurred_at: cloud.time,
    seq: data.seq ?? sequenceOf(cloud) ?? context.fallbackSeq,
    source_activity: data.activity ?? cloud.type,
    objects: [...objects.values()],
    data,
    trace_id: trace?.[1] ?? '',
    span_id: trace?.[2] ?? '',
    corrects_id: data.corrects == null ? null : eventId(context.tenant, naturalId(cloud.source, data.corrects)),
    completes_id: data.completes == null ? null : eventId(context.tenant, naturalId(cloud.source, data.completes)),
  }
}

/** Whether {@link readEvent} refused. */
export function isRefusal(result: Event | Refusal): result is Refusal {
  return 'code' in result
}

function refusal(error: z.ZodError): Refusal {
  const issue = error.issues[0]
  if (issue === undefined) return { code: 'event_invalid', message: 'is not an event' }
  const path = issue.path.map(String).join('.').slice(0, 120)
  const code = issue.code === 'custom' && typeof issue.params?.['code'] === 'string' ? issue.params['code'] : 'event_invalid'
  const message = issue.message.replace(/^Invalid input: /u, '').slice(0, 200)
  return {
    code: path === 'specversion' ? 'specversion_unsupported' : code,
    message: path === '' ? message : `${path}: ${message}`,
  }
}
