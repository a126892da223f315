import { randomUUID } from 'node:crypto'
import { AlertBody, type AlertMember } from '../../model/alert-body.ts'
import type { Severity } from '../../model/alert-rule.ts'
import type { Db } from '../../platform/postgres/client.ts'
import {
  alertChannels,
  alertNotes,
  alertParties,
  alertRouting,
  alertRules,
  alerts,
  alertStory,
  alertTransitions,
} from '../../platform/postgres/schema.ts'

/** An alert as a test wants it; the rest is usual. Times in minutes before `now`. */
export type Planted = {
  id?: string
  rule?: string
  group?: string
  class?: 'business' | 'technical'
  severity?: Severity
  state?: 'waiting' | 'firing' | 'resolved'
  title?: string
  money?: number | null
  openedAgo?: number
  resolvedAgo?: number | null
  members?: Partial<AlertMember>[]
  body?: Partial<AlertBody>
  parties?: Partial<typeof alertParties.$inferInsert>[]
  story?: { what: string; actor?: string; ago: number; detail?: Record<string, unknown> }[]
  /** Kinds of messages that were sent, or what became of them. */
  notes?: Partial<typeof alertNotes.$inferInsert>[]
  inhibitedBy?: string
  silencedBy?: string
  follows?: string
  verdict?: 'useful' | 'noise'
}

const MINUTE_MS = 60_000

/** Writes an alert with everything that hangs on it, as the engine would; returns its id. */
export async function plantAlert(db: Db, tenant: string, of: Planted, now = Date.now()): Promise<string> {
  const id = of.id ?? randomUUID()
  const at = (ago: number): Date => new Date(now - ago * MINUTE_MS)
  const { rule = 'late-invoices', severity = 'high', openedAgo = 30, resolvedAgo = null } = of
  const members = (of.members ?? [{}]).map((one, index): AlertMember => ({
    rule,
    key: `approval/INV-${index}`,
    label: `invoice INV-${index}`,
    object: { type: 'invoice', id: `INV-${index}` },
    since: at(openedAgo + 1).toISOString(),
    ended_at: null,
    severity,
    money: 'EUR 1,248.00',
    technical_s: null,
    inhibited: false,
    ...one,
  }))
  const body = AlertBody.parse({
    title: of.title ?? 'One invoice breaches Invoice approval',
    cause: '',
    scope: { n: members.length, of: 340, noun: 'invoices', money: 'EUR 84,200.00' },
    sla: 'Invoice approval',
    trace_id: null,
    members,
    more: 0,
    stale: null,
    system: '',
    ...of.body,
  })
  await db.insert(alerts).values({
    id,
    tenantId: tenant,
    rule,
    groupKey: of.group ?? id,
    state: of.state ?? (resolvedAgo === null ? 'firing' : 'resolved'),
    severity,
    class: of.class ?? 'business',
    labels: { rule },
    body,
    money: of.money ?? null,
    startedAt: at(openedAgo + 1),
    openedAt: at(openedAgo),
    resolvedAt: resolvedAgo === null ? null : at(resolvedAgo),
    inhibitedBy: of.inhibitedBy ?? null,
    silencedBy: of.silencedBy ?? null,
    follows: of.follows ?? null,
    verdict: of.verdict ?? null,
  })
  const parties = of.parties ?? [{}]
  if (parties.length > 0)
    await db.insert(alertParties).values(
      parties.map((one) => ({
        alertId: id,
        party: 'accounts-payable',
        state: 'told' as const,
        step: 1,
        startedAt: at(openedAgo),
        toldAt: at(openedAgo - 1),
        nextAt: new Date(now + 15 * MINUTE_MS),
        ...one,
      })),
    )
  for (const { what, actor = 'engine', ago, detail = {} } of of.story ?? [{ what: 'opened', ago: openedAgo }])
    await db.insert(alertStory).values({ tenantId: tenant, alertId: id, at: at(ago), actor, what, detail })
  await db
    .insert(alertTransitions)
    .values({
      tenantId: tenant,
      rule,
      key: members[0]?.key ?? id,
      epoch: 1,
      number: 1,
      from: 'inactive',
      to: 'firing',
      at: at(openedAgo + 1).getTime() * 1000,
      reason: 'breach',
      severity,
      ruleVersion: 1,
      tick: 1,
      decidedAt: at(openedAgo).getTime() * 1000,
      watermark: at(openedAgo).getTime() * 1000,
      version: 1,
      alertId: id,
    })
    .onConflictDoNothing()
  for (const [index, note] of (of.notes ?? [{}]).entries())
    await db.insert(alertNotes).values({
      tenantId: tenant,
      key: `${id}/${index}`,
      alertId: id,
      party: 'accounts-payable',
      channelId: 'ap-queue',
      kind: 'firing',
      body: {},
      state: 'sent',
      attempts: 1,
      nextAt: at(openedAgo - 1),
      createdAt: at(openedAgo - 1),
      aboutAt: at(openedAgo + 1),
      sentAt: at(openedAgo - 1),
      receipt: '250 2.0.0 queued as 7F3C',
      ...note,
    })
  return id
}

/** A rule, two parties and two channels, as somebody set them up. */
export async function plantSetup(db: Db, tenant: string): Promise<void> {
  await db.insert(alertRules).values({
    tenantId: tenant,
    id: 'late-invoices',
    version: 1,
    body: {
      id: 'late-invoices',
      title: 'Invoices late for approval',
      class: 'business',
      watch: { kind: 'clock', slas: ['approval'] },
      runbook: 'https://wiki.example/late-invoices',
    },
    state: 'active',
    createdBy: 'system',
  })
  const channel = (id: string, title: string, kind: string) => ({ tenantId: tenant, id, title, kind, config: {} })
  await db
    .insert(alertChannels)
    .values([channel('ap-queue', 'AP queue', 'email'), channel('on-call', 'On-call phone', 'pagerduty')])
  const party = (id: string, title: string, to: string) => ({ id, title, steps: [{ after_s: 0, to: [{ channel: to }] }] })
  await db.insert(alertRouting).values({
    tenantId: tenant,
    version: 1,
    body: {
      routes: [{ class: 'business', parties: ['accounts-payable'] }],
      parties: [
        party('accounts-payable', 'Accounts payable', 'ap-queue'),
        party('procurement', 'Procurement', 'ap-queue'),
        party('integration-team', 'Integration team', 'on-call'),
      ],
    },
    createdBy: 'system',
  })
}
