import { LISTED_MEMBERS } from './alert-body.ts'
import type { Page } from './alert-page.ts'
import type { Blocked, Turn, Turned } from './alert-turn.ts'
import { titleOf } from './alert-words.ts'
import { instantToIso } from './instant.ts'

/** Documents that the incidents of a page block. */
export function blockedBy(turn: Turn, page: Page): readonly Blocked[] {
  if (turn.rule(page.rule)?.watch.kind !== 'incident') return []
  return page.body.members.flatMap(({ key, ended_at }) => (ended_at === null ? turn.blocked(key) : []))
}

/** Money at risk of a page: of an incident that of the documents which it blocks. */
export function sumsOf(turn: Turn, page: Page): Record<string, number> {
  const blocked = blockedBy(turn, page)
  if (blocked.length === 0) return page.sums
  const sums: Record<string, number> = {}
  for (const { amount, currency } of blocked)
    if (amount !== null && currency !== '') sums[currency] = (sums[currency] ?? 0) + amount
  return sums
}

/** Brings what a page says up to date. */
export function describe(turn: Turn, out: Turned, page: Page): void {
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
