import { randomUUID } from 'node:crypto'
import type { ClickHouseClient } from '@clickhouse/client'
import type { Instant } from '../../model/instant.ts'
import type { TenantId } from '../../model/tenant.ts'
import { encodeNative, type NativeColumn } from '../../platform/clickhouse/native.ts'
import { SightlineError } from '../../platform/errors.ts'
import { asStoreError } from '../../queries/run.ts'
import type { DeadLetter } from '../batch.ts'
import { addressed, insertDeadLetters, refusedLetter } from '../dead-letters.ts'
import { insertBatches, LATE_US } from '../ledger.ts'
import { columnTypes, insertPieces, insertValues } from '../rows.ts'
import { telemetryColumns, type TelemetryRecords, telemetryRows, type TelemetryTable } from './columns.ts'

/** What one request brought for one table. */
export type TelemetryBatch = {
  tenant: TenantId
  /** Way in: `otlp`, or id of a registered source. */
  feed: string
  /** Unique; the rows carry its hash. */
  token: string
  at: Instant
  /** Records that were judged bad, beside the good ones. */
  rejected: number
  /** Records that say that they have nothing to say. */
  ignored: number
  /** One letter that tells which were judged bad; null where none was. */
  letter: DeadLetter | null
} & TelemetryRecords

export type TelemetryWriter = {
  /**
   * Stores the records of a request and returns once they, its letters and its row of the ledger are durable. Requests that arrive while an
   * insert is under way share the next one.
   *
   * @returns records that the store refuses for a value, by position among those of the batch; each is a dead letter and counted as rejected
   * @throws SightlineError `overloaded`, `store_unavailable`, `draining`: nothing is known about the batch then; sent again it counts once
   */
  write(batch: TelemetryBatch): Promise<{ refused: Refused[] }>
  /** @throws SightlineError as {@link TelemetryWriter.write} would at once: ask before a body is read */
  refuseWhenFull(): void
  /** Rows that wait or are being inserted. */
  pending(): number
  /** Takes no more and resolves when everything taken is durable. */
  drain(): Promise<void>
}

/** Bounds that make memory finite whatever arrives. */
export const TELEMETRY_LIMITS = {
  /** Rows of one insert: one block. */
  blockRows: 30_000,
  blockBytes: 24 * 1024 * 1024,
  /** Inserts under way at once, of one table. */
  inserts: 2,
  pendingRows: 250_000,
  pendingBytes: 160 * 1024 * 1024,
  attempts: 4,
} as const

type Refused = { at: number; reason: string }

/** Rows of a batch, laid out. */
type Piece = {
  piece: Buffer
  rows: number
  /** Record of the batch that it begins with. */
  from: number
}

/** A piece on its way. */
type Part = Piece & {
  batch: TelemetryBatch
  /** Records of the whole batch that happened over an hour before they came. */
  late: number
  /** Of the whole batch, by all its parts. */
  refused: Refused[]
  isLast: boolean
  done: () => void
  failed: (error: unknown) => void
}

type Lane = { table: TelemetryTable; queue: Part[]; running: number; last: Promise<void> }

/**
 * The way into the tables of telemetry: group commit over all requests, bounded memory, rows before the row of the ledger that claims them.
 *
 * @param now the clock, microseconds
 */
export function createTelemetryWriter(options: { clickhouse: ClickHouseClient; now: () => Instant }): TelemetryWriter {
  const { clickhouse, now } = options
  const lane = (table: TelemetryTable): Lane => ({ table, queue: [], running: 0, last: Promise.resolve() })
  const lanes = { integration_calls: lane('integration_calls'), metric_points: lane('metric_points'), logs: lane('logs') }
  const patience = { attempts: TELEMETRY_LIMITS.attempts }
  let pendingRows = 0
  let pendingBytes = 0
  let draining = false

  const commit = async ({ table }: Lane, parts: readonly Part[]): Promise<void> => {
    const full = parts.filter(({ rows }) => rows > 0)
    const into = { table, columns: telemetryColumns(table) }
    const lost = await insertPieces(
      clickhouse,
      into,
      full.map(({ piece }) => piece),
      `v1|otlp|${randomUUID()}`,
      patience,
    )
    for (const { at } of lost) {
      const part = full[at]
      if (part !== undefined) await insertByRow(part, into)
    }
    const whole = parts.filter((part) => part.isLast)
    const letters = whole.flatMap(({ batch, refused }) =>
      addressed(batch, [...(batch.letter === null ? [] : [batch.letter]), ...refused.map((one) => letterOf(batch, one))]),
    )
    await Promise.all([
      insertDeadLetters(clickhouse, letters, patience),
      insertBatches(
        clickhouse,
        whole.map(({ batch, refused, late }) => ({
          batch,
          received: batch.records.length + batch.rejected + batch.ignored,
          inserted: batch.records.length - refused.length,
          knownDuplicates: 0,
          rejected: batch.rejected + refused.length,
          ignored: batch.ignored,
          late,
        })),
        now(),
        patience,
      ),
    ])
  }

  /** A piece is refused as a whole; row by row only the bad ones are. */
  const insertByRow = async (part: Part, into: { table: string; columns: readonly string[] }): Promise<void> => {
    const { batch, from, refused } = part
    const known = new Set(refused.map(({ at }) => at))
    const rows = [...telemetryRows(batch, LATE_US).rows.entries()]
      .slice(from, from + TELEMETRY_LIMITS.blockRows)
      .filter(([at]) => !known.has(at))
    const lost = await insertValues(
      clickhouse,
      into,
      rows.map(([, row]) => row),
      `v1|otlp|${randomUUID()}`,
      patience,
    )
    for (const { at, reason } of lost) refused.push({ at: rows[at]?.[0] ?? from, reason })
  }

  const run = async (at: Lane, parts: readonly Part[]): Promise<void> => {
    try {
      await commit(at, parts)
      for (const part of parts) part.done()
    } catch (error) {
      const failure = error instanceof SightlineError ? error : asStoreError(error, `storing a block of ${at.table}`)
      for (const part of parts) part.failed(failure)
    }
    at.running--
    start(at)
  }

  /** A block at once when none is under way, and beside another one only a full one. */
  const start = (at: Lane): void => {
    while (at.queue.length > 0 && at.running < TELEMETRY_LIMITS.inserts && (at.running === 0 || isFull(at.queue))) {
      at.running++
      const running = run(at, takeBlock(at.queue))
      at.last = Promise.all([at.last, running]).then(() => undefined)
    }
  }

  const refuseWhenFull = (): void => {
    if (draining)
      throw new SightlineError('draining', 'This process is shutting down.', { next: 'Send it again.', retryAfterS: 2 })
    if (pendingRows > TELEMETRY_LIMITS.pendingRows || pendingBytes > TELEMETRY_LIMITS.pendingBytes)
      throw new SightlineError('overloaded', 'More telemetry is waiting than can be stored right now.', {
        next: 'Send the same request again after the time in Retry-After.',
        retryAfterS: 1,
      })
  }

  return {
    refuseWhenFull,
    async write(batch) {
      refuseWhenFull()
      if (batch.records.length + batch.rejected + batch.ignored === 0) return { refused: [] }
      const { table } = batch
      const columns = await columnTypes(clickhouse, { table, columns: telemetryColumns(table) }, patience)
      // Others may have come while the types were asked for.
      refuseWhenFull()
      const at = lanes[table]
      const { pieces, refused, late, bytes } = layOutBatch(columns, batch)
      pendingRows += batch.records.length
      pendingBytes += bytes
      try {
        // One part after the other: the last one's letters and counts speak for all of them.
        for (const [index, piece] of pieces.entries()) {
          const isLast = index === pieces.length - 1
          await new Promise<void>((done, failed) => {
            at.queue.push({ ...piece, batch, late, refused, isLast, done, failed })
            start(at)
          })
        }
      } finally {
        pendingRows -= batch.records.length
        pendingBytes -= bytes
      }
      return { refused }
    },
    pending: () => pendingRows,
    async drain() {
      draining = true
      // A request with another part to come has queued it by the time that the end of a block is heard here.
      for (const at of Object.values(lanes)) while (at.running > 0) await at.last
    },
  }
}

function letterOf({ token, records }: TelemetryBatch, { at, reason }: Refused): DeadLetter {
  const record = records[at]
  if (record === undefined) throw new RangeError(`the batch has no record at ${at}`)
  return refusedLetter({ format: 'telemetry', record }, { request: token, index: record.ordinal }, reason)
}

/** Lays the rows of a batch out, in pieces of a block each; those that do not fit the columns are left out and told. */
function layOutBatch(
  columns: readonly NativeColumn[],
  batch: TelemetryBatch,
): { pieces: Piece[]; refused: Refused[]; late: number; bytes: number } {
  const { rows, late } = telemetryRows(batch, LATE_US)
  const pieces: Piece[] = []
  const refused: Refused[] = []
  for (let from = 0; from === 0 || from < rows.length; from += TELEMETRY_LIMITS.blockRows) {
    const some = rows.length <= TELEMETRY_LIMITS.blockRows ? rows : rows.slice(from, from + TELEMETRY_LIMITS.blockRows)
    pieces.push({ ...layOut(columns, some, (at, reason) => refused.push({ at: from + at, reason })), from })
  }
  return { pieces, refused, late, bytes: pieces.reduce((sum, { piece }) => sum + piece.byteLength, 0) }
}

function layOut(
  columns: readonly NativeColumn[],
  rows: readonly (readonly unknown[])[],
  refuse: (at: number, reason: string) => void,
): Pick<Piece, 'piece' | 'rows'> {
  try {
    return { piece: encodeNative(columns, rows), rows: rows.length }
  } catch (error) {
    if (!(error instanceof RangeError)) throw error
  }
  const good = rows.filter((row, at) => {
    try {
      encodeNative(columns, [row])
      return true
    } catch (error) {
      if (!(error instanceof RangeError)) throw error
      refuse(at, error.message.slice(0, 200))
      return false
    }
  })
  return { piece: encodeNative(columns, good), rows: good.length }
}

function isFull(queue: readonly Part[]): boolean {
  let rows = 0
  let bytes = 0
  for (const part of queue) {
    rows += part.rows
    bytes += part.piece.byteLength
    if (rows >= TELEMETRY_LIMITS.blockRows || bytes >= TELEMETRY_LIMITS.blockBytes) return true
  }
  return false
}

function takeBlock(queue: Part[]): Part[] {
  const taken: Part[] = []
  let rows = 0
  let bytes = 0
  for (let next = queue[0]; next !== undefined; next = queue[0]) {
    const { byteLength } = next.piece
    if (taken.length > 0 && (rows + next.rows > TELEMETRY_LIMITS.blockRows || bytes + byteLength > TELEMETRY_LIMITS.blockBytes))
      break
    taken.push(next)
    queue.shift()
    rows += next.rows
    bytes += byteLength
  }
  return taken
}
