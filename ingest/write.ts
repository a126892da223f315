import { randomUUID } from 'node:crypto'
import type { ClickHouseClient } from '@clickhouse/client'
import type { Event } from '../model/event.ts'
import type { Instant } from '../model/instant.ts'
import type { TenantId } from '../model/tenant.ts'
import { SightlineError } from '../platform/errors.ts'
import { asStoreError } from '../queries/run.ts'
import { type Batch, batchId, type DeadLetter } from './batch.ts'
import { type Addressed, addressed, insertDeadLetters, refusedLetter } from './dead-letters.ts'
import { type BatchCount, countOf, insertBatches, LATE_US } from './ledger.ts'
import { EVENT_COLUMNS, type EventRow, eventRow } from './row.ts'
import { insertValues, type Patience, signalOf, withPatience } from './rows.ts'
import { settle } from './settle.ts'

/** What became of the events of one call. Indices are positions in the array that was passed. */
export type Verdict = {
  accepted: number
  duplicates: number
  conflicts: { index: number; event_id: string }[]
  /** Events that the store refused for their content; they are dead letters. */
  refused: { index: number; reason: string }[]
}

/** How the writer is, for readiness and the page. */
export type WriterState = {
  /** Rows that wait or are being inserted. */
  pending_rows: number
  /** Since when ClickHouse has not taken a block that is being repeated; null when all is well. */
  retrying_since: Instant | null
  last_error: string | null
}

export type EventWriter = {
  /**
   * Stores events of one tenant and returns once they are durable and settled. Calls that arrive while an insert is under way share
   * the next one (group commit).
   *
   * @throws SightlineError `overloaded` when too much is waiting, `store_unavailable` when ClickHouse does not take it, `draining`
   *   after {@link EventWriter.drain}. After an error nothing is known about the batch: send it again, identity makes that harmless.
   */
  write(tenant: TenantId, events: readonly Event[], importId?: string): Promise<Verdict>
  /** As {@link EventWriter.write} for a batch with its dead letters: events, letters and the ledger's row are durable when it resolves. */
  writeBatch(batch: Batch, importId?: string): Promise<Verdict>
  /**
   * Stores a range of a Kafka partition as one block. The same range gives the same rows and token whenever it is replayed. While
   * ClickHouse is away it is repeated, for ever.
   *
   * @throws what the signal was aborted with; nothing is known about the range then, and it must be replayed with its bounds
   */
  writeRange(range: { token: string; batches: readonly Batch[] }, signal: AbortSignal): Promise<void>
  /** The instant at which `count` records arrive now, each a microsecond after the one before: no two arrivals of a process share one. */
  arrival(count: number): Instant
  state(): WriterState
  /** Rows that wait or are being inserted. */
  pending(): number
  /** Forgets which identities were stored last: called after rows were removed, so that they can come again. */
  forget(): void
  /** Runs a task that settles or removes events between the blocks, so that neither undoes what the other reads. */
  inTurn<T>(task: () => Promise<T>): Promise<T>
  /** Takes no more and resolves when everything taken is durable. Ranges are ended by their signals. */
  drain(): Promise<void>
}

/** Bounds that make memory finite whatever arrives. */
export const WRITER_LIMITS = {
  /** Rows of one insert: one block, one insert token. */
  blockRows: 20_000,
  blockBytes: 24 * 1024 * 1024,
  /** Inserts under way at once; beside two ranges there is always room for one block of calls. */
  inserts: 2,
  /** What may wait before callers are told to come back later. */
  pendingRows: 200_000,
  pendingBytes: 192 * 1024 * 1024,
  /** Identities remembered to tell duplicates at once; older ones are found by the store. */
  recentIds: 200_000,
  attempts: 4,
} as const

/** What is held of an identity: its first content, and the import that brought it where no other way did. */
type Known = { content_hash: string; import_id: string }

/** Rows of one tenant that go into a block, and what has to be durable with them. */
type Part = {
  tenant: TenantId
  importId: string
  rows: EventRow[]
  /** Position of the row in the events of its batch. */
  indices: number[]
  /** Identities that are known to be held with another content. */
  conflicts: string[]
  /** Counts and letters, in the last part of a batch. */
  close: ((refused: readonly Refused[]) => { count: BatchCount; letters: Addressed[] }) | null
  bytes: number
}

type Refused = { index: number; reason: string }

type Waiting = Part & {
  /** Rows of the batch that were refused, in this part or an earlier one. */
  refused: Refused[]
  done: () => void
  failed: (error: unknown) => void
}

/**
 * The one way into `events`: group commit over HTTP, exact ranges from Kafka, bounded memory, duplicates named where they are known,
 * corrections settled before anything is acknowledged.
 *
 * @param now the clock, microseconds
 */
export function createEventWriter(options: { clickhouse: ClickHouseClient; now: () => Instant }): EventWriter {
  const { clickhouse, now } = options
  const recent = createRecentIds(WRITER_LIMITS.recentIds)
  const queue: Waiting[] = []
  const waitingRanges: (() => void)[] = []
  let pendingRows = 0
  let pendingBytes = 0
  /** Inserts under way, and how many of them are blocks of calls. */
  let running = 0
  let blocks = 0
  let ended = Promise.withResolvers<void>()
  let last: Promise<void> = Promise.resolve()
  let draining = false
  let lastArrival: Instant = 0
  /** Ranges that ClickHouse does not take, by token, the oldest first. */
  const retrying = new Map<string, { since: Instant; error: string }>()

  const arrival = (count: number): Instant => {
    const start = Math.max(now(), lastArrival + 1)
    lastArrival = start + Math.max(count, 1) - 1
    return start
  }

  const settleParts = async (parts: readonly Part[], signal: AbortSignal | undefined): Promise<void> => {
    for (const [tenant, ofTenant] of Map.groupBy(parts, (one) => one.tenant)) {
      const rows = ofTenant.flatMap((one) => one.rows)
      const touched = {
        events: rows.map((row) => row.event_id),
        roots: rows.flatMap((row) => row.roots),
        conflicts: ofTenant.flatMap((one) => one.conflicts),
      }
      await settle(clickhouse, tenant, touched, now, signal)
    }
  }

  const inTurn = async <T>(task: () => Promise<T>): Promise<T> => {
    const before = last
    const { promise, resolve } = Promise.withResolvers<void>()
    last = promise
    await before
    try {
      return await task()
    } finally {
      resolve()
    }
  }

  /**
   * Inserts a block and settles it in its turn: a settlement that read what is stored earlier must never be written later. A block that
   * ClickHouse does not take holds no turn meanwhile, so that it keeps no other waiting. The ledger's rows come after the events, so
   * that a batch which claims rows that never arrived is a loss and never a race.
   */
  const commit = async (parts: readonly (Part & { refused: Refused[] })[], token: string, patience: Patience) => {
    const rows = parts.flatMap((part) => part.rows)
    const into = { table: 'events', columns: EVENT_COLUMNS }
    const refused = await insertValues(
      clickhouse,
      into,
      rows.map((row) => row.values),
      token,
      patience,
    )
    for (const { at, reason } of refused) {
      const { part, row } = rowAt(parts, at)
      part.refused.push({ index: part.indices[row] ?? 0, reason })
    }
    const closed = parts.flatMap((part) => part.close?.(part.refused) ?? [])
    const written = now()
    const beside = Promise.all([
      insertDeadLetters(
        clickhouse,
        closed.flatMap(({ letters }) => letters),
        patience,
      ),
      insertBatches(
        clickhouse,
        closed.map(({ count }) => count),
        written,
        patience,
      ),
    ])
    // Awaited below; it must not count as unhandled while the turn is waited for.
    beside.catch(() => undefined)
    await withPatience('settling a block of events', patience, () => inTurn(() => settleParts(parts, signalOf(patience))))
    await beside
    for (const part of parts) {
      const lost = new Set(part.refused.map(({ index }) => index))
      recent.add(lost.size === 0 ? part.rows : part.rows.filter((_, at) => !lost.has(part.indices[at] ?? -1)), part.importId)
    }
  }

  const run = async (batch: readonly Waiting[]): Promise<void> => {
    try {
      await commit(batch, `v1|http|${randomUUID()}`, { attempts: WRITER_LIMITS.attempts })
      for (const one of batch) one.done()
    } catch (error) {
      const failure = error instanceof SightlineError ? error : asStoreError(error, 'storing a block of events')
      for (const one of batch) one.failed(failure)
    }
    blocks--
    end()
  }

  const end = (): void => {
    running--
    ended.resolve()
    ended = Promise.withResolvers()
    startBlocks()
  }

  /**
   * Starts what can start: a block at once when no other is under way, whatever the ranges do – there may be no end to them, and they
   * may wait for ever; then ranges; and beside another block only a full one.
   */
  const startBlocks = (): void => {
    for (;;) {
      const isFree = running < WRITER_LIMITS.inserts
      if (queue.length > 0 && (blocks === 0 || (isFree && waitingRanges.length === 0 && isFullBlock(queue)))) {
        running++
        blocks++
        void run(takeBlock(queue))
      } else if (isFree && waitingRanges.length > 0) waitingRanges.shift()?.()
      else return
    }
  }

  const refuse = (rows: number): void => {
    if (draining)
      throw new SightlineError('draining', 'This process is shutting down.', { next: 'Send it again.', retryAfterS: 2 })
    if (pendingRows + rows > WRITER_LIMITS.pendingRows || pendingBytes > WRITER_LIMITS.pendingBytes)
      throw new SightlineError('overloaded', 'More events are waiting than can be stored right now.', {
        next: 'Send the same request again after the time in Retry-After.',
        retryAfterS: 1,
      })
  }

  const writeBatch = async (batch: Batch, importId = ''): Promise<Verdict> => {
    refuse(batch.events.length)
    const verdict: Verdict = { accepted: 0, duplicates: 0, conflicts: [], refused: [] }
    const { rows, indices, conflicts, bytes, late } = rowsOf(batch, importId, recent, verdict)
    if (rows.length === 0 && batch.letters.length === 0 && batch.ignored === 0 && batch.events.length === 0) return verdict
    pendingRows += rows.length
    pendingBytes += bytes
    const { refused } = verdict
    const close = () => ({
      count: countOf(batch, {
        inserted: rows.length - refused.length,
        knownDuplicates: batch.events.length - rows.length,
        refused: refused.length,
        late,
      }),
      letters: lettersOf(batch, refused),
    })
    const size = WRITER_LIMITS.blockRows
    const count = Math.max(1, Math.ceil(rows.length / size))
    try {
      // One part after the other: the last one's letters and counts speak for all of them.
      for (let at = 0; at < count; at++) {
        const isLast = at === count - 1
        await new Promise<void>((done, failed) => {
          queue.push({
            tenant: batch.tenant,
            importId,
            rows: rows.slice(at * size, (at + 1) * size),
            indices: indices.slice(at * size, (at + 1) * size),
            conflicts: isLast ? conflicts : [],
            close: isLast ? close : null,
            refused,
            bytes: at === 0 ? bytes : 0,
            done,
            failed,
          })
          startBlocks()
        })
      }
    } finally {
      pendingRows -= rows.length
      pendingBytes -= bytes
    }
    const conflicting = new Set(verdict.conflicts.map(({ index }) => index))
    verdict.accepted -= refused.filter(({ index }) => !conflicting.has(index)).length
    return verdict
  }

  return {
    writeBatch,
    write: (tenant, events, importId = '') =>
      writeBatch(
        {
          tenant,
          feed: importId === '' ? 'http' : 'import',
          token: randomUUID(),
          at: arrival(events.length),
          events: events.map((event, ordinal) => ({ event, ordinal })),
          letters: [],
          ignored: 0,
        },
        importId,
      ),
    async writeRange({ token, batches }, signal) {
      signal.throwIfAborted()
      const parts = batches.map((batch) => {
        const verdict: Verdict = { accepted: 0, duplicates: 0, conflicts: [], refused: [] }
        const { rows, indices, conflicts, bytes, late } = rowsOf(batch, '', recent, verdict, 'all')
        const { refused } = verdict
        return {
          tenant: batch.tenant,
          importId: '',
          rows,
          indices,
          conflicts,
          bytes,
          refused,
          close: () => ({
            count: countOf(batch, { inserted: rows.length - refused.length, knownDuplicates: 0, refused: refused.length, late }),
            letters: lettersOf(batch, refused),
          }),
        }
      })
      const rows = parts.reduce((sum, part) => sum + part.rows.length, 0)
      pendingRows += rows
      try {
        await new Promise<void>((go, stop) => {
          const start = () => {
            signal.removeEventListener('abort', giveUp)
            running++
            go()
          }
          const giveUp = () => {
            waitingRanges.splice(waitingRanges.indexOf(start), 1)
            stop(signal.reason as Error)
          }
          signal.addEventListener('abort', giveUp, { once: true })
          waitingRanges.push(start)
          startBlocks()
        })
        try {
          await commit(parts, token, {
            until: signal,
            onRetry(error) {
              const since = retrying.get(token)?.since ?? now()
              retrying.set(token, { since, error: error instanceof Error ? error.message.slice(0, 300) : String(error) })
            },
          })
        } finally {
          retrying.delete(token)
          end()
        }
      } finally {
        pendingRows -= rows
      }
    },
    arrival,
    state() {
      const [oldest] = retrying.values()
      return { pending_rows: pendingRows, retrying_since: oldest?.since ?? null, last_error: oldest?.error ?? null }
    },
    pending: () => pendingRows,
    forget: () => recent.clear(),
    inTurn,
    async drain() {
      draining = true
      // A call with another part to come has queued it by the time that the end of a block is heard here.
      while (running > 0) await ended.promise
    },
  }
}

/**
 * The rows of a batch, counted into its verdict. A copy that is known to be held is left out – unless `which` is `all`: a range of Kafka
 * must give the same rows whenever it is replayed.
 */
function rowsOf(
  batch: Batch,
  importId: string,
  recent: RecentIds,
  verdict: Verdict,
  which: 'fresh' | 'all' = 'fresh',
): { rows: EventRow[]; indices: number[]; conflicts: string[]; bytes: number; late: number } {
  const id = batchId(batch.tenant, batch.token)
  const fresh = new Map<string, Known>()
  const rows: EventRow[] = []
  const indices: number[] = []
  const conflicts: string[] = []
  let bytes = 0
  let late = 0
  for (const [index, { event, ordinal }] of batch.events.entries()) {
    const row = eventRow(batch.tenant, event, {
      receivedAt: batch.at + ordinal,
      importId,
      batch: { feed: batch.feed, id, ordinal },
    })
    const known = fresh.get(row.event_id) ?? recent.known(row.event_id)
    if (known?.content_hash === row.content_hash) {
      verdict.duplicates++
      // What only an import brought can be undone with it: a copy that came by another way is kept beside it.
      if (which === 'fresh' && (known.import_id === '' || known.import_id === importId)) continue
    } else if (known !== undefined) {
      verdict.conflicts.push({ index, event_id: row.event_id })
      conflicts.push(row.event_id)
    } else verdict.accepted++
    fresh.set(row.event_id, { content_hash: known?.content_hash ?? row.content_hash, import_id: importId })
    rows.push(row)
    indices.push(index)
    bytes += row.bytes
    if (event.occurred_at < batch.at - LATE_US) late++
  }
  return { rows, indices, conflicts, bytes, late }
}

function lettersOf(batch: Batch, refused: readonly Refused[]): Addressed[] {
  const letters: DeadLetter[] = [...batch.letters]
  for (const { index, reason } of refused) {
    const held = batch.events[index]
    if (held === undefined) continue
    const { event: record, ordinal } = held
    letters.push(
      batch.letterAt?.(ordinal, reason) ??
        refusedLetter({ format: 'event', record }, { request: batch.token, index: ordinal }, reason),
    )
  }
  return addressed(batch, letters)
}

/** The row that lies at a position of the block. */
function rowAt<T extends Part>(parts: readonly T[], at: number): { part: T; row: number } {
  let row = at
  for (const part of parts) {
    if (row < part.rows.length) return { part, row }
    row -= part.rows.length
  }
  throw new RangeError(`the block has no row ${at}`)
}

function isFullBlock(queue: readonly Waiting[]): boolean {
  let rows = 0
  let bytes = 0
  for (const waiting of queue) {
    rows += waiting.rows.length
    bytes += waiting.bytes
    if (rows >= WRITER_LIMITS.blockRows || bytes >= WRITER_LIMITS.blockBytes) return true
  }
  return false
}

function takeBlock(queue: Waiting[]): Waiting[] {
  const batch: Waiting[] = []
  let rows = 0
  let bytes = 0
  for (let next = queue[0]; next !== undefined; next = queue[0]) {
    if (batch.length > 0 && (rows + next.rows.length > WRITER_LIMITS.blockRows || bytes + next.bytes > WRITER_LIMITS.blockBytes))
      break
    batch.push(next)
    queue.shift()
    rows += next.rows.length
    bytes += next.bytes
  }
  return batch
}

type RecentIds = {
  known(id: string): Known | undefined
  add(rows: readonly EventRow[], importId: string): void
  clear(): void
}

/** The identities stored last, with the hash of their content; the oldest half is forgotten when it is full. */
function createRecentIds(limit: number): RecentIds {
  let young = new Map<string, Known>()
  let old = new Map<string, Known>()
  return {
    known: (id) => young.get(id) ?? old.get(id),
    add(rows, importId) {
      for (const { event_id, content_hash } of rows) {
        const known = young.get(event_id) ?? old.get(event_id)
        if (known === undefined) young.set(event_id, { content_hash, import_id: importId })
        else if (known.content_hash === content_hash && importId === '') known.import_id = ''
      }
      if (young.size < limit / 2) return
      old = young
      young = new Map()
    },
    clear() {
      old = new Map()
      young = new Map()
    },
  }
}
