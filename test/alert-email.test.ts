import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { Means } from '../alerts/channel.ts'
import { deliver, probe } from '../alerts/deliver.ts'
import type { Note } from '../model/alert-note.ts'
import { openLog } from '../platform/log.ts'
import { type MailServer, startMailServer } from './support/mail.ts'
import { aNote, NOTE_KINDS, noteMember } from './support/notes.ts'
import { startTalker } from './support/receiver.ts'

const log = openLog({ level: 'silent', human: true })
const NOW = Date.UTC(2026, 2, 2, 11, 30) * 1000

let server: MailServer
before(async () => {
  server = await startMailServer()
})
after(() => server.close())

const means = (more: Partial<Means> = {}): Means => ({
  signal: new AbortController().signal,
  reach: 'private',
  smtpUrl: server.url,
  now: NOW,
  ...more,
})
const CONFIG = { to: ['ap@acme.example'], from: 'alerts@sightline.example' }
const send = (note: Note = aNote(), config: Record<string, unknown> = CONFIG, more: Partial<Means> = {}) =>
  deliver({ kind: 'email', config, secrets: {} }, note, means(more), log)

test('a mail has the message as HTML and as text, from and to whom it should, with the server’s receipt', async () => {
  const sent = await send()
  assert.equal(sent.outcome, 'sent', JSON.stringify(sent))
  assert.match(sent.outcome === 'sent' ? sent.receipt : '', /queued as 4711/u)
  const { mail, to } = server.mails.at(-1) ?? assert.fail()
  assert.deepEqual(to, ['ap@acme.example'])
  assert.deepEqual(
    [mail.from?.text, mail.subject],
    ['"Acme Industries alerts" <alerts@sightline.example>', '[High] Invoice approval is late: DE01, SAP Europe'],
  )
  assert.match(mail.text ?? '', /Affected: +12 of 340 invoices, EUR 84,200/u)
  assert.match(String(mail.html), /<h1[^>]*>12 of 340 invoices breach Invoice approval, EUR\u00A084,200<\/h1>/u)
  assert.equal(mail.headers.get('auto-submitted'), 'auto-generated')
  assert.equal(mail.date?.toISOString(), '2026-03-02T11:30:00.000Z')
})

test('all mails of one alert are one thread, those of another are another, and a second copy has the same id', async () => {
  const from = server.mails.length
  for (const kind of NOTE_KINDS) await send(aNote({ id: `note-${kind}`, kind }))
  await send(aNote({ id: 'note-firing' }))
  await send(aNote({ id: 'note-other', alert_id: 'another.alert with spaces' }))
  const mails = server.mails.slice(from).map(({ mail }) => mail)
  const other = mails.pop()
  const ids = mails.map(({ messageId }) => messageId)
  assert.equal(new Set(ids).size, NOTE_KINDS.length)
  assert.equal(ids[0], ids.at(-1))
  assert.equal(ids[0], '<note.note-firing@sightline.example>')
  const roots = new Set(mails.flatMap(({ inReplyTo, references }) => [inReplyTo, [references].flat().join(' ')]))
  assert.deepEqual([...roots], ['<alert.7d9f2f5e-1b1c-4c1e-9b7e-3f6a2b9c1d00@sightline.example>'])
  assert.notEqual(other?.inReplyTo, mails[0]?.inReplyTo)
  assert.match(other?.inReplyTo ?? '', /^<alert\.[\w-]+@sightline\.example>$/u)
})

test('no text of a document adds a header, a recipient or a body', async () => {
  const evil = 'x\r\nBcc: all@evil.example\r\n\r\n<script>alert(1)</script>'
  await send(
    aNote({
      id: evil,
      alert_id: evil,
      title: evil,
      brand: { name: `"${evil}" <spoof@evil.example>,`, color: '#000000', logo_text: evil },
      rule: { id: evil, title: evil, class: 'business', runbook: null },
      labels: { a: evil },
      members: [noteMember(0, { label: evil })],
    }),
  )
  const { mail, to, raw } = server.mails.at(-1) ?? assert.fail()
  assert.deepEqual(to, ['ap@acme.example'])
  const headers = raw.slice(0, raw.indexOf('\r\n\r\n'))
  assert.ok(!/^bcc:/imu.test(headers), headers)
  assert.equal(mail.bcc, undefined)
  assert.equal(mail.from?.value[0]?.address, 'alerts@sightline.example')
  assert.equal(mail.from?.value.length, 1)
  assert.ok(!String(mail.html).includes('<script>'))
  for (const to of [['a@b.example\r\nBcc: all@evil.example'], ['<a@b.example>, c@d.example'], ['a b@c.example']]) {
    const sent = await send(aNote(), { ...CONFIG, to })
    assert.equal(sent.outcome, 'dead', 'a recipient that is no address')
  }
})

test('what a mail server refuses for good is dead, what it puts off is tried again, and whom of several it refuses is said', async () => {
  const refused = await send(aNote(), { ...CONFIG, to: ['unknown@acme.example'] })
  assert.deepEqual([refused.outcome, /550 No such user here/u.test(JSON.stringify(refused))], ['dead', true])
  const busy = await send(aNote(), { ...CONFIG, to: ['busy@acme.example'] })
  assert.deepEqual([busy.outcome, /450 Mailbox busy/u.test(JSON.stringify(busy))], ['retry', true])
  const some = await send(aNote(), { ...CONFIG, to: ['ap@acme.example', 'unknown@acme.example'] })
  assert.match(some.outcome === 'sent' ? some.receipt : '', /^not taken for unknown@acme\.example; /u)
  const denied = await send(aNote(), { ...CONFIG, smtp_url: `smtp://sightline:a-wrong-password@${server.host}` })
  assert.deepEqual([denied.outcome, /535/u.test(JSON.stringify(denied))], ['dead', true])
  assert.ok(!JSON.stringify(denied).includes('a-wrong-password'))
})

test('an address of a mail server that cannot be read is refused', async () => {
  for (const smtp_url of ['smtp://user:%zz@mail.example', 'smtp://user:%ff@mail.example', 'http://mail.example', 'smtp:///x'])
    assert.match(JSON.stringify(await send(aNote(), { ...CONFIG, smtp_url })), /"outcome":"dead".*is no smtp/u)
})

test('a mail server that is away, or says nothing, is tried again', { timeout: 30_000 }, async () => {
  const [silent, garbage] = [await startTalker(''), await startTalker('hello?\r\n')]
  const away = await startTalker('')
  await away.close()
  const [hangs, odd, gone, noTls] = await Promise.all(
    [silent.address, garbage.address, away.address]
      .map((host) => send(aNote(), { ...CONFIG, smtp_url: `smtp://${host}` }))
      .concat([send(aNote(), { ...CONFIG, smtp_url: `smtps://${server.host}` })]),
  )
  await Promise.all([silent.close(), garbage.close()])
  for (const sent of [hangs, odd, gone, noTls]) assert.equal(sent?.outcome, 'retry', JSON.stringify(sent))
  assert.match(JSON.stringify(gone), /nobody listens there/u)
})

test('without any mail server the message waits, and a tenant’s server may not be where the operator keeps tenants out', async () => {
  const none = await send(aNote(), CONFIG, { smtpUrl: undefined })
  assert.deepEqual([none.outcome, /SMTP_URL/u.test(JSON.stringify(none))], ['retry', true])
  const own = { ...CONFIG, smtp_url: server.url }
  assert.equal((await send(aNote(), own, { reach: 'public' })).outcome, 'dead')
  assert.equal((await send(aNote(), CONFIG, { reach: 'public' })).outcome, 'sent', 'the operator’s own server')
})

test('a probe signs in and sends nothing', async () => {
  const from = server.mails.length
  const look = (url: string) => probe({ kind: 'email', config: { ...CONFIG, smtp_url: url }, secrets: {} }, means())
  assert.equal(await look(server.url), null)
  const denied = await look(`smtp://sightline:a-wrong-password@${server.host}`)
  assert.deepEqual([denied?.refused, /535/u.test(denied?.reason ?? '')], [false, true])
  assert.equal(server.mails.length, from)
})
