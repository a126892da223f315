import assert from 'node:assert/strict'
import test from 'node:test'
import { asCard } from '../alerts/message/card.ts'
import { asHtml } from '../alerts/message/html.ts'
import { messageOf } from '../alerts/message/message.ts'
import { asSlack, type SlackBlock } from '../alerts/message/mrkdwn.ts'
import { asText } from '../alerts/message/text.ts'
import { dateTime, duration, oneLine, safeUrl } from '../alerts/message/words.ts'
import type { Note } from '../model/alert-note.ts'
import { aNote, NOTE_KINDS, noteMember } from './support/notes.ts'

const EVIL =
  '<script>alert(1)</script> & "x" <!channel> <@U1> @everyone *b* ~s~ `c` [l](https://evil.example) \r\nBcc: all@example.com \u202Egnp'

const evilNote = (): Note =>
  aNote({
    title: EVIL,
    cause: EVIL,
    tenant: EVIL,
    brand: { name: EVIL, color: '"><script>', logo_text: EVIL },
    rule: { id: 'r', title: EVIL, class: 'technical', runbook: 'javascript:alert(1)' },
    scope: { n: 3, of: null, noun: EVIL, money: EVIL },
    sla: EVIL,
    trace_id: EVIL,
    labels: { [EVIL]: EVIL },
    started_at: EVIL,
    members: [
      noteMember(0, {
        label: EVIL,
        money: EVIL,
        since: EVIL,
        url: 'javascript:alert(1)',
        source_url: 'https://u:p@evil.example/',
      }),
    ],
    links: { alert: 'data:text/html,x', acknowledge: 'https://ok.example/"><script>', silence: 'vbscript:x' },
  })

const slackTexts = (blocks: readonly SlackBlock[]): string[] =>
  blocks.flatMap((block) => {
    if (block.type === 'actions') return block.elements.map(({ text }) => text.text)
    if (block.type === 'context') return block.elements.map(({ text }) => text)
    return 'fields' in block ? block.fields.map(({ text }) => text) : [block.text.text]
  })

test('what is affected is counted in words, as the inbox counts it', () => {
  const affected = (n: number, of: number | null, noun: string) =>
    messageOf(aNote({ scope: { n, of, noun, money: '' } }), 5).facts.find(({ label }) => label === 'Affected')?.value
  assert.deepEqual(
    [affected(1, 48, 'approval'), affected(1, null, 'purchase_order'), affected(2, null, ''), affected(14, 253, 'supply')],
    ['1 of 48 approvals', '1 purchase order', '2 documents', '14 of 253 supplies'],
  )
})

test('each kind of message says in words why it comes, and with what', () => {
  const leads = new Set<string>()
  for (const kind of NOTE_KINDS) {
    const message = messageOf(
      aNote({ kind, ended_at: kind === 'resolved' || kind === 'stale' ? '2026-03-02T11:00:00Z' : null }),
      25,
    )
    leads.add(message.lead)
    const text = asText(message)
    for (const part of [
      message.tag.toUpperCase(),
      message.lead,
      '12 of 340 invoices, EUR 84,200',
      'SAP Europe',
      'Invoice approval within 2 business days',
      '2 Mar 2026, 08:10 UTC',
      '5b8efff798038103d269b633813fc60c',
      'invoice INV-1000',
      'and 10 more',
      'https://erp.example.com/invoice/INV-1000',
    ])
      assert.ok(text.includes(part), `${kind} says ${part}`)
    assert.ok(text.includes('https://sightline.example.com/alerts/7d9f'))
    const isOver = kind === 'resolved' || kind === 'test' || kind === 'acknowledged'
    assert.equal(text.includes('Acknowledge: '), !isOver, kind)
    assert.equal(asHtml(message).includes('>Acknowledge</a>'), !isOver, kind)
  }
  assert.equal(leads.size, NOTE_KINDS.length)
})

test('a stale message says since when data is missing, a resolved one how long it was, a follow-up the technical delay apart', () => {
  const stale = asText(messageOf(aNote({ kind: 'stale', ended_at: '2026-03-02T09:05:00Z' }), 5))
  assert.match(stale, /missing since 2 Mar 2026, 09:05 UTC/u)
  assert.match(stale, /It stays open\./u)
  const resolved = asText(messageOf(aNote({ kind: 'resolved', ended_at: '2026-03-02T11:29:00Z' }), 5))
  assert.match(resolved, /Over since: +2 Mar 2026, 11:29 UTC \(after 3 h 19 min\)/u)
  const members = [noteMember(0, { technical_s: 4200 }), noteMember(1, { technical_s: 7200 })]
  const after = asText(messageOf(aNote({ kind: 'follow_up', members }), 5))
  assert.match(after, /Technical delay: +3 h 10 min in all, apart/u)
  assert.match(after, /INV-1000.*technical delay 1 h 10 min/u)
})

test('all messages of an alert have one subject but for its tag', () => {
  const subjects = NOTE_KINDS.map((kind) => messageOf(aNote({ kind, title: `${kind} and other numbers` }), 5).subject)
  assert.deepEqual(
    new Set(subjects.map((subject) => subject.replace(/^\[[^\]]+\] /u, ''))),
    new Set(['Invoice approval is late: DE01, SAP Europe']),
  )
})

test('nothing that a document says becomes markup, a mention, a header or a link', () => {
  const message = messageOf(evilNote(), 25)
  const html = asHtml(message)
  assert.ok(!/<script|javascript:|vbscript:|data:text|evil\.example\/["<]|u:p@/u.test(html))
  assert.ok(html.includes('&lt;script&gt;'))
  for (const text of [message.subject, asText(message).split('\n')[0] ?? '']) assert.ok(!/[\r\n\u202E]/u.test(text), text)
  assert.ok(
    !asText(message)
      .split('\n')
      .some((line) => line.startsWith('Bcc:')),
  )
  const slack = asSlack(message)
  for (const text of [slack.text, ...slackTexts(slack.blocks)]) {
    const links = text.replaceAll(/<https:\/\/ok\.example\/[^|>]*\|[^<>]*>/gu, '')
    assert.ok(!/[<>]/u.test(links), text)
    assert.ok(!/@everyone|<!|~s~|`c`|\*b\*/u.test(text), text)
  }
  const card = JSON.stringify(asCard(evilNote()))
  assert.ok(!/javascript:|vbscript:|u:p@/u.test(card))
  assert.ok(!/"type":"TextBlock"/u.test(card), 'text runs alone know no markdown')
})

test('Slack takes every message: lengths, fields and numbers of blocks are within its limits', () => {
  const long = 'x'.repeat(5000)
  const members = Array.from({ length: 300 }, (_, at) =>
    noteMember(at, { label: long, url: `https://s.example/${'y'.repeat(1900)}` }),
  )
  for (const kind of NOTE_KINDS) {
    const labels = Object.fromEntries(Array.from({ length: 30 }, (_, at) => [`label${at}`, long]))
    const { blocks } = asSlack(
      messageOf(aNote({ kind, title: long, cause: long.replaceAll('x', '&'), sla: long, members, labels }), 20),
    )
    assert.ok(blocks.length <= 50, `${blocks.length} blocks`)
    for (const block of blocks) {
      if (block.type === 'section' && 'fields' in block) {
        assert.ok(block.fields.length <= 10)
        for (const { text } of block.fields) assert.ok(text.length <= 2000, String(text.length))
      } else if (block.type === 'section') assert.ok(block.text.text.length <= 3000, String(block.text.text.length))
      else if (block.type === 'actions')
        for (const { text, url } of block.elements) assert.ok(text.text.length <= 75 && url.length <= 3000)
    }
  }
})

test('Teams takes a message with 300 documents, however long their names', () => {
  for (const label of ['invoice INV-1', 'é'.repeat(500)]) {
    const members = Array.from({ length: 300 }, (_, at) =>
      noteMember(at, { label: `${label}${at}`, url: `https://s.example/${'y'.repeat(900)}` }),
    )
    const card = JSON.stringify(asCard(aNote({ members, scope: { n: 300, of: 340, noun: 'invoices', money: 'EUR 1' } })))
    assert.ok(Buffer.byteLength(card) <= 28 * 1024, `${Buffer.byteLength(card)} bytes`)
    assert.match(card, /300 of 340 invoices/u)
    assert.match(card, /and \d+ more/u)
  }
})

test('a brand colour is readable under its own text, and what is none is left', () => {
  assert.equal(messageOf(aNote({ brand: { name: 'A', color: '#ffee88', logo_text: '' } }), 1).brand.ink, '#10161b')
  assert.equal(messageOf(aNote({ brand: { name: 'A', color: '#101010', logo_text: '' } }), 1).brand.ink, '#ffffff')
  assert.equal(messageOf(aNote({ brand: { name: 'A', color: 'red;x:y', logo_text: '' } }), 1).brand.color, '#0d5a47')
})

test('words: durations, instants, lines and addresses', () => {
  assert.deepEqual([45, 60, 3600, 12_000, 90_000, 172_800].map(duration), [
    '45 s',
    '1 min',
    '1 h',
    '3 h 20 min',
    '1 d 1 h',
    '2 d',
  ])
  assert.equal(dateTime('2026-03-02T10:30:00+01:00'), '2 Mar 2026, 09:30 UTC')
  assert.equal(oneLine('a\r\nb\u0000c', 10), 'a b c')
  assert.equal(oneLine('ab😀cd', 4), 'ab…')
  assert.deepEqual(
    ['https://a.example/x y|z', 'ftp://a', 'javascript:1', 'https://u@a.example', 'https://[', null].map(safeUrl),
    ['https://a.example/x%20y%7Cz', null, null, null, null, null],
  )
})
