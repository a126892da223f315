import { setTimeout as sleep } from 'node:timers/promises'
import type { Instant } from '../../../model/instant.ts'
import type { FetchedRecords, KafkaRecord, Membership, TopicPartition } from '../../../platform/kafka/port.ts'
import type { Log } from '../../../platform/log.ts'
import type { Db } from '../../../platform/postgres/client.ts'
import type { Judge } from '../../judge.ts'
import type { EventWriter } from '../../write.ts'
import type { TopicBinding } from './bindings.ts'
import type { Claim } from './claim.ts'
import { createCommits } from './commit.ts'
import type { KafkaLimits } from './limits.ts'
import type { KafkaMetrics } from './metrics.ts'
import { type Range, type ReadRange, rangeToken, readRange } from './read-range.ts'
import { RecordBuffer } from './record-buffer.ts'
import { reportUnowned } from './report-unowned.ts'
import type { Turns } from './turns.ts'

/** What the consumer needs of the writer. */
export type RangeWriter = Pick<EventWriter, 'arrival' | 'writeRange'>

/** What all partitions of a process share. */
export type Shared = {
  limits: KafkaLimits
  judge: Judge
  writer: RangeWriter
  db: Db
  now: () => Instant
  log: Log
  metrics: KafkaMetrics
  /** Ranges that may be on their way at once. */
  blocks: Turns
  /** Ranges are read one after the other, so that the first is stored while the second is read. */
  reading: Turns
  /** Bytes that are buffered in all partitions. */
  budget: { bytes: number }
  /** Called when some of them are freed, so that partitions that paused for it are fetched again. */
  freed(): void
}

/** One partition as this process reads it. */
export type PartitionReader = {
  place: TopicPartition
  epoch: number
  /** Takes what was fetched; false where it does not follow on what was taken before, or none is taken any more. */
  take(fetched: FetchedRecords): boolean
  skip(next: number): void
  /** Fetches again where a bound allows it now. */
  resume(): void
  /** Ends after the range that is being stored. */
  finish(): void
  /** Resolves when it has ended: finished, or the membership over. */
  ended: Promise<void>
  state(): PartitionProgress
}

export type PartitionProgress = {
  /** Next offset to fetch. */
  position: number
  /** Next offset to be read after a restart. */
  committed: number | null
  /** Offset after the newest record, as last heard. */
  end: number
  paused: boolean
  /** A range of an earlier owner is being stored again. */
  replaying: boolean
  buffered: number
  last_progress_at: Instant
  error: string | null
}

/** A range on its way: read, perhaps claimed, not yet stored. */
type Block = { claim: Claim; records: number; read: ReadRange | null; replayed: boolean; release: () => void }

const NEVER = Number.POSITIVE_INFINITY

/**
 * Reads one partition with an exactly-once effect. Each range is claimed in the metadata of the unchanged offset, then stored, then the
 * offset moves behind it – with the claim on the next range, so that a block costs one commit. Whoever owns the partition next finds
 * either no claim, and nothing was stored, or the claim, and stores the very same range again.
 *
 * @param start where to begin, and a range to store again
 */
export function readPartition(options: {
  shared: Shared
  cluster: string
  epoch: number
  place: TopicPartition
  membership: Membership
  binding: () => TopicBinding
  start: { position: number; claim: Claim | null; committed: number | null; end: number }
  onReset(): void
}): PartitionReader {
  const { shared, cluster, epoch, place, membership, start } = options
  const { limits, metrics, budget } = shared
  const { signal } = membership
  const buffer = new RecordBuffer()
  const labels = { topic: place.topic, partition: String(place.partition) }
  let position = start.position
  let base = start.position
  let committed = start.committed
  let end = start.end
  let claim = start.claim
  let paused = false
  let finishing = false
  let skippedAt = 0
  let lastProgress = shared.now()
  let lastError: string | null = null
  let wake = Promise.withResolvers<void>()

  const nudge = (): void => {
    wake.resolve()
    wake = Promise.withResolvers<void>()
  }
  signal.addEventListener('abort', nudge, { once: true })

  const pauseIfFull = (): void => {
    // A range that is to be stored again must come to its end, whatever the others hold.
    const full = buffer.bytes > limits.partitionBytes || (claim === null && budget.bytes > limits.bufferBytes)
    if (!full || paused) return
    paused = true
    membership.pause(place)
  }
  const resume = (): void => {
    const room = buffer.bytes < limits.partitionBytes / 2 && (claim !== null || budget.bytes < limits.bufferBytes * 0.75)
    if (!paused || !room || finishing) return
    paused = false
    membership.resume(place)
  }

  /** Waits for news, at most so long. */
  const news = async (ms: number): Promise<void> => {
    if (ms === NEVER) await wake.promise
    else {
      const timer = new AbortController()
      await Promise.race([wake.promise, sleep(Math.max(ms, 1), undefined, { signal: timer.signal }).catch(() => undefined)])
      timer.abort()
    }
    signal.throwIfAborted()
  }

  const isFull = (): boolean => buffer.records >= limits.rangeRecords || buffer.bytes >= limits.rangeBytes

  /** How long until a range can be cut, in milliseconds: 0 for now. */
  const dueIn = (): number => {
    if (claim !== null) return position > claim.last ? 0 : NEVER
    if (isFull()) return 0
    const oldest = buffer.oldestAt()
    if (oldest !== null) return Math.max(0, oldest + limits.lingerMs - Date.now())
    // Nothing but markers: the offset moves all the same.
    return position > base ? Math.max(0, skippedAt + limits.lingerMs - Date.now()) : NEVER
  }

  /** Cuts the next range and reads it. */
  const cut = async (release: () => void): Promise<Block> => {
    const replayed = claim
    const most = { records: limits.rangeRecords, bytes: limits.rangeBytes, last: NEVER }
    const taken = replayed === null ? buffer.take(most) : buffer.take({ records: NEVER, bytes: NEVER, last: replayed.last })
    const last = replayed?.last ?? (buffer.records === 0 ? position : taken.next) - 1
    const range: Range = { cluster, ...place, epoch, first: base, last }
    budget.bytes -= taken.bytes
    shared.freed()
    try {
      const read = taken.records.length === 0 ? null : await readIt(range, taken.records, replayed)
      base = last + 1
      claim = null
      const made = { epoch, first: range.first, last, at: read?.at ?? 0, versions: read?.versions ?? new Map<string, number>() }
      return { claim: made, records: taken.records.length, read, replayed: replayed !== null, release }
    } catch (error) {
      release()
      throw error
    }
  }
  const readIt = async (range: Range, records: readonly KafkaRecord[], replayed: Claim | null): Promise<ReadRange> => {
    const done = await shared.reading.take(signal)
    try {
      return await readRange({
        range,
        records,
        binding: options.binding(),
        judge: shared.judge,
        arrival: shared.writer.arrival,
        at: replayed?.at ?? null,
        versions: replayed?.versions ?? new Map(),
        signal,
      })
    } finally {
      done()
    }
  }

  /** The next range, when one is due within `ms`; null where none is, or none is wanted any more. */
  const next = async (ms: number): Promise<Block | null> => {
    const until = Date.now() + ms
    for (;;) {
      signal.throwIfAborted()
      if (finishing) return null
      const due = dueIn()
      if (due === 0) {
        const release = await shared.blocks.take(signal)
        if (!finishing) return cut(release)
        release()
        return null
      }
      const left = until - Date.now()
      if (left <= 0) return null
      await news(Math.min(due, left))
    }
  }

  /** While a range is being stored: the next one, if a full one is there and a turn is free for it. */
  const ahead = async (stored: Promise<void>): Promise<Block | null> => {
    const over = new AbortController()
    const ending = (): void => {
      over.abort()
      nudge()
    }
    stored.then(ending, ending)
    while (!over.signal.aborted && !finishing) {
      if (isFull()) {
        const release = await shared.blocks.take(AbortSignal.any([signal, over.signal])).catch(() => null)
        if (release !== null && !finishing && !signal.aborted) return cut(release)
        release?.()
        break
      }
      await news(NEVER)
    }
    return null
  }

  const { claim: commitClaim, idle: commitIdle } = createCommits({
    db: shared.db,
    cluster,
    epoch,
    place,
    membership,
    told: {
      committed: (offset) => (committed = offset),
      failed: (error) => (lastError = error),
    },
  })

  const store = async (block: Block, read: ReadRange): Promise<void> => {
    const range: Range = { cluster, ...place, epoch, first: block.claim.first, last: block.claim.last }
    if (block.replayed) metrics.replays.inc(labels)
    await shared.writer.writeRange({ token: rangeToken(range), batches: read.batches }, signal)
    metrics.records.inc(labels, block.records)
    metrics.events.inc(labels, read.events)
    metrics.letters.inc(labels, read.letters)
    await reportUnowned(shared, range, read.at, read.unowned)
  }

  /** Claims and stores a block, and prepares the next one meanwhile. */
  const process = async (block: Block, read: ReadRange, claimed: boolean): Promise<Block | null> => {
    if (!claimed) await commitClaim(block.claim)
    const stored = store(block, read)
    const preparing = ahead(stored)
    // Awaited below, whatever becomes of the block.
    preparing.catch(() => undefined)
    try {
      await stored
    } catch (error) {
      const prepared = await preparing.catch(() => null)
      prepared?.release()
      throw error
    }
    return preparing
  }

  const run = async (): Promise<void> => {
    let block = await next(NEVER)
    let claimed = block?.replayed === true
    while (block !== null) {
      let following: Block | null = null
      try {
        if (block.read !== null) following = await process(block, block.read, claimed)
        block.release()
        following ??= await next(limits.settleMs)
        claimed = following?.read != null && !finishing
        if (claimed && following !== null) await commitClaim(following.claim)
        else await commitIdle(block.claim.last + 1)
      } catch (error) {
        block.release()
        following?.release()
        throw error
      }
      lastProgress = shared.now()
      lastError = null
      resume()
      if (finishing && !claimed) {
        following?.release()
        return
      }
      block = following ?? (await next(NEVER))
    }
  }

  const ended = (async () => {
    try {
      await run()
    } catch (error) {
      if (!signal.aborted) {
        lastError = error instanceof Error ? error.message : String(error)
        shared.log.error({ err: error, ...place }, 'reading a partition failed; it is taken up again')
        options.onReset()
      }
    } finally {
      budget.bytes -= buffer.bytes
      finishing = true
    }
  })()

  return {
    place,
    epoch,
    ended,
    take(fetched) {
      if (finishing || signal.aborted) return false
      if (fetched.from !== position) {
        shared.log.warn({ ...place, expected: position, got: fetched.from }, 'the position of a partition was reset')
        membership.pause(place)
        options.onReset()
        return false
      }
      buffer.add(fetched)
      budget.bytes += fetched.bytes
      position = fetched.next
      end = Math.max(end, fetched.end)
      lastProgress = shared.now()
      pauseIfFull()
      nudge()
      return true
    },
    skip(to) {
      if (finishing || signal.aborted || to <= position) return
      position = to
      skippedAt = Date.now()
      nudge()
    },
    resume,
    finish() {
      finishing = true
      nudge()
    },
    state: () => ({
      position,
      committed,
      end,
      paused,
      replaying: claim !== null,
      buffered: buffer.records,
      last_progress_at: lastProgress,
      error: lastError,
    }),
  }
}
