/** The order in which activities of a type are expected where a person gives none. Activities that it does not name are not judged. */
export const CANONICAL_ORDERS: Readonly<Record<string, readonly string[]>> = {
  requisition: ['requisition.created', 'requisition.submitted', 'requisition.approved', 'requisition.converted'],
  purchase_order: ['po.created', 'po.approved', 'po.released', 'po.sent', 'po.confirmed', 'po.closed'],
  invoice: [
    'invoice.received',
    'invoice.captured',
    'invoice.matched',
    'invoice.approved',
    'invoice.posted',
    'payment.transmitted',
    'payment.cleared',
  ],
  payment: ['payment.proposed', 'payment.released', 'payment.transmitted', 'payment.cleared'],
  onboarding: [
    'onboarding.requested',
    'onboarding.documents_requested',
    'onboarding.documents_received',
    'onboarding.tax_validated',
    'onboarding.compliance_checked',
    'onboarding.bank_verified',
    'onboarding.approved',
    'onboarding.transactable',
  ],
}

/** How a trace departs from an order: what it leaves out, does again or besides, or does in another place. */
export type Deviation = {
  kind: 'skipped' | 'inserted' | 'swapped'
  activity: string
  /** Of what is swapped: the activity that it came before and should come after. */
  other: string
}

/**
 * Aligns a trace with an expected order: the longest common subsequence is in order (Adriansyah 2014, alignments with unit costs over a
 * sequence); what the order has besides is skipped, what the trace has besides is inserted, and an activity that would be both is swapped.
 *
 * @param trace activities in order; only those of the order are looked at
 * @param isOpen a trace that may go on: what lies behind its last activity in order is not skipped yet
 * @returns the deviations, and the fitness 1 − cost ÷ (length of trace and order), where a swap costs what a skip and an insertion do
 */
export function conform(
  trace: readonly string[],
  order: readonly string[],
  isOpen: boolean,
): { deviations: Deviation[]; fitness: number } {
  const known = new Set(order)
  const seen = trace.filter((activity) => known.has(activity))
  const kept = commonSubsequence(seen, order)
  const keptInTrace = new Set(kept.map(([at]) => at))
  const keptInOrder = new Set(kept.map(([, at]) => at))
  const last = kept.at(-1)?.[1] ?? -1
  const skipped = order.filter((_, at) => !keptInOrder.has(at) && (!isOpen || at < last))
  const deviations: Deviation[] = []
  let cost = 0
  for (const [at, activity] of seen.entries()) {
    if (keptInTrace.has(at)) continue
    const place = skipped.indexOf(activity)
    const late = order.indexOf(activity)
    if (place === -1) {
      deviations.push({ kind: 'inserted', activity, other: '' })
      cost++
      continue
    }
    skipped.splice(place, 1)
    const behind = seen.find((one, index) => index > at && keptInTrace.has(index) && order.indexOf(one) < late)
    const ahead = seen.findLast((one, index) => index < at && keptInTrace.has(index) && order.indexOf(one) > late)
    if (behind === undefined && ahead !== undefined) deviations.push({ kind: 'swapped', activity: ahead, other: activity })
    else deviations.push({ kind: 'swapped', activity, other: behind ?? '' })
    cost += 2
  }
  for (const activity of skipped) {
    deviations.push({ kind: 'skipped', activity, other: '' })
    cost++
  }
  const expected = isOpen ? order.length - order.slice(last + 1).length : order.length
  const length = seen.length + expected
  return { deviations, fitness: length === 0 ? 1 : 1 - cost / length }
}

/** Pairs of places of the longest common subsequence, the earliest where there are several. */
function commonSubsequence(trace: readonly string[], order: readonly string[]): [inTrace: number, inOrder: number][] {
  const lengths = Array.from({ length: trace.length + 1 }, () => new Uint16Array(order.length + 1))
  const length = (at: number, place: number) => lengths[at]?.[place] ?? 0
  for (let at = trace.length - 1; at >= 0; at--)
    for (let place = order.length - 1; place >= 0; place--) {
      const row = lengths[at]
      if (row === undefined) continue
      row[place] =
        trace[at] === order[place] ? length(at + 1, place + 1) + 1 : Math.max(length(at + 1, place), length(at, place + 1))
    }
  const pairs: [number, number][] = []
  for (let at = 0, place = 0; at < trace.length && place < order.length;) {
    if (trace[at] === order[place]) pairs.push([at++, place++])
    else if (length(at, place + 1) >= length(at + 1, place)) place++
    else at++
  }
  return pairs
}
