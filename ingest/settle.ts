import type { ClickHouseClient } from '@clickhouse/client'
import { z } from 'zod'
import { CHAIN_LIMIT, type Root, technicalRoots } from '../model/causes.ts'
import { type CorrectionEdge, resolveCorrections } from '../model/corrections.ts'
import { type Instant, instantToClickHouse } from '../model/instant.ts'
import { type TenantId, verifiedTenant } from '../model/tenant.ts'
import { sqlText } from '../queries/run.ts'

const Edge = z.object({ target_id: z.string(), event_id: z.string(), occurred_at: z.string(), seq: z.number() })
const Place = z.object({ event_id: z.string(), seq: z.number() })

/** Settled rows carry versions from here on, above those of every arrival. */
const SETTLED_BASE = 2n ** 63n

/**
 * Gives corrections their places after a block was stored: the corrected event leaves the timelines, the correction takes its place
 * in their order. Reads what is stored rather than what the block says, so it comes to the same end whichever of the two arrived
 * first, and running it again changes nothing.
 */
export async function settleCorrections(
  clickhouse: ClickHouseClient,
  tenant: TenantId,
  events: readonly string[],
  now: () => Instant,
): Promise<void> {
  const query = reader(clickhouse, tenant)
  const stored = await query('correction-count', {}, z.object({ corrections: z.number() }))
  if ((stored[0]?.corrections ?? 0) === 0) return

  const edges = new Map<string, CorrectionEdge>()
  let frontier = new Set(events)
  while (frontier.size > 0) {
    const reached = new Set<string>()
    for (const ids of chunks([...frontier], 5000)) {
      for (const edge of await query('correction-edges', { ids }, Edge)) {
        const key = `${edge.target_id} ${edge.event_id}`
        if (edges.has(key)) continue
        edges.set(key, edge)
        reached.add(edge.target_id).add(edge.event_id)
      }
    }
    frontier = reached
  }
  if (edges.size === 0) return

  const ids = [...new Set([...edges.values()].flatMap((edge) => [edge.target_id, edge.event_id]))]
  const places = new Map((await query('event-places', { ids }, Place)).map((place) => [place.event_id, place.seq]))
  const verdicts = resolveCorrections([...edges.values()], places)
  const settled = [...verdicts]
  await clickhouse.command({
    query: sqlText('settle/object-events'),
    query_params: {
      tenant_id: tenant,
      ids: settled.map(([id]) => id),
      lives: settled.map(([, verdict]) => (verdict.live ? 1 : 0)),
      seqs: settled.map(([, verdict]) => verdict.seq),
      place_ids: settled.map(([, verdict]) => verdict.placeId),
      version: (SETTLED_BASE + BigInt(now())).toString(),
    },
  })
  await clickhouse.command({
    query: sqlText('settle/object-state'),
    query_params: {
      tenant_id: tenant,
      ids: settled.map(([id]) => id),
      lives: settled.map(([, verdict]) => (verdict.live ? 1 : 0)),
      version: (SETTLED_BASE + BigInt(now())).toString(),
    },
  })
}

const RootRow = z.object({
  root_id: z.string(),
  class: z.string(),
  category: z.string(),
  reaction: z.string(),
  caused_by: z.string(),
  event_ids: z.array(z.string()),
})
const RootId = z.object({ root_id: z.string() })

/**
 * Gives exceptions the class of the technical root that they name as their cause, after a block was stored; whichever of the two
 * arrived first.
 */
export async function settleCauses(
  clickhouse: ClickHouseClient,
  tenant: TenantId,
  named: readonly string[],
  now: () => Instant,
): Promise<void> {
  const touched = new Set(named)
  if (touched.size === 0) return
  const query = reader(clickhouse, tenant)

  // Down to everything that names one of these as its cause, then up to what those name in turn.
  let frontier = [...touched]
  for (let step = 0; step < CHAIN_LIMIT && frontier.length > 0; step++) {
    const found = (await query('roots-by-cause', { ids: frontier }, RootId)).map(({ root_id }) => root_id)
    frontier = found.filter((id) => !touched.has(id))
    for (const id of frontier) touched.add(id)
  }
  const roots = new Map<string, Root>()
  let missing = [...touched]
  for (let step = 0; step < CHAIN_LIMIT && missing.length > 0; step++) {
    const found = await query('roots', { ids: missing }, RootRow)
    for (const root of found) roots.set(root.root_id, root)
    missing = [...new Set(found.map((root) => root.caused_by))].filter((id) => id !== '' && !roots.has(id))
  }

  const settled = [...technicalRoots(roots)].flatMap(([id, root]) =>
    (roots.get(id)?.event_ids ?? []).map((event) => ({ event, root })),
  )
  if (settled.length === 0) return
  await clickhouse.command({
    query: sqlText('settle/object-event-causes'),
    query_params: {
      tenant_id: tenant,
      ids: settled.map(({ event }) => event),
      categories: settled.map(({ root }) => root.category),
      reactions: settled.map(({ root }) => root.reaction),
      version: (SETTLED_BASE + BigInt(now())).toString(),
    },
  })
}

const Conflicting = z.object({ event_id: z.string() })
const ConflictingOfTenant = z.object({ tenant_id: z.string(), ids: z.array(z.string()) })

/** Takes the later contents of one identity off the timelines; they stay in `events`, and `GET /v1/sources` names them. */
export async function settleConflicts(
  clickhouse: ClickHouseClient,
  tenant: TenantId,
  ids: readonly string[],
  now: () => Instant,
): Promise<void> {
  if (ids.length === 0) return
  const conflicting = (await reader(clickhouse, tenant)('conflicts-among', { ids }, Conflicting)).map(({ event_id }) => event_id)
  if (conflicting.length === 0) return
  const query_params = { tenant_id: tenant, ids: conflicting, version: (SETTLED_BASE + BigInt(now())).toString() }
  await clickhouse.command({ query: sqlText('settle/conflict-rows'), query_params })
  await clickhouse.command({ query: sqlText('settle/conflict-state'), query_params })
}

/**
 * Finds conflicts that no writer could know of – the copies came through other processes or long ago – among what arrived since an
 * instant, and settles them.
 */
export async function sweepConflicts(clickhouse: ClickHouseClient, since: Instant, now: () => Instant): Promise<void> {
  const answer = await clickhouse.query({
    query: sqlText('settle/conflicts-since'),
    query_params: { since: instantToClickHouse(since) },
    format: 'JSONEachRow',
  })
  for (const { tenant_id, ids } of z.array(ConflictingOfTenant).parse(await answer.json()))
    for (const part of chunks(ids, 5000)) await settleConflicts(clickhouse, verifiedTenant(tenant_id), part, now)
}

const UnsettledOfTenant = z.object({ tenant_id: z.string(), ids: z.array(z.string()) })

/**
 * Settles what a process that died between storing a block and settling it left behind, for events that their producer may never
 * send again. Run at the start; what is settled already is not touched, or written again as it is.
 */
export async function settleLeftovers(clickhouse: ClickHouseClient, now: () => Instant): Promise<void> {
  const unsettled = async (name: string) => {
    const answer = await clickhouse.query({ query: sqlText(`settle/${name}`), format: 'JSONEachRow' })
    return z.array(UnsettledOfTenant).parse(await answer.json())
  }
  for (const { tenant_id, ids } of await unsettled('unsettled-corrections'))
    for (const part of chunks(ids, 5000)) await settleCorrections(clickhouse, verifiedTenant(tenant_id), part, now)
  for (const { tenant_id, ids } of await unsettled('unsettled-causes'))
    for (const part of chunks(ids, 5000)) await settleCauses(clickhouse, verifiedTenant(tenant_id), part, now)
}

function reader(clickhouse: ClickHouseClient, tenant: TenantId) {
  return async <T extends z.ZodType>(name: string, params: Record<string, unknown>, row: T): Promise<z.output<T>[]> => {
    const answer = await clickhouse.query({
      query: sqlText(`settle/${name}`),
      query_params: { ...params, tenant_id: tenant },
      format: 'JSONEachRow',
      clickhouse_settings: { output_format_json_quote_64bit_integers: 0 },
    })
    return z.array(row).parse(await answer.json())
  }
}

function chunks<T>(items: readonly T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, at) => items.slice(at * size, (at + 1) * size))
}
