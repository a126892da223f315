import { hash } from 'node:crypto'
import type { Event } from '../model/event.ts'
import type { Instant } from '../model/instant.ts'
import type { TenantId } from '../model/tenant.ts'

/** Where a record lies: enough to find it again at its origin. */
export type Coordinates =
  | { cluster: string; topic: string; epoch: number; partition: number; offset: string }
  | { request: string; index: number }

/** What became of one record, judged by a pure function: the events it holds, or why it holds none. */
export type Outcome = { events: Event[] } | { drop: string } | { reject: { code: string; message: string } }

/** A record that could not be read, with all that is needed to read it again. */
export type DeadLetter = {
  coordinates: Coordinates
  /** Credentials are left out. */
  headers: Readonly<Record<string, string>>
  raw: Uint8Array
  format: string
  code: string
  reason: string
  mapping: string
  mappingVersion: number
}

/**
 * What came in one go by one way: a request, or a range of a Kafka partition. The counts are taken at the door; the store counts
 * again what arrives, and the ledger compares.
 */
export type Batch = {
  tenant: TenantId
  /** Way in: id of a registered source, `http`, `otlp` or `import`. */
  feed: string
  /** Unique; a replayed Kafka range has the token, the arrival and the content that it had the first time. */
  token: string
  /** Arrival of the batch; the record at position k arrived k microseconds later. */
  at: Instant
  /** Events with their positions in the batch, each position once. A record with several events takes several positions. */
  events: readonly { event: Event; ordinal: number }[]
  letters: readonly DeadLetter[]
  /** Records that the mapping leaves out on purpose. */
  ignored: number
  /** The dead letter of the record at a position, for a row that the store refuses; where missing, the event stands for its record. */
  letterAt?(ordinal: number, reason: string): DeadLetter
}

/** Key of a batch in the store: the first 64 bits of the token's SHA-256, never 0. */
export function batchId(tenant: string, token: string): bigint {
  const first = BigInt(`0x${hash('sha256', `${tenant}\n${token}`).slice(0, 16)}`)
  return first === 0n ? 1n : first
}

/** A batch counts each record as the events it holds, and at least once. */
export function receivedOf(batch: Pick<Batch, 'events' | 'letters' | 'ignored'>): number {
  return batch.events.length + batch.letters.length + batch.ignored
}
