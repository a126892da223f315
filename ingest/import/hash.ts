/** Two independent 32-bit hashes of a text as one 53-bit number. */
function hashText(text: string): number {
  let a = 0xdeadbeef
  let b = 0x41c6ce57
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i)
    a = Math.imul(a ^ code, 0x9e3779b1)
    b = Math.imul(b ^ code, 0x5f356495)
  }
  a = Math.imul(a ^ (a >>> 16), 0x85ebca6b) ^ Math.imul(b ^ (b >>> 13), 0xc2b2ae35)
  b = Math.imul(b ^ (b >>> 16), 0x85ebca6b) ^ Math.imul(a ^ (a >>> 13), 0xc2b2ae35)
  return (b & 0x1fffff) * 4_294_967_296 + (a >>> 0)
}

const UINT32 = 4_294_967_296
const LOAD = 0.8

/** Where a key stands in a table, or the empty place where it belongs. */
function place(table: Float64Array, key: number): number {
  const mask = table.length - 1
  let at = (key % UINT32) & mask
  while (table[at] !== 0 && table[at] !== key) at = (at + 1) & mask
  return at
}

/**
 * A set of texts by 53-bit hash, about sixteen bytes an entry where a `Set` takes a hundred. Past its capacity it takes no more and
 * says so. Among a million texts the odds that any two are taken for one are below one in ten thousand.
 */
export type HashSet = {
  /** `true` where the text is new, `false` where it is known, `null` where the set is full. */
  add(text: string): boolean | null
  size(): number
  full(): boolean
}

/** Makes a set for at most `capacity` texts; it starts small. */
export function createHashSet(capacity: number): HashSet {
  const map = createHashMap(capacity, false)
  return { add: (text) => map.set(text, 0), size: map.size, full: map.full }
}

/** A map from texts to small whole numbers, as {@link HashSet} is a set. */
export type HashMap = {
  get(text: string): number | undefined
  /** `true` where the text is new, `false` where it is known and keeps its value, `null` where the map is full. */
  set(text: string, value: number): boolean | null
  /** Gives a known text another value. */
  change(text: string, value: number): void
  size(): number
  full(): boolean
}

/** Makes a map for at most `capacity` texts; it starts small. */
export function createHashMap(capacity: number, withValues = true): HashMap {
  let keys = new Float64Array(1024)
  let values = new Int32Array(withValues ? 1024 : 0)
  let used = 0
  let full = false
  const grow = (): void => {
    const larger = new Float64Array(keys.length * 2)
    const moved = new Int32Array(withValues ? larger.length : 0)
    for (let i = 0; i < keys.length; i++) {
      const key = keys[i] ?? 0
      if (key === 0) continue
      const at = place(larger, key)
      larger[at] = key
      if (withValues) moved[at] = values[i] ?? 0
    }
    keys = larger
    values = moved
  }
  return {
    get(text) {
      const at = place(keys, hashText(text) + 1)
      return keys[at] === 0 ? undefined : values[at]
    },
    set(text, value) {
      const key = hashText(text) + 1
      const at = place(keys, key)
      if (keys[at] === key) return false
      if (used >= capacity) {
        full = true
        return null
      }
      keys[at] = key
      if (withValues) values[at] = value
      if (++used > keys.length * LOAD) grow()
      return true
    },
    change(text, value) {
      const at = place(keys, hashText(text) + 1)
      if (keys[at] !== 0) values[at] = value
    },
    size: () => used,
    full: () => full,
  }
}
