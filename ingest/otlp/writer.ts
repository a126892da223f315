import { randomUUID } from 'node:crypto'
import type { ClickHouseClient } from '@clickhouse/client'
import type { Instant } from '../../model/instant.ts'
import type { TenantId } from '../../model/tenant.ts'
import { SightlineError } from '../../platform/errors.ts'
import { asStoreError } from '../../queries/run.ts'
import type { DeadLetter } from '../batch.ts'
import { insertDeadLetters } from '../dead-letters.ts'
import { insertBatches } from '../ledger.ts'
import { insertRows } from '../rows.ts'
import { CALL_COLUMNS, LOG_COLUMNS, METRIC_COLUMNS } from './lines.ts'

const COLUMNS = { integration_calls: CALL_COLUMNS, metric_points: METRIC_COLUMNS, logs: LOG_COLUMNS } as const

/** A table of telemetry. */
export type TelemetryTable = keyof typeof COLUMNS

/** What one request brought for one table, laid out as lines of it. */
export type TelemetryBatch = {
  tenant: TenantId
  /** Way in: `otlp`, or id of a registered source. */
  feed: string
  /** Unique; the lines carry its hash. */
  token: string
  at: Instant
  table: TelemetryTable
  lines: readonly string[]
  /** Records that were judged bad, beside the lines. */
  rejected: number
  /** Records that say that they have nothing to say. */
  ignored: number
  /** Lines whose instant lies over an hour before their arrival. */
  late: number
  /** One letter that tells what was bad; null where nothing was. */
  letter: DeadLetter | null
}

export type TelemetryWriter = {
  /**
   * Stores the lines of a request and returns once they, its letter and its row of the ledger are durable. Requests that arrive while an
   * insert is under way share the next one.
   *
   * @returns lines that the store refused for their content; they are counted as rejected
   * @throws SightlineError `overloaded`, `store_unavailable`, `draining`: nothing is known about the batch then; sent again it counts once
   */
  write(batch: TelemetryBatch): Promise<{ refused: { line: number; reason: string }[] }>
  /** @throws SightlineError as {@link TelemetryWriter.write} would at once: ask before a body is read */
  refuseWhenFull(): void
  /** Lines that wait or are being inserted. */
  pending(): number
  /** Takes no more and resolves when everything taken is durable. */
  drain(): Promise<void>
}

/** Bounds that make memory finite whatever arrives. */
export const TELEMETRY_LIMITS = {
  /** Lines of one insert: one block. */
  blockLines: 25_000,
  blockBytes: 24 * 1024 * 1024,
  /** Inserts under way at once, of one table. */
  inserts: 2,
  pendingLines: 250_000,
  pendingBytes: 160 * 1024 * 1024,
  attempts: 4,
} as const

type Part = {
  batch: TelemetryBatch
  lines: readonly string[]
  /** Line of the batch that the part begins with. */
  from: number
  bytes: number
  /** Of the whole batch, by all its parts. */
  refused: { line: number; reason: string }[]
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
  let pendingLines = 0
  let pendingBytes = 0
  let draining = false

  const commit = async ({ table }: Lane, parts: readonly Part[]): Promise<void> => {
    const lines = parts.length === 1 && parts[0] !== undefined ? parts[0].lines : parts.flatMap((part) => part.lines)
    const refused = await insertRows(clickhouse, { table, columns: COLUMNS[table] }, lines, `v1|otlp|${randomUUID()}`, patience)
    for (const { at, reason } of refused) {
      const { part, line } = partAt(parts, at)
      part.refused.push({ line: part.from + line, reason })
    }
    const whole = parts.filter((part) => part.isLast)
    const letters = whole.flatMap(({ batch }) =>
      batch.letter === null ? [] : [{ tenant: batch.tenant, feed: batch.feed, at: batch.at, letter: batch.letter }],
    )
    await Promise.all([
      insertDeadLetters(clickhouse, letters, patience),
      insertBatches(
        clickhouse,
        whole.map(({ batch, refused: lost }) => ({
          batch,
          received: batch.lines.length + batch.rejected + batch.ignored,
          inserted: batch.lines.length - lost.length,
          knownDuplicates: 0,
          rejected: batch.rejected + lost.length,
          ignored: batch.ignored,
          late: batch.late,
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
      pendingLines -= part.lines.length
      pendingBytes -= part.bytes
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
    if (pendingLines > TELEMETRY_LIMITS.pendingLines || pendingBytes > TELEMETRY_LIMITS.pendingBytes)
      throw new SightlineError('overloaded', 'More telemetry is waiting than can be stored right now.', {
        next: 'Send the same request again after the time in Retry-After.',
        retryAfterS: 1,
      })
  }

  return {
    refuseWhenFull,
    async write(batch) {
      refuseWhenFull()
      const refused: Part['refused'] = []
      if (batch.lines.length + batch.rejected + batch.ignored === 0) return { refused }
      const at = lanes[batch.table]
      await new Promise<void>((done, failed) => {
        for (const { lines, from, bytes, isLast } of blocksOf(batch.lines)) {
          pendingLines += lines.length
          pendingBytes += bytes
          at.queue.push({ batch, lines, from, bytes, refused, isLast, done: isLast ? done : () => undefined, failed })
        }
        start(at)
      })
      return { refused }
    },
    pending: () => pendingLines,
    async drain() {
      draining = true
      for (const at of Object.values(lanes)) while (at.running > 0) await at.last
    },
  }
}

/** Cuts lines into parts that fit into a block each; one empty part where there are none. */
function blocksOf(lines: readonly string[]): { lines: readonly string[]; from: number; bytes: number; isLast: boolean }[] {
  const blocks: { lines: readonly string[]; from: number; bytes: number; isLast: boolean }[] = []
  let from = 0
  let bytes = 0
  for (let at = 0; at <= lines.length; at++) {
    const length = lines[at]?.length ?? 0
    const isFull = at - from >= TELEMETRY_LIMITS.blockLines || (at > from && bytes + length > TELEMETRY_LIMITS.blockBytes)
    if (at === lines.length || isFull) {
      const isWhole = from === 0 && at === lines.length
      blocks.push({ lines: isWhole ? lines : lines.slice(from, at), from, bytes, isLast: at === lines.length })
      from = at
      bytes = 0
    }
    bytes += length
  }
  return blocks
}

function isFull(queue: readonly Part[]): boolean {
  let lines = 0
  let bytes = 0
  for (const part of queue) {
    lines += part.lines.length
    bytes += part.bytes
    if (lines >= TELEMETRY_LIMITS.blockLines || bytes >= TELEMETRY_LIMITS.blockBytes) return true
  }
  return false
}

function takeBlock(queue: Part[]): Part[] {
  const taken: Part[] = []
  let lines = 0
  let bytes = 0
  for (let next = queue[0]; next !== undefined; next = queue[0]) {
    const tooMany = lines + next.lines.length > TELEMETRY_LIMITS.blockLines || bytes + next.bytes > TELEMETRY_LIMITS.blockBytes
    if (taken.length > 0 && tooMany) break
    taken.push(next)
    queue.shift()
    lines += next.lines.length
    bytes += next.bytes
  }
  return taken
}

/** The line that lies at a position of the block. */
function partAt(parts: readonly Part[], at: number): { part: Part; line: number } {
  let line = at
  for (const part of parts) {
    if (line < part.lines.length) return { part, line }
    line -= part.lines.length
  }
  throw new RangeError(`the block has no line ${at}`)
}
