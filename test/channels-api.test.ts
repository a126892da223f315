import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import type { ChannelKinds, Channels, ChannelSaved, ChannelTested, Notes, NoteView } from '../api/contract/channels.ts'
import { alertNotes, alertRouting } from '../platform/postgres/schema.ts'
import { type MailServer, startMailServer } from './support/mail.ts'
import { aNote } from './support/notes.ts'
import { type Receiver, startReceiver, startTalker } from './support/receiver.ts'
import { startServer, type TestServer } from './support/server.ts'

type Problem = { code: string; detail: string }

let server: TestServer
let receiver: Receiver
let mail: MailServer
before(async () => {
  ;[server, receiver, mail] = await Promise.all([
    startServer({ parts: ['api', 'ingest', 'alerts'] }),
    startReceiver(),
    startMailServer(),
  ])
})
after(async () => {
  await Promise.all([server.close(), receiver.close(), mail.close()])
})

const save = <T = ChannelSaved>(tenant: string, body: object) => server.ask<T>('POST', '/v1/channels', { tenant, body })
const slack = (path = '/ok', more: object = {}) => ({
  id: 'ops',
  title: 'Operations',
  kind: 'slack',
  config: { url: `${receiver.url}${path}` },
  ...more,
})

test('a channel is kept without showing its secret again, listed, changed, paused and removed, with an audit', async () => {
  const tenant = await server.freshTenant()
  const made = await save(tenant, slack('/ok/the-secret-hook'))
  assert.equal(made.status, 201, JSON.stringify(made.body))
  assert.deepEqual(
    [made.body.warning, made.body.channel.config, made.body.channel.secrets, made.body.channel.per_minute],
    [null, {}, ['url'], 60],
  )
  const again = await save<Problem>(tenant, slack())
  assert.deepEqual([again.status, again.body.code], [409, 'conflict'])
  const changed = await server.ask<ChannelSaved>('PATCH', '/v1/channels/ops', {
    tenant,
    body: { title: 'Ops', state: 'paused', per_minute: 10 },
  })
  assert.deepEqual(
    [changed.body.channel.title, changed.body.channel.state, changed.body.channel.per_minute],
    ['Ops', 'paused', 10],
  )
  const list = await server.ask<Channels>('GET', '/v1/channels', { tenant })
  assert.deepEqual(
    list.body.channels.map(({ id, kind, last }) => [id, kind, last]),
    [['ops', 'slack', null]],
  )
  assert.equal((await server.ask('DELETE', '/v1/channels/ops', { tenant })).status, 204)
  assert.equal((await server.ask('DELETE', '/v1/channels/ops', { tenant })).status, 404)
  const audit = await server.ask<{ entries: { action: string }[] }>('GET', '/v1/audit', { tenant })
  assert.ok(!JSON.stringify([made.body, changed.body, list.body, audit.body]).includes('the-secret-hook'))
  for (const action of ['channel.created', 'channel.paused', 'channel.removed'])
    assert.ok(JSON.stringify(audit.body).includes(action), action)
})

test('a change of the configuration keeps the secrets that are left out, replaces those that are given, and removes by null', async () => {
  const tenant = await server.freshTenant()
  const config = { url: `${receiver.url}/ok`, receiver: 'first', token: 'a-token-of-the-receiver' }
  await save(tenant, { id: 'am', title: 'AM', kind: 'alertmanager', config })
  const bearer = async () => {
    await server.ask('POST', '/v1/channels/am/test', { tenant })
    return receiver.received.at(-1)?.headers['authorization']
  }
  await server.ask('PATCH', '/v1/channels/am', { tenant, body: { config: { receiver: 'second' } } })
  assert.equal(await bearer(), 'Bearer a-token-of-the-receiver')
  await server.ask('PATCH', '/v1/channels/am', { tenant, body: { config: { token: 'another-token' } } })
  assert.equal(await bearer(), 'Bearer another-token')
  const { body } = await server.ask<ChannelSaved>('PATCH', '/v1/channels/am', { tenant, body: { config: { token: null } } })
  assert.deepEqual([body.channel.config, body.channel.secrets], [{ url: `${receiver.url}/ok`, receiver: 'second' }, []])
  assert.equal(await bearer(), undefined)
})

test('a channel that cannot be reached is kept and warned about; one that cannot be right is refused with the reason', async () => {
  const tenant = await server.freshTenant()
  const nobody = await startTalker('')
  await nobody.close()
  const away = await save(tenant, { ...slack(), config: { url: `http://${nobody.address}/secret-hook` } })
  assert.deepEqual([away.status, away.body.warning], [201, `${nobody.address} cannot be reached: nobody listens there.`])
  const mail = { id: 'mail', title: 'Mail', kind: 'email', config: { to: ['a@b.example'], from: 'x@y.example' } }
  const noServer = await save(tenant, mail)
  assert.match(noServer.body.warning ?? '', /SMTP_URL/u)
  for (const [body, reason] of [
    [{ ...slack(), id: 'a', kind: 'pigeon' }, /no kind of channel "pigeon"/u],
    [{ ...slack(), id: 'a', config: {} }, /"config\.url"/u],
    [{ ...slack(), id: 'a', config: { url: 'ftp://a.example' } }, /"config\.url" is no http\(s\) address/u],
    [{ ...slack(), id: 'a', config: { url: `${receiver.url}/ok`, extra: 1 } }, /extra/u],
    [{ ...slack(), id: 'a', config: { url: 'http://169.254.169.254/latest' } }, /may not be asked/u],
    [{ ...mail, id: 'a', config: { to: ['nobody'], from: 'x@y.example' } }, /"config\.to\.0" is no mail address/u],
    [{ ...slack(), id: 'a', kind: 'pagerduty', config: { routing_key: 'short' } }, /integration key/u],
    [{ ...slack(), id: 'a', kind: 'webhook', config: { url: `${receiver.url}/ok`, secret: 'plain-secret' } }, /whsec_/u],
  ] as const) {
    const refused = await save<Problem>(tenant, body)
    assert.deepEqual([refused.status, refused.body.code], [422, 'channel_invalid'], JSON.stringify(refused.body))
    assert.match(refused.body.detail, reason)
    assert.ok(!refused.body.detail.includes('plain-secret'))
  }
})

test('the test button sends a real message and tells what the receiver said; it is listed with its receipt', async () => {
  const tenant = await server.freshTenant()
  await save(tenant, slack('/ok'))
  await save(tenant, { ...slack('/gone/secret-hook'), id: 'gone' })
  await save(tenant, {
    id: 'mail',
    title: 'Mail',
    kind: 'email',
    config: { to: ['ap@acme.example'], from: 'alerts@s.example', smtp_url: mail.url },
  })
  const tested = async (id: string) => (await server.ask<ChannelTested>('POST', `/v1/channels/${id}/test`, { tenant })).body
  assert.deepEqual(await tested('ops'), { outcome: 'sent', said: '200 ok', after_s: null })
  assert.match(receiver.received.at(-1)?.body ?? '', /This is a test of the channel/u)
  const gone = await tested('gone')
  assert.deepEqual([gone.outcome, gone.said.includes('404'), gone.said.includes('secret-hook')], ['dead', true, false])
  const sent = await tested('mail')
  assert.deepEqual([sent.outcome, /queued as 4711/u.test(sent.said)], ['sent', true])
  assert.match(mail.mails.at(-1)?.mail.text ?? '', /The channel "Mail" works/u)
  assert.equal((await server.ask('GET', '/v1/channels/a%00b/notes', { tenant })).status, 400)
  const { body } = await server.ask<Notes>('GET', '/v1/channels/gone/notes', { tenant })
  assert.deepEqual(
    body.notes.map(({ kind, state, error }) => [kind, state, error]),
    [['test', 'dead', gone.said]],
  )
  const list = await server.ask<Channels>('GET', '/v1/channels', { tenant })
  assert.deepEqual(
    list.body.channels.map(({ id, last }) => [id, last?.state]),
    [
      ['gone', 'dead'],
      ['mail', 'sent'],
      ['ops', 'sent'],
    ],
  )
})

test('the running server sends what waits in the outbox; what was given up is sent again by hand', async () => {
  const tenant = await server.freshTenant()
  const { db } = server.stores.postgres
  await save(tenant, slack('/changing'))
  Object.assign(receiver.answer, { status: 403, headers: {}, text: 'no' })
  const now = new Date()
  for (const number of [1, 2, 3])
    await db.insert(alertNotes).values({
      tenantId: tenant,
      key: `${tenant}/${number}`,
      channelId: 'ops',
      kind: 'firing',
      body: aNote({ id: `n${number}` }),
      nextAt: now,
      createdAt: now,
    })
  const until = async (state: string): Promise<NoteView[]> => {
    const end = Date.now() + 60_000
    for (;;) {
      const { body } = await server.ask<Notes>('GET', '/v1/channels/ops/notes', { tenant })
      if (body.notes.every((note) => note.state === state)) return body.notes
      assert.ok(Date.now() < end, JSON.stringify(body.notes))
      await sleep(50)
    }
  }
  const dead = await until('dead')
  assert.deepEqual(
    dead.map(({ error }) => error?.includes('refused it with 403: no')),
    [true, true, true],
  )
  const page = await server.ask<Notes>('GET', '/v1/channels/ops/notes?limit=2', { tenant })
  const rest = await server.ask<Notes>('GET', `/v1/channels/ops/notes?limit=2&before=${page.body.next}`, { tenant })
  assert.deepEqual([page.body.notes.length, rest.body.notes.map(({ id }) => id), rest.body.next], [2, [dead[2]?.id], null])
  receiver.answer.status = 200
  for (const { id } of dead) assert.equal((await server.ask('POST', `/v1/notes/${id}/again`, { tenant })).status, 200)
  const sent = await until('sent')
  assert.deepEqual(
    sent.map(({ receipt, error }) => [receipt, error]),
    sent.map(() => ['200 no', null]),
  )
  const twice = await server.ask<Problem>('POST', `/v1/notes/${dead[0]?.id}/again`, { tenant })
  assert.deepEqual([twice.status, twice.body.code], [409, 'conflict'])
  const other = await server.freshTenant()
  assert.equal((await server.ask('POST', `/v1/notes/${dead[0]?.id}/again`, { tenant: other })).status, 404)
  assert.deepEqual((await server.ask<Notes>('GET', '/v1/channels/ops/notes', { tenant: other })).body.notes, [])
  assert.match(String((await server.ask('GET', '/metrics')).body), /sightline_alert_notes_total\{kind="slack",outcome="sent"\}/u)
})

test('a channel says until when its receiver wants to be left alone; new settings end that', async () => {
  const tenant = await server.freshTenant()
  const { db } = server.stores.postgres
  await save(tenant, slack('/limited'))
  const now = new Date()
  const note = { tenantId: tenant, key: `${tenant}/1`, channelId: 'ops', kind: 'firing' as const, body: aNote({ id: 'n1' }) }
  await db.insert(alertNotes).values({ ...note, nextAt: now, createdAt: now })
  const held = async () => (await server.ask<Channels>('GET', '/v1/channels', { tenant })).body.channels[0]?.held_until ?? null
  const end = Date.now() + 60_000
  while ((await held()) === null && Date.now() < end) await sleep(50)
  const waits = Date.parse((await held()) ?? '') - now.getTime()
  assert.ok(waits >= 119_000 && waits < 240_000, `${waits} ms`)
  const body = { config: { url: `${receiver.url}/ok` } }
  const changed = await server.ask<ChannelSaved>('PATCH', '/v1/channels/ops', { tenant, body })
  assert.equal(changed.body.channel.held_until, null)
})

test('a channel that the routing sends to is not removed; what waits for one that is removed is dropped', async () => {
  const tenant = await server.freshTenant()
  const { db } = server.stores.postgres
  for (const id of ['ap', 'duty', 'free']) await save(tenant, slack('/ok', { id }))
  const party = { id: 'ap', title: 'Accounts payable', steps: [{ after_s: 0, to: [{ channel: 'ap' }, { rota: 'on-call' }] }] }
  const rota = {
    id: 'on-call',
    title: 'On call',
    zone: 'UTC',
    people: [{ name: 'Ada', channel: 'duty' }],
    starts_on: '2026-03-02',
  }
  const routing = (version: number, body: object) =>
    db.insert(alertRouting).values({ tenantId: tenant, version, createdBy: 'test', body })
  await routing(1, { routes: [], parties: [{ ...party, steps: [{ after_s: 0, to: [{ channel: 'free' }] }] }], rotas: [] })
  await routing(2, { routes: [], parties: [party], rotas: [rota] })
  for (const [id, user] of [
    ['ap', 'the party "Accounts payable"'],
    ['duty', 'the rota "On call"'],
  ]) {
    const refused = await server.ask<Problem>('DELETE', `/v1/channels/${id}`, { tenant })
    assert.deepEqual([refused.status, refused.body.code, refused.body.detail.includes(user ?? '')], [409, 'conflict', true])
  }
  await server.ask('PATCH', '/v1/channels/free', { tenant, body: { state: 'paused' } })
  await db.insert(alertNotes).values({
    tenantId: tenant,
    key: tenant,
    channelId: 'free',
    kind: 'firing',
    body: aNote(),
    nextAt: new Date(),
    createdAt: new Date(),
  })
  assert.equal((await server.ask('DELETE', '/v1/channels/free', { tenant })).status, 204)
  const { body } = await server.ask<Notes>('GET', '/v1/channels/free/notes', { tenant })
  assert.deepEqual(
    body.notes.map(({ state, error }) => [state, error]),
    [['dropped', 'The channel was removed.']],
  )
})

test('kinds come with the form that each needs; channels belong to administrators', async () => {
  const { body } = await server.ask<ChannelKinds>('GET', '/v1/channels/kinds')
  const pagerduty = body.kinds.find(({ kind }) => kind === 'pagerduty')
  assert.deepEqual([pagerduty?.secret, pagerduty?.schema['required']], [['routing_key'], ['routing_key']])
  const tenant = await server.freshTenant()
  const { body: key } = await server.ask<{ token: string }>('POST', '/v1/keys', {
    body: { name: 'reader', scopes: ['read'], tenant_ids: [tenant] },
  })
  assert.equal((await server.ask('GET', '/v1/channels', { token: key.token })).status, 200)
  assert.equal((await server.ask('POST', '/v1/channels', { token: key.token, body: slack() })).status, 403)
})
