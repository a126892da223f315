import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import test, { after, before } from 'node:test'
import { eq } from 'drizzle-orm'
import type { Controls, ControlDrift, ControlVersions, ViolationDetail, Violations, WhatIf } from '../api/contract/controls.ts'
import { compareProportions } from '../model/two-proportions.ts'
import { verifiedTenant } from '../model/tenant.ts'
import { audit } from '../platform/postgres/schema.ts'
import { sharedServer, type TestServer } from './support/server.ts'
import { storeReference, type StatedReference } from './support/store-reference.ts'

let server: TestServer
let tenant: string
before(async () => {
  server = await sharedServer()
  tenant = await server.freshTenant()
})
after(() => server.close())

const WINDOW = 'from=2026-02-01&to=2026-12-31'

async function load(control: string): Promise<void> {
  const file = (name: string) => readFileSync(new URL(`./controls/${control}/${name}`, import.meta.url), 'utf8')
  const reference: (Omit<StatedReference, 'to'> & { to?: string })[] = JSON.parse(file('reference.json'))
  await storeReference(server.stores.clickhouse.writer, verifiedTenant(tenant), reference)
  const events: { id: string }[] = file('events.jsonl')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line))
  const body = events.map((event) => ({ ...event, id: `${control}-${event.id}` }))
  const sent = await server.ask<{ rejected: unknown[] }>('POST', '/v1/events', { tenant, body })
  assert.deepEqual([sent.status, sent.body.rejected], [200, []])
  await server.derived(tenant)
}

async function get<T>(path: string): Promise<T> {
  const { status, body } = await server.ask<T>('GET', path, { tenant })
  assert.equal(status, 200, JSON.stringify(body))
  return body
}

test('a control without its reference data says what it needs, and never zero', async () => {
  const { controls } = await get<Controls>(`/v1/controls?${WINDOW}`)
  const one = controls.find(({ control }) => control === 'off-contract')
  assert.deepEqual([one?.evaluable, one?.missing, one?.violations, one?.per_1000], [false, ['contracts'], null, null])
  const plain = controls.find(({ control }) => control === 'self-approval')
  assert.deepEqual([plain?.evaluable, plain?.violations, plain?.per_1000], [true, 0, null])
})

test('a violation is accepted with attestation, reopened, remediated; it is audited and survives its recomputation', async () => {
  await load('self-approval')
  const list = await get<Violations>(`/v1/violations?${WINDOW}&control=self-approval`)
  assert.equal(list.violations.length, 5)
  const [first] = list.violations
  assert.ok(first !== undefined)
  const decide = (body: unknown) => server.ask<ViolationDetail>('POST', `/v1/violations/${first.id}/decision`, { tenant, body })
  assert.equal((await decide({ state: 'accepted', reason: 'small amount' })).status, 400)
  const accepted = await decide({ state: 'accepted', reason: 'small amount', attested_by: 'Olga Weiss' })
  assert.deepEqual([accepted.status, accepted.body.state, accepted.body.decisions.length], [200, 'accepted', 1])
  assert.equal((await decide({ state: 'accepted', reason: 'small amount', attested_by: 'Olga Weiss' })).status, 409)
  assert.equal((await decide({ state: 'open', reason: 'looked again' })).body.state, 'open')
  assert.equal((await decide({ state: 'remediated', reason: 'approved anew by the manager' })).body.state, 'remediated')
  await load('self-approval')
  const detail = await get<ViolationDetail>(`/v1/violations/${first.id}`)
  assert.deepEqual(
    [detail.state, detail.decisions.map(({ state }) => state), detail.events.length],
    ['remediated', ['accepted', 'open', 'remediated'], 2],
  )
  const remediated = await get<Violations>(`/v1/violations?${WINDOW}&state=remediated`)
  assert.deepEqual(
    remediated.violations.map(({ id }) => id),
    [first.id],
  )
  const audited = await server.stores.postgres.db.select().from(audit).where(eq(audit.tenantId, tenant))
  assert.deepEqual(
    audited.map(({ action }) => action).filter((action) => action.startsWith('violation.')),
    ['violation.accepted', 'violation.reopened', 'violation.remediated'],
  )
  const paged: string[] = []
  let after = ''
  do {
    const page = await get<Violations>(`/v1/violations?${WINDOW}&control=self-approval&limit=2${after}`)
    paged.push(...page.violations.map(({ id }) => id))
    after = page.next === null ? '' : `&after=${encodeURIComponent(page.next)}`
  } while (after !== '')
  assert.deepEqual(
    paged,
    list.violations.map(({ id }) => id),
  )
})

test('a violation that a correction takes back is retracted, with what was known before', async () => {
  const [violation] = (await get<Violations>(`/v1/violations?${WINDOW}&control=self-approval&document_id=P1`)).violations
  assert.ok(violation !== undefined)
  const correction = {
    specversion: '1.0',
    id: 'right',
    source: '/erp/one',
    type: 'approval.decided',
    time: '2026-03-10T09:00:00Z',
    data: {
      objects: [
        { type: 'purchase_order', id: 'P1' },
        { type: 'approval', id: 'A9' },
      ],
      actor: { id: 'olga', kind: 'human' },
      outcome: { status: 'ok' },
      corrects: 'self-approval-e16',
    },
  }
  await server.ask('POST', '/v1/events', { tenant, body: [correction] })
  await server.derived(tenant)
  const detail = await get<ViolationDetail>(`/v1/violations/${violation.id}`)
  assert.deepEqual([detail.state, detail.history.map(({ retracted }) => retracted)], ['retracted', [false, true]])
  const refused = await server.ask('POST', `/v1/violations/${violation.id}/decision`, {
    tenant,
    body: { state: 'remediated', reason: 'too late' },
  })
  assert.equal(refused.status, 409)
})

test('the evidence pack has every violation with its events, as NDJSON and as CSV', async () => {
  const ask = async (format: string) =>
    fetch(`${server.url}/v1/violations/export?${WINDOW}&control=self-approval&format=${format}`, {
      headers: { authorization: `Bearer ${server.token}`, 'x-tenant-id': tenant },
    })
  const lines = (await (await ask('ndjson')).text()).trim().split('\n')
  assert.equal(lines.length, 5)
  assert.ok(lines.every((line) => JSON.parse(line).events.length > 0))
  const csv = await ask('csv')
  assert.match(csv.headers.get('content-type') ?? '', /text\/csv/u)
  assert.equal((await csv.text()).trim().split('\r\n').length, 11)
})

test('history replayed with another tolerance tells which documents would pass', async () => {
  tenant = await server.freshTenant()
  await load('split-requisitions')
  const ask = async (body: unknown) => server.ask<WhatIf>('POST', '/v1/controls/what-if', { tenant, body })
  const wider = await ask({
    control: 'split-requisitions',
    tolerance: 'split_limit',
    value: 3500,
    from: '2026-03-01',
    to: '2026-04-01',
  })
  assert.deepEqual(
    [wider.status, wider.body.before, wider.body.after, wider.body.sentence, wider.body.changed.map((one) => one.document_id)],
    [200, 2, 1, '−1 violations, +1400.00 USD unverified', ['R12']],
  )
  assert.equal((await ask({ control: 'split-requisitions', tolerance: 'price_pct', value: 3 })).status, 400)
  tenant = await server.freshTenant()
  await load('rule-drift')
  const price = await ask({ control: 'rule-drift', tolerance: 'price_pct', value: 5, from: '2026-03-01', to: '2026-04-01' })
  assert.deepEqual([price.status, price.body.counts], [200, 'exceptions'])
})

test('versions of a policy and units are told apart', async () => {
  tenant = await server.freshTenant()
  await load('split-requisitions')
  const versions = await get<ControlVersions>('/v1/controls/split-requisitions/versions')
  assert.deepEqual(
    [versions.policy, versions.versions.map(({ version, violations }) => [version, violations])],
    ['split-requisition', [['3', 2]]],
  )
  const drift = await get<ControlDrift>(`/v1/controls/self-approval/drift?${WINDOW}&by=entity`)
  assert.equal(drift.basis, 'findings')
  assert.ok(drift.units.length > 0)
})

test('a difference of shares is told from chance', () => {
  const { z, p } = compareProportions({ n: 200, hits: 30 }, { n: 400, hits: 20 })
  assert.ok(z !== null && p !== null)
  assert.deepEqual([z.toFixed(3), p < 0.0001], ['4.178', true])
  assert.deepEqual(compareProportions({ n: 29, hits: 10 }, { n: 400, hits: 20 }).z, null)
})
