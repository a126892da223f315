import assert from 'node:assert/strict'
import { readdirSync } from 'node:fs'
import { test } from 'node:test'
import fc from 'fast-check'
import type { Outcome } from '../ingest/batch.ts'
import type { FormatContext, RecordIn } from '../ingest/format.ts'
import { formatNamed, FORMATS } from '../ingest/formats.ts'
import { compileMapping } from '../ingest/payload/compile.ts'
import { classify, classifyInput } from '../model/classify.ts'
import type { Event } from '../model/event.ts'
import { instantFromIso, instantToIso } from '../model/instant.ts'
import { readMapping } from '../model/payload-mapping.ts'

const NOW = instantFromIso('2026-11-22T12:00:00Z') ?? 0
const TIME = '2026-03-02T09:30:00Z'

const context: FormatContext = {
  tenant: 't',
  receivedAt: NOW,
  seq: 40,
  naturalId: 'c/topic/0/3/40',
  source: 'system/sys-1',
  system: 'sys-1',
  mapping: null,
}

function record(body: unknown, more: Partial<RecordIn> = {}): RecordIn {
  const text = typeof body === 'string' ? body : JSON.stringify(body)
  return { body: Buffer.from(text), headers: {}, key: null, timestamp: null, ...more }
}

function read(format: string, of: RecordIn, more: Partial<FormatContext> = {}): Outcome {
  const found = formatNamed(format)
  assert.ok(found, format)
  return found.read(of, { ...context, ...more })
}

function eventsOf(outcome: Outcome): Event[] {
  assert.ok('events' in outcome, JSON.stringify(outcome))
  return outcome.events
}

function only(outcome: Outcome): Event {
  const [event, ...rest] = eventsOf(outcome)
  assert.ok(event)
  assert.equal(rest.length, 0)
  return event
}

function dropOf(outcome: Outcome): string {
  assert.ok('drop' in outcome, JSON.stringify(outcome))
  return outcome.drop
}

function refusalOf(outcome: Outcome): { code: string; message: string } {
  assert.ok('reject' in outcome, JSON.stringify(outcome))
  return outcome.reject
}

function classOf(event: Event): string {
  return classify(classifyInput(event, event.data.canonical ?? event.source_activity)).class
}

const cloud = (id: string, data: Record<string, unknown> = { object: 'invoice/I-1' }): Record<string, unknown> => ({
  specversion: '1.0',
  id,
  source: '/erp',
  type: 'invoice.posted',
  time: TIME,
  data,
})

test('every file in the folder of formats is a format under its own name', () => {
  const files = readdirSync(new URL('../ingest/formats/', import.meta.url)).map((file) => file.replace('.ts', ''))
  assert.deepEqual(FORMATS.map(({ name }) => name).toSorted(), files.toSorted())
  assert.equal(formatNamed('paper'), undefined)
})

test('CloudEvents: structured, batch, lines and binary give the same event', () => {
  const structured = only(read('cloudevents', record(cloud('1'))))
  const batch = only(
    read('cloudevents', record([cloud('1')], { headers: { 'content-type': 'application/cloudevents-batch+json' } })),
  )
  const lines = only(
    read('cloudevents', record(`${JSON.stringify(cloud('1'))}\n\n`, { headers: { 'content-type': 'application/x-ndjson' } })),
  )
  const attributes = { specversion: '1.0', id: '1', source: '/erp', type: 'invoice.posted', time: TIME }
  const binary = (prefix: string): Event =>
    only(
      read(
        'cloudevents',
        record(
          { object: 'invoice/I-1' },
          {
            headers: {
              'content-type': 'application/json; charset=utf-8',
              ...Object.fromEntries(Object.entries(attributes).map(([name, value]) => [`${prefix}${name}`, value])),
            },
          },
        ),
      ),
    )
  for (const event of [batch, lines, binary('ce_'), binary('ce-')]) assert.deepEqual(event, structured)
  assert.equal(structured.source, '/erp')
  assert.equal(structured.seq, 40)
})

test('CloudEvents: attributes over HTTP are percent-decoded, and a record without a time takes that of its transport', () => {
  const headers = { 'ce-specversion': '1.0', 'ce-id': 'a%20b', 'ce-source': '/%C3%A9', 'ce-type': 'x' }
  const event = only(read('cloudevents', record({ object: 'invoice/1' }, { headers, timestamp: instantFromIso(TIME) ?? 0 })))
  assert.equal(event.natural_id, 'a b')
  assert.equal(event.source, '/é')
  assert.equal(instantToIso(event.occurred_at), '2026-03-02T09:30:00.000Z')
  assert.equal(refusalOf(read('cloudevents', record({ object: 'invoice/1' }, { headers }))).code, 'event_invalid')
  const image = { ...headers, 'content-type': 'image/png' }
  assert.equal(refusalOf(read('cloudevents', record('x', { headers: image }))).code, 'media_type_unsupported')
})

test('a record of nothing but blanks or control bytes is refused, and an empty batch is not', () => {
  for (const body of ['', ' \n', '\u0000\u0000']) assert.equal(refusalOf(read('cloudevents', record(body))).code, 'json_invalid')
  assert.deepEqual(read('cloudevents', record('[]')), { drop: 'holds no events' })
})

test('CloudEvents: a bad event costs its neighbours nothing when a body is taken apart first', () => {
  const format = formatNamed('cloudevents')
  const body = `[${JSON.stringify(cloud('1'))}, {"specversion":"1.0"}, ${JSON.stringify(cloud('3'))}, {"broken`
  const parts = format?.split?.(record(body)) ?? []
  assert.equal(parts.length, 4)
  const outcomes = parts.map((part) => Object.keys(read('cloudevents', part))[0])
  assert.deepEqual(outcomes, ['events', 'reject', 'events', 'reject'])
  // Unsplit, the record is refused as a whole, with the place.
  assert.match(refusalOf(read('cloudevents', record(body))).message, /^record 2 of 4/u)
})

test('Debezium: the outbox router, the bare table and its envelope give the same event', () => {
  const payload = { objects: [{ type: 'purchase_order', id: 'PO-1' }], canonical: 'po.released' }
  const at = Date.parse(TIME)
  const headers = { id: 'e-1', eventtype: 'OrderReleased', timestamp: String(at) }
  const router = only(read('debezium-outbox', record(payload, { headers, key: Buffer.from('PO-1') })))
  const quoted = only(
    read('debezium-outbox', record(JSON.stringify(JSON.stringify(payload)), { headers: { ...headers, id: '"e-1"' } })),
  )
  const row = {
    id: 'e-1',
    aggregatetype: 'PurchaseOrder',
    aggregateid: 'PO-1',
    type: 'OrderReleased',
    timestamp: at,
    payload: JSON.stringify(payload),
  }
  const change = { before: null, after: row, op: 'c', ts_ms: at + 5 }
  const bare = only(read('debezium-outbox', record(change)))
  const enveloped = only(read('debezium-outbox', record({ schema: { type: 'struct' }, payload: change })))
  for (const event of [quoted, bare, enveloped]) assert.deepEqual(event, router)
  assert.equal(router.natural_id, 'e-1')
  assert.equal(router.source_activity, 'OrderReleased')
  assert.equal(router.data.canonical, 'po.released')
  assert.equal(router.source, 'system/sys-1')
  assert.equal(instantToIso(router.occurred_at), '2026-03-02T09:30:00.000Z')
})

test('Debezium: a payload that is no event becomes attributes of its aggregate; deletions and tombstones are left out', () => {
  const after = {
    id: 'e-2',
    aggregatetype: 'PurchaseOrder',
    aggregateid: 'PO-2',
    type: 'OrderClosed',
    payload: '{"reason":"done"}',
  }
  const event = only(read('debezium-outbox', record({ before: null, after, op: 'r', ts_ms: Date.parse(TIME) })))
  assert.deepEqual(event.objects, [{ type: 'purchase_order', id: 'PO-2', qualifier: 'aggregate' }])
  assert.deepEqual(event.data.attributes, { reason: 'done' })
  assert.match(dropOf(read('debezium-outbox', record({ before: after, after: null, op: 'd' }))), /tidying up/u)
  assert.match(dropOf(read('debezium-outbox', record(''))), /tombstone/u)
  assert.equal(refusalOf(read('debezium-outbox', record({ before: after, after, op: 'u' }))).code, 'outbox_invalid')
  assert.match(refusalOf(read('debezium-outbox', record({ a: 1 }))).message, /neither a header "id"/u)
  assert.equal(only(read('debezium-outbox', record(cloud('9'), { headers: { id: 'x' } }))).natural_id, '9')
})

test('Debezium: a mapping reads the event with its aggregate, and the id of the outbox is its identity', () => {
  const parsed = readMapping({
    name: 'orders',
    version: 1,
    title: 'Orders',
    rules: [
      {
        when: { value: '$.type', is: 'OrderPlaced' },
        events: [
          {
            canonical: 'po.created',
            time: '$.at',
            objects: [{ type: 'purchase_order', id: '$.aggregate.id' }],
            money: { amount: '$.payload.total', currency: 'EUR' },
          },
        ],
      },
    ],
    otherwise: { drop: 'No order.' },
  })
  assert.ok('mapping' in parsed)
  const mapping = compileMapping(parsed.mapping)
  const headers = { id: 'e-7', eventtype: 'OrderPlaced' }
  const of = record({ total: '12.50' }, { headers, key: Buffer.from('"PO-7"'), timestamp: instantFromIso(TIME) ?? 0 })
  const event = only(read('debezium-outbox', of, { mapping }))
  assert.deepEqual([event.natural_id, event.objects[0]?.id, event.data.money?.amount], ['e-7', 'PO-7', '12.50'])
})

const camundaRecord = (valueType: string, intent: string, value: Record<string, unknown>, position = 17): RecordIn =>
  record({
    position,
    partitionId: 1,
    key: 2251799813685300,
    timestamp: Date.parse(TIME),
    recordType: 'EVENT',
    valueType,
    intent,
    brokerVersion: '8.8.0',
    value: {
      processInstanceKey: 2251799813685251,
      bpmnProcessId: 'invoice-approval',
      version: 3,
      tenantId: '<default>',
      ...value,
    },
  })

test('Camunda: instances, steps, waiting and jobs become a workflow run, by partition and position', () => {
  const told = (valueType: string, intent: string, value: Record<string, unknown> = {}): string => {
    const event = only(read('camunda', camundaRecord(valueType, intent, value)))
    assert.equal(event.natural_id, '1-17')
    assert.equal(event.objects[0]?.id, 'sys-1:2251799813685251')
    assert.equal(event.data.workflow_run, 'sys-1:2251799813685251')
    assert.equal(event.data.system_class, 'workflow')
    return [event.data.canonical ?? event.source_activity, event.data.step, event.data.lifecycle].filter(Boolean).join(' ')
  }
  const process = { bpmnElementType: 'PROCESS', elementId: 'invoice-approval' }
  const task = { bpmnElementType: 'SERVICE_TASK', elementId: 'post' }
  assert.equal(told('PROCESS_INSTANCE', 'ELEMENT_ACTIVATED', process), 'workflow_run.started started')
  assert.equal(told('PROCESS_INSTANCE', 'ELEMENT_COMPLETED', process), 'workflow_run.completed completed')
  assert.equal(told('PROCESS_INSTANCE', 'ELEMENT_TERMINATED', process), 'workflow_run.cancelled cancelled')
  assert.equal(told('PROCESS_INSTANCE', 'ELEMENT_ACTIVATED', task), 'workflow_run.step_started post started')
  assert.equal(told('PROCESS_INSTANCE', 'ELEMENT_COMPLETED', task), 'workflow_run.step_completed post completed')
  const timer = { bpmnElementType: 'INTERMEDIATE_CATCH_EVENT', elementId: 'wait' }
  assert.equal(told('PROCESS_INSTANCE', 'ELEMENT_ACTIVATED', timer), 'workflow_run.waiting wait suspended')
  assert.equal(told('JOB', 'COMPLETED', { elementId: 'post', type: 'post-invoice' }), 'operation.succeeded post')
  assert.equal(told('USER_TASK', 'CREATED', { elementId: 'approve', assignee: 'ann' }), 'workflow_run.waiting approve scheduled')
  assert.equal(told('DECISION_EVALUATION', 'EVALUATED', { decisionId: 'limits', decisionVersion: 2 }), 'policy.evaluated')
  const linked = only(read('camunda', camundaRecord('VARIABLE', 'CREATED', { name: 'invoiceId', value: '"INV-9"' })))
  assert.deepEqual(
    linked.objects.map(({ type, id }) => `${type}/${id}`),
    ['workflow_run/sys-1:2251799813685251', 'invoice/INV-9'],
  )
})

test('Camunda: a BPMN error is a business exception, an incident and a failed job are technical failures', () => {
  const bpmn = only(
    read(
      'camunda',
      camundaRecord('JOB', 'ERROR_THROWN', {
        elementId: 'check',
        errorCode: 'CREDIT_LIMIT',
        errorMessage: 'over the limit',
        type: 'check',
      }),
    ),
  )
  const incident = only(
    read(
      'camunda',
      camundaRecord('INCIDENT', 'CREATED', { elementId: 'post', errorType: 'JOB_NO_RETRIES', errorMessage: 'no retries left' }),
    ),
  )
  const failed = only(
    read(
      'camunda',
      camundaRecord('JOB', 'FAILED', { elementId: 'post', retries: 2, errorMessage: 'connect ETIMEDOUT', type: 'post' }),
    ),
  )
  assert.deepEqual([classOf(bpmn), classOf(incident), classOf(failed)], ['business', 'technical', 'technical'])
  assert.equal(incident.data.exception?.id, 'camunda:2251799813685300')
  assert.equal(failed.data.outcome?.retryable, true)
  const resolved = only(read('camunda', camundaRecord('INCIDENT', 'RESOLVED', { elementId: 'post' })))
  assert.equal(resolved.data.exception?.state, 'resolved')
  assert.equal(resolved.data.exception.id, incident.data.exception?.id)
})

test('Camunda: commands, wiring and passing states are left out with a reason; what is no record is refused', () => {
  const command = JSON.parse(Buffer.from(camundaRecord('JOB', 'COMPLETE', {}).body).toString()) as Record<string, unknown>
  assert.match(dropOf(read('camunda', record({ ...command, recordType: 'COMMAND' }))), /asks for something/u)
  const gateway = { bpmnElementType: 'EXCLUSIVE_GATEWAY', elementId: 'g' }
  assert.match(dropOf(read('camunda', camundaRecord('PROCESS_INSTANCE', 'ELEMENT_COMPLETED', gateway))), /wiring/u)
  assert.match(dropOf(read('camunda', camundaRecord('PROCESS_INSTANCE', 'ELEMENT_ACTIVATING', gateway))), /passing state/u)
  assert.match(dropOf(read('camunda', camundaRecord('VARIABLE', 'CREATED', { name: 'note', value: '"x"' }))), /no document/u)
  assert.match(dropOf(read('camunda', camundaRecord('DEPLOYMENT', 'CREATED', {}))), /nothing of how an instance went on/u)
  assert.match(refusalOf(read('camunda', record({ hello: 1 }))).message, /valueType is missing/u)
})

const n8nMessage = (eventName: string, payload: Record<string, unknown>, id = 'a-1'): Record<string, unknown> => ({
  __type: eventName.startsWith('n8n.node') ? '$$EventMessageNode' : '$$EventMessageWorkflow',
  id,
  ts: '2026-03-02T10:30:00.000+01:00',
  eventName,
  message: eventName,
  payload: { executionId: '231', workflowId: '9', workflowName: 'Invoice intake', ...payload },
})

test('n8n: messages become a workflow run, and one that is sent again after a restart is the same event', () => {
  const told = (name: string, payload: Record<string, unknown> = {}): string => {
    const event = only(read('n8n-log', record(n8nMessage(name, payload))))
    assert.deepEqual(event.objects, [{ type: 'workflow_run', id: 'sys-1:231', qualifier: 'Invoice intake' }])
    return [event.data.canonical, event.data.step, event.data.outcome?.status].filter(Boolean).join(' ')
  }
  assert.equal(told('n8n.workflow.started'), 'workflow_run.started')
  assert.equal(told('n8n.node.started', { nodeName: 'Post' }), 'workflow_run.step_started Post')
  assert.equal(told('n8n.node.finished', { nodeName: 'Post' }), 'workflow_run.step_completed Post')
  assert.equal(told('n8n.workflow.success'), 'workflow_run.completed ok')
  assert.equal(
    told('n8n.workflow.failed', { lastNodeExecuted: 'Post', errorMessage: 'connect ECONNREFUSED' }),
    'workflow_run.failed Post failed',
  )
  const failed = record(n8nMessage('n8n.workflow.failed', { errorMessage: 'connect ECONNREFUSED 10.0.0.1:443' }))
  assert.equal(classOf(only(read('n8n-log', failed))), 'technical')
  assert.equal(only(read('n8n-log', failed)).event_id, only(read('n8n-log', failed, { naturalId: 'another offset' })).event_id)
  assert.match(
    dropOf(read('n8n-log', record({ __type: '$$EventMessageConfirm', confirm: 'a-1', ts: TIME }))),
    /delivered another/u,
  )
  assert.match(dropOf(read('n8n-log', record(n8nMessage('n8n.audit.user.login.success', {})))), /audit/u)
  assert.match(
    refusalOf(read('n8n-log', record({ ...n8nMessage('n8n.workflow.started', {}), id: '' }))).message,
    /id is missing/u,
  )
})

test('n8n: lines, arrays and single messages are all taken apart', () => {
  const first = n8nMessage('n8n.workflow.started', {}, 'a')
  const second = n8nMessage('n8n.workflow.success', {}, 'b')
  const lines = record(`${JSON.stringify(first)}\n${JSON.stringify(second)}\n`)
  const array = record([first, second])
  for (const body of [lines, array]) {
    assert.deepEqual(
      eventsOf(read('n8n-log', body)).map(({ natural_id }) => natural_id),
      ['a', 'b'],
    )
    const parts = formatNamed('n8n-log')?.split?.(body) ?? []
    assert.deepEqual(
      parts.map((part) => only(read('n8n-log', part)).natural_id),
      ['a', 'b'],
    )
  }
  assert.equal(formatNamed('n8n-log')?.split?.(record(JSON.stringify(first, null, 2))).length, 1)
})

const ubl = (more: { tax?: string; gross?: string; number?: string; wrap?: boolean; currency?: string } = {}): string => {
  const { tax = '19.00', gross = '119.00', number = 'R-1', wrap = false, currency = 'EUR' } = more
  const invoice = `<Invoice xmlns="urn:oasis:names:specification:ubl:schema:xsd:Invoice-2" xmlns:b="urn:b"><b:ID>${number}</b:ID><b:IssueDate>2026-03-02</b:IssueDate><b:DueDate>2026-04-01</b:DueDate><b:InvoiceTypeCode>380</b:InvoiceTypeCode><b:DocumentCurrencyCode>${currency}</b:DocumentCurrencyCode><OrderReference><b:ID>PO-9</b:ID></OrderReference><AccountingSupplierParty><Party><PartyTaxScheme><b:CompanyID>DE 123</b:CompanyID><TaxScheme><b:ID>VAT</b:ID></TaxScheme></PartyTaxScheme></Party></AccountingSupplierParty><TaxTotal><b:TaxAmount currencyID="EUR">${tax}</b:TaxAmount></TaxTotal><TaxTotal><b:TaxAmount currencyID="SEK">200</b:TaxAmount></TaxTotal><LegalMonetaryTotal><b:TaxExclusiveAmount currencyID="EUR">100.00</b:TaxExclusiveAmount><b:TaxInclusiveAmount currencyID="EUR">${gross}</b:TaxInclusiveAmount><b:PayableAmount currencyID="EUR">${gross}</b:PayableAmount></LegalMonetaryTotal></Invoice>`
  return wrap ? `<StandardBusinessDocument><StandardBusinessDocumentHeader/>${invoice}</StandardBusinessDocument>` : invoice
}

test('an e-invoice is told by seller and number; its deadline is the end of the day it is due', () => {
  const event = only(read('einvoice', record(ubl())))
  assert.equal(event.natural_id, 'DE123/R-1/2026-03-02/invoice')
  assert.deepEqual(
    event.objects.map(({ type, id }) => `${type}/${id}`),
    ['invoice/R-1@DE123', 'supplier/DE123', 'purchase_order/PO-9'],
  )
  assert.equal(instantToIso(event.data.due_at ?? 0), '2026-04-01T23:59:59.000Z')
  assert.equal(event.data.attributes?.['tax'], '19.00')
  assert.deepEqual(only(read('einvoice', record(ubl({ wrap: true })))), event)
})

test('sums of an e-invoice that do not add up are told and never corrected', () => {
  const event = only(read('einvoice', record(ubl({ gross: '120.00' }))))
  assert.equal(event.data.money?.amount, '120.00')
  assert.equal(event.data.attributes?.['sums'], 'net 100.00 and tax 19.00 make 119.00, the document says gross 120.00')
  assert.match(refusalOf(read('einvoice', record(ubl({ gross: 'abc' })))).message, /gross" is "abc"/u)
  assert.match(refusalOf(read('einvoice', record(ubl({ number: '' })))).message, /no number/u)
  assert.match(refusalOf(read('einvoice', record(ubl({ currency: 'euro' })))).message, /no ISO 4217/u)
  assert.match(dropOf(read('einvoice', record('<Order xmlns="urn:o"/>'))), /no invoice/u)
  assert.match(refusalOf(read('einvoice', record('<Note/>'))).message, /no e-invoice/u)
})

const cxml = (body: string, more = ''): string =>
  `<?xml version="1.0"?><!DOCTYPE cXML SYSTEM "http://xml.cxml.org/schemas/cXML/1.2.050/cXML.dtd"><cXML payloadID="p-1@x" timestamp="2026-03-02T10:30:00+01:00"><Header><From><Credential domain="DUNS"><Identity>BUY</Identity></Credential></From><To><Credential domain="DUNS"><Identity>SUP</Identity></Credential></To><Sender><Credential domain="DUNS"><Identity>BUY</Identity><SharedSecret>hush</SharedSecret></Credential></Sender></Header><Request${more}>${body}</Request></cXML>`

test('cXML: orders, confirmations, receipts, invoices and status updates are told apart', () => {
  const told = (body: string): string => {
    const event = only(read('cxml', record(cxml(body))))
    assert.ok(!JSON.stringify(event).includes('hush'), 'a shared secret is no part of an event')
    const state = event.data.outcome?.status
    return [event.data.canonical ?? event.source_activity, event.objects.map(({ type, id }) => `${type}/${id}`).join(' '), state]
      .filter(Boolean)
      .join(' | ')
  }
  const orderOf = (type: string): string =>
    `<OrderRequest><OrderRequestHeader orderID="P1" orderDate="2026-03-02" type="${type}"><Total><Money currency="EUR">1,250.00</Money></Total></OrderRequestHeader></OrderRequest>`
  assert.equal(told(orderOf('new')), 'po.sent | purchase_order/P1 supplier/SUP message/p-1@x')
  assert.equal(told(orderOf('update')), 'po.changed | purchase_order/P1 supplier/SUP message/p-1@x')
  assert.equal(told(orderOf('delete')), 'po.cancelled | purchase_order/P1 supplier/SUP message/p-1@x')
  const confirm = (type: string, lines: string[]): string =>
    `<ConfirmationRequest><ConfirmationHeader type="${type}" noticeDate="${TIME}"/><OrderReference orderID="P1"/>${lines.map((line) => `<ConfirmationItem><ConfirmationStatus type="${line}"/></ConfirmationItem>`).join('')}</ConfirmationRequest>`
  assert.equal(told(confirm('accept', [])), 'po.confirmed | purchase_order/P1 supplier/BUY | ok')
  assert.equal(told(confirm('detail', ['accept', 'accept'])), 'po.confirmed | purchase_order/P1 supplier/BUY | ok')
  assert.equal(told(confirm('detail', ['accept', 'reject'])), 'supplier_answered | purchase_order/P1 supplier/BUY | rejected')
  assert.equal(told(confirm('reject', [])), 'supplier_answered | purchase_order/P1 supplier/BUY | rejected')
  assert.equal(told(confirm('backordered', [])), 'supplier_answered | purchase_order/P1 supplier/BUY | rejected')
  assert.equal(told(confirm('requestToPay', [])), 'supplier_answered | purchase_order/P1 supplier/BUY')
  assert.equal(
    told(
      '<ReceiptRequest><ReceiptRequestHeader receiptID="G1" receiptDate="2026-03-02T00:00:00Z"/><ReceiptOrder><ReceiptOrderInfo><OrderReference orderID="P1"/></ReceiptOrderInfo></ReceiptOrder></ReceiptRequest>',
    ),
    'goods_receipt.recorded | goods_receipt/G1 purchase_order/P1 supplier/SUP',
  )
  const invoiceOf = (purpose: string, net: string): string =>
    `<InvoiceDetailRequest><InvoiceDetailRequestHeader invoiceID="I1" invoiceDate="2026-03-01T00:00:00Z" purpose="${purpose}"/><InvoiceDetailSummary><SubtotalAmount><Money currency="EUR">100</Money></SubtotalAmount><Tax><Money currency="EUR">19</Money></Tax>${net}</InvoiceDetailSummary></InvoiceDetailRequest>`
  const netOf = (amount: string): string => `<NetAmount><Money currency="EUR">${amount}</Money></NetAmount>`
  assert.equal(told(invoiceOf('standard', netOf('119'))), 'invoice.received | invoice/I1@BUY supplier/BUY message/p-1@x')
  assert.equal(told(invoiceOf('creditMemo', netOf('119'))), 'invoice.credited | credit_note/I1@BUY supplier/BUY message/p-1@x')
  const sums = (net: string): unknown => {
    const { data } = only(read('cxml', record(cxml(invoiceOf('standard', net)))))
    return `${data.money?.amount}: ${String(data.attributes?.['sums'])}`
  }
  assert.equal(sums(netOf('119')), '119: ok')
  assert.equal(sums(netOf('120')), '120: the parts make 119, the document says 120')
  assert.equal(sums(''), '119: the document states no total: its parts make it')
  assert.equal(
    told('<StatusUpdateRequest><DocumentReference payloadID="p-0@x"/><Status code="500" text="Down"/></StatusUpdateRequest>'),
    'operation.failed | message/p-0@x | failed',
  )
  assert.equal(only(read('cxml', record(cxml(orderOf('new'), ' deploymentMode="test"')))).data.attributes?.['test_mode'], true)
})

test('whatever bytes come, no format throws', () => {
  const snippets = [
    '<cXML',
    '<Invoice>',
    '{"a":',
    '[',
    ']',
    '"',
    '<?xml',
    '&amp;',
    '<!DOCTYPE',
    'null',
    '1e999',
    '{"op":"c","after":',
    '\\u0000',
  ]
  const bytes = fc.oneof(
    fc.uint8Array({ maxLength: 300 }),
    fc.array(fc.constantFrom(...snippets), { maxLength: 12 }).map((parts) => new Uint8Array(Buffer.from(parts.join('')))),
    fc.json().map((text) => new Uint8Array(Buffer.from(text))),
  )
  fc.assert(
    fc.property(
      bytes,
      fc.dictionary(fc.constantFrom('id', 'type', 'ce_specversion', 'ce_id', 'content-type'), fc.string()),
      (body, headers) => {
        for (const format of FORMATS) {
          const of = { body, headers, key: null, timestamp: null }
          for (const part of [of, ...(format.split?.(of) ?? [])]) {
            const outcome = format.read(part, context)
            assert.ok('events' in outcome || 'drop' in outcome || 'reject' in outcome, format.name)
          }
        }
      },
    ),
    { seed: 5, numRuns: 600 },
  )
})
