import { setTimeout as sleep } from 'node:timers/promises'
import type { Registry } from 'prom-client'
import type { Instant } from '../../../model/instant.ts'
import { instantToIso } from '../../../model/instant.ts'
import { type RecordedGap, recordedGaps, recordGap, renewEpoch, topicEpoch } from '../../../platform/kafka/epochs.ts'
import type { Committed, KafkaConsumer, KafkaPort, Membership, Offsets, TopicPartition } from '../../../platform/kafka/port.ts'
import type { Log } from '../../../platform/log.ts'
import type { Db } from '../../../platform/postgres/client.ts'
import type { Judge } from '../../judge.ts'
import { type BindingConflict, bindTopics, type TopicBinding } from './bindings.ts'
import { type Claim, type Gap, startOf } from './claim.ts'
import { KAFKA_LIMITS, type KafkaLimits } from './limits.ts'
import { kafkaMetrics } from './metrics.ts'
import { type PartitionReader, type RangeWriter, readPartition, type Shared } from './partition.ts'
import { Turns } from './turns.ts'

/** How the consumer is, for readiness and the page: answered from memory, whatever is away. */
export type KafkaState = {
  cluster: string | null
  /** A member of the group with its partitions assigned, or nothing to read. */
  connected: boolean
  error: string | null
  as_of: Instant
  rebalances: number
  restarts: number
  partitions: {
    /** Tenant and source that the topic is bound to; empty for the product's own topic. */
    tenant: string
    feed: string
    topic: string
    partition: number
    epoch: number
    committed: number | null
    end: number
    lag: number
    paused: boolean
    replaying: boolean
    buffered: number
    last_progress_at: Instant
    error: string | null
  }[]
  /** Topics that several sources name. */
  conflicts: BindingConflict[]
  /** Offsets that were gone before they were read, the newest last. */
  gaps: (RecordedGap & { topic: string })[]
}

/** The running consumer. */
export type KafkaIngest = {
  state(): KafkaState
  /** Looks at bindings and topics now instead of at the next interval. */
  look(): void
  /** Finishes the ranges under way, leaves the group. May be called twice. */
  stop(): Promise<void>
}

export type KafkaIngestOptions = {
  kafka: KafkaPort
  db: Db
  /** Which topics are read and whose they are; asked again every `pollMs`. */
  bindings: () => Promise<TopicBinding[]>
  judge: Judge
  writer: RangeWriter
  now: () => Instant
  log: Log
  registry: Registry
  group?: string
  limits?: Partial<KafkaLimits>
}

/** Consumer group of the product. */
export const KAFKA_GROUP = 'sightline-ingest'

const RETRY_MS = 500
const MOST_RETRY_MS = 10_000
const CLOSE_MS = 5000

type Held = { reader: PartitionReader; resetting: boolean }

/** One membership of the group with the partitions it reads. */
type Session = {
  cluster: string
  topics: string[]
  ids: ReadonlyMap<string, string>
  bindings: Map<string, TopicBinding>
  partitions: Map<string, Held>
  /** Aborts when the session is to end, with the reason. */
  over: AbortController
  joined: boolean
}

const keyOf = ({ topic, partition }: TopicPartition): string => `${topic}/${partition}`
const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))

/**
 * Reads the bound topics and stores what they hold, each record with the effect of once. Returns at once; brokers that are away are tried
 * until they answer. The consumer is started again when topics come or go, when it ends, and when it stands still with records waiting.
 */
export function startKafka(options: KafkaIngestOptions): KafkaIngest {
  const { kafka, db, log, now } = options
  const group = options.group ?? KAFKA_GROUP
  const limits: KafkaLimits = { ...KAFKA_LIMITS, ...options.limits }
  const metrics = kafkaMetrics(options.registry)
  const stopping = new AbortController()
  const replays = new Turns(limits.replays)
  let session: Session | null = null
  let cluster: string | null = null
  let lastError: string | null = null
  let conflicts: BindingConflict[] = []
  let gaps: KafkaState['gaps'] = []
  let idle = false
  let rebalances = 0
  let restarts = 0
  let look = Promise.withResolvers<void>()

  const shared: Shared = {
    limits,
    judge: options.judge,
    writer: options.writer,
    now,
    log,
    metrics,
    blocks: new Turns(limits.blocks),
    reading: new Turns(1),
    budget: { bytes: 0 },
    freed() {
      metrics.buffered.set(shared.budget.bytes)
      for (const { reader } of session?.partitions.values() ?? []) reader.resume()
    },
  }

  const noteGap = async (in_: Session, topic: string, epoch: number, gap: Gap): Promise<void> => {
    log.warn({ topic, ...gap }, 'records were gone before they were read')
    metrics.gaps.inc({ topic, partition: String(gap.partition) })
    await recordGap(db, in_.cluster, topic, { epoch, ...gap, at: instantToIso(now()) })
    gaps = await recordedGaps(db, in_.cluster)
  }

  /** Decides where a partition begins and starts reading it there. */
  const begin = async (
    in_: Session,
    membership: Membership,
    place: TopicPartition,
    found: { committed: Committed | undefined; offsets: Offsets | undefined; epoch: number; lastRead: number | null },
  ): Promise<void> => {
    const { low = 0, high = 0 } = found.offsets ?? {}
    const known = found.committed?.offset ?? found.lastRead
    const start = startOf({
      partition: place.partition,
      known,
      metadata: found.committed?.offset == null ? '' : found.committed.metadata,
      low,
      high,
      epoch: found.epoch,
      identified: in_.ids.has(place.topic),
    })
    const epoch = start.renewed ? await renewEpoch(db, in_.cluster, place.topic, found.epoch) : found.epoch
    if (start.gap !== null) await noteGap(in_, place.topic, epoch, start.gap)
    membership.signal.throwIfAborted()
    const read = (): void => {
      const reader = readPartition({
        shared,
        cluster: in_.cluster,
        epoch,
        place,
        membership,
        binding() {
          const binding = in_.bindings.get(place.topic)
          if (binding === undefined) throw new Error(`no source is bound to the topic ${place.topic}`)
          return binding
        },
        start: { position: start.position, claim: start.claim, committed: known, end: high },
        onReset: () => void reset(in_, membership, place),
      })
      in_.partitions.set(keyOf(place), { reader, resetting: false })
      membership.seek(place, start.position)
      membership.resume(place)
    }
    if (start.claim === null) read()
    else void readAfterTurn(membership, place, start.claim, read)
  }

  /** Ranges to be stored again are collected by few partitions at a time: none of them may be cut short by the bound on all. */
  const readAfterTurn = async (membership: Membership, place: TopicPartition, claim: Claim, read: () => void): Promise<void> => {
    const release = await replays.take(membership.signal).catch(() => null)
    if (release === null) return
    try {
      log.info({ ...place, first: claim.first, last: claim.last }, 'a range that an earlier owner claimed is stored again')
      read()
      const reader = session?.partitions.get(keyOf(place))?.reader
      while (reader?.state().replaying === true && !membership.signal.aborted) await sleep(50)
    } finally {
      release()
    }
  }

  /** Looks again where a partition is to be read, after its position was reset below us. */
  const reset = async (in_: Session, membership: Membership, place: TopicPartition): Promise<void> => {
    const held = in_.partitions.get(keyOf(place))
    if (held === undefined || held.resetting || membership.signal.aborted) return
    held.resetting = true
    membership.pause(place)
    held.reader.finish()
    await held.reader.ended
    // What failed once may fail again at once.
    await pause(RETRY_MS, membership.signal)
    const lastRead = held.reader.state().committed
    await patiently('looking for the offsets of a partition', membership.signal, async () => {
      in_.ids = await kafka.topicIds()
      const found = await lookUp(in_, [place])
      const one = found.get(keyOf(place))
      if (one !== undefined) await begin(in_, membership, place, { ...one, lastRead: one.committed?.offset ?? lastRead })
    })
  }

  /** What is known of partitions: committed offset, bounds, epoch of their topic. */
  const lookUp = async (in_: Session, places: readonly TopicPartition[]) => {
    const topics = [...new Set(places.map(({ topic }) => topic))]
    const committed = await kafka.committed(group, topics)
    const found = new Map<
      string,
      { committed: Committed | undefined; offsets: Offsets | undefined; epoch: number; lastRead: number | null }
    >()
    for (const topic of topics) {
      const offsets = await kafka.offsets(topic)
      const epoch = await topicEpoch(db, in_.cluster, topic, in_.ids.get(topic) ?? null)
      for (const place of places.filter((one) => one.topic === topic))
        found.set(keyOf(place), {
          committed: committed.find((one) => one.topic === topic && one.partition === place.partition),
          offsets: offsets.find(({ partition }) => partition === place.partition),
          epoch,
          lastRead: null,
        })
    }
    return found
  }

  /** Tries until it works or the signal aborts. Never rejects. */
  const patiently = async (what: string, signal: AbortSignal, task: () => Promise<void>): Promise<void> => {
    for (let attempt = 0; !signal.aborted; attempt++) {
      try {
        await task()
        return
      } catch (error) {
        if (signal.aborted) return
        lastError = `${what}: ${messageOf(error)}`
        log.warn({ err: error }, `${what} failed; it is tried again`)
        await pause(Math.min(MOST_RETRY_MS, RETRY_MS * 2 ** attempt), signal)
      }
    }
  }

  const join = (in_: Session, membership: Membership): void => {
    rebalances++
    metrics.rebalances.inc()
    const before = [...in_.partitions.values()]
    in_.partitions.clear()
    metrics.lag.reset()
    in_.joined = true
    ends.clear()
    const begun = new Set<TopicPartition>()
    void patiently('looking for the committed offsets', membership.signal, async () => {
      // What the membership before has under way is cut off; only then is what it left looked for.
      await Promise.all(before.map(({ reader }) => reader.ended))
      const found = await lookUp(in_, membership.partitions)
      for (const place of membership.partitions) {
        const one = found.get(keyOf(place))
        if (one === undefined || begun.has(place)) continue
        await begin(in_, membership, place, one)
        begun.add(place)
      }
      lastError = null
    })
  }

  /** What is bound now. */
  const bound = async (): Promise<{ topics: string[]; bindings: Map<string, TopicBinding> }> => {
    const [names, bindings] = await Promise.all([kafka.topics(), options.bindings()])
    const found = bindTopics(names, bindings)
    conflicts = found.conflicts
    return { topics: [...found.byTopic.keys()], bindings: found.byTopic }
  }

  /** Ends the session when something calls for a new one: a reason, or nothing. */
  const inspect = async (in_: Session, consumer: KafkaConsumer): Promise<string | null> => {
    const { topics, bindings } = await bound()
    if (topics.join('\n') !== in_.topics.join('\n')) return 'topics'
    in_.bindings = bindings
    const ids = await kafka.topicIds()
    if (topics.some((topic) => ids.has(topic) && in_.ids.has(topic) && ids.get(topic) !== in_.ids.get(topic))) return 'recreated'
    if (Date.now() - consumer.lastSignOfLife() > limits.watchdogMs) return 'silent'
    const read = new Set([...in_.partitions.values()].map(({ reader }) => reader.place.topic))
    for (const topic of read)
      for (const { partition, high } of await kafka.offsets(topic)) {
        const held = in_.partitions.get(keyOf({ topic, partition }))
        if (held === undefined) continue
        const progress = held.reader.state()
        ends.set(keyOf({ topic, partition }), high)
        metrics.lag.set({ topic, partition: String(partition) }, Math.max(0, high - (progress.committed ?? progress.position)))
        const still = now() - progress.last_progress_at > limits.watchdogMs * 1000
        if (high > progress.position && still && !progress.paused) return 'stalled'
      }
    return null
  }
  const ends = new Map<string, number>()

  const watch = async (in_: Session, consumer: KafkaConsumer): Promise<void> => {
    while (!in_.over.signal.aborted) {
      await Promise.race([pause(limits.pollMs, in_.over.signal), look.promise])
      if (in_.over.signal.aborted) return
      try {
        const reason = await inspect(in_, consumer)
        if (reason !== null) in_.over.abort(reason)
      } catch (error) {
        lastError = `looking at the topics: ${messageOf(error)}`
        log.debug({ err: error }, 'looking at the topics failed; it is tried again')
      }
    }
  }

  const runSession = async (): Promise<string | null> => {
    cluster ??= await kafka.clusterId()
    const { topics, bindings } = await bound()
    idle = topics.length === 0
    if (idle) {
      lastError = null
      await Promise.race([pause(limits.pollMs, stopping.signal), look.promise])
      return null
    }
    const ids = await kafka.topicIds()
    gaps = await recordedGaps(db, cluster)
    const in_: Session = { cluster, topics, ids, bindings, partitions: new Map(), over: new AbortController(), joined: false }
    const stop = (): void => in_.over.abort('stop')
    stopping.signal.addEventListener('abort', stop)
    session = in_
    let consumer: KafkaConsumer | undefined
    try {
      consumer = await kafka.consume(
        {
          group,
          topics,
          sessionMs: limits.sessionMs,
          waitMs: limits.fetchWaitMs,
          fetchBytes: limits.fetchBytes,
          partitionBytes: limits.fetchPartitionBytes,
        },
        {
          onJoined: (membership) => join(in_, membership),
          onRecords: (fetched) => in_.partitions.get(keyOf(fetched))?.reader.take(fetched) ?? false,
          onSkipped: (place, next) => in_.partitions.get(keyOf(place))?.reader.skip(next),
          onEnded(error) {
            lastError = messageOf(error)
            log.warn({ err: error }, 'the Kafka consumer ended; it is started again')
            in_.over.abort('ended')
          },
        },
      )
      await watch(in_, consumer)
    } finally {
      stopping.signal.removeEventListener('abort', stop)
      const readers = [...in_.partitions.values()].map(({ reader }) => reader)
      for (const reader of readers) reader.finish()
      // A consumer that stands still gets no time: what it holds is stored again.
      const orderly = in_.over.signal.reason === 'stop' || in_.over.signal.reason === 'topics'
      const drained = new AbortController()
      const finished = Promise.all(readers.map(({ ended }) => ended)).then(() => drained.abort())
      await Promise.race([finished, pause(orderly ? limits.drainMs : 0, drained.signal)])
      await consumer?.close(CLOSE_MS)
      await Promise.race([finished, pause(CLOSE_MS, drained.signal)])
      session = null
    }
    return in_.over.signal.reason as string
  }

  const running = (async () => {
    let failures = 0
    while (!stopping.signal.aborted) {
      let reason: string | null
      try {
        reason = await runSession()
        failures = reason === 'ended' ? failures + 1 : 0
      } catch (error) {
        failures++
        reason = 'failed'
        lastError = messageOf(error)
        log.warn({ err: error }, 'Kafka could not be read; it is tried again')
      }
      if (stopping.signal.aborted || reason === null) continue
      restarts++
      metrics.restarts.inc({ reason })
      log.info({ reason }, 'the Kafka consumer is started again')
      if (failures > 0) await pause(Math.min(MOST_RETRY_MS, RETRY_MS * 2 ** (failures - 1)), stopping.signal)
    }
  })()

  return {
    look() {
      look.resolve()
      look = Promise.withResolvers<void>()
    },
    state() {
      const partitions = [...(session?.partitions.values() ?? [])].map(({ reader }) => {
        const progress = reader.state()
        const owner = session?.bindings.get(reader.place.topic)?.owner
        const end = Math.max(progress.end, ends.get(keyOf(reader.place)) ?? 0)
        return {
          tenant: owner?.tenantId ?? '',
          feed: owner?.id ?? '',
          ...reader.place,
          epoch: reader.epoch,
          committed: progress.committed,
          end,
          lag: Math.max(0, end - (progress.committed ?? progress.position)),
          paused: progress.paused,
          replaying: progress.replaying,
          buffered: progress.buffered,
          last_progress_at: progress.last_progress_at,
          error: progress.error,
        }
      })
      partitions.sort((a, b) => (a.topic === b.topic ? a.partition - b.partition : a.topic < b.topic ? -1 : 1))
      return {
        cluster,
        connected: idle ? lastError === null : session?.joined === true,
        error: lastError,
        as_of: now(),
        rebalances,
        restarts,
        partitions,
        conflicts,
        gaps,
      }
    },
    async stop() {
      stopping.abort(new Error('the consumer is stopped'))
      await running
    },
  }
}

/** Waits, or less where the signal aborts. */
async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await sleep(ms, undefined, { signal }).catch(() => undefined)
}
