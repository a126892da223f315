import { hash } from 'node:crypto'
import { aiFlag } from '../model/ai-actions.ts'
import { classify, classifyInput, type ClassifyRules } from '../model/classify.ts'
import { type Event, objectRefFromText } from '../model/event.ts'
import type { Instant } from '../model/instant.ts'
import { ATTRIBUTE_DIMENSIONS, isCanonical } from '../model/vocabulary.ts'

/** Columns for what was found out here, in the order of {@link eventRow}. */
const FOUND_COLUMNS = [
  'tenant_id',
  'event_id',
  'content_hash',
  'received_at',
  'seq',
  'activity',
  'mapped',
  'class',
  'category',
  'reaction',
  'confidence',
  'rule_version',
  'evidence',
  'import_id',
  'feed',
  'batch_id',
  'ordinal',
  'ai_flag',
  'first_arrival',
] as const

/** Columns for what the producer said, in the order of {@link eventRow}: the content hash is taken over their very text. */
const SAID_COLUMNS = [
  'natural_id',
  'source',
  'type',
  'occurred_at',
  'source_activity',
  'step',
  'lifecycle',
  'system',
  'system_class',
  'object_types',
  'object_ids',
  'object_qualifiers',
  'waits_kind',
  'waits_id',
  'waits_step',
  'actor_id',
  'actor_kind',
  'on_behalf_of',
  'workflow_run',
  'status',
  'code',
  'message',
  'retryable',
  'exception_id',
  'exception_state',
  'exception_caused_by',
  'operation_id',
  'attempt',
  'policy_id',
  'policy_version',
  'policy_decision',
  'amount',
  'currency',
  'base_amount',
  'base_currency',
  'rate',
  'rate_date',
  'due_at',
  'corrects_id',
  'completes_id',
  'entity',
  'business_unit',
  'plant',
  'region',
  'risk_category',
  'budget_owner',
  'category_of_spend',
  'supplier',
  'approver',
  'trace_id',
  'span_id',
  'ai',
  'line',
  'terms',
  'attributes',
  'state_types',
  'state_ids',
  'state_names',
  'state_values',
] as const

/** Columns of `events` in the order of {@link eventRow}. */
export const EVENT_COLUMNS = [...FOUND_COLUMNS, ...SAID_COLUMNS] as const

/** One row, with what the writer needs to know about it. */
export type EventRow = {
  event_id: string
  content_hash: string
  /** Values in the order of {@link EVENT_COLUMNS}. */
  values: unknown[]
  /** About how many bytes it holds. */
  bytes: number
  /** Exception and operation of the event where they are, or may have, a cause; none for all others. */
  roots: string[]
}

/** Fields of `data` that have columns of their own; what is left is kept as attributes. */
const TYPED = new Set([
  'seq',
  'object',
  'objects',
  'activity',
  'canonical',
  'lifecycle',
  'completes',
  'step',
  'waits_on',
  'actor',
  'system',
  'system_class',
  'workflow_run',
  'outcome',
  'exception',
  'operation',
  'policy',
  'money',
  'line',
  'due_at',
  'terms',
  'ai',
  'corrects',
  'object_attributes',
  'attributes',
])

const HOT: ReadonlySet<string> = new Set(ATTRIBUTE_DIMENSIONS)

/** Later arrivals get smaller numbers, and all stay below 2^63, where the versions of settled rows begin. */
const FIRST_ARRIVAL_BASE = 2n ** 62n

/** The `first_arrival` of an arrival: larger for earlier ones. */
export function firstArrival(receivedAt: Instant): bigint {
  return FIRST_ARRIVAL_BASE - BigInt(receivedAt)
}

/**
 * Classifies an event and lays it out as a row. Instants are written as whole microseconds, which ClickHouse reads as the ticks of a
 * `DateTime64(6)`.
 *
 * The content hash covers what the producer said and nothing that was found out here (arrival, position in the batch,
 * classification), so that a copy by another road has the same hash.
 */
export function eventRow(
  tenant: string,
  event: Event,
  context: {
    receivedAt: Instant
    importId: string
    rules?: ClassifyRules
    /** Batch that brings it and its position there; none for rows outside of the ledger. */
    batch?: { feed: string; id: bigint; ordinal: number }
  },
): EventRow {
  const { data, objects } = event
  const canonical = data.canonical != null && isCanonical(data.canonical) ? data.canonical : event.source_activity
  const attributes: Record<string, unknown> = {}
  const hot: Record<string, string> = {}
  for (const key in data) if (!TYPED.has(key)) attributes[key] = data[key]
  for (const key in data.attributes) {
    const value = data.attributes[key]
    if (HOT.has(key)) hot[key] = scalarText(value)
    else attributes[key] = value
  }
  const state = { types: [] as string[], ids: [] as string[], names: [] as string[], values: [] as string[] }
  // In order of the keys: two copies of one event are one content whatever order their producers wrote them in.
  for (const [key, values] of sortedEntries(data.object_attributes ?? NOTHING)) {
    const object = objectRefFromText(key)
    if (object === null) continue
    for (const [name, value] of sortedEntries(values)) {
      const text = scalarText(value)
      state.types.push(object.type)
      state.ids.push(object.id)
      state.names.push(name)
      state.values.push(text)
      if (HOT.has(name)) hot[name] ??= text
    }
  }
  const { waits_on: waits, actor, outcome, exception, operation, policy, money } = data
  const said: unknown[] = [
    event.natural_id,
    event.source,
    event.type,
    event.occurred_at,
    event.source_activity,
    data.step ?? '',
    data.lifecycle ?? '',
    data.system ?? '',
    data.system_class ?? '',
    objects.map((object) => object.type),
    objects.map((object) => object.id),
    objects.map((object) => object.qualifier ?? ''),
    waits?.kind ?? '',
    waits?.id ?? '',
    waits?.step ?? '',
    actor?.id ?? '',
    actor?.kind ?? '',
    actor?.on_behalf_of ?? '',
    data.workflow_run ?? '',
    outcome?.status ?? '',
    outcome?.code ?? '',
    outcome?.message ?? '',
    outcome?.retryable ?? null,
    exception?.id ?? '',
    exception?.state ?? '',
    exception?.caused_by ?? '',
    operation?.id ?? '',
    operation?.attempt ?? 0,
    policy?.id ?? '',
    policy?.version ?? '',
    policy?.decision ?? '',
    money?.amount ?? null,
    money?.currency ?? '',
    money?.base_amount ?? null,
    money?.base_currency ?? '',
    money?.rate == null ? null : Number(money.rate),
    money?.rate_date ?? '',
    data.due_at ?? null,
    event.corrects_id,
    event.completes_id,
    ...ATTRIBUTE_DIMENSIONS.map((name) => hot[name] ?? ''),
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
  const saidText = cells(said)
  // The order that the producer stated is part of what it said; one that was given here is not.
  const contentHash = BigInt(`0x${hash('sha1', `${data.seq ?? ''},${saidText}`).slice(0, 16)}`)
  const verdict = classify(classifyInput(event, canonical), context.rules)
  const found: unknown[] = [
    tenant,
    event.event_id,
    contentHash,
    context.receivedAt,
    event.seq,
    canonical,
    isCanonical(canonical),
    verdict.class,
    verdict.category,
    verdict.reaction,
    verdict.confidence,
    verdict.rule_version,
    verdict.evidence,
    context.importId,
    context.batch?.feed ?? '',
    context.batch?.id ?? 0,
    context.batch?.ordinal ?? 0,
    aiFlag(event),
    firstArrival(context.receivedAt),
  ]
  const traceable = verdict.class !== 'none' || (exception?.caused_by ?? '') !== ''
  const roots = traceable ? [exception?.id ?? [], operation?.id ?? []].flat() : []
  return {
    event_id: event.event_id,
    content_hash: contentHash.toString(),
    values: found.concat(said),
    bytes: saidText.length + 200,
    roots,
  }
}

const NOTHING: Readonly<Record<string, never>> = {}

/** Values as JSON, without the brackets round them. */
function cells(values: readonly unknown[]): string {
  return JSON.stringify(values).slice(1, -1)
}

function scalarText(value: unknown): string {
  if (typeof value === 'string') return value
  return value == null ? '' : stableJson(value)
}

/** JSON with keys in order, so that two copies of one event are one text whatever order their producers wrote the keys in. */
function stableJson(value: unknown): string {
  if (value == null) return 'null'
  if (typeof value !== 'object') return JSON.stringify(value)
  if (Array.isArray(value)) return `[${value.map(stableJson).join(',')}]`
  const entries = sortedEntries(value as Record<string, unknown>).map(
    ([key, inner]) => `${JSON.stringify(key)}:${stableJson(inner)}`,
  )
  return `{${entries.join(',')}}`
}

function sortedEntries<T>(fields: Record<string, T>): [string, T][] {
  return Object.entries(fields).toSorted(([a], [b]) => (a < b ? -1 : 1))
}
