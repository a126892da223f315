import assert from 'node:assert/strict'
import test from 'node:test'
import { CONTROLS, type ControlId } from '../demo/controls.ts'
import type { DemoEvent } from '../demo/recorder.ts'
import { referenceRows } from '../demo/reference.ts'
import { simulateChunks } from '../demo/simulate.ts'
import { DEMO_TENANTS } from '../demo/tenants.ts'
import { naiveViolations } from './support/naive-controls.ts'

const NOW = Date.UTC(2026, 10, 22, 12)
const IDS = Object.keys(CONTROLS).filter((id): id is ControlId => id in CONTROLS)

/** The violations of half a year by control: where, and whether the events show it by now. */
function simulated(seed: number): { events: Map<string, DemoEvent[]>; truth: Map<ControlId, Map<string, boolean>> } {
  const events = new Map<string, DemoEvent[]>()
  const truth = new Map<ControlId, Map<string, boolean>>(IDS.map((id) => [id, new Map()]))
  for (const chunk of simulateChunks({ seed, now: NOW })) {
    const list = events.get(chunk.tenant) ?? []
    events.set(chunk.tenant, list)
    for (const event of chunk.events) list.push(event)
    for (const { type, id, violations } of chunk.truth())
      for (const { control_id, at, evident_at } of violations)
        if (Date.parse(at) <= NOW) truth.get(control_id)?.set(`${chunk.tenant}/${type}/${id}`, Date.parse(evident_at) <= NOW)
  }
  return { events, truth }
}

const seed = Number(process.env['SEED'] ?? Math.floor(Math.random() * 1_000_000))

test(`every control is broken within half a year, and plain reading of the data finds exactly that (seed ${seed})`, (t) => {
  const { events, truth } = simulated(seed)
  const found = new Map<ControlId, Set<string>>(IDS.map((id) => [id, new Set()]))
  for (const tenant of DEMO_TENANTS) {
    const rows = referenceRows({ seed, anchor: NOW }, tenant)
    for (const [control, hits] of naiveViolations(events.get(tenant.id) ?? [], rows))
      for (const [document, at] of hits) if (at <= NOW) found.get(control)?.add(`${tenant.id}/${document}`)
  }
  const wrong: string[] = []
  for (const [control, planted] of truth) {
    const hits = found.get(control) ?? new Set<string>()
    const right = [...hits].filter((one) => planted.has(one)).length
    t.diagnostic(`${control}: ${planted.size} planted, ${hits.size} found, ${right} of them right`)
    assert.ok(planted.size > 0, `${control} is never broken`)
    wrong.push(...[...hits].filter((one) => !planted.has(one)).map((one) => `${control}: ${one} is none`))
    for (const [one, isEvident] of planted) if (isEvident && !hits.has(one)) wrong.push(`${control}: ${one} is not found`)
  }
  assert.deepEqual(wrong, [])
})
