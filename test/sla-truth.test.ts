import assert from 'node:assert/strict'
import { randomInt } from 'node:crypto'
import test from 'node:test'
import { referenceRows } from '../demo/reference.ts'
import { simulateChunks } from '../demo/simulate.ts'
import { DEMO_TENANTS } from '../demo/tenants.ts'
import { ALWAYS, Calendar, compile } from '../model/calendar.ts'
import { clocksOf } from '../model/sla-clock.ts'
import { SLA_PACK } from '../model/sla-pack.ts'
import { timelinesOf } from './support/timelines.ts'

const NOW = Date.UTC(2026, 10, 22, 12)
const DAY = 86_400_000
const seed = Number(process.env['SEED'] ?? randomInt(1_000_000))

test('service levels start, breach and end when the simulator says so, by a calendar of its own', (t) => {
  t.diagnostic(`seed ${seed}`)
  const chunks = [...simulateChunks({ seed, now: NOW, days: 120, scale: 0.12 })]
  const compared = new Map<string, { clocks: number; breached: number }>()
  for (const tenant of DEMO_TENANTS) {
    const own = chunks.filter((chunk) => chunk.tenant === tenant.id)
    const events = own.flatMap((chunk) => chunk.events)
    const timelines = timelinesOf(tenant.id, events, (NOW + DAY) * 1000)
    const entities = new Map<string, string>(
      events.flatMap(({ data }) =>
        data.objects.map(({ type, id }) => [`${type}/${id}`, String(data.attributes?.['entity'])] as const),
      ),
    )
    const range = [(NOW - 800 * DAY) * 1000, (NOW + 800 * DAY) * 1000] as const
    const calendars = new Map(
      referenceRows({ seed, anchor: NOW }, tenant)
        .filter((row) => row.kind === 'calendars')
        .map((row) => [row.key, compile(Calendar.parse(row.body), ...range)] as const),
    )
    for (const truth of own.flatMap((chunk) => chunk.truth())) {
      if (Date.parse(truth.last_at) > NOW) continue
      for (const planned of Map.groupBy(truth.clocks, (one) => `${one.sla} ${one.object}`).values()) {
        const [first] = planned
        const sla = SLA_PACK.find((one) => one.id === first?.sla)
        const timeline = timelines.get(first?.object ?? '')
        assert.ok(sla !== undefined && timeline !== undefined, first?.object)
        const entity = entities.get(first?.object ?? '')
        const calendar = sla.calendar === '24x7' ? compile(ALWAYS, ...range) : calendars.get(String(entity))
        assert.ok(calendar !== undefined, String(entity))
        const told = clocksOf(sla, timeline, calendar).map((one) => ({
          subject: one.subject,
          started: one.started_at / 1000,
          deadline: one.deadline_at === null ? null : one.deadline_at / 1000,
          ended: one.ended_at === null ? null : one.ended_at / 1000,
          met: one.state === 'met' ? true : one.state === 'breached' ? false : null,
        }))
        const expected = planned.map((one) => ({
          subject: one.subject,
          started: Date.parse(one.started_at),
          deadline: Date.parse(one.deadline_at),
          ended: one.ended_at === null ? null : Date.parse(one.ended_at),
          met: one.met,
        }))
        assert.deepEqual(told, expected, `seed ${seed}: ${tenant.id} ${first?.sla} ${first?.object}`)
        const count = compared.get(sla.id) ?? { clocks: 0, breached: 0 }
        compared.set(sla.id, count)
        count.clocks += planned.length
        count.breached += planned.filter((one) => one.met === false).length
      }
    }
  }
  for (const [id, { clocks, breached }] of compared) {
    t.diagnostic(`${id}: ${clocks} clocks, ${breached} breached`)
    assert.ok(breached > 0, `${id} is never breached`)
  }
  assert.equal(compared.size, 6)
})
