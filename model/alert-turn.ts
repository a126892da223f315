import type { AlertBody, AlertMember } from './alert-body.ts'
import { blockedBy, describe } from './alert-describe.ts'
import { matches } from './alert-matching.ts'
import type { NoteKind } from './alert-note.ts'
import { emptyPage, FOLLOW_UP, join, type Joining, leave, type Page } from './alert-page.ts'
import { escalate, lead, note, ruleOf, rulesOf, tellAgain, tellStory } from './alert-parties.ts'
import type { Matcher, Routing } from './alert-routing.ts'
import { type AlertRule, GROUPINGS, SEVERITIES } from './alert-rule.ts'
import type { Instance, Missing, Transition } from './alert-step.ts'
import type { CompiledCalendar } from './calendar.ts'
import type { Instant } from './instant.ts'

/** One transition of a rule and key, with all that a page says of it. */
export type Change = {
  rule: AlertRule
  key: string
  transition: Transition
  after: Instance
  member: Joining
  labels: Record<string, string>
  said: Pick<AlertBody, 'cause' | 'sla' | 'system' | 'trace_id'> & { noun: string }
  /** Of a value that was looked up: itself, and what it is held against, in words. */
  fields: Page['fields'] | null
  /** Page that it is part of; null while it is part of none. */
  home: string | null
  /** Incident that blocks its document now. */
  blockedBy: string | null
}

/** A message to write: `to` is the channel. */
export type NoteDraft = { page: string; number: number; party: string; to: string; kind: NoteKind; aboutAt: Instant }
export type StoryDraft = { page: string; what: string; detail: Record<string, unknown> }

/** A document that an incident blocks, or blocked until an instant. */
export type Blocked = Joining & { until: Instant | null }

/** What a turn works with. */
export type Turn = {
  /** The engine's clock. */
  now: Instant
  routing: Routing
  silences: readonly { id: string; matcher: Matcher; from: Instant; to: Instant }[]
  rule(id: string): AlertRule | undefined
  calendar(name: string): CompiledCalendar | null
  /** Open pages by id, every page that a change or a held page names among them. */
  pages: Map<string, Page>
  pageId(rule: string, group: string, first: Change): string
  /** Documents that an incident blocks, for the page of it. */
  blocked(incident: string): readonly Blocked[]
  /** How many there are in all of what a page counts; null where that is not known. */
  of(page: Page): number | null
  /** Incidents that something became known of, and documents (`type/id`) whose blocks did. */
  stirred: ReadonlySet<string>
  /** Seconds of a document's time that technical failures took by now; null where nothing is known of it. */
  technical(document: { type: string; id: string }): number | null
  /** Rules and keys whose data went missing, or is there again, by their page. */
  staled: readonly { page: string; stale: Missing | null }[]
  /** Systems that fell silent: what is known of their documents may be old. */
  silent: ReadonlySet<string>
  money: {
    one(amount: number, currency: string): string
    sum(sums: Record<string, number>): string
    number(sums: Record<string, number>): number | null
  }
}

export type Turned = {
  touched: Set<string>
  notes: NoteDraft[]
  story: StoryDraft[]
  /** Pages of rules and keys, by `rule\nkey`; null of those that left theirs. */
  homes: Map<string, string | null>
  /** Pages that transitions are about. */
  pageOf: Map<Transition, string>
  /** Money at risk of the touched pages in the reporting currency. */
  money: Map<string, number | null>
}

/** After an incident ends, what it held back has so long to be done by itself before anybody is told. */
export const FOLLOW_UP_AFTER_US: Instant = 120e6

/**
 * One turn of all that comes after the state machine: changes join and leave pages, pages are held back by incidents and silences, and
 * parties are told, told again and told further up. Pure: pages in `turn.pages` are changed in place, nothing else is.
 */
export function takeTurn(turn: Turn, changes: readonly Change[]): Turned {
  const out: Turned = { touched: new Set(), notes: [], story: [], homes: new Map(), pageOf: new Map(), money: new Map() }
  for (const page of turn.pages.values()) if (page.state === 'resolved' && page.nextAt !== null) resolve(turn, out, page)
  for (const change of changes) apply(turn, out, change)
  for (const { page: id, stale } of turn.staled) {
    const page = turn.pages.get(id)
    if (page !== undefined && page.state !== 'resolved') goStale(turn, out, page, stale)
  }
  for (const page of turn.pages.values()) {
    if (page.state === 'resolved') continue
    const isStirred = ({ key, object }: AlertMember): boolean =>
      turn.stirred.has(key) || (page.follows !== null && object !== null && turn.stirred.has(`${object.type}/${object.id}`))
    if (page.body.members.some((member) => member.ended_at === null && isStirred(member))) out.touched.add(page.id)
    const isSilent = turn.silent.has(page.body.system)
    if (isSilent && page.body.stale === null && page.class === 'business') goStale(turn, out, page, 'source_silent')
    else if (!isSilent && page.body.stale === 'source_silent') goStale(turn, out, page, null)
  }
  for (const page of turn.pages.values()) if (page.state !== 'resolved') advance(turn, out, page)
  for (const id of out.touched) {
    const page = turn.pages.get(id)
    if (page !== undefined) describe(turn, out, page)
  }
  return out
}

function apply(turn: Turn, out: Turned, change: Change): void {
  const { transition, rule, key, member } = change
  const name = `${rule.id}\n${key}`
  // Of several changes in one look the later ones find what the earlier ones did.
  const known = out.homes.get(name)
  const home = turn.pages.get((known === undefined ? change.home : known) ?? '')
  if (home !== undefined) out.pageOf.set(transition, home.id)
  const isGone = transition.to === 'resolved' || (transition.to === 'inactive' && transition.from !== 'pending')
  if (isGone) {
    out.homes.set(name, null)
    if (home === undefined || home.state === 'resolved') return
    out.touched.add(home.id)
    leave(home, member, transition.at)
    forget(turn, home, change)
    tellStory(out, home, transition.reason === 'retracted' ? 'retracted' : 'left', { rule: rule.id, key })
    if (home.open === 0) resolve(turn, out, home)
    return
  }
  if (transition.to !== 'firing') return
  const isMember = home !== undefined && home.state !== 'resolved'
  const page = isMember ? home : placed(turn, out, change)
  out.touched.add(page.id)
  out.homes.set(name, page.id)
  out.pageOf.set(transition, page.id)
  const wasOpen = page.open
  join(page, member, isMember, turn.money.one)
  page.fields = change.fields ?? page.fields
  if (!isMember) page.labels = shared(page, change)
  // How grave it was before anybody was told is no news.
  if (transition.reason === 'raised') {
    if (page.told !== null) tellStory(out, page, 'raised', { rule: rule.id, key, severity: transition.severity })
  } else if (page.open > wasOpen && wasOpen > 0) tellStory(out, page, 'joined', { rule: rule.id, key })
}

/** Of a page that was told one fewer is left: whoever takes its place is news. */
function forget(turn: Turn, page: Page, { after }: Change): void {
  if (page.told === null || turn.rule(page.rule)?.watch.kind === 'incident') return
  const wasTold = after.firedAt === null || after.firedAt <= page.told.at
  page.told = { ...page.told, n: Math.min(page.open, Math.max(0, page.told.n - Number(wasTold))) }
}

/** The open page of a change's group, or a new one. */
function placed(turn: Turn, out: Turned, change: Change): Page {
  const { rule, labels, said, member } = change
  const incident = rule.inhibited && rule.watch.kind !== 'incident' ? incidentPageOf(turn, change.blockedBy) : undefined
  const owner = labels['owner'] ?? ''
  const name = incident === undefined ? rule.id : FOLLOW_UP
  const group =
    incident === undefined ? rule.group_by.map((label) => labelOf(change, label)).join(' · ') : `${incident.id} ${owner}`
  for (const page of turn.pages.values()) if (page.rule === name && page.group === group && page.state !== 'resolved') return page
  const id = turn.pageId(name, group, change)
  const kept =
    incident === undefined ? Object.fromEntries(rule.group_by.map((label) => [label, labelOf(change, label)])) : { owner }
  const page = emptyPage(
    {
      id,
      rule: name,
      group,
      severity: member.severity,
      class: incident === undefined ? rule.class : 'business',
      labels: { ...Object.fromEntries(GROUPINGS.flatMap((name) => (labels[name] ? [[name, labels[name]]] : []))), ...kept },
      startedAt: member.since,
      openedAt: turn.now,
      nextAt: incident === undefined ? turn.now + rule.wait_s * 1e6 : null,
      inhibitedBy: incident?.id ?? null,
      follows: incident?.id ?? null,
    },
    incident === undefined
      ? said
      : { ...said, cause: `${incident.body.system} had failed.`, system: incident.body.system, trace_id: incident.body.trace_id },
  )
  turn.pages.set(id, page)
  tellStory(out, page, 'opened', { group })
  if (incident !== undefined) {
    tellStory(out, page, 'inhibited', { by: incident.id })
    tellStory(out, incident, 'inhibited', { page: id, rule: rule.id })
    out.touched.add(incident.id)
  }
  return page
}

const labelOf = (change: Change, label: string): string => (label === 'key' ? change.key : (change.labels[label] ?? ''))

/** Labels of a page that are those of a further member, too: they stand for all of it. */
function shared(page: Page, change: Change): Record<string, string> {
  return Object.fromEntries(Object.entries(page.labels).filter(([name, value]) => labelOf(change, name) === value))
}

function incidentPageOf(turn: Turn, incident: string | null): Page | undefined {
  if (incident === null) return undefined
  for (const page of turn.pages.values())
    if (page.state !== 'resolved' && page.body.members.some((one) => one.key === incident && one.ended_at === null)) return page
  return undefined
}

/** Ends a page, or tells of the end of one that somebody closed: all who were told of it hear it, silence or not. */
function resolve(turn: Turn, out: Turned, page: Page): void {
  out.touched.add(page.id)
  if (page.state !== 'resolved') tellStory(out, page, 'resolved', {})
  page.state = 'resolved'
  page.resolvedAt ??= turn.now
  page.nextAt = null
  const channels = new Set<string>()
  for (const [party, heard] of Object.entries(page.heard).toSorted(([one], [other]) => (one < other ? -1 : 1)))
    for (const channel of heard)
      if (!channels.has(channel)) {
        channels.add(channel)
        note(out, page, party, channel, 'resolved', page.startedAt)
      }
  for (const party of page.parties) {
    party.state = 'done'
    party.nextAt = null
  }
  release(turn, out, page)
}

/** Lets go of what an incident held back. */
function release(turn: Turn, out: Turned, incident: Page): void {
  const held = [...turn.pages.values()].filter(({ inhibitedBy, state }) => inhibitedBy === incident.id && state !== 'resolved')
  for (const page of held) {
    page.inhibitedBy = null
    page.nextAt = turn.now + FOLLOW_UP_AFTER_US
    for (const member of page.body.members) member.inhibited = false
    tellStory(out, page, 'released', { by: incident.id })
    out.touched.add(page.id)
  }
}

/** Says of a page that its data is missing, or is there again: it stays as it is meanwhile. */
function goStale(turn: Turn, out: Turned, page: Page, stale: Missing | null): void {
  if (page.body.stale === stale) return
  out.touched.add(page.id)
  page.body.stale = stale
  tellStory(out, page, stale === null ? 'fresh' : 'stale', { reason: stale })
  if (stale !== null && page.told !== null && page.silencedBy === null)
    for (const party of page.parties) tellAgain(turn, out, page, party, 'stale')
}

/** What comes due on a page by the engine's clock. */
function advance(turn: Turn, out: Turned, page: Page): void {
  if (page.inhibitedBy !== null) return
  const { now } = turn
  let isDue = page.nextAt !== null && page.nextAt <= now
  if (!isDue && !out.touched.has(page.id)) return
  const silence = turn.silences.find(
    ({ matcher, from, to }) => from <= now && to > now && rulesOf(page).every((rule) => matches(matcher, { ...page, rule })),
  )
  if ((silence?.id ?? null) !== page.silencedBy) {
    out.touched.add(page.id)
    tellStory(out, page, silence === undefined ? 'released' : 'silenced', { silence: silence?.id ?? page.silencedBy })
    page.silencedBy = silence?.id ?? null
    // What a silence held back is due now, but for a page that still waits for more.
    if (silence === undefined) page.nextAt = Math.max(now, page.openedAt + (turn.rule(page.rule)?.wait_s ?? 0) * 1e6)
    isDue = page.nextAt !== null && page.nextAt <= now
  }
  if (silence !== undefined) {
    page.nextAt = isDue ? silence.to : minimum(page.nextAt, silence.to)
    return
  }
  if (page.state === 'waiting') {
    if (!isDue) return
    out.touched.add(page.id)
    page.state = 'firing'
    open(turn, out, page)
  }
  const counted = Math.max(page.open, blockedBy(turn, page).length)
  const interval = (ruleOf(turn, page)?.interval_s ?? 300) * 1e6
  // The routing may lead to others than when it was told.
  if (page.told !== null && isDue) lead(turn, out, page)
  if (page.told === null) {
    if (isDue) open(turn, out, page)
  } else if (SEVERITIES.indexOf(page.severity) > SEVERITIES.indexOf(page.told.severity)) {
    for (const party of page.parties) tellAgain(turn, out, page, party, 'raised')
    lead(turn, out, page)
    page.told = { at: now, n: counted, severity: page.severity }
  } else {
    if (counted > page.told.n && page.told.at + interval <= now) {
      for (const party of page.parties) tellAgain(turn, out, page, party, 'more')
      lead(turn, out, page)
      page.told = { ...page.told, at: now, n: counted }
    }
  }
  for (const party of page.parties) escalate(turn, out, page, party)
  const grows = page.told !== null && counted > page.told.n ? page.told.at + interval : null
  page.nextAt = minimum(grows, ...page.parties.map(({ nextAt }) => nextAt))
}

/** Tells a page for the first time. */
function open(turn: Turn, out: Turned, page: Page): void {
  page.told = { at: turn.now, n: Math.max(page.open, blockedBy(turn, page).length), severity: page.severity }
  lead(turn, out, page)
  if (page.parties.length === 0) tellStory(out, page, 'not_told', { reason: 'no route leads to anybody' })
}

function minimum(...instants: (Instant | null)[]): Instant | null {
  const known = instants.filter((at) => at !== null)
  return known.length === 0 ? null : Math.min(...known)
}
