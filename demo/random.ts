/** A stream of pseudo-random numbers and the distributions that the simulator draws from. */
export type Random = {
  /** Uniform in [0, 1). */
  uniform(): number
  between(low: number, high: number): number
  /** Whole number, both ends included. */
  int(low: number, high: number): number
  chance(probability: number): boolean
  pick<T>(items: readonly T[]): T
  /** Index drawn in proportion to the weights. */
  weighted(weights: readonly number[]): number
  /** Log-normal by its median and the standard deviation of its logarithm. */
  logNormal(median: number, sigma: number): number
  /** Lower-case hexadecimal text of 8 × `words` digits. */
  hex(words: number): string
}

/** A 32-bit hash of the parts (FNV-1a with an avalanche at the end). */
export function hash(...parts: readonly (string | number)[]): number {
  let h = 0x811c9dc5
  for (const part of parts) {
    const text = String(part)
    for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193)
    h = Math.imul(h ^ 0xff, 0x01000193)
  }
  h = Math.imul(h ^ (h >>> 15), 0x2c1b3c6d)
  h = Math.imul(h ^ (h >>> 12), 0x297a2d39)
  return (h ^ (h >>> 15)) >>> 0
}

/** A stream of its own for each list of parts: the same parts give the same stream, on any machine, in any order of asking. */
export function randomFrom(...parts: readonly (string | number)[]): Random {
  let a = hash('a', ...parts) | 0
  let b = hash('b', ...parts) | 0
  let c = hash('c', ...parts) | 0
  let counter = 1
  const word = (): number => {
    const sum = (((a + b) | 0) + counter) | 0
    counter = (counter + 1) | 0
    a = b ^ (b >>> 9)
    b = (c + (c << 3)) | 0
    c = (((c << 21) | (c >>> 11)) + sum) | 0
    return sum >>> 0
  }
  for (let i = 0; i < 12; i++) word()
  const uniform = (): number => word() / 4294967296
  const random: Random = {
    uniform,
    between: (low, high) => low + (high - low) * uniform(),
    int: (low, high) => low + Math.floor((high - low + 1) * uniform()),
    chance: (probability) => uniform() < probability,
    pick: <T>(items: readonly T[]): T => {
      const item = items[Math.floor(items.length * uniform())]
      if (item === undefined) throw new RangeError('nothing to pick from')
      return item
    },
    weighted: (weights) => {
      let total = 0
      for (const weight of weights) total += weight
      let left = total * uniform()
      for (let i = 0; i < weights.length; i++) {
        left -= weights[i] ?? 0
        if (left < 0) return i
      }
      return weights.length - 1
    },
    logNormal: (median, sigma) => {
      const normal = Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform())
      return median * Math.exp(sigma * normal)
    },
    hex: (words) => {
      let text = ''
      for (let i = 0; i < words; i++) text += (word() + 4294967296).toString(16).slice(1)
      return text
    },
  }
  return random
}
