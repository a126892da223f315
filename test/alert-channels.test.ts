import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { Webhook } from 'standardwebhooks'
import { z } from 'zod'
import type { Means, Sent } from '../alerts/channel.ts'
import { channelKinds } from '../alerts/channels.ts'
import { deliver, probe } from '../alerts/deliver.ts'
import { verifyDelivery } from '../ingest/webhook/signature.ts'
import type { Note } from '../model/alert-note.ts'
import { WebhookConfig } from '../model/webhook.ts'
import { openLog } from '../platform/log.ts'
import { aNote, NOTE_KINDS, noteMember } from './support/notes.ts'
import { type Receiver, startReceiver, startTalker } from './support/receiver.ts'

const log = openLog({ level: 'silent', human: true })
const NOW = Date.UTC(2026, 2, 2, 11, 30) * 1000
const SECRET = `whsec_${Buffer.from('0123456789abcdef0123456789abcdef').toString('base64')}`
const KEY = 'R0123456789abcdef0123456789abcdE'

let receiver: Receiver
before(async () => {
  receiver = await startReceiver()
})
after(() => receiver.close())

const means = (more: Partial<Means> = {}): Means => ({
  signal: new AbortController().signal,
  reach: 'private',
  smtpUrl: undefined,
  now: NOW,
  ...more,
})
const send = (kind: string, config: Record<string, unknown>, note: Note = aNote(), more: Partial<Means> = {}) =>
  deliver({ kind, config: {}, secrets: config }, note, means(more), log)
const slack = (path: string, more: Partial<Means> = {}) => send('slack', { url: `${receiver.url}${path}` }, aNote(), more)
const lastBody = () => JSON.parse(receiver.received.at(-1)?.body ?? '') as unknown

const CONFIGS: Record<string, (url: string) => Record<string, unknown>> = {
  slack: (url) => ({ url }),
  teams: (url) => ({ url }),
  pagerduty: (url) => ({ url, routing_key: KEY }),
  opsgenie: (url) => ({ url, api_key: 'a'.repeat(36) }),
  webhook: (url) => ({ url, secret: SECRET }),
  alertmanager: (url) => ({ url, token: 'token-of-the-receiver' }),
}

test('every kind of channel is a file, has a form, and says which fields are secret', async () => {
  const kinds = await channelKinds()
  assert.deepEqual([...kinds.keys()], ['alertmanager', 'email', 'opsgenie', 'pagerduty', 'slack', 'teams', 'webhook'])
  for (const [kind, { config, secret, title }] of kinds) {
    const form = z.toJSONSchema(config, { io: 'input' }) as { properties: Record<string, unknown> }
    assert.ok(title.length > 0 && secret.length > 0 && secret.every((field) => field in form.properties), kind)
  }
})

test('every kind of message goes out by every channel of HTTP', async () => {
  for (const [kind, config] of Object.entries(CONFIGS))
    for (const note of NOTE_KINDS.map((kind) => aNote({ kind }))) {
      const sent = await send(kind, config(`${receiver.url}/ok`), note)
      assert.equal(receiver.received.at(-1)?.headers['idempotency-key'], 'note-1')
      assert.deepEqual(
        [sent.outcome, sent.outcome === 'sent' ? sent.receipt : sent.reason],
        ['sent', '200 ok'],
        `${kind} ${note.kind}`,
      )
    }
})

const isRetry = (sent: Sent, pattern: RegExp, afterS: number | null = null) => {
  assert.equal(sent.outcome, 'retry', JSON.stringify(sent))
  if (sent.outcome !== 'retry') return
  assert.match(sent.reason, pattern)
  assert.equal(sent.after_s, afterS)
}
const isDead = (sent: Sent, pattern: RegExp) => {
  assert.equal(sent.outcome, 'dead', JSON.stringify(sent))
  if (sent.outcome === 'dead') assert.match(sent.reason, pattern)
}

test('a receiver that fails is asked again, one that refuses is not, and each says why', { timeout: 30_000 }, async () => {
  const asked = receiver.received.filter(({ path }) => path === '/ok').length
  const nobody = await startTalker('')
  await nobody.close()
  const garbage = await startTalker('this is no TLS\r\n\r\n')
  const [refused, reset, hang, error, limited, gone, away, endless, cut, cutHeaders, trickle, trickleBody, tls, refusing, plain] =
    await Promise.all([
      send('slack', { url: `http://${nobody.address}/services/very-secret-hook` }),
      slack('/reset'),
      slack('/hang'),
      slack('/error'),
      slack('/limited'),
      slack('/gone/very-secret-hook'),
      slack('/away'),
      slack('/endless'),
      slack('/halfway'),
      slack('/halfway-headers'),
      slack('/trickle'),
      slack('/trickle-body'),
      send('slack', { url: `https://${garbage.address}/hook` }),
      slack('/refusing-endlessly'),
      send('slack', { url: `http://${garbage.address}/hook` }),
    ])
  await garbage.close()
  isRetry(refused, /^127\.0\.0\.1:\d+ cannot be reached: nobody listens there\.$/u)
  isRetry(reset, /the connection was broken off/u)
  isRetry(hang, /did not answer within 10 s/u)
  isRetry(error, /answered 500: the database is down at line 7$/u)
  isRetry(limited, /answered 429: too many/u, 120)
  isDead(gone, /refused it with 404: no such hook: \*\*\*$/u)
  isDead(away, /leads elsewhere \(307\), which is not followed/u)
  assert.equal(receiver.received.filter(({ path }) => path === '/ok').length, asked)
  assert.equal(endless.outcome, 'sent', 'it said 200 before it went on for ever')
  assert.equal(cut.outcome, 'sent', 'it said 200 before it broke off')
  isRetry(cutHeaders, /cannot be reached/u)
  isRetry(trickle, /cannot be reached|did not answer/u)
  assert.equal(trickleBody.outcome, 'sent')
  isRetry(tls, /does not speak TLS/u)
  isDead(refusing, /refused it with 400/u)
  isRetry(plain, /cannot be reached/u)
  for (const sent of [refused, gone]) assert.ok(!JSON.stringify(sent).includes('very-secret-hook'), 'the address is the secret')
})

test('a message that is no longer to be sent ends at once', async () => {
  const ending = new AbortController()
  const sent = slack('/hang', { signal: ending.signal })
  setTimeout(() => ending.abort(), 50)
  assert.equal((await sent).outcome, 'retry')
})

test('addresses of cloud credentials, and where the operator says so of private networks, are never asked', async () => {
  for (const url of ['http://169.254.169.254/latest', 'http://[::ffff:169.254.169.254]/', 'http://2852039166/'])
    isDead(await send('slack', { url }), /may not be asked/u)
  isDead(await slack('/ok', { reach: 'public' }), /may not be asked/u)
  isDead(
    await send('slack', { url: receiver.url.replace('127.0.0.1', 'localhost') }, aNote(), { reach: 'public' }),
    /may not be asked/u,
  )
  isDead(await send('slack', { url: 'file:///etc/passwd' }), /is no http\(s\) address/u)
  const found = await probe({ kind: 'slack', config: {}, secrets: { url: 'http://169.254.169.254/' } }, means())
  assert.equal(found?.refused, true)
})

test('a channel is probed without telling anybody anything', async () => {
  const before = receiver.received.length
  for (const [kind, config] of Object.entries(CONFIGS))
    assert.equal(await probe({ kind, config: {}, secrets: config(`${receiver.url}/hook`) }, means()), null)
  assert.equal(receiver.received.length, before)
  const nobody = await startTalker('')
  await nobody.close()
  const found = await probe({ kind: 'slack', config: {}, secrets: { url: `http://${nobody.address}/secret-hook` } }, means())
  assert.deepEqual(
    [found?.refused, found?.reason.includes('nobody listens there'), found?.reason.includes('secret-hook')],
    [false, true, false],
  )
})

/** https://developer.pagerduty.com/docs/send-alert-event */
const PagerDutyEvent = z.discriminatedUnion('event_action', [
  z.strictObject({
    routing_key: z.string().length(32),
    event_action: z.literal('trigger'),
    dedup_key: z.string().min(1).max(255),
    client: z.string(),
    client_url: z.url(),
    payload: z.strictObject({
      summary: z.string().min(1).max(1024),
      source: z.string().min(1),
      severity: z.enum(['critical', 'error', 'warning', 'info']),
      timestamp: z.iso.datetime({ offset: true }),
      component: z.string(),
      group: z.string(),
      class: z.string(),
      custom_details: z.record(z.string(), z.unknown()),
    }),
    links: z.array(z.strictObject({ href: z.url(), text: z.string() })),
  }),
  ...(['acknowledge', 'resolve'] as const).map((action) =>
    z.strictObject({
      routing_key: z.string().length(32),
      event_action: z.literal(action),
      dedup_key: z.string().min(1).max(255),
      client: z.string(),
      client_url: z.url(),
    }),
  ),
])

test('PagerDuty gets events of its schema, one incident for an alert', async () => {
  const actions = new Map<string, string>()
  for (const kind of NOTE_KINDS) {
    const members = Array.from({ length: 300 }, (_, at) => noteMember(at))
    await send('pagerduty', { url: `${receiver.url}/ok`, routing_key: KEY }, aNote({ kind, members, title: 'x'.repeat(3000) }))
    const event = PagerDutyEvent.parse(lastBody())
    assert.equal(event.dedup_key, aNote().alert_id)
    assert.ok(JSON.stringify(event).length < 512 * 1024)
    actions.set(kind, event.event_action)
  }
  const { resolved, acknowledged, ...others } = Object.fromEntries(actions)
  assert.deepEqual([resolved, acknowledged, ...new Set(Object.values(others))], ['resolve', 'acknowledge', 'trigger'])
})

/** https://prometheus.io/docs/alerting/latest/configuration/#webhook_config */
const Labels = z.record(z.string().regex(/^[a-zA-Z_][a-zA-Z0-9_]*$/u), z.string())
const AlertmanagerMessage = z.strictObject({
  version: z.literal('4'),
  groupKey: z.string().min(1),
  truncatedAlerts: z.int().min(0),
  status: z.enum(['firing', 'resolved']),
  receiver: z.string().min(1),
  groupLabels: Labels,
  commonLabels: Labels,
  commonAnnotations: Labels,
  externalURL: z.url(),
  alerts: z
    .array(
      z.strictObject({
        status: z.enum(['firing', 'resolved']),
        labels: Labels,
        annotations: Labels,
        startsAt: z.iso.datetime({ offset: true }),
        endsAt: z.iso.datetime({ offset: true }),
        generatorURL: z.url(),
        fingerprint: z.string().min(1),
      }),
    )
    .min(1),
})

test('who takes Alertmanager’s webhooks takes ours', async () => {
  const config = { url: `${receiver.url}/ok`, receiver: 'team-ap', token: 'token-of-the-receiver' }
  for (const kind of NOTE_KINDS) {
    const labels = { alertname: 'other', 'risk category': 'high', '2nd': 'x' }
    await send('alertmanager', config, aNote({ kind, labels, ended_at: kind === 'resolved' ? '2026-03-02T11:00:00Z' : null }))
    const message = AlertmanagerMessage.parse(lastBody())
    const [alert] = message.alerts
    assert.equal(message.receiver, 'team-ap')
    assert.equal(alert?.labels['alertname'], 'invoice-approval')
    assert.equal(alert?.fingerprint, aNote().alert_id)
    assert.equal(alert?.endsAt, kind === 'resolved' ? '2026-03-02T11:00:00Z' : '0001-01-01T00:00:00Z')
    assert.equal(receiver.received.at(-1)?.headers['authorization'], 'Bearer token-of-the-receiver')
  }
})

test('our own webhook is signed so that Standard Webhooks verifies it, and keeps its id when it is tried again', async () => {
  const note = aNote({ id: 'note-42' })
  for (const _ of [1, 2]) await send('webhook', { url: `${receiver.url}/ok`, secret: SECRET }, note, { now: Date.now() * 1000 })
  const [first, second] = receiver.received.slice(-2)
  assert.deepEqual(
    [first?.headers['webhook-id'], second?.headers['webhook-id'], first?.headers['idempotency-key']],
    ['note-42', 'note-42', 'note-42'],
  )
  const headers = first?.headers as Record<string, string>
  const payload = new Webhook(SECRET).verify(first?.body ?? '', headers) as { type: string; data: { alert_id: string } }
  assert.deepEqual([payload.type, payload.data.alert_id], ['alert.firing', note.alert_id])
  const config = WebhookConfig.parse({ scheme: 'standard-webhooks' })
  const verified = verifyDelivery(config, [SECRET], { headers, body: Buffer.from(first?.body ?? '') }, Date.now() * 1000)
  assert.equal(typeof verified === 'object' && verified.id, 'note-42')
})

test('Opsgenie is asked to create, acknowledge and close by the alias, with limits kept', async () => {
  const config = { url: `${receiver.url}/ok`, api_key: 'genie-key-of-36-characters-length-ok' }
  await send('opsgenie', config, aNote({ title: 'x'.repeat(400), cause: 'y'.repeat(20_000) }))
  const created = z
    .looseObject({
      alias: z.string().max(512),
      message: z.string().max(130),
      description: z.string().max(15_000),
      priority: z.literal('P2'),
    })
    .parse(lastBody())
  assert.equal(created.alias, aNote().alert_id)
  assert.equal(receiver.received.at(-1)?.headers['authorization'], `GenieKey ${config.api_key}`)
  for (const [kind, act] of [
    ['resolved', 'close'],
    ['acknowledged', 'acknowledge'],
  ] as const) {
    await send('opsgenie', config, aNote({ kind }))
    assert.equal(receiver.received.at(-1)?.path, `/ok/v2/alerts/${aNote().alert_id}/${act}?identifierType=alias`)
  }
})

test('a configuration that its kind does not take, or a kind that is gone, is dead with the reason', async () => {
  isDead(await send('slack', { url: 'https://user:pass@hooks.example/' }), /"url" holds a password/u)
  isDead(await send('pigeon', {}), /no kind of channel "pigeon"/u)
})
