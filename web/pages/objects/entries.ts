import type { ObjectTimeline, TimelineEvent } from '../../../api/contract/object.ts'

type Call = ObjectTimeline['calls'][number]

/** A line of a timeline: an event, or calls that stand together: all that ended well, or the same failure again and again. */
export type Entry =
  | { at: string; event: TimelineEvent; /** When the event before it happened. */ previousAt: string | undefined }
  | { at: string; calls: readonly [Call, ...Call[]] }

/** Events in the order that they have, with the calls that served the document between them; calls in a row that all ended well
 * stand together, and so do repeated failures. */
export function entriesOf(events: readonly TimelineEvent[], calls: readonly Call[]): Entry[] {
  const waiting = calls.toSorted((a, b) => Date.parse(a.started_at) - Date.parse(b.started_at))
  const entries: Entry[] = []
  let next = 0
  const callsUntil = (instant: number): void => {
    for (let call = waiting[next]; call !== undefined && Date.parse(call.started_at) < instant; call = waiting[++next]) {
      const last = entries.at(-1)
      if (last !== undefined && 'calls' in last && areAlike(last.calls[0], call))
        entries[entries.length - 1] = { at: last.at, calls: [...last.calls, call] }
      else entries.push({ at: call.started_at, calls: [call] })
    }
  }
  for (const [index, event] of events.entries()) {
    callsUntil(Date.parse(event.occurred_at))
    entries.push({ at: event.occurred_at, event, previousAt: events[index - 1]?.occurred_at })
  }
  callsUntil(Number.POSITIVE_INFINITY)
  return entries
}

function areAlike(a: Call, b: Call): boolean {
  if (a.status === 'ok' || b.status === 'ok') return a.status === b.status
  return a.system === b.system && a.operation === b.operation && a.status === b.status && a.message === b.message
}
