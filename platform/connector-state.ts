import { and, eq, sql } from 'drizzle-orm'
import type { Db } from './postgres/client.ts'
import { connectorState } from './postgres/schema.ts'

/** How far a connector is, as it is shown. */
export type ConnectorStatus = {
  ran_at: string | null
  succeeded_at: string | null
  /** What went wrong last, with the next step; null while all is well. */
  error: string | null
  /** Failed runs since the last good one. */
  failures: number
  next_at: string | null
}

/** A poll that this process alone may do, with what the last one left. */
export type ConnectorLease = { cursor: unknown; failures: number }

const one = (tenant: string, source: string) => and(eq(connectorState.tenantId, tenant), eq(connectorState.sourceId, source))
const held = (tenant: string, source: string, owner: string) =>
  and(one(tenant, source), eq(connectorState.leaseOwner, owner), sql`${connectorState.leaseUntil} > now()`)
const inMs = (ms: number) => sql`now() + ${ms} * interval '1 millisecond'`

/** The states of a tenant's connectors by source. */
export async function connectorStates(db: Db, tenant: string): Promise<Map<string, ConnectorStatus>> {
  const rows = await db.select().from(connectorState).where(eq(connectorState.tenantId, tenant))
  return new Map(
    rows.map((row) => [
      row.sourceId,
      {
        ran_at: row.ranAt?.toISOString() ?? null,
        succeeded_at: row.succeededAt?.toISOString() ?? null,
        error: row.error,
        failures: row.failures,
        next_at: row.nextAt?.toISOString() ?? null,
      },
    ]),
  )
}

/** Sources that are not due or that some process polls, and when the others were due, by `tenant/source` (PostgreSQL's clock). */
export async function connectorsDue(db: Db): Promise<Map<string, { due: boolean; since: number }>> {
  const rows = await db
    .select({
      tenant: connectorState.tenantId,
      source: connectorState.sourceId,
      nextAt: connectorState.nextAt,
      due: sql<boolean>`coalesce(${connectorState.nextAt} <= now(), true) AND coalesce(${connectorState.leaseUntil} <= now(), true)`,
    })
    .from(connectorState)
  return new Map(rows.map(({ tenant, source, nextAt, due }) => [`${tenant}/${source}`, { due, since: nextAt?.getTime() ?? 0 }]))
}

/**
 * Takes the lease of a source that is due and that no other process polls, by the clock of PostgreSQL.
 *
 * @returns what the last poll left; `null` where it is not due or somebody else polls
 */
export async function leaseConnector(
  db: Db,
  tenant: string,
  source: string,
  owner: string,
  leaseMs: number,
): Promise<ConnectorLease | null> {
  const free = sql`(${connectorState.leaseUntil} IS NULL OR ${connectorState.leaseUntil} <= now() OR ${connectorState.leaseOwner} = ${owner})
    AND (${connectorState.nextAt} IS NULL OR ${connectorState.nextAt} <= now())`
  const lease = { leaseOwner: owner, leaseUntil: inMs(leaseMs), ranAt: sql`now()` }
  const [taken] = await db
    .insert(connectorState)
    .values({ tenantId: tenant, sourceId: source, ...lease })
    .onConflictDoUpdate({ target: [connectorState.tenantId, connectorState.sourceId], set: lease, setWhere: free })
    .returning({ cursor: connectorState.cursor, failures: connectorState.failures })
  return taken ?? null
}

/**
 * Keeps how far a poll is, after what it read is durable, and renews the lease.
 *
 * @returns false where the lease was lost: somebody else polls by now, and this process must stop
 */
export async function keepCursor(
  db: Db,
  tenant: string,
  source: string,
  owner: string,
  cursor: unknown,
  leaseMs: number,
): Promise<boolean> {
  const kept = await db
    .update(connectorState)
    .set({ cursor, leaseUntil: inMs(leaseMs) })
    .where(held(tenant, source, owner))
    .returning({ id: connectorState.sourceId })
  return kept.length > 0
}

/** Renews the lease without progress. @returns false where it was lost */
export async function renewLease(db: Db, tenant: string, source: string, owner: string, leaseMs: number): Promise<boolean> {
  const kept = await db
    .update(connectorState)
    .set({ leaseUntil: inMs(leaseMs) })
    .where(held(tenant, source, owner))
    .returning({ id: connectorState.sourceId })
  return kept.length > 0
}

/** Ends a poll: notes how it went and when the source is due again, and gives the lease back. */
export async function endPoll(
  db: Db,
  tenant: string,
  source: string,
  owner: string,
  result: {
    error: string | null
    failures: number
    dueInMs: number
    /** Whether it was ended from here: then nothing is known about how it would have gone. */
    interrupted?: boolean
  },
): Promise<void> {
  await db
    .update(connectorState)
    .set({
      ...(result.interrupted === true ? {} : { error: result.error, failures: result.failures }),
      ...(result.error === null && result.interrupted !== true ? { succeededAt: sql`now()` } : {}),
      nextAt: inMs(result.dueInMs),
      leaseOwner: null,
      leaseUntil: null,
    })
    .where(and(one(tenant, source), eq(connectorState.leaseOwner, owner)))
}
