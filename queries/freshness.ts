import { setTimeout as sleep } from 'node:timers/promises'
import { z } from 'zod'
import { type Cadence, type FreshnessAt, freshnessAt, learnCadence, LEARNING } from '../model/freshness.ts'
import { type Instant, instantToClickHouse, instantToIso } from '../model/instant.ts'
import type { Query, TenantReader } from './run.ts'

const none = z.object({})
const minutes = z.array(z.number())

/** What the pace of each source is learned from: its spans, and its minutes with a sign of life over the 28 days before the last one. */
export const OF_SOURCES = {
  name: 'read/freshness-sources',
  params: none,
  row: z.object({
    source: z.string(),
    has_live: z.number(),
    last_live_us: z.number(),
    first_live_us: z.number(),
    last_occurred_us: z.number(),
    last_received_us: z.number(),
    arrivals: minutes,
    happened: minutes,
  }),
} satisfies Query<z.ZodRawShape, z.ZodType>

const OF_FEEDS = {
  name: 'read/freshness-feeds',
  params: none,
  row: z.object({ feed: z.string(), last_live_us: z.number(), arrivals: minutes }),
} satisfies Query<z.ZodRawShape, z.ZodType>

const SINCE = {
  name: 'read/freshness-since',
  params: z.object({ since_us: z.number() }),
  row: z.object({
    of: z.enum(['source', 'feed']),
    id: z.string(),
    last_live_us: z.number(),
    last_occurred_us: z.number(),
  }),
} satisfies Query<z.ZodRawShape, z.ZodType>

const PAST = {
  name: 'read/freshness-past',
  params: z.object({ from: z.string(), to: z.string() }),
  row: z.object({ of: z.enum(['source', 'feed']), id: z.string(), arrivals: minutes, happened: minutes }),
} satisfies Query<z.ZodRawShape, z.ZodType>

/** The freshness of a CloudEvents source or of a way in. */
export type Freshness = {
  /** When its latest event happened; null where none is known, and for a way in. */
  last_at: string | null
  /** When the last one came; null where nothing ever did. */
  last_received_at: string | null
  expected_gap_s: number | null
  learned_from_n: number
  state: FreshnessAt['state']
  silent_since: string | null
  message: string
}

/** What is remembered of one source or way in between two questions. */
type Known = {
  lastLive: Instant | null
  lastOccurred: Instant | null
  lastReceived: Instant | null
  cadence: Cadence | null
  gaps: number
  /** Whether all there is of it is history: nothing came as it happened. */
  historyOnly: boolean
}

type Memory = {
  learnedAt: Instant
  sources: Map<string, Known>
  feeds: Map<string, Known>
  /** Set while it is learned anew beside those who ask. */
  relearning: Promise<void> | null
  /** Whether that failed: who asks next waits for it, and is told. */
  relearningFailed: boolean
}

/** How long a learned pace serves, how long where something is still being learned, and how long it may while it is learned anew. */
const LEARNED_US = 600e6
const LEARNING_US = 60e6
const RELEARNING_US = 3600e6
/** What is learned beside those who ask begins so long after them: a page asks for several answers at once. */
const ASIDE_MS = 1000
/** Tenants whose paces are remembered at once. */
const MOST_TENANTS = 1000
/** Arrivals of a process are durable a little after their instant. */
const OVERLAP_US = 120e6
/** A source with so long a record of its own is judged by that alone, and not by the history that was loaded. */
const OWN_RECORD_MIN = 8 * 24 * 60
const HISTORY_US = 36 * 3600e6
const MINUTE_US = 60e6

const memories = new WeakMap<object, Map<string, Memory>>()

/**
 * Freshness of every CloudEvents source and of every way in of a tenant, at an instant. What was learned is kept for ten minutes (one,
 * while something is still being learned); the last signs are read each time. To learn reads the last four weeks of each.
 *
 * @param options.keeper what the memory belongs to, such as the stores of the process
 * @param options.registered ids of registered sources, which are listed also where nothing ever came
 * @param options.declared seconds between two signs as declared for a way in
 * @param options.atOnce answers by what was learned in the last hour, where that is to be learned anew, which is done beside
 */
export async function freshness(
  reader: TenantReader,
  options: {
    keeper: object
    now: Instant
    registered?: Iterable<string>
    paused?: ReadonlySet<string>
    declared?: ReadonlyMap<string, number>
    atOnce?: boolean
  },
): Promise<{ sources: Map<string, Freshness>; feeds: Map<string, Freshness> }> {
  const { now } = options
  const memory = await remembered(reader, options.keeper, now, options.atOnce ?? false)
  const feeds = new Map(memory.feeds)
  for (const id of options.registered ?? []) if (!feeds.has(id)) feeds.set(id, NOTHING)
  return {
    sources: new Map([...memory.sources].map(([id, known]) => [id, shown(known, now, {})])),
    feeds: new Map(
      [...feeds].map(([id, known]) => [
        id,
        shown(known, now, { declared_s: options.declared?.get(id) ?? null, paused: options.paused?.has(id) ?? false }),
      ]),
    ),
  }
}

/** What a source or way in was at an instant that has passed. */
export type PastFreshness = Pick<Freshness, 'state' | 'silent_since' | 'message'>

/** How much is read at once, and how far before the first instant that is asked for. */
const PIECE_US = 28 * 86_400e6
const BEFORE_US = 2 * LEARNING.window_days * 86_400e6
const DAY_US = 86_400e6

/**
 * Freshness at instants that follow each other, as the signs up to each of them tell: a way in that has the name of a source is taken for it.
 * A pace is learned once a day of the signs before that day, and a sign is known to its minute. What sent nothing in the eight weeks before
 * the first instant is not known until it sends.
 *
 * @param options.history whether what was loaded as history counts as signs of its own time; else only what came live is known
 */
export function pastFreshness(
  reader: TenantReader,
  { history, paused, declared }: { history: boolean; paused: ReadonlySet<string>; declared: ReadonlyMap<string, number> },
): (at: Instant) => Promise<Map<string, PastFreshness>> {
  type Signs = { minutes: readonly number[]; learned: { day: number } & Pick<Known, 'cadence' | 'gaps'> }
  const known = { feed: new Map<string, Signs>(), source: new Map<string, Signs>() }
  let upto: Instant | null = null
  const readUpTo = async (at: Instant): Promise<Instant> => {
    const from = upto ?? Math.max(0, at - BEFORE_US)
    const to = at + PIECE_US
    for (const { of, id, arrivals, happened } of await reader.rows(PAST, {
      from: instantToClickHouse(from),
      to: instantToClickHouse(to),
    })) {
      const before = known[of].get(id)?.minutes ?? []
      const kept = before.filter((minute) => minute >= (before.at(-1) ?? 0) - LEARNING.window_days * 24 * 60)
      const found = history ? [...new Set([...happened, ...arrivals])].toSorted((a, b) => a - b) : arrivals
      known[of].set(id, { minutes: [...kept, ...found], learned: { day: -1, cadence: null, gaps: 0 } })
    }
    return to
  }
  const stateOf = (id: string, own: Signs, at: Instant): [string, PastFreshness][] => {
    const last = own.minutes.findLast((minute) => minute * MINUTE_US <= at)
    if (last === undefined) return []
    const day = Math.floor(at / DAY_US)
    if (own.learned.day !== day)
      own.learned = { day, ...ofMinutes(own.minutes.filter((minute) => minute * MINUTE_US < day * DAY_US)) }
    const { cadence, gaps } = own.learned
    const told = { declared_s: declared.get(id) ?? null, paused: paused.has(id) }
    const { state, silent_since, message } = freshnessAt({ last: last * MINUTE_US, cadence, gaps, ...told }, at)
    return [[id, { state, silent_since: silent_since === null ? null : instantToIso(silent_since), message }]]
  }
  return async (at) => {
    if (upto === null || at >= upto) upto = await readUpTo(at)
    return new Map([...known.feed, ...known.source].flatMap(([id, own]) => stateOf(id, own, at)))
  }
}

const NOTHING: Known = {
  lastLive: null,
  lastOccurred: null,
  lastReceived: null,
  cadence: null,
  gaps: 0,
  historyOnly: false,
}

async function remembered(reader: TenantReader, keeper: object, now: Instant, atOnce: boolean): Promise<Memory> {
  const tenants = memories.get(keeper) ?? new Map<string, Memory>()
  memories.set(keeper, tenants)
  const memory = tenants.get(reader.tenant)
  if (memory === undefined || now < memory.learnedAt) return learn(reader, tenants, now)
  const age = now - memory.learnedAt
  if (age >= servesFor(memory)) {
    if (!atOnce || age >= RELEARNING_US || memory.relearningFailed) return learn(reader, tenants, now)
    memory.relearning ??= sleep(ASIDE_MS, undefined, { ref: false })
      .then(() => learn(reader, tenants, now))
      .then(
        () => undefined,
        () => void (memory.relearningFailed = true),
      )
  }
  const since = await reader.rows(SINCE, { since_us: memory.learnedAt - OVERLAP_US })
  for (const row of since) {
    const known = row.of === 'source' ? memory.sources : memory.feeds
    known.set(row.id, later(known.get(row.id) ?? NOTHING, row.last_live_us, row.of === 'source' ? row.last_occurred_us : null))
  }
  return memory
}

async function learn(reader: TenantReader, tenants: Map<string, Memory>, now: Instant): Promise<Memory> {
  const [sources, feeds] = await Promise.all([reader.rows(OF_SOURCES, {}), reader.rows(OF_FEEDS, {})])
  const fresh: Memory = {
    learnedAt: now,
    sources: new Map(sources.map((row) => [row.source, ofSource(row)])),
    feeds: new Map(feeds.map((row) => [row.feed, { ...NOTHING, ...ofMinutes(row.arrivals), ...arrivedAt(row.last_live_us) }])),
    relearning: null,
    relearningFailed: false,
  }
  if (tenants.size >= MOST_TENANTS) tenants.clear()
  tenants.set(reader.tenant, fresh)
  return fresh
}

function servesFor(memory: Memory): number {
  const learning = [...memory.sources.values(), ...memory.feeds.values()].some((known) => known.cadence === null)
  return learning ? LEARNING_US : LEARNED_US
}

function later(known: Known, lastLive: Instant, lastOccurred: Instant | null): Known {
  return {
    ...known,
    lastLive: Math.max(known.lastLive ?? 0, lastLive),
    lastReceived: Math.max(known.lastReceived ?? 0, lastLive),
    lastOccurred: lastOccurred === null ? known.lastOccurred : Math.max(known.lastOccurred ?? lastOccurred, lastOccurred),
    historyOnly: known.historyOnly && lastOccurred !== null && lastOccurred < lastLive - HISTORY_US,
  }
}

function arrivedAt(at: Instant): Pick<Known, 'lastLive' | 'lastReceived'> {
  return { lastLive: at, lastReceived: at }
}

function ofSource(row: z.output<typeof OF_SOURCES.row>): Known {
  const own = row.arrivals
  const ownIsEnough = own.length > LEARNING.gaps && (own.at(-1) ?? 0) - (own[0] ?? 0) >= OWN_RECORD_MIN
  const live = row.has_live === 1
  return {
    ...ofMinutes(ownIsEnough ? own : [...new Set([...row.happened, ...own])].toSorted((a, b) => a - b)),
    lastLive: live ? row.last_live_us : null,
    lastOccurred: row.last_occurred_us,
    lastReceived: row.last_received_us,
    historyOnly: !live || (own.length === 0 && row.last_occurred_us < row.first_live_us - HISTORY_US),
  }
}

function ofMinutes(all: readonly number[]): Pick<Known, 'cadence' | 'gaps'> {
  const from = (all.at(-1) ?? 0) - LEARNING.window_days * 24 * 60
  const recent = all.filter((minute) => minute >= from)
  return { cadence: learnCadence(recent), gaps: Math.max(0, recent.length - 1) }
}

function shown(known: Known, now: Instant, told: { declared_s?: number | null; paused?: boolean }): Freshness {
  const at = freshnessAt({ last: known.lastLive, cadence: known.cadence, gaps: known.gaps, ...told }, now)
  const history = known.historyOnly && at.state !== 'paused'
  return {
    last_at: known.lastOccurred === null ? null : instantToIso(known.lastOccurred),
    last_received_at: known.lastReceived === null ? null : instantToIso(known.lastReceived),
    expected_gap_s: history ? null : at.expected_gap_s,
    learned_from_n: at.learned_from_n,
    state: history ? 'never' : at.state,
    silent_since: history || at.silent_since === null ? null : instantToIso(at.silent_since),
    message: history ? 'Only history was loaded: nothing has arrived as it happened.' : at.message,
  }
}
