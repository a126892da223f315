import type { FetchedRecords, KafkaRecord } from '../../../platform/kafka/port.ts'

/** Records taken from the buffer, and the offset after them. */
export type Taken = { records: KafkaRecord[]; bytes: number; next: number }

type Chunk = { records: KafkaRecord[]; bytes: number; next: number; at: number }

/** Records of one partition that were fetched and not yet taken, in order. */
export class RecordBuffer {
  readonly #chunks: Chunk[] = []
  records = 0
  bytes = 0

  /** When the oldest record came, milliseconds; null when there is none. */
  oldestAt(): number | null {
    return this.#chunks[0]?.at ?? null
  }

  add({ records, bytes, next }: FetchedRecords): void {
    this.#chunks.push({ records, bytes, next, at: Date.now() })
    this.records += records.length
    this.bytes += bytes
  }

  /** Takes records up to a number, a size (the first one always) and an offset, all inclusive. */
  take(most: { records: number; bytes: number; last: number }): Taken {
    const taken: Taken = { records: [], bytes: 0, next: 0 }
    for (let chunk = this.#chunks[0]; chunk !== undefined; chunk = this.#chunks[0]) {
      const fits = chunk.records.length + taken.records.length <= most.records && chunk.bytes + taken.bytes <= most.bytes
      if (fits && chunk.next - 1 <= most.last) {
        this.#chunks.shift()
        for (const record of chunk.records) taken.records.push(record)
        taken.bytes += chunk.bytes
        taken.next = chunk.next
        continue
      }
      const part = partOf(chunk, taken, most)
      const rest = chunk.records.slice(part.count)
      for (const record of chunk.records.slice(0, part.count)) taken.records.push(record)
      taken.bytes += part.bytes
      taken.next =
        rest[0] === undefined ? chunk.next : part.count === 0 ? taken.next : (chunk.records[part.count - 1]?.offset ?? -1) + 1
      chunk.records = rest
      chunk.bytes -= part.bytes
      if (rest.length === 0) this.#chunks.shift()
      break
    }
    this.records -= taken.records.length
    this.bytes -= taken.bytes
    return taken
  }
}

/** How many records of a chunk still fit, and an estimate of their bytes. */
function partOf(
  chunk: Chunk,
  taken: Taken,
  most: { records: number; bytes: number; last: number },
): { count: number; bytes: number } {
  const each = chunk.bytes / Math.max(chunk.records.length, 1)
  const byBytes = Math.floor((most.bytes - taken.bytes) / each)
  const least = taken.records.length === 0 ? 1 : 0
  const room = Math.max(least, Math.min(most.records - taken.records.length, byBytes))
  let count = 0
  while (count < room && count < chunk.records.length && (chunk.records[count]?.offset ?? Infinity) <= most.last) count++
  return { count, bytes: count === chunk.records.length ? chunk.bytes : Math.floor(count * each) }
}
