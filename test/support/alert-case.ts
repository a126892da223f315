import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { asc, eq } from 'drizzle-orm'
import { parse } from 'yaml'
import { z } from 'zod'
import { engineParts } from '../../alerts/engine.ts'
import { tickTenant } from '../../alerts/tick.ts'
import { createEventWriter } from '../../ingest/write.ts'
import type { Note } from '../../model/alert-note.ts'
import { Matcher, Routing } from '../../model/alert-routing.ts'
import { AlertRule } from '../../model/alert-rule.ts'
import { type Event, isRefusal, readEvent } from '../../model/event.ts'
import { type Instant, instantFromIso, instantToIso } from '../../model/instant.ts'
import { isReferenceKind, readReferenceRows } from '../../model/reference.ts'
import { SlaDefinition } from '../../model/sla.ts'
import type { TenantId } from '../../model/tenant.ts'
import { ALERT_PACK } from '../../model/alert-pack.ts'
import { changeRules } from '../../platform/alert-rules.ts'
import { saveRouting } from '../../platform/alert-routing.ts'
import { alertCursors, alertNotes, alertSilences, alertTransitions } from '../../platform/postgres/schema.ts'
import { saveReference } from '../../platform/reference.ts'
import { saveSla } from '../../platform/slas.ts'
import { mirrorReference } from '../../queries/reference-mirror.ts'
import { derive } from './derive.ts'
import type { TestStores } from './stores.ts'

const At = z.string().transform((text, context): Instant => {
  const at = instantFromIso(text)
  if (at === null) context.addIssue({ code: 'custom', message: `"${text}" is no instant` })
  return at ?? 0
})

/** `rule.yaml` of a case: what holds, and when the engine looks. */
const Setup = z.strictObject({
  /** What a user would notice. */
  shows: z.string(),
  /** Instants at which the engine looks, or from, to and every so many seconds. */
  looks: z.union([z.array(At).min(1), z.strictObject({ from: At, to: At, every_s: z.int().min(1) })]),
  rules: z.array(AlertRule),
  slas: z.array(SlaDefinition).default([]),
  reference: z
    .array(
      z.strictObject({
        kind: z.string().refine(isReferenceKind),
        key: z.string(),
        valid_from: z.string(),
        valid_to: z.string().optional(),
        body: z.record(z.string(), z.unknown()),
      }),
    )
    .default([]),
  routing: Routing.optional(),
  silences: z
    .array(z.strictObject({ kind: z.enum(['silence', 'maintenance']).default('silence'), matcher: Matcher, from: At, to: At }))
    .default([]),
  /** Instants after which another process looks on, as one would after a restart. */
  restarts: z.array(At).default([]),
  /** What people do meanwhile. */
  acts: z.array(z.strictObject({ at: At, acknowledge: z.string().optional(), party: z.string().optional() })).default([]),
})
export type Setup = z.output<typeof Setup>

/** A transition as `expected.yaml` states it: `rule key from>to at reason`, and a message: `kind channel at title`. */
export type Happened = { transitions: string[]; notes: string[] }
export const Expected = z.strictObject({ transitions: z.array(z.string()), notes: z.array(z.string()) })

/** Reads a folder of a case. A line of `events.jsonl` is a CloudEvent; `received` says when it came, where that is later than its time. */
export function readCase(folder: string): {
  setup: Setup
  events: { at: Instant; event: Record<string, unknown> }[]
  expected: Happened
} {
  const text = (name: string) => readFileSync(join(folder, name), 'utf8')
  const events = text('events.jsonl')
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line) => {
      const { received, ...event } = JSON.parse(line) as Record<string, unknown>
      return {
        at: instantFromIso(String(received ?? event['time'])) ?? 0,
        event: { specversion: '1.0', source: '/erp', ...event },
      }
    })
  return { setup: Setup.parse(parse(text('rule.yaml'))), events, expected: Expected.parse(parse(text('expected.yaml'))) }
}

/** Plays a case through the whole pipeline by its own clock: events are stored, answers computed, and the engine looks. */
export async function playCase(
  tests: TestStores,
  tenant: TenantId,
  { setup, events }: ReturnType<typeof readCase>,
): Promise<Happened> {
  const { stores } = tests
  await prepare(tests, tenant, setup)
  const looks = Array.isArray(setup.looks) ? setup.looks : everyOf(setup.looks)
  let now = looks[0] ?? 0
  const start = () =>
    engineParts({ stores, log: tests.log, links: null, url: 'http://sightline.test', now: () => Promise.resolve(now) })
  let engine = start()
  const waiting = events.toSorted((a, b) => a.at - b.at)
  for (const [number, at] of looks.entries()) {
    now = at
    if (setup.restarts.some((restart) => restart <= at && restart > (looks[number - 1] ?? 0))) {
      await release(tests, tenant)
      engine = start()
    }
    const come = waiting.splice(
      0,
      waiting.findIndex((one) => one.at > at) < 0 ? waiting.length : waiting.findIndex((one) => one.at > at),
    )
    if (come.length > 0) {
      const writer = createEventWriter({ clickhouse: stores.clickhouse.writer, now: () => now })
      for (const { at: received, event } of come) {
        now = received
        await writer.write(tenant, [eventOf(tenant, event, received)])
      }
      await writer.drain()
      now = at
      await derive(tests, tenant, at)
    }
    await tickTenant(engine, tenant)
  }
  return happened(tests, tenant)
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
    await saveReference(db, { tenant, kind, rows: read.rows.map(({ stated }) => stated), actor: 'case' })
  }
  await mirrorReference({ clickhouse: stores.clickhouse.writer, db }, tenant, Date.now() * 1000)
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
    const routing = setup.routing ?? USUAL
    await saveRouting(tx, { tenant, routing, actor: 'case', expected: null })
  })
  if (setup.silences.length > 0)
    await db.insert(alertSilences).values(
      setup.silences.map(({ kind, matcher, from, to }) => ({
        tenantId: tenant,
        kind,
        matcher,
        from: new Date(from / 1000),
        to: new Date(to / 1000),
        reason: 'case',
        createdBy: 'case',
      })),
    )
}

/** Business alerts to the channel `owners`, technical ones to `on-call`, at any time. */
const USUAL = Routing.parse({
  routes: [
    { class: 'business', parties: ['owners'] },
    { class: 'technical', parties: ['on-call'] },
  ],
  parties: ['owners', 'on-call'].map((id) => ({ id, title: id, steps: [{ after_s: 0, to: [{ channel: id }] }] })),
})

function everyOf({ from, to, every_s }: { from: Instant; to: Instant; every_s: number }): Instant[] {
  return Array.from({ length: Math.floor((to - from) / (every_s * 1e6)) + 1 }, (_, number) => from + number * every_s * 1e6)
}

function eventOf(tenant: TenantId, value: Record<string, unknown>, receivedAt: Instant): Event {
  const event = readEvent(value, { tenant, receivedAt, fallbackSeq: 0 })
  if (isRefusal(event)) throw new Error(`an event of the case is refused: ${JSON.stringify(event)}`)
  return event
}

/** The process that looked is gone without giving its lease back, and so long ago that another may take it. */
async function release({ stores }: TestStores, tenant: TenantId): Promise<void> {
  await stores.postgres.db
    .update(alertCursors)
    .set({ until: new Date(0) })
    .where(eq(alertCursors.tenantId, tenant))
}
