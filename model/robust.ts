/** Fewest periods of its own history by which a figure is judged. */
const PERIODS = 4
/** How far out of its history a figure is remarkable (Iglewicz & Hoaglin 1993). */
const REMARKABLE = 3.5

/** How a figure stands against its own history. */
export type Deviation = { median: number; score: number | null; remarkable: boolean; periods: number }

/**
 * The modified z-score of a value against earlier ones: 0.6745 × (x − median) ÷ MAD, the mean absolute deviation × 1.2533 in place of
 * the MAD where more than half of them are equal (Iglewicz & Hoaglin 1993, How to Detect and Handle Outliers).
 *
 * @param history figures of earlier periods
 * @returns null where there are too few of them; a null score where all of them are equal
 */
export function deviationOf(value: number, history: readonly number[]): Deviation | null {
  if (history.length < PERIODS) return null
  const median = medianOf(history)
  const distances = history.map((one) => Math.abs(one - median))
  const spread = medianOf(distances) / 0.6745 || (distances.reduce((sum, one) => sum + one, 0) / distances.length) * 1.2533
  const score = spread === 0 ? null : (value - median) / spread
  return { median, score, remarkable: score !== null && Math.abs(score) > REMARKABLE, periods: history.length }
}

function medianOf(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = sorted.length / 2
  const high = sorted[Math.floor(middle)] ?? 0
  return Number.isInteger(middle) ? ((sorted[middle - 1] ?? 0) + high) / 2 : high
}
