import assert from 'node:assert/strict'
import test from 'node:test'
import { simulateChunks } from '../demo/simulate.ts'
import { tracesOf } from '../demo/telemetry.ts'
import { mapSpans } from '../ingest/otlp/calls.ts'
import { readJson } from '../ingest/otlp/json.ts'

const NOW = Date.UTC(2026, 10, 22, 12)

test('the calls that the demo traces are those that its events tell, attempt by attempt', () => {
  const told: string[] = []
  const traced: string[] = []
  for (const { tenant, events } of simulateChunks({ seed: 3, now: NOW, days: 30, scale: 0.1 })) {
    const traces = tenant === 'kestrel' ? tracesOf(events) : null
    if (traces === null) continue
    for (const { type, data, traceparent = '', time } of events)
      if (type === 'operation.succeeded' || type === 'operation.failed') {
        const status = data.outcome?.status === 'ok' ? 'ok' : 'not ok'
        told.push(`${traceparent.slice(3, 35)} ${data.operation?.attempt} ${data.system} ${status} ${time}`)
      }
    const groups = readJson(Buffer.from(JSON.stringify(traces)), 'traces')
    const { calls, rejected } = mapSpans(groups, (name) => ({ system: name, class: 'erp' }), NOW * 1000)
    assert.deepEqual(rejected, [])
    for (const call of calls) {
      const ended = new Date(Math.round(call.startedAt / 1000 + call.durationMs)).toISOString()
      traced.push(`${call.traceId} ${call.attempt} ${call.system} ${call.status === 'ok' ? 'ok' : 'not ok'} ${ended}`)
      assert.ok(call.documents.ids.length > 0)
    }
  }
  assert.ok(told.length > 300)
  assert.deepEqual(traced, told)
})
