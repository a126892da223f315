import { type AlertBody, type AlertMember, LISTED_MEMBERS } from './alert-body.ts'
import { matches, onDuty, routesFor } from './alert-matching.ts'
import type { NoteKind } from './alert-note.ts'
import { emptyPage, FOLLOW_UP, join, type Joining, leave, type Page, type PageParty } from './alert-page.ts'
import type { Matcher, Party, Routing } from './alert-routing.ts'
import { type AlertRule, SEVERITIES, type Severity } from './alert-rule.ts'
import type { Instance, Missing, Transition } from './alert-step.ts'
import { titleOf } from './alert-words.ts'
import { type CompiledCalendar, isOpen, nextBusinessTime } from './calendar.ts'
import { type Instant, instantToIso } from './instant.ts'

/** One transition of a rule and key, with all that a page says of it. */
export type Change = {
  rule: AlertRule
  key: string
  transition: Transition
  after: Instance
  member: Joining
  labels: Record<string, string>
  said: Pick<AlertBody, 'cause' | 'sla' | 'system' | 'trace_id'> & { noun: string }
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
  /** Pages of rules and keys, by `rule\nkey`. */
  homes: Map<string, string>
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
  const out: Turned = { touched: new Set(), notes: [], story: [], homes: new Map(), money: new Map() }
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
  const home = change.home === null ? undefined : turn.pages.get(change.home)
  const isGone = transition.to === 'resolved' || (transition.to === 'inactive' && transition.from !== 'pending')
  if (isGone) {
    if (home === undefined || home.state === 'resolved') return
    out.touched.add(home.id)
    leave(home, member, transition.at)
    tellStory(out, home, transition.reason === 'retracted' ? 'retracted' : 'left', { rule: rule.id, key })
    if (home.open === 0) resolve(turn, out, home)
    return
  }
  if (transition.to !== 'firing') return
  const page = home !== undefined && home.state !== 'resolved' ? home : placed(turn, out, change)
  out.touched.add(page.id)
  out.homes.set(`${rule.id}\n${key}`, page.id)
  const wasOpen = page.open
  join(page, member, turn.money.one)
  if (transition.reason === 'raised') tellStory(out, page, 'raised', { rule: rule.id, key, severity: transition.severity })
  else if (page.open > wasOpen && wasOpen > 0) tellStory(out, page, 'joined', { rule: rule.id, key })
  if (page.told !== null && page.nextAt === null) page.nextAt = page.told.at + (turn.rule(page.rule)?.interval_s ?? 300) * 1e6
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
      labels: { ...common(labels, rule.group_by), ...kept },
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

/** Labels of a page that stand for all its members: where it groups by nothing they are those that never differ within a rule. */
function common(labels: Record<string, string>, groupBy: readonly string[]): Record<string, string> {
  return Object.fromEntries(Object.entries(labels).filter(([name]) => groupBy.includes(name as never) || name === 'object_type'))
}

function incidentPageOf(turn: Turn, incident: string | null): Page | undefined {
  if (incident === null) return undefined
  for (const page of turn.pages.values())
    if (page.state !== 'resolved' && page.body.members.some((one) => one.key === incident && one.ended_at === null)) return page
  return undefined
}

function resolve(turn: Turn, out: Turned, page: Page): void {
  page.state = 'resolved'
  page.resolvedAt = turn.now
  page.nextAt = null
  const channels = new Set<string>()
  for (const party of page.parties) {
    for (const channel of page.told === null ? [] : toldChannels(turn, party))
      if (!channels.has(channel)) {
        channels.add(channel)
        note(out, page, party.party, channel, 'resolved', page.startedAt)
      }
    party.state = 'done'
    party.nextAt = null
  }
  tellStory(out, page, 'resolved', {})
  for (const held of turn.pages.values())
    if (held.inhibitedBy === page.id && held.state !== 'resolved') {
      held.inhibitedBy = null
      held.nextAt = turn.now + FOLLOW_UP_AFTER_US
      for (const member of held.body.members) member.inhibited = false
      tellStory(out, held, 'released', { by: page.id })
      out.touched.add(held.id)
    }
}

/** Says of a page that its data is missing, or is there again: it stays as it is meanwhile. */
function goStale(turn: Turn, out: Turned, page: Page, stale: Missing | null): void {
  if (page.body.stale === stale) return
  out.touched.add(page.id)
  page.body.stale = stale
  tellStory(out, page, stale === null ? 'fresh' : 'stale', { reason: stale })
  if (stale !== null && page.told !== null)
    for (const party of page.parties)
      if (party.state === 'told')
        for (const channel of toldChannels(turn, party)) note(out, page, party.party, channel, 'stale', turn.now)
}

/** What comes due on a page by the engine's clock. */
function advance(turn: Turn, out: Turned, page: Page): void {
  if (page.inhibitedBy !== null) return
  const { now } = turn
  const isDue = page.nextAt !== null && page.nextAt <= now
  if (!isDue && !out.touched.has(page.id)) return
  const silence = turn.silences.find(
    ({ matcher, from, to }) => from <= now && to > now && matches(matcher, { ...page, labels: page.labels }),
  )
  if ((silence?.id ?? null) !== page.silencedBy) {
    out.touched.add(page.id)
    tellStory(out, page, silence === undefined ? 'released' : 'silenced', { silence: silence?.id ?? page.silencedBy })
    page.silencedBy = silence?.id ?? null
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
  if (page.told === null) {
    if (isDue) open(turn, out, page)
  } else if (SEVERITIES.indexOf(page.severity) > SEVERITIES.indexOf(page.told.severity)) {
    for (const party of page.parties) tellAgain(turn, out, page, party, 'raised')
    page.told = { at: now, n: counted, severity: page.severity }
  } else {
    const interval = (turn.rule(page.rule)?.interval_s ?? 300) * 1e6
    if (counted > page.told.n && page.told.at + interval <= now) {
      for (const party of page.parties) tellAgain(turn, out, page, party, 'more')
      page.told = { ...page.told, at: now, n: counted }
    }
  }
  for (const party of page.parties) escalate(turn, out, page, party)
  const grows =
    page.told !== null && counted > page.told.n ? page.told.at + (turn.rule(page.rule)?.interval_s ?? 300) * 1e6 : null
  page.nextAt = minimum(grows, ...page.parties.map(({ nextAt }) => nextAt))
}

/** Tells a page for the first time: its routes decide whom. */
function open(turn: Turn, out: Turned, page: Page): void {
  const { now } = turn
  const money = turn.money.number(sumsOf(turn, page))
  const ids = routesFor(turn.routing, { rule: page.rule, class: page.class, severity: page.severity, labels: page.labels, money })
  page.told = { at: now, n: Math.max(page.open, blockedBy(turn, page).length), severity: page.severity }
  out.touched.add(page.id)
  for (const id of ids) {
    if (page.parties.some(({ party }) => party === id)) continue
    page.parties.push({
      party: id,
      state: 'held',
      step: 0,
      startedAt: now,
      toldAt: null,
      acknowledgedSeverity: null,
      nextAt: now,
    })
  }
  if (ids.length === 0) tellStory(out, page, 'not_told', { reason: 'no route leads to anybody' })
}

/** Takes the steps of a party that are due, and holds it until its working time where it may wait. */
function escalate(turn: Turn, out: Turned, page: Page, own: PageParty): void {
  const party = partyOf(turn, own)
  if (party === undefined || own.state === 'done' || own.state === 'handed_over') return
  if (own.state === 'acknowledged') {
    own.nextAt = null
    return
  }
  if (own.nextAt === null || own.nextAt > turn.now) return
  const waits = waitsUntil(turn, party, page.severity)
  if (waits !== null && own.state === 'held') {
    if (own.nextAt !== waits) tellStory(out, page, 'not_told', { party: own.party, until: waits })
    own.nextAt = waits
    out.touched.add(page.id)
    return
  }
  if (own.state === 'held') own.startedAt = turn.now
  while (own.step < party.steps.length && own.startedAt + (party.steps[own.step]?.after_s ?? 0) * 1e6 <= turn.now) {
    const kind: NoteKind = own.step > 0 ? 'escalated' : page.follows === null ? 'firing' : 'follow_up'
    const told = channelsOf(turn, party, own.step)
    for (const channel of told) note(out, page, own.party, channel, kind, page.startedAt)
    tellStory(out, page, own.step === 0 ? 'told' : 'escalated', { party: own.party, step: own.step + 1, channels: told })
    own.step++
    own.state = 'told'
    own.toldAt = turn.now
    out.touched.add(page.id)
  }
  const next = party.steps[own.step]
  const repeat = turn.rule(page.rule)?.repeat_s ?? null
  if (next !== undefined) own.nextAt = own.startedAt + next.after_s * 1e6
  else if (repeat !== null && own.toldAt !== null) {
    if (own.toldAt + repeat * 1e6 <= turn.now) {
      tellAgain(turn, out, page, own, 'again')
      own.toldAt = turn.now
    }
    own.nextAt = own.toldAt + repeat * 1e6
  } else own.nextAt = null
}

/** Tells a party that was told before; one that has acknowledged hears of what is graver than that only. */
function tellAgain(turn: Turn, out: Turned, page: Page, own: PageParty, kind: 'raised' | 'more' | 'again'): void {
  if (own.state === 'held' || own.state === 'done' || own.state === 'handed_over') return
  if (own.state === 'acknowledged') {
    const known = own.acknowledgedSeverity ?? page.severity
    if (kind !== 'raised' || SEVERITIES.indexOf(page.severity) <= SEVERITIES.indexOf(known)) return
    own.state = 'told'
    own.step = 1
    own.startedAt = turn.now
    own.toldAt = turn.now
    const party = partyOf(turn, own)
    const next = party?.steps[1]
    own.nextAt = next === undefined ? null : turn.now + next.after_s * 1e6
  }
  for (const channel of toldChannels(turn, own)) note(out, page, own.party, channel, kind, page.startedAt)
  tellStory(out, page, 'told', { party: own.party, kind })
  out.touched.add(page.id)
}

const partyOf = (turn: Turn, { party }: PageParty): Party | undefined => turn.routing.parties.find(({ id }) => id === party)

/** Channels of the steps that a party has taken. */
function toldChannels(turn: Turn, own: PageParty): string[] {
  const party = partyOf(turn, own)
  if (party === undefined) return []
  return [...new Set(Array.from({ length: own.step }, (_, step) => channelsOf(turn, party, step)).flat())]
}

function channelsOf(turn: Turn, party: Party, step: number): string[] {
  const channels = (party.steps[step]?.to ?? []).flatMap((target) => {
    if ('channel' in target) return [target.channel]
    const rota = turn.routing.rotas.find(({ id }) => id === target.rota)
    return rota === undefined ? [] : [onDuty(rota, turn.now).channel]
  })
  return [...new Set(channels)]
}

/** Until when a party need not be woken; null where it is told now. */
function waitsUntil(turn: Turn, party: Party, severity: Severity): Instant | null {
  if (party.calendar === null) return null
  if (party.at_once_from !== null && SEVERITIES.indexOf(severity) >= SEVERITIES.indexOf(party.at_once_from)) return null
  const calendar = turn.calendar(party.calendar)
  if (calendar === null || isOpen(calendar, turn.now)) return null
  return nextBusinessTime(calendar, turn.now)
}

function blockedBy(turn: Turn, page: Page): readonly Blocked[] {
  if (turn.rule(page.rule)?.watch.kind !== 'incident') return []
  return page.body.members.flatMap(({ key, ended_at }) => (ended_at === null ? turn.blocked(key) : []))
}

/** Money at risk of a page: of an incident that of the documents which it blocks. */
function sumsOf(turn: Turn, page: Page): Record<string, number> {
  const blocked = blockedBy(turn, page)
  if (blocked.length === 0) return page.sums
  const sums: Record<string, number> = {}
  for (const { amount, currency } of blocked)
    if (amount !== null && currency !== '') sums[currency] = (sums[currency] ?? 0) + amount
  return sums
}

/** Brings what a page says up to date. */
function describe(turn: Turn, out: Turned, page: Page): void {
  const blocked = blockedBy(turn, page)
  const n = turn.rule(page.rule)?.watch.kind === 'incident' ? blocked.length : page.open
  const sums = sumsOf(turn, page)
  const money = turn.money.sum(sums)
  const of = turn.of(page)
  if (blocked.length > 0) {
    const own = page.body.members.filter(({ object }) => object === null)
    page.body.members = [
      ...own,
      ...blocked.slice(0, LISTED_MEMBERS - own.length).map((member) => ({
        rule: page.rule,
        key: member.key,
        label: member.label,
        object: member.object,
        since: instantToIso(member.since),
        ended_at: member.until === null ? null : instantToIso(member.until),
        severity: page.severity,
        money: member.amount === null ? '' : turn.money.one(member.amount, member.currency),
        technical_s: member.technical_s,
        inhibited: false,
      })),
    ]
    page.body.more = Math.max(0, blocked.length - (LISTED_MEMBERS - own.length))
  }
  if (page.class === 'business')
    for (const member of page.body.members) {
      const technical = member.ended_at === null && member.object !== null ? turn.technical(member.object) : null
      if (technical !== null) member.technical_s = Math.max(technical, member.technical_s ?? 0)
    }
  if (page.state !== 'resolved') {
    page.body.scope = { ...page.body.scope, n, of, money }
    page.body.title = titleOf(page, turn.rule(page.rule), { n, of, money })
  }
  out.money.set(page.id, turn.money.number(sums))
}

function note(out: Turned, page: Page, party: string, to: string, kind: NoteKind, aboutAt: Instant): void {
  page.number++
  out.notes.push({ page: page.id, number: page.number, party, to, kind, aboutAt })
}

function tellStory(out: Turned, page: Page, what: string, detail: Record<string, unknown>): void {
  out.story.push({ page: page.id, what, detail })
}

function minimum(...instants: (Instant | null)[]): Instant | null {
  const known = instants.filter((at) => at !== null)
  return known.length === 0 ? null : Math.min(...known)
}
