import { createHash } from 'node:crypto'
import { and, count, eq, max, or, sql } from 'drizzle-orm'
import type { InForce } from '../model/alert-evaluate.ts'
import { SlaDefinition } from '../model/sla.ts'
import type { TenantId } from '../model/tenant.ts'
import { effectiveRules } from '../platform/alert-rules.ts'
import type { Db } from '../platform/postgres/client.ts'
import { alertRules, slaDefinitions } from '../platform/postgres/schema.ts'
import { findTenant } from '../platform/tenants.ts'
import { controlCatalogue } from '../queries/control-catalogue.ts'

/** The rules of a tenant that are evaluated, and what they name. */
export type TenantRules = {
  inForce: readonly InForce[]
  /** Changes with any rule or service level. */
  hash: string
  /** Versions of service levels by `id/version`. */
  slas: ReadonlyMap<string, SlaDefinition>
  /** Titles of service levels and controls by id. */
  titles: ReadonlyMap<string, string>
}

const read = new WeakMap<object, Map<string, { state: string; rules: TenantRules }>>()

/** Reads the rules of a tenant; what was read stands until a statement about rules or a service level changes. */
export async function tenantRules(db: Db, tenant: TenantId): Promise<TenantRules> {
  const own = read.get(db) ?? new Map<string, { state: string; rules: TenantRules }>()
  read.set(db, own)
  const parent = (await findTenant(db, tenant))?.parentId ?? null
  const [stated] = await db
    .select({ rows: count(), newest: max(alertRules.createdAt) })
    .from(alertRules)
    .where(or(eq(alertRules.tenantId, tenant), parent === null ? sql`false` : eq(alertRules.tenantId, parent)))
  const [levels] = await db
    .select({ rows: count(), newest: max(slaDefinitions.createdAt) })
    .from(slaDefinitions)
    .where(and(eq(slaDefinitions.tenantId, tenant)))
  const state = JSON.stringify([parent, stated, levels])
  const known = own.get(tenant)
  if (known?.state === state) return known.rules
  const rules = await readRules(db, tenant)
  own.set(tenant, { state, rules })
  return rules
}

async function readRules(db: Db, tenant: TenantId): Promise<TenantRules> {
  const rows = await db.select().from(slaDefinitions).where(eq(slaDefinitions.tenantId, tenant)).orderBy(slaDefinitions.version)
  const versions = rows.map(({ id, version, body }) => ({ id, version, sla: SlaDefinition.parse(body) }))
  const inForce = (await effectiveRules(db, tenant))
    .filter(({ state, rule }) => state === 'active' && rule.enabled)
    .map(({ rule, version }) => ({ rule, version }))
  const hash = createHash('sha256').update(JSON.stringify([inForce, versions.map(({ id, version }) => [id, version])]))
  return {
    inForce,
    hash: hash.digest('hex'),
    slas: new Map(versions.map(({ id, version, sla }) => [`${id}/${version}`, sla])),
    titles: new Map([
      ...controlCatalogue().map(({ control, title }) => [control, title] as const),
      ...versions.map(({ id, sla }) => [id, sla.title] as const),
    ]),
  }
}
