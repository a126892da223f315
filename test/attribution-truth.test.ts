import assert from 'node:assert/strict'
import { randomInt } from 'node:crypto'
import test from 'node:test'
import { simulateChunks } from '../demo/simulate.ts'
import type { TruthDocument } from '../demo/truth.ts'
import { ALWAYS, compile } from '../model/calendar.ts'
import { attribute, type DelayContext, type DocumentDelay } from '../model/delays/attribution.ts'
import { rootSystems, timelinesOf } from './support/timelines.ts'

const NOW = Date.UTC(2026, 10, 22, 12)
const DAY = 86_400_000
const seed = Number(process.env['SEED'] ?? randomInt(1_000_000))

const SYSTEMS_WORK = compile(ALWAYS, (NOW - 800 * DAY) * 1000, (NOW + 400 * DAY) * 1000)

type Stretch = { from: number; to: number; cause: string }

/** Stretches in order of time, in ms, those of one cause that touch each other joined. */
function joined(stretches: readonly Stretch[]): string[] {
  const found: Stretch[] = []
  for (const { from, to, cause } of stretches) {
    const last = found.at(-1)
    if (from === to) continue
    if (last !== undefined && last.to === from && last.cause === cause) last.to = to
    else found.push({ from, to, cause })
  }
  return found.map(({ from, to, cause }) => `${new Date(from).toISOString()} – ${new Date(to).toISOString()} ${cause}`)
}

const ofTruth = (truth: TruthDocument): string[] =>
  joined(truth.intervals.map(({ from, to, cause }) => ({ from: Date.parse(from), to: Date.parse(to), cause })))
const ofDelay = (delay: DocumentDelay): string[] =>
  joined(delay.segments.map(({ from, to, cause }) => ({ from: from / 1000, to: to / 1000, cause })))

test('the time of every simulated document is charged as the simulator planned it, to the millisecond', (t) => {
  t.diagnostic(`seed ${seed}`)
  const chunks = [...simulateChunks({ seed, now: NOW, days: 120, scale: 0.12 })]
  const counted = new Map<string, number>()
  for (const tenant of new Set(chunks.map((chunk) => chunk.tenant))) {
    const own = chunks.filter((chunk) => chunk.tenant === tenant)
    const timelines = timelinesOf(
      tenant,
      own.flatMap((chunk) => chunk.events),
      (NOW + DAY) * 1000,
    )
    const systems = rootSystems(timelines.values())
    const context: DelayContext = { calendarOf: () => SYSTEMS_WORK, rootSystem: (id) => systems.get(id) ?? '', windows: [] }
    for (const truth of own.flatMap((chunk) => chunk.truth())) {
      // A supplier is no document on its way: it stands in the events of others.
      if (truth.type === 'supplier') continue
      const timeline = timelines.get(`${truth.type}/${truth.id}`)
      assert.ok(timeline, `${truth.type}/${truth.id}`)
      const delay = attribute(timeline, context, NOW * 1000)
      assert.ok(delay)
      const elapsed = delay.segments.reduce((sum, one) => sum + one.working_us + one.off_us, 0)
      assert.equal(elapsed, delay.to - delay.from, `${truth.id}: the causes add up to the elapsed time`)
      if (Date.parse(truth.last_at) > NOW) continue
      assert.deepEqual(ofDelay(delay), ofTruth(truth), `seed ${seed}: ${tenant} ${truth.type}/${truth.id}`)
      assert.ok(delay.finished, `seed ${seed}: ${truth.type}/${truth.id} has ended`)
      if (truth.type === 'invoice') assert.equal(delay.late, truth.late ?? false, `seed ${seed}: ${truth.id} late`)
      for (const one of delay.segments)
        if (one.cause === 'technical') assert.notEqual(one.system, '', `${truth.id}: the system that failed is known`)
      counted.set(truth.type, (counted.get(truth.type) ?? 0) + 1)
    }
  }
  t.diagnostic([...counted].map(([type, documents]) => `${documents} ${type}`).join(', '))
  for (const type of ['requisition', 'purchase_order', 'goods_receipt', 'invoice', 'payment', 'onboarding', 'connector'])
    assert.ok((counted.get(type) ?? 0) > 0, type)
})
