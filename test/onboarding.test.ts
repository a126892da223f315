import assert from 'node:assert/strict'
import test from 'node:test'
import { onboardingFunnel, type OnboardingCase } from '../model/onboarding.ts'
import { deviationOf } from '../model/robust.ts'

const HOUR = 3600e6
const NAMES = [
  'requested',
  'documents_requested',
  'documents_received',
  'tax_validated',
  'compliance_checked',
  'bank_verified',
  'approved',
  'transactable',
]

/** A case whose milestones come after so many hours each; it stops where the hours end. */
function caseOf(id: number, hours: readonly number[], end?: string): OnboardingCase {
  let at = 0
  const milestones = [0, ...hours].map((length, index) => ({
    at: (at += length * HOUR),
    name: NAMES[index] ?? '',
    actor_kind: 'human',
    actor_id: `u${index}`,
  }))
  if (end !== undefined) milestones.push({ at: at + HOUR, name: end, actor_kind: 'human', actor_id: 'c1' })
  return { id: String(id), milestones, sent: [1 * HOUR], answered: [3 * HOUR], asked: [], decided: [] }
}

test('the bottleneck counts those that still wait, so that a stage nobody leaves is not the fastest', () => {
  const done = Array.from({ length: 6 }, (_, at) => caseOf(at, [1, 10, 2, 4, 2, 1, 1]))
  const stuck = Array.from({ length: 20 }, (_, at) => caseOf(100 + at, [1, 10, 2]))
  const { stages, bottleneck } = onboardingFunnel([...done, ...stuck], 500 * HOUR)
  const tax = stages.find(({ stage }) => stage === 'tax_validated')
  assert.deepEqual([tax?.reached, tax?.n, tax?.open, tax?.dropped], [26, 6, 20, 0])
  assert.equal(bottleneck?.stage, 'tax_validated')
  assert.equal(bottleneck?.clear, true)
  // Half of them have not left: there is no median, and the mean is that up to the longest seen.
  assert.equal(tax?.median_s, null)
  assert.ok((tax?.mean_s ?? 0) > 300 * 3600)
})

test('drop-outs count up to their end; waits for the supplier are shares of the stage', () => {
  const cases = [
    ...Array.from({ length: 8 }, (_, at) => caseOf(at, [1, 10, 2, 4, 2, 1, 1])),
    ...Array.from({ length: 3 }, (_, at) => caseOf(50 + at, [1, 10, 2, 4], 'rejected')),
  ]
  const { stages } = onboardingFunnel(cases, 500 * HOUR)
  const compliance = stages.find(({ stage }) => stage === 'compliance_checked')
  assert.deepEqual([compliance?.reached, compliance?.n, compliance?.dropped], [11, 8, 3])
  assert.equal(compliance?.median_s, 2 * 3600)
  const documents = stages.find(({ stage }) => stage === 'documents_requested')
  assert.equal(documents?.supplier_share, 0.2)
  assert.equal(documents?.owner?.id, 'u2')
})

test('a figure is remarkable against its own history only, and with enough of it', () => {
  assert.equal(deviationOf(9, [1, 2, 3]), null)
  assert.equal(deviationOf(2.5, [1, 2, 3, 2, 3, 2])?.remarkable, false)
  assert.equal(deviationOf(40, [1, 2, 3, 2, 3, 2])?.remarkable, true)
  assert.deepEqual(deviationOf(5, [2, 2, 2, 2]), { median: 2, score: null, remarkable: false, periods: 4 })
})
