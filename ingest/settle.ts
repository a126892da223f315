import type { ClickHouseClient } from '@clickhouse/client'
import { z } from 'zod'
import { causedOutcomes, CHAIN_LIMIT, type RootEvent } from '../model/causes.ts'
import { type CorrectionEdge, resolveCorrections, type Standing } from '../model/corrections.ts'
import { type Instant, instantToClickHouse } from '../model/instant.ts'
import { type TenantId, verifiedTenant } from '../model/tenant.ts'
import { sqlText } from '../queries/run.ts'
import { whileWanted } from './rows.ts'

/** What a block of events, or its removal, may have changed beside the events themselves. */
export type Touched = {
  events: readonly string[]
  /** Exceptions and operations that have, or may be, a cause. */
  roots: readonly string[]
  /** Identities that are known to be held with more than one content. */
  conflicts: readonly string[]
}

/** Settled rows carry versions from here on, above those of every arrival. */
const SETTLED_BASE = 2n ** 63n

/** Runs a settlement in its turn among those of a writer; what is to be settled is looked for outside of it, which may take long. */
type InTurn = <T>(task: () => Promise<T>) => Promise<T>
const atOnce: InTurn = (task) => task()

/** Where looks settle in turn with a writer, and what ends them. */
type Look = { inTurn?: InTurn; signal?: AbortSignal }

/** Bytes of the ids of one statement: ClickHouse takes a parameter of at most 128 KiB, and escaping may double them. */
const ID_BYTES = 60 * 1024

const Edge = z.object({
  target_id: z.string(),
  event_id: z.string(),
  content_hash: z.string(),
  occurred_at: z.string(),
  seq: z.number(),
})
const Place = z.object({ event_id: z.string(), first_seq: z.number(), first_content: z.string() })
const RootId = z.object({ root_id: z.string() })
const RootRow = z.object({
  root_id: z.string(),
  event_id: z.string(),
  class: z.string(),
  category: z.string(),
  reaction: z.string(),
  caused_by: z.string(),
})
const EventId = z.object({ event_id: z.string() })
const RecentOfTenant = z.object({ tenant_id: z.string(), events: z.array(z.string()), roots: z.array(z.string()) })
const IdsOfTenant = z.object({ tenant_id: z.string(), ids: z.array(z.string()) })

/**
 * Brings the timelines to what corrections, conflicting copies and causes make of the stored events. It reads what is stored rather
 * than what a block says, so it comes to the same end whatever arrived first, and running it again changes nothing.
 *
 * @param signal ends it; what was asked of ClickHouse may take effect all the same
 * @throws what the signal was aborted with, or the abort of the request at hand
 */
export async function settle(
  clickhouse: ClickHouseClient,
  tenant: TenantId,
  touched: Touched,
  now: () => Instant,
  signal?: AbortSignal,
): Promise<void> {
  const store = storeOf(clickhouse, tenant, now, signal)
  await settleConflicts(store, touched.conflicts)
  const moved = [...(await settleCorrections(store, touched.events)), ...touched.conflicts]
  const roots = (await store.rows('roots-of-events', moved, RootId)).map(({ root_id }) => root_id)
  await settleCauses(store, [...touched.roots, ...roots])
}

/**
 * Finds conflicts that no writer could know of – the copies came through other processes or long ago – among what arrived since an
 * instant (0 looks at all), and settles them with what depends on them.
 */
export async function sweepConflicts(
  clickhouse: ClickHouseClient,
  since: Instant,
  now: () => Instant,
  { inTurn = atOnce, signal }: Look = {},
): Promise<void> {
  const found = await (since === 0
    ? idsByTenant(clickhouse, 'conflicts-all', {}, signal)
    : idsByTenant(clickhouse, 'conflicts-since', { since: instantToClickHouse(since) }, signal))
  for (const { tenant, ids } of found) {
    await inTurn(() => settle(clickhouse, tenant, { events: ids, roots: [], conflicts: ids }, now, signal))
  }
}

/**
 * Settles again what arrived since an instant. Two processes that settle events of one document at the same moment may each read the
 * timeline before the other has written it; this comes after both.
 */
export async function settleRecent(
  clickhouse: ClickHouseClient,
  since: Instant,
  now: () => Instant,
  { inTurn = atOnce, signal }: Look = {},
): Promise<void> {
  const answer = await clickhouse.query({
    query: sqlText('settle/recent-settlements'),
    query_params: { since: instantToClickHouse(since) },
    format: 'JSONEachRow',
    ...whileWanted(signal),
  })
  for (const { tenant_id, events, roots } of z.array(RecentOfTenant).parse(await answer.json()))
    await inTurn(() => settle(clickhouse, verifiedTenant(tenant_id), { events, roots, conflicts: [] }, now, signal))
}

/**
 * Settles what a process that died between storing a block and settling it left behind, for events that their producer may never
 * send again. Run at the start; what is settled already is left alone, or written again as it is.
 */
export async function settleLeftovers(
  clickhouse: ClickHouseClient,
  now: () => Instant,
  { inTurn = atOnce, signal }: Look = {},
): Promise<void> {
  for (const { tenant, ids } of await idsByTenant(clickhouse, 'unsettled-corrections', {}, signal))
    await inTurn(() => settle(clickhouse, tenant, { events: ids, roots: [], conflicts: [] }, now, signal))
  for (const { tenant, ids } of await idsByTenant(clickhouse, 'unsettled-causes', {}, signal))
    await inTurn(() => settle(clickhouse, tenant, { events: [], roots: ids, conflicts: [] }, now, signal))
}

/** Gives corrections the places of the events that they replace; returns the events that were involved. */
async function settleCorrections(store: Store, events: readonly string[]): Promise<string[]> {
  store.begin()
  if (events.length === 0 || !(await store.holdsCorrections())) return []
  const edges = new Map<string, z.output<typeof Edge>>()
  let frontier: readonly string[] = events
  while (frontier.length > 0) {
    const reached = new Set<string>()
    for (const edge of await store.rows('correction-edges', frontier, Edge)) {
      const key = `${edge.target_id} ${edge.event_id} ${edge.content_hash}`
      if (edges.has(key)) continue
      edges.set(key, edge)
      reached.add(edge.target_id).add(edge.event_id)
    }
    frontier = [...reached]
  }
  const ids = [...new Set([...edges.values()].flatMap((edge) => [edge.target_id, edge.event_id]))]
  const places = new Map((await store.rows('event-places', ids, Place)).map((place) => [place.event_id, place]))
  // What only a later, conflicting copy says corrects nothing.
  const said: CorrectionEdge[] = [...edges.values()].filter(
    (edge) => places.get(edge.event_id)?.first_content === edge.content_hash,
  )
  const standings = resolveCorrections(said, new Map([...places].map(([id, place]) => [id, place.first_seq])))
  for (const part of inParts([...standings], ([id]) => id)) {
    await store.insert('object-events', placeParams(part))
    await store.insert('object-state', placeParams(part))
  }
  return [...standings.keys()]
}

function placeParams(part: readonly [string, Standing][]): Record<string, unknown> {
  return {
    ids: part.map(([id]) => id),
    lives: part.map(([, standing]) => (standing.live ? 1 : 0)),
    seqs: part.map(([, standing]) => standing.seq),
    place_ids: part.map(([, standing]) => standing.placeId),
  }
}

/** Takes the later contents of one identity off the timelines; they stay in `events`, and `GET /v1/sources` names them. */
async function settleConflicts(store: Store, ids: readonly string[]): Promise<void> {
  store.begin()
  const conflicting = (await store.rows('conflicts-among', ids, EventId)).map(({ event_id }) => event_id)
  for (const part of inParts(conflicting, (id) => id)) {
    await store.insert('conflict-rows', { ids: part })
    await store.insert('conflict-state', { ids: part })
    await store.insert('conflict-decisions', { ids: part })
    await store.insert('conflict-copies', { ids: part })
  }
}

/** Gives exceptions the class of the technical root that they name as their cause, and their own again where it is gone. */
async function settleCauses(store: Store, named: readonly string[]): Promise<void> {
  store.begin()
  // Down to everything that depends on one of these, then up to what those name in turn.
  const touched = new Set<string>()
  let frontier = [...new Set(named)]
  for (let step = 0; step < CHAIN_LIMIT && frontier.length > 0; step++) {
    const found = await store.rows('dependents', frontier, RootId)
    frontier = found.map(({ root_id }) => root_id).filter((id) => !touched.has(id))
    for (const id of frontier) touched.add(id)
  }
  const roots = new Map<string, RootEvent[]>()
  let missing = [...touched]
  for (let step = 0; step < CHAIN_LIMIT && missing.length > 0; step++) {
    for (const id of missing) roots.set(id, [])
    const found = await store.rows('roots', missing, RootRow)
    for (const { root_id, ...event } of found) roots.get(root_id)?.push(event)
    missing = [...new Set(found.map((event) => event.caused_by))].filter((id) => id !== '' && !roots.has(id))
  }
  for (const part of inParts(causedOutcomes(roots), (outcome) => outcome.event_id))
    await store.insert('object-event-causes', {
      ids: part.map((outcome) => outcome.event_id),
      classes: part.map((outcome) => outcome.class),
      categories: part.map((outcome) => outcome.category),
      reactions: part.map((outcome) => outcome.reaction),
    })
}

/** Reads and writes of settling, bound to a tenant. */
type Store = {
  /**
   * Starts a phase: what it writes carries the instant before its first read, so that of two processes that settle the same rows the one
   * that read later stands.
   */
  begin(): void
  holdsCorrections(): Promise<boolean>
  /** The rows of `queries/settle/<name>.sql` for ids, asked in parts. */
  rows<T extends z.ZodType>(name: string, ids: readonly string[], row: T): Promise<z.output<T>[]>
  /** Runs an INSERT … SELECT of `queries/settle/`. */
  insert(name: string, params: Record<string, unknown>): Promise<void>
}

function storeOf(clickhouse: ClickHouseClient, tenant: TenantId, now: () => Instant, signal: AbortSignal | undefined): Store {
  const read = async <T extends z.ZodType>(name: string, params: Record<string, unknown>, row: T): Promise<z.output<T>[]> => {
    const answer = await clickhouse.query({
      query: sqlText(`settle/${name}`),
      query_params: { ...params, tenant_id: tenant },
      format: 'JSONEachRow',
      clickhouse_settings: { output_format_json_quote_64bit_integers: 0 },
      ...whileWanted(signal),
    })
    return z.array(row).parse(await answer.json())
  }
  let version = SETTLED_BASE
  return {
    begin() {
      version = SETTLED_BASE + BigInt(now())
    },
    async holdsCorrections() {
      const [stored] = await read('correction-count', {}, z.object({ corrections: z.number() }))
      return (stored?.corrections ?? 0) > 0
    },
    async rows(name, ids, row) {
      const found: z.output<typeof row>[] = []
      for (const part of inParts(ids, (id) => id)) for (const one of await read(name, { ids: part }, row)) found.push(one)
      return found
    },
    async insert(name, params) {
      await clickhouse.command({
        query: sqlText(`settle/${name}`),
        query_params: { ...params, tenant_id: tenant, version: version.toString() },
        ...whileWanted(signal),
      })
    },
  }
}

async function idsByTenant(
  clickhouse: ClickHouseClient,
  name: string,
  query_params: Record<string, unknown>,
  signal: AbortSignal | undefined,
): Promise<{ tenant: TenantId; ids: string[] }[]> {
  const answer = await clickhouse.query({
    query: sqlText(`settle/${name}`),
    query_params,
    format: 'JSONEachRow',
    ...whileWanted(signal),
  })
  return z
    .array(IdsOfTenant)
    .parse(await answer.json())
    .map(({ tenant_id, ids }) => ({ tenant: verifiedTenant(tenant_id), ids }))
}

/** Items in parts whose ids fit a parameter of a statement. */
export function inParts<T>(items: readonly T[], idOf: (item: T) => string): T[][] {
  const parts: T[][] = []
  let bytes = Number.POSITIVE_INFINITY
  for (const item of items) {
    const size = Buffer.byteLength(idOf(item)) + 3
    if (bytes + size > ID_BYTES) {
      parts.push([])
      bytes = 0
    }
    parts.at(-1)?.push(item)
    bytes += size
  }
  return parts
}
