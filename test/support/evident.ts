import type { TruthDocument } from '../../demo/truth.ts'

/** Controls for which an order that was cancelled has committed nothing. */
const OF_STANDING_ORDERS = new Set(['over-budget', 'contract-expired-or-exceeded'])

/** Whether the events up to now show a planted violation, ms: later ones may be needed for it, and earlier ones may have taken it back. */
export function isEvident(document: TruthDocument, violation: TruthDocument['violations'][number], now: number): boolean {
  const cancelled = document.milestones['po.cancelled']
  const isStanding = cancelled === undefined || Date.parse(cancelled) > now
  return Date.parse(violation.evident_at) <= now && (isStanding || !OF_STANDING_ORDERS.has(violation.control_id))
}
