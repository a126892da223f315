import { instantFromIso, instantToIso } from '../../model/instant.ts'
import type { Outcome } from '../batch.ts'
import { type Cloud, eventsOf, type Format, type FormatContext, rejected } from '../format.ts'
import { negated, sumOf } from '../payload/decimal.ts'
import { given } from '../payload/fields.ts'
import { all, at, rootOf, textAt } from '../payload/xml-read.ts'
import { parseXml, type XmlNode } from '../payload/xml.ts'

/** What both syntaxes say of an invoice. Amounts are texts as in the document; empty where the document has none. */
type Invoice = {
  syntax: 'UBL' | 'CII'
  credit: boolean
  typeCode: string
  number: string
  issued: string
  issuedAt: string
  due: string
  currency: string
  net: string
  tax: string
  gross: string
  prepaid: string
  rounding: string
  payable: string
  taxCurrency: string
  terms: string
  seller: Party
  buyer: Party
  order: string
  contract: string
  /** Numbers of the invoices that it credits or corrects. */
  preceding: string[]
}
type Party = { id: string; name: string; vat: string }

const DECIMAL = /^[+-]?\d{1,14}(?:\.\d{1,10})?$/u
/** Invoice types of UNTDID 1001 that ask for no payment. */
const NO_DEMAND: Readonly<Record<string, string>> = {
  '325': 'A pro forma invoice asks for no payment.',
  '310': 'An offer asks for no payment.',
}
const CREDITS: ReadonlySet<string> = new Set(['81', '83', '261', '262', '296', '308', '381', '396', '420', '458', '532'])
/** What stands in an order reference that the profile wants and the seller has not. */
const NO_REFERENCE = /^(?:n\.?\/?a\.?|none|-+|\.|x+)$/iu

/**
 * E-invoices of EN 16931 – UBL invoices and credit notes (Peppol among them, also in its envelope) and UN/CEFACT CII (Factur-X,
 * XRechnung). An invoice is told by its seller and number, so that a copy by another road is the same event.
 *
 * The figures are those of the document. Where net and tax do not add up to gross, or gross less prepayment to what is payable, the
 * event says so; nothing is corrected.
 */
export const einvoice: Format = {
  name: 'einvoice',
  title: 'E-invoices (UBL, CII)',
  mapping: 'optional',
  media: ['application/xml', 'text/xml'],
  limit: 16 * 1024 * 1024,
  read(record, context) {
    const parsed = parseXml(record.body)
    if ('code' in parsed) return rejected(parsed.code, parsed.message)
    const outer = rootOf(parsed.value)
    context.seen?.(outer?.name ?? '', parsed.value)
    if (context.mapping !== null)
      return context.mapping.input === 'xml'
        ? context.mapping.read(parsed.value, { ...context, headers: record.headers, key: record.key })
        : rejected('mapping_missing', `the mapping ${context.mapping.name} is for JSON`)
    const document = outer?.name === 'StandardBusinessDocument' ? unwrapped(outer.root) : outer
    if (document === null) return rejected('einvoice_invalid', 'holds no document')
    switch (document.name) {
      case 'Invoice':
      case 'CreditNote':
        return outcome(fromUbl(document.name, document.root), context)
      case 'CrossIndustryInvoice':
        return outcome(fromCii(document.root), context)
      case 'CrossIndustryDocument':
        return rejected('einvoice_invalid', 'is written in ZUGFeRD 1, which came before EN 16931')
      default:
        return /^(?:Order|OrderResponse|OrderChange|OrderCancellation|DespatchAdvice|ReceiptAdvice|ApplicationResponse|Reminder|Statement|Catalogue)$/u.test(
          document.name,
        )
          ? { drop: `A UBL document of type ${document.name} is no invoice and no credit note.` }
          : rejected('einvoice_invalid', `is no e-invoice: its root is "${document.name.slice(0, 60)}"`)
    }
  },
}

function unwrapped(root: XmlNode): { name: string; root: XmlNode } | null {
  for (const name of ['Invoice', 'CreditNote', 'CrossIndustryInvoice']) {
    const inner = at(root, name)
    if (inner !== undefined) return { name, root: inner }
  }
  return null
}

function fromUbl(name: string, root: XmlNode): Invoice {
  const total = at(root, 'LegalMonetaryTotal')
  const currency = textAt(root, 'DocumentCurrencyCode')
  const taxes = all(root, 'TaxTotal', 'TaxAmount')
  const typeCode = textAt(root, `${name}TypeCode`)
  const issued = textAt(root, 'IssueDate')
  return {
    syntax: 'UBL',
    credit: name === 'CreditNote' || CREDITS.has(typeCode),
    typeCode,
    number: textAt(root, 'ID'),
    issued: dayOf(issued),
    issuedAt: timeOf(issued, textAt(root, 'IssueTime')),
    due: dayOf(textAt(root, 'DueDate') || textAt(root, 'PaymentMeans', 'PaymentDueDate')),
    currency,
    net: textAt(total, 'TaxExclusiveAmount'),
    tax: amountIn(taxes, currency),
    gross: textAt(total, 'TaxInclusiveAmount'),
    prepaid: textAt(total, 'PrepaidAmount'),
    rounding: textAt(total, 'PayableRoundingAmount'),
    payable: textAt(total, 'PayableAmount'),
    taxCurrency: textAt(root, 'TaxCurrencyCode'),
    terms: textAt(root, 'PaymentTerms', 'Note'),
    seller: ublParty(at(root, 'AccountingSupplierParty', 'Party')),
    buyer: ublParty(at(root, 'AccountingCustomerParty', 'Party')),
    order: textAt(root, 'OrderReference', 'ID'),
    contract: textAt(root, 'ContractDocumentReference', 'ID'),
    preceding: all(root, 'BillingReference', 'InvoiceDocumentReference', 'ID').map((id) => textAt(id)),
  }
}

function ublParty(party: XmlNode | undefined): Party {
  const vat = all(party, 'PartyTaxScheme').find((scheme) => textAt(scheme, 'TaxScheme', 'ID').toUpperCase() === 'VAT')
  const vatId = textAt(vat, 'CompanyID')
  return {
    vat: unspaced(vatId),
    id: compact(
      unspaced(vatId) ||
        textAt(party, 'PartyLegalEntity', 'CompanyID') ||
        textAt(party, 'PartyIdentification', 'ID') ||
        textAt(party, 'EndpointID') ||
        textAt(party, 'PartyLegalEntity', 'RegistrationName'),
    ),
    name: textAt(party, 'PartyLegalEntity', 'RegistrationName') || textAt(party, 'PartyName', 'Name'),
  }
}

function fromCii(root: XmlNode): Invoice {
  const document = at(root, 'ExchangedDocument')
  const trade = at(root, 'SupplyChainTradeTransaction')
  const agreement = at(trade, 'ApplicableHeaderTradeAgreement')
  const settlement = at(trade, 'ApplicableHeaderTradeSettlement')
  const total = at(settlement, 'SpecifiedTradeSettlementHeaderMonetarySummation')
  const currency = textAt(settlement, 'InvoiceCurrencyCode')
  const typeCode = textAt(document, 'TypeCode')
  const issued = textAt(document, 'IssueDateTime', 'DateTimeString')
  const terms = all(settlement, 'SpecifiedTradePaymentTerms')
  return {
    syntax: 'CII',
    credit: CREDITS.has(typeCode),
    typeCode,
    number: textAt(document, 'ID'),
    issued: dayOf(issued),
    issuedAt: timeOf(issued, ''),
    due: dayOf(terms.map((term) => textAt(term, 'DueDateDateTime', 'DateTimeString')).find((text) => text !== '') ?? ''),
    currency,
    net: textAt(total, 'TaxBasisTotalAmount'),
    tax: amountIn(all(total, 'TaxTotalAmount'), currency),
    gross: textAt(total, 'GrandTotalAmount'),
    prepaid: textAt(total, 'TotalPrepaidAmount'),
    rounding: textAt(total, 'RoundingAmount'),
    payable: textAt(total, 'DuePayableAmount'),
    taxCurrency: textAt(settlement, 'TaxCurrencyCode'),
    terms: terms.map((term) => textAt(term, 'Description')).find((text) => text !== '') ?? '',
    seller: ciiParty(at(agreement, 'SellerTradeParty')),
    buyer: ciiParty(at(agreement, 'BuyerTradeParty')),
    order: textAt(agreement, 'BuyerOrderReferencedDocument', 'IssuerAssignedID'),
    contract: textAt(agreement, 'ContractReferencedDocument', 'IssuerAssignedID'),
    preceding: all(settlement, 'InvoiceReferencedDocument', 'IssuerAssignedID').map((id) => textAt(id)),
  }
}

function ciiParty(party: XmlNode | undefined): Party {
  const vatId = textAt(all(party, 'SpecifiedTaxRegistration', 'ID').find((id) => textAt(id, '@schemeID') === 'VA'))
  return {
    vat: unspaced(vatId),
    id: compact(
      unspaced(vatId) ||
        textAt(party, 'SpecifiedLegalOrganization', 'ID') ||
        textAt(party, 'GlobalID') ||
        textAt(party, 'ID') ||
        textAt(party, 'URIUniversalCommunication', 'URIID') ||
        textAt(party, 'Name'),
    ),
    name: textAt(party, 'Name'),
  }
}

/** The amount in the currency of the invoice: tax may be stated again in the currency of its accounting. */
function amountIn(amounts: readonly XmlNode[], currency: string): string {
  const own = amounts.find((amount) => textAt(amount, '@currencyID') === currency)
  return textAt(own ?? amounts.find((amount) => textAt(amount, '@currencyID') === ''))
}

function outcome(invoice: Invoice, context: FormatContext): Outcome {
  const reason = NO_DEMAND[invoice.typeCode]
  if (reason !== undefined) return { drop: reason }
  const wrong = problemOf(invoice)
  if (wrong !== null) return rejected('einvoice_invalid', wrong)
  return eventsOf([cloudOf(invoice, context)], context)
}

function problemOf(invoice: Invoice): string | null {
  const { number, issued, currency, net, tax, gross, payable, seller } = invoice
  if (number === '') return 'the invoice has no number'
  if (issued === '') return 'the invoice has no date of issue that can be read'
  if (!/^[A-Z]{3}$/u.test(currency)) return `the currency is "${currency.slice(0, 20)}", which is no ISO 4217 code`
  if (seller.id === '') return 'the invoice does not say who the seller is'
  for (const [name, amount] of Object.entries({ net, gross, payable }))
    if (!DECIMAL.test(amount))
      return amount === ''
        ? `the total "${name}" is missing`
        : `the total "${name}" is "${amount.slice(0, 40)}", which is no amount`
  return tax === '' || DECIMAL.test(tax) ? null : `the tax total is "${tax.slice(0, 40)}", which is no amount`
}

function cloudOf(invoice: Invoice, context: FormatContext): Cloud {
  const { number, seller, buyer, net, tax, gross, payable, prepaid, rounding, currency } = invoice
  // An invoice over a negative amount takes back what another asked for: a credit by another name.
  const credits = invoice.credit || gross.startsWith('-')
  const own = { type: credits ? 'credit_note' : 'invoice', id: `${number}@${seller.id}` }
  const order = NO_REFERENCE.test(invoice.order) ? '' : invoice.order
  const contract = NO_REFERENCE.test(invoice.contract) ? '' : invoice.contract
  const preceding = invoice.preceding.filter((id) => id !== '').slice(0, 500)
  const facts = given({
    number,
    issue_date: invoice.issued,
    due_date: invoice.due,
    currency,
    net,
    tax,
    gross,
    payable,
    prepaid,
  })
  return {
    specversion: '1.0',
    id: `${seller.id}/${number}/${invoice.issued}/${credits ? 'credit' : 'invoice'}`,
    source: 'einvoice',
    type: `einvoice.${invoice.credit ? 'credit_note' : 'invoice'}`,
    time: invoice.issuedAt,
    data: given({
      activity: `${invoice.syntax} ${invoice.credit ? 'credit note' : 'invoice'} (${invoice.typeCode || 'no type'})`,
      canonical: credits ? 'invoice.credited' : 'invoice.issued',
      objects: [
        own,
        ...preceding.map((id) => ({
          type: 'invoice',
          id: `${id}@${seller.id}`,
          qualifier: credits ? 'credited' : 'preceding invoice',
        })),
        { type: 'supplier', id: seller.id, qualifier: 'seller' },
        ...(order === '' ? [] : [{ type: 'purchase_order', id: order, qualifier: 'ordered by' }]),
        ...(contract === '' ? [] : [{ type: 'contract', id: contract, qualifier: 'under' }]),
      ],
      money: { amount: gross, currency },
      due_at: invoice.due === '' ? undefined : `${invoice.due}T23:59:59Z`,
      terms: given({ note: invoice.terms.slice(0, 2000), issue_date: invoice.issued }),
      system: context.system,
      object_attributes: {
        [`${own.type}/${own.id}`]: facts,
        [`supplier/${seller.id}`]: given({ name: seller.name, vat_id: seller.vat }),
      },
      attributes: given({
        ...facts,
        rounding,
        supplier: seller.id.length <= 512 ? seller.id : '',
        supplier_name: seller.name,
        buyer: buyer.id,
        buyer_name: buyer.name,
        order_reference: order,
        tax_currency: invoice.taxCurrency,
        type_code: invoice.typeCode,
        sums: sumsOf(invoice),
      }),
    }),
  }
}

/** `ok`, or which sums of the document do not add up. */
function sumsOf({ net, tax, gross, prepaid, rounding, payable }: Invoice): string {
  const wrong: string[] = []
  const taxed = sumOf([net, tax || '0'])
  if (taxed !== null && !equal(taxed, gross))
    wrong.push(`net ${net} and tax ${tax || '0'} make ${taxed}, the document says gross ${gross}`)
  const left = sumOf([gross, negated(prepaid || '0'), rounding || '0'])
  if (left !== null && !equal(left, payable))
    wrong.push(
      `gross ${gross}, prepaid ${prepaid || '0'} and rounding ${rounding || '0'} leave ${left}, the document says payable ${payable}`,
    )
  return wrong.length === 0 ? 'ok' : wrong.join('; ')
}

function equal(a: string, b: string): boolean {
  const difference = sumOf([a, negated(b)])
  return difference !== null && /^-?[0.]+$/u.test(difference)
}

/** ISO days of UBL, and the formats 102 and 203 of CII; empty where it is none. */
function dayOf(text: string): string {
  const match = /^(\d{4})-?(\d{2})-?(\d{2})(?:$|[T\d+Z-])/u.exec(text)
  if (match === null) return ''
  const day = `${match[1]}-${match[2]}-${match[3]}`
  return instantFromIso(`${day}T00:00:00Z`) === null ? '' : day
}

/** The instant of issue. A day without a time is its start in UTC: an invoice does not say its zone. */
function timeOf(date: string, time: string): string {
  const day = dayOf(date)
  if (day === '') return ''
  const instant = time === '' ? null : instantFromIso(`${day}T${time}`, 0)
  return instant === null ? `${day}T00:00:00Z` : instantToIso(instant)
}

function compact(id: string): string {
  return id.replaceAll(/\s+/gu, ' ').trim().slice(0, 200)
}

/** VAT numbers are written with and without blanks. */
function unspaced(vat: string): string {
  return vat.replaceAll(/\s+/gu, '')
}
