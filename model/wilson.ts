/** Two-sided 95 % of the standard normal distribution. */
const Z_95 = 1.959963984540054

/**
 * The score interval of a share (Wilson 1927, Probable Inference, the Law of Succession, and Statistical Inference, JASA 22:209): unlike
 * share ± z × error it stays within 0 and 1, and says something where nobody or everybody is hit.
 *
 * @param hits among n, which is above zero; fractions are allowed where older ones are weighted down
 * @param z standard errors to either side
 */
export function wilson(hits: number, n: number, z = Z_95): { low: number; high: number } {
  const share = hits / n
  const middle = share + z ** 2 / (2 * n)
  const reach = z * Math.sqrt((share * (1 - share)) / n + z ** 2 / (4 * n ** 2))
  const scale = 1 + z ** 2 / n
  return { low: Math.max(0, (middle - reach) / scale), high: Math.min(1, (middle + reach) / scale) }
}
