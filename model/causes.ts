/** An event of an exception or operation, with its own class and what it names as its cause; empty where it names none. */
export type RootEvent = { event_id: string; class: string; category: string; reaction: string; caused_by: string }

/** The class that an event has in the end. */
export type Outcome = { event_id: string; class: string; category: string; reaction: string }

/** The most steps from an exception to its root; longer chains, and cycles, have no root. */
export const CHAIN_LIMIT = 16

/**
 * What the events that name a cause are in the end: of the class of a technical root – a receipt missing because a feed was silent is
 * technical, whatever it would be by itself – or of their own.
 *
 * @param roots the standing events of each exception and operation by its id, oldest first, with all that their chains name
 */
export function causedOutcomes(roots: ReadonlyMap<string, readonly RootEvent[]>): Outcome[] {
  const outcomes: Outcome[] = []
  for (const events of roots.values())
    for (const event of events) {
      if (event.caused_by === '' || event.class === 'none') continue
      const root = rootOf(event.caused_by, roots)
      const { class: its, category, reaction } = root?.class === 'technical' ? root : event
      outcomes.push({ event_id: event.event_id, class: its, category, reaction })
    }
  return outcomes
}

/** The first event with a class of the exception or operation that a chain of causes ends at. */
function rootOf(id: string, roots: ReadonlyMap<string, readonly RootEvent[]>): RootEvent | undefined {
  let at = id
  for (let step = 0; step < CHAIN_LIMIT; step++) {
    const events = roots.get(at)
    const next = events?.find((event) => event.caused_by !== '')?.caused_by
    if (next === undefined) return events?.find((event) => event.class !== 'none')
    at = next
  }
  return undefined
}
