import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { readExecution } from '../ingest/connectors/n8n-execution.ts'
import { NOTHING_TOLD, statusOfRun, toldAfter } from '../ingest/connectors/n8n-run.ts'
import { formatNamed } from '../ingest/formats.ts'
import { isJson } from '../ingest/payload/fields.ts'

const NOW = Date.UTC(2026, 10, 22) * 1000
const CONTEXT = {
  tenant: 't',
  source: 'feed/flows',
  system: null,
  resolve: () => null,
  receivedAt: NOW,
  seq: 0,
  documents: [{ type: 'invoice', path: '$.data[*].x[-1]' }],
  calls: true,
}

/** Any JSON, and any JSON in the places of an execution. */
const anything = fc.jsonValue({ maxDepth: 4 })
const nodeRun = fc.record(
  {
    startTime: fc.oneof(fc.double(), fc.constant(Date.UTC(2026, 10, 21)), anything),
    executionTime: fc.oneof(fc.double(), anything),
    executionStatus: fc.oneof(fc.constantFrom('success', 'error', 'waiting', 'canceled'), anything),
    error: anything,
    data: anything,
  },
  { requiredKeys: [] },
)
const execution = fc.record(
  {
    id: fc.oneof(fc.integer({ min: 0 }), fc.stringMatching(/^\d{1,6}$/u), anything),
    status: fc.oneof(
      fc.constantFrom('success', 'error', 'waiting', 'running', 'new', 'crashed', 'canceled', 'unknown'),
      anything,
    ),
    startedAt: fc.oneof(fc.constant('2026-11-20T08:00:00.000Z'), anything),
    stoppedAt: fc.oneof(fc.constant('2026-11-20T08:00:05.000Z'), anything),
    waitTill: fc.oneof(fc.constant('2026-12-01T00:00:00.000Z'), anything),
    workflowId: anything,
    retryOf: anything,
    customData: fc.oneof(fc.dictionary(fc.constantFrom('invoice', 'invoice_id', 'x'), anything), anything),
    workflowData: fc.oneof(
      fc.record({ name: anything, nodes: fc.array(fc.record({ name: fc.string(), type: anything, parameters: anything })) }),
      anything,
    ),
    data: fc.oneof(
      fc.record({
        resultData: fc.record({
          runData: fc.dictionary(fc.string(), fc.array(nodeRun, { maxLength: 4 })),
          error: anything,
          lastNodeExecuted: anything,
        }),
      }),
      anything,
    ),
  },
  { requiredKeys: [] },
)

test('whatever an answer holds, it is read or refused with a reason, and nothing is thrown', () => {
  const format = formatNamed('n8n-execution')
  assert.ok(format !== undefined)
  let read = 0
  fc.assert(
    fc.property(fc.oneof(execution, anything), (value) => {
      const outcome = readExecution(value, NOTHING_TOLD, CONTEXT)
      if ('reject' in outcome) assert.ok(outcome.reject.code !== '' && outcome.reject.message !== '')
      else if (outcome.events.length > 0) {
        read++
        assert.ok(outcome.events.every(({ occurred_at }) => Number.isSafeInteger(occurred_at)))
        assert.ok(outcome.calls.every(({ startedAt, durationMs }) => Number.isFinite(startedAt) && durationMs >= 0))
      }
      const record = { body: Buffer.from(JSON.stringify(value) ?? ''), headers: {}, key: null, timestamp: null }
      const { documents: _documents, calls: _calls, resolve: _resolve, ...context } = CONTEXT
      format.read(record, { ...context, naturalId: 'n', mapping: null })
    }),
    { seed: 8, numRuns: 3000 },
  )
  assert.ok(read > 100, `${read} were read`)
})

test('what was told of a run is not told again, and what is new is', () => {
  fc.assert(
    fc.property(execution, (value) => {
      if (!isJson(value)) return
      const first = readExecution(value, NOTHING_TOLD, CONTEXT)
      if ('reject' in first) return
      const told = toldAfter(value, NOTHING_TOLD)
      const again = readExecution(value, told, CONTEXT)
      assert.ok('events' in again)
      const ends = new Set(['workflow_run.completed', 'workflow_run.failed', 'workflow_run.cancelled'])
      assert.deepEqual(
        again.events.filter(({ type }) => !ends.has(type)),
        [],
      )
      assert.equal(new Set(first.events.map(({ event_id }) => event_id)).size, first.events.length)
    }),
    { seed: 9, numRuns: 1000 },
  )
})

test('versions of n8n before there was a status are understood', () => {
  assert.equal(statusOfRun({ finished: true }), 'success')
  assert.equal(statusOfRun({ finished: false, stoppedAt: '2026-01-01' }), 'error')
  assert.equal(statusOfRun({ finished: false, waitTill: '2026-01-01', stoppedAt: '2026-01-01' }), 'waiting')
  assert.equal(statusOfRun({ finished: false, stoppedAt: null }), 'running')
})
