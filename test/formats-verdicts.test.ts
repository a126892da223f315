import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join, relative, sep } from 'node:path'
import { test } from 'node:test'
import { XMLParser } from 'fast-xml-parser'
import type { Outcome } from '../ingest/batch.ts'
import type { RecordIn } from '../ingest/format.ts'
import { createJudge, type Judge } from '../ingest/judge.ts'
import { compileMapping } from '../ingest/payload/compile.ts'
import { payloadPacks } from '../ingest/payload/packs.ts'
import { instantFromIso, instantToIso } from '../model/instant.ts'
import { verifiedTenant } from '../model/tenant.ts'
import { openLog } from '../platform/log.ts'

/** What is expected of a file. Each table says at its top how it was made and reviewed. */
type Verdict =
  | { verdict: 'drop' | 'reject'; reason: string }
  | {
      verdict: 'events'
      events: {
        natural_id: string
        activity: string
        time: string
        objects: string[]
        amount?: string
        outcome?: string
        sums?: string
      }[]
      figures?: Figures
    }
type Figures = {
  number: string
  date: string
  currency: string
  net: string
  tax: string | null
  gross: string
  payable: string
  due: string | null
}

const DATA = new URL('../../shared/data/', import.meta.url).pathname
const NOW = instantFromIso('2026-11-22T12:00:00Z') ?? 0
const without = existsSync(DATA) ? false : `${DATA} is missing`

/** Packs by the folder of their provider, where the two differ. */
const PACKS: Readonly<Record<string, string>> = {
  checkout: 'checkout-com',
  paddlebilling: 'paddle-billing',
  paddleclassic: 'paddle-classic',
}

const judge: Judge = createJudge({
  mappings: {
    find: (_tenant, name) => {
      const pack = payloadPacks().get(name)
      return Promise.resolve(pack === undefined ? null : compileMapping(pack))
    },
  },
  log: openLog({ level: 'error', human: true }),
})

async function judged(format: string, mapping: string | null, record: Partial<RecordIn>): Promise<Outcome> {
  const reader = await judge.open({
    tenantId: verifiedTenant('verdicts'),
    id: 'verdicts',
    format,
    mapping,
    mappingVersion: null,
    systemId: null,
  })
  const whole = { body: new Uint8Array(), headers: {}, key: null, timestamp: null, ...record }
  return reader.read(whole, { receivedAt: NOW, seq: 0, naturalId: 'none' })
}

function filesBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name !== 'SOURCE.txt')
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)).split(sep).join('/'))
    .toSorted()
}

/** The verdicts of a table by file, without the note on how they were reviewed. */
function table(name: string): Record<string, Verdict> {
  const text = readFileSync(new URL(`verdicts/${name}.json`, import.meta.url), 'utf8')
  const { reviewed, ...verdicts } = JSON.parse(text) as Record<string, unknown>
  assert.ok(typeof reviewed === 'string' && reviewed.length > 40, `${name} does not say how it was reviewed`)
  return verdicts as Record<string, Verdict>
}

/** What the product decided, in the words of the tables. */
function verdictOf(outcome: Outcome): Verdict {
  if ('drop' in outcome) return { verdict: 'drop', reason: outcome.drop }
  if ('reject' in outcome) return { verdict: 'reject', reason: outcome.reject.message }
  return {
    verdict: 'events',
    events: outcome.events.map(({ data, natural_id, occurred_at, objects, source_activity }) => ({
      natural_id,
      activity: data.canonical ?? source_activity,
      time: instantToIso(occurred_at),
      objects: objects.map(({ type, id }) => `${type}/${id}`),
      ...(data.money == null ? {} : { amount: `${data.money.amount} ${data.money.currency}` }),
      ...(data.outcome == null ? {} : { outcome: [data.outcome.status, data.outcome.code].filter(Boolean).join(' ') }),
      ...(typeof data.attributes?.['sums'] === 'string' ? { sums: data.attributes['sums'] } : {}),
    })),
  }
}

/** The body as it came: the recorder took forms apart into JSON. */
function bodyOf(headers: Record<string, string>, body: unknown): Uint8Array {
  if (typeof body === 'string') return Buffer.from(body)
  if (headers['content-type']?.startsWith('application/x-www-form-urlencoded') === true)
    return Buffer.from(new URLSearchParams(body as Record<string, string>).toString())
  return Buffer.from(JSON.stringify(body))
}

test('every recorded webhook payload gets the verdict that was written down for it', { skip: without }, async () => {
  const folder = join(DATA, 'payloads-webhooks/providers')
  const expected = table('webhooks')
  const files = filesBelow(folder)
  assert.equal(files.length, 138)
  assert.deepEqual(Object.keys(expected).toSorted(), files, 'a file without a verdict, or a verdict without a file')
  for (const file of files) {
    const { headers, body } = JSON.parse(readFileSync(join(folder, file), 'utf8')) as {
      headers?: Record<string, string>
      body: unknown
    }
    const provider = file.split('/')[0] ?? ''
    const lower = Object.fromEntries(Object.entries(headers ?? {}).map(([name, value]) => [name.toLowerCase(), value]))
    const outcome = await judged('mapped-json', PACKS[provider] ?? provider, { headers: lower, body: bodyOf(lower, body) })
    assert.deepEqual(verdictOf(outcome), expected[file], file)
  }
})

test('every cXML document gets the verdict that was written down for it', { skip: without }, async () => {
  const folder = join(DATA, 'payloads-cxml')
  const expected = table('cxml')
  const files = filesBelow(folder)
  assert.equal(files.length, 33)
  assert.deepEqual(Object.keys(expected).toSorted(), files)
  for (const file of files)
    assert.deepEqual(verdictOf(await judged('cxml', null, { body: readFileSync(join(folder, file)) })), expected[file], file)
})

test('every e-invoice gets its verdict, and its figures are those of its XML', { skip: without }, async () => {
  const folder = join(DATA, 'payloads-einvoice')
  const expected = table('einvoice')
  const files = filesBelow(folder)
  assert.equal(files.length, 45)
  assert.deepEqual(Object.keys(expected).toSorted(), files)
  let accepted = 0
  for (const file of files) {
    const bytes = readFileSync(join(folder, file))
    const outcome = await judged('einvoice', null, { body: bytes })
    const { figures, ...verdict } = expected[file] as Verdict & { figures?: Figures }
    assert.deepEqual(verdictOf(outcome), verdict, file)
    if (!('events' in outcome)) continue
    accepted++
    const [event] = outcome.events
    const attributes = event?.data.attributes ?? {}
    const fact = (name: string): string => (typeof attributes[name] === 'string' ? attributes[name] : '')
    const read: Figures = {
      number: fact('number'),
      date: fact('issue_date'),
      currency: fact('currency'),
      net: fact('net'),
      tax: attributes['tax'] === undefined ? null : fact('tax'),
      gross: fact('gross'),
      payable: fact('payable'),
      due: attributes['due_date'] === undefined ? null : fact('due_date'),
    }
    assert.deepEqual(read, figuresIn(bytes), `${file}: as another reader finds them in the XML`)
    assert.deepEqual(read, figures, `${file}: as they were written down`)
    assert.equal(event?.data.money?.amount, read.gross, file)
    assert.equal(event.data.due_at == null ? null : instantToIso(event.data.due_at).slice(0, 10), read.due, file)
    assert.equal(event.data.money.currency, read.currency, file)
    assert.equal(instantToIso(event.occurred_at).slice(0, 10), read.date, file)
  }
  assert.equal(accepted, Object.values(expected).filter(({ verdict }) => verdict === 'events').length)
})

test('every verdict that leaves something out says why in a sentence', () => {
  for (const name of ['webhooks', 'cxml', 'einvoice'])
    for (const [file, verdict] of Object.entries(table(name)))
      if (verdict.verdict !== 'events') assert.match(verdict.reason, /^\S.{14,}\S$/u, file)
})

/** Reads the figures of an e-invoice with another XML reader than the product has, by paths of its own. */
function figuresIn(bytes: Buffer): Figures {
  const parser = new XMLParser({
    ignoreAttributes: false,
    removeNSPrefix: true,
    parseTagValue: false,
    parseAttributeValue: false,
    processEntities: true,
  })
  const document = parser.parse(bytes.toString('utf8')) as Record<string, unknown>
  const find = (root: unknown, path: string): unknown[] => {
    let found: unknown[] = [root]
    for (const name of path.split('.'))
      found = found.flatMap((node) => {
        const inner = typeof node === 'object' && node !== null ? (node as Record<string, unknown>)[name] : undefined
        return inner === undefined ? [] : Array.isArray(inner) ? (inner as unknown[]) : [inner]
      })
    return found
  }
  const textOf = (node: unknown): string => {
    const text = typeof node === 'object' && node !== null ? (node as Record<string, unknown>)['#text'] : node
    return typeof text === 'string' ? text.trim() : ''
  }
  const first = (root: unknown, path: string): string => textOf(find(root, path)[0])
  const day = (text: string): string => text.replace(/^(\d{4})(\d{2})(\d{2})$/u, '$1-$2-$3')
  const taxIn = (amounts: unknown[], currency: string): string | null => {
    const own = amounts.find((node) => (node as Record<string, unknown>)['@_currencyID'] === currency)
    return own === undefined ? null : textOf(own)
  }
  const ubl = document['Invoice'] ?? document['CreditNote']
  if (ubl !== undefined) {
    const currency = first(ubl, 'DocumentCurrencyCode')
    return {
      number: first(ubl, 'ID'),
      date: first(ubl, 'IssueDate'),
      currency,
      net: first(ubl, 'LegalMonetaryTotal.TaxExclusiveAmount'),
      tax: taxIn(find(ubl, 'TaxTotal.TaxAmount'), currency),
      gross: first(ubl, 'LegalMonetaryTotal.TaxInclusiveAmount'),
      payable: first(ubl, 'LegalMonetaryTotal.PayableAmount'),
      due: first(ubl, 'DueDate') || first(ubl, 'PaymentMeans.PaymentDueDate') || null,
    }
  }
  const cii = document['CrossIndustryInvoice']
  const settlement = 'SupplyChainTradeTransaction.ApplicableHeaderTradeSettlement'
  const sums = `${settlement}.SpecifiedTradeSettlementHeaderMonetarySummation`
  const currency = first(cii, `${settlement}.InvoiceCurrencyCode`)
  return {
    number: first(cii, 'ExchangedDocument.ID'),
    date: day(first(cii, 'ExchangedDocument.IssueDateTime.DateTimeString')),
    currency,
    net: first(cii, `${sums}.TaxBasisTotalAmount`),
    tax: taxIn(find(cii, `${sums}.TaxTotalAmount`), currency),
    gross: first(cii, `${sums}.GrandTotalAmount`),
    payable: first(cii, `${sums}.DuePayableAmount`),
    due: day(first(cii, `${settlement}.SpecifiedTradePaymentTerms.DueDateDateTime.DateTimeString`)) || null,
  }
}
