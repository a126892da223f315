import { and, desc, eq } from 'drizzle-orm'
import { AlertBody, isOver } from '../model/alert-body.ts'
import { type Severity, SEVERITIES } from '../model/alert-rule.ts'
import type { TenantId } from '../model/tenant.ts'
import { recordAudit } from './audit.ts'
import { SightlineError } from './errors.ts'
import type { Db } from './postgres/client.ts'
import { alertParties, alerts, alertStory } from './postgres/schema.ts'

/** Whose alert, who acts on it, and when. */
export type Deed = { tenant: TenantId; id: string; actor: string; now: Date }

type Tx = Parameters<Parameters<Db['transaction']>[0]>[0]
type Alert = typeof alerts.$inferSelect
type Party = typeof alertParties.$inferSelect
type Told = { what: 'acknowledged' | 'handed_over' | 'resolved' | 'verdict' | 'note'; detail: Record<string, unknown> }

/**
 * Acknowledges an alert for one party, or for all that answer for it: nobody is told again until it gets graver. Repeating it changes
 * nothing.
 *
 * @throws SightlineError `not_found`; `conflict` when it is resolved or nobody answers for it; `parameter_invalid` for a party that does not
 */
export async function acknowledgeAlert(
  db: Db,
  deed: Deed,
  input: { party?: string | undefined; note?: string | undefined },
): Promise<void> {
  await act(db, deed, async (tx, alert, parties) => {
    const answering = parties.filter(({ state }) => state !== 'handed_over' && state !== 'done')
    const chosen = input.party === undefined ? answering : [answers(answering, input.party)]
    if (chosen.length === 0)
      throw new SightlineError('conflict', 'Nobody answers for this alert: no route leads to a party.', {
        next: 'Add a route under Alerts, Routing.',
      })
    const open = chosen.filter((one) => one.state !== 'acknowledged' || isGraver(alert.severity, one.acknowledgedSeverity))
    if (open.length === 0) return []
    refuseResolved(alert)
    for (const { party } of open)
      await tx
        .update(alertParties)
        .set({
          state: 'acknowledged',
          acknowledgedAt: deed.now,
          acknowledgedBy: deed.actor,
          acknowledgedSeverity: alert.severity,
          nextAt: deed.now,
        })
        .where(partyOf(alert, party))
    // The engine tells those who show by themselves who has taken what; what waits for more members goes on waiting.
    if (alert.state === 'firing') await wake(tx, alert, deed.now)
    const detail = { parties: open.map(({ party }) => party), severity: alert.severity, ...noteOf(input.note) }
    return [{ what: 'acknowledged', detail }]
  })
}

/**
 * Hands an alert over from one party to another, whose clock begins now. Repeating it changes nothing.
 *
 * @throws SightlineError `not_found`; `conflict` when it is resolved; `parameter_invalid` for a party that does not answer for it
 */
export async function handOverAlert(db: Db, deed: Deed, input: { party: string; to: string; note: string }): Promise<void> {
  const { party, to, note } = input
  if (party === to) throw new SightlineError('parameter_invalid', 'A party hands over to another one.')
  await act(db, deed, async (tx, alert, parties) => {
    const from = parties.find((one) => one.party === party)
    const other = parties.find((one) => one.party === to)
    const isTaken = other !== undefined && other.state !== 'handed_over' && other.state !== 'done'
    if (from?.state === 'handed_over' && isTaken) return []
    refuseResolved(alert)
    answers(
      parties.filter(({ state }) => state !== 'handed_over' && state !== 'done'),
      party,
    )
    await tx.update(alertParties).set({ state: 'handed_over', nextAt: null }).where(partyOf(alert, party))
    const begun = {
      state: 'held' as const,
      step: 0,
      startedAt: deed.now,
      toldAt: null,
      acknowledgedAt: null,
      acknowledgedBy: null,
      acknowledgedSeverity: null,
      nextAt: deed.now,
    }
    if (!isTaken)
      await tx
        .insert(alertParties)
        .values({ alertId: alert.id, party: to, ...begun })
        .onConflictDoUpdate({ target: [alertParties.alertId, alertParties.party], set: begun })
    await wake(tx, alert, deed.now)
    return [{ what: 'handed_over', detail: { party, to, note } }]
  })
}

/** Notes something about an alert. The same note by the same person right after it is none. @throws SightlineError `not_found` */
export async function noteAlert(db: Db, deed: Deed, text: string): Promise<void> {
  await act(db, deed, async (tx, alert) => {
    const [last] = await tx
      .select()
      .from(alertStory)
      .where(and(eq(alertStory.alertId, alert.id), eq(alertStory.actor, deed.actor)))
      .orderBy(desc(alertStory.id))
      .limit(1)
    return last?.what === 'note' && last.detail['text'] === text ? [] : [{ what: 'note', detail: { text } }]
  })
}

/** Keeps what somebody says of an alert: what the quality of its rule is judged by. @throws SightlineError `not_found` */
export async function judgeAlert(
  db: Db,
  deed: Deed,
  input: { verdict: 'useful' | 'noise'; note?: string | undefined },
): Promise<void> {
  const { verdict, note } = input
  await act(db, deed, async (tx, alert) => {
    if (alert.verdict === verdict && note === undefined) return []
    await tx.update(alerts).set({ verdict }).where(eq(alerts.id, alert.id))
    return [{ what: 'verdict', detail: { verdict, before: alert.verdict, ...noteOf(note) } }]
  })
}

/**
 * Closes an alert by hand, which is for those whose data is missing or all of whose documents are over: whatever goes on is resolved by
 * the events alone. The engine is woken to tell those who were told.
 *
 * @throws SightlineError `not_found`; `conflict` while it goes on
 */
export async function closeAlert(db: Db, deed: Deed, reason: string): Promise<void> {
  await act(db, deed, async (tx, alert, parties) => {
    if (alert.state === 'resolved') return []
    const body = AlertBody.parse(alert.body)
    if (body.stale === null && !isOver(body))
      throw new SightlineError(
        'conflict',
        `It goes on: ${goesOn(body)}. An alert is over when the events say so, not when people do.`,
        {
          next: 'Acknowledge it so that nobody is told again, or silence its rule for a time.',
        },
      )
    await tx.update(alerts).set({ state: 'resolved', resolvedAt: deed.now, nextAt: deed.now }).where(eq(alerts.id, alert.id))
    for (const { party, state } of parties)
      if (state !== 'handed_over') await tx.update(alertParties).set({ state: 'done', nextAt: null }).where(partyOf(alert, party))
    return [{ what: 'resolved', detail: { reason, stale: body.stale } }]
  })
}

/** Does something to a locked alert and keeps what was done in its story and the audit, all of it or nothing. */
async function act(
  db: Db,
  { tenant, id, actor, now }: Deed,
  change: (tx: Tx, alert: Alert, parties: Party[]) => Promise<Told[]>,
): Promise<void> {
  await db.transaction(async (tx) => {
    const [alert] = await tx
      .select()
      .from(alerts)
      .where(and(eq(alerts.tenantId, tenant), eq(alerts.id, id)))
      .for('update')
    if (alert === undefined) throw unknownAlert()
    const parties = await tx
      .select()
      .from(alertParties)
      .where(eq(alertParties.alertId, id))
      .orderBy(alertParties.party)
      .for('update')
    for (const { what, detail } of await change(tx, alert, parties)) {
      await tx.insert(alertStory).values({ tenantId: tenant, alertId: id, at: now, actor, what, detail })
      await recordAudit(tx, {
        actor,
        tenantId: tenant,
        action: `alert.${what}`,
        subject: id,
        detail: { rule: alert.rule, ...detail },
      })
    }
  })
}

/** The error of an alert that a tenant does not have. */
export function unknownAlert(): SightlineError {
  return new SightlineError('not_found', 'This tenant has no such alert.', { next: 'GET /v1/alerts lists them.' })
}

function answers(parties: readonly Party[], party: string): Party {
  const found = parties.find((one) => one.party === party)
  if (found !== undefined) return found
  const names = parties.map((one) => one.party).join(', ')
  throw new SightlineError('parameter_invalid', `The party "${party}" does not answer for this alert.`, {
    next: names === '' ? 'Nobody does at present.' : `These do: ${names}.`,
  })
}

function refuseResolved(alert: Alert): void {
  if (alert.state === 'resolved')
    throw new SightlineError('conflict', 'The alert is resolved: there is nothing left to answer for.')
}

function goesOn(body: AlertBody): string {
  const going = body.members.filter(({ ended_at }) => ended_at === null).length + body.more
  return `${going} of ${body.members.length + body.more} are not over`
}

function isGraver(severity: string, than: string | null): boolean {
  const at = (one: string | null) => SEVERITIES.indexOf(one as Severity)
  return at(severity) > at(than)
}

function partyOf(alert: Alert, party: string) {
  return and(eq(alertParties.alertId, alert.id), eq(alertParties.party, party))
}

/** Has the engine look at an alert at once, unless it is about to. */
async function wake(tx: Tx, alert: Alert, now: Date): Promise<void> {
  if (alert.nextAt === null || alert.nextAt > now) await tx.update(alerts).set({ nextAt: now }).where(eq(alerts.id, alert.id))
}

function noteOf(note: string | undefined): { note?: string } {
  return note === undefined || note === '' ? {} : { note }
}
