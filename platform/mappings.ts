import { and, desc, eq, sql } from 'drizzle-orm'
import type { TenantId } from '../model/tenant.ts'
import { recordAudit } from './audit.ts'
import { SightlineError } from './errors.ts'
import type { Db } from './postgres/client.ts'
import { oneAtATime } from './postgres/one-at-a-time.ts'
import { mappings } from './postgres/schema.ts'

/** A version of a tenant's mapping. A version is never changed. */
export type StoredMapping = { name: string; version: number; body: unknown; createdAt: Date }

/** Mappings and versions of one tenant, which no installation comes near by hand. */
const MOST = { mappings: 500, versions: 1000 } as const

/** The newest version of each mapping of a tenant, by name, with the dates of all versions, newest first. */
export async function listMappings(
  db: Db,
  tenant: TenantId,
): Promise<(StoredMapping & { versions: { version: number; createdAt: Date }[] })[]> {
  const rows = await db
    .selectDistinctOn([mappings.name])
    .from(mappings)
    .where(eq(mappings.tenantId, tenant))
    .orderBy(mappings.name, desc(mappings.version))
  const all = await db
    .select({ name: mappings.name, version: mappings.version, createdAt: mappings.createdAt })
    .from(mappings)
    .where(eq(mappings.tenantId, tenant))
    .orderBy(mappings.name, desc(mappings.version))
  const versions = Map.groupBy(all, ({ name }) => name)
  return rows.map(({ name, version, body, createdAt }) => ({
    name,
    version,
    body,
    createdAt,
    versions: (versions.get(name) ?? []).map((one) => ({ version: one.version, createdAt: one.createdAt })),
  }))
}

/** The dates of all versions of a mapping, newest first; empty where there is no such mapping. */
export async function mappingHistory(db: Db, tenant: TenantId, name: string): Promise<{ version: number; createdAt: Date }[]> {
  return db
    .select({ version: mappings.version, createdAt: mappings.createdAt })
    .from(mappings)
    .where(and(eq(mappings.tenantId, tenant), eq(mappings.name, name)))
    .orderBy(desc(mappings.version))
}

/** A version of a mapping, the newest where `version` is null; `null` where there is none. */
export async function findMapping(db: Db, tenant: TenantId, name: string, version: number | null): Promise<StoredMapping | null> {
  const [row] = await db
    .select()
    .from(mappings)
    .where(
      and(eq(mappings.tenantId, tenant), eq(mappings.name, name), version === null ? undefined : eq(mappings.version, version)),
    )
    .orderBy(desc(mappings.version))
    .limit(1)
  return row === undefined ? null : { name: row.name, version: row.version, body: row.body, createdAt: row.createdAt }
}

/**
 * Keeps a new version of a mapping; its number is written into the body.
 *
 * @param input.expected the version that must be the newest, 0 for none yet; null where any may be
 * @throws SightlineError `conflict` where another is the newest, or the tenant has as many mappings or versions as fit
 */
export async function saveMapping(
  db: Db,
  input: { tenant: TenantId; name: string; body: Record<string, unknown>; actor: string; expected?: number | null },
): Promise<StoredMapping> {
  const { tenant, name, actor } = input
  return db.transaction(async (tx) => {
    // One at a time for a tenant: two who save at once get two versions.
    await oneAtATime(tx, `mappings/${tenant}`)
    const [known] = await tx
      .select({
        last: sql<number>`coalesce(max(${mappings.version}) FILTER (WHERE ${mappings.name} = ${name}), 0)::int`,
        names: sql<number>`count(DISTINCT ${mappings.name})::int`,
      })
      .from(mappings)
      .where(eq(mappings.tenantId, tenant))
    const newest = known?.last ?? 0
    const { expected = null } = input
    if (expected !== null && newest !== expected)
      throw new SightlineError('conflict', `Version ${newest} of "${name}" is the newest by now.`, {
        next: 'Look at it and save again.',
      })
    const version = newest + 1
    if (version > MOST.versions || (version === 1 && (known?.names ?? 0) >= MOST.mappings))
      throw new SightlineError('conflict', `A tenant keeps at most ${MOST.mappings} mappings of ${MOST.versions} versions.`)
    const body = { ...input.body, name, version }
    const [row] = await tx.insert(mappings).values({ tenantId: tenant, name, version, body }).returning()
    if (row === undefined) throw new SightlineError('internal', 'The mapping was not kept.')
    await recordAudit(tx, {
      actor,
      tenantId: tenant,
      action: 'mapping.saved',
      subject: name,
      detail: { version },
    })
    return { name, version, body, createdAt: row.createdAt }
  })
}
