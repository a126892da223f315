import type { Note, NoteKind, NoteMember } from './alert-note.ts'
import type { Page } from './alert-page.ts'
import type { AlertRule } from './alert-rule.ts'
import type { NoteDraft } from './alert-turn.ts'
import { type Instant, instantToIso } from './instant.ts'

/** What messages of a tenant have in common, and how they link. */
export type Letterhead = {
  tenant: string
  brand: Note['brand']
  /** Address of an alert, of acknowledging it (null where there is no way), and of silencing it. */
  alert(id: string): string
  acknowledge(id: string, party: string): string | null
  silence(id: string): string
  object(object: { type: string; id: string }): string
  source(system: string, object: { type: string; id: string }): string | null
}

/** Kinds of messages that ask somebody to take an alert up. */
const ASKS: ReadonlySet<NoteKind> = new Set(['firing', 'raised', 'again', 'escalated', 'follow_up', 'handed_over'])

/** The message of a page as it is now. */
export function compose(
  page: Page,
  rule: AlertRule | undefined,
  draft: NoteDraft,
  key: string,
  at: Instant,
  head: Letterhead,
): Note {
  const { body } = page
  const members: NoteMember[] = body.members
    .filter(
      ({ ended_at, object }) =>
        (draft.kind === 'resolved' ? true : ended_at === null) && (object !== null || body.members.length === 1),
    )
    .map(({ label, object, since, severity, money, technical_s }) => ({
      label,
      object,
      since,
      severity,
      money,
      technical_s,
      url: object === null ? head.alert(page.id) : head.object(object),
      source_url: object === null ? null : head.source(body.system, object),
    }))
  return {
    id: key,
    alert_id: page.id,
    kind: draft.kind,
    tenant: head.tenant,
    brand: head.brand,
    rule: {
      id: page.rule,
      title: rule?.title ?? 'Still late after an outage',
      class: page.class,
      runbook: rule?.runbook ?? null,
    },
    severity: page.severity,
    title: body.title,
    cause: body.cause,
    scope: body.scope,
    sla: body.sla,
    trace_id: body.trace_id,
    started_at: instantToIso(page.startedAt),
    at: instantToIso(at),
    ended_at: endOf(page),
    members,
    more: body.more,
    labels: page.labels,
    links: {
      alert: head.alert(page.id),
      acknowledge: ASKS.has(draft.kind) ? head.acknowledge(page.id, draft.party) : null,
      silence: head.silence(page.id),
    },
  }
}

/** When the last of it ended; of a page that somebody closed, and of one whose members are more than are listed, when it was closed. */
function endOf({ resolvedAt, body: { members, more } }: Page): string | null {
  if (resolvedAt === null) return null
  const ends = members.map(({ ended_at }) => ended_at).filter((end) => end !== null)
  const last = ends.toSorted().at(-1)
  return last === undefined || ends.length < members.length || more > 0 ? instantToIso(resolvedAt) : last
}
