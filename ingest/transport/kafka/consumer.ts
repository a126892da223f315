import { setTimeout as sleep } from 'node:timers/promises'
import type { Registry } from 'prom-client'
import { type Instant, instantToIso } from '../../../model/instant.ts'
import { recordedGaps, recordGap } from '../../../platform/kafka/epochs.ts'
import type { KafkaConsumer, KafkaPort, Membership, TopicPartition } from '../../../platform/kafka/port.ts'
import type { Log } from '../../../platform/log.ts'
import type { Db } from '../../../platform/postgres/client.ts'
import type { Judge } from '../../judge.ts'
import { type BindingConflict, bindTopics, type TopicBinding } from './bindings.ts'
import { KAFKA_LIMITS, type KafkaLimits } from './limits.ts'
import { isRenewed, type Located, locate } from './locate.ts'
import { kafkaMetrics } from './metrics.ts'
import { type PartitionReader, type RangeWriter, readPartition, type Shared } from './partition.ts'
import { byPlace, type KafkaState, partitionState } from './state.ts'
import { Turns } from './turns.ts'

/** The running consumer. */
export type KafkaIngest = {
  state(): KafkaState
  /** Finishes the ranges under way, as long as that takes no more than `drainMs`, and leaves the group. May be called twice. */
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
const KAFKA_GROUP = 'sightline-ingest'
const RETRY_MS = 500
const MOST_RETRY_MS = 10_000
const CLOSE_MS = 5000

/** Why a consumer is started again; after an orderly one nothing is taken up twice. */
type Reason = 'stop' | 'topics' | 'recreated' | 'ended' | 'silent' | 'stalled' | 'failed'
const ORDERLY: ReadonlySet<unknown> = new Set<Reason>(['stop', 'topics', 'recreated'])

type Held = { reader: PartitionReader; resetting: boolean; end: number }

/** One stay in the group, from joining it to leaving it. */
type Session = {
  cluster: string
  topics: readonly string[]
  bindings: ReadonlyMap<string, TopicBinding>
  ids: ReadonlyMap<string, string>
  partitions: Map<string, Held>
  joined: boolean
  /** Aborts when the session is to end, with a {@link Reason}. */
  over: AbortController
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

  const shared: Shared = {
    limits,
    judge: options.judge,
    writer: options.writer,
    db,
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

  /** Starts reading a partition where it was found to begin. */
  const begin = async (stay: Session, membership: Membership, found: Located): Promise<void> => {
    const { place, epoch, gap, claim } = found
    if (gap !== null) {
      log.warn({ topic: place.topic, ...gap }, 'records were gone before they were read')
      metrics.gaps.inc({ topic: place.topic, partition: String(gap.partition) })
      await recordGap(db, stay.cluster, place.topic, { epoch, ...gap, at: instantToIso(now()) })
      gaps = await recordedGaps(db, stay.cluster)
    }
    membership.signal.throwIfAborted()
    const read = (): PartitionReader => {
      const reader = readPartition({
        shared,
        cluster: stay.cluster,
        epoch,
        place,
        membership,
        binding() {
          const binding = stay.bindings.get(place.topic)
          if (binding === undefined) throw new Error(`no source is bound to the topic ${place.topic}`)
          return binding
        },
        start: found,
        onReset: () => void reset(stay, membership, place),
      })
      stay.partitions.set(keyOf(place), { reader, resetting: false, end: found.end })
      membership.seek(place, found.position)
      membership.resume(place)
      return reader
    }
    if (claim === null) {
      read()
      return
    }
    log.info({ ...place, first: claim.first, last: claim.last }, 'a range that an earlier owner claimed is stored again')
    void replay(membership.signal, read)
  }

  /** Ranges to be stored again are collected by few partitions at a time: none of them may be cut short by the bound on all. */
  const replay = async (signal: AbortSignal, read: () => PartitionReader): Promise<void> => {
    const release = await replays.take(signal).catch(() => null)
    if (release === null) return
    const reader = read()
    while (reader.state().replaying && !signal.aborted) await pause(50, signal)
    release()
  }

  /** Looks again where a partition is to be read, after its position was reset below us, or reading it failed. */
  const reset = async (stay: Session, membership: Membership, place: TopicPartition): Promise<void> => {
    const held = stay.partitions.get(keyOf(place))
    const { signal } = membership
    if (held === undefined || held.resetting || signal.aborted) return
    held.resetting = true
    membership.pause(place)
    held.reader.finish()
    await held.reader.ended
    // What failed once may fail again at once.
    await pause(RETRY_MS, signal)
    await patiently('looking for the offsets of a partition', signal, async () => {
      const ids = await kafka.topicIds()
      if (isRenewed([place.topic], stay.ids, ids)) {
        stay.over.abort('recreated' satisfies Reason)
        return
      }
      const lastRead = held.reader.state().committed
      const found = await locate({ kafka, db, log, group, cluster: stay.cluster, places: [place], ids, lastRead })
      for (const one of found) await begin(stay, membership, one)
    })
  }

  const join = (stay: Session, membership: Membership): void => {
    rebalances++
    metrics.rebalances.inc()
    metrics.lag.reset()
    const before = [...stay.partitions.values()]
    stay.partitions.clear()
    stay.joined = true
    const begun = new Set<string>()
    void patiently('looking for the committed offsets', membership.signal, async () => {
      // What the membership before has under way is cut off; only then is what it left looked for.
      await Promise.all(before.map(({ reader }) => reader.ended))
      stay.ids = await kafka.topicIds()
      const places = membership.partitions.filter((place) => !begun.has(keyOf(place)))
      for (const found of await locate({ kafka, db, log, group, cluster: stay.cluster, places, ids: stay.ids })) {
        await begin(stay, membership, found)
        begun.add(keyOf(found.place))
      }
      lastError = null
    })
  }

  /** What is bound now. */
  const bound = async (): Promise<Pick<Session, 'topics' | 'bindings'>> => {
    const [names, bindings] = await Promise.all([kafka.topics(), options.bindings()])
    const { byTopic, conflicts: found } = bindTopics(names, bindings)
    conflicts = found
    return { topics: [...byTopic.keys()], bindings: byTopic }
  }

  /** Looks at topics, lag and progress; says why a new session is called for, if one is. */
  const inspect = async (stay: Session, consumer: KafkaConsumer): Promise<Reason | null> => {
    const { topics, bindings } = await bound()
    if (topics.join('\n') !== stay.topics.join('\n')) return 'topics'
    stay.bindings = bindings
    if (isRenewed(topics, stay.ids, await kafka.topicIds())) return 'recreated'
    gaps = await recordedGaps(db, stay.cluster)
    if (Date.now() - consumer.lastSignOfLife() > limits.watchdogMs) return 'silent'
    for (const topic of new Set([...stay.partitions.values()].map(({ reader }) => reader.place.topic)))
      for (const { partition, high } of await kafka.offsets(topic)) {
        const held = stay.partitions.get(keyOf({ topic, partition }))
        if (held === undefined) continue
        held.end = high
        const { committed, position, paused, last_progress_at: progress } = held.reader.state()
        metrics.lag.set({ topic, partition: String(partition) }, Math.max(0, high - (committed ?? position)))
        if (high > position && !paused && now() - progress > limits.watchdogMs * 1000) return 'stalled'
      }
    return null
  }

  const watch = async (stay: Session, consumer: KafkaConsumer): Promise<void> => {
    let failing = false
    for (;;) {
      await pause(limits.pollMs, stay.over.signal)
      if (stay.over.signal.aborted) return
      try {
        const reason = await inspect(stay, consumer)
        if (reason !== null) stay.over.abort(reason)
        if (failing) lastError = null
        failing = false
      } catch (error) {
        failing = true
        lastError = `looking at the topics: ${messageOf(error)}`
        log.debug({ err: error }, 'looking at the topics failed; it is tried again')
      }
    }
  }

  const open = (stay: Session): Promise<KafkaConsumer> =>
    kafka.consume(
      {
        group,
        topics: stay.topics,
        sessionMs: limits.sessionMs,
        waitMs: limits.fetchWaitMs,
        fetchBytes: limits.fetchBytes,
        partitionBytes: limits.fetchPartitionBytes,
      },
      {
        onJoined: (membership) => join(stay, membership),
        onRecords: (fetched) => stay.partitions.get(keyOf(fetched))?.reader.take(fetched) ?? false,
        onSkipped: (place, next) => stay.partitions.get(keyOf(place))?.reader.skip(next),
        onEnded(error) {
          lastError = messageOf(error)
          log.warn({ err: error }, 'the Kafka consumer ended; it is started again')
          stay.over.abort('ended' satisfies Reason)
        },
      },
    )

  /** Finishes what is under way where there is time for it, and leaves the group. */
  const close = async (stay: Session, consumer: KafkaConsumer | undefined): Promise<void> => {
    const readers = [...stay.partitions.values()].map(({ reader }) => reader)
    for (const reader of readers) reader.finish()
    const drained = new AbortController()
    const finished = Promise.all(readers.map(({ ended }) => ended)).finally(() => drained.abort())
    await Promise.race([finished, pause(ORDERLY.has(stay.over.signal.reason) ? limits.drainMs : 0, drained.signal)])
    await consumer?.close(CLOSE_MS)
    await Promise.race([finished, pause(CLOSE_MS, drained.signal)])
  }

  /** Stays in the group until something calls for a new start; null where there is nothing to read. */
  const runSession = async (): Promise<Reason | null> => {
    cluster ??= await kafka.clusterId()
    const { topics, bindings } = await bound()
    idle = topics.length === 0
    if (idle) {
      lastError = null
      await pause(limits.pollMs, stopping.signal)
      return null
    }
    gaps = await recordedGaps(db, cluster)
    const over = new AbortController()
    const stay: Session = { cluster, topics, bindings, ids: new Map(), partitions: new Map(), joined: false, over }
    const stop = (): void => over.abort('stop' satisfies Reason)
    stopping.signal.addEventListener('abort', stop)
    session = stay
    let consumer: KafkaConsumer | undefined
    try {
      consumer = await open(stay)
      await watch(stay, consumer)
    } finally {
      stopping.signal.removeEventListener('abort', stop)
      await close(stay, consumer)
      session = null
    }
    return over.signal.reason as Reason
  }

  const running = (async () => {
    let failures = 0
    while (!stopping.signal.aborted) {
      let reason: Reason | null
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
    state: () => ({
      cluster,
      connected: idle ? lastError === null : session?.joined === true,
      error: lastError,
      as_of: now(),
      rebalances,
      restarts,
      partitions: [...(session?.partitions.values() ?? [])]
        .map(({ reader, end }) => partitionState(reader, session?.bindings.get(reader.place.topic), end))
        .toSorted(byPlace),
      conflicts,
      gaps,
    }),
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
