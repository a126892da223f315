import { asc, eq } from 'drizzle-orm'
import { replay } from '../../alerts/replay.ts'
import type { AlertRule } from '../../model/alert-rule.ts'
import type { TenantId } from '../../model/tenant.ts'
import { alertTransitions } from '../../platform/postgres/schema.ts'
import type { TestStores } from './stores.ts'

/** The transitions of rules as the engine made them, and as a replay of the same time finds them as it was known; one line each. */
export async function asKnown(
  { stores }: TestStores,
  tenant: TenantId,
  rules: readonly AlertRule[],
): Promise<{ live: string[]; replayed: string[] }> {
  const rows = await stores.postgres.db
    .select()
    .from(alertTransitions)
    .where(eq(alertTransitions.tenantId, tenant))
    .orderBy(asc(alertTransitions.tick))
  const decided = rows.map(({ decidedAt }) => decidedAt)
  const [from, to] = [Math.min(...decided) - 1, Math.max(...decided) + 1]
  const replayed: string[] = []
  if (decided.length > 0)
    for (const rule of rules)
      for (const { key, transition, decidedAt } of (await replay(stores, tenant, { rule, from, to, mode: 'as_known' }))
        .transitions)
        replayed.push(lineOf({ rule: rule.id, key, ...transition, decidedAt }))
  return { live: rows.map(lineOf).toSorted(), replayed: replayed.toSorted() }
}

type Line = Pick<
  typeof alertTransitions.$inferSelect,
  'rule' | 'key' | 'epoch' | 'number' | 'from' | 'to' | 'at' | 'reason' | 'severity' | 'decidedAt'
>

function lineOf({ rule, key, epoch, number, from, to, at, reason, severity, decidedAt }: Line): string {
  return [rule, key, epoch, number, from, to, at, reason, severity, decidedAt].join(' ')
}
