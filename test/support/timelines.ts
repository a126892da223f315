import assert from 'node:assert/strict'
import { causedOutcomes, type RootEvent } from '../../model/causes.ts'
import { isRefusal, readEvent } from '../../model/event.ts'
import type { Instant } from '../../model/instant.ts'
import type { Timeline, TimelineEvent } from '../../model/timeline.ts'
import { ATTRIBUTE_DIMENSIONS } from '../../model/vocabulary.ts'
import { EVENT_COLUMNS, eventRow } from '../../ingest/row.ts'

const CATEGORY_COLUMNS: Readonly<Record<string, string>> = { category: 'category_of_spend' }

/**
 * The timelines that ingestion makes of CloudEvents, without a store: classified, settled by their causes, in order. Corrections are not
 * applied.
 *
 * @returns by `type/id`; calls and attributes are left empty
 */
export function timelinesOf(tenant: string, events: Iterable<unknown>, receivedAt: Instant): Map<string, Timeline> {
  const told = new Map<string, { event: TimelineEvent; reaction: string; objects: { type: string; id: string }[] }>()
  let position = 0
  for (const raw of events) {
    const event = readEvent(raw, { tenant, receivedAt, fallbackSeq: position++ })
    if (isRefusal(event)) assert.fail(`${event.code}: ${event.message}`)
    const { values } = eventRow(tenant, event, { receivedAt, importId: '' })
    const row = Object.fromEntries(EVENT_COLUMNS.map((name, at) => [name, values[at]]))
    const text = (name: string): string => {
      const value = row[name]
      return typeof value === 'string' ? value : typeof value === 'number' ? String(value) : ''
    }
    told.set(event.event_id, {
      reaction: text('reaction'),
      objects: event.objects,
      event: {
        event_id: event.event_id,
        occurred_at: event.occurred_at,
        received_at: receivedAt,
        seq: event.seq,
        activity: text('activity'),
        step: text('step'),
        lifecycle: text('lifecycle'),
        system: text('system'),
        system_class: text('system_class'),
        actor_id: text('actor_id'),
        actor_kind: text('actor_kind'),
        waits_kind: text('waits_kind'),
        waits_id: text('waits_id'),
        waits_step: text('waits_step'),
        status: text('status'),
        code: text('code'),
        class: text('class'),
        category: text('category'),
        exception_id: text('exception_id'),
        exception_state: text('exception_state'),
        exception_caused_by: text('exception_caused_by'),
        operation_id: text('operation_id'),
        attempt: Number(row['attempt']),
        policy_id: text('policy_id'),
        policy_version: text('policy_version'),
        policy_decision: text('policy_decision'),
        amount: row['amount'] === null ? null : text('amount'),
        currency: text('currency'),
        due_at: row['due_at'] as Instant | null,
        completes_id: event.completes_id,
        workflow_run: text('workflow_run'),
        approvals: event.objects.filter((one) => one.type === 'approval').map((one) => one.id),
        dimensions: Object.fromEntries(
          ATTRIBUTE_DIMENSIONS.map((name) => [name, text(CATEGORY_COLUMNS[name] ?? name)]).filter(([, value]) => value !== ''),
        ),
      },
    })
  }
  settleCauses([...told.values()])
  const timelines = new Map<string, { document: { type: string; id: string }; events: TimelineEvent[] }>()
  for (const { event, objects } of told.values())
    for (const { type, id } of objects) {
      const known = timelines.get(`${type}/${id}`)
      if (known === undefined) timelines.set(`${type}/${id}`, { document: { type, id }, events: [event] })
      else known.events.push(event)
    }
  return new Map(
    [...timelines].map(([key, { document, events: list }]) => [
      key,
      {
        document,
        calls: [],
        attributes: {},
        events: list.toSorted((a, b) => a.occurred_at - b.occurred_at || a.seq - b.seq || (a.event_id < b.event_id ? -1 : 1)),
      },
    ]),
  )
}

/** Gives events of exceptions and operations the class of their technical root, as settling does. */
function settleCauses(told: readonly { event: TimelineEvent; reaction: string }[]): void {
  const roots = new Map<string, RootEvent[]>()
  const byId = new Map(told.map((one) => [one.event.event_id, one.event]))
  for (const { event, reaction } of told.toSorted(
    (a, b) => a.event.occurred_at - b.event.occurred_at || a.event.seq - b.event.seq,
  ))
    for (const id of new Set([event.exception_id, event.operation_id])) {
      if (id === '') continue
      const root = {
        event_id: event.event_id,
        class: event.class,
        category: event.category,
        reaction,
        caused_by: event.exception_caused_by,
      }
      const known = roots.get(id)
      if (known === undefined) roots.set(id, [root])
      else known.push(root)
    }
  for (const outcome of causedOutcomes(roots))
    Object.assign(byId.get(outcome.event_id) ?? {}, { class: outcome.class, category: outcome.category })
}

/** The system that raised each root exception or incident, by its id. */
export function rootSystems(timelines: Iterable<Timeline>): Map<string, string> {
  const systems = new Map<string, string>()
  for (const { events } of timelines)
    for (const event of events)
      if (event.exception_id !== '' && event.exception_state === 'raised' && event.exception_caused_by === '')
        systems.set(event.exception_id, event.system)
  return systems
}
