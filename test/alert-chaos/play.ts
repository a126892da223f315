import { setTimeout as sleep } from 'node:timers/promises'
import { and, asc, eq, lte, sql } from 'drizzle-orm'
import { isDue } from '../../alerts/state.ts'
import type { Note } from '../../model/alert-note.ts'
import type { Instant } from '../../model/instant.ts'
import type { TenantId } from '../../model/tenant.ts'
import { LAG_US } from '../../model/watermark.ts'
import { isPostgresUnavailable } from '../../platform/postgres/client.ts'
import { alertChannels, alertCursors, alertNotes, alerts, alertTransitions, derivations } from '../../platform/postgres/schema.ts'
import type { SecretBox } from '../../platform/secrets.ts'
import type { Stores } from '../../platform/stores.ts'
import { receiveEvents, stateAlerts } from '../support/alert-tenant.ts'
import { derive } from '../support/derive.ts'
import { ARRIVES_EVERY, CHANNELS, LASTS, MINUTE, plannedEvents, ROUTING, RULES, SLA, STEP } from './plan.ts'

/** What came of a play: what the engine found and wrote. */
export type Outcome = {
  /** `rule key epoch number from>to at reason severity`. */
  transitions: string[]
  /** `rule group channel number kind title`. */
  notes: string[]
  /** Alerts with their messages in the order in which they were written: their ids as receivers see them. */
  written: Map<string, { channel: string; ids: string[] }>
  /** Messages that are not sent. */
  unsent: string[]
}

/** How long everybody may take to come up to the clock, ms. */
const PATIENCE_MS = 150_000

/**
 * Plays the plan in a tenant: step by step what happened arrives and is computed, and the clock moves on once everybody is up to it.
 *
 * @param options.clock moves the clock of all processes to an instant, or waits until it is there
 * @param options.step is called with each step, before everybody is waited for
 * @param options.work is done while it is waited; whoever evaluates by itself needs none
 */
export async function play(options: {
  stores: Stores
  secrets: SecretBox
  tenant: TenantId
  seed: number
  start: Instant
  receiverUrl: string
  clock: (at: Instant) => Promise<void>
  step?: (number: number) => void
  work?: () => Promise<void>
}): Promise<Outcome> {
  const { stores, secrets, tenant, seed, start, receiverUrl, clock, step, work } = options
  const webhooks = Object.fromEntries(CHANNELS.map((channel) => [channel, `${receiverUrl}/${channel}`]))
  await stateAlerts(stores, secrets, tenant, { slas: [SLA], rules: RULES, routing: ROUTING, webhooks })
  const waiting = plannedEvents(seed, start)
  for (let minute = 0; minute <= LASTS; minute += STEP) {
    const at = start + minute * MINUTE
    await clock(at)
    step?.(minute / STEP)
    const come = minute % ARRIVES_EVERY === 0 ? waiting.filter((one) => one.at <= at) : []
    if (come.length > 0) {
      waiting.splice(0, come.length)
      await patiently(() =>
        receiveEvents(
          stores,
          tenant,
          come.map(({ event }) => event),
          at,
        ),
      )
      await patiently(() => derive({ stores }, tenant, at, ['timelines', 'incidents']))
    }
    const until = performance.now() + PATIENCE_MS
    for (;;) {
      await work?.()
      const left = await patiently(() => whatIsLeft(stores, tenant, at))
      if (left === null) break
      if (performance.now() > until) throw new Error(`minute ${minute}: ${left}`)
      await sleep(100)
    }
  }
  return outcomeOf(stores, tenant)
}

/** Does again what PostgreSQL was away for. */
async function patiently<T>(work: () => Promise<T>): Promise<T> {
  for (let tries = 0; ; tries++)
    try {
      return await work()
    } catch (error) {
      if (tries > 100 || !isPostgresUnavailable(error)) throw error
      await sleep(200)
    }
}

/** Why not everybody is up to the clock; null where they are. */
async function whatIsLeft({ postgres: { db } }: Stores, tenant: TenantId, now: Instant): Promise<string | null> {
  const [cursor] = await db.select().from(alertCursors).where(eq(alertCursors.tenantId, tenant))
  const [derived] = await db.select().from(derivations).where(eq(derivations.tenantId, tenant))
  if (cursor === undefined || cursor.version < (derived?.published ?? 0)) return 'news are not taken in'
  if (await isDue(db, tenant, now - LAG_US, now)) return 'what time brought is not evaluated'
  // Of an alert and a channel the earliest alone can be sent.
  const first = sql`(SELECT DISTINCT ON (alert_id, channel_id) id FROM alert_notes WHERE state = 'queued' AND tenant_id = ${tenant} ORDER BY alert_id, channel_id, id)`
  const queued = await db.$count(
    alertNotes,
    and(
      eq(alertNotes.tenantId, tenant),
      eq(alertNotes.state, 'queued'),
      lte(alertNotes.nextAt, new Date(now / 1000)),
      sql`${alertNotes.id} IN ${first}`,
    ),
  )
  if (queued === 0) return null
  const [one] = await db
    .select()
    .from(alertNotes)
    .where(and(eq(alertNotes.tenantId, tenant), eq(alertNotes.state, 'queued'), sql`${alertNotes.id} IN ${first}`))
    .orderBy(asc(alertNotes.id))
    .limit(1)
  const [channel] = await db
    .select({ state: alertChannels.state, held: alertChannels.heldUntil })
    .from(alertChannels)
    .where(and(eq(alertChannels.tenantId, tenant), eq(alertChannels.id, one?.channelId ?? '')))
  return `${queued} messages wait, first ${JSON.stringify({ ...one, body: undefined, channel })}`
}

async function outcomeOf({ postgres: { db } }: Stores, tenant: TenantId): Promise<Outcome> {
  const moved = await db.select().from(alertTransitions).where(eq(alertTransitions.tenantId, tenant))
  const notes = await db
    .select({ note: alertNotes, rule: alerts.rule, group: alerts.groupKey })
    .from(alertNotes)
    .innerJoin(alerts, eq(alerts.id, alertNotes.alertId))
    .where(eq(alertNotes.tenantId, tenant))
    .orderBy(asc(alertNotes.id))
  const written: Outcome['written'] = new Map()
  const numbers = new Map<string, number>()
  const lines = notes.map(({ note, rule, group }) => {
    const own = written.get(note.alertId ?? '') ?? { channel: note.channelId, ids: [] }
    written.set(note.alertId ?? '', own)
    own.ids.push(note.key)
    const number = (numbers.get(note.alertId ?? '') ?? 0) + 1
    numbers.set(note.alertId ?? '', number)
    // How many clocks run beside is as of the moment.
    const title = (note.body as Note).title.replace(/ of \d+/u, '')
    return `${rule} ${group} ${note.channelId} ${number} ${note.kind} ${title}`
  })
  return {
    transitions: moved
      .map((one) =>
        [one.rule, one.key, one.epoch, one.number, `${one.from}>${one.to}`, one.at, one.reason, one.severity].join(' '),
      )
      .toSorted((a, b) => (a < b ? -1 : 1)),
    notes: lines.toSorted((a, b) => (a < b ? -1 : 1)),
    written,
    unsent: notes.flatMap(({ note }) => (note.state === 'sent' ? [] : [`${note.key} ${note.state} ${note.error}`])),
  }
}
