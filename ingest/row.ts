import { hash } from 'node:crypto'
import { classify, classifyInput, type ClassifyRules } from '../model/classify.ts'
import { type Event, objectRefFromText } from '../model/event.ts'
import { type Instant, instantToClickHouse } from '../model/instant.ts'
import { DIMENSIONS, isCanonical } from '../model/vocabulary.ts'

/** Columns of `events` in the order of {@link eventRow}. */
export const EVENT_COLUMNS = [
  'tenant_id', 'event_id', 'content_hash', 'natural_id', 'source', 'type', 'occurred_at', 'received_at', 'seq', 'activity',
  'source_activity', 'mapped', 'step', 'lifecycle', 'system', 'system_class', 'object_types', 'object_ids', 'object_qualifiers',
  'waits_kind', 'waits_id', 'waits_step', 'actor_id', 'actor_kind', 'on_behalf_of', 'workflow_run', 'status', 'code', 'message',
  'retryable', 'class', 'category', 'reaction', 'confidence', 'rule_version', 'evidence', 'exception_id', 'exception_state',
  'exception_caused_by', 'operation_id', 'attempt', 'policy_id', 'policy_version', 'policy_decision', 'amount', 'currency',
  'base_amount', 'base_currency', 'rate', 'rate_date', 'due_at', 'corrects_id', 'completes_id', 'entity', 'business_unit', 'plant',
  'region', 'risk_category', 'budget_owner', 'category_of_spend', 'supplier', 'approver', 'trace_id', 'span_id', 'ai', 'line',
  'terms', 'attributes', 'state_types', 'state_ids', 'state_names', 'state_values', 'import_id', 'first_arrival',
] as const

/** One row for `FORMAT JSONCompactEachRow`, with what the writer needs to know about it. */
export type EventRow = {
  event_id: string
  content_hash: string
  line: string
  /** Exception or operation of the event where that is, or may have, a cause; null for all others. */
  root: string | null
}

/** Fields of `data` that have columns of their own; what is left is kept as attributes. */
const TYPED = new Set([
  'seq', 'object', 'objects', 'activity', 'canonical', 'lifecycle', 'completes', 'step', 'waits_on', 'actor', 'system',
  'system_class', 'workflow_run', 'outcome', 'exception', 'operation', 'policy', 'money', 'line', 'due_at', 'terms', 'ai',
  'corrects', 'object_attributes', 'attributes',
])

/** Dimensions that come from attributes; the last one, `system`, is a field of the event. */
const HOT = DIMENSIONS.slice(0, -1)
const HOT_NAMES: ReadonlySet<string> = new Set(HOT)

/** Later arrivals get smaller numbers, and all stay below 2^63, where the versions of settled rows begin. */
const FIRST_ARRIVAL_BASE = 2n ** 62n

/** The `first_arrival` of an arrival: larger for earlier ones. */
export function firstArrival(receivedAt: Instant): bigint {
  return FIRST_ARRIVAL_BASE - BigInt(receivedAt)
}

/**
 * Classifies an event and lays it out as a row.
 *
 * The content hash covers what the producer said and nothing that was found out here (arrival, position in the batch,
 * classification), so that a copy by another road has the same hash.
 */
export function eventRow(
  tenant: string,
  event: Event,
  context: { receivedAt: Instant; importId: string; rules?: ClassifyRules },
): EventRow {
  const { data } = event
  const canonical = data.canonical != null && isCanonical(data.canonical) ? data.canonical : event.source_activity
  const attributes: Record<string, unknown> = {}
  const hot: Record<string, string> = {}
  const state = { types: [] as string[], ids: [] as string[], names: [] as string[], values: [] as string[] }
  for (const [key, value] of Object.entries(data)) if (!TYPED.has(key)) attributes[key] = value
  for (const [key, value] of Object.entries(data.attributes ?? {})) {
    if (HOT_NAMES.has(key)) hot[key] = scalarText(value)
    else attributes[key] = value
  }
  for (const [key, values] of Object.entries(data.object_attributes ?? {})) {
    const object = objectRefFromText(key)
    if (object === null) continue
    for (const [name, value] of Object.entries(values)) {
      const text = scalarText(value)
      state.types.push(object.type)
      state.ids.push(object.id)
      state.names.push(name)
      state.values.push(text)
      if (HOT_NAMES.has(name)) hot[name] ??= text
    }
  }
  const objects = event.objects
  const money = data.money ?? null
  const head = [tenant, event.event_id]
  const said = [
    event.natural_id,
    event.source,
    event.type,
    instantToClickHouse(event.occurred_at),
  ]
  const fields = [
    objects.map((object) => object.type),
    objects.map((object) => object.id),
    objects.map((object) => object.qualifier ?? ''),
    data.waits_on?.kind ?? '',
    data.waits_on?.id ?? '',
    data.waits_on?.step ?? '',
    data.actor?.id ?? '',
    data.actor?.kind ?? '',
    data.actor?.on_behalf_of ?? '',
    data.workflow_run ?? '',
    data.outcome?.status ?? '',
    data.outcome?.code ?? '',
    data.outcome?.message ?? '',
    data.outcome?.retryable ?? null,
  ]
  const control = [
    data.exception?.id ?? '',
    data.exception?.state ?? '',
    data.exception?.caused_by ?? '',
    data.operation?.id ?? '',
    data.operation?.attempt ?? 0,
    data.policy?.id ?? '',
    data.policy?.version ?? '',
    data.policy?.decision ?? '',
    money?.amount ?? null,
    money?.currency ?? '',
    money?.base_amount ?? null,
    money?.base_currency ?? '',
    money?.rate == null ? null : Number(money.rate),
    money?.rate_date ?? '',
    data.due_at == null ? null : instantToClickHouse(data.due_at),
    event.corrects_id,
    event.completes_id,
    ...HOT.map((name) => hot[name] ?? ''),
    event.trace_id,
    event.span_id,
    data.ai == null ? '' : stableJson(data.ai),
    data.line == null ? '' : stableJson(data.line),
    data.terms == null ? '' : stableJson(data.terms),
    stableJson(attributes),
    state.types,
    state.ids,
    state.names,
    state.values,
  ]
  const what = [
    canonical,
    event.source_activity,
    isCanonical(canonical),
    data.step ?? '',
    data.lifecycle ?? '',
    data.system ?? '',
    data.system_class ?? '',
  ]
  const contentHash = BigInt(`0x${hash('sha1', JSON.stringify([said, data.seq ?? null, event.source_activity, what.slice(3), fields, control])).slice(0, 16)}`).toString()
  const verdict = classify(classifyInput(event, canonical), context.rules)
  const line = JSON.stringify([
    ...head,
    contentHash,
    ...said,
    instantToClickHouse(context.receivedAt),
    event.seq,
    ...what,
    ...fields,
    verdict.class,
    verdict.category,
    verdict.reaction,
    verdict.confidence,
    verdict.rule_version,
    verdict.evidence,
    ...control,
    context.importId,
    firstArrival(context.receivedAt).toString(),
  ])
  const root = data.exception?.id ?? data.operation?.id ?? null
  const traceable = verdict.class !== 'none' || (data.exception?.caused_by ?? '') !== ''
  return { event_id: event.event_id, content_hash: contentHash, line, root: traceable ? root : null }
}

function scalarText(value: unknown): string {
  if (typeof value === 'string') return value
  return value == null ? '' : typeof value === 'object' ? stableJson(value) : String(value)
}

/** JSON with keys in order, so that two copies of one event are one text whatever order their producers wrote the keys in. */
function stableJson(value: unknown): string {
  return JSON.stringify(value, (_key, inner: unknown) =>
    typeof inner === 'object' && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).toSorted(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  )
}
