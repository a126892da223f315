import { type AlertBody, type AlertMember, LISTED_MEMBERS } from './alert-body.ts'
import { isAsGrave, matches, onDuty, routesFor } from './alert-matching.ts'
import type { NoteKind } from './alert-note.ts'
import { emptyPage, FOLLOW_UP, join, type Joining, leave, type Page, type PageParty } from './alert-page.ts'
import type { Matcher, Party, Routing } from './alert-routing.ts'
import { type AlertRule, GROUPINGS, SEVERITIES, type Severity } from './alert-rule.ts'
import type { Instance, Missing, Transition } from './alert-step.ts'
import { titleOf } from './alert-words.ts'
import { addBusinessTime, type CompiledCalendar, isOpen, nextBusinessTime } from './calendar.ts'
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
  if (!isMember) page.labels = shared(page, change)
  if (transition.reason === 'raised') tellStory(out, page, 'raised', { rule: rule.id, key, severity: transition.severity })
  else if (page.open > wasOpen && wasOpen > 0) tellStory(out, page, 'joined', { rule: rule.id, key })
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

/** Parties that routes lead to. */
function routed(turn: Turn, page: Page): string[] {
  const { class: kind, severity, labels } = page
  const money = turn.money.number(sumsOf(turn, page))
  return [...new Set(rulesOf(page).flatMap((rule) => routesFor(turn.routing, { rule, class: kind, severity, labels, money })))]
}

/** Rules of a page: of one that follows up those of its members. */
function rulesOf(page: Page): string[] {
  const rules = page.rule === FOLLOW_UP ? page.body.members.map(({ rule }) => rule) : []
  return rules.length === 0 ? [page.rule] : [...new Set(rules)]
}

/** The rule by whose times a page is told again. */
const ruleOf = (turn: Turn, page: Page): AlertRule | undefined => turn.rule(rulesOf(page)[0] ?? page.rule)

/** Has the parties answer for a page that its routes lead to: more of them as it gets graver or dearer. */
function lead(turn: Turn, out: Turned, page: Page): void {
  const { now } = turn
  out.touched.add(page.id)
  for (const id of routed(turn, page)) {
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
}

/** Takes the steps of a party that are due, and holds it until its working time where it may wait. */
function escalate(turn: Turn, out: Turned, page: Page, own: PageParty): void {
  const party = partyOf(turn, own)
  if (party === undefined || own.state === 'done' || own.state === 'handed_over' || own.state === 'acknowledged') {
    own.nextAt = null
    return
  }
  // One that is held is looked at with every change: what got graver may not wait any more.
  if (own.state !== 'held' && (own.nextAt === null || own.nextAt > turn.now)) return
  const waits = waitsUntil(turn, party, page.severity)
  if (waits !== null) {
    hold(out, page, own, waits)
    return
  }
  if (own.state === 'held' && own.step > 0) {
    own.state = 'told'
    own.nextAt = turn.now
    own.toldAt = turn.now
    tellAgain(turn, out, page, own, 'again')
  }
  own.startedAt = Math.min(own.startedAt, turn.now)
  const dueAt = (step: number) => stepAt(turn, party, page, own.startedAt, party.steps[step]?.after_s ?? 0)
  while (own.step < party.steps.length && dueAt(own.step) <= turn.now) {
    const kind: NoteKind = own.step > 0 ? 'escalated' : firstKind(turn, page, own)
    const told = channelsOf(turn, party, own.step)
    for (const channel of told) note(out, page, own.party, channel, kind, page.startedAt)
    tellStory(out, page, own.step === 0 ? 'told' : 'escalated', { party: own.party, step: own.step + 1, channels: told })
    own.step++
    own.state = 'told'
    own.toldAt = turn.now
    out.touched.add(page.id)
  }
  const repeat = ruleOf(turn, page)?.repeat_s ?? null
  if (own.step < party.steps.length) own.nextAt = dueAt(own.step)
  else if (repeat !== null && own.toldAt !== null) {
    if (own.toldAt + repeat * 1e6 <= turn.now) {
      tellAgain(turn, out, page, own, 'again')
      own.toldAt = turn.now
    }
    own.nextAt = own.toldAt + repeat * 1e6
  } else own.nextAt = null
}

/** Leaves a party alone until its working time; what it was told before it is told again then. */
function hold(out: Turned, page: Page, own: PageParty, until: Instant): void {
  if (own.nextAt === until) return
  if (own.state === 'held' && own.step === 0) own.startedAt = until
  tellStory(out, page, 'not_told', { party: own.party, until })
  own.nextAt = until
  out.touched.add(page.id)
}

/** When a step is due: of a party that may wait its working time counts alone. */
function stepAt(turn: Turn, party: Party, page: Page, from: Instant, after_s: number): Instant {
  const calendar = mayWait(party, page.severity) && party.calendar !== null ? turn.calendar(party.calendar) : null
  const at = calendar === null ? from + after_s * 1e6 : addBusinessTime(calendar, from, after_s * 1e6)
  return at ?? Number.MAX_SAFE_INTEGER
}

/** Why a party is told first. */
function firstKind(turn: Turn, page: Page, own: PageParty): NoteKind {
  const isHandedOver = page.parties.some(({ state }) => state === 'handed_over') && !routed(turn, page).includes(own.party)
  return isHandedOver ? 'handed_over' : page.follows === null ? 'firing' : 'follow_up'
}

/** Tells a party that was told before; one that has acknowledged hears of what is graver than that only. */
function tellAgain(turn: Turn, out: Turned, page: Page, own: PageParty, kind: 'raised' | 'more' | 'again' | 'stale'): void {
  if (own.state === 'held' || own.state === 'done' || own.state === 'handed_over') return
  if (own.state === 'acknowledged') {
    const known = own.acknowledgedSeverity ?? page.severity
    if (kind !== 'raised' || SEVERITIES.indexOf(page.severity) <= SEVERITIES.indexOf(known)) return
    own.state = 'told'
    own.step = 1
    own.startedAt = turn.now
    own.toldAt = turn.now
    own.nextAt = turn.now
  }
  const party = partyOf(turn, own)
  const waits = party === undefined ? null : waitsUntil(turn, party, page.severity)
  if (waits !== null) {
    own.state = 'held'
    hold(out, page, own, waits)
    return
  }
  const aboutAt = kind === 'stale' ? turn.now : page.startedAt
  for (const channel of toldChannels(turn, own)) note(out, page, own.party, channel, kind, aboutAt)
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
  if (party.calendar === null || !mayWait(party, severity)) return null
  const calendar = turn.calendar(party.calendar)
  if (calendar === null || isOpen(calendar, turn.now)) return null
  return nextBusinessTime(calendar, turn.now)
}

const mayWait = ({ at_once_from }: Party, severity: Severity): boolean =>
  at_once_from === null || !isAsGrave(severity, at_once_from)

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
  const heard = (page.heard[party] ??= [])
  if (!heard.includes(to)) heard.push(to)
  out.notes.push({ page: page.id, number: page.number, party, to, kind, aboutAt })
}

function tellStory(out: Turned, page: Page, what: string, detail: Record<string, unknown>): void {
  out.story.push({ page: page.id, what, detail })
}

function minimum(...instants: (Instant | null)[]): Instant | null {
  const known = instants.filter((at) => at !== null)
  return known.length === 0 ? null : Math.min(...known)
}
