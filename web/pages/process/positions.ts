import type { ProcessMap, ProcessVariants } from '../../../api/contract/process.ts'

type Variant = ProcessVariants['variants'][number]
type Edge = ProcessMap['edges'][number]

/** Where each activity typically first happens, 0 for the beginning; one that no variant has comes right after what precedes it. */
export function positionsOf(variants: readonly Variant[], edges: readonly Edge[]): Map<string, number> {
  const sums = new Map<string, { at: number; weight: number }>()
  for (const { activities, count } of variants) {
    for (const activity of new Set(activities)) {
      const sum = sums.get(activity) ?? { at: 0, weight: 0 }
      sums.set(activity, { at: sum.at + activities.indexOf(activity) * count, weight: sum.weight + count })
    }
  }
  const positions = new Map([...sums].map(([activity, { at, weight }]) => [activity, at / weight]))
  for (const { from, to } of edges) {
    const before = positions.get(from)
    if (before !== undefined && !positions.has(to)) positions.set(to, before + 0.5)
  }
  return positions
}
