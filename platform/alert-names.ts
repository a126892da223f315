import { eq, inArray } from 'drizzle-orm'
import type { EffectiveRule } from '../model/alert-inherit.ts'
import type { TenantId } from '../model/tenant.ts'
import { currentRouting } from './alert-routing.ts'
import { effectiveRules } from './alert-rules.ts'
import type { Db } from './postgres/client.ts'
import { alertChannels, apiKeys } from './postgres/schema.ts'

/** The rules of a tenant by id, as they stand. */
export async function rulesById(db: Db, tenant: TenantId): Promise<ReadonlyMap<string, EffectiveRule>> {
  return new Map((await effectiveRules(db, tenant)).map((one) => [one.rule.id, one]))
}

/** Titles of a tenant's parties, by id, as its routing stands. */
export async function partyTitles(db: Db, tenant: TenantId): Promise<ReadonlyMap<string, string>> {
  // No title depends on the calendar of a routing that ships.
  const { routing } = await currentRouting(db, tenant, '24x7')
  return new Map(routing.parties.map(({ id, title }) => [id, title]))
}

/** Titles of a tenant's channels, by id. */
export async function channelTitles(db: Db, tenant: TenantId): Promise<ReadonlyMap<string, string>> {
  const rows = await db
    .select({ id: alertChannels.id, title: alertChannels.title })
    .from(alertChannels)
    .where(eq(alertChannels.tenantId, tenant))
  return new Map(rows.map(({ id, title }) => [id, title]))
}

/** Who stands behind actors of the audit and the story: names of keys, by id; others have no entry. */
export async function actorNames(db: Db, actors: readonly (string | null)[]): Promise<ReadonlyMap<string, string>> {
  const ids = [...new Set(actors.filter((one) => one !== null))]
  if (ids.length === 0) return new Map()
  const rows = await db.select({ id: apiKeys.id, name: apiKeys.name }).from(apiKeys).where(inArray(apiKeys.id, ids))
  return new Map(rows.map(({ id, name }) => [id, name]))
}
