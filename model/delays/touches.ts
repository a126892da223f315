import type { TimelineEvent } from '../timeline.ts'
import type { Touch } from './blocker.ts'

/**
 * Work on steps, from started to completed: by `completes_id`, else by the next end of the step by the same actor. A start without an end is
 * work only while it is the last thing that happened.
 */
export function touchesOf(events: readonly TimelineEvent[]): Touch[] {
  const touches: Touch[] = []
  const open = new Map<string, { touch: Touch; event: TimelineEvent }>()
  for (const [index, event] of events.entries()) {
    if (event.lifecycle === 'started' || event.lifecycle === 'resumed') {
      const touch: Touch = {
        from: event.occurred_at,
        to: null,
        step: event.step || event.activity,
        party: event.actor_kind === 'human' ? 'person' : 'system',
        holder: event.actor_id,
        opened: index,
      }
      open.set(event.event_id, { touch, event })
      touches.push(touch)
    } else if (event.lifecycle === 'completed' || event.lifecycle === 'cancelled' || event.lifecycle === 'suspended') {
      const id = startOf(open, event)
      if (id === null) continue
      const started = open.get(id)
      if (started !== undefined) started.touch.to = event.occurred_at
      open.delete(id)
    }
  }
  return touches.filter((touch) => touch.to !== null || touch.opened === events.length - 1)
}

/** Id of the open start that an event ends; null where there is none. */
function startOf(open: ReadonlyMap<string, { event: TimelineEvent }>, event: TimelineEvent): string | null {
  if (event.completes_id !== null) return open.has(event.completes_id) ? event.completes_id : null
  let found: string | null = null
  for (const [id, { event: started }] of open) {
    const sameActor = started.actor_id === '' || event.actor_id === '' || started.actor_id === event.actor_id
    if (sameActor && started.step === event.step && (event.step !== '' || started.activity === event.activity)) found = id
  }
  return found
}
