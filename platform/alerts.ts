import { and, asc, count, desc, eq, exists, inArray, isNotNull, isNull, ne, notExists, or, type SQL, sql } from 'drizzle-orm'
import { AlertBody } from '../model/alert-body.ts'
import { Severity, SEVERITIES } from '../model/alert-rule.ts'
import type { TenantId } from '../model/tenant.ts'
import { SightlineError } from './errors.ts'
import type { Db } from './postgres/client.ts'
import { alertNotes, alertParties, alerts, alertSilences, alertStory, alertTransitions } from './postgres/schema.ts'

/** An alert with what it says and who answers for it. */
export type StoredAlert = Omit<typeof alerts.$inferSelect, 'body' | 'severity'> & {
  severity: Severity
  body: AlertBody
  parties: AlertParty[]
}
export type AlertParty = typeof alertParties.$inferSelect

/** Which alerts are asked for. */
export type AlertFilter = {
  severity?: Severity | undefined
  rule?: string | undefined
  party?: string | undefined
  /** Key that acknowledged them. */
  acknowledgedBy?: string | undefined
  /** Text of title, cause, rule or a member. */
  text?: string | undefined
}

/** Where a page of alerts ends: what the next one lies behind. */
export type AlertCursor = { rank: number; money: number; at: string; id: string }

const rank = sql<number>`array_position(ARRAY['low','medium','high','critical'], ${alerts.severity})`
const cost = sql<number>`coalesce(${alerts.money}, -1)`
const isOpen = ne(alerts.state, 'resolved')
const isHeld = or(isNotNull(alerts.inhibitedBy), isNotNull(alerts.silencedBy)) as SQL
const isFree = and(isNull(alerts.inhibitedBy), isNull(alerts.silencedBy)) as SQL

/**
 * Alerts of a tenant page by page: by severity, money at risk and age, or the newest first.
 *
 * @param wanted.held those that an incident or a silence holds back only, or without them
 */
export async function listAlerts(
  db: Db,
  tenant: TenantId,
  wanted: AlertFilter & {
    state: 'open' | 'resolved' | 'all'
    class?: 'business' | 'technical' | undefined
    held?: boolean | undefined
    sort: 'grave' | 'newest'
    after?: AlertCursor | undefined
    limit: number
  },
): Promise<{ alerts: StoredAlert[]; next: AlertCursor | null }> {
  const { state, sort, after, limit, held } = wanted
  const isGrave = sort === 'grave'
  const rows = await db
    .select({ alert: alerts, rank, cost })
    .from(alerts)
    .where(
      and(
        ...matching(db, tenant, wanted),
        state === 'all' ? undefined : state === 'open' ? isOpen : eq(alerts.state, 'resolved'),
        wanted.class === undefined ? undefined : eq(alerts.class, wanted.class),
        held === undefined ? undefined : held ? isHeld : isFree,
        after === undefined ? undefined : isGrave ? behindGrave(after) : behindNewest(after),
      ),
    )
    .orderBy(
      ...(isGrave ? [desc(rank), desc(cost), asc(alerts.startedAt), asc(alerts.id)] : [desc(alerts.openedAt), desc(alerts.id)]),
    )
    .limit(limit + 1)
  const page = rows.slice(0, limit)
  const last = page.at(-1)
  const at = isGrave ? last?.alert.startedAt : last?.alert.openedAt
  return {
    alerts: await withParties(
      db,
      page.map(({ alert }) => alert),
    ),
    next:
      rows.length <= limit || last === undefined || at === undefined
        ? null
        : { rank: last.rank, money: last.cost, at: at.toISOString(), id: last.alert.id },
  }
}

function behindGrave({ rank: grave, money, at, id }: AlertCursor): SQL {
  return sql`(-${rank}, -${cost}, ${alerts.startedAt}, ${alerts.id}) > (${-grave}::int, ${-money}::float8, ${at}::timestamptz, ${id}::uuid)`
}

function behindNewest({ at, id }: AlertCursor): SQL {
  return sql`(${alerts.openedAt}, ${alerts.id}) < (${at}::timestamptz, ${id}::uuid)`
}

/** How many alerts there are of each kind, whatever class or state is asked for. */
export async function countAlerts(
  db: Db,
  tenant: TenantId,
  filter: AlertFilter,
): Promise<{ open: number; business: number; technical: number; unacknowledged: number; held: number; resolved: number }> {
  const of = (condition: SQL | undefined) => sql<number>`count(*) FILTER (WHERE ${condition})::int`
  const free = and(isOpen, isFree)
  const acknowledged = partiesOf(db, eq(alertParties.state, 'acknowledged'))
  const [counts] = await db
    .select({
      open: of(free),
      business: of(and(free, eq(alerts.class, 'business'))),
      technical: of(and(free, eq(alerts.class, 'technical'))),
      unacknowledged: of(and(free, notExists(acknowledged))),
      held: of(and(isOpen, isHeld)),
      resolved: of(eq(alerts.state, 'resolved')),
    })
    .from(alerts)
    .where(and(...matching(db, tenant, filter)))
  if (counts === undefined) throw new SightlineError('internal', 'The alerts could not be counted.')
  return counts
}

function matching(db: Db, tenant: TenantId, { severity, rule, party, acknowledgedBy, text }: AlertFilter): (SQL | undefined)[] {
  return [
    eq(alerts.tenantId, tenant),
    severity === undefined ? undefined : inArray(alerts.severity, SEVERITIES.slice(SEVERITIES.indexOf(severity))),
    rule === undefined ? undefined : eq(alerts.rule, rule),
    party === undefined
      ? undefined
      : exists(partiesOf(db, and(eq(alertParties.party, party), ne(alertParties.state, 'handed_over')))),
    acknowledgedBy === undefined ? undefined : exists(partiesOf(db, eq(alertParties.acknowledgedBy, acknowledgedBy))),
    text === undefined || text === '' ? undefined : holdsText(text),
  ]
}

function partiesOf(db: Db, condition: SQL | undefined) {
  return db
    .select({ one: sql`1` })
    .from(alertParties)
    .where(and(eq(alertParties.alertId, alerts.id), condition))
}

function holdsText(text: string): SQL {
  const pattern = `%${text.replaceAll(/[\\%_]/gu, String.raw`\$&`)}%`
  return sql`(${alerts.rule} ILIKE ${pattern} OR ${alerts.body}->>'title' ILIKE ${pattern} OR ${alerts.body}->>'cause' ILIKE ${pattern}
    OR EXISTS (SELECT 1 FROM jsonb_array_elements(${alerts.body}->'members') AS member WHERE member->>'label' ILIKE ${pattern}))`
}

async function withParties(db: Db, rows: readonly (typeof alerts.$inferSelect)[]): Promise<StoredAlert[]> {
  const parties =
    rows.length === 0
      ? []
      : await db
          .select()
          .from(alertParties)
          .where(
            inArray(
              alertParties.alertId,
              rows.map(({ id }) => id),
            ),
          )
          .orderBy(alertParties.party)
  const of = Map.groupBy(parties, ({ alertId }) => alertId)
  return rows.map((row) => ({
    ...row,
    severity: Severity.parse(row.severity),
    body: AlertBody.parse(row.body),
    parties: of.get(row.id) ?? [],
  }))
}

/** Alerts of a tenant by id; those that it does not have are left out. */
export async function alertsById(db: Db, tenant: TenantId, ids: readonly string[]): Promise<StoredAlert[]> {
  if (ids.length === 0) return []
  const rows = await db
    .select()
    .from(alerts)
    .where(and(eq(alerts.tenantId, tenant), inArray(alerts.id, [...ids])))
  return withParties(db, rows)
}

/** Rows of one answer: an alert of years has more than a page can show. */
const MOST = 500

/** Everything that hangs on an alert. */
export type AlertStory = {
  story: (typeof alertStory.$inferSelect)[]
  transitions: (typeof alertTransitions.$inferSelect)[]
  transitionsTotal: number
  notes: (typeof alertNotes.$inferSelect)[]
  silence: typeof alertSilences.$inferSelect | null
  followUps: StoredAlert[]
  holds: StoredAlert[]
}

/** What happened to an alert of a tenant: its story in order, and its transitions and messages, the latest first. */
export async function alertStoryOf(db: Db, tenant: TenantId, alert: StoredAlert): Promise<AlertStory> {
  const own = and(eq(alertTransitions.tenantId, tenant), eq(alertTransitions.alertId, alert.id))
  const linked = (condition: SQL) =>
    db
      .select()
      .from(alerts)
      .where(and(eq(alerts.tenantId, tenant), condition))
      .orderBy(desc(alerts.openedAt))
      .limit(MOST)
  const [story, transitions, [total], notes, silences, followUps, holds] = await Promise.all([
    db
      .select()
      .from(alertStory)
      .where(and(eq(alertStory.tenantId, tenant), eq(alertStory.alertId, alert.id)))
      .orderBy(desc(alertStory.id))
      .limit(MOST),
    db
      .select()
      .from(alertTransitions)
      .where(own)
      .orderBy(desc(alertTransitions.decidedAt), desc(alertTransitions.at))
      .limit(MOST),
    db.select({ n: count() }).from(alertTransitions).where(own),
    db
      .select()
      .from(alertNotes)
      .where(and(eq(alertNotes.tenantId, tenant), eq(alertNotes.alertId, alert.id)))
      .orderBy(desc(alertNotes.id))
      .limit(MOST),
    alert.silencedBy === null
      ? Promise.resolve([])
      : db
          .select()
          .from(alertSilences)
          .where(and(eq(alertSilences.tenantId, tenant), eq(alertSilences.id, alert.silencedBy))),
    linked(eq(alerts.follows, alert.id)),
    linked(and(eq(alerts.inhibitedBy, alert.id), isOpen) as SQL),
  ])
  return {
    story: story.toReversed(),
    transitions,
    transitionsTotal: total?.n ?? 0,
    notes,
    silence: silences[0] ?? null,
    followUps: await withParties(db, followUps),
    holds: await withParties(db, holds),
  }
}
