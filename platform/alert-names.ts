import { desc, eq, inArray } from 'drizzle-orm'
import { z } from 'zod'
import { Routing } from '../model/alert-routing.ts'
import type { TenantId } from '../model/tenant.ts'
import type { Db } from './postgres/client.ts'
import { alertChannels, alertRouting, alertRules, apiKeys } from './postgres/schema.ts'

/** What pages say of a rule without reading all of it. */
export type RuleFacts = { title: string; runbook: string | null; state: 'active' | 'retired'; version: number }

const Stated = z.looseObject({ title: z.string().optional(), runbook: z.string().nullish() })

/** The newest version of each of a tenant's rules, by id; a rule that states no title of its own is called by its id. */
export async function ruleFacts(db: Db, tenant: TenantId): Promise<ReadonlyMap<string, RuleFacts>> {
  const rows = await db
    .selectDistinctOn([alertRules.id])
    .from(alertRules)
    .where(eq(alertRules.tenantId, tenant))
    .orderBy(alertRules.id, desc(alertRules.version))
  return new Map(
    rows.map(({ id, body, state, version }) => {
      const { title, runbook } = Stated.parse(body)
      return [id, { title: title ?? id, runbook: runbook ?? null, state, version }]
    }),
  )
}

/** Titles of a tenant's parties, by id, as its routing stands. */
export async function partyTitles(db: Db, tenant: TenantId): Promise<ReadonlyMap<string, string>> {
  const [row] = await db
    .select({ body: alertRouting.body })
    .from(alertRouting)
    .where(eq(alertRouting.tenantId, tenant))
    .orderBy(desc(alertRouting.version))
    .limit(1)
  const parties = row === undefined ? [] : Routing.parse(row.body).parties
  return new Map(parties.map(({ id, title }) => [id, title]))
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
