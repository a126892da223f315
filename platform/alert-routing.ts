import { and, desc, eq, inArray, isNull } from 'drizzle-orm'
import { defaultRouting, Routing } from '../model/alert-routing.ts'
import { equalJson } from '../model/merge-patch.ts'
import type { TenantId } from '../model/tenant.ts'
import { recordAudit } from './audit.ts'
import { SightlineError } from './errors.ts'
import type { Db, Tx } from './postgres/client.ts'
import { oneAtATime } from './postgres/one-at-a-time.ts'
import { alertChannels, alertCursors, alertParties, alertRouting, alerts } from './postgres/schema.ts'

/** A version of a tenant's routing; version 0 is the default, which nobody stated. */
export type StoredRouting = {
  version: number
  routing: Routing
  /** Why it was changed; empty where nobody said. */
  note: string
  createdAt: Date | null
  createdBy: string | null
}

/**
 * The routing that holds for a tenant.
 *
 * @param calendar the calendar that holds for the tenant where nothing else is told: what the default routing works by
 */
export async function currentRouting(db: Db | Tx, tenant: TenantId, calendar: string): Promise<StoredRouting> {
  const [newest] = await db
    .select()
    .from(alertRouting)
    .where(eq(alertRouting.tenantId, tenant))
    .orderBy(desc(alertRouting.version))
    .limit(1)
  return newest === undefined
    ? { version: 0, routing: defaultRouting(calendar), note: '', createdAt: null, createdBy: null }
    : view(newest)
}

/** The latest thousand versions of a tenant's routing, the newest first. */
export async function routingVersions(db: Db, tenant: TenantId): Promise<StoredRouting[]> {
  const rows = await db
    .select()
    .from(alertRouting)
    .where(eq(alertRouting.tenantId, tenant))
    .orderBy(desc(alertRouting.version))
    .limit(1000)
  return rows.map(view)
}

/**
 * Keeps a new version of a tenant's routing, unless it says what the newest one says. What is open is due by it: who is to be told of it
 * now, and was not, is told when the engine looks next.
 *
 * @param input.note why; kept with the version and in the audit
 * @param input.expected version that the change was made from; null to replace whatever there is
 * @throws SightlineError `conflict` where another version was kept since
 */
export async function saveRouting(
  tx: Tx,
  input: { tenant: TenantId; routing: Routing; actor: string; expected: number | null; note?: string },
): Promise<StoredRouting> {
  const { tenant, routing, actor, expected, note = '' } = input
  await oneAtATime(tx, `alert-routing/${tenant}`)
  const newest = await currentRouting(tx, tenant, '24x7')
  if (expected !== null && expected !== newest.version)
    throw new SightlineError(
      'conflict',
      `The routing was changed meanwhile: its version is ${newest.version}, not ${expected}.`,
      {
        next: 'Read GET /v1/routing again.',
      },
    )
  if (newest.version > 0 && equalJson(newest.routing, routing)) return newest
  const [row] = await tx
    .insert(alertRouting)
    .values({ tenantId: tenant, version: newest.version + 1, body: routing, note, createdBy: actor })
    .returning()
  if (row === undefined) throw new SightlineError('internal', 'The routing was not kept.')
  await wakeOpen(tx, tenant)
  const detail = { version: row.version, ...(note === '' ? {} : { note }) }
  await recordAudit(tx, { actor, tenantId: tenant, action: 'routing.saved', subject: tenant, detail })
  return view(row)
}

/** Has the engine look at what is open, and at whom it told of it, as if that were due. It writes nothing of the tenant meanwhile. */
async function wakeOpen(tx: Tx, tenant: TenantId): Promise<void> {
  await tx.select().from(alertCursors).where(eq(alertCursors.tenantId, tenant)).for('update')
  const isOpen = and(eq(alerts.tenantId, tenant), eq(alerts.state, 'firing'), isNull(alerts.inhibitedBy))
  await tx
    .update(alertParties)
    .set({ nextAt: new Date(0) })
    .where(
      and(eq(alertParties.state, 'told'), inArray(alertParties.alertId, tx.select({ id: alerts.id }).from(alerts).where(isOpen))),
    )
  await tx
    .update(alerts)
    .set({ nextAt: new Date(0) })
    .where(isOpen)
}

/** The channels of a tenant by id, and whether they are paused. */
export async function channelStates(db: Db | Tx, tenant: TenantId): Promise<Map<string, 'active' | 'paused'>> {
  const rows = await db
    .select({ id: alertChannels.id, state: alertChannels.state })
    .from(alertChannels)
    .where(eq(alertChannels.tenantId, tenant))
  return new Map(rows.map(({ id, state }) => [id, state]))
}

function view({ version, body, note, createdAt, createdBy }: typeof alertRouting.$inferSelect): StoredRouting {
  return { version, routing: Routing.parse(body), note, createdAt, createdBy }
}
