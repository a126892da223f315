/** An exception or operation that others may name as their cause. */
export type Root = {
  root_id: string
  class: string
  category: string
  reaction: string
  caused_by: string
  event_ids: readonly string[]
}

/** The most steps from an exception to its root; longer chains, and cycles, have no root. */
export const CHAIN_LIMIT = 16

/**
 * Which of these take the class of a technical root: a receipt missing because a feed was silent is technical, whatever it would be
 * by itself.
 *
 * @returns root id → the technical root at the end of its chain of `caused_by`
 */
export function technicalRoots(roots: ReadonlyMap<string, Root>): Map<string, Root> {
  const found = new Map<string, Root>()
  for (const [id, root] of roots) {
    if (root.caused_by === '') continue
    let at: Root | undefined = root
    for (let step = 0; step < CHAIN_LIMIT && at !== undefined && at.caused_by !== ''; step++) at = roots.get(at.caused_by)
    if (at !== undefined && at.caused_by === '' && at.class === 'technical') found.set(id, at)
  }
  return found
}
