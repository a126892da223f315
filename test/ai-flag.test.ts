import assert from 'node:assert/strict'
import test from 'node:test'
import fc from 'fast-check'
import { aiFlag, decisionOf, isStateChange } from '../model/ai-actions.ts'
import type { EventData } from '../model/event.ts'
import { isCanonical, VOCABULARY } from '../model/vocabulary.ts'

const AGENT = { id: 'agent-7', kind: 'ai_agent' as const }
const SYSTEM = { id: 'svc-erp', kind: 'system' as const }
const PERSON = { id: 'u17', kind: 'human' as const }
const MODEL = { model: 'reader-2', version: '4', input_ref: 'doc:1' }
const DECIDED = { ...MODEL, reviewer: 'u17', decision: 'accepted' }

const flag = (activity: string, data: EventData = {}) => aiFlag({ source_activity: activity, data })

const CASES: [name: string, activity: string, data: EventData, expected: ReturnType<typeof aiFlag>][] = [
  ['an agent approves alone', 'invoice.approved', { actor: AGENT }, 'unreviewed_change'],
  ['an agent approves and names its model only', 'invoice.approved', { actor: AGENT, ai: MODEL }, 'unreviewed_change'],
  ['an agent approves what a person decided', 'invoice.approved', { actor: AGENT, ai: DECIDED }, ''],
  ['an agent changes bank details', 'supplier.bank_changed', { actor: AGENT }, 'unreviewed_change'],
  [
    'an agent transmits a payment',
    'payment.transmitted',
    { actor: AGENT, ai: { ...MODEL, reviewer: 'u17' } },
    'unreviewed_change',
  ],
  ['a decision without a reviewer', 'po.released', { actor: AGENT, ai: { ...MODEL, decision: 'accepted' } }, 'unreviewed_change'],
  [
    'a reviewer that is the agent itself',
    'po.released',
    { actor: AGENT, ai: { ...DECIDED, reviewer: 'Agent-7' } },
    'unreviewed_change',
  ],
  [
    'a reviewer that is the model',
    'po.released',
    { actor: AGENT, ai: { ...DECIDED, reviewer: 'reader-2:4' } },
    'unreviewed_change',
  ],
  [
    'a reviewer that is a service',
    'po.released',
    { actor: AGENT, ai: { ...DECIDED, reviewer: 'svc-review' } },
    'unreviewed_change',
  ],
  [
    'a reviewer of another kind',
    'po.released',
    { actor: AGENT, ai: { ...DECIDED, reviewer_kind: 'ai_agent' } },
    'unreviewed_change',
  ],
  [
    'a person whose name looks like a machine',
    'po.released',
    { actor: AGENT, ai: { ...DECIDED, reviewer: 'bot', reviewer_kind: 'human' } },
    '',
  ],
  [
    'a decision that nobody took',
    'po.released',
    { actor: AGENT, ai: { ...DECIDED, decision: 'auto-approved' } },
    'unreviewed_change',
  ],
  ['a decision that is pending', 'po.released', { actor: AGENT, ai: { ...DECIDED, decision: 'pending' } }, 'unreviewed_change'],
  ['an agent corrects a record', 'my own step', { actor: AGENT, corrects: 'e1' }, 'unreviewed_change'],
  [
    'an agent under a name of the source, mapped',
    'Freigabe',
    { actor: AGENT, canonical: 'invoice.approved' },
    'unreviewed_change',
  ],
  ['an activity without a canonical name is not judged', 'Freigabe', { actor: AGENT }, ''],
  [
    'a system on behalf of an agent',
    'invoice.posted',
    { actor: { ...SYSTEM, on_behalf_of: 'agent:triage' } },
    'unreviewed_change',
  ],
  [
    'a system on behalf of the model',
    'invoice.posted',
    { actor: { ...SYSTEM, on_behalf_of: 'reader-2' }, ai: MODEL },
    'unreviewed_change',
  ],
  ['a system on behalf of a person', 'invoice.posted', { actor: { ...SYSTEM, on_behalf_of: 'u17' } }, ''],
  [
    'a recommendation acted upon',
    'ai.acted',
    { actor: SYSTEM, ai: { ...MODEL, kind: 'recommendation' } },
    'unreviewed_recommendation',
  ],
  ['an agent acts upon its own recommendation', 'ai.acted', { actor: AGENT, ai: MODEL }, 'unreviewed_recommendation'],
  ['a recommendation acted upon after a decision', 'ai.acted', { actor: SYSTEM, ai: DECIDED }, ''],
  ['a recommendation acted upon by a person', 'ai.acted', { actor: PERSON, ai: MODEL }, ''],
  [
    'a system follows AI',
    'invoice.approved',
    { actor: SYSTEM, ai: { ...MODEL, kind: 'recommendation' } },
    'unreviewed_recommendation',
  ],
  ['nobody is named and AI is', 'invoice.approved', { ai: MODEL }, 'unreviewed_recommendation'],
  ['a system without AI', 'invoice.approved', { actor: SYSTEM }, ''],
  ['a person with the help of AI', 'invoice.approved', { actor: PERSON, ai: MODEL }, ''],
  ['AI suggests', 'ai.suggested', { actor: AGENT, ai: { ...MODEL, kind: 'recommendation' } }, ''],
  ['AI extracts', 'invoice.captured', { actor: AGENT, ai: { ...MODEL, kind: 'extraction' } }, ''],
  ['AI drafts a requisition', 'requisition.created', { actor: AGENT, ai: { ...MODEL, kind: 'draft' } }, ''],
  ['AI makes a purchase order', 'po.created', { actor: AGENT, ai: { ...MODEL, kind: 'recommendation' } }, 'unreviewed_change'],
  ['AI asks for an approval', 'po.approval_requested', { actor: AGENT, ai: MODEL }, ''],
  ['AI raises an exception', 'exception.raised', { actor: AGENT, ai: MODEL }, ''],
  ['AI resolves one', 'exception.resolved', { actor: AGENT, ai: MODEL }, 'unreviewed_change'],
  ['an attempt that failed changed nothing', 'invoice.posted', { actor: AGENT, outcome: { status: 'failed' } }, ''],
  ['a start is no effect', 'invoice.posted', { actor: AGENT, lifecycle: 'started' }, ''],
  ['an end is', 'invoice.posted', { actor: AGENT, lifecycle: 'completed' }, 'unreviewed_change'],
]

for (const [name, activity, data, expected] of CASES)
  test(`AI recommends, people decide: ${name}`, () => {
    assert.equal(flag(activity, data), expected)
  })

test('every canonical activity of an agent is either a look, a question or flagged', () => {
  const activities = Object.entries(VOCABULARY).flatMap(([subject, verbs]) => verbs.map((verb) => `${subject}.${verb}`))
  for (const activity of activities) {
    assert.ok(isCanonical(activity))
    const expected = activity === 'ai.acted' ? 'unreviewed_recommendation' : isStateChange(activity) ? 'unreviewed_change' : ''
    assert.equal(flag(activity, { actor: AGENT }), expected, activity)
  }
  for (const decisive of [
    'invoice.approved',
    'po.released',
    'invoice.posted',
    'payment.released',
    'supplier.bank_changed',
    'approval.decided',
  ])
    assert.ok(isStateChange(decisive), decisive)
})

test('no words around an unreviewed change hide it, and a person decision always clears it', () => {
  const activity = fc.constantFrom('invoice.approved', 'po.released', 'payment.transmitted', 'contract.signed')
  const noise = fc.record({
    kind: fc.constantFrom('recommendation', 'classification', 'anything', null),
    confidence: fc.double({ min: 0, max: 1, noNaN: true }),
    note: fc.string(),
  })
  fc.assert(
    fc.property(activity, noise, (name, more) => {
      assert.equal(flag(name, { actor: AGENT, ai: { ...MODEL, ...more } }), 'unreviewed_change')
      assert.equal(flag(name, { actor: AGENT, ai: { ...DECIDED, ...more } }), '')
    }),
    { seed: 7 },
  )
})

test('decisions are read in the words that systems use', () => {
  assert.equal(decisionOf('Approved'), 'accepted')
  assert.equal(decisionOf('modified'), 'overridden')
  assert.equal(decisionOf('sent back to purchasing'), 'other')
  for (const nobody of ['', null, undefined, 'Not reviewed', 'auto']) assert.equal(decisionOf(nobody), null)
})
