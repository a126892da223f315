import { type AlertBody, type AlertMember, LISTED_MEMBERS } from './alert-body.ts'
import type { Severity } from './alert-rule.ts'
import { graver } from './alert-step.ts'
import { type Instant, instantToIso } from './instant.ts'

/** A party's clock on a page. Instants are those of the engine. */
export type PageParty = {
  party: string
  state: 'held' | 'told' | 'acknowledged' | 'handed_over' | 'done'
  /** Steps that were taken. */
  step: number
  startedAt: Instant
  toldAt: Instant | null
  acknowledgedSeverity: Severity | null
  nextAt: Instant | null
}

/** A page: what one cause made fire, told as one. `open` counts the members that fire, whether listed or not. */
export type Page = {
  id: string
  rule: string
  group: string
  state: 'waiting' | 'firing' | 'resolved'
  severity: Severity
  class: 'business' | 'technical'
  labels: Record<string, string>
  body: AlertBody
  open: number
  /** What summaries say of a value that was looked up. */
  fields: { value: string; threshold: string }
  /** Money at risk of the members that fire, by currency. */
  sums: Record<string, number>
  startedAt: Instant
  openedAt: Instant
  resolvedAt: Instant | null
  /** Page of the incident that holds it back. */
  inhibitedBy: string | null
  silencedBy: string | null
  /** Page of the incident that it follows up. */
  follows: string | null
  nextAt: Instant | null
  /** When it was told last, with how many members and how grave; null while nobody was told. */
  told: { at: Instant; n: number; severity: Severity } | null
  /** Messages so far: each has its number. */
  number: number
  /** Channels that each party was told by: they hear of the end, whoever is on duty by then. */
  heard: Record<string, string[]>
  parties: PageParty[]
}

/** What joins a page: one rule's alert on one key, with what is known of it. */
export type Joining = {
  rule: string
  key: string
  label: string
  object: { type: string; id: string } | null
  since: Instant
  severity: Severity
  amount: number | null
  currency: string
  technical_s: number | null
}

/** Rule of pages that follow up what an incident held back. */
export const FOLLOW_UP = 'follow-up'

/** A page without members. */
export function emptyPage(
  about: Pick<Page, 'id' | 'rule' | 'group' | 'severity' | 'class' | 'labels' | 'startedAt' | 'openedAt' | 'nextAt'> &
    Partial<Pick<Page, 'inhibitedBy' | 'follows'>>,
  body: Pick<AlertBody, 'cause' | 'sla' | 'system' | 'trace_id'> & { noun: string },
): Page {
  const { noun, ...said } = body
  return {
    inhibitedBy: null,
    follows: null,
    ...about,
    state: 'waiting',
    body: { ...said, title: '', scope: { n: 0, of: null, noun, money: '' }, members: [], more: 0, stale: null },
    open: 0,
    fields: { value: '', threshold: '' },
    sums: {},
    resolvedAt: null,
    silencedBy: null,
    told: null,
    number: 0,
    heard: {},
    parties: [],
  }
}

const same = (one: { rule: string; key: string }, other: { rule: string; key: string }): boolean =>
  one.rule === other.rule && one.key === other.key

/**
 * Adds a member, or brings one up to date.
 *
 * @param isMember whether it is one already: beyond those that are listed nobody could tell
 */
export function join(page: Page, member: Joining, isMember: boolean, money: (amount: number, currency: string) => string): void {
  const listed = page.body.members.find((one) => same(one, member) && one.ended_at === null)
  const shown: AlertMember = {
    rule: member.rule,
    key: member.key,
    label: member.label,
    object: member.object,
    since: instantToIso(member.since),
    ended_at: null,
    severity: member.severity,
    money: member.amount === null ? '' : money(member.amount, member.currency),
    technical_s: member.technical_s,
    inhibited: page.inhibitedBy !== null,
  }
  page.severity = graver(page.severity, member.severity)
  page.startedAt = Math.min(page.startedAt, member.since)
  if (listed !== undefined) {
    Object.assign(listed, shown)
    return
  }
  if (isMember) return
  page.open++
  if (member.amount !== null && member.currency !== '')
    page.sums[member.currency] = (page.sums[member.currency] ?? 0) + member.amount
  if (page.body.members.length < LISTED_MEMBERS) page.body.members.push(shown)
  else {
    // What is over makes room for what is not, and documents for the incident that blocks them.
    const over = page.body.members.findIndex(({ ended_at }) => ended_at !== null)
    if (over >= 0) page.body.members.splice(over, 1, shown)
    else if (member.object === null) page.body.members.splice(-1, 1, shown)
  }
  page.body.more = Math.max(0, page.open - page.body.members.filter(({ ended_at }) => ended_at === null).length)
}

/** Ends a member at an instant. */
export function leave(
  page: Page,
  member: { rule: string; key: string; amount: number | null; currency: string },
  at: Instant,
): void {
  page.open = Math.max(0, page.open - 1)
  if (member.amount !== null && page.sums[member.currency] !== undefined)
    page.sums[member.currency] = Math.max(0, (page.sums[member.currency] ?? 0) - member.amount)
  const listed = page.body.members.find((one) => same(one, member) && one.ended_at === null)
  if (listed !== undefined) listed.ended_at = instantToIso(at)
  page.body.more = Math.max(0, page.open - page.body.members.filter(({ ended_at }) => ended_at === null).length)
}
