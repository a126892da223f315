import type { Instant } from '../instant.ts'
import { type Blocker, BLOCKER_CAUSES, type Touch } from './blocker.ts'

/** What an instant of a document's life is charged to. */
export const CAUSES = [...BLOCKER_CAUSES, 'touch', 'queue'] as const
export type Cause = (typeof CAUSES)[number]

/** A stretch of a life, charged to a blocker, to work, or to neither. */
export type Charge = { from: Instant; to: Instant; by: Blocker | Touch | null }

/** Whether a charge is to a blocker. */
export function isBlocker(by: Charge['by']): by is Blocker {
  return by !== null && 'cause' in by
}

/** The cause of a charge. */
export function causeOf(by: Charge['by']): Cause {
  return by === null ? 'queue' : isBlocker(by) ? by.cause : 'touch'
}

const rank = (blocker: Blocker): number => BLOCKER_CAUSES.indexOf(blocker.cause)

/** Blockers in the order in which they are charged: the last released first, open ones before all; then by precedence, the narrower first. */
function byRelease(a: Blocker, b: Blocker): number {
  const [ends, endsOther] = [a.to ?? Number.POSITIVE_INFINITY, b.to ?? Number.POSITIVE_INFINITY]
  if (ends !== endsOther) return ends > endsOther ? -1 : 1
  return rank(a) - rank(b) || b.from - a.from || b.opened - a.opened
}

/**
 * Charges every instant of `[from, to)` once. Of several blockers the one released last is charged: it is the binding one. Backwards
 * from the last release it covers its own interval; before its start the one with the latest release among the rest does, and so on.
 * Where nothing blocks, or a person does, work on a step is charged before the person; what is left is charged to nothing.
 *
 * @returns the charges in order of time; they partition `[from, to)`
 */
export function charge(from: Instant, to: Instant, blockers: readonly Blocker[], touches: readonly Touch[]): Charge[] {
  const blocked = walk(from, to, blockers.toSorted(byRelease))
  const worked = walk(
    from,
    to,
    touches.toSorted((a, b) => (b.to ?? to) - (a.to ?? to) || b.from - a.from || b.opened - a.opened),
  )
  const charges: Charge[] = []
  let index = 0
  for (const stretch of blocked) {
    if (isBlocker(stretch.by) && stretch.by.cause !== 'person') {
      charges.push(stretch)
      continue
    }
    while ((worked[index]?.to ?? to) <= stretch.from && index < worked.length) index++
    for (let at = index; at < worked.length; at++) {
      const work = worked[at]
      if (work === undefined || work.from >= stretch.to) break
      charges.push({
        from: Math.max(work.from, stretch.from),
        to: Math.min(work.to, stretch.to),
        by: work.by ?? stretch.by,
      })
    }
  }
  return charges
}

/** What time is charged to after everything that is known. */
export function openCharge(blockers: readonly Blocker[], touches: readonly Touch[]): Blocker | Touch | null {
  const blocker = blockers.filter((one) => one.to === null).toSorted(byRelease)[0] ?? null
  const touch = touches.find((one) => one.to === null) ?? null
  return touch !== null && (blocker === null || blocker.cause === 'person') ? touch : blocker
}

/** Partitions `[from, to)` among intervals in the order of their claim, each of them whole before its start is given to the next. */
function walk<T extends Blocker | Touch>(
  from: Instant,
  to: Instant,
  sorted: readonly T[],
): { from: Instant; to: Instant; by: T | null }[] {
  const stretches: { from: Instant; to: Instant; by: T | null }[] = []
  let cursor = to
  for (const one of sorted) {
    const start = Math.max(one.from, from)
    const end = Math.min(one.to ?? to, cursor)
    if (start >= end) continue
    if (end < cursor) stretches.push({ from: end, to: cursor, by: null })
    stretches.push({ from: start, to: end, by: one })
    cursor = start
  }
  if (from < cursor) stretches.push({ from, to: cursor, by: null })
  return stretches.toReversed()
}
