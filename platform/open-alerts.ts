import { and, eq, inArray, ne } from 'drizzle-orm'
import { z } from 'zod'
import { Severity } from '../model/alert-rule.ts'
import type { TenantId } from '../model/tenant.ts'
import type { Db } from './postgres/client.ts'
import { alertInstances, alerts } from './postgres/schema.ts'

/** An alert that is not over, as routes and silences look at it. */
export type OpenAlert = {
  id: string
  rule: string
  class: 'business' | 'technical'
  severity: Severity
  labels: Readonly<Record<string, string>>
  money: number | null
  openedAt: Date
}

/** A rule and key that is pending, firing or recovering. */
export type OpenInstance = {
  rule: string
  key: string
  state: string
  severity: Severity
  labels: Readonly<Record<string, string>>
}

/** What is read of the body of an instance. */
const Body = z.looseObject({ severity: Severity.default('low'), labels: z.record(z.string(), z.string()).default({}) })

/** The alerts of a tenant that are not over. */
export async function openAlerts(db: Db, tenant: TenantId): Promise<OpenAlert[]> {
  const rows = await db
    .select()
    .from(alerts)
    .where(and(eq(alerts.tenantId, tenant), ne(alerts.state, 'resolved')))
    .orderBy(alerts.openedAt, alerts.id)
  return rows.map(({ id, rule, class: kind, severity, labels, money, openedAt }) => ({
    id,
    rule,
    class: kind,
    severity: Severity.parse(severity),
    labels,
    money,
    openedAt,
  }))
}

/** The instances of a tenant's rules that are not over. */
export async function openInstances(db: Db, tenant: TenantId): Promise<OpenInstance[]> {
  const rows = await db
    .select()
    .from(alertInstances)
    .where(and(eq(alertInstances.tenantId, tenant), inArray(alertInstances.state, ['pending', 'firing', 'recovering'])))
    .orderBy(alertInstances.rule, alertInstances.key)
  return rows.map(({ rule, key, state, body }) => ({ rule, key, state, ...Body.parse(body) }))
}
