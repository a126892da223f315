import { eq, sql } from 'drizzle-orm'
import type { SeenSeries } from '../model/alert-evaluate.ts'
import { type Input, look } from '../model/alert-look.ts'
import { OVER_US } from '../model/alert-step.ts'
import type { Subject } from '../model/alert-subject.ts'
import type { Instant } from '../model/instant.ts'
import type { TenantId } from '../model/tenant.ts'
import { watermarkOf } from '../model/watermark.ts'
import { currentRouting } from '../platform/alert-routing.ts'
import { silencesAt } from '../platform/alert-silences.ts'
import type { Db } from '../platform/postgres/client.ts'
import { alertCursors, alertSubjects, derivations } from '../platform/postgres/schema.ts'
import { alertSignals, uncomputed } from '../queries/alert-signals.ts'
import { tenantCalendars } from '../queries/derive/tenant-calendars.ts'
import { tenantReader } from '../queries/run.ts'
import type { EngineParts } from './engine.ts'
import { explain } from './explain.ts'
import { keep } from './keep.ts'
import { letterhead } from './letterhead.ts'
import { decisions, decisionsOf, leftBehind, load, running } from './load.ts'
import { isSeriesDue, lookUp } from './look-up.ts'
import { tenantMoney } from './money.ts'
import { pageIdOf } from './page-id.ts'
import { signsAt, signsOf } from './signs.ts'
import { chunks, dateOf, dueDocuments, instantOf, isDue } from './state.ts'
import { tenantRules } from './tenant-rules.ts'
import { judge, seriesOf } from './values.ts'

/** How long a process may look at a tenant before another one may, ms. */
const HOLD_MS = 10_000
/** News of one tick that are read whole; of more, what is over by now is left out where nothing is known of it. */
const FED_AT_ONCE = 20_000
/** How often it is said that nothing was due, µs. */
const SAID_EVERY_US: Instant = 15e6

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
  const { watermark, silent } = watermarkOf(now, signsAt(signs, now), place.watermark)
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
  const coming = fed.filter(
    ({ kind, due_at, ended_at }) => kind === 'clock' && due_at !== null && due_at <= watermark && ended_at === null,
  )
  const held = await uncomputed(reader, derived?.freshUntil ?? 0, [
    ...new Set([
      ...coming.map(({ document }) => `${document.type}/${document.id}`),
      ...(await dueDocuments(db, tenant, watermark)),
    ]),
  ])
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
  const ruleOf = new Map(rules.inForce.map(({ rule }) => [rule.id, rule]))
  const done = await db.transaction(async (tx) => {
    // A process that is paused in here must not keep the others waiting.
    await tx.execute(sql`SET LOCAL idle_in_transaction_session_timeout = '10s'`)
    const [standing] = await tx.select().from(alertCursors).where(eq(alertCursors.tenantId, tenant)).for('update')
    if (standing?.tick !== cursor.tick || standing.owner !== parts.owner) return null
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
      held,
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
    await explain(parts, reader, { world, looked, rule: (id) => ruleOf.get(id), at: watermark })
    const tick = { tick: cursor.tick + 1, at: now, watermark, version, held: [...held] }
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
