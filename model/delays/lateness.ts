import type { Instant } from '../instant.ts'
import type { Timeline } from '../timeline.ts'
import { subjectOf } from './blocker.ts'
import { CAUSES } from './charging.ts'

/** A deadline and what became of it. */
export type Deadline = {
  due_at: Instant
  /** When it was met or missed for good; null while neither has happened. */
  settled_at: Instant | null
}

const DROPPED = new Set(['invoice.rejected', 'invoice.cancelled', 'invoice.credited'])

/**
 * The deadline of a document: the latest that an event of it states. An invoice settles it when its payment clears (where no clearing is
 * known: is transmitted); other documents when they end. What was rejected, cancelled or credited has none.
 *
 * @param endedAt end of the document; null while it is open
 */
export function deadlineOf({ events, document }: Timeline, endedAt: Instant | null): Deadline | null {
  const paid = document.type === 'invoice' || document.type === 'payment'
  const due = events.findLast(
    (event) => event.due_at !== null && (document.type !== 'invoice' || subjectOf(event.activity) === 'invoice'),
  )?.due_at
  if (due == null) return null
  if (!paid) return { due_at: due, settled_at: endedAt }
  const payment =
    events.find((event) => event.activity === 'payment.cleared') ??
    events.find((event) => event.activity === 'payment.transmitted')
  if (payment === undefined && events.some((event) => DROPPED.has(event.activity))) return null
  return { due_at: due, settled_at: payment?.occurred_at ?? null }
}

/**
 * What a missed deadline is due to: the smallest sets of causes without whose time it would have been met. A set of one says that this
 * cause alone made it late; sets of several say that only together they did; none that no set is enough, because what is left took too
 * long or the document came after its deadline. In a set causes stand in their order and systems by name, so that equal sets are one;
 * the sets of the largest causes come first.
 *
 * @param overdue how late it is, µs, more than 0
 * @param charged what each cause was charged up to the end, µs
 */
export function lateBecause(overdue: number, charged: ReadonlyMap<string, number>): string[][] {
  const causes = [...charged].filter(([, us]) => us > 0).toSorted(([, a], [, b]) => b - a)
  // More than enough for causes, and systems beyond these take too small a share to matter.
  const named = causes.slice(0, 12)
  for (let size = 1; size <= named.length; size++) {
    const enough = combinations(named, size).filter((set) => set.reduce((sum, [, us]) => sum + us, 0) >= overdue)
    if (enough.length > 0) return enough.map((set) => set.map(([name]) => name).toSorted(byCause))
  }
  return []
}

const PLACES: readonly string[] = CAUSES

function byCause(a: string, b: string): number {
  return PLACES.indexOf(a) - PLACES.indexOf(b) || a.localeCompare(b)
}

function combinations<T>(items: readonly T[], size: number): T[][] {
  if (size === 0) return [[]]
  return items.flatMap((item, index) => combinations(items.slice(index + 1), size - 1).map((rest) => [item, ...rest]))
}
