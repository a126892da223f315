import { and, desc, eq } from 'drizzle-orm'
import type { Instant } from '../model/instant.ts'
import { SlaDefinition } from '../model/sla.ts'
import type { TenantId } from '../model/tenant.ts'
import { recordAudit } from './audit.ts'
import { SightlineError } from './errors.ts'
import type { Db } from './postgres/client.ts'
import { oneAtATime } from './postgres/one-at-a-time.ts'
import { slaDefinitions } from './postgres/schema.ts'

/** A version of a service level. A version is never changed; the newest one of an id is in force unless it is retired. */
export type StoredSla = { version: number; state: 'active' | 'retired'; createdAt: Date; createdBy: string; sla: SlaDefinition }

/** Service levels of one tenant, which no installation comes near by hand. */
const MOST = 500

/** The newest version of each service level of a tenant, by id. */
export async function listSlas(db: Db, tenant: TenantId): Promise<StoredSla[]> {
  const rows = await db
    .selectDistinctOn([slaDefinitions.id])
    .from(slaDefinitions)
    .where(eq(slaDefinitions.tenantId, tenant))
    .orderBy(slaDefinitions.id, desc(slaDefinitions.version))
  return rows.map(view)
}

/** A version of a service level, and the instants between which clocks that start stay with it, µs: from included, to not. */
export type SlaInForce = StoredSla & { from: Instant; to: Instant }

/** The versions of service levels that clocks follow: the newest of each, and those before it back to one that replaced the past, too. */
export async function slasInForce(db: Db, tenant: TenantId): Promise<SlaInForce[]> {
  const rows = await db
    .select()
    .from(slaDefinitions)
    .where(eq(slaDefinitions.tenantId, tenant))
    .orderBy(slaDefinitions.id, desc(slaDefinitions.version))
  return [...Map.groupBy(rows.map(view), ({ sla }) => sla.id).values()].flatMap((versions) => {
    if (versions[0]?.state !== 'active') return []
    const inForce: SlaInForce[] = []
    let to = Number.POSITIVE_INFINITY
    for (const version of versions) {
      const stated = version.sla.effective_from
      const from = stated === null ? Number.NEGATIVE_INFINITY : Date.parse(stated) * 1000
      if (from < to) inForce.push({ ...version, from, to })
      to = Math.min(from, to)
    }
    return inForce
  })
}

/** All versions of a service level, the newest first; empty where there is none. */
export async function slaVersions(db: Db, tenant: TenantId, id: string): Promise<StoredSla[]> {
  const rows = await db
    .select()
    .from(slaDefinitions)
    .where(and(eq(slaDefinitions.tenantId, tenant), eq(slaDefinitions.id, id)))
    .orderBy(desc(slaDefinitions.version))
  return rows.map(view)
}

/**
 * Keeps a new version of a service level, unless it says what the newest one says.
 *
 * @param input.check refuses what does not go with the others, which it gets; run inside the transaction
 * @throws SightlineError `conflict` for too many; whatever `check` throws
 */
export async function saveSla(
  db: Db,
  input: {
    tenant: TenantId
    sla: SlaDefinition
    actor: string
    state?: 'active' | 'retired'
    check?: (others: SlaDefinition[]) => void
  },
): Promise<StoredSla> {
  const { tenant, sla, actor, state = 'active' } = input
  return db.transaction(async (tx) => {
    await oneAtATime(tx, `slas/${tenant}`)
    const all = (
      await tx
        .selectDistinctOn([slaDefinitions.id])
        .from(slaDefinitions)
        .where(eq(slaDefinitions.tenantId, tenant))
        .orderBy(slaDefinitions.id, desc(slaDefinitions.version))
    ).map(view)
    input.check?.(all.filter((one) => one.state === 'active').map((one) => one.sla))
    const newest = all.find((one) => one.sla.id === sla.id)
    if (newest !== undefined && newest.state === state && JSON.stringify(newest.sla) === JSON.stringify(sla)) return newest
    if (newest === undefined && all.length >= MOST)
      throw new SightlineError('conflict', `A tenant keeps at most ${MOST} service levels.`)
    const [row] = await tx
      .insert(slaDefinitions)
      .values({ tenantId: tenant, id: sla.id, version: (newest?.version ?? 0) + 1, body: sla, state, createdBy: actor })
      .returning()
    if (row === undefined) throw new SightlineError('internal', 'The service level was not kept.')
    await recordAudit(tx, {
      actor,
      tenantId: tenant,
      action: state === 'active' ? 'sla.saved' : 'sla.retired',
      subject: sla.id,
      detail: { version: row.version },
    })
    return view(row)
  })
}

function view(row: typeof slaDefinitions.$inferSelect): StoredSla {
  return {
    version: row.version,
    state: row.state,
    createdAt: row.createdAt,
    createdBy: row.createdBy,
    sla: SlaDefinition.parse(row.body),
  }
}
