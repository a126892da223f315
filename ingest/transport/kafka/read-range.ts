import { setImmediate } from 'node:timers/promises'
import type { Event } from '../../../model/event.ts'
import type { Instant } from '../../../model/instant.ts'
import type { TenantId } from '../../../model/tenant.ts'
import type { KafkaRecord } from '../../../platform/kafka/port.ts'
import type { Batch, Coordinates, DeadLetter } from '../../batch.ts'
import { type RecordIn, rejected } from '../../format.ts'
import type { Judge, JudgedSource, Reader } from '../../judge.ts'
import { headersOfLetter, naturalIdOf } from '../../replay.ts'
import { incoming, type TopicBinding } from './bindings.ts'

/** Where a range lies. Bounds are offsets, both inclusive. */
export type Range = { cluster: string; topic: string; epoch: number; partition: number; first: number; last: number }

/** Token of a range: the same whenever the range is stored. */
export function rangeToken({ cluster, topic, epoch, partition, first, last }: Range): string {
  return `v1|${cluster}|${topic}|${epoch}|${partition}|${first}-${last}`
}

/** A range as it is stored, and with which versions of mappings it was read. */
export type ReadRange = {
  at: Instant
  batches: Batch[]
  versions: ReadonlyMap<string, number>
  events: number
  letters: number
  unowned: Unowned[]
}

/** Records that belong to nobody: neither their headers nor a source say whose they are. So they are told by place to who runs it all. */
export type Unowned = {
  /** unreadable: of a batch that cannot be read; empty: without a body; unowned: the headers name nobody */
  reason: 'unreadable' | 'empty' | 'unowned'
  /** What was wrong with the first of them. */
  detail: string
  /** Offsets of the first and the last of them, both inclusive; others may lie between. */
  first: number
  last: number
  /** How many offsets they take. */
  records: number
}

/** Reading goes on this long before others get their turn. */
const TURN_MS = 8

/** How a record was read, for its dead letter. */
type Reading = Pick<Reader, 'format' | 'mapping' | 'mappingVersion'>

/** A record, or a part of one, at its position in the range. */
type Placed = { record: RecordIn; coordinates: Coordinates; position: number; reader: Reader }

type Group = {
  tenant: TenantId
  feed: string
  events: { event: Event; ordinal: number }[]
  letters: DeadLetter[]
  ignored: number
  placed: Placed[]
}

/**
 * Reads the records of a range. Every record has a position, one with several events as many: the first event of the record after `k`
 * others is at position `k` and arrives `k` microseconds after the range. Given the same records, arrival and versions of mappings, the
 * result is the same.
 *
 * @param at arrival of the range where it is stored again; null takes a new one from `arrival`
 * @param versions of mappings where it is stored again
 */
export async function readRange(options: {
  range: Range
  records: readonly KafkaRecord[]
  binding: TopicBinding
  judge: Judge
  arrival: (count: number) => Instant
  at: Instant | null
  versions: ReadonlyMap<string, number>
  signal: AbortSignal
}): Promise<ReadRange> {
  const { records, arrival } = options
  const readers = new Readers(options.judge, options.versions)
  const at = options.at ?? arrival(records.length)
  const first = await readAll({ ...options, at, readers })
  if (options.at !== null || first.positions <= records.length) return first
  // Records with several events take more instants than were set aside for them.
  return readAll({ ...options, at: arrival(first.positions), readers })
}

async function readAll(options: {
  range: Range
  records: readonly KafkaRecord[]
  binding: TopicBinding
  at: Instant
  readers: Readers
  signal: AbortSignal
}): Promise<ReadRange & { positions: number }> {
  const { range, records, binding, at, readers, signal } = options
  const token = rangeToken(range)
  const groups = new Map<string, Group>()
  const groupOf = (source: JudgedSource): Group => {
    const key = feedKey(source)
    const held = groups.get(key)
    if (held !== undefined) return held
    const made: Group = { tenant: source.tenantId, feed: source.id, events: [], letters: [], ignored: 0, placed: [] }
    groups.set(key, made)
    return made
  }
  let position = 0
  const unowned = new Map<Unowned['reason'], Unowned>()
  const leaveOut = (reason: Unowned['reason'], detail: string, first: number, last: number): void => {
    const held = unowned.get(reason) ?? { reason, detail, first, last, records: 0 }
    unowned.set(reason, { ...held, last, records: held.records + last - first + 1 })
  }
  let turnEnds = performance.now() + TURN_MS
  for (const kafkaRecord of records) {
    if (performance.now() > turnEnds) {
      await setImmediate()
      signal.throwIfAborted()
      turnEnds = performance.now() + TURN_MS
    }
    const { offset, value, unreadable } = kafkaRecord
    const own = placeOf(range, offset, unreadable?.first)
    if (value === null) {
      if (binding.owner === null) {
        if (unreadable === undefined) leaveOut('empty', 'the record has no body', offset, offset)
        else leaveOut('unreadable', unreadable.reason, unreadable.first, offset)
        continue
      }
      const group = groupOf(binding.owner)
      if (unreadable === undefined) group.ignored++
      else {
        const held = { record: incoming({ ...kafkaRecord, value: NOTHING }), coordinates: own, reader: unread(binding.owner) }
        group.letters.push(letterOf(held, 'batch_unreadable', `its batch cannot be read: ${unreadable.reason}`))
      }
      position++
      continue
    }
    const withValue = { ...kafkaRecord, value }
    const address = binding.address(withValue)
    if ('code' in address) {
      if (binding.owner === null) leaveOut('unowned', address.reason, offset, offset)
      else {
        const held = { record: incoming(withValue), coordinates: own, reader: unread(binding.owner) }
        groupOf(binding.owner).letters.push(letterOf(held, address.code, address.reason))
        position++
      }
      continue
    }
    const group = groupOf(address.source)
    const reader = readers.opened(address.source) ?? (await readers.open(address.source))
    const whole = address.coordinates ?? own
    const split = attempt(() => reader.split(address.record))
    const parts = 'failure' in split ? [address.record] : split.value
    for (const [part, record] of parts.entries()) {
      const placed = { record, coordinates: partOf(whole, part), position, reader }
      const context = { receivedAt: at + position, seq: offset, naturalId: naturalIdOf(placed.coordinates) }
      const read = attempt(() => reader.read(record, context))
      const outcome = 'failure' in read ? rejected('format_failed', `the format itself failed: ${read.failure}`) : read.value
      group.placed.push(placed)
      if ('events' in outcome && outcome.events.length > 0) {
        for (const event of outcome.events) group.events.push({ event, ordinal: position++ })
      } else {
        if ('reject' in outcome) group.letters.push(letterOf(placed, outcome.reject.code, outcome.reject.message))
        else group.ignored++
        position++
      }
    }
  }
  const batches = [...groups.values()].map((group) => batchOf(group, token, at))
  return {
    at,
    batches,
    versions: readers.versions(),
    events: batches.reduce((sum, batch) => sum + batch.events.length, 0),
    letters: batches.reduce((sum, batch) => sum + batch.letters.length, 0),
    unowned: [...unowned.values()],
    positions: position,
  }
}

const NOTHING = Buffer.alloc(0)

/** What a letter says of its reading when there was none. */
function unread({ format }: JudgedSource): Reading {
  return { format, mapping: '', mappingVersion: 0 }
}

function feedKey({ tenantId, id }: JudgedSource): string {
  return `${tenantId}/${id}`
}

/** Readers of the sources in a range, each opened once, so that one version of a mapping holds for the whole range. */
class Readers {
  readonly #judge: Judge
  readonly #pinned: ReadonlyMap<string, number>
  readonly #open = new Map<string, Reader>()

  constructor(judge: Judge, pinned: ReadonlyMap<string, number>) {
    this.#judge = judge
    this.#pinned = pinned
  }

  opened(source: JudgedSource): Reader | undefined {
    return this.#open.get(feedKey(source))
  }

  async open(source: JudgedSource): Promise<Reader> {
    const key = feedKey(source)
    const version = this.#pinned.get(key)
    let reader = await this.#judge.open(source, version === undefined ? {} : { mappingVersion: version })
    // The source has another mapping since, which has no such version: nothing of the range was read with it.
    if (version !== undefined && reader.mappingVersion !== version) reader = await this.#judge.open(source)
    this.#open.set(key, reader)
    return reader
  }

  versions(): Map<string, number> {
    return new Map([...this.#open].flatMap(([key, { mappingVersion }]) => (mappingVersion === 0 ? [] : [[key, mappingVersion]])))
  }
}

/** Formats throw nothing; one that does all the same must not block a partition. */
function attempt<T>(read: () => T): { value: T } | { failure: string } {
  try {
    return { value: read() }
  } catch (error) {
    return { failure: error instanceof Error ? error.message : String(error) }
  }
}

type Place = Extract<Coordinates, { topic: string }>

/** Place of a record; of one that stands for several, the offsets from the first of them up to its own. */
function placeOf({ cluster, topic, epoch, partition }: Range, offset: number, first = offset): Place {
  return { cluster, topic, epoch, partition, offset: first === offset ? String(offset) : `${first}-${offset}` }
}

/** Place of a part of a record that holds several. */
function partOf(coordinates: Coordinates, part: number): Coordinates {
  if (part === 0) return coordinates
  if ('request' in coordinates) return { request: `${naturalIdOf(coordinates)}#${part}`, index: 0 }
  return { ...coordinates, offset: `${coordinates.offset}#${part}` }
}

/** The dead letter of a record, with all that reading it again needs. */
function letterOf(
  { record, coordinates, reader }: Pick<Placed, 'record' | 'coordinates'> & { reader: Reading },
  code: string,
  reason: string,
): DeadLetter {
  const headers = 'topic' in coordinates ? headersOfLetter(record) : record.headers
  const { format, mapping, mappingVersion } = reader
  return { coordinates, headers, raw: record.body, format, code, reason, mapping, mappingVersion }
}

function batchOf({ tenant, feed, events, letters, ignored, placed }: Group, token: string, at: Instant): Batch {
  return {
    tenant,
    feed,
    token,
    at,
    events,
    letters,
    ignored,
    letterAt(ordinal, reason) {
      const held = placed.findLast(({ position }) => position <= ordinal) ?? placed[0]
      if (held === undefined) throw new RangeError(`nothing lies at position ${ordinal} of ${token}`)
      return letterOf(held, 'store_refused', reason)
    },
  }
}
