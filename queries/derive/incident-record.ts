import { createHash } from 'node:crypto'
import type { Instant } from '../../model/instant.ts'
import { type Attempt, type Cluster, clusterIncidents, familyOf, type Announcement } from '../../model/incidents.ts'

/** One row of `derive/attempts-window`: an attempt, an announcement or what an announcement caused, for one document. */
export type AttemptRow = {
  attempt_id: string
  at_us: Instant
  kind: string
  operation_id: string
  operation_class: string
  exception_id: string
  outcome: string
  class: string
  category: string
  code: string
  supplier: string
  leads: boolean
  document_type: string
  document_id: string
  amount_text: string | null
  currency: string
}

/** A document that an operation of an incident failed for. */
export type BlockedDocument = {
  document_type: string
  document_id: string
  operation_id: string
  operation_class: string
  leads: boolean
  supplier: string
  blocked_at: Instant
  released_at: Instant | null
  released_by: '' | 'operation' | 'step' | 'exception'
  failed_attempts: number
  /** When the operation was given up; 0 where it was not. */
  given_up_at: Instant
  amount: string | null
  currency: string
}

/** An incident as it is computed from the attempts on its system. */
export type Incident = {
  id: string
  family: string
  category: string
  first_failed_at: Instant
  last_failed_at: Instant
  ended_at: Instant | null
  by_cluster_rule: boolean
  attempts: number
  failures: readonly Attempt[]
  classes: Cluster['classes']
  announced: readonly string[]
  documents: readonly BlockedDocument[]
}

/** An announcement belongs to the incident that it comes before or within, or this soon after. */
const ANNOUNCED_WITHIN: Instant = 2 * 3600 * 1e6
/** A call of this long before or after an event of the same document is the same attempt, told twice. */
const SAME_ATTEMPT: Instant = 120 * 1e6

/** The incidents of a system, from the rows about it in any order. Pure: the same rows give the same incidents. */
export function incidentsOf(system: string, rows: readonly AttemptRow[]): Incident[] {
  const told = withoutTwins(rows)
  const given = told.filter(({ kind }) => kind === 'attempt' || kind === 'call')
  const attempts = [...new Map(given.map((row) => [row.attempt_id, attemptOf(row)])).values()]
  const instants = attempts.map(({ at }) => at).toSorted((a, b) => a - b)
  const byAttempt = groupBy(given, ({ attempt_id }) => attempt_id)
  const byOperation = groupBy(told, ({ operation_id }) => operation_id)
  const announcements = announcementsOf(told)
  const found: Incident[] = clusterIncidents(attempts, announcements).map((cluster) => {
    const [first, last] = [cluster.failures[0]?.at ?? 0, cluster.failures.at(-1)?.at ?? 0]
    const own = announcements.filter(
      (one) =>
        !one.taken &&
        familyOf(one.category) === cluster.family &&
        one.from <= last + ANNOUNCED_WITHIN &&
        (one.to ?? last) >= first - ANNOUNCED_WITHIN,
    )
    for (const one of own) one.taken = true
    return {
      id: idOf(system, cluster.family, first, cluster.failures[0]?.operation ?? ''),
      family: cluster.family,
      category: cluster.category,
      first_failed_at: first,
      last_failed_at: last,
      ended_at: cluster.ended_at,
      by_cluster_rule: cluster.by_cluster_rule,
      attempts: countBetween(instants, first, last),
      failures: cluster.failures,
      classes: cluster.classes,
      announced: own.map(({ id }) => id),
      documents: documentsOf(cluster.failures, byAttempt, byOperation).concat(causedBy(own, byOperation)),
    }
  })
  for (const one of announcements)
    if (!one.taken)
      found.push({
        id: idOf(system, familyOf(one.category), one.from, one.id),
        family: familyOf(one.category),
        category: one.category,
        first_failed_at: one.from,
        last_failed_at: one.from,
        ended_at: one.to,
        by_cluster_rule: false,
        attempts: 0,
        failures: [],
        classes: [],
        announced: [one.id],
        documents: causedBy([one], byOperation),
      })
  return found
}

function attemptOf(row: AttemptRow): Attempt {
  return {
    id: row.attempt_id,
    at: row.at_us,
    operation: row.operation_id,
    operation_class: row.operation_class,
    outcome: row.outcome === 'ok' ? 'ok' : 'failed',
    class: row.class,
    category: row.category,
    code: row.code,
    supplier: row.supplier,
  }
}

/** Leaves out failed calls of attempts that an event tells, too. */
function withoutTwins(rows: readonly AttemptRow[]): AttemptRow[] {
  const events = groupBy(
    rows.filter(({ kind }) => kind === 'attempt'),
    ({ document_type, document_id }) => `${document_type}\n${document_id}`,
  )
  return rows.filter(
    ({ kind, document_type, document_id, at_us }) =>
      kind !== 'call' ||
      document_id === '' ||
      !(events.get(`${document_type}\n${document_id}`)?.some((one) => Math.abs(one.at_us - at_us) <= SAME_ATTEMPT) ?? false),
  )
}

type Told = Announcement & { id: string; taken: boolean }

function announcementsOf(rows: readonly AttemptRow[]): Told[] {
  const ends = new Map(rows.filter(({ kind }) => kind === 'withdrawn').map(({ operation_id, at_us }) => [operation_id, at_us]))
  const found = new Map<string, Told>()
  for (const { kind, operation_id, at_us, category } of rows)
    if (kind === 'announced' && !found.has(operation_id))
      found.set(operation_id, { id: operation_id, from: at_us, category, to: ends.get(operation_id) ?? null, taken: false })
  return [...found.values()].toSorted((a, b) => a.from - b.from)
}

function documentsOf(
  failures: readonly Attempt[],
  byAttempt: ReadonlyMap<string, readonly AttemptRow[]>,
  byOperation: ReadonlyMap<string, readonly AttemptRow[]>,
): BlockedDocument[] {
  const found = new Map<string, BlockedDocument>()
  for (const failure of failures)
    for (const row of byAttempt.get(failure.id) ?? []) {
      if (row.document_id === '') continue
      const key = `${row.document_type}\n${row.document_id}\n${row.operation_id}`
      const known = found.get(key)
      if (known !== undefined) {
        known.failed_attempts++
        continue
      }
      const whole = byOperation.get(row.operation_id) ?? []
      const success = whole.find(
        (one) => one.at_us > row.at_us && (one.kind === 'attempt' || one.kind === 'call') && one.outcome === 'ok',
      )
      const given = whole.findLast(({ kind }) => kind === 'given_up')
      found.set(key, {
        document_type: row.document_type,
        document_id: row.document_id,
        operation_id: row.operation_id,
        operation_class: row.operation_class,
        leads: row.leads,
        supplier: row.supplier,
        blocked_at: row.at_us,
        released_at: success?.at_us ?? null,
        released_by: success === undefined ? '' : 'operation',
        failed_attempts: 1,
        given_up_at: given?.at_us ?? 0,
        amount: row.amount_text,
        currency: row.currency,
      })
    }
  return [...found.values()]
}

/** Documents with exceptions that name an announcement as their cause. */
function causedBy(announcements: readonly Told[], byOperation: ReadonlyMap<string, readonly AttemptRow[]>): BlockedDocument[] {
  const found = new Map<string, BlockedDocument>()
  for (const { id } of announcements) {
    const rows = byOperation.get(id) ?? []
    for (const row of rows) {
      const key = `${row.document_type}\n${row.document_id}\n${row.exception_id}`
      if (row.kind !== 'caused' || found.has(key)) continue
      const end = rows.find(
        (one) => one.kind === 'released' && one.exception_id === row.exception_id && one.document_id === row.document_id,
      )
      found.set(key, {
        document_type: row.document_type,
        document_id: row.document_id,
        operation_id: row.exception_id,
        operation_class: row.operation_class,
        leads: row.leads,
        supplier: row.supplier,
        blocked_at: row.at_us,
        released_at: end?.at_us ?? null,
        released_by: end === undefined ? '' : 'exception',
        failed_attempts: 0,
        given_up_at: 0,
        amount: row.amount_text,
        currency: row.currency,
      })
    }
  }
  return [...found.values()]
}

function idOf(system: string, family: string, first: Instant, what: string): string {
  return createHash('sha256').update(`${system}\n${family}\n${first}\n${what}`).digest('hex').slice(0, 16)
}

function countBetween(instants: readonly Instant[], from: Instant, to: Instant): number {
  let count = 0
  for (const at of instants) if (at >= from && at <= to) count++
  return count
}

function groupBy<T>(rows: readonly T[], key: (row: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>()
  for (const row of rows) {
    const group = groups.get(key(row))
    if (group === undefined) groups.set(key(row), [row])
    else group.push(row)
  }
  return groups
}
