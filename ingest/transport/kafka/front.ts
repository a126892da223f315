import { setTimeout as sleep } from 'node:timers/promises'
import { instantToIso, type Instant } from '../../../model/instant.ts'
import type { TenantId } from '../../../model/tenant.ts'
import { SightlineError } from '../../../platform/errors.ts'
import type { KafkaPort, KafkaProducer, OutgoingRecord } from '../../../platform/kafka/port.ts'
import { isTooLarge } from '../../../platform/kafka/too-large.ts'
import type { Log } from '../../../platform/log.ts'
import type { JudgedSource } from '../../judge.ts'
import { incoming, OWN_TOPICS, tenantOf, type TopicBinding } from './bindings.ts'

/** The topic that what came over HTTP waits in. Only this product writes there: who may write to it may speak for every tenant. */
export const FRONT_TOPIC = `${OWN_TOPICS}ingest`

/** Bounds of the front. */
export const FRONT_LIMITS = {
  /** Body, key and headers of one record. The topic takes batches of twice that, so that any record fits with its headers. */
  recordBytes: 8 * 1024 * 1024,
  /** What may wait for the broker before callers are told to come back later. */
  pendingBytes: 64 * 1024 * 1024,
  pendingRecords: 100_000,
  /** Records of one send. */
  sendBytes: 4 * 1024 * 1024,
  /** Sends under way at once. */
  sends: 4,
  /** How long the broker may take to confirm. */
  timeoutMs: 10_000,
  partitions: 6,
} as const

/** A record as it came over HTTP, to be read by the consumer. */
export type FrontRecord = {
  tenant: TenantId
  /** Way in: id of a registered source, or `http`. */
  feed: string
  /** How it is read where the feed is no registered source. */
  format: string
  key: Uint8Array | null
  body: Uint8Array
  headers: Readonly<Record<string, string>>
  /** Request that brought it and its place there: where it lies, and its identity where it has none of its own. */
  request: string
  index: number
  /** When it came. */
  at: Instant
}

export type Front = {
  /**
   * Resolves when all in-sync replicas of the broker have the records (`acks=all`): they are read from there, whatever ends now. Records
   * of one call keep their order, up to {@link FRONT_LIMITS.sendBytes}. What the broker refuses for its size together is sent in halves.
   *
   * @throws SightlineError `body_too_large` for a record over {@link FRONT_LIMITS}, or over what the topic takes, and others of the call
   *   may be there then; `overloaded` when too much waits for the broker;
   *   `store_unavailable` when the broker does not confirm, and nothing is known then: sending it again does no harm; `draining`
   */
  send(records: readonly FrontRecord[]): Promise<void>
  state(): { pending_records: number; failing_since: Instant | null; last_error: string | null }
  /** Takes no more and resolves when everything taken is confirmed or failed. */
  stop(): Promise<void>
}

type Outgoing = { record: OutgoingRecord; bytes: number }

type Waiting = { records: Outgoing[]; bytes: number; done: () => void; failed: (error: unknown) => void }

/** Names of the headers that address a record; those that it came with follow under their own names with a prefix. */
const ADDRESS = 'sl-'
const CARRIED = 'h-'

/**
 * The durable front of the HTTP endpoints. What is sent while a send is under way shares the next one. The topic is made when it is first
 * needed; a broker that is away costs a request, never the process.
 */
export function createFront(options: { kafka: KafkaPort; now: () => Instant; log: Log; partitions?: number }): Front {
  const { kafka, now, log } = options
  const queue: Waiting[] = []
  let producer: Promise<{ producer: KafkaProducer; partitions: number }> | undefined
  let pendingBytes = 0
  let pendingRecords = 0
  let sends = 0
  let turn = 0
  /** Lowered where the topic takes less: not every send is to be refused first. */
  let sendBytes: number = FRONT_LIMITS.sendBytes
  let stopped = false
  let failingSince: Instant | null = null
  let lastError: string | null = null
  let idle = Promise.withResolvers<void>()
  idle.resolve()

  const open = async (): Promise<{ producer: KafkaProducer; partitions: number }> => {
    const wanted = options.partitions ?? FRONT_LIMITS.partitions
    const topics = await kafka.topics()
    if (!topics.includes(FRONT_TOPIC)) {
      const config = { 'max.message.bytes': String(2 * FRONT_LIMITS.recordBytes) }
      await kafka.createTopic({ name: FRONT_TOPIC, partitions: wanted, config })
      log.info({ topic: FRONT_TOPIC, partitions: wanted }, 'the topic for what comes over HTTP was made')
    }
    const partitions = await kafka.partitions(FRONT_TOPIC)
    return { producer: await kafka.producer({ timeoutMs: FRONT_LIMITS.timeoutMs }), partitions }
  }

  /** Sends records in order, in halves where together they are more than the topic takes. */
  const sendInParts = async (sender: KafkaProducer, partition: number, records: readonly Outgoing[]): Promise<void> => {
    try {
      await sender.send(
        FRONT_TOPIC,
        partition,
        records.map(({ record }) => record),
      )
    } catch (error) {
      if (!isTooLarge(error) || records.length === 1) throw error
      sendBytes = Math.min(sendBytes, bytesOf(records) / 2)
      const half = Math.ceil(records.length / 2)
      await sendInParts(sender, partition, records.slice(0, half))
      await sendInParts(sender, partition, records.slice(half))
    }
  }

  const sendTogether = async (group: readonly Waiting[]): Promise<void> => {
    const opening = (producer ??= open())
    try {
      const { producer: sender, partitions } = await opening
      // One send goes to one partition: large batches, and the records of a request stay in order.
      const partition = turn++ % Math.max(partitions, 1)
      await sendInParts(
        sender,
        partition,
        group.flatMap((one) => one.records),
      )
    } catch (error) {
      // Only where it could not be opened: an open one mends itself.
      opening.catch(() => {
        if (producer === opening) producer = undefined
      })
      throw error
    }
  }

  const failed = (error: unknown): SightlineError => {
    if (isTooLarge(error))
      return new SightlineError('body_too_large', `The topic ${FRONT_TOPIC} takes no records of this size.`, {
        next: 'Raise its max.message.bytes, or send smaller records.',
        cause: error,
      })
    failingSince ??= now()
    lastError = error instanceof Error ? error.message : String(error)
    return new SightlineError('store_unavailable', 'Kafka did not confirm the records.', {
      next: 'Send the same request again: what was stored is recognised.',
      retryAfterS: 2,
      cause: error,
    })
  }

  const confirm = async (group: readonly Waiting[]): Promise<void> => {
    try {
      await within(FRONT_LIMITS.timeoutMs, sendTogether(group))
      failingSince = null
      lastError = null
      for (const one of group) settle(one, null)
    } catch (error) {
      // One caller's record must not cost the others who shared the send.
      if (isTooLarge(error) && group.length > 1) for (const one of group) await confirm([one])
      else {
        const failure = failed(error)
        // Those who wait would only learn the same later.
        const waiting = failure.code === 'store_unavailable' ? queue.splice(0) : []
        for (const one of [...group, ...waiting]) settle(one, failure)
      }
    }
  }
  const settle = (one: Waiting, failure: SightlineError | null): void => {
    pendingBytes -= one.bytes
    pendingRecords -= one.records.length
    if (failure === null) one.done()
    else one.failed(failure)
  }

  const run = async (group: readonly Waiting[]): Promise<void> => {
    await confirm(group)
    sends--
    start()
  }

  const start = (): void => {
    while (queue.length > 0 && (sends === 0 || (sends < FRONT_LIMITS.sends && isLarge()))) {
      const group: Waiting[] = []
      for (let bytes = 0; queue[0] !== undefined && (group.length === 0 || bytes + queue[0].bytes <= sendBytes);) {
        const [waiting] = queue.splice(0, 1)
        if (waiting === undefined) break
        group.push(waiting)
        bytes += waiting.bytes
      }
      sends++
      void run(group)
    }
    if (sends === 0 && queue.length === 0) idle.resolve()
  }
  const isLarge = (): boolean => queue.reduce((sum, { bytes }) => sum + bytes, 0) >= sendBytes / 4

  return {
    async send(records) {
      if (records.length === 0) return
      if (stopped)
        throw new SightlineError('draining', 'This process is shutting down.', { next: 'Send it again.', retryAfterS: 2 })
      const outgoing = records.map(outgoingRecord)
      const bytes = bytesOf(outgoing)
      const large = outgoing.findIndex((record) => record.bytes > FRONT_LIMITS.recordBytes)
      if (large >= 0)
        throw new SightlineError(
          'body_too_large',
          `Record ${records[large]?.index ?? large} is larger than ${FRONT_LIMITS.recordBytes / 1024 / 1024} MiB.`,
          { next: 'Send smaller records.' },
        )
      if (pendingBytes + bytes > FRONT_LIMITS.pendingBytes || pendingRecords + records.length > FRONT_LIMITS.pendingRecords)
        throw new SightlineError('overloaded', 'More is waiting than Kafka confirms right now.', {
          next: 'Send the same request again after the time in Retry-After.',
          retryAfterS: 1,
        })
      pendingBytes += bytes
      pendingRecords += records.length
      if (sends === 0 && queue.length === 0) idle = Promise.withResolvers<void>()
      const confirmed = parts(outgoing, sendBytes).map(
        (part) =>
          new Promise<void>((done, failed) => {
            queue.push({ records: part, bytes: bytesOf(part), done, failed })
          }),
      )
      start()
      await Promise.all(confirmed)
    },
    state: () => ({ pending_records: pendingRecords, failing_since: failingSince, last_error: lastError }),
    async stop() {
      stopped = true
      await idle.promise
      await producer?.then(({ producer: sender }) => sender.close()).catch(() => undefined)
    },
  }
}

/** Gives up waiting after a time; what was waited for may still happen. */
async function within<T>(ms: number, task: Promise<T>): Promise<T> {
  const over = new AbortController()
  const late = sleep(ms, undefined, { signal: over.signal }).then(() => {
    throw new Error(`no answer in ${ms / 1000} s`)
  })
  late.catch(() => undefined)
  try {
    return await Promise.race([task, late])
  } finally {
    over.abort()
  }
}

function bytesOf(records: readonly { bytes: number }[]): number {
  return records.reduce((sum, { bytes }) => sum + bytes, 0)
}

/** A call in parts that a send takes. */
function parts(records: readonly Outgoing[], most: number): Outgoing[][] {
  const parts: Outgoing[][] = []
  let size = Infinity
  for (const record of records) {
    size += record.bytes
    if (size > most) {
      parts.push([])
      size = record.bytes
    }
    parts.at(-1)?.push(record)
  }
  return parts
}

function outgoingRecord(record: FrontRecord): Outgoing {
  const headers: Record<string, string> = {
    [`${ADDRESS}tenant`]: record.tenant,
    [`${ADDRESS}feed`]: record.feed,
    [`${ADDRESS}format`]: record.format,
    [`${ADDRESS}request`]: record.request,
    [`${ADDRESS}index`]: String(record.index),
    [`${ADDRESS}at`]: instantToIso(record.at),
  }
  for (const name in record.headers) headers[CARRIED + name.toLowerCase()] = record.headers[name] ?? ''
  let bytes = 64 + record.body.byteLength + (record.key?.byteLength ?? 0)
  for (const name in headers) bytes += name.length + Buffer.byteLength(headers[name] ?? '')
  return {
    record: { key: record.key === null ? null : bufferOf(record.key), value: bufferOf(record.body), headers },
    bytes,
  }
}

function bufferOf(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}

/**
 * The binding of the front's topic: the records' own headers say whose they are.
 *
 * @param find a registered source; null where the tenant has none of that id, and the record is read by the format it names
 */
export function frontBinding(find: (tenant: TenantId, feed: string) => JudgedSource | null): TopicBinding {
  const known = new Map<string, JudgedSource>()
  return {
    owner: null,
    exact: true,
    matches: (topic) => topic === FRONT_TOPIC,
    address(kafkaRecord) {
      const record = incoming(kafkaRecord)
      const { headers } = record
      const said = (name: string): string => headers[ADDRESS + name] ?? ''
      const tenant = tenantOf(said('tenant'))
      const [feed, request, index] = [said('feed'), said('request'), Number(said('index'))]
      if (tenant === null || feed === '' || request === '' || !Number.isSafeInteger(index))
        return { code: 'tenant_unknown', reason: 'its headers do not say whose it is' }
      const key = `${tenant}/${feed}/${said('format')}`
      const source = find(tenant, feed) ?? known.get(key) ?? unregistered(tenant, feed, said('format'))
      known.set(key, source)
      const carried: Record<string, string> = {}
      for (const name in headers) if (name.startsWith(CARRIED)) carried[name.slice(CARRIED.length)] = headers[name] ?? ''
      // No time of its own: it is judged as it would have been when it came, and as it is when it is read again.
      return {
        source,
        record: { ...record, headers: carried, timestamp: null },
        coordinates: { request, index },
      }
    },
  }
}

function unregistered(tenantId: TenantId, id: string, format: string): JudgedSource {
  return { tenantId, id, format, mapping: null, mappingVersion: null, systemId: null }
}
