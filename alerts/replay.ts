import { and, asc, desc, eq, gte, inArray, lt } from 'drizzle-orm'
import { documentsOf, type InForce, type SeenSeries } from '../model/alert-evaluate.ts'
import { type Input, look, type Looked, type World } from '../model/alert-look.ts'
import { FOLLOW_UP, type Page } from '../model/alert-page.ts'
import type { AlertRule, Severity } from '../model/alert-rule.ts'
import { OVER_US, type Transition } from '../model/alert-step.ts'
import type { Subject } from '../model/alert-subject.ts'
import type { Instant } from '../model/instant.ts'
import type { TenantId } from '../model/tenant.ts'
import { LAG_US } from '../model/watermark.ts'
import { currentRouting } from '../platform/alert-routing.ts'
import { listSilences } from '../platform/alert-silences.ts'
import { alertSamples, alertTicks, derivations, violationDecisions } from '../platform/postgres/schema.ts'
import type { Stores } from '../platform/stores.ts'
import { signalHistory, signalsInWindow, signalVersions, type Wanted } from '../queries/alert-signals.ts'
import { tenantCalendars } from '../queries/derive/tenant-calendars.ts'
import { tenantReader } from '../queries/run.ts'
import { tenantMoney } from './money.ts'
import { ReplayStore } from './replay-store.ts'
import { pageIdOf } from './page-id.ts'
import { tenantRules } from './tenant-rules.ts'
import { judge, lastDue, readPast, type Series, seriesOf } from './values.ts'

/** A place at which a replay looks. Instants µs. */
type Place = { tick: number; version: number; watermark: Instant; at: Instant; held: readonly string[] }

export type Replayed = {
  ticks: number
  /** `page`: id of the page that it is about, whether anybody was told of that or not. */
  transitions: { key: string; transition: Transition; decidedAt: Instant; page: string | null }[]
  pages: { id: string; at: Instant; title: string; n: number; severity: Severity; resolvedAt: Instant | null }[]
  truncated: boolean
}

const MINUTE_US: Instant = 60e6
const WEEK_MINUTES = 7 * 24 * 60
/** What a replay takes at most: subjects of a window, values looked up anew, and what it tells. */
const MOST = { subjects: 400_000, values: 800, told: 20_000 } as const

/**
 * What a rule would have told in the half-open window, through the whole pipeline: the very functions that are the engine, by another clock.
 * `as_known` looks where the engine looked and knows what was known then; where it did not run, at every minute in which something became
 * known. `hindsight` knows what is known now, and looks at every minute at which something comes about.
 *
 * @throws SightlineError `store_unavailable`
 */
export async function replay(
  stores: Stores,
  tenant: TenantId,
  { rule, from, to, mode }: { rule: AlertRule; from: Instant; to: Instant; mode: 'as_known' | 'hindsight' },
): Promise<Replayed> {
  const { db } = stores.postgres
  const reader = tenantReader(stores.clickhouse.reader, tenant)
  const [rules, calendars] = await Promise.all([tenantRules(db, tenant), tenantCalendars(db, tenant, to)])
  const [routing, silences, money] = await Promise.all([
    currentRouting(db, tenant, calendars.fallback),
    listSilences(db, tenant),
    tenantMoney(reader, to),
  ])
  const inForce: InForce[] = [
    { rule, version: 0 },
    // What holds this rule's pages back is replayed with it.
    ...rules.inForce.filter((one) => one.rule.watch.kind === 'incident' && one.rule.id !== rule.id && rule.inhibited),
  ]
  const replayed = new ReplayStore()
  const out: Replayed = { ticks: 0, transitions: [], pages: [], truncated: false }
  const told = new Map<string, Replayed['pages'][number]>()
  const decisions = await decisionsOf(stores, tenant)
  let decidedUntil = 0
  const lookAt = (place: Place, fed: readonly Subject[], series: readonly SeenSeries[]) => {
    const lately = decisions.filter(({ at }) => at > decidedUntil && at <= place.at).map(({ key }) => key)
    decidedUntil = place.at
    const world = replayed.slice(place.watermark, fed, lately, documentsOf(series))
    const decided = decidedBy(decisions, world, fed, place.at)
    const input: Input = {
      now: place.at,
      watermark: place.watermark,
      rules: inForce,
      all: false,
      fed,
      held: new Set(place.held),
      decided,
      slas: rules.slas,
      titles: rules.titles,
      series,
      left: [],
      running: replayed.running,
      routing: routing.routing,
      silences: silences.map(({ id, matcher, from: since, to: until, endedAt }) => ({
        id,
        matcher,
        from: since.getTime() * 1000,
        to: Math.min(until.getTime(), endedAt?.getTime() ?? Number.POSITIVE_INFINITY) * 1000,
      })),
      silent: new Set(),
      calendar: (name) => calendars.named(name),
      money,
      pageId: pageIdOf(tenant),
    }
    const looked = look(world, input)
    out.ticks++
    if (place.at >= from) tell(looked, world, place.at)
    replayed.keep(world, looked, input)
  }
  /** Takes in what was there before the window: its pages have been told by then. */
  const begin = (place: Place, fed: readonly Subject[], series: readonly SeenSeries[]): void => {
    lookAt({ ...place, at: place.at - rule.wait_s * 1e6 - MINUTE_US }, fed, series)
    lookAt(place, [], [])
  }
  const tell = (looked: Looked, world: World, at: Instant): void => {
    for (const { rule: id, key, transition } of looked.evaluated.moved)
      if (id === rule.id) {
        if (out.transitions.length >= MOST.told) out.truncated = true
        else out.transitions.push({ key, transition, decidedAt: at, page: looked.turned.pageOf.get(transition) ?? null })
      }
    for (const id of looked.turned.touched) {
      const page = world.pages.get(id)
      if (page !== undefined && isOf(page, rule)) tellOf(told, page)
    }
  }
  const wanted = wantedOf(rule)
  const [series] = seriesOf([rule])
  const past = series === undefined ? null : readPast(series, { reader, stores, calendars })
  if (mode === 'as_known') {
    const places = await placesOf(stores, tenant, { from, to })
    const samples = series === undefined ? null : await samplesOf(stores, tenant, series, places)
    let version = places[0]?.version ?? 0
    const [first] = places
    if (first !== undefined) begin(first, await open(first), await seenAt(first, samples))
    for (const some of byDay(places.slice(1))) {
      const upto = some.at(-1)?.version ?? version
      const news = upto > version ? await signalHistory(reader, wanted, { after: version, upto }) : []
      version = upto
      let taken = 0
      for (const place of some) {
        let end = taken
        while (end < news.length && (news[end]?.version ?? 0) <= place.version) end++
        const fed = newestOf(news.slice(taken, end))
        taken = end
        const seen = await seenAt(place, samples)
        if (fed.length > 0 || seen.length > 0 || isDue(place)) lookAt(place, fed, seen)
      }
    }
  } else {
    const [derived] = await db.select().from(derivations).where(eq(derivations.tenantId, tenant))
    const upto = derived?.published ?? 0
    const subjects = await signalsInWindow(reader, wanted, { upto, to, stillAt: from - OVER_US, limit: MOST.subjects })
    out.truncated ||= subjects.length >= MOST.subjects
    begin({ tick: 0, version: upto, watermark: from - 1, at: from - 1, held: [] }, subjects, [])
    const everyUs = series === undefined ? 0 : paceOf(series, to - from)
    let nextValue = series === undefined ? Number.POSITIVE_INFINITY : lastDue(series, from)
    for (let at = from; at < to; at += MINUTE_US) {
      const seen: SeenSeries[] = []
      if (at >= nextValue && series !== undefined) {
        seen.push(await readAt(at, null))
        nextValue += everyUs
      }
      const place = { tick: 0, version: upto, watermark: at, at, held: [] }
      if (seen.length > 0 || isDue(place)) lookAt(place, [], seen)
    }
  }
  out.pages = [...told.values()].filter(({ at }) => at >= from).toSorted((a, b) => a.at - b.at)
  return out

  function isDue({ watermark, at: now }: Place): boolean {
    return replayed.isDue(watermark, now) || decisions.some(({ at }) => at > decidedUntil && at <= now)
  }

  /** What was open at a place, as it was known there. */
  function open(place: Place): Promise<Subject[]> {
    return signalsInWindow(reader, wanted, {
      upto: place.version,
      to: place.watermark,
      stillAt: place.watermark - OVER_US,
      limit: MOST.subjects,
    })
  }

  async function seenAt(place: Place, samples: Samples | null): Promise<SeenSeries[]> {
    if (series === undefined || samples === null) return []
    if (samples.recorded !== null)
      return (samples.recorded.get(place.tick) ?? []).map(({ at, raw }) => ({
        rule: { rule, version: 0 },
        at,
        seen: raw === null ? null : judge(rule, raw),
      }))
    const at = lastDue(series, place.watermark)
    if (at <= samples.last) return []
    samples.last = at
    if (++samples.read > MOST.values) {
      out.truncated = true
      return []
    }
    return [await readAt(at, place.version)]
  }

  async function readAt(at: Instant, asOf: Instant | null): Promise<SeenSeries> {
    return { rule: { rule, version: 0 }, at, seen: past === null ? [] : judge(rule, await past({ at, asOf })) }
  }
}

/** How often a series is read over a stretch: at its own pace, and where that is too often by a whole part of a week, so that weeks compare. */
function paceOf({ everyS }: Series, length: Instant): Instant {
  let minutes = Math.ceil(length / MOST.values / MINUTE_US)
  if (minutes * 60 <= everyS) return everyS * 1e6
  while (WEEK_MINUTES % minutes !== 0 && minutes < WEEK_MINUTES) minutes++
  return minutes * MINUTE_US
}

type Samples = { recorded: Map<number, { at: Instant; raw: unknown }[]> | null; last: Instant; read: number }

/** What a rule looks at in the signals; rules whose values are looked up look at none of them. */
function wantedOf({ watch }: AlertRule): Wanted {
  if (watch.kind === 'clock') return { kind: 'clock', names: watch.slas }
  if (watch.kind === 'control') return { kind: 'violation', names: watch.controls }
  return { kind: '', names: [] }
}

/** Whether a page tells of the rule: its own, or a follow-up with members of it. */
function isOf(page: Page, rule: AlertRule): boolean {
  return page.rule === rule.id || (page.rule === FOLLOW_UP && page.body.members.some((member) => member.rule === rule.id))
}

function tellOf(told: Map<string, Replayed['pages'][number]>, page: Page): void {
  const known = told.get(page.id)
  if (known === undefined) {
    if (page.told === null) return
    const { told: first } = page
    told.set(page.id, {
      id: page.id,
      at: first.at,
      title: page.body.title,
      n: first.n,
      severity: page.severity,
      resolvedAt: page.resolvedAt,
    })
    return
  }
  known.resolvedAt = page.resolvedAt
  known.n = Math.max(known.n, page.told?.n ?? 0)
  known.severity = page.severity
}

/** Where the engine looked in a window, from the last look before it on; where it did not run, where something became known. */
async function placesOf(
  { postgres, clickhouse }: Stores,
  tenant: TenantId,
  { from, to }: { from: Instant; to: Instant },
): Promise<Place[]> {
  const { db } = postgres
  const own = eq(alertTicks.tenantId, tenant)
  const [before] = await db
    .select()
    .from(alertTicks)
    .where(and(own, lt(alertTicks.at, from)))
    .orderBy(desc(alertTicks.tick))
    .limit(1)
  const ticks = await db
    .select()
    .from(alertTicks)
    .where(and(own, gte(alertTicks.at, from), lt(alertTicks.at, to)))
    .orderBy(asc(alertTicks.tick))
  if (ticks.length > 0)
    return [
      before ?? { tick: 0, version: (ticks[0]?.version ?? 1) - 1, watermark: from - LAG_US, at: from - 1, held: [] },
      ...ticks,
    ].map(({ tick, version, watermark, at, held }) => ({ tick, version, watermark, at, held }))
  const versions = await signalVersions(tenantReader(clickhouse.reader, tenant), { after: from, upto: to })
  return [from - 1, ...versions].map((version) => ({ tick: 0, version, watermark: version - LAG_US, at: version, held: [] }))
}

/** Values that were looked up at the places of a replay, by tick; null where this was never looked up: then it has to be read. */
async function samplesOf({ postgres }: Stores, tenant: TenantId, series: Series, places: readonly Place[]): Promise<Samples> {
  const ticks = places.map(({ tick }) => tick).filter((tick) => tick > 0)
  const recorded = new Map<number, { at: Instant; raw: unknown }[]>()
  for (let start = 0; start < ticks.length; start += 5000)
    for (const row of await postgres.db
      .select()
      .from(alertSamples)
      .where(
        and(
          eq(alertSamples.tenantId, tenant),
          eq(alertSamples.series, series.id),
          inArray(alertSamples.tick, ticks.slice(start, start + 5000)),
        ),
      )) {
      const { raw = null } = row.body as { raw?: unknown }
      const own = recorded.get(row.tick) ?? []
      recorded.set(row.tick, own)
      own.push({ at: row.at, raw })
    }
  return { recorded: recorded.size === 0 ? null : recorded, last: 0, read: 0 }
}

type Decision = { key: string; at: Instant; isOpen: boolean }

/** What people decided about violations, in order. */
async function decisionsOf({ postgres }: Stores, tenant: TenantId): Promise<Decision[]> {
  const rows = await postgres.db
    .select()
    .from(violationDecisions)
    .where(eq(violationDecisions.tenantId, tenant))
    .orderBy(asc(violationDecisions.id))
  return rows.map(({ violationId, decidedAt, state }) => ({
    key: violationId,
    at: decidedAt.getTime() * 1000,
    isOpen: state === 'open',
  }))
}

/** When people decided the violations of a look, as it stands at an instant; null of those that were opened again. */
function decidedBy(
  decisions: readonly Decision[],
  world: World,
  fed: readonly Subject[],
  upto: Instant,
): Map<string, Instant | null> {
  const looked = [...[...world.subjects.values()].map(({ subject }) => subject), ...fed]
  const keys = new Set(looked.filter(({ kind }) => kind === 'violation').map(({ key }) => key))
  const decided = new Map<string, Instant | null>()
  for (const { key, at, isOpen } of decisions) if (at <= upto && keys.has(key)) decided.set(key, isOpen ? null : at)
  return decided
}

function newestOf(subjects: readonly Subject[]): Subject[] {
  return [...new Map(subjects.map((one) => [`${one.kind} ${one.key}`, one])).values()]
}

/** Places in pieces of a day, so that news are read in pieces. */
function byDay(places: readonly Place[]): Place[][] {
  return [...Map.groupBy(places, ({ at }) => Math.floor(at / 86_400e6)).values()]
}
