import type { ProcessMap, ProcessVariants } from '../../../api/contract/process.ts'

type Variant = ProcessVariants['variants'][number]
type Edge = ProcessMap['edges'][number]

/** Passes over all activities; each move lowers the weight of paths back, so it settles well before. */
const PASSES = 6

/**
 * The order in which activities stand from top to bottom: as they first happen in the variants, then each moved to where the fewest
 * transitions lead back up. Returns places, 0 for the first.
 */
export function positionsOf(variants: readonly Variant[], edges: readonly Edge[]): Map<string, number> {
  const first = firstPlaces(variants)
  for (const { from, to } of edges) {
    if (!first.has(from)) first.set(from, Number.MAX_SAFE_INTEGER)
    if (!first.has(to)) first.set(to, (first.get(from) ?? 0) + 0.5)
  }
  const order = [...first.keys()].toSorted((a, b) => (first.get(a) ?? 0) - (first.get(b) ?? 0))
  const weights = new Map(edges.map(({ from, to, count }) => [`${from}\n${to}`, count]))
  const weight = (from: string, to: string): number => weights.get(`${from}\n${to}`) ?? 0
  for (let pass = 0; pass < PASSES; pass += 1) {
    if (!sift(order, weight)) break
  }
  return new Map(order.map((activity, place) => [activity, place]))
}

/** The mean place at which each activity first happens, weighted by how often its variant does. */
function firstPlaces(variants: readonly Variant[]): Map<string, number> {
  const sums = new Map<string, { at: number; weight: number }>()
  for (const { activities, count } of variants) {
    for (const activity of new Set(activities)) {
      const sum = sums.get(activity) ?? { at: 0, weight: 0 }
      sums.set(activity, { at: sum.at + activities.indexOf(activity) * count, weight: sum.weight + count })
    }
  }
  return new Map([...sums].map(([activity, { at, weight }]) => [activity, at / weight]))
}

/** Moves each activity to its best place among the others; whether any moved. */
function sift(order: string[], weight: (from: string, to: string) => number): boolean {
  let moved = false
  for (const activity of order.slice()) {
    const here = order.indexOf(activity)
    const others = order.filter((one) => one !== activity)
    // Going down past another one: transitions to it become paths back, those from it no longer are.
    let back = others.reduce((sum, one) => sum + weight(one, activity), 0)
    const costs = [back]
    for (const one of others) {
      back += weight(activity, one) - weight(one, activity)
      costs.push(back)
    }
    const least = Math.min(...costs)
    if (costs[here] === least) continue
    const nearest = costs
      .flatMap((cost, place) => (cost === least ? [place] : []))
      .toSorted((a, b) => Math.abs(a - here) - Math.abs(b - here))[0]
    order.splice(here, 1)
    order.splice(nearest ?? here, 0, activity)
    moved = true
  }
  return moved
}
