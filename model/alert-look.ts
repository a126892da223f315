import { evaluate, type Evaluated, type InForce, type Kept, retire, type SeenSeries } from './alert-evaluate.ts'
import type { Page } from './alert-page.ts'
import { type Beside, isOver, nextInstant, type Subject } from './alert-subject.ts'
import { type Blocked, takeTurn, type Turn, type Turned } from './alert-turn.ts'
import type { Instant } from './instant.ts'

/** What the engine knows of a tenant, or the part of it that a look needs. It is changed in place. */
export type World = {
  /** By `kind key`, with the instant at which time alone changes something. */
  subjects: Map<string, { subject: Subject; nextAt: Instant | null }>
  /** By `rule\nkey`. */
  instances: Map<string, Kept & { nextAt?: Instant | null }>
  pages: Map<string, Page>
}

/** What a look takes in. */
export type Input = {
  now: Instant
  watermark: Instant
  rules: readonly InForce[]
  /** Whether every subject is looked at, as rules have changed. */
  all: boolean
  /** What became known, newest state of each. */
  fed: readonly Subject[]
  /** Documents (`type/id`) of which something arrived that is not computed: their clocks wait, lest a breach be told that was none. */
  held: ReadonlySet<string>
  /** Violations that people decided, and when; null where they opened them again. All of those that are looked at. */
  decided: ReadonlyMap<string, Instant | null>
  slas: Beside['slas']
  titles: ReadonlyMap<string, string>
  series: readonly SeenSeries[]
  /** Instances of rules that are not in force any more. */
  left: readonly Kept[]
  /** Clocks that run, by service level; null to count those of the world, where it is whole. */
  running: ReadonlyMap<string, number> | null
} & Pick<Turn, 'routing' | 'silences' | 'calendar' | 'pageId' | 'money' | 'silent'>

/** What a look changed: all that has to be kept of it. */
export type Looked = {
  kept: { subject: Subject; nextAt: Instant | null }[]
  over: Subject[]
  evaluated: Evaluated
  turned: Turned
}

const nameOf = ({ kind, key }: Pick<Subject, 'kind' | 'key'>): string => `${kind} ${key}`
const documentOf = ({ document }: Pick<Subject, 'document'>): string => `${document.type}/${document.id}`

/**
 * One look at a tenant: what became known and what time brought is evaluated rule by rule, and pages take their turn. It is the engine, live
 * and in every replay; it reads nothing but what it is given.
 */
export function look(world: World, input: Input): Looked {
  const { watermark } = input
  const begun = new Map<string, number>()
  const { changed, waiting } = takeIn(world, input, begun)
  const blocks = blocksOf(world, watermark)
  for (const block of changed.values())
    if (block.kind === 'block') {
      const incident = world.subjects.get(`incident ${block.name}`)?.subject
      if (incident !== undefined) changed.set(nameOf(incident), incident)
    }
  // Incidents come first: what they hold back finds their page.
  const isIncident = ({ kind }: Subject): number => Number(kind === 'incident')
  const subjects = [...changed.values()].filter(({ kind }) => kind !== 'block').toSorted((a, b) => isIncident(b) - isIncident(a))
  const blocked = [...changed.values()].filter(({ kind }) => kind === 'block')
  const evaluated = evaluate({
    watermark,
    rules: input.rules,
    subjects,
    beside: { slas: input.slas, decided: input.decided, blocks: blocks.began },
    titles: input.titles,
    series: input.series,
    instances: world.instances,
    blocks: blocks.open,
  })
  const rules = new Map(input.rules.map(({ rule }) => [rule.id, rule]))
  for (const kept of [...input.left, ...(input.all ? unlooked(world, evaluated, rules) : [])]) {
    const own = retire(watermark, { ...LEFT, id: kept.rule }, 0, [kept])
    evaluated.instances.push(...own.instances)
    evaluated.moved.push(...own.moved)
    evaluated.changes.push(...own.changes)
  }
  const running = input.running === null ? runningOf(world) : sumOf(input.running, begun)
  const turned = takeTurn(
    {
      now: input.now,
      routing: input.routing,
      silences: input.silences,
      calendar: input.calendar,
      pageId: input.pageId,
      money: input.money,
      rule: (id) => rules.get(id),
      pages: world.pages,
      blocked: (incident) => [...(blocks.documents.get(incident)?.values() ?? [])],
      of: (page) => countOf(running, rules.get(page.rule), page.labels['sla'], input.titles),
      silent: input.silent,
      staled: evaluated.instances.flatMap(({ rule, key, instance, home }) => {
        const before = world.instances.get(`${rule}\n${key}`)?.instance.stale ?? null
        return home === null || before === instance.stale ? [] : [{ page: home, stale: instance.stale }]
      }),
      stirred: new Set([...subjects.filter(({ kind }) => kind === 'incident').map(({ key }) => key), ...blocked.map(documentOf)]),
      technical: ({ type, id }) => blocks.open.get(`${type}/${id}`)?.technical_s ?? null,
    },
    evaluated.changes,
  )
  for (const kept of evaluated.instances) {
    const isOver = kept.instance.state === 'inactive'
    const home = turned.homes.get(`${kept.rule}\n${kept.key}`)
    kept.home = isOver ? null : home === undefined ? kept.home : home
    world.instances.set(`${kept.rule}\n${kept.key}`, kept)
  }
  const out: Looked = { kept: waiting, over: [], evaluated, turned }
  const goesOn = new Set(
    [...world.instances.values()].flatMap(({ key, instance }) => (instance.state === 'inactive' ? [] : [key])),
  )
  for (const [name, subject] of changed) {
    if (isOver(subject, watermark) && !goesOn.has(subject.key)) {
      out.over.push(subject)
      world.subjects.delete(name)
      continue
    }
    const one = { subject, nextAt: nextInstant(subject, watermark) }
    out.kept.push(one)
    world.subjects.set(name, one)
  }
  return out
}

/** Rule of instances whose own is not in force any more: nothing holds for it. */
const LEFT = {
  title: '',
  description: '',
  class: 'business',
  severity: 'low',
  watch: { kind: 'control', controls: [], severities: [] },
  where: {},
  for_s: 0,
  keep_firing_s: 0,
  minimum_n: 0,
  group_by: [],
  wait_s: 0,
  interval_s: 300,
  repeat_s: null,
  inhibited: false,
  summary: '',
  runbook: null,
  enabled: false,
} as const satisfies Omit<InForce['rule'], 'id'>

/** Instances of rules that are in force and do not look at their subjects any more. */
function unlooked(world: World, { instances }: Evaluated, rules: ReadonlyMap<string, InForce['rule']>): Kept[] {
  const looked = new Set(instances.map(({ rule, key }) => `${rule}\n${key}`))
  return [...world.instances.values()].filter(({ rule, key, instance }) => {
    const kind = rules.get(rule)?.watch.kind
    const ofSubjects = kind === 'clock' || kind === 'control' || kind === 'incident'
    return ofSubjects && instance.state !== 'inactive' && !looked.has(`${rule}\n${key}`)
  })
}

/** Subjects to look at, by name, and those that became known and have to wait. */
type Taken = { changed: Map<string, Subject>; waiting: { subject: Subject; nextAt: Instant | null }[] }

/** Takes in what became known; returns all subjects that have to be looked at, by name, and counts the clocks that begin and end to run. */
function takeIn(world: World, { fed, watermark, decided, all, held }: Input, begun: Map<string, number>): Taken {
  const changed = new Map<string, Subject>()
  const waiting: Taken['waiting'] = []
  const waits = (subject: Subject): boolean => subject.kind === 'clock' && held.has(documentOf(subject))
  for (const subject of fed) {
    const name = nameOf(subject)
    const known = world.subjects.get(name)?.subject
    if (known !== undefined && known.version >= subject.version) continue
    const taken = { ...subject, known_at: known?.known_at ?? watermark }
    if (subject.kind === 'clock')
      begun.set(subject.name, (begun.get(subject.name) ?? 0) + Number(runs(taken)) - Number(known !== undefined && runs(known)))
    world.subjects.set(name, { subject: taken, nextAt: null })
    if (waits(taken)) waiting.push({ subject: taken, nextAt: watermark })
    else changed.set(name, taken)
  }
  const due = new Set<string>()
  for (const { key, nextAt } of world.instances.values()) if (nextAt != null && nextAt <= watermark) due.add(key)
  for (const [name, { subject, nextAt }] of world.subjects) {
    if (waits(subject)) continue
    if (
      all ||
      due.has(subject.key) ||
      (nextAt !== null && nextAt <= watermark) ||
      (subject.kind === 'violation' && decided.has(subject.key))
    )
      changed.set(name, subject)
  }
  return { changed, waiting }
}

/** Documents that incidents block: by document, and by incident. */
function blocksOf(world: World, watermark: Instant) {
  const open = new Map<string, { incident: string | null; technical_s: number }>()
  const began = new Map<string, Instant[]>()
  const documents = new Map<string, Map<string, Blocked>>()
  for (const { subject } of world.subjects.values()) {
    if (subject.kind !== 'block' || subject.absent || subject.begun_at > watermark) continue
    const isOpen = subject.ended_at === null || subject.ended_at > watermark
    const document = documentOf(subject)
    const known = open.get(document) ?? { incident: null, technical_s: 0 }
    known.technical_s += Math.max(0, Math.round((Math.min(subject.ended_at ?? watermark, watermark) - subject.begun_at) / 1e6))
    if (isOpen) known.incident = subject.name
    open.set(document, known)
    const starts = began.get(subject.name) ?? []
    began.set(subject.name, starts)
    starts.push(subject.begun_at)
    // A document counts once, and its money where the operation is about it.
    const own = documents.get(subject.name) ?? new Map<string, Blocked>()
    documents.set(subject.name, own)
    if (own.has(document)) continue
    own.set(document, {
      until: subject.ended_at,
      rule: '',
      key: document,
      label: `${subject.document.type.replaceAll('_', ' ')} ${subject.document.id}`,
      object: subject.document,
      since: subject.begun_at,
      severity: 'high',
      amount: subject.name_version === 1 ? subject.amount : null,
      currency: subject.currency,
      technical_s: Math.max(0, Math.round((Math.min(subject.ended_at ?? watermark, watermark) - subject.begun_at) / 1e6)),
    })
  }
  return { open, began, documents }
}

/** Clocks that run, by service level. */
function runningOf(world: World): Map<string, number> {
  const running = new Map<string, number>()
  for (const { subject } of world.subjects.values())
    if (subject.kind === 'clock' && runs(subject)) running.set(subject.name, (running.get(subject.name) ?? 0) + 1)
  return running
}

const runs = ({ absent, ended_at }: Subject): boolean => !absent && ended_at === null

function sumOf(counts: ReadonlyMap<string, number>, more: ReadonlyMap<string, number>): Map<string, number> {
  const sum = new Map(counts)
  for (const [name, n] of more) sum.set(name, (sum.get(name) ?? 0) + n)
  return sum
}

/** How many clocks run of what a rule's page is about; null for rules of other kinds. */
function countOf(
  running: ReadonlyMap<string, number>,
  rule: InForce['rule'] | undefined,
  sla: string | undefined,
  titles: Input['titles'],
): number | null {
  if (rule?.watch.kind !== 'clock') return null
  const { slas } = rule.watch
  const names = (slas.length === 0 ? [...running.keys()] : slas).filter(
    (name) => !rule.group_by.includes('sla') || (titles.get(name) ?? name) === sla,
  )
  return names.reduce((sum, name) => sum + (running.get(name) ?? 0), 0)
}
