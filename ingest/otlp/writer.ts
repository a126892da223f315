import { randomUUID } from 'node:crypto'
import type { ClickHouseClient } from '@clickhouse/client'
import type { Instant } from '../../model/instant.ts'
import type { TenantId } from '../../model/tenant.ts'
import { encodeNative, type NativeColumn } from '../../platform/clickhouse/native.ts'
import { SightlineError } from '../../platform/errors.ts'
import { asStoreError } from '../../queries/run.ts'
import type { DeadLetter } from '../batch.ts'
import { insertDeadLetters } from '../dead-letters.ts'
import { insertBatches, LATE_US } from '../ledger.ts'
import { columnTypes, insertPieces } from '../rows.ts'
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
  /** One letter that tells what was bad; null where nothing was. */
  letter: DeadLetter | null
} & TelemetryRecords

export type TelemetryWriter = {
  /**
   * Stores the records of a request and returns once they, its letter and its row of the ledger are durable. Requests that arrive while an
   * insert is under way share the next one.
   *
   * @returns records that do not fit their table, by position among those of the batch; they are counted as rejected
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
type Part = {
  batch: TelemetryBatch
  piece: Buffer
  rows: number
  /** Record of the batch that the part begins with. */
  from: number
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
    for (const { at, reason } of lost) {
      const part = full[at]
      for (let row = 0; part !== undefined && row < part.rows; row++) part.refused.push({ at: part.from + row, reason })
    }
    const whole = parts.filter((part) => part.isLast)
    const letters = whole.flatMap(({ batch }) =>
      batch.letter === null ? [] : [{ tenant: batch.tenant, feed: batch.feed, at: batch.at, letter: batch.letter }],
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

  const run = async (at: Lane, parts: readonly Part[]): Promise<void> => {
    try {
      await commit(at, parts)
      for (const part of parts) part.done()
    } catch (error) {
      const failure = error instanceof SightlineError ? error : asStoreError(error, `storing a block of ${at.table}`)
      for (const part of parts) part.failed(failure)
    }
    at.running--
    for (const part of parts) {
      pendingRows -= part.rows
      pendingBytes -= part.piece.byteLength
    }
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
      const refused: Refused[] = []
      if (batch.records.length + batch.rejected + batch.ignored === 0) return { refused }
      const { table } = batch
      const columns = await columnTypes(clickhouse, { table, columns: telemetryColumns(table) }, patience)
      // Others may have come while the types were asked for.
      refuseWhenFull()
      const { rows, late } = telemetryRows(batch, LATE_US)
      const at = lanes[table]
      await new Promise<void>((done, failed) => {
        for (let from = 0; from === 0 || from < rows.length; from += TELEMETRY_LIMITS.blockRows) {
          const isLast = from + TELEMETRY_LIMITS.blockRows >= rows.length
          const laid = layOut(columns, isLast && from === 0 ? rows : rows.slice(from, from + TELEMETRY_LIMITS.blockRows))
          for (const one of laid.refused) refused.push({ at: from + one.at, reason: one.reason })
          pendingRows += laid.rows
          pendingBytes += laid.piece.byteLength
          at.queue.push({
            batch,
            piece: laid.piece,
            rows: laid.rows,
            from,
            late,
            refused,
            isLast,
            done: isLast ? done : () => undefined,
            failed,
          })
        }
        start(at)
      })
      return { refused }
    },
    pending: () => pendingRows,
    async drain() {
      draining = true
      for (const at of Object.values(lanes)) while (at.running > 0) await at.last
    },
  }
}

/** Lays rows out; those that do not fit the columns are left out and told. */
function layOut(
  columns: readonly NativeColumn[],
  rows: readonly (readonly unknown[])[],
): { piece: Buffer; rows: number; refused: Refused[] } {
  try {
    return { piece: encodeNative(columns, rows), rows: rows.length, refused: [] }
  } catch (error) {
    if (!(error instanceof RangeError)) throw error
  }
  const refused: Refused[] = []
  const good = rows.filter((row, at) => {
    try {
      encodeNative(columns, [row])
      return true
    } catch (error) {
      if (!(error instanceof RangeError)) throw error
      refused.push({ at, reason: error.message.slice(0, 200) })
      return false
    }
  })
  return { piece: encodeNative(columns, good), rows: good.length, refused }
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
