import type { AlertCursor, AlertParty, AlertStory, StoredAlert } from '../platform/alerts.ts'
import { actorNames, channelTitles, partyTitles, rulesById } from '../platform/alert-names.ts'
import { SightlineError } from '../platform/errors.ts'
import type { Db } from '../platform/postgres/client.ts'
import { LINK_ACTOR } from './acknowledge-page.ts'
import { isOver } from '../model/alert-body.ts'
import { FOLLOW_UP } from '../model/alert-page.ts'
import type { EffectiveRule } from '../model/alert-inherit.ts'
import { Severity } from '../model/alert-rule.ts'
import { instantToIso } from '../model/instant.ts'
import type { TenantId } from '../model/tenant.ts'
import type { AlertDetail, Alerts } from './contract/alerts.ts'

/** Names that alerts are shown with. */
export type AlertNames = {
  rules: ReadonlyMap<string, EffectiveRule>
  parties: ReadonlyMap<string, string>
  actors: ReadonlyMap<string, string>
}

/** The names for some alerts of a tenant. @param actors who else is named */
export async function alertNames(
  db: Db,
  tenant: TenantId,
  alerts: readonly StoredAlert[],
  actors: readonly string[] = [],
): Promise<AlertNames> {
  const acknowledgers = alerts.flatMap(({ parties }) => parties.map(({ acknowledgedBy }) => acknowledgedBy))
  const [rules, parties, named] = await Promise.all([
    rulesById(db, tenant),
    partyTitles(db, tenant),
    actorNames(db, [...acknowledgers, ...actors]),
  ])
  return { rules, parties, actors: named }
}

/** Title of a rule; pages that follow up an outage come from no rule of their own. */
export function ruleTitle(id: string, rules: AlertNames['rules']): string {
  return rules.get(id)?.rule.title ?? (id === FOLLOW_UP ? 'Follow-up of an outage' : id)
}

/** An alert as lists show it. */
export function alertLine(alert: StoredAlert, names: AlertNames): Alerts['alerts'][number] {
  const { members: _members, ...said } = alert.body
  return {
    id: alert.id,
    rule: alert.rule,
    rule_title: ruleTitle(alert.rule, names.rules),
    class: alert.class,
    severity: alert.severity,
    state: alert.state,
    ...said,
    money: alert.money,
    labels: alert.labels,
    started_at: alert.startedAt.toISOString(),
    opened_at: alert.openedAt.toISOString(),
    resolved_at: iso(alert.resolvedAt),
    inhibited_by: alert.inhibitedBy,
    silenced_by: alert.silencedBy,
    follows: alert.follows,
    verdict: alert.verdict,
    parties: alert.parties.map((one) => partyView(one, names)),
  }
}

function partyView(one: AlertParty, names: AlertNames): Alerts['alerts'][number]['parties'][number] {
  return {
    party: one.party,
    title: names.parties.get(one.party) ?? one.party,
    state: one.state,
    step: one.step,
    started_at: iso(one.startedAt),
    told_at: iso(one.toldAt),
    acknowledged_at: iso(one.acknowledgedAt),
    acknowledged_by: one.acknowledgedBy === null ? null : actorName(one.acknowledgedBy, names),
    acknowledged_severity: one.acknowledgedSeverity === null ? null : Severity.parse(one.acknowledgedSeverity),
    next_at: one.state === 'acknowledged' ? null : iso(one.nextAt),
  }
}

/** An alert with its whole story. @param linked the alerts that it names */
export async function alertDetail(
  db: Db,
  tenant: TenantId,
  alert: StoredAlert,
  of: AlertStory,
  linked: readonly StoredAlert[],
): Promise<AlertDetail> {
  const names = await alertNames(
    db,
    tenant,
    [alert],
    [...of.story.map(({ actor }) => actor), ...(of.silence === null ? [] : [of.silence.createdBy])],
  )
  const channels = await channelTitles(db, tenant)
  const rule = names.rules.get(alert.rule)
  const answering = new Set(alert.parties.filter(({ state }) => state !== 'handed_over').map(({ party }) => party))
  const isOpen = alert.state !== 'resolved'
  return {
    ...alertLine(alert, names),
    members: alert.body.members,
    closable: isOpen && (alert.body.stale !== null || isOver(alert.body)),
    runbook: rule?.rule.runbook ?? null,
    rule_version: of.transitions[0]?.ruleVersion ?? null,
    rule_state: rule?.state ?? null,
    story: of.story.map(({ id, at, actor, what, detail }) => ({
      id,
      at: at.toISOString(),
      actor,
      actor_name: actorName(actor, names),
      what,
      detail,
    })),
    transitions: of.transitions.map((one) => ({
      rule: one.rule,
      key: one.key,
      epoch: one.epoch,
      number: one.number,
      from: one.from,
      to: one.to,
      at: instantToIso(one.at),
      decided_at: instantToIso(one.decidedAt),
      reason: one.reason,
      severity: Severity.parse(one.severity),
      value: one.value,
      rule_version: one.ruleVersion,
    })),
    transitions_total: of.transitionsTotal,
    deliveries: of.notes.map((one) => ({
      id: one.id,
      party: one.party,
      channel: one.channelId,
      channel_title: channels.get(one.channelId) ?? one.channelId,
      kind: one.kind,
      state: one.state,
      attempts: one.attempts,
      created_at: one.createdAt.toISOString(),
      about_at: iso(one.aboutAt),
      sent_at: iso(one.sentAt),
      next_at: one.state === 'queued' ? one.nextAt.toISOString() : null,
      receipt: one.receipt,
      error: one.error,
    })),
    held_by: related(linked.find(({ id }) => id === alert.inhibitedBy)),
    silence:
      of.silence === null
        ? null
        : {
            id: of.silence.id,
            kind: of.silence.kind,
            from: of.silence.from.toISOString(),
            to: of.silence.to.toISOString(),
            reason: of.silence.reason,
            created_by: actorName(of.silence.createdBy, names),
            ended_at: iso(of.silence.endedAt),
          },
    followed: related(linked.find(({ id }) => id === alert.follows)),
    follow_ups: of.followUps.map(link),
    holds: of.holds.map(link),
    choices: [...names.parties].filter(([party]) => !answering.has(party)).map(([party, title]) => ({ party, title })),
  }
}

/** Whoever acted, by name: the engine, a key, or somebody of a party who had the link of a message. */
function actorName(actor: string, names: AlertNames): string {
  if (actor === 'engine') return 'Sightline'
  if (!actor.startsWith(LINK_ACTOR)) return names.actors.get(actor) ?? actor
  const party = actor.slice(LINK_ACTOR.length)
  return `${names.parties.get(party) ?? party}, from the message`
}

type Related = AlertDetail['holds'][number]

function link({ id, rule, body, state, severity }: StoredAlert): Related {
  return { id, rule, title: body.title, state, severity }
}

function related(alert: StoredAlert | undefined): Related | null {
  return alert === undefined ? null : link(alert)
}

function iso(date: Date | null): string | null {
  return date?.toISOString() ?? null
}

/** A cursor as text of an address. */
export function cursorText({ rank, money, at, id }: AlertCursor): string {
  return [rank, money, at, id].join('~')
}

const CURSOR =
  /^([1-4])~(-?[\d.]{1,30}(?:e[+-]?\d{1,3})?)~(\d{4}-\d{2}-\d{2}T[\d:.]{8,15}Z)~([\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12})$/u

/** @throws SightlineError `parameter_invalid` */
export function cursorOf(text: string | undefined): AlertCursor | undefined {
  if (text === undefined) return undefined
  const [, rank, money, at, id] = CURSOR.exec(text) ?? []
  if (rank === undefined || money === undefined || at === undefined || id === undefined)
    throw new SightlineError('parameter_invalid', '"after" is no cursor.', { next: 'Take `next` of the answer before.' })
  return { rank: Number(rank), money: Number(money), at, id }
}
