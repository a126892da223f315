/** That one event takes another's place. `seq` and `occurred_at` are the correction's own. */
export type CorrectionEdge = { target_id: string; event_id: string; occurred_at: string; seq: number }

/** Whether an event counts, and the place in the order that it takes. */
export type Standing = { live: boolean; seq: number; placeId: string }

/**
 * Decides which events of connected corrections stand, whatever order they arrived in.
 *
 * A corrected event does not stand. Of several corrections of one event the one latest by (seq, occurred_at, event_id) stands; the
 * others fall, and so does whatever corrects a fallen one's predecessor only. The one that stands takes the place (seq, id) of the
 * event at the root of its chain, so that correcting there and back leaves every order as it was. A cycle (two events that correct
 * each other) has no root: its members are judged as if the latest of them were uncorrected.
 *
 * @param edges all corrections of the connected set
 * @param stored seq by id of those events that are stored; a correction whose target never arrived keeps its own place
 */
export function resolveCorrections(edges: readonly CorrectionEdge[], stored: ReadonlyMap<string, number>): Map<string, Standing> {
  const byTarget = new Map<string, CorrectionEdge[]>()
  for (const edge of edges) {
    const list = byTarget.get(edge.target_id)
    if (list === undefined) byTarget.set(edge.target_id, [edge])
    else list.push(edge)
  }
  const corrections = new Set(edges.map((edge) => edge.event_id))
  const ids = new Set(edges.flatMap((edge) => [edge.target_id, edge.event_id]))
  const standings = new Map<string, Standing>()
  for (const id of ids) standings.set(id, { live: false, seq: stored.get(id) ?? 0, placeId: id })

  const roots = [...ids].filter((id) => !corrections.has(id))
  const visited = new Set<string>()
  const stand = (root: string) => {
    let holder = root
    const chain = new Set<string>([root])
    for (;;) {
      const candidates = descendants(holder, byTarget, chain)
      const latest = candidates.filter((edge) => stored.has(edge.event_id)).toSorted(later)[0]
      if (latest === undefined) break
      holder = latest.event_id
      chain.add(holder)
    }
    mark(root, byTarget, visited)
    const place = stored.has(root) ? root : holder
    standings.set(holder, { live: true, seq: stored.get(place) ?? 0, placeId: place })
  }
  for (const root of roots) stand(root)
  for (const id of [...ids].toSorted()) if (!visited.has(id)) stand(id)
  return standings
}

function descendants(id: string, byTarget: ReadonlyMap<string, CorrectionEdge[]>, chain: ReadonlySet<string>): CorrectionEdge[] {
  return (byTarget.get(id) ?? []).filter((edge) => !chain.has(edge.event_id))
}

function mark(root: string, byTarget: ReadonlyMap<string, CorrectionEdge[]>, visited: Set<string>): void {
  const stack = [root]
  for (let id = stack.pop(); id !== undefined; id = stack.pop()) {
    if (visited.has(id)) continue
    visited.add(id)
    for (const edge of byTarget.get(id) ?? []) stack.push(edge.event_id)
  }
}

function later(a: CorrectionEdge, b: CorrectionEdge): number {
  return b.seq - a.seq || compare(b.occurred_at, a.occurred_at) || compare(b.event_id, a.event_id)
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
