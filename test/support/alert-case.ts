import { asc, eq } from 'drizzle-orm'
import { engineParts } from '../../alerts/engine.ts'
import { tickTenant } from '../../alerts/tick.ts'
import { createEventWriter, type EventWriter } from '../../ingest/write.ts'
import type { Note } from '../../model/alert-note.ts'
import { type Event, isRefusal, readEvent } from '../../model/event.ts'
import { type Instant, instantToIso } from '../../model/instant.ts'
import type { TenantId } from '../../model/tenant.ts'
import { alertCursors, alertNotes, alertTransitions } from '../../platform/postgres/schema.ts'
import { doAct } from './alert-acts.ts'
import type { AlertCase, Coming, Happened } from './alert-case-setup.ts'
import { tellAll } from './alert-tells.ts'
import { type CaseOutbox, startCaseOutbox } from './case-outbox.ts'
import { derive } from './derive.ts'
import { prepareCase } from './prepare-case.ts'
import type { TestStores } from './stores.ts'

const MINUTE_US: Instant = 60e6

/** Plays a case through the whole pipeline by its own clock: events are stored, answers computed, and the engine looks. */
export async function playCase(tests: TestStores, tenant: TenantId, one: AlertCase): Promise<Happened> {
  const { setup } = one
  await prepareCase(tests, tenant, setup)
  const outbox = setup.channels.length === 0 ? null : await startCaseOutbox(tests, tenant, setup.channels)
  try {
    const applied = await play(tests, tenant, one, outbox)
    const window = { from: setup.looks[0] ?? 0, to: (setup.looks.at(-1) ?? 0) + 1 }
    const told = await tellAll({ tests, tenant, setup, window, taken: outbox?.taken ?? [], applied })
    return { ...(await happened(tests, tenant)), ...told }
  } finally {
    await outbox?.close()
  }
}

/** @returns what rules as code did, line by line */
async function play(
  tests: TestStores,
  tenant: TenantId,
  { setup, events }: AlertCase,
  outbox: CaseOutbox | null,
): Promise<string[]> {
  const { stores } = tests
  const applied: string[] = []
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
    // What came within a minute is written at once.
    for (const some of Map.groupBy(come, (one) => Math.floor(one.at / MINUTE_US)).values()) {
      const received = some.at(-1)?.at ?? at
      now = received
      await store(writer, tenant, some, received)
    }
    if (come.length > 0) await derive(tests, tenant, at, setup.derives)
    for (const act of due(acts, at)) {
      await outbox?.sendUntil(act.at)
      now = act.at
      applied.push(...(await doAct(tests, tenant, act)))
    }
    await outbox?.sendUntil(at)
    now = at
    await tickTenant(engine, tenant)
    await outbox?.sendAt(at)
  }
  await writer.drain()
  return applied
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
  return {
    transitions: moved.map(
      (one) => `${one.rule} ${one.key} ${one.from}>${one.to} ${instantToIso(one.at)} ${one.reason} ${one.severity}`,
    ),
    notes: told.map(
      ({ kind, channelId, createdAt, body }) =>
        `${kind} ${channelId} ${createdAt.toISOString()} ${(body as Note).title}${kind === 'follow_up' ? technical(body as Note) : ''}`,
    ),
  }
}

/** Technical delay of a follow-up's documents, as the message tells it apart. */
const technical = ({ members }: Note): string =>
  ` (technical: ${members.map(({ technical_s }) => technical_s ?? '?').join(', ')} s)`

/** The process that looked is gone without giving its lease back, and so long ago that another may take it. */
async function release({ stores }: TestStores, tenant: TenantId): Promise<void> {
  await stores.postgres.db
    .update(alertCursors)
    .set({ until: new Date(0) })
    .where(eq(alertCursors.tenantId, tenant))
}
