import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import test, { after } from 'node:test'
import type { AlertProblems } from '../api/contract/rules.ts'
import type { RoutingPreview, RoutingVersions, RoutingView } from '../api/contract/routing.ts'
import type { SilenceCreated, SilencePreview, Silences, SilenceView } from '../api/contract/silences.ts'
import { verifiedTenant } from '../model/tenant.ts'
import { silencesAt } from '../platform/alert-silences.ts'
import { alertChannels, alertInstances, alerts } from '../platform/postgres/schema.ts'
import { sharedServer } from './support/server.ts'

const server = await sharedServer()
after(() => server.close())
const { db } = server.stores.postgres

type Problem = { code: string; detail: string; problems?: AlertProblems['problems'] }

async function post<T>(tenant: string, path: string, body: object, status = 201): Promise<T> {
  const answer = await server.ask<T>('POST', path, { tenant, body })
  assert.equal(answer.status, status, `${path}: ${JSON.stringify(answer.body)}`)
  return answer.body
}

async function withChannels(): Promise<string> {
  const tenant = await server.freshTenant()
  await db.insert(alertChannels).values([
    { tenantId: tenant, id: 'mail', title: 'Mail', kind: 'email' },
    { tenantId: tenant, id: 'pager', title: 'Pager', kind: 'pagerduty', state: 'paused' as const },
  ])
  const hours = [{ from: '09:00', to: '17:00' }]
  const body = { name: 'office', zone: 'Europe/Berlin', week: { mon: hours, tue: hours, wed: hours, thu: hours, fri: hours } }
  await post(tenant, '/v1/reference/calendars', { rows: [{ key: 'office', valid_from: '2020-01-01', body }] }, 200)
  return tenant
}

const ROUTING = {
  routes: [
    { rules: ['invoice-deadlines'], parties: ['payable', 'procurement'], continue: true },
    { money_from: 50_000, parties: ['finance'] },
    { parties: ['payable'] },
  ],
  parties: [
    {
      id: 'payable',
      title: 'Accounts payable',
      calendar: 'office',
      steps: [
        { after_s: 0, to: [{ channel: 'mail' }] },
        { after_s: 7200, to: [{ rota: 'desk' }] },
        { after_s: 10 * 3600, to: [{ channel: 'pager' }] },
      ],
    },
    { id: 'procurement', title: 'Procurement', steps: [{ after_s: 600, to: [{ rota: 'desk' }, { channel: 'mail' }] }] },
    { id: 'finance', title: 'Finance' },
  ],
  rotas: [
    {
      id: 'desk',
      title: 'Desk',
      zone: 'Europe/Berlin',
      people: [
        { name: 'Ada', channel: 'pager' },
        { name: 'Bo', channel: 'mail' },
      ],
      starts_on: '2026-03-02',
      every_days: 1,
    },
  ],
}

test('whoever states no routing has the one that ships, which says that it reaches nobody yet', async () => {
  const tenant = await withChannels()
  const { body } = await server.ask<RoutingView>('GET', '/v1/routing', { tenant })
  assert.equal(body.version, 0)
  assert.deepEqual(
    body.routing.parties.map(({ id, calendar, steps }) => [id, calendar, steps.length]),
    [
      ['owners', 'office', 0],
      ['on-call', null, 0],
    ],
  )
  assert.deepEqual(
    body.problems.map(({ code }) => code),
    ['routing_inbox_only', 'routing_inbox_only'],
  )
})

test('the routing is versioned: who changes what somebody else changed meanwhile is told', async () => {
  const tenant = await withChannels()
  const saved = await post<RoutingView>(tenant, '/v1/routing', { routing: ROUTING, version: 0 })
  assert.deepEqual(
    [saved.version, saved.problems.map(({ code }) => code)],
    [1, ['routing_channel_paused', 'routing_inbox_only', 'routing_channel_paused']],
  )
  assert.equal((await post<RoutingView>(tenant, '/v1/routing', { routing: ROUTING })).version, 1, 'the same again is no version')
  const changed = { ...ROUTING, routes: ROUTING.routes.slice(1) }
  const answers = await Promise.all(
    [changed, { ...changed, rotas: [] }, changed].map((routing) =>
      server.ask<Problem>('POST', '/v1/routing', {
        tenant,
        body: {
          routing: { ...routing, rotas: ROUTING.rotas, parties: ROUTING.parties },
          version: 1,
          note: 'Deadlines go to payable',
        },
      }),
    ),
  )
  assert.deepEqual(
    answers.map(({ status }) => status).toSorted((a, b) => a - b),
    [201, 409, 409],
  )
  const { body } = await server.ask<RoutingVersions>('GET', '/v1/routing/versions', { tenant })
  assert.deepEqual(
    body.versions.map(({ version, note }) => [version, note]),
    [
      [2, 'Deadlines go to payable'],
      [1, ''],
    ],
  )
})

test('a routing to whom there is not is refused with the code and the reason', async () => {
  const tenant = await withChannels()
  const { status, body } = await server.ask<Problem>('POST', '/v1/routing', {
    tenant,
    body: { routing: { ...ROUTING, rotas: [], routes: [{ parties: ['nobody'] }] } },
  })
  assert.deepEqual([status, body.code], [422, 'routing_invalid'])
  assert.deepEqual(
    new Set(body.problems?.filter(({ level }) => level === 'error').map(({ code }) => code)),
    new Set(['routing_rota_unknown', 'routing_party_unknown']),
  )
})

test('the preview tells who is told when, through the night and the hand-over', async () => {
  const tenant = await withChannels()
  await post(tenant, '/v1/routing', { routing: ROUTING })
  const preview = (alert: object, at: string) =>
    post<RoutingPreview>(
      tenant,
      '/v1/routing/preview',
      { at, alert: { rule: 'invoice-deadlines', class: 'business', ...alert } },
      200,
    )
  // Monday, an hour before the office opens in Berlin.
  const { parties } = await preview({ severity: 'high', money: 60_000 }, '2026-03-02T07:00:00Z')
  assert.deepEqual(parties, [
    {
      party: 'payable',
      title: 'Accounts payable',
      held_until: '2026-03-02T08:00:00.000Z',
      told: [
        { step: 1, at: '2026-03-02T08:00:00.000Z', channel: 'mail', person: null, channel_state: 'active' },
        { step: 2, at: '2026-03-02T10:00:00.000Z', channel: 'pager', person: 'Ada', channel_state: 'paused' },
      ],
    },
    {
      party: 'procurement',
      title: 'Procurement',
      held_until: null,
      told: [
        { step: 1, at: '2026-03-02T07:10:00.000Z', channel: 'pager', person: 'Ada', channel_state: 'paused' },
        { step: 1, at: '2026-03-02T07:10:00.000Z', channel: 'mail', person: null, channel_state: 'active' },
      ],
    },
    { party: 'finance', title: 'Finance', held_until: null, told: [] },
  ])
  const grave = await preview({ severity: 'critical', rule: 'other' }, '2026-03-02T22:00:00Z')
  assert.deepEqual(
    grave.parties.map(({ party, told }) => [party, told.map(({ at, person }) => [at, person])]),
    [
      [
        'payable',
        [
          ['2026-03-02T22:00:00.000Z', null],
          ['2026-03-03T00:00:00.000Z', 'Ada'],
          ['2026-03-03T08:00:00.000Z', null],
        ],
      ],
    ],
  )
  const tried = await post<RoutingPreview>(
    tenant,
    '/v1/routing/preview',
    {
      alert: { rule: 'x', class: 'technical', severity: 'low' },
      routing: { routes: [{ parties: ['me'] }], parties: [{ id: 'me', title: 'Me' }] },
    },
    200,
  )
  assert.deepEqual(
    tried.parties.map(({ party }) => party),
    ['me'],
  )
})

/** What the engine would have kept. */
async function open(tenant: string, entity: string, state: 'firing' | 'resolved' = 'firing'): Promise<void> {
  const now = new Date()
  const labels = { entity }
  await db.insert(alerts).values({
    id: randomUUID(),
    tenantId: tenant,
    rule: 'invoice-deadlines',
    groupKey: `${entity}/${state}`,
    state,
    severity: 'high',
    class: 'business',
    labels,
    body: {},
    money: 1200,
    startedAt: now,
    openedAt: now,
  })
  await db.insert(alertInstances).values({
    tenantId: tenant,
    rule: 'invoice-deadlines',
    key: `${entity}/${state}`,
    epoch: 1,
    state: state === 'resolved' ? 'inactive' : state,
    body: { severity: 'high', labels },
  })
}

test('a silence tells before what it matches, holds for a while, and is ended', async () => {
  const tenant = await server.freshTenant()
  for (const [entity, state] of [['DE01'], ['FR01'], ['DE01', 'resolved']] as const) await open(tenant, entity, state)
  const matcher = { rules: ['invoice-deadlines'], where: { entity: ['DE01'] } }
  const preview = await post<SilencePreview>(tenant, '/v1/silences/preview', { matcher }, 200)
  assert.deepEqual(
    [preview.alerts_n, preview.alerts[0]?.labels, preview.alerts[0]?.money, preview.instances, preview.problems],
    [1, { entity: 'DE01' }, 1200, [{ rule: 'invoice-deadlines', key: 'DE01/firing', state: 'firing' }], []],
  )
  const to = new Date(Date.now() + 3_600_000).toISOString()
  const made = await post<SilenceCreated>(tenant, '/v1/silences', { matcher, to, reason: 'month end' })
  assert.deepEqual([made.holds, made.kind, made.problems], ['now', 'silence', []])
  const held = () => silencesAt(db, verifiedTenant(tenant), Date.now() * 1000)
  assert.deepEqual(
    (await held()).map(({ id }) => id),
    [made.id],
  )
  const ended = await post<SilenceView>(tenant, `/v1/silences/${made.id}/end`, {}, 200)
  assert.deepEqual([ended.holds, ended.ended_by === null], ['over', false])
  const again = await post<SilenceView>(tenant, `/v1/silences/${made.id}/end`, {}, 200)
  assert.equal(again.ended_at, ended.ended_at)
  assert.deepEqual(await held(), [])
  const { body } = await server.ask<Silences>('GET', '/v1/silences', { tenant })
  assert.deepEqual(
    body.silences.map(({ reason, holds }) => [reason, holds]),
    [['month end', 'over']],
  )
})

test('a silence that matches everything, or is over, is refused; a doubtful one is warned of', async () => {
  const tenant = await server.freshTenant()
  const to = new Date(Date.now() + 3_600_000).toISOString()
  for (const [body, code] of [
    [{ matcher: {}, to, reason: 'peace' }, 'silence_matches_everything'],
    [{ matcher: { severity_to: 'critical' }, to, reason: 'peace' }, 'silence_matches_everything'],
    [{ matcher: { class: 'technical' }, from: '2026-01-01', to: '2026-01-02', reason: 'late' }, 'silence_over'],
    [{ matcher: { class: 'technical' }, from: to, to: '2026-01-02', reason: 'late' }, 'silence_empty'],
  ] as const) {
    const answer = await server.ask<Problem>('POST', '/v1/silences', { tenant, body })
    assert.deepEqual([answer.status, answer.body.code], [422, 'silence_invalid'])
    assert.ok(
      answer.body.problems?.some((one) => one.code === code && one.level === 'error'),
      JSON.stringify(answer.body),
    )
  }
  const long = new Date(Date.now() + 40 * 86_400_000).toISOString()
  const made = await post<SilenceCreated>(tenant, '/v1/silences', {
    matcher: { rules: ['none'] },
    to: long,
    reason: 'vacation',
    kind: 'maintenance',
  })
  assert.deepEqual(
    made.problems.map(({ code }) => code),
    ['silence_too_long', 'silence_rule_unknown', 'silence_matches_nothing'],
  )
  const other = await server.freshTenant()
  assert.equal((await server.ask('POST', `/v1/silences/${made.id}/end`, { tenant: other, body: {} })).status, 404)
  assert.deepEqual((await server.ask<Silences>('GET', '/v1/silences', { tenant: other })).body.silences, [])
})
