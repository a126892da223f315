import type { AlertRule, Grouping, Watched } from './alert-rule.ts'
import { DIMENSIONS } from './vocabulary.ts'

const OF_DOCUMENTS = ['object_type', 'owner', ...DIMENSIONS] as const

/** Labels that the alerts of a rule can have, by what it looks at: what `group_by`, `where` and summaries may name. */
export function labelsOf(watch: Watched): ReadonlySet<Grouping> {
  switch (watch.kind) {
    case 'clock':
    case 'risk':
      return new Set<Grouping>(['key', 'sla', ...OF_DOCUMENTS])
    case 'control':
      return new Set<Grouping>(['key', 'control', ...OF_DOCUMENTS])
    case 'incident':
      return new Set<Grouping>(['key', 'incident', 'system'])
    case 'kpi':
      return new Set<Grouping>(watch.by === null ? ['key'] : ['key', watch.by])
    case 'burn':
      return new Set<Grouping>(['key', 'sla'])
    case 'source':
    case 'arrivals':
    case 'dead_letters':
      return new Set<Grouping>(['key'])
  }
}

/** Dimensions by which a rule may narrow what it looks at. */
export function isNarrowedBy(watch: AlertRule['watch'], dimension: (typeof DIMENSIONS)[number]): boolean {
  if (watch.kind === 'kpi' || watch.kind === 'burn') return true
  return labelsOf(watch).has(dimension)
}
