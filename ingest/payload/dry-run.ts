import { classify, classifyInput } from '../../model/classify.ts'
import type { Event } from '../../model/event.ts'
import { type Instant, instantToIso } from '../../model/instant.ts'
import { isCanonical } from '../../model/vocabulary.ts'
import type { Outcome } from '../batch.ts'
import { type Format, type RecordIn, rejected } from '../format.ts'
import { type CompiledMapping, type Step, together } from './compile.ts'

const MOST = { records: 100, unread: 200 } as const

/** An event as it would be kept. */
export type TriedEvent = {
  event_id: string
  natural_id: string
  source: string
  type: string
  time: string
  activity: string
  source_activity: string
  canonical: boolean
  objects: { type: string; id: string; qualifier: string | null }[]
  class: string
  category: string
  data: Record<string, unknown>
}

/** What would become of one record. */
export type TriedRecord = {
  outcome: 'events' | 'drop' | 'reject'
  rule: { index: number; name: string } | null
  events: TriedEvent[]
  code: string | null
  reason: string | null
  unread: string[]
}

/** Reads a sample as a source of this format and mapping would, and stores nothing. At most 100 records are told of. */
export function dryRun(
  format: Format,
  mapping: CompiledMapping | null,
  record: RecordIn,
  context: { tenant: string; now: Instant },
): { records: TriedRecord[]; total: number } {
  const records: TriedRecord[] = []
  let total = 0
  const tooLarge = record.body.byteLength > format.limit
  const parts = tooLarge ? [record] : (format.split?.(record) ?? [record])
  for (const [index, part] of parts.entries()) {
    let told: { payload: unknown; steps: Step[] } | undefined
    const telling: CompiledMapping | null =
      mapping === null
        ? null
        : {
            ...mapping,
            read(payload, at) {
              told = { payload, steps: mapping.explain(payload, at) }
              return together(told.steps.map((step) => step.outcome))
            },
          }
    const outcome = tooLarge
      ? rejected('record_too_large', `is over ${format.limit} bytes`)
      : format.read(part, {
          tenant: context.tenant,
          receivedAt: context.now,
          seq: index,
          naturalId: index === 0 ? 'dry-run' : `dry-run#${index}`,
          source: 'dry-run',
          system: null,
          mapping: telling,
        })
    const steps: Step[] = told?.steps ?? [{ rule: null, outcome }]
    total += steps.length
    for (const step of steps) {
      if (records.length === MOST.records) break
      const read = step.rule === null ? undefined : mapping?.rulePaths[step.rule.index]
      records.push({
        ...tried(step.outcome),
        rule: step.rule,
        unread: told === undefined || read === undefined || !('events' in step.outcome) ? [] : unreadPaths(told.payload, read),
      })
    }
  }
  return { records, total }
}

function tried(outcome: Outcome): Omit<TriedRecord, 'rule' | 'unread'> {
  if ('drop' in outcome) return { outcome: 'drop', events: [], code: null, reason: outcome.drop }
  if ('reject' in outcome) return { outcome: 'reject', events: [], code: outcome.reject.code, reason: outcome.reject.message }
  return { outcome: 'events', events: outcome.events.map(viewOf), code: null, reason: null }
}

function viewOf(event: Event): TriedEvent {
  const { canonical } = event.data
  const activity = canonical != null && isCanonical(canonical) ? canonical : event.source_activity
  const verdict = classify(classifyInput(event, activity))
  const { objects: _objects, activity: _activity, canonical: _canonical, due_at: due, ...data } = event.data
  return {
    event_id: event.event_id,
    natural_id: event.natural_id,
    source: event.source,
    type: event.type,
    time: instantToIso(event.occurred_at),
    activity,
    source_activity: event.source_activity,
    canonical: isCanonical(activity),
    objects: event.objects.map(({ type, id, qualifier }) => ({ type, id, qualifier: qualifier ?? null })),
    class: verdict.class,
    category: verdict.category,
    data: due == null ? data : { ...data, due_at: instantToIso(due) },
  }
}

/** Fields of a payload that hold something and are not read, in the notation of payload shapes. */
function unreadPaths(payload: unknown, read: ReadonlySet<string>): string[] {
  const found = new Set<string>()
  const visit = (value: unknown, path: string, depth: number): void => {
    if (found.size >= MOST.unread || value === null || value === '' || (path !== '' && read.has(path))) return
    if (typeof value !== 'object' || depth > 20) {
      found.add(path)
      return
    }
    if (Array.isArray(value)) {
      // What the first elements hold stands for all.
      for (const item of value.slice(0, 20)) visit(item, `${path}[]`, depth + 1)
      return
    }
    for (const [name, inner] of Object.entries(value)) visit(inner, path === '' ? name : `${path}.${name}`, depth + 1)
  }
  visit(payload, '', 0)
  return [...found].toSorted()
}
