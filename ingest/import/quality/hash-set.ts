/** Two independent 32-bit hashes of a text as one 53-bit number. */
export function hashText(text: string): number {
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

/** A set of texts by hash, eight to sixteen bytes an entry. Past its capacity it takes no more and says so. */
export type HashSet = {
  /** `true` where the text is new, `false` where it is known, `null` where the set is full. */
  add(text: string): boolean | null
  size(): number
  full(): boolean
}

/** Makes a set for at most `capacity` texts; it starts small. */
export function createHashSet(capacity: number): HashSet {
  let slots = new Float64Array(1024)
  let used = 0
  let full = false
  const place = (table: Float64Array, key: number): number => {
    const mask = table.length - 1
    let at = (key % 4_294_967_296) & mask
    while (table[at] !== 0 && table[at] !== key) at = (at + 1) & mask
    return at
  }
  return {
    add(text) {
      const key = hashText(text) + 1
      const at = place(slots, key)
      if (slots[at] === key) return false
      if (used >= capacity) {
        full = true
        return null
      }
      slots[at] = key
      used++
      if (used * 1.5 > slots.length) {
        const larger = new Float64Array(slots.length * 2)
        for (const old of slots) if (old !== 0) larger[place(larger, old)] = old
        slots = larger
      }
      return true
    },
    size: () => used,
    full: () => full,
  }
}
