import type { Joining } from './alert-page.ts'
import type { AlertRule, WatchKind } from './alert-rule.ts'
import type { Seen } from './alert-seen.ts'
import { type Activity, activityOfValue, INACTIVE, type Instance, type Look, step, type Transition } from './alert-step.ts'
import { activityOf, type Beside, looksAt, type Subject } from './alert-subject.ts'
import type { Change } from './alert-turn.ts'
import type { Instant } from './instant.ts'

/** A rule in force, with the version that it has. */
export type InForce = { rule: AlertRule; version: number }

/** A rule and key between two looks, and the page that it is part of. */
export type Kept = {
  rule: string
  key: string
  instance: Instance
  home: string | null
  /** What is known of the key beside its state: what silences look at. */
  labels: Record<string, string>
}

/** What a rule's series was seen to be at an instant; null where it could not be read. */
export type SeenSeries = { rule: InForce; at: Instant; seen: readonly Seen[] | null }

/** Documents that values are about. */
export function documentsOf(series: readonly SeenSeries[]): Subject['document'][] {
  return series.flatMap(({ seen }) => (seen ?? []).flatMap(({ document }) => document ?? []))
}

/** What one look at a tenant works with. */
export type Evaluation = {
  watermark: Instant
  rules: readonly InForce[]
  /** Subjects that changed, or that time changes. */
  subjects: readonly Subject[]
  beside: Beside
  /** Titles of service levels and controls by id. */
  titles: ReadonlyMap<string, string>
  series: readonly SeenSeries[]
  /** By `rule\nkey`: all of the subjects' keys, and all of the rules of the series that are not inactive. */
  instances: ReadonlyMap<string, Kept>
  /** Open blocks of documents by `type/id`: the incidents, and how long technical failures took, seconds. */
  blocks: ReadonlyMap<string, { incident: string | null; technical_s: number }>
}

export type Evaluated = {
  instances: (Kept & { nextAt: Instant | null })[]
  moved: { rule: string; ruleVersion: number; key: string; transition: Transition }[]
  changes: Change[]
}

/** Kinds whose values are listed whole: what is not on the list is over. */
const WHOLE: ReadonlySet<WatchKind> = new Set(['dead_letters', 'risk'])

const KIND_OF: Readonly<Record<string, WatchKind>> = { clock: 'clock', violation: 'control', incident: 'incident' }

/** Looks at what changed, rule by rule: the states after, the transitions, and what pages have to say of them. Pure. */
export function evaluate(evaluation: Evaluation): Evaluated {
  const out: Evaluated = { instances: [], moved: [], changes: [] }
  const rulesOf = byWatched(evaluation.rules, evaluation.instances)
  for (const subject of evaluation.subjects) {
    for (const inForce of rulesOf(subject)) {
      const { rule } = inForce
      const kept = evaluation.instances.get(`${rule.id}\n${subject.key}`)
      const looks = rule.enabled && looksAt(rule, subject)
      if (!looks && (kept === undefined || kept.instance.state === 'inactive')) continue
      const look: Activity = looks ? activityOf(rule, subject, evaluation.beside) : { levels: [], until: null, value: null }
      take(evaluation, out, inForce, subject.key, look, () => ofSubject(evaluation, rule, subject))
    }
  }
  for (const { rule: inForce, at, seen } of evaluation.series) {
    const { rule } = inForce
    const known = new Map<string, Seen>((seen ?? []).map((one) => [one.key, one]))
    for (const kept of evaluation.instances.values())
      if (kept.rule === rule.id && kept.instance.state !== 'inactive' && !known.has(kept.key)) {
        const look: Look =
          seen === null
            ? { missing: 'query_failed' }
            : WHOLE.has(rule.watch.kind)
              ? activityOfValue(kept.instance, { at, holds: false, severity: kept.instance.severity, value: 0 })
              : { missing: 'series_gone' }
        take(evaluation, out, inForce, kept.key, look, () => ofNothing(rule, kept), 'looked up')
      }
    for (const one of known.values()) {
      const before = evaluation.instances.get(`${rule.id}\n${one.key}`)?.instance ?? INACTIVE
      const look: Look =
        'missing' in one ? one : activityOfValue(before, { at, holds: one.holds, severity: one.severity, value: one.value })
      take(evaluation, out, inForce, one.key, look, (instance) => ofSeen(evaluation, rule, one, instance), 'looked up')
    }
  }
  return out
}

/** Ends what a rule left behind that is no longer in force. */
export function retire(watermark: Instant, rule: AlertRule, version: number, left: readonly Kept[]): Evaluated {
  const out: Evaluated = { instances: [], moved: [], changes: [] }
  const gone: Look = { levels: [], until: null, value: null }
  for (const kept of left)
    take(
      { watermark, instances: new Map([[`${rule.id}\n${kept.key}`, kept]]), blocks: new Map() },
      out,
      { rule, version },
      kept.key,
      gone,
      () => ofNothing(rule, kept),
    )
  return out
}

/** Rules of a subject, found by what they name and by one of their filters, so that a change costs as much as rules look at it. */
function byWatched(rules: readonly InForce[], instances: Evaluation['instances']): (subject: Subject) => readonly InForce[] {
  const found = new Map<string, number[]>()
  const placeOf = new Map(rules.map(({ rule }, place) => [rule.id, place]))
  // A rule that looked at it before says that it is over where it does not any more.
  const before = new Map<string, number[]>()
  for (const { rule, key, instance } of instances.values()) {
    const place = placeOf.get(rule)
    if (place !== undefined && instance.state !== 'inactive') before.set(key, [...(before.get(key) ?? []), place])
  }
  for (const [place, { rule }] of rules.entries()) {
    const { watch } = rule
    const names =
      watch.kind === 'clock'
        ? watch.slas
        : watch.kind === 'control'
          ? watch.controls
          : watch.kind === 'incident'
            ? watch.systems
            : []
    const [filter] = Object.entries(rule.where)
    for (const name of names.length === 0 ? [''] : names)
      for (const value of filter === undefined ? [''] : filter[1]) {
        const key = bucketOf(watch.kind, name, filter?.[0] ?? '', value)
        const own = found.get(key)
        if (own === undefined) found.set(key, [place])
        else own.push(place)
      }
  }
  return ({ kind, key, name, labels }) => {
    const watched = KIND_OF[kind]
    if (watched === undefined) return []
    const places = ['', name].flatMap((one) => [
      ...(found.get(bucketOf(watched, one, '', '')) ?? []),
      ...Object.entries(labels).flatMap(([dimension, value]) => found.get(bucketOf(watched, one, dimension, value)) ?? []),
    ])
    const all = new Set([...places, ...(before.get(key) ?? []).filter((place) => rules[place]?.rule.watch.kind === watched)])
    return [...all].toSorted((a, b) => a - b).flatMap((place) => rules[place] ?? [])
  }
}

const bucketOf = (kind: WatchKind, name: string, dimension: string, value: string): string =>
  `${kind}\n${name}\n${dimension}\n${value}`

type About = Pick<Change, 'labels' | 'said' | 'fields'> & {
  member: Omit<Joining, 'rule' | 'key' | 'since' | 'severity'>
  blockedBy: string | null
}

function take(
  { watermark, instances }: Pick<Evaluation, 'watermark' | 'instances' | 'blocks'>,
  out: Evaluated,
  { rule, version }: InForce,
  key: string,
  look: Look,
  about: (instance: Instance) => About,
  /** What is looked up is moved by the next look, and by time alone never. */
  how?: 'looked up',
): void {
  const kept = instances.get(`${rule.id}\n${key}`) ?? { rule: rule.id, key, instance: INACTIVE, home: null, labels: {} }
  const { next, transitions, nextAt } = step(rule, kept.instance, look, watermark)
  const isNew = kept.instance === INACTIVE
  if (isNew && next.epoch === 0) return
  const said = transitions.length === 0 ? null : about(next)
  out.instances.push({
    rule: rule.id,
    key,
    instance: next,
    home: kept.home,
    labels: said?.labels ?? kept.labels,
    nextAt: how === undefined ? nextAt : null,
  })
  if (said === null) return
  const { member, ...rest } = said
  for (const transition of transitions) {
    out.moved.push({ rule: rule.id, ruleVersion: version, key, transition })
    out.changes.push({
      rule,
      key,
      transition,
      after: next,
      home: kept.home,
      ...rest,
      member: { ...member, rule: rule.id, key, since: next.since, severity: transition.severity },
    })
  }
}

function ofSubject({ titles, blocks, beside }: Evaluation, rule: AlertRule, subject: Subject): About {
  const title = titles.get(subject.name) ?? subject.name
  const { document } = subject
  const isIncident = subject.kind === 'incident'
  const block = blocks.get(`${document.type}/${document.id}`)
  const owner = subject.labels.approver ?? subject.labels.budget_owner ?? subject.labels.entity ?? ''
  const trouble = `${subject.name} ${subject.category.replaceAll('_', ' ')}`.trim()
  return {
    labels: {
      ...subject.labels,
      object_type: document.type,
      owner,
      ...(subject.kind === 'clock' ? { sla: title } : subject.kind === 'violation' ? { control: title } : { incident: trouble }),
    },
    said: {
      cause: isIncident
        ? `${trouble} since the first failure; ${(beside.blocks.get(subject.key) ?? []).length} documents waited for it.`
        : subject.detail,
      sla: subject.kind === 'clock' ? title : '',
      system: isIncident ? subject.name : (subject.labels.system ?? ''),
      trace_id: isIncident ? traceOf(subject.detail) : null,
      noun: isIncident ? 'document' : subject.kind === 'violation' ? 'violation' : document.type,
    },
    member: {
      label: isIncident ? trouble : `${document.type.replaceAll('_', ' ')} ${document.id}`,
      object: isIncident ? null : document,
      amount: subject.amount,
      currency: subject.currency,
      technical_s: isIncident ? null : (block?.technical_s ?? (subject.kind === 'clock' ? 0 : null)),
    },
    fields: null,
    blockedBy: rule.inhibited ? (block?.incident ?? null) : null,
  }
}

function ofSeen({ titles, blocks }: Evaluation, rule: AlertRule, seen: Seen, instance: Instance): About {
  const { document } = seen
  const name = seen.labels['sla']
  const sla = name === undefined ? '' : (titles.get(name) ?? name)
  const block = document === undefined ? undefined : blocks.get(`${document.type}/${document.id}`)
  return {
    labels: { owner: '', ...seen.labels, ...(name === undefined ? {} : { sla }), key: seen.key },
    fields: seen.fields,
    said: {
      cause: instance.stale === null ? seen.cause : `${seen.cause} (${instance.stale.replaceAll('_', ' ')})`,
      sla,
      system: seen.labels['system'] ?? '',
      trace_id: null,
      noun: seen.noun,
    },
    member:
      document === undefined
        ? { label: seen.key, object: null, amount: null, currency: '', technical_s: null }
        : {
            label: `${document.type.replaceAll('_', ' ')} ${document.id}`,
            object: { type: document.type, id: document.id },
            amount: document.amount,
            currency: document.currency,
            technical_s: block?.technical_s ?? 0,
          },
    blockedBy: rule.inhibited ? (block?.incident ?? null) : null,
  }
}

function ofNothing(rule: AlertRule, { key }: Kept): About {
  return {
    labels: { key },
    fields: null,
    said: { cause: '', sla: '', system: '', trace_id: null, noun: rule.watch.kind },
    member: { label: key, object: null, amount: null, currency: '', technical_s: null },
    blockedBy: null,
  }
}

/** Trace of the first sample of an incident that has one. */
function traceOf(samples: string): string | null {
  return /"trace_id":"([0-9a-f]{32})"/u.exec(samples)?.[1] ?? null
}
