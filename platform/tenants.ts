import { asc, eq } from 'drizzle-orm'
import { SightlineError } from './errors.ts'
import type { Db } from './postgres/client.ts'
import { tenants } from './postgres/schema.ts'
import type { Brand } from './postgres/schema.ts'

/** A tenant as it is kept. */
export type Tenant = typeof tenants.$inferSelect

const SLUG = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/u

/**
 * Creates a tenant.
 *
 * @throws {SightlineError} `parameter_invalid` for an id that is no slug or a parent that is no provider, `conflict` where it exists
 */
export async function createTenant(
  db: Db,
  tenant: { id: string; name: string; kind?: Tenant['kind']; parentId?: string | null; brand?: Brand | null; demo?: boolean },
): Promise<Tenant> {
  if (!SLUG.test(tenant.id)) {
    throw new SightlineError('parameter_invalid', `"${tenant.id.slice(0, 80)}" is not a tenant id.`, {
      next: 'Use lower-case letters, digits and dashes, at most 63.',
    })
  }
  if (tenant.parentId !== undefined && tenant.parentId !== null) {
    const parent = await findTenant(db, tenant.parentId)
    if (parent?.kind !== 'msp') {
      throw new SightlineError('parameter_invalid', `"${tenant.parentId.slice(0, 80)}" is no provider that serves clients.`)
    }
  }
  const [created] = await db
    .insert(tenants)
    .values({ ...tenant, kind: tenant.kind ?? 'enterprise' })
    .onConflictDoNothing()
    .returning()
  if (created === undefined) throw new SightlineError('conflict', `The tenant "${tenant.id}" exists already.`)
  return created
}

/** Every tenant, by id. */
export async function listTenants(db: Db): Promise<Tenant[]> {
  return db.select().from(tenants).orderBy(asc(tenants.id))
}

/** The tenant, or `null`. */
export async function findTenant(db: Pick<Db, 'select'>, id: string): Promise<Tenant | null> {
  const [found] = await db.select().from(tenants).where(eq(tenants.id, id))
  return found ?? null
}

/** The brand of what a tenant is sent: its own, or that of its managed-service provider, or its name. */
export async function tenantBrand(db: Db, id: string): Promise<Brand> {
  const tenant = await findTenant(db, id)
  const parent = tenant?.brand === null && tenant.parentId !== null ? await findTenant(db, tenant.parentId) : null
  return tenant?.brand ?? parent?.brand ?? { name: tenant?.name ?? id, color: '', logo_text: '' }
}

export async function tenantExists(db: Db, id: string): Promise<boolean> {
  return (await findTenant(db, id)) !== null
}

/** Holds a tenant's row until the transaction ends, so that two that decide about its history decide one after the other. */
export async function lockTenant(tx: Pick<Db, 'select'>, id: string): Promise<void> {
  await tx.select({ id: tenants.id }).from(tenants).where(eq(tenants.id, id)).for('update')
}
