import { asc, eq } from 'drizzle-orm'
import { engineParts } from '../../alerts/engine.ts'
import { tickTenant } from '../../alerts/tick.ts'
import { createEventWriter, type EventWriter } from '../../ingest/write.ts'
import type { Note } from '../../model/alert-note.ts'
import { ALERT_PACK } from '../../model/alert-pack.ts'
import { Routing } from '../../model/alert-routing.ts'
import { type Event, isRefusal, readEvent } from '../../model/event.ts'
import { type Instant, instantToIso } from '../../model/instant.ts'
import { readReferenceRows } from '../../model/reference.ts'
import type { TenantId } from '../../model/tenant.ts'
import { changeRules } from '../../platform/alert-rules.ts'
import { saveRouting } from '../../platform/alert-routing.ts'
import { createSilence } from '../../platform/alert-silences.ts'
import { alertCursors, alertNotes, alertTransitions } from '../../platform/postgres/schema.ts'
import { saveReference } from '../../platform/reference.ts'
import { saveSla } from '../../platform/slas.ts'
import { mirrorReference } from '../../queries/reference-mirror.ts'
import { doAct } from './alert-acts.ts'
import type { AlertCase, Coming, Happened, Setup } from './alert-case-setup.ts'
import { derive } from './derive.ts'
import type { TestStores } from './stores.ts'

/** Plays a case through the whole pipeline by its own clock: events are stored, answers computed, and the engine looks. */
export async function playCase(tests: TestStores, tenant: TenantId, { setup, events }: AlertCase): Promise<Happened> {
  const { stores } = tests
  await prepare(tests, tenant, setup)
  let now = setup.looks[0] ?? 0
  const start = () =>
    engineParts({ stores, log: tests.log, links: null, url: 'http://sightline.test', now: () => Promise.resolve(now) })
  let engine = start()
  const writer = createEventWriter({ clickhouse: stores.clickhouse.writer, now: () => now })
  const [waiting, acts] = [[...events], setup.acts.toSorted((a, b) => a.at - b.at)]
  for (const [number, at] of setup.looks.entries()) {
    if (setup.restarts.some((restart) => restart <= at && restart > (setup.looks[number - 1] ?? 0))) {
      await release(tests, tenant)
      engine = start()
    }
    const come = due(waiting, at)
    for (const [received, some] of Map.groupBy(come, (one) => one.at)) {
      now = received
      await store(writer, tenant, some, received)
    }
    if (come.length > 0) await derive(tests, tenant, at, setup.derives)
    for (const act of due(acts, at)) {
      now = act.at
      await doAct(tests, tenant, act)
    }
    now = at
    await tickTenant(engine, tenant)
  }
  await writer.drain()
  return happened(tests, tenant)
}

function due<T extends { at: Instant }>(waiting: T[], at: Instant): T[] {
  const later = waiting.findIndex((one) => one.at > at)
  return waiting.splice(0, later < 0 ? waiting.length : later)
}

async function store(writer: EventWriter, tenant: TenantId, come: readonly Coming[], receivedAt: Instant): Promise<void> {
  const events = come.map(({ event }, fallbackSeq): Event => {
    const read = readEvent(event, { tenant, receivedAt, fallbackSeq })
    if (isRefusal(read)) throw new Error(`an event of the case is refused: ${JSON.stringify(read)}`)
    return read
  })
  await writer.write(tenant, events)
}

/** What was told and found of a tenant, in order. */
async function happened({ stores }: TestStores, tenant: TenantId): Promise<Happened> {
  const { db } = stores.postgres
  const moved = await db
    .select()
    .from(alertTransitions)
    .where(eq(alertTransitions.tenantId, tenant))
    .orderBy(
      asc(alertTransitions.at),
      asc(alertTransitions.rule),
      asc(alertTransitions.key),
      asc(alertTransitions.epoch),
      asc(alertTransitions.number),
    )
  const told = await db.select().from(alertNotes).where(eq(alertNotes.tenantId, tenant)).orderBy(asc(alertNotes.id))
  // Ids of violations and incidents are the tenant's own.
  const keyOf = (key: string) => (/^[0-9a-f]{8}-[0-9a-f-]{27}$/u.test(key) ? 'ID' : key)
  return {
    transitions: moved.map(
      (one) => `${one.rule} ${keyOf(one.key)} ${one.from}>${one.to} ${instantToIso(one.at)} ${one.reason} ${one.severity}`,
    ),
    notes: told.map(
      ({ kind, channelId, createdAt, body }) => `${kind} ${channelId} ${createdAt.toISOString()} ${(body as Note).title}`,
    ),
  }
}

async function prepare({ stores }: TestStores, tenant: TenantId, setup: Setup): Promise<void> {
  const { db } = stores.postgres
  for (const sla of setup.slas) await saveSla(db, { tenant, sla, actor: 'case' })
  for (const [kind, rows] of Map.groupBy(setup.reference, (row) => row.kind)) {
    const read = readReferenceRows(
      kind,
      rows.map(({ kind: _kind, ...row }) => row),
    )
    if (read.problems.length > 0) throw new Error(`reference data of the case is refused: ${JSON.stringify(read.problems)}`)
    await saveReference(db, { tenant, kind, rows: read.rows.map(({ stated }) => stated), actor: 'case' })
  }
  if (setup.reference.length > 0) await mirrorReference({ clickhouse: stores.clickhouse.writer, db }, tenant, Date.now() * 1000)
  const own = new Set(setup.rules.map(({ id }) => id))
  await db.transaction(async (tx) => {
    await changeRules(tx, {
      tenant,
      actor: 'case',
      changes: [
        ...ALERT_PACK.rules.filter(({ id }) => !own.has(id)).map(({ id }) => ({ kind: 'retire' as const, id })),
        ...setup.rules.map((rule) => ({ kind: 'save' as const, rule })),
      ],
    })
    await saveRouting(tx, { tenant, routing: setup.routing ?? USUAL, actor: 'case', expected: null })
  })
  for (const silence of setup.silences) await createSilence(db, { tenant, ...silence, reason: 'case', actor: 'case', now: 0 })
}

/** Business alerts to the channel `owners`, technical ones to `on-call`, at any time. */
const USUAL = Routing.parse({
  routes: [
    { class: 'business', parties: ['owners'] },
    { class: 'technical', parties: ['on-call'] },
  ],
  parties: ['owners', 'on-call'].map((id) => ({ id, title: id, steps: [{ after_s: 0, to: [{ channel: id }] }] })),
})

/** The process that looked is gone without giving its lease back, and so long ago that another may take it. */
async function release({ stores }: TestStores, tenant: TenantId): Promise<void> {
  await stores.postgres.db
    .update(alertCursors)
    .set({ until: new Date(0) })
    .where(eq(alertCursors.tenantId, tenant))
}
