import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { AiActions } from '../api/contract/ai.ts'
import { aiFlag } from '../model/ai-actions.ts'
import type { TenantId } from '../model/tenant.ts'
import { aiActions } from '../queries/ai.ts'
import { tenantReader } from '../queries/run.ts'
import { derive } from './support/derive.ts'
import { storeEvents } from './support/store-events.ts'
import { sharedStores } from './support/stores.ts'

const { stores, freshTenant, close } = await sharedStores()
after(close)

const FROM = Date.UTC(2026, 2, 1) * 1000
const TO = Date.UTC(2026, 3, 1) * 1000
const AGENT = { id: 'agent-7', kind: 'ai_agent' }
const PERSON = { id: 'u17', kind: 'human' }
const SYSTEM = { id: 'svc-erp', kind: 'system' }
const MODEL = { model: 'advisor', version: '2', kind: 'recommendation' }

const event = (id: string, minute: number, type: string, objects: string, data: Record<string, unknown> = {}) => ({
  specversion: '1.0',
  id,
  source: '/erp',
  type,
  time: new Date(Date.UTC(2026, 2, 2, 8, minute)).toISOString(),
  data: {
    seq: minute,
    objects: objects.split(' ').map((text) => ({ type: text.split('/')[0], id: text.split('/')[1] })),
    ...data,
  },
})
const store = (tenant: TenantId, events: readonly unknown[]) => storeEvents(stores.clickhouse.writer, tenant, events)
const ask = async (tenant: TenantId, limit = 200) => {
  await derive({ stores }, tenant, TO, ['ai'])
  return AiActions.parse(await aiActions(tenantReader(stores.clickhouse.reader, tenant), { from: FROM, to: TO, limit }))
}
const unreviewed = async (tenant: TenantId) =>
  (await ask(tenant)).unreviewed.map(({ activity, documents }) => `${activity} ${documents[0]?.id}`)

test('a state change by an AI agent is listed with its documents until a person decided before it', async () => {
  const tenant = await freshTenant()
  await store(tenant, [
    event('a', 10, 'invoice.approved', 'invoice/I1 supplier/S1', {
      actor: AGENT,
      ai: { ...MODEL, input_ref: 'doc:1', confidence: 0.9 },
      system: 'sap',
    }),
    event('b', 10, 'invoice.approved', 'invoice/I2 supplier/S1', { actor: AGENT }),
    event('c', 5, 'ai.reviewed', 'invoice/I2', { actor: PERSON, ai: { ...MODEL, decision: 'accepted' } }),
    event('d', 8, 'supplier.bank_changed', 'supplier/S1', { actor: AGENT }),
    event('e', 20, 'ai.reviewed', 'invoice/I1', { actor: PERSON, ai: { ...MODEL, decision: 'accepted' } }),
  ])
  const shown = await ask(tenant)
  assert.deepEqual(await unreviewed(tenant), ['invoice.approved I1', 'supplier.bank_changed S1'])
  assert.deepEqual(shown.unreviewed[0], {
    event_id: shown.unreviewed[0]?.event_id,
    occurred_at: '2026-03-02T08:10:00.000000Z',
    activity: 'invoice.approved',
    flag: 'unreviewed_change',
    kind: 'recommendation',
    model: 'advisor',
    actor_id: 'agent-7',
    input_ref: 'doc:1',
    confidence: 0.9,
    system: 'sap',
    documents: [
      { type: 'invoice', id: 'I1' },
      { type: 'supplier', id: 'S1' },
    ],
  })
  assert.equal(shown.totals.unreviewed, 2)
})

test('a review clears the effect that it is about, by document and input, and only if a person decided', async () => {
  const tenant = await freshTenant()
  const effect = (id: string, objects: string, ref?: string) =>
    event(id, 30, 'ai.acted', objects, { actor: SYSTEM, ai: { ...MODEL, ...(ref === undefined ? {} : { input_ref: ref }) } })
  const review = (id: string, objects: string, more: Record<string, unknown>, ref?: string) =>
    event(id, 20, 'ai.reviewed', objects, {
      actor: PERSON,
      ai: { ...MODEL, decision: 'approved', ...(ref === undefined ? {} : { input_ref: ref }) },
      ...more,
    })
  await store(tenant, [
    effect('1', 'invoice/same', 'x'),
    review('1r', 'invoice/same', {}, 'x'),
    effect('2', 'invoice/otherinput', 'x'),
    review('2r', 'invoice/otherinput', {}, 'y'),
    effect('3', 'invoice/noref', 'x'),
    review('3r', 'invoice/noref', {}),
    effect('4', 'invoice/bysupplier supplier/S9'),
    review('4r', 'invoice/another supplier/S9', {}),
    effect('5', 'invoice/byagent'),
    review('5r', 'invoice/byagent', { actor: AGENT }),
    effect('6', 'invoice/byservice'),
    review('6r', 'invoice/byservice', { actor: { id: 'svc-review', kind: 'human' } }),
    effect('7', 'invoice/pending'),
    review('7r', 'invoice/pending', { ai: { ...MODEL, decision: 'pending' } }),
    effect('8', 'invoice/told'),
    review('8r', 'invoice/told', { actor: SYSTEM, ai: { ...MODEL, reviewer: 'u17', decision: 'rejected' } }),
  ])
  assert.deepEqual(
    (await unreviewed(tenant)).toSorted(),
    ['bysupplier', 'byagent', 'byservice', 'otherinput', 'pending'].map((id) => `ai.acted ${id}`).toSorted(),
  )
})

test('acceptance and override are counted over what people decided, by kind and model', async () => {
  const tenant = await freshTenant()
  const suggest = (id: string, more: Record<string, unknown> = {}) =>
    event(id, 1, 'ai.suggested', `invoice/${id}`, { actor: AGENT, ai: { ...MODEL, input_ref: id, confidence: 0.8, ...more } })
  const decide = (id: string, decision: string) =>
    event(`${id}-r`, 5, 'ai.reviewed', `invoice/${id}`, { actor: PERSON, ai: { ...MODEL, input_ref: id, decision } })
  await store(tenant, [
    ...['a', 'b', 'c', 'd'].map((id) => suggest(id)),
    suggest('e', { confidence: 0.2 }),
    decide('a', 'accepted'),
    decide('b', 'Approved'),
    decide('e', 'overridden'),
    decide('d', 'sent back'),
    event('a-act', 9, 'ai.acted', 'invoice/a', { actor: SYSTEM, ai: { ...MODEL, input_ref: 'a' } }),
    event('x', 1, 'invoice.captured', 'invoice/x', {
      actor: AGENT,
      ai: { model: 'reader', kind: 'extraction', reviewer: 'u17', decision: 'corrected' },
    }),
    event('y', 1, 'my own step', 'invoice/y', { actor: AGENT }),
    event('late', 1, 'ai.suggested', 'invoice/late', { ai: MODEL }),
  ])
  const { actions, totals } = await ask(tenant)
  const of = (kind: string, version: string) => actions.find((one) => one.kind === kind && one.version === version)
  const { confidence, ...counts } = of('recommendation', '2') ?? { confidence: null }
  assert.deepEqual(counts, {
    kind: 'recommendation',
    model: 'advisor',
    version: '2',
    n: 6,
    reviewed: 4,
    accepted: 2,
    overridden: 1,
    acceptance: 0.5,
    override: 0.25,
    unreviewed: 0,
    confidence_accepted: 0.8,
    confidence_overridden: 0.2,
  })
  assert.ok(confidence !== null && confidence > 0.6 && confidence < 0.8)
  assert.deepEqual([of('extraction', '')?.overridden, of('extraction', '')?.n], [1, 1])
  assert.deepEqual([totals.n, totals.reviewed, totals.unjudged], [8, 5, 1])
})

test('stated confidence is held against what people accepted, by tenths, with its interval, in all and by model', async () => {
  const tenant = await freshTenant()
  const events: unknown[] = []
  let ids = 0
  const decided = (times: number, confidence: number | null, decision: string, ai: object = MODEL) => {
    for (let time = 0; time < times; time++) {
      const id = `d${++ids}`
      const stated = { ...ai, input_ref: id, ...(confidence === null ? {} : { confidence }) }
      events.push(
        event(id, 1, 'ai.suggested', `invoice/${id}`, { actor: AGENT, ai: stated }),
        event(`${id}-r`, 5, 'ai.reviewed', `invoice/${id}`, { actor: PERSON, ai: { ...stated, decision } }),
        event(`${id}-a`, 9, 'ai.acted', `invoice/${id}`, { actor: SYSTEM, ai: stated }),
      )
    }
  }
  const reader = { model: 'reader', version: '1', kind: 'extraction' }
  decided(9, 0.95, 'accepted')
  decided(3, 0.95, 'overridden')
  decided(9, 0.85, 'accepted')
  decided(1, 0.85, 'overridden')
  decided(1, 0.3, 'accepted')
  decided(3, 0.3, 'overridden')
  decided(10, 1, 'accepted', reader)
  // Neither taken nor overridden, without a confidence, and not decided at all: left out.
  decided(5, 0.95, 'sent back')
  decided(5, null, 'accepted')
  decided(5, 0.95, 'pending')
  await store(tenant, events)
  const { calibration } = await ask(tenant)
  const near = (value: number | null | undefined, wanted: number) =>
    assert.ok(Math.abs((value ?? Number.NaN) - wanted) < 5e-6, `${value} is not ${wanted}`)
  const { all, models } = calibration
  assert.deepEqual(
    all.bins.map(({ from, to, n, hits }) => [from, to, n, hits]),
    [
      [0.3, 0.4, 4, 1],
      [0.8, 0.9, 10, 9],
      [0.9, 1, 22, 19],
    ],
  )
  assert.equal(all.n, 36)
  // (|19 − 21.4| + |9 − 8.5| + |1 − 1.2|) ÷ 36, and (9 × 0.05² + 3 × 0.95² + 9 × 0.15² + 0.85² + 0.7² + 3 × 0.3²) ÷ 36.
  near(all.ece, 3.1 / 36)
  near(all.brier, 4.415 / 36)
  const [few, eight, nine] = all.bins
  near(few?.stated, 0.3)
  assert.deepEqual([few?.share, few?.low, few?.high], [null, null, null])
  near(eight?.share, 0.9)
  near(eight?.low, 0.59585)
  near(eight?.high, 0.982124)
  near(nine?.stated, 21.4 / 22)
  near(nine?.share, 19 / 22)
  assert.deepEqual(
    models.map(({ model, version, n, bins }) => [model, version, n, bins.length]),
    [
      ['advisor', '2', 26, 3],
      ['reader', '1', 10, 1],
    ],
  )
  const perfect = models[1]
  assert.deepEqual([perfect?.ece, perfect?.brier, perfect?.bins[0]?.share], [0, 0, 1])
  near(perfect?.bins[0]?.low, 0.722467)
  near(perfect?.bins[0]?.high, 1)
  const empty = (await ask(await freshTenant())).calibration
  assert.deepEqual(empty, { all: { n: 0, ece: null, brier: null, bins: [] }, models: [] })
})

test('the store and the ingestion judge by the same words and names', async () => {
  const tenant = await freshTenant()
  const reviewers = [
    'u17',
    'svc-x',
    'Bot',
    'AGENT-7',
    'advisor',
    'advisor:2',
    'maria.agentino',
    'n8n',
    'o.bot',
    'system',
    'systema',
    'x:agent',
    '',
  ]
  const decisions = ['accepted', 'REJECTED', 'Not reviewed', 'auto-approved', 'changed', 'odd', '', 'n/a']
  const cases = reviewers.flatMap((reviewer) => decisions.map((decision) => ({ reviewer, decision })))
  const events = cases.map((told, at) =>
    event(`c${at}`, 1, 'po.released', `purchase_order/P${at}`, { actor: AGENT, ai: { ...MODEL, ...told } }),
  )
  await store(tenant, events)
  const flagged = new Set((await ask(tenant, 1000)).unreviewed.map(({ documents }) => documents[0]?.id))
  for (const [at, told] of cases.entries()) {
    const flag = aiFlag({ source_activity: 'po.released', data: { actor: AGENT, ai: { ...MODEL, ...told } } as never })
    assert.equal(flagged.has(`P${at}`), flag !== '', JSON.stringify(told))
  }
  const reviewed = cases.filter((_, at) => !flagged.has(`P${at}`)).length
  assert.equal((await ask(tenant)).totals.reviewed, reviewed)
})

test('what was corrected since is not held against anybody, and other tenants are not seen', async () => {
  const [mine, theirs] = [await freshTenant(), await freshTenant()]
  await store(mine, [
    event('a', 10, 'invoice.approved', 'invoice/I1', { actor: AGENT }),
    event('b', 12, 'invoice.approved', 'invoice/I1', { actor: PERSON, corrects: 'a' }),
  ])
  await store(theirs, [event('a', 10, 'invoice.approved', 'invoice/I1', { actor: AGENT })])
  assert.deepEqual(await unreviewed(mine), [])
  assert.deepEqual(await unreviewed(theirs), ['invoice.approved I1'])
  const empty = await ask(await freshTenant())
  assert.deepEqual([empty.actions, empty.totals.n, empty.totals.acceptance], [[], 0, null])
})
