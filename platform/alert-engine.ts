import { and, asc, count, desc, eq, gte, inArray, lt, max, min, ne, or } from 'drizzle-orm'
import type { JudgedAlert } from '../model/alert-quality.ts'
import type { TenantId } from '../model/tenant.ts'
import type { Db } from './postgres/client.ts'
import { alertChannels, alertCursors, alertNotes, alertParties, alerts, alertStory } from './postgres/schema.ts'

/** How far the engine is with a tenant, and what lies in its outbox. */
export type EngineState = {
  cursor: typeof alertCursors.$inferSelect | null
  queued: number
  oldestQueuedAt: Date | null
  dead: { channel: string; title: string; dead: number; lastAt: Date; error: string | null }[]
}

/** @param since dead messages from this instant on */
export async function engineState(db: Db, tenant: TenantId, since: Date): Promise<EngineState> {
  const isDead = and(eq(alertNotes.tenantId, tenant), eq(alertNotes.state, 'dead'), gte(alertNotes.createdAt, since))
  const [[cursor], [queue], dead, errors] = await Promise.all([
    db.select().from(alertCursors).where(eq(alertCursors.tenantId, tenant)),
    db
      .select({ n: count(), oldest: min(alertNotes.createdAt) })
      .from(alertNotes)
      .where(and(eq(alertNotes.tenantId, tenant), eq(alertNotes.state, 'queued'))),
    db
      .select({ channel: alertNotes.channelId, title: alertChannels.title, dead: count(), lastAt: max(alertNotes.createdAt) })
      .from(alertNotes)
      .leftJoin(alertChannels, and(eq(alertChannels.tenantId, tenant), eq(alertChannels.id, alertNotes.channelId)))
      .where(isDead)
      .groupBy(alertNotes.channelId, alertChannels.title)
      .orderBy(desc(count()), asc(alertNotes.channelId)),
    db
      .selectDistinctOn([alertNotes.channelId], { channel: alertNotes.channelId, error: alertNotes.error })
      .from(alertNotes)
      .where(isDead)
      .orderBy(alertNotes.channelId, desc(alertNotes.id)),
  ])
  return {
    cursor: cursor ?? null,
    queued: queue?.n ?? 0,
    oldestQueuedAt: queue?.oldest ?? null,
    dead: dead.map((one) => ({
      channel: one.channel,
      title: one.title ?? one.channel,
      dead: one.dead,
      lastAt: one.lastAt ?? since,
      error: errors.find(({ channel }) => channel === one.channel)?.error ?? null,
    })),
  }
}

/** Alerts that quality is judged by; the latest stand for the others. */
const MOST = 20_000

/** What is known of the alerts that were opened in a window, for the quality of their rules. */
export async function judgedAlerts(
  db: Db,
  tenant: TenantId,
  window: { from: Date; to: Date },
): Promise<{ alerts: JudgedAlert[]; truncated: boolean }> {
  const rows = await db
    .select({
      id: alerts.id,
      rule: alerts.rule,
      groupKey: alerts.groupKey,
      openedAt: alerts.openedAt,
      resolvedAt: alerts.resolvedAt,
      verdict: alerts.verdict,
    })
    .from(alerts)
    .where(and(eq(alerts.tenantId, tenant), gte(alerts.openedAt, window.from), lt(alerts.openedAt, window.to)))
    .orderBy(desc(alerts.openedAt))
    .limit(MOST + 1)
  const chosen = rows.slice(0, MOST)
  const ids = db
    .select({ id: alerts.id })
    .from(alerts)
    .where(and(eq(alerts.tenantId, tenant), gte(alerts.openedAt, window.from), lt(alerts.openedAt, window.to)))
  const [parties, notes, stories] = await Promise.all([
    db
      .select({ alertId: alertParties.alertId, told: min(alertParties.toldAt), acknowledged: min(alertParties.acknowledgedAt) })
      .from(alertParties)
      .where(inArray(alertParties.alertId, ids))
      .groupBy(alertParties.alertId),
    db
      .select({ alertId: alertNotes.alertId, kind: alertNotes.kind, messages: count(), first: min(alertNotes.createdAt) })
      .from(alertNotes)
      .where(and(eq(alertNotes.tenantId, tenant), inArray(alertNotes.alertId, ids)))
      .groupBy(alertNotes.alertId, alertNotes.kind),
    db
      .select({ alertId: alertStory.alertId, at: alertStory.at, what: alertStory.what, actor: alertStory.actor })
      .from(alertStory)
      .where(
        and(
          eq(alertStory.tenantId, tenant),
          inArray(alertStory.alertId, ids),
          or(inArray(alertStory.what, ['resolved', 'reopened']), ne(alertStory.actor, 'engine')),
        ),
      )
      .orderBy(asc(alertStory.id)),
  ])
  const partiesOf = new Map(parties.map((one) => [one.alertId, one]))
  const notesOf = Map.groupBy(notes, ({ alertId }) => alertId)
  const storyOf = Map.groupBy(stories, ({ alertId }) => alertId)
  return {
    truncated: rows.length > MOST,
    alerts: chosen.map(({ id, rule, groupKey, openedAt, resolvedAt, verdict }) => {
      const sent = notesOf.get(id) ?? []
      const story = storyOf.get(id) ?? []
      return {
        rule,
        group: `${rule}/${groupKey}`,
        openedAt: openedAt.getTime(),
        resolvedAt: resolvedAt?.getTime() ?? null,
        toldAt: sent.find(({ kind }) => kind === 'firing')?.first?.getTime() ?? null,
        acknowledgedAt: partiesOf.get(id)?.acknowledged?.getTime() ?? null,
        acted: story.some(({ actor }) => actor !== 'engine'),
        reopened: reopenedIn(story),
        messages: sent.reduce((sum, { messages }) => sum + messages, 0),
        verdict,
      }
    }),
  }
}

const HOUR_MS = 3_600_000

function reopenedIn(story: readonly { at: Date; what: string }[]): number {
  let [over, times] = [Number.NEGATIVE_INFINITY, 0]
  for (const { at, what } of story) {
    if (what === 'resolved') over = at.getTime()
    else if (what === 'reopened' && at.getTime() - over <= HOUR_MS) times++
  }
  return times
}
