/** How many values of an ascending array are ≤ x. */
export function countUpTo(values: Float64Array, x: number): number {
  let [low, high] = [0, values.length]
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((values[middle] ?? 0) <= x) low = middle + 1
    else high = middle
  }
  return low
}

/** How many values of an ascending array are < x. */
export function countBelow(values: Float64Array, x: number): number {
  let [low, high] = [0, values.length]
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((values[middle] ?? 0) < x) low = middle + 1
    else high = middle
  }
  return low
}
