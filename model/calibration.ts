import { wilson } from './wilson.ts'

/** Bins of a stated probability, each a tenth wide; the last one holds 1. */
export const BINS = 10
/** Of fewer than this nothing is said: chance would say too much. */
export const LEAST_CALIBRATED = 10

/** Sums over the outcomes in one bin. */
export type BinSums = {
  /** 0 … {@link BINS} − 1. */
  bin: number
  n: number
  hits: number
  /** Sum of the stated probabilities. */
  stated: number
  /** Sum of (stated − outcome)², the outcome being 1 for a hit and 0 else. */
  squares: number
}

/** How often a stated probability came true. Shares of 1. */
export type Calibration = {
  n: number
  /** Expected calibration error; null below the least n. */
  ece: number | null
  /** Brier score: 0 is perfect, 0.25 what always stating one half gives; null below the least n. */
  brier: number | null
  /** Bins with outcomes, ascending. */
  bins: {
    from: number
    to: number
    n: number
    /** Mean stated probability. */
    stated: number
    hits: number
    /** Share that came true with its 95 % interval by {@link wilson}; null below the least n. */
    share: number | null
    low: number | null
    high: number | null
  }[]
}

/**
 * Compares stated probabilities with what came true, by bin.
 *
 * ECE is the mean over the bins, by their n, of the distance between the share that came true and the mean stated (Naeini, Cooper &
 * Hauskrecht 2015, Obtaining Well Calibrated Probabilities Using Bayesian Binning, AAAI); bins of few count with their n. Brier is the mean
 * squared distance between stated and outcome (Brier 1950, Monthly Weather Review 78:1).
 *
 * @param sums by bin, in any order; those of one bin are added up
 */
export function calibrationOf(sums: readonly BinSums[]): Calibration {
  const bins = [...Map.groupBy(sums, ({ bin }) => bin)]
    .map(([bin, of]) => {
      const sum = (key: 'n' | 'hits' | 'stated' | 'squares'): number => of.reduce((total, one) => total + one[key], 0)
      return { bin, n: sum('n'), hits: sum('hits'), stated: sum('stated'), squares: sum('squares') }
    })
    .toSorted((a, b) => a.bin - b.bin)
  const n = bins.reduce((total, one) => total + one.n, 0)
  const mean = (of: (one: BinSums) => number): number | null =>
    n < LEAST_CALIBRATED ? null : bins.reduce((total, one) => total + of(one), 0) / n
  return {
    n,
    ece: mean(({ hits, stated }) => Math.abs(hits - stated)),
    brier: mean(({ squares }) => squares),
    bins: bins.map((one) => ({
      from: one.bin / BINS,
      to: (one.bin + 1) / BINS,
      n: one.n,
      stated: one.stated / one.n,
      hits: one.hits,
      ...(one.n < LEAST_CALIBRATED
        ? { share: null, low: null, high: null }
        : { share: one.hits / one.n, ...wilson(one.hits, one.n) }),
    })),
  }
}
