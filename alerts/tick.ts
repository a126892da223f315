import { createHash } from 'node:crypto'
import { and, count, desc, eq, gt, inArray, ne, notInArray, sql } from 'drizzle-orm'
import { v5 as uuidv5 } from 'uuid'
import type { Kept, SeenSeries } from '../model/alert-evaluate.ts'
import { type Input, look, type Looked, type World } from '../model/alert-look.ts'
import { compose, type Letterhead } from '../model/alert-compose.ts'
import type { Page } from '../model/alert-page.ts'
import { OVER_US } from '../model/alert-step.ts'
import type { Subject } from '../model/alert-subject.ts'
import type { Turn } from '../model/alert-turn.ts'
import type { Instant } from '../model/instant.ts'
import type { TenantId } from '../model/tenant.ts'
import { currentRouting } from '../platform/alert-routing.ts'
import { silencesAt } from '../platform/alert-silences.ts'
import { logged } from '../platform/logged.ts'
import type { Db, Tx } from '../platform/postgres/client.ts'
import {
  alertChannels,
  alertCursors,
  alertInstances,
  alertNotes,
  alertSamples,
  alertStory,
  alertSubjects,
  alertTicks,
  derivations,
  violationDecisions,
} from '../platform/postgres/schema.ts'
import { alertSignals, firstUncomputed } from '../queries/alert-signals.ts'
import { tenantCalendars, type TenantCalendars } from '../queries/derive/tenant-calendars.ts'
import { tenantReader } from '../queries/run.ts'
import { channelKinds } from './channels.ts'
import type { EngineParts } from './engine.ts'
import { letterhead } from './letterhead.ts'
import { tenantMoney } from './money.ts'
import {
  allSubjects,
  chunks,
  dateOf,
  instantOf,
  isDue,
  keptOf,
  type KnownSubject,
  loadBlocks,
  loadInstances,
  loadPages,
  loadSubjects,
  saveInstances,
  savePages,
  saveSubjects,
  saveTransitions,
} from './state.ts'
import { tenantRules } from './tenant-rules.ts'
import { signsAt, signsOf } from './signs.ts'
import { judge, lastDue, readSeries, type Series, seriesOf } from './values.ts'
import { watermarkOf } from '../model/watermark.ts'

/** How long a process may look at a tenant before another one may, ms. */
const HOLD_MS = 10_000
/** Time that values are looked up in one tick, ms: the rest is due in the next one. */
const VALUES_MS = 2000
/** News of one tick that are read whole; of more, what is over by now is left out where nothing is known of it. */
const FED_AT_ONCE = 20_000
/** How often it is said that nothing was due, µs. */
const SAID_EVERY_US: Instant = 15e6
/** Decisions about violations become visible a little after their instant. */
const DECIDED_OVERLAP_MS = 60_000
/** Ids of pages are derived, so that every replay finds the same. */
const PAGES = '5f0b9f64-3f1b-4a8e-9a7e-6a1b2f8f4c11'

export type Ticked = { tick: number; transitions: number; notes: number; fed: number; values: number; ms: number }

/**
 * Looks at a tenant once: takes in what its answers say anew, lets time pass up to the watermark, and writes transitions, pages and messages
 * in one transaction with the place that the engine has come to. Whoever was paused or overtaken writes nothing.
 *
 * @returns null where nothing was due, or another process looks
 * @throws SightlineError `store_unavailable`
 */
export async function tickTenant(parts: EngineParts, tenant: TenantId, signal?: AbortSignal): Promise<Ticked | null> {
  const started = performance.now()
  const { db } = parts.stores.postgres
  const now = await parts.now()
  const reader = tenantReader(parts.stores.clickhouse.reader, tenant)
  const signs = await signsOf(parts, reader, now)
  const [seen] = await db.select().from(alertCursors).where(eq(alertCursors.tenantId, tenant))
  const place = seen ?? START
  const [derived] = await db
    .select({ published: derivations.published, freshUntil: derivations.freshUntil })
    .from(derivations)
    .where(eq(derivations.tenantId, tenant))
  const uncomputed = await firstUncomputed(reader, derived?.freshUntil ?? 0)
  const { watermark, silent } = watermarkOf(now, signsAt(signs, now), uncomputed, place.watermark)
  const version = Math.max(derived?.published ?? 0, place.version)
  const rules = await tenantRules(db, tenant)
  const all = rules.hash !== place.rules
  const due = seriesOf(rules.inForce.map(({ rule }) => rule)).filter((one) => isSeriesDue(parts, tenant, one, watermark, place))
  if (version === place.version && !all && due.length === 0 && !(await isDue(db, tenant, watermark, now))) {
    await saySeen(db, tenant, seen, now)
    return null
  }
  const cursor = await claim(db, tenant, parts.owner)
  if (cursor === null || cursor.tick !== place.tick) return null
  const calendars = await tenantCalendars(db, tenant, now)
  const fed = version > cursor.version ? await news(parts, tenant, { after: cursor.version, upto: version, watermark }) : []
  const values = await lookUp(parts, tenant, due, { calendars, watermark, signal })
  const money = await tenantMoney(reader, watermark)
  const routing = (await currentRouting(db, tenant, calendars.fallback)).routing
  const silences = (await silencesAt(db, tenant, now)).map(({ id, matcher, from, to }) => ({
    id,
    matcher,
    from: from.getTime() * 1000,
    to: to.getTime() * 1000,
  }))
  const head = await letterhead(parts, tenant, now)
  const series: SeenSeries[] = values.flatMap(({ series: { rules: own }, at, raw }) =>
    own.flatMap((rule) => {
      const inForce = rules.inForce.find((one) => one.rule.id === rule.id)
      return inForce === undefined ? [] : [{ rule: inForce, at, seen: raw === null ? null : judge(rule, raw) }]
    }),
  )
  const done = await db.transaction(async (tx) => {
    // A process that is paused in here must not keep the others waiting.
    await tx.execute(sql`SET LOCAL idle_in_transaction_session_timeout = '10s'`)
    const [held] = await tx.select().from(alertCursors).where(eq(alertCursors.tenantId, tenant)).for('update')
    if (held?.tick !== cursor.tick || held.owner !== parts.owner) return null
    const decided = await decisions(tx, tenant, fed, all ? null : cursor.evaluatedAt)
    const world = await load(tx, tenant, { fed, watermark, all, decided, series })
    const violations = [...world.subjects.values()].flatMap(({ subject }) => (subject.kind === 'violation' ? [subject.key] : []))
    for (const [key, at] of await decisionsOf(tx, tenant, violations)) decided.set(key, at)
    const left = all
      ? await leftBehind(
          tx,
          tenant,
          rules.inForce.map(({ rule }) => rule.id),
        )
      : []
    const input: Input = {
      now,
      watermark,
      rules: rules.inForce,
      all,
      fed,
      decided,
      slas: rules.slas,
      titles: rules.titles,
      series,
      left,
      running: await running(tx, tenant),
      routing,
      silences,
      silent: new Set(silent.flatMap((id) => [id, id.split('/').at(-1) ?? id])),
      calendar: (name) => calendars.named(name),
      money,
      pageId: pageIdOf(tenant),
    }
    const looked = look(world, input)
    const tick = { tick: cursor.tick + 1, at: now, watermark, version }
    await keep(tx, tenant, { looked, world, input, tick, values, head })
    await tx
      .update(alertCursors)
      .set({
        tick: tick.tick,
        version: tick.version,
        watermark,
        rules: rules.hash,
        evaluatedAt: dateOf(now),
        error: null,
      })
      .where(eq(alertCursors.tenantId, tenant))
    return { tick: tick.tick, transitions: looked.evaluated.moved.length, notes: looked.turned.notes.length }
  })
  if (done === null) return null
  for (const { series: own, at } of values) parts.lookedUp.set(`${tenant} ${own.id}`, at)
  return { ...done, fed: fed.length, values: values.length, ms: performance.now() - started }
}

/** Ids of pages: the same for the same alert that made it, in every replay. */
export function pageIdOf(tenant: string): Turn['pageId'] {
  return (rule, group, { key, transition }) =>
    uuidv5(JSON.stringify([tenant, rule, group, key, transition.epoch, transition.at]), PAGES)
}

/** Where the engine stands with a tenant that it never looked at. */
const START = { tick: 0, version: 0, watermark: 0, rules: '' }

/** Says that a tenant was looked at and nothing was due, now and then. */
async function saySeen(
  db: Db,
  tenant: TenantId,
  seen: typeof alertCursors.$inferSelect | undefined,
  now: Instant,
): Promise<void> {
  if (seen === undefined || (seen.error === null && now - (instantOf(seen.evaluatedAt) ?? 0) < SAID_EVERY_US)) return
  await db
    .update(alertCursors)
    .set({ evaluatedAt: dateOf(now), error: null })
    .where(eq(alertCursors.tenantId, tenant))
}

/** Takes the lease of a tenant by PostgreSQL's clock; null where another process has it. */
async function claim(db: Db, tenant: TenantId, owner: string): Promise<typeof alertCursors.$inferSelect | null> {
  const until = sql`now() + ${HOLD_MS} * interval '1 millisecond'`
  const [row] = await db
    .insert(alertCursors)
    .values({ tenantId: tenant, owner, until })
    .onConflictDoUpdate({
      target: alertCursors.tenantId,
      set: { owner, until },
      setWhere: sql`${alertCursors.owner} = ${owner} OR ${alertCursors.until} IS NULL OR ${alertCursors.until} < now()`,
    })
    .returning()
  return row ?? null
}

function isSeriesDue(
  { lookedUp }: EngineParts,
  tenant: TenantId,
  series: Series,
  watermark: Instant,
  cursor: { watermark: Instant },
): boolean {
  const last = lookedUp.get(`${tenant} ${series.id}`) ?? (cursor.watermark === 0 ? 0 : cursor.watermark - series.everyS * 1e6)
  return lastDue(series, watermark) > last
}

/** What became known after one version up to another. */
async function news(
  { stores }: EngineParts,
  tenant: TenantId,
  { after, upto, watermark }: { after: number; upto: number; watermark: Instant },
): Promise<Subject[]> {
  const reader = tenantReader(stores.clickhouse.reader, tenant)
  const stillAt = watermark - OVER_US
  if (after === 0) return alertSignals(reader, { after, upto, stillAt, limit: null, keys: null })
  const whole = await alertSignals(reader, { after, upto, stillAt: 0, limit: FED_AT_ONCE + 1, keys: null })
  if (whole.length <= FED_AT_ONCE) return whole
  const rest = await alertSignals(reader, { after, upto, stillAt, limit: null, keys: null })
  const known = await stores.postgres.db
    .select({ key: alertSubjects.key })
    .from(alertSubjects)
    .where(eq(alertSubjects.tenantId, tenant))
  for (const some of chunks(known, FED_AT_ONCE))
    rest.push(...(await alertSignals(reader, { after, upto, stillAt: 0, limit: null, keys: some.map(({ key }) => key) })))
  return [...new Map(rest.map((one) => [`${one.kind} ${one.key}`, one])).values()]
}

type LookedUp = { series: Series; at: Instant; raw: unknown }

/** Looks values up, those first that were looked up longest ago, as long as there is time. */
async function lookUp(
  parts: EngineParts,
  tenant: TenantId,
  due: readonly Series[],
  { calendars, watermark, signal }: { calendars: TenantCalendars; watermark: Instant; signal: AbortSignal | undefined },
): Promise<LookedUp[]> {
  const reader = tenantReader(parts.stores.clickhouse.reader, tenant)
  const lastOf = (series: Series) => parts.lookedUp.get(`${tenant} ${series.id}`) ?? 0
  const end = performance.now() + VALUES_MS
  const found: LookedUp[] = []
  for (const series of due.toSorted((a, b) => lastOf(a) - lastOf(b))) {
    if (performance.now() > end || signal?.aborted === true) break
    const at = lastDue(series, watermark)
    const name = `${tenant} ${series.id}`
    let raw: unknown = null
    try {
      raw = await readSeries(series, { reader, stores: parts.stores, calendars, at, asOf: null })
      parts.failing.delete(name)
    } catch (error) {
      // Told once: it is tried again at its pace, and its alerts say that they are stale.
      if (!parts.failing.has(name))
        parts.log.warn({ ...logged(error), tenant, rules: series.rules.map(({ id }) => id) }, 'a value could not be looked up')
      parts.failing.add(name)
    }
    found.push({ series, at, raw })
  }
  return found
}

/** When people accepted or remediated the violations that became known, and those that they decided lately. */
async function decisions(
  tx: Tx,
  tenant: TenantId,
  fed: readonly Subject[],
  since: Date | null,
): Promise<Map<string, Instant | null>> {
  const own = eq(violationDecisions.tenantId, tenant)
  const keys = fed.filter(({ kind }) => kind === 'violation').map(({ key }) => key)
  const lately = await tx
    .selectDistinct({ id: violationDecisions.violationId })
    .from(violationDecisions)
    .where(and(own, gt(violationDecisions.decidedAt, new Date((since?.getTime() ?? 0) - DECIDED_OVERLAP_MS))))
  return decisionsOf(tx, tenant, [...new Set([...keys, ...lately.map(({ id }) => id)])])
}

/** When people accepted or remediated violations; null where they opened them again. */
async function decisionsOf(tx: Tx, tenant: TenantId, keys: readonly string[]): Promise<Map<string, Instant | null>> {
  const own = eq(violationDecisions.tenantId, tenant)
  const decided = new Map<string, Instant | null>()
  for (const some of chunks(keys, 1000))
    for (const row of await tx
      .selectDistinctOn([violationDecisions.violationId])
      .from(violationDecisions)
      .where(and(own, inArray(violationDecisions.violationId, some)))
      .orderBy(violationDecisions.violationId, desc(violationDecisions.id)))
      decided.set(row.violationId, row.state === 'open' ? null : row.decidedAt.getTime() * 1000)
  return decided
}

/** The part of what the engine knows that a look needs. */
async function load(
  tx: Tx,
  tenant: TenantId,
  of: {
    fed: readonly Subject[]
    watermark: Instant
    all: boolean
    decided: ReadonlyMap<string, Instant | null>
    series: readonly SeenSeries[]
  },
): Promise<World> {
  const { fed, watermark, all, decided, series } = of
  const pages = await loadPages(tx, tenant)
  const world: World = { subjects: new Map(), instances: new Map(), pages }
  const add = (some: readonly KnownSubject[]): void => {
    for (const one of some) world.subjects.set(`${one.subject.kind} ${one.subject.key}`, one)
  }
  const violations = [...decided.keys()].map((key) => ({ kind: 'violation' as const, key }))
  add(all ? await allSubjects(tx, tenant) : await loadSubjects(tx, tenant, { named: [...fed, ...violations], watermark }))
  const keysOf = (): Set<string> =>
    new Set([...[...world.subjects.values()].map(({ subject }) => subject.key), ...fed.map(({ key }) => key)])
  const due = await loadInstances(tx, tenant, { keys: [], rules: [], watermark })
  const known = keysOf()
  const unknown = [...due.values()].filter(({ key }) => !known.has(key)).map(({ key }) => key)
  for (const kind of ['clock', 'violation', 'incident'] as const)
    if (unknown.length > 0) add(await loadSubjects(tx, tenant, { named: unknown.map((key) => ({ kind, key })), watermark: null }))
  const looked = [...[...world.subjects.values()].map(({ subject }) => subject), ...fed]
  const incidents = new Set([
    ...looked.filter(({ kind }) => kind === 'incident').map(({ key }) => key),
    ...looked.filter(({ kind }) => kind === 'block').map(({ name }) => name),
    ...[...pages.values()].flatMap((page) => (page.class === 'technical' ? incidentsOf(page) : [])),
  ])
  if (!all) {
    add(
      await loadSubjects(tx, tenant, {
        named: [...incidents].map((key) => ({ kind: 'incident' as const, key })),
        watermark: null,
      }),
    )
    const documents = looked.filter(({ kind }) => kind !== 'incident').map(({ document }) => document)
    add(await loadBlocks(tx, tenant, { incidents: [...incidents], documents }))
  }
  world.instances = await loadInstances(tx, tenant, {
    keys: [...new Set([...keysOf(), ...series.flatMap(({ seen }) => (seen ?? []).map(({ key }) => key))])],
    rules: [...new Set(series.map(({ rule }) => rule.rule.id))],
    watermark,
  })
  return world
}

const incidentsOf = ({ body }: Page): string[] => body.members.flatMap(({ object, key }) => (object === null ? [key] : []))

/** Instances that are not over, of rules that are not in force any more. */
async function leftBehind(tx: Tx, tenant: TenantId, inForce: readonly string[]): Promise<Kept[]> {
  const rows = await tx
    .select()
    .from(alertInstances)
    .where(
      and(
        eq(alertInstances.tenantId, tenant),
        ne(alertInstances.state, 'inactive'),
        inForce.length === 0 ? undefined : notInArray(alertInstances.rule, [...inForce]),
      ),
    )
  return rows.map(({ rule, key, body, alertId }) => ({ rule, key, ...keptOf(body), home: alertId }))
}

/** Clocks that run, by service level. */
async function running(tx: Tx, tenant: TenantId): Promise<Map<string, number>> {
  const name = sql<string>`${alertSubjects.body} ->> 'name'`
  const rows = await tx
    .select({ name, clocks: count() })
    .from(alertSubjects)
    .where(
      and(eq(alertSubjects.tenantId, tenant), eq(alertSubjects.kind, 'clock'), sql`${alertSubjects.body} ->> 'ended_at' IS NULL`),
    )
    .groupBy(name)
  return new Map(rows.map((row) => [row.name, row.clocks]))
}

/** Channels that show who has acknowledged what; the others would only be disturbed by it. */
async function mirroringChannels(tx: Tx, tenant: TenantId): Promise<Set<string>> {
  const rows = await tx
    .select({ id: alertChannels.id, kind: alertChannels.kind })
    .from(alertChannels)
    .where(eq(alertChannels.tenantId, tenant))
  const kinds = await channelKinds()
  return new Set(rows.filter(({ kind }) => kinds.get(kind)?.mirrors === true).map(({ id }) => id))
}

/** Writes what a look changed. */
async function keep(
  tx: Tx,
  tenant: TenantId,
  of: {
    looked: Looked
    world: World
    input: Input
    tick: { tick: number; at: Instant; watermark: Instant; version: number }
    values: readonly LookedUp[]
    head: Letterhead
  },
): Promise<void> {
  const { looked, world, input, tick, values, head } = of
  const { evaluated, turned } = looked
  await saveSubjects(tx, tenant, looked.kept, looked.over)
  await saveInstances(tx, tenant, evaluated.instances)
  await saveTransitions(
    tx,
    tenant,
    evaluated.moved.map((one) => ({ ...one, home: turned.pageOf.get(one.transition) ?? null })),
    tick,
  )
  const pages = [...turned.touched].flatMap((id) => world.pages.get(id) ?? [])
  await savePages(tx, tenant, pages, turned.money)
  const at = dateOf(tick.at) ?? new Date(0)
  for (const some of chunks(turned.story, 1000))
    await tx
      .insert(alertStory)
      .values(some.map(({ page, what, detail }) => ({ tenantId: tenant, alertId: page, at, actor: 'engine', what, detail })))
  const mirrors = turned.notes.some(({ kind }) => kind === 'acknowledged') ? await mirroringChannels(tx, tenant) : null
  const notes = turned.notes.filter(({ kind, to }) => kind !== 'acknowledged' || mirrors?.has(to) === true)
  for (const some of chunks(notes, 200))
    await tx.insert(alertNotes).values(
      some.flatMap((draft) => {
        const page = world.pages.get(draft.page)
        if (page === undefined) return []
        const key = createHash('sha256')
          .update(JSON.stringify([draft.page, draft.party, draft.to, draft.kind, draft.number]))
          .digest('hex')
        const rule = input.rules.find((one) => one.rule.id === page.rule)?.rule
        return [
          {
            tenantId: tenant,
            key,
            alertId: page.id,
            party: draft.party,
            channelId: draft.to,
            kind: draft.kind,
            body: compose(page, rule, draft, key, tick.at, head),
            nextAt: at,
            createdAt: at,
            aboutAt: dateOf(draft.aboutAt),
          },
        ]
      }),
    )
  for (const some of chunks(values, 200))
    await tx
      .insert(alertSamples)
      .values(
        some.map(({ series, at: of, raw }) => ({ tenantId: tenant, series: series.id, at: of, tick: tick.tick, body: { raw } })),
      )
      .onConflictDoNothing()
  await tx
    .insert(alertTicks)
    .values({ tenantId: tenant, tick: tick.tick, version: tick.version, watermark: tick.watermark, at: tick.at })
}
