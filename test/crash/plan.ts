import { randomFrom, type Random } from '../../demo/random.ts'
import { type DemoEvent } from '../../demo/recorder.ts'
import { simulateChunks } from '../../demo/simulate.ts'
import { poison } from './poison.ts'

/** What a record is, for those who count afterwards; it travels in the header `x-planned`. */
export type PlannedKind = 'event' | 'copy' | 'conflict' | 'correction' | 'poison'

/** A record that the producer sends. */
export type PlannedRecord = { tenant: string; key: string; value: Buffer; kind: PlannedKind; headers: Record<string, string> }

export type PlanSize = { seed: number; waves: number; perWave: number }

/** Tenants of the plan, each with a topic of its own. */
export const PLAN_TENANTS = ['kestrel', 'aurelia', 'nb-alder'] as const
export const PLAN_PARTITIONS = 3

export function planTopic(tenant: string): string {
  return `erp.${tenant}.events`
}

/** The end of the simulated history, of which `PLAN_WINDOW` asks. */
const HISTORY_END = Date.UTC(2026, 2, 1)
const DAYS = 45
export const PLAN_WINDOW = { from: '2025-06-01T00:00:00Z', to: '2026-04-01T00:00:00Z' }

/** A history at half its scale has somewhat more events of the tenants than this. */
const PER_HALF_SCALE = 60_000

/** Shares of all records. */
const COPIES = 0.03
const CONFLICTS = 0.004
const CORRECTIONS = 0.01
const POISON = 0.01
/** How far an event may come before or after its place, in events. */
const DISORDER = 300

/**
 * Everything that a run sends, in waves: a simulated history of several tenants out of order, with copies (some with their keys in
 * another order), copies that say something else, corrections – before or after what they correct – and garbage. The same size and
 * seed give the same bytes. Records of one document keep to one partition by their key; a copy follows its original there.
 */
export function plannedWaves({ seed, waves, perWave }: PlanSize): PlannedRecord[][] {
  const random = randomFrom(seed, 'plan')
  const total = waves * perWave
  const events = shuffled(random, simulated(seed, Math.ceil(total * (1 - COPIES - CONFLICTS - CORRECTIONS - POISON))))
  const records: PlannedRecord[] = []
  const correctable: { tenant: string; event: DemoEvent }[] = []
  const corrected = new Set<string>()
  let bad = 0
  let said = 0
  for (const [at, { tenant, event }] of events.entries()) {
    records.push(record(tenant, event, 'event'))
    const ahead = events[at + random.int(0, DISORDER)]
    if (ahead?.event.data.money !== undefined && !corrected.has(ahead.event.id)) correctable.push(ahead)
    const dice = random.uniform()
    if (dice < COPIES) {
      const earlier = random.pick(records)
      if (earlier.kind === 'event')
        records.push({ ...earlier, kind: 'copy', value: turned(earlier.value), headers: planned('copy') })
    } else if (dice < COPIES + CONFLICTS) {
      const other = { ...event, data: { ...event.data, step: `${event.data.step ?? ''} (said otherwise ${++said})` } }
      records.push(record(tenant, other, 'conflict'))
    } else if (dice < COPIES + CONFLICTS + CORRECTIONS) {
      const open = correctable.slice(-DISORDER).filter(({ event: { id } }) => !corrected.has(id))
      if (open.length === 0) continue
      const found = random.pick(open)
      corrected.add(found.event.id)
      records.push(record(found.tenant, correctionOf(found.event), 'correction'))
    } else if (dice > 1 - POISON) {
      records.push(garbage(tenant, bad++))
    }
  }
  const wave = Math.ceil(records.length / waves)
  return Array.from({ length: waves }, (_, at) => {
    const own = records.slice(at * wave, (at + 1) * wave)
    // A fault that waits for a dead letter strikes in any wave.
    if (!own.some(({ kind }) => kind === 'poison')) own.splice(Math.floor(own.length / 2), 0, garbage(PLAN_TENANTS[0], bad++))
    return own
  })
}

function simulated(seed: number, count: number): { tenant: string; event: DemoEvent }[] {
  const wanted = new Set<string>(PLAN_TENANTS)
  const chosen: { tenant: string; event: DemoEvent }[] = []
  for (const { tenant, events } of simulateChunks({
    seed,
    now: HISTORY_END,
    days: DAYS,
    scale: 0.5 * Math.max(1, count / PER_HALF_SCALE),
  })) {
    if (!wanted.has(tenant)) continue
    for (const event of events) {
      chosen.push({ tenant, event })
      if (chosen.length === count) return chosen
    }
  }
  throw new RangeError(`the simulation gives only ${chosen.length} of ${count} events`)
}

function record(tenant: string, event: DemoEvent, kind: PlannedKind): PlannedRecord {
  return { tenant, key: event.subject, value: Buffer.from(JSON.stringify(event)), kind, headers: planned(kind) }
}

function garbage(tenant: string, number: number): PlannedRecord {
  const { value, headers } = poison(number)
  return { tenant, key: `garbage-${number}`, value, kind: 'poison', headers: { ...headers, ...planned('poison') } }
}

function planned(kind: PlannedKind): Record<string, string> {
  return { 'x-planned': kind }
}

/** The same event with the keys of its envelope and data the other way round. */
function turned(value: Buffer): Buffer {
  const event = JSON.parse(value.toString()) as Record<string, unknown> & { data: Record<string, unknown> }
  const reversed = (fields: Record<string, unknown>) => Object.fromEntries(Object.entries(fields).toReversed())
  return Buffer.from(JSON.stringify(reversed({ ...event, data: reversed(event.data) })))
}

function correctionOf(event: DemoEvent): DemoEvent & { data: { corrects: string } } {
  const { money, ...rest } = event.data
  const amount = (Number(money?.amount ?? 0) + 1).toFixed(2)
  return {
    ...event,
    id: `${event.id}-corrected`,
    time: new Date(Date.parse(event.time) + 90_000).toISOString(),
    data: { ...rest, money: { amount, currency: money?.currency ?? 'EUR' }, corrects: event.id },
  }
}

/** Moves everything by up to {@link DISORDER} places. */
function shuffled<T>(random: Random, items: readonly T[]): T[] {
  return items
    .map((item, at) => ({ item, at: at + random.uniform() * DISORDER }))
    .toSorted((a, b) => a.at - b.at)
    .map(({ item }) => item)
}
