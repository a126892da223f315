import { and, desc, eq, gt, isNull, lte, ne } from 'drizzle-orm'
import { Matcher } from '../model/alert-routing.ts'
import type { Instant } from '../model/instant.ts'
import type { TenantId } from '../model/tenant.ts'
import { recordAudit } from './audit.ts'
import { SightlineError } from './errors.ts'
import type { Db, Tx } from './postgres/client.ts'
import { oneAtATime } from './postgres/one-at-a-time.ts'
import { alerts, alertSilences } from './postgres/schema.ts'

/** A silence or maintenance window as it is kept; one that was ended before its time holds until then. */
export type Silence = Omit<typeof alertSilences.$inferSelect, 'tenantId' | 'matcher'> & { matcher: Matcher }

/** Silences of one tenant that are not over, which no installation comes near by hand. */
const MOST = 1000

/** The latest thousand silences of a tenant, the latest to end first. */
export async function listSilences(db: Db, tenant: TenantId): Promise<Silence[]> {
  const rows = await db
    .select()
    .from(alertSilences)
    .where(eq(alertSilences.tenantId, tenant))
    .orderBy(desc(alertSilences.to), desc(alertSilences.id))
    .limit(1000)
  return rows.map(view)
}

/** The silences of a tenant that hold at an instant. */
export async function silencesAt(db: Db | Tx, tenant: TenantId, at: Instant): Promise<Silence[]> {
  const rows = await db
    .select()
    .from(alertSilences)
    .where(
      and(
        eq(alertSilences.tenantId, tenant),
        lte(alertSilences.from, new Date(at / 1000)),
        gt(alertSilences.to, new Date(at / 1000)),
        isNull(alertSilences.endedAt),
      ),
    )
    .orderBy(alertSilences.from, alertSilences.id)
  return rows.map(view)
}

/** Keeps a silence. @throws SightlineError `conflict` for too many */
export async function createSilence(
  db: Db,
  input: {
    tenant: TenantId
    kind: Silence['kind']
    matcher: Matcher
    from: Instant
    to: Instant
    reason: string
    actor: string
    now: Instant
  },
): Promise<Silence> {
  const { tenant, kind, matcher, from, to, reason, actor, now } = input
  return db.transaction(async (tx) => {
    await oneAtATime(tx, `alert-silences/${tenant}`)
    const open = and(
      eq(alertSilences.tenantId, tenant),
      gt(alertSilences.to, new Date(now / 1000)),
      isNull(alertSilences.endedAt),
    )
    if ((await tx.$count(alertSilences, open)) >= MOST)
      throw new SightlineError('conflict', `A tenant has at most ${MOST} silences that are not over.`)
    const [row] = await tx
      .insert(alertSilences)
      .values({
        tenantId: tenant,
        kind,
        matcher,
        from: new Date(from / 1000),
        to: new Date(to / 1000),
        reason,
        createdAt: new Date(now / 1000),
        createdBy: actor,
      })
      .returning()
    if (row === undefined) throw new SightlineError('internal', 'The silence was not kept.')
    await recordAudit(tx, {
      actor,
      tenantId: tenant,
      action: 'silence.created',
      subject: row.id,
      detail: { kind, matcher, from: row.from.toISOString(), to: row.to.toISOString(), reason },
    })
    return view(row)
  })
}

/** Ends a silence now; one that is over already stays as it is. @throws SightlineError `not_found` */
export async function endSilence(db: Db, input: { tenant: TenantId; id: string; actor: string; now: Instant }): Promise<Silence> {
  const { tenant, id, actor, now } = input
  return db.transaction(async (tx) => {
    const of = and(eq(alertSilences.tenantId, tenant), eq(alertSilences.id, id))
    const [row] = await tx.select().from(alertSilences).where(of).for('update')
    if (row === undefined)
      throw new SightlineError('not_found', `There is no silence "${id}".`, { next: 'GET /v1/silences lists them.' })
    if (row.endedAt !== null || row.to.getTime() * 1000 <= now) return view(row)
    const ended = { endedAt: new Date(now / 1000), endedBy: actor }
    await tx.update(alertSilences).set(ended).where(of)
    // What it held back is due now.
    await tx
      .update(alerts)
      .set({ nextAt: ended.endedAt })
      .where(
        and(eq(alerts.tenantId, tenant), eq(alerts.silencedBy, id), ne(alerts.state, 'resolved'), isNull(alerts.inhibitedBy)),
      )
    await recordAudit(tx, { actor, tenantId: tenant, action: 'silence.ended', subject: id })
    return view({ ...row, ...ended })
  })
}

function view({ tenantId: _tenantId, matcher, ...row }: typeof alertSilences.$inferSelect): Silence {
  return { ...row, matcher: Matcher.parse(matcher) }
}
