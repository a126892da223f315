import assert from 'node:assert/strict'
import test from 'node:test'
import { deliver, NOISE } from '../demo/noise.ts'
import { simulateIncidents } from '../demo/outages.ts'
import { simulateChunks } from '../demo/simulate.ts'
import { storiesAround } from '../demo/stories.ts'

const NOW = Date.UTC(2026, 10, 22, 12)
const SMALL = { seed: 11, now: NOW, scale: 0.12 }

test('noise loses, repeats, delays and reorders events, and accounts for each of them', () => {
  const total = { events: 0, arrived: 0, missing: 0, late: 0, duplicated: 0, shuffled: 0, overtaken: 0 }
  for (const { tenant, events } of simulateChunks(SMALL)) {
    const delivered = deliver(4, tenant, events, { ...NOISE, missing: 0.005 })
    assert.deepEqual(deliver(4, tenant, events, { ...NOISE, missing: 0.005 }), delivered)
    const arrived = delivered.deliveries.map((one) => one.event)
    const unique = new Set(arrived)
    const lost = events.filter((event) => !unique.has(event))
    assert.deepEqual(
      lost.map((event) => event.id),
      delivered.missing,
    )
    const touched = new Set(lost.flatMap((event) => event.data.objects.map(({ type, id }) => `${type}/${id}`)))
    assert.deepEqual(delivered.touched, touched)
    assert.equal(arrived.length, events.length - lost.length + delivered.duplicated)
    for (const [index, { event, arrives }] of delivered.deliveries.entries()) {
      assert.ok(arrives > Date.parse(event.time))
      if (index > 0 && event.time < (arrived[index - 1]?.time ?? '')) total.overtaken++
    }
    total.events += events.length
    total.arrived += arrived.length
    for (const kind of ['late', 'duplicated', 'shuffled'] as const) total[kind] += delivered[kind]
    total.missing += lost.length
  }
  assert.ok(total.missing > 0 && total.late > 0 && total.duplicated > 0 && total.shuffled > 0 && total.overtaken > 0)
  assert.equal(total.arrived, total.events - total.missing + total.duplicated)
  assert.ok(Math.abs(total.late / total.events - NOISE.late) < 0.005)
})

test('incidents are known by their first failure, what they blocked, and the success that ended them', () => {
  const incidents = simulateIncidents({ seed: 11, now: NOW })
  const failing = storiesAround(NOW).filter((story) => story.failure !== undefined)
  for (const story of failing)
    for (const tenant of story.tenants) {
      const incident = incidents.find((one) => one.tenant === tenant && one.id === story.id)
      if (incident === undefined) assert.equal(story.id, 'expired-credential-live', `${story.id} never hit ${tenant}`)
      else {
        const from = Date.parse(incident.from)
        assert.ok(incident.story && incident.documents.length > 0)
        assert.ok(from >= story.from && Date.parse(incident.last_failed) < story.to + 60_000, story.id)
        assert.ok(incident.to === null || incident.to > incident.last_failed)
        assert.equal(incident.system, story.failure?.system)
      }
    }
  assert.ok(incidents.some((one) => !one.story && one.to !== null))
  assert.equal(incidents.find((one) => one.id === 'field-map-change')?.change, 'field map')
})
