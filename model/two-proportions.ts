/** Groups of fewer than this are not compared: chance would say too much. */
export const LEAST_COMPARED = 30

/** How the share of a group compares with that of all others together. */
export type Compared = {
  /** Share in the group; null where it is empty. */
  rate: number | null
  /** Share in all others together; null where there is none. */
  rest: number | null
  /** Standard errors between the two; null where either side is too small, or nobody or everybody is hit. */
  z: number | null
  /** Two-sided probability of a difference at least this large by chance. */
  p: number | null
}

/**
 * Compares a group with the rest by the two-proportion z test with pooled variance (Fleiss, Statistical Methods for Rates and Proportions).
 *
 * @param group hits among n of the group
 * @param rest hits among n of all others
 */
export function compareProportions(group: { n: number; hits: number }, rest: { n: number; hits: number }): Compared {
  const share = ({ n, hits }: { n: number; hits: number }): number | null => (n === 0 ? null : hits / n)
  const [rate, others] = [share(group), share(rest)]
  const pooled = (group.hits + rest.hits) / (group.n + rest.n)
  const error = Math.sqrt(pooled * (1 - pooled) * (1 / group.n + 1 / rest.n))
  if (rate === null || others === null || group.n < LEAST_COMPARED || rest.n < LEAST_COMPARED || !(error > 0))
    return { rate, rest: others, z: null, p: null }
  const z = (rate - others) / error
  return { rate, rest: others, z, p: 2 * (1 - normalBelow(Math.abs(z))) }
}

/** The standard normal distribution below z, to 7.5e-8 (Abramowitz and Stegun 26.2.17). */
function normalBelow(z: number): number {
  const t = 1 / (1 + 0.2316419 * z)
  const tail =
    (Math.exp((-z * z) / 2) / Math.sqrt(2 * Math.PI)) *
    t *
    (0.31938153 + t * (-0.356563782 + t * (1.781477937 + t * (-1.821255978 + t * 1.330274429))))
  return 1 - tail
}
