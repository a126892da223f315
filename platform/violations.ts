import { and, asc, eq } from 'drizzle-orm'
import type { TenantId } from '../model/tenant.ts'
import { recordAudit } from './audit.ts'
import { SightlineError } from './errors.ts'
import type { Db } from './postgres/client.ts'
import { oneAtATime } from './postgres/one-at-a-time.ts'
import { alertInstances, violationDecisions } from './postgres/schema.ts'

/** What somebody decided about a violation. */
export type ViolationDecision = {
  id: number
  state: 'open' | 'accepted' | 'remediated'
  reason: string
  attestedBy: string | null
  decidedAt: Date
  decidedBy: string
}

/** What was decided about a violation, the oldest first. */
export async function violationDecisionsOf(db: Pick<Db, 'select'>, tenant: TenantId, id: string): Promise<ViolationDecision[]> {
  return db
    .select({
      id: violationDecisions.id,
      state: violationDecisions.state,
      reason: violationDecisions.reason,
      attestedBy: violationDecisions.attestedBy,
      decidedAt: violationDecisions.decidedAt,
      decidedBy: violationDecisions.decidedBy,
    })
    .from(violationDecisions)
    .where(and(eq(violationDecisions.tenantId, tenant), eq(violationDecisions.violationId, id)))
    .orderBy(asc(violationDecisions.id))
}

/** From which states a violation may go where: what is accepted or remediated is reopened before it is decided otherwise. */
const NEXT = { open: ['accepted', 'remediated'], accepted: ['open', 'remediated'], remediated: ['open'] } as const

/**
 * Keeps a decision about a violation, with its entry in the audit.
 *
 * @param input.mirror writes the decision where lists are filtered; where it fails, nothing is kept
 * @throws SightlineError `conflict` where the state before does not allow it; whatever `mirror` throws
 */
export async function decideViolation(
  db: Db,
  input: {
    tenant: TenantId
    id: string
    state: ViolationDecision['state']
    reason: string
    attestedBy: string | null
    actor: string
    now: Date
    mirror: (decision: ViolationDecision) => Promise<void>
  },
): Promise<void> {
  const { tenant, id, state, reason, attestedBy, actor, now } = input
  await db.transaction(async (tx) => {
    await oneAtATime(tx, `violations/${tenant}/${id}`)
    const before = (await violationDecisionsOf(tx, tenant, id)).at(-1)?.state ?? 'open'
    if (!NEXT[before].some((next) => next === state))
      throw new SightlineError('conflict', `The violation is ${before}, and cannot become ${state}.`, {
        next: before === 'open' ? 'Accept it or call it remediated.' : 'Reopen it first.',
      })
    const [row] = await tx
      .insert(violationDecisions)
      .values({ tenantId: tenant, violationId: id, state, reason, attestedBy, decidedBy: actor, decidedAt: now })
      .returning({ id: violationDecisions.id })
    if (row === undefined) throw new Error('the decision has no number')
    // Its alerts are looked at anew.
    await tx
      .update(alertInstances)
      .set({ nextAt: now.getTime() * 1000 })
      .where(and(eq(alertInstances.tenantId, tenant), eq(alertInstances.key, id)))
    await recordAudit(tx, {
      actor,
      tenantId: tenant,
      action: `violation.${state === 'open' ? 'reopened' : state}`,
      subject: id,
      detail: { before, reason, attested_by: attestedBy },
    })
    await input.mirror({ id: row.id, state, reason, attestedBy, decidedAt: now, decidedBy: actor })
  })
}
