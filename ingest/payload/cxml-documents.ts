import { instantFromIso, instantToIso } from '../../model/instant.ts'
import { negated, sumOf } from './decimal.ts'
import { given } from './fields.ts'
import { all, at, textAt } from './xml-read.ts'
import type { XmlNode } from './xml.ts'

/** What all documents of one message share. */
export type Envelope = { payloadId: string; sentAt: string; from: string; to: string; test: boolean }
type Ref = { type: string; id: string; qualifier?: string }
/** A document as an event, without what its envelope adds. */
export type Found = {
  kind: string
  /** Tells documents of one message id apart. */
  key: string
  canonical?: string
  time: string
  objects: Ref[]
  data: Record<string, unknown>
  attributes: Record<string, unknown>
}
type Verdict = Found | { drop: string } | { wrong: string }

const INVOICE_STATES: Readonly<Record<string, string>> = {
  reconciled: 'invoice.matched',
  rejected: 'invoice.rejected',
  paid: 'payment.cleared',
  canceled: 'invoice.cancelled',
  cancelled: 'invoice.cancelled',
}
const AMOUNT = /^[+-]?\d{1,14}(?:\.\d{1,10})?$/u
const CURRENCY = /^[A-Z]{3}$/u

/** What a document of a cXML message says happened, or why it says nothing, or what is wrong with it. */
export function documentOf(name: string, node: XmlNode, envelope: Envelope): Verdict {
  switch (name) {
    case 'OrderRequest':
      return order(node, envelope)
    case 'ConfirmationRequest':
      return confirmation(node, envelope)
    case 'ShipNoticeRequest':
      return shipNotice(node, envelope)
    case 'ReceiptRequest':
      return receipt(node, envelope)
    case 'InvoiceDetailRequest':
      return invoice(node, envelope)
    case 'StatusUpdateRequest':
      return statusUpdate(node, envelope)
    default:
      return { drop: `A cXML message of type ${name.slice(0, 60) || 'unknown'} is none of those that are followed here.` }
  }
}

function order(node: XmlNode, envelope: Envelope): Verdict {
  const header = at(node, 'OrderRequestHeader')
  const number = textAt(header, '@orderID')
  if (number === '') return { wrong: 'the order has no number (orderID)' }
  const ordered = timeOf(textAt(header, '@orderDate'))
  const time = envelope.sentAt || ordered
  if (time === '') return { wrong: `neither timestamp nor orderDate is a time: "${textAt(header, '@orderDate').slice(0, 40)}"` }
  const money = moneyOf(at(header, 'Total', 'Money'))
  if (typeof money === 'string') return { wrong: `the total of the order: ${money}` }
  const type = textAt(header, '@type') || 'new'
  const lines = all(node, 'ItemOut').slice(0, 500)
  const due = timeOf(textAt(header, '@requestedDeliveryDate'))
  return {
    kind: `OrderRequest ${type}`,
    key: number,
    canonical: type === 'delete' ? 'po.cancelled' : type === 'update' ? 'po.changed' : 'po.sent',
    time,
    objects: [
      { type: 'purchase_order', id: number },
      { type: 'supplier', id: envelope.to, qualifier: 'ordered from' },
      ...lines.flatMap((line) => {
        const at_ = textAt(line, '@lineNumber')
        return at_ === '' ? [] : [{ type: 'po_line', id: `${number}-${at_}`, qualifier: 'line of the order' }]
      }),
      { type: 'message', id: envelope.payloadId, qualifier: 'sent as' },
    ],
    data: given({
      money: money ?? undefined,
      due_at: due,
      object_attributes: {
        [`purchase_order/${number}`]: given({
          supplier: envelope.to,
          amount: money?.amount,
          currency: money?.currency,
          order_date: ordered,
        }),
      },
    }),
    attributes: { supplier: envelope.to, buyer: envelope.from, order_date: ordered, lines: lines.length },
  }
}

function confirmation(node: XmlNode, envelope: Envelope): Verdict {
  const header = at(node, 'ConfirmationHeader')
  const number = orderNumber(at(node, 'OrderReference')) || orderNumber(at(header, 'OrderReference'))
  if (number === '') return { wrong: 'the confirmation does not say which order it confirms' }
  const time = timeOf(textAt(header, '@noticeDate')) || envelope.sentAt
  if (time === '') return { wrong: 'neither noticeDate nor timestamp is a time' }
  const type = textAt(header, '@type')
  const kinds = new Set(all(node, 'ConfirmationItem', 'ConfirmationStatus').map((status) => textAt(status, '@type')))
  const rejects = type === 'reject' || (kinds.size > 0 && [...kinds].every((kind) => kind === 'reject'))
  // Without items, only a type that accepts the order confirms it: one that is late or excepted does not.
  const whole =
    type === 'accept' ||
    type === 'allDetail' ||
    (kinds.size === 0
      ? type === 'detail'
      : [...kinds].every((kind) => kind === 'accept' || kind === 'allDetail' || kind === 'detail'))
  // A request to pay early says neither yes nor no to what was ordered.
  const silent = kinds.size === 0 && (type === '' || type === 'requestToPay')
  const money = moneyOf(at(header, 'Total', 'Money'))
  return {
    kind: `ConfirmationRequest ${type}`.trim(),
    key: `${textAt(header, '@confirmID')}/${number}`,
    canonical: rejects || !whole ? 'supplier_answered' : 'po.confirmed',
    time,
    objects: [
      { type: 'purchase_order', id: number },
      { type: 'supplier', id: envelope.from, qualifier: 'confirmed by' },
    ],
    data: given({
      money: typeof money === 'string' || money === null ? undefined : money,
      outcome: rejects
        ? { status: 'rejected', code: 'ORDER_REJECTED_BY_SUPPLIER' }
        : whole
          ? { status: 'ok' }
          : silent
            ? undefined
            : { status: 'rejected', code: 'ORDER_CONFIRMED_IN_PART' },
    }),
    attributes: {
      supplier: envelope.from,
      confirmation: textAt(header, '@confirmID'),
      invoice_number: textAt(header, '@invoiceID'),
      lines: all(node, 'ConfirmationItem').length,
      line_states: [...kinds]
        .filter((kind) => kind !== '')
        .toSorted()
        .join(', '),
    },
  }
}

function shipNotice(node: XmlNode, envelope: Envelope): Verdict {
  const header = at(node, 'ShipNoticeHeader')
  const shipment = textAt(header, '@shipmentID')
  const orders = unique(all(node, 'ShipNoticePortion', 'OrderReference').map(orderNumber))
  if (orders.length === 0) return { wrong: 'the ship notice does not say which order is shipped' }
  const time = timeOf(textAt(header, '@noticeDate')) || envelope.sentAt
  if (time === '') return { wrong: 'neither noticeDate nor timestamp is a time' }
  return {
    kind: 'ShipNoticeRequest',
    key: `${shipment}/${textAt(header, '@operation') || 'new'}`,
    time,
    objects: [
      ...orders.map((id) => ({ type: 'purchase_order', id })),
      { type: 'shipment', id: shipment === '' ? '' : `${shipment}@${envelope.from}` },
      { type: 'supplier', id: envelope.from, qualifier: 'shipped by' },
    ],
    data: given({ due_at: timeOf(textAt(header, '@deliveryDate')) }),
    attributes: { supplier: envelope.from, shipment, shipped_at: timeOf(textAt(header, '@shipmentDate')) },
  }
}

function receipt(node: XmlNode, envelope: Envelope): Verdict {
  const header = at(node, 'ReceiptRequestHeader')
  const number = textAt(header, '@receiptID')
  if (number === '') return { wrong: 'the receipt has no number (receiptID)' }
  const time = timeOf(textAt(header, '@receiptDate')) || envelope.sentAt
  if (time === '') return { wrong: 'neither receiptDate nor timestamp is a time' }
  const orders = unique(all(node, 'ReceiptOrder', 'ReceiptOrderInfo', 'OrderReference').map(orderNumber))
  return {
    kind: 'ReceiptRequest',
    key: number,
    canonical: textAt(header, '@operation') === 'delete' ? 'goods_receipt.cancelled' : 'goods_receipt.recorded',
    time,
    objects: [
      { type: 'goods_receipt', id: number },
      ...orders.map((id) => ({ type: 'purchase_order', id, qualifier: 'received for' })),
      { type: 'supplier', id: envelope.to },
    ],
    data: {},
    attributes: { supplier: envelope.to },
  }
}

function invoice(node: XmlNode, envelope: Envelope): Verdict {
  const header = at(node, 'InvoiceDetailRequestHeader')
  const number = textAt(header, '@invoiceID')
  if (number === '') return { wrong: 'the invoice has no number (invoiceID)' }
  const written = textAt(header, '@invoiceDate')
  const issued = timeOf(written)
  if (issued === '') return { wrong: `invoiceDate is "${written.slice(0, 40)}", which is no date` }
  const summary = at(node, 'InvoiceDetailSummary')
  const figures = figuresOf(summary)
  if ('wrong' in figures) return figures
  const operation = textAt(header, '@operation') || 'new'
  const purpose = textAt(header, '@purpose') || 'standard'
  const credit = /creditmemo/iu.test(purpose)
  const own = { type: credit ? 'credit_note' : 'invoice', id: `${number}@${envelope.from}` }
  const infos = all(node, 'InvoiceDetailOrder', 'InvoiceDetailOrderInfo').concat(
    all(node, 'InvoiceDetailHeaderOrder', 'InvoiceDetailOrderInfo'),
  )
  const orders = unique(
    infos.flatMap((info) => [orderNumber(at(info, 'OrderReference')), textAt(info, 'OrderIDInfo', '@orderID')]),
  )
  const contracts = unique(
    infos.flatMap((info) => {
      const agreement = at(info, 'MasterAgreementReference')
      return [
        textAt(agreement, '@agreementID') || textAt(agreement, 'DocumentReference', '@payloadID'),
        textAt(info, 'MasterAgreementIDInfo', '@agreementID'),
      ]
    }),
  )
  const credited = unique(all(node, 'InvoiceDetailRequestHeader', 'InvoiceIDInfo').map((info) => textAt(info, '@invoiceID')))
  const days = textAt(header, 'PaymentTerm', '@payInNumberOfDays')
  const facts = given({ number, issue_date: issued.slice(0, 10), ...figures.facts })
  return {
    kind: `InvoiceDetailRequest ${purpose}${operation === 'new' ? '' : ` ${operation}`}`,
    key: `${number}/${operation}`,
    canonical: operation === 'delete' ? 'invoice.cancelled' : credit ? 'invoice.credited' : 'invoice.received',
    time: envelope.sentAt || issued,
    objects: [
      own,
      ...credited.map((id) => ({ type: 'invoice', id: `${id}@${envelope.from}`, qualifier: 'credited' })),
      { type: 'supplier', id: envelope.from, qualifier: 'seller' },
      ...orders.map((id) => ({ type: 'purchase_order', id, qualifier: 'ordered by' })),
      ...contracts.map((id) => ({ type: 'contract', id, qualifier: 'under' })),
      { type: 'message', id: envelope.payloadId, qualifier: 'sent as' },
    ],
    data: given({
      money: { amount: figures.amount, currency: figures.currency },
      due_at: dueAfter(issued, days),
      terms: given({ payment_days: /^\d{1,4}$/u.test(days) ? Number(days) : undefined, issue_date: issued.slice(0, 10) }),
      object_attributes: { [`${own.type}/${own.id}`]: facts },
    }),
    attributes: { ...facts, supplier: envelope.from, buyer: envelope.to, sums: figures.sums },
  }
}

type Figures = { amount: string; currency: string; facts: Record<string, unknown>; sums: string }

/**
 * The figures of a summary as they stand. What is payable is the net amount in the words of cXML; where it is empty, its parts make
 * it, and where it differs from them, that is said.
 */
function figuresOf(summary: XmlNode | undefined): Figures | { wrong: string } {
  const names = {
    net: 'SubtotalAmount',
    tax: 'Tax',
    handling: 'SpecialHandlingAmount',
    shipping: 'ShippingAmount',
    discount: 'InvoiceDetailDiscount',
    gross: 'GrossAmount',
    payable: 'NetAmount',
  }
  const facts: Record<string, string> = {}
  let currency = ''
  for (const [name, element] of Object.entries(names)) {
    const money = at(summary, element, 'Money')
    if (money === undefined) continue
    const code = textAt(money, '@currency')
    const amount = textAt(money).replaceAll(',', '')
    if (code !== '') {
      if (!CURRENCY.test(code))
        return { wrong: `the currency of ${element} is "${code.slice(0, 20)}", which is no ISO 4217 code` }
      if (currency !== '' && currency !== code) return { wrong: `the summary speaks of ${currency} and of ${code}` }
      currency = code
    }
    if (amount === '') continue
    if (!AMOUNT.test(amount)) return { wrong: `${element} is "${amount.slice(0, 40)}", which is no amount` }
    facts[name] = amount
  }
  if (currency === '') return { wrong: 'the summary of the invoice names no currency' }
  const { net, tax, handling, shipping, discount, gross, payable } = facts
  const made = sumOf([net ?? '0', tax ?? '0', handling ?? '0', shipping ?? '0', negated(discount ?? '0')])
  const amount = payable ?? gross ?? (net === undefined ? undefined : (made ?? undefined))
  if (amount === undefined) return { wrong: 'the summary of the invoice has no amount' }
  const apart = made === null ? null : sumOf([made, negated(amount)])
  const differs = apart !== null && !/^-?[0.]+$/u.test(apart)
  return {
    amount,
    currency,
    facts: { ...facts, currency },
    sums:
      payable === undefined
        ? 'the document states no total: its parts make it'
        : differs
          ? `the parts make ${made ?? ''}, the document says ${amount}`
          : 'ok',
  }
}

function statusUpdate(node: XmlNode, envelope: Envelope): Verdict {
  const time = envelope.sentAt
  if (time === '') return { wrong: 'timestamp is no time' }
  const code = textAt(node, 'Status', '@code')
  const message = textAt(node, 'Status') || textAt(node, 'Status', '@text')
  const reference = textAt(node, 'DocumentReference', '@payloadID')
  const state = at(node, 'InvoiceStatus')
  if (state !== undefined) {
    const type = textAt(state, '@type')
    const number = textAt(state, 'InvoiceIDInfo', '@invoiceID')
    const canonical = INVOICE_STATES[type]
    const rejects = type === 'rejected'
    if (number === '' && reference === '') return { wrong: 'the status does not say of which invoice it is' }
    return {
      kind: `StatusUpdateRequest invoice ${type}`,
      key: `${number}/${reference}`,
      ...(canonical === undefined ? {} : { canonical }),
      time,
      objects: [
        { type: 'invoice', id: number === '' ? '' : `${number}@${envelope.to}` },
        { type: 'message', id: reference, qualifier: 'answered' },
        { type: 'supplier', id: envelope.to },
      ],
      data: given({ outcome: rejects ? given({ status: 'rejected', code: 'INVOICE_REJECTED', message }) : undefined }),
      attributes: { status_code: code, supplier: envelope.to },
    }
  }
  if (reference === '') return { drop: 'A status that names no message: it touches no document.' }
  const failed = /^[45]/u.test(code)
  return {
    kind: 'StatusUpdateRequest',
    key: `${reference}/${code}`,
    canonical: failed ? 'operation.failed' : 'operation.succeeded',
    time,
    objects: [{ type: 'message', id: reference, qualifier: 'sent as' }],
    data: given({
      operation: { id: reference },
      outcome: given({
        status: failed ? 'failed' : 'ok',
        code: failed ? `HTTP_${code}` : undefined,
        message: message.slice(0, 2000),
      }),
    }),
    attributes: { status_code: code },
  }
}

/** The number of an order as it is referred to: its own, else the id that stands for it where a sender has no better. */
function orderNumber(reference: XmlNode | undefined): string {
  const own = textAt(reference, '@orderID')
  if (own !== '') return own
  const payload = textAt(reference, 'DocumentReference', '@payloadID')
  return payload.includes('@') ? '' : payload
}

function moneyOf(node: XmlNode | undefined): { amount: string; currency: string } | string | null {
  if (node === undefined) return null
  const amount = textAt(node).replaceAll(',', '')
  const currency = textAt(node, '@currency')
  if (amount === '') return null
  if (!AMOUNT.test(amount)) return `"${amount.slice(0, 40)}" is no amount`
  return CURRENCY.test(currency) ? { amount, currency } : `"${currency.slice(0, 20)}" is no ISO 4217 code`
}

/** A time or day of cXML as ISO 8601 in UTC; empty where it is none. */
export function timeOf(text: string): string {
  const instant = instantFromIso(/^\d{4}-\d{2}-\d{2}$/u.test(text) ? `${text}T00:00:00Z` : text, 0)
  return instant === null ? '' : instantToIso(instant)
}

function dueAfter(issued: string, days: string): string {
  const instant = instantFromIso(issued)
  return instant === null || !/^\d{1,4}$/u.test(days) ? '' : instantToIso(instant + Number(days) * 86_400_000_000)
}

function unique(texts: readonly string[]): string[] {
  return [...new Set(texts.filter((text) => text !== ''))]
}
