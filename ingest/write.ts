import { randomUUID } from 'node:crypto'
import { Readable } from 'node:stream'
import { finished } from 'node:stream/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import type { ClickHouseClient } from '@clickhouse/client'
import type { Event } from '../model/event.ts'
import type { Instant } from '../model/instant.ts'
import type { TenantId } from '../model/tenant.ts'
import { SightlineError } from '../platform/errors.ts'
import { asStoreError, isUnavailable } from '../queries/run.ts'
import { EVENT_COLUMNS, type EventRow, eventRow } from './row.ts'
import { settle } from './settle.ts'

/** What became of the events of one call. Indices are positions in the array that was passed. */
export type Verdict = { accepted: number; duplicates: number; conflicts: { index: number; event_id: string }[] }

export type EventWriter = {
  /**
   * Stores events of one tenant and returns once they are durable and settled. Calls that arrive while an insert is under way share
   * the next one (group commit).
   *
   * @throws SightlineError `overloaded` when too much is waiting, `store_unavailable` when ClickHouse does not take it, `draining`
   *   after {@link EventWriter.drain}. After an error nothing is known about the batch: send it again, identity makes that harmless.
   */
  write(tenant: TenantId, events: readonly Event[], importId?: string): Promise<Verdict>
  /** Rows that wait or are being inserted. */
  pending(): number
  /** Forgets which identities were stored last: called after rows were removed, so that they can come again. */
  forget(): void
  /** Runs a task that settles or removes events between the blocks, so that neither undoes what the other reads. */
  inTurn<T>(task: () => Promise<T>): Promise<T>
  /** Takes no more and resolves when everything taken is durable. */
  drain(): Promise<void>
}

/** Bounds that make memory finite whatever arrives. */
export const WRITER_LIMITS = {
  /** Rows of one insert: one block, one insert token. */
  blockRows: 20_000,
  blockBytes: 24 * 1024 * 1024,
  /** Inserts under way at once. */
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

type Waiting = {
  tenant: TenantId
  importId: string
  rows: EventRow[]
  /** Identities that are known to be held with another content. */
  conflicts: string[]
  bytes: number
  done: () => void
  failed: (error: unknown) => void
}

const INSERT = `INSERT INTO sightline.events (${EVENT_COLUMNS.join(', ')}) FORMAT JSONCompactEachRow`

/** Insert settings that keep one insert one block, durable when acknowledged, and safe to repeat with its token. */
const INSERT_SETTINGS = {
  async_insert: 0,
  input_format_parallel_parsing: 0,
  max_insert_block_size: '1000000',
  min_insert_block_size_rows: '1000000',
  max_partitions_per_insert_block: '0',
  insert_deduplicate: 1,
  wait_end_of_query: 1,
} as const

/**
 * The one way into `events`: group commit over HTTP, bounded memory, duplicates named where they are known, corrections settled
 * before anything is acknowledged.
 *
 * @param now the clock, microseconds
 */
export function createEventWriter(options: { clickhouse: ClickHouseClient; now: () => Instant }): EventWriter {
  const { clickhouse, now } = options
  const recent = createRecentIds(WRITER_LIMITS.recentIds)
  const queue: Waiting[] = []
  let pendingRows = 0
  let pendingBytes = 0
  let running = 0
  let last: Promise<void> = Promise.resolve()
  let draining = false
  let lastArrival: Instant = 0

  /** Arrivals never share an instant inside one process, so that "first" is always decided. */
  const arrivals = (count: number): Instant => {
    const start = Math.max(now(), lastArrival + 1)
    lastArrival = start + count - 1
    return start
  }

  const settleBlock = async (batch: readonly Waiting[]): Promise<void> => {
    for (const [tenant, waiting] of Map.groupBy(batch, (one) => one.tenant)) {
      const rows = waiting.flatMap((one) => one.rows)
      const touched = {
        events: rows.map((row) => row.event_id),
        roots: rows.flatMap((row) => row.roots),
        conflicts: waiting.flatMap((one) => one.conflicts),
      }
      await settle(clickhouse, tenant, touched, now)
    }
  }

  /** Inserts a block and settles it in its turn: a settlement that read what is stored earlier must never be written later. */
  const commit = async (batch: readonly Waiting[], turn: Promise<void>): Promise<void> => {
    await insert(clickhouse, batch)
    await turn
    await settleBlock(batch).catch((error: unknown) => {
      throw asStoreError(error, 'settling a block of events')
    })
    for (const one of batch) {
      recent.add(one.rows, one.importId)
      one.done()
    }
  }

  const run = async (batch: readonly Waiting[], turn: Promise<void>): Promise<void> => {
    try {
      await commit(batch, turn)
    } catch (error) {
      await turn
      // What the store refuses for one caller's sake must not fail the others that shared the block.
      const alone = error instanceof SightlineError ? [] : batch
      for (const one of alone) await commit([one], turn).catch(one.failed)
      if (alone.length === 0) for (const one of batch) one.failed(error)
    }
    running--
    for (const one of batch) {
      pendingRows -= one.rows.length
      pendingBytes -= one.bytes
    }
    startBlocks()
  }

  /** Starts what can start: a block at once when none is under way, and beside another one only a full block. */
  const startBlocks = (): void => {
    while (queue.length > 0 && (running === 0 || (running < WRITER_LIMITS.inserts && isFullBlock(queue)))) {
      running++
      last = run(takeBlock(queue), last)
    }
  }

  return {
    async write(tenant, events, importId = '') {
      if (draining)
        throw new SightlineError('draining', 'This process is shutting down.', { next: 'Send it again.', retryAfterS: 2 })
      if (pendingRows + events.length > WRITER_LIMITS.pendingRows || pendingBytes > WRITER_LIMITS.pendingBytes)
        throw new SightlineError('overloaded', 'More events are waiting than can be stored right now.', {
          next: 'Send the same request again after the time in Retry-After.',
          retryAfterS: 1,
        })
      const receivedAt = arrivals(events.length)
      const verdict: Verdict = { accepted: 0, duplicates: 0, conflicts: [] }
      const fresh = new Map<string, Known>()
      const rows: EventRow[] = []
      let bytes = 0
      for (const [index, event] of events.entries()) {
        const row = eventRow(tenant, event, { receivedAt: receivedAt + index, importId })
        const known = fresh.get(row.event_id) ?? recent.known(row.event_id)
        if (known?.content_hash === row.content_hash) {
          verdict.duplicates++
          // What only an import brought can be undone with it: a copy that came by another way is kept beside it.
          if (known.import_id === '' || known.import_id === importId) continue
        } else if (known !== undefined) verdict.conflicts.push({ index, event_id: row.event_id })
        else verdict.accepted++
        fresh.set(row.event_id, { content_hash: known?.content_hash ?? row.content_hash, import_id: importId })
        rows.push(row)
        bytes += row.line.length
      }
      if (rows.length === 0) return verdict
      pendingRows += rows.length
      pendingBytes += bytes
      await new Promise<void>((done, failed) => {
        for (const [at, part] of parts(rows).entries()) {
          const last = (at + 1) * WRITER_LIMITS.blockRows >= rows.length
          queue.push({
            tenant,
            importId,
            rows: part,
            conflicts: last ? verdict.conflicts.map(({ event_id }) => event_id) : [],
            bytes: at === 0 ? bytes : 0,
            done: last ? done : () => undefined,
            failed,
          })
        }
        startBlocks()
      })
      return verdict
    },
    pending: () => pendingRows,
    forget: () => recent.clear(),
    async inTurn(task) {
      const before = last
      const { promise, resolve } = Promise.withResolvers<void>()
      last = promise
      await before
      try {
        return await task()
      } finally {
        resolve()
      }
    },
    async drain() {
      draining = true
      while (running > 0) await last
    },
  }
}

function parts(rows: EventRow[]): EventRow[][] {
  const size = WRITER_LIMITS.blockRows
  return Array.from({ length: Math.ceil(rows.length / size) }, (_, at) => rows.slice(at * size, (at + 1) * size))
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

/** Inserts one block, repeating it with the same rows and token while ClickHouse is unreachable or busy. */
async function insert(clickhouse: ClickHouseClient, batch: readonly Waiting[]): Promise<void> {
  const token = `v1|http|${randomUUID()}`
  const body = Buffer.from(batch.flatMap((waiting) => waiting.rows.map((row) => row.line)).join('\n'))
  for (let attempt = 1; ; attempt++) {
    try {
      const { stream } = await clickhouse.exec({
        query: INSERT,
        values: Readable.from([body], { objectMode: false }),
        clickhouse_settings: { ...INSERT_SETTINGS, insert_deduplication_token: token },
      })
      await finished(stream.resume())
      return
    } catch (error) {
      if (!isUnavailable(error) || attempt >= WRITER_LIMITS.attempts) throw asStoreError(error, 'the insert of events')
      await sleep(100 * 2 ** attempt * (0.5 + Math.random()))
    }
  }
}

/** The identities stored last, with the hash of their content; the oldest half is forgotten when it is full. */
function createRecentIds(limit: number): {
  known(id: string): Known | undefined
  add(rows: readonly EventRow[], importId: string): void
  clear(): void
} {
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
