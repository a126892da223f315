import type { Instant } from './instant.ts'

/** What one attempt of an operation gave, as clustering reads it. */
export type Attempt = {
  id: string
  at: Instant
  /** The operation that it is an attempt of; attempts of one operation share it. */
  operation: string
  /** What is done, whatever the document: a step of the workflow or the name of a call. */
  operation_class: string
  /** ok: the system answered, a verdict among it; failed: it did not, or refused what it used to take. */
  outcome: 'ok' | 'failed'
  /** Class and category by the classification; empty where it is ok. */
  class: string
  category: string
  code: string
  supplier: string
}

/** A failure that is told of a system itself, and until when; `to` is null while it is not withdrawn. */
export type Announcement = { category: string; from: Instant; to: Instant | null }

/** Failures of one system that belong together, in order. */
export type Cluster = {
  family: string
  /** The most frequent category of its failures. */
  category: string
  failures: readonly Attempt[]
  /** Whether verdicts of the system are read as one technical cause: the same 4xx for many suppliers at once. */
  by_cluster_rule: boolean
  /** By class of operation: its last failure here, and the first success after that; null while there is none. */
  classes: readonly { operation_class: string; last_failed_at: Instant; recovered_at: Instant | null }[]
  /** The instant at which all its classes of operation had succeeded again; null without such evidence. */
  ended_at: Instant | null
}

/** Share of attempts that fail while a system is well, and while it is not. */
const [WELL, UNWELL] = [0.03, 0.5]
const FAILURE = Math.log(UNWELL / WELL)
const SUCCESS = Math.log((1 - UNWELL) / (1 - WELL))
/** What a change between the two must outweigh: of three failures in a row it does, of two it does not. */
const CHANGE = 3
/** Without any attempt for longer than this, two failures have nothing to do with each other. */
export const LONGEST_GAP: Instant = 96 * 3600 * 1e6
/** Failures so long before it is told belong to what is told. */
const TOLD_WITHIN: Instant = 1800 * 1e6
/** The cluster rule: so many suppliers at once are refused by what took them before. */
const SUPPLIERS_AT_ONCE = 5
/** … and so many of the attempts before were not refused by that code. */
const ATTEMPTS_BEFORE = 10

/** What shows in several categories and is one trouble: a system that is down answers late, or not at all, or its gateway refuses. */
const AVAILABILITY: ReadonlySet<string> = new Set(['timeout', 'unavailable', 'connector', 'platform', 'queue.backlog'])
/** Codes of requests that the caller could mend; those of identity, waiting and limits have categories of their own. */
const CALLERS_FAULT = /\b4(?!01|03|07|08|25|29)\d\d\b/u

/**
 * Clusters attempts on one system into incidents. A stretch of attempts is one where it is likelier that the system fails every other time
 * than that it fails three times in a hundred (a hidden Markov model of two states, by Viterbi); stretches of all operations and of each
 * class of operation are joined where they overlap. What is found depends on the set of attempts only, never on the order of their arrival.
 *
 * @param attempts of one system; any order
 * @param announcements of the same system: what fails of the announced kind meanwhile is one incident, likely or not
 */
export function clusterIncidents(attempts: readonly Attempt[], announcements: readonly Announcement[] = []): Cluster[] {
  const ordered = attempts.toSorted((a, b) => a.at - b.at || (a.id < b.id ? -1 : 1))
  const families = new Map<string, Attempt[]>()
  for (const attempt of ordered) {
    if (attempt.outcome !== 'failed' || attempt.class === 'business') continue
    append(families, familyOf(attempt.category), attempt)
  }
  const classes = groupBy(ordered, ({ operation_class }) => operation_class)
  const found: Cluster[] = []
  for (const family of [...families.keys()].toSorted()) {
    const isFailure = (one: Attempt) => one.outcome === 'failed' && one.class !== 'business' && familyOf(one.category) === family
    const isSuccess = (one: Attempt) => one.outcome === 'ok' || one.class === 'business'
    const stretches = [ordered, ...classes.values()].flatMap((some) => stretchesOf(some, isFailure, isSuccess))
    for (const { category, from, to } of announcements)
      if (familyOf(category) === family)
        stretches.push((families.get(family) ?? []).filter(({ at }) => at >= from - TOLD_WITHIN && (to === null || at < to)))
    for (const failures of joined(stretches)) found.push(clusterOf(family, failures, classes, isSuccess, false))
  }
  return [...found, ...refusedAtOnce(classes)].toSorted(
    (a, b) => (a.failures[0]?.at ?? 0) - (b.failures[0]?.at ?? 0) || (a.family < b.family ? -1 : 1),
  )
}

/** Categories in which one trouble shows have one family. */
export function familyOf(category: string): string {
  return AVAILABILITY.has(category) ? 'availability' : category === '' ? 'unknown' : category
}

/** Verdicts that are none: the same 4xx for many suppliers at once by an operation that was not refused with it before. */
function refusedAtOnce(classes: ReadonlyMap<string, readonly Attempt[]>): Cluster[] {
  const found: Cluster[] = []
  for (const some of classes.values()) {
    const refused = some.filter((one) => one.outcome === 'failed' && one.class !== 'technical' && CALLERS_FAULT.test(one.code))
    for (const code of [...new Set(refused.map((one) => one.code))].toSorted()) {
      const isFailure = (one: Attempt) => one.outcome === 'failed' && one.class !== 'technical' && one.code === code
      const isSuccess = (one: Attempt) => one.outcome === 'ok'
      for (const failures of stretchesOf(some, isFailure, isSuccess)) {
        const suppliers = new Set(failures.map(({ supplier, operation }) => (supplier === '' ? operation : supplier)))
        const first = failures[0]
        if (first === undefined || suppliers.size < SUPPLIERS_AT_ONCE) continue
        const before = some.slice(0, some.indexOf(first)).slice(-ATTEMPTS_BEFORE)
        if (before.length < ATTEMPTS_BEFORE || before.some(isFailure)) continue
        found.push({ ...clusterOf('schema_mapping', failures, classes, isSuccess, true), category: 'schema_mapping' })
      }
    }
  }
  return found
}

/**
 * The stretches of a sequence in which its system is likelier unwell than well, as the failures in each. Attempts that are neither are
 * passed over.
 */
function stretchesOf(
  sequence: readonly Attempt[],
  isFailure: (one: Attempt) => boolean,
  isSuccess: (one: Attempt) => boolean,
): Attempt[][] {
  const items = sequence.filter((one) => isFailure(one) || isSuccess(one))
  const found: Attempt[][] = []
  // From which state the best way to each state came, attempt by attempt.
  const unwellFromWell: boolean[] = []
  const wellFromUnwell: boolean[] = []
  let [well, unwell] = [0, Number.NEGATIVE_INFINITY]
  for (const [at, one] of items.entries()) {
    const before = items[at - 1]
    const isCut = before !== undefined && one.at - before.at > LONGEST_GAP
    const leaving = unwell - CHANGE
    wellFromUnwell.push(leaving > well)
    const wellNow = Math.max(well, leaving)
    const entering = (isCut ? wellNow : well) - CHANGE
    unwellFromWell.push(isCut || entering > unwell)
    unwell = (isCut ? entering : Math.max(unwell, entering)) + (isFailure(one) ? FAILURE : SUCCESS)
    well = wellNow
  }
  let isUnwell = unwell - CHANGE > well
  let current: Attempt[] = []
  for (let at = items.length - 1; at >= 0; at--) {
    const one = items[at]
    if (one === undefined) break
    if (isUnwell) {
      if (isFailure(one)) current.push(one)
      if (unwellFromWell[at] === true) {
        found.push(current.toReversed())
        current = []
        const before = items[at - 1]
        const isCut = before !== undefined && one.at - before.at > LONGEST_GAP
        isUnwell = isCut && wellFromUnwell[at] === true
      }
    } else isUnwell = wellFromUnwell[at] === true
  }
  return found.toReversed().filter((failures) => failures.length > 0)
}

/** Joins stretches that share a failure or overlap in time; each failure once, in order. */
function joined(stretches: readonly (readonly Attempt[])[]): Attempt[][] {
  const ordered = stretches.toSorted((a, b) => (a[0]?.at ?? 0) - (b[0]?.at ?? 0))
  const result: { last: Instant; failures: Map<string, Attempt> }[] = []
  for (const failures of ordered) {
    const [first, last] = [failures[0], failures.at(-1)]
    if (first === undefined || last === undefined) continue
    const former = result.at(-1)
    const own = former !== undefined && first.at <= former.last ? former : { last: last.at, failures: new Map<string, Attempt>() }
    if (own !== former) result.push(own)
    own.last = Math.max(own.last, last.at)
    for (const one of failures) own.failures.set(one.id, one)
  }
  return result.map(({ failures }) => [...failures.values()].toSorted((a, b) => a.at - b.at || (a.id < b.id ? -1 : 1)))
}

function clusterOf(
  family: string,
  failures: readonly Attempt[],
  all: ReadonlyMap<string, readonly Attempt[]>,
  isSuccess: (one: Attempt) => boolean,
  byRule: boolean,
): Cluster {
  const classes = [...groupBy(failures, ({ operation_class }) => operation_class)]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([operation_class, own]) => {
      const last_failed_at = own.at(-1)?.at ?? 0
      const success = all.get(operation_class)?.find((one) => one.at > last_failed_at && isSuccess(one))
      return { operation_class, last_failed_at, recovered_at: success?.at ?? null }
    })
  const recovered = classes.flatMap(({ recovered_at }) => (recovered_at === null ? [] : [recovered_at]))
  const categories = [...groupBy(failures, ({ category }) => category)].toSorted(
    ([a, some], [b, others]) => others.length - some.length || (a < b ? -1 : 1),
  )
  return {
    family,
    category: categories[0]?.[0] ?? '',
    failures,
    by_cluster_rule: byRule,
    classes,
    ended_at: recovered.length === classes.length ? Math.max(...recovered) : null,
  }
}

function groupBy(attempts: readonly Attempt[], key: (one: Attempt) => string): Map<string, Attempt[]> {
  const groups = new Map<string, Attempt[]>()
  for (const one of attempts) append(groups, key(one), one)
  return groups
}

function append(groups: Map<string, Attempt[]>, key: string, one: Attempt): void {
  const group = groups.get(key)
  if (group === undefined) groups.set(key, [one])
  else group.push(one)
}
