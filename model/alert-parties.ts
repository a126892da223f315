import { isAsGrave, routesFor } from './alert-matching.ts'
import { sumsOf } from './alert-describe.ts'
import type { NoteKind } from './alert-note.ts'
import { FOLLOW_UP, type Page, type PageParty } from './alert-page.ts'
import type { Party } from './alert-routing.ts'
import { type AlertRule, SEVERITIES, type Severity } from './alert-rule.ts'
import type { Turn, Turned } from './alert-turn.ts'
import { addBusinessTime, isOpen, nextBusinessTime } from './calendar.ts'
import type { Instant } from './instant.ts'
import { onDuty } from './on-duty.ts'

/** Parties that routes lead to. */
function routed(turn: Turn, page: Page): string[] {
  const { class: kind, severity, labels } = page
  const money = turn.money.number(sumsOf(turn, page))
  return [...new Set(rulesOf(page).flatMap((rule) => routesFor(turn.routing, { rule, class: kind, severity, labels, money })))]
}

/** Rules of a page: of one that follows up those of its members. */
export function rulesOf(page: Page): string[] {
  const rules = page.rule === FOLLOW_UP ? page.body.members.map(({ rule }) => rule) : []
  return rules.length === 0 ? [page.rule] : [...new Set(rules)]
}

/** The rule by whose times a page is told again. */
export const ruleOf = (turn: Turn, page: Page): AlertRule | undefined => turn.rule(rulesOf(page)[0] ?? page.rule)

/** Has the parties answer for a page that its routes lead to: more of them as it gets graver or dearer. */
export function lead(turn: Turn, out: Turned, page: Page): void {
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
export function escalate(turn: Turn, out: Turned, page: Page, own: PageParty): void {
  const party = partyOf(turn, own)
  if (own.state === 'acknowledged' && own.nextAt !== null)
    for (const channel of page.heard[own.party] ?? []) note(out, page, own.party, channel, 'acknowledged', page.startedAt)
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
export function tellAgain(
  turn: Turn,
  out: Turned,
  page: Page,
  own: PageParty,
  kind: 'raised' | 'more' | 'again' | 'stale',
): void {
  if (own.state === 'held' || own.state === 'done' || own.state === 'handed_over') return
  if (own.state === 'acknowledged') {
    const known = own.acknowledgedSeverity ?? page.severity
    if (kind !== 'raised' || SEVERITIES.indexOf(page.severity) <= SEVERITIES.indexOf(known)) return
    own.state = 'told'
    own.step = 1
    own.startedAt = turn.now
    own.nextAt = turn.now
  }
  const party = partyOf(turn, own)
  const waits = party === undefined ? null : waitsUntil(turn, party, page.severity)
  if (waits !== null) {
    own.state = 'held'
    hold(out, page, own, waits)
    return
  }
  own.toldAt = turn.now
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

/** Writes a message of a page; its party hears of the end by the same channel. */
export function note(out: Turned, page: Page, party: string, to: string, kind: NoteKind, aboutAt: Instant): void {
  page.number++
  const heard = (page.heard[party] ??= [])
  if (!heard.includes(to)) heard.push(to)
  out.notes.push({ page: page.id, number: page.number, party, to, kind, aboutAt })
}

/** Keeps what happened to a page in its story. */
export function tellStory(out: Turned, page: Page, what: string, detail: Record<string, unknown>): void {
  out.story.push({ page: page.id, what, detail })
}
