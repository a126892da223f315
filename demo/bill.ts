import { type Case, money } from './case.ts'
import { DAY, dayOf } from './calendar.ts'
import { FX, isClear } from './limits.ts'
import type { Ordered, Receipt } from './purchase-order.ts'
import { hash } from './random.ts'
import type { Attributes, Detail, ObjectRef } from './recorder.ts'

/** An order as far as one invoice bills it. */
type Billed = Ordered & { deliveries: readonly Receipt[] }

/** What an invoice states; amounts and prices in the yardstick. */
export type Bill = {
  number: string
  received: number
  ordered: Billed | null
  /** Number printed on it. */
  printed: string
  /** Day of issue, milliseconds since 1970. */
  issued: number
  quantity: number
  price: number
  amount: number
  /** What it would state if it kept to order and receipt. */
  fair: { quantity: number; price: number; amount: number }
  variance: 'price' | 'quantity' | 'passed' | null
  /** Set on a second copy of an earlier one. */
  copy: { kind: 'exact' | 'near'; noticed: boolean } | null
  /** Whether it is far outside the supplier's history. */
  outlier: boolean
  /** Fields that it does not state. */
  lacks: readonly string[]
}

const round = (amount: number): number => Math.round(amount * 100) / 100

/** Draws what an invoice states: mostly what was ordered and received, now and then more or dearer. */
export function planBill(c: Case, known: Pick<Bill, 'number' | 'received' | 'ordered' | 'printed' | 'outlier'>): Bill {
  const { random, supplier, quantity, price, amount } = c
  const issued = dayOf(known.received - random.between(0.2, 3) * DAY) * DAY
  const fair = { quantity, price, amount }
  const lacks: string[] = []
  if (random.chance(0.004)) lacks.push(random.pick(['tax_code', 'tax_amount', 'tax_jurisdiction', 'supplier_tax_id']))
  if (random.chance(0.003)) lacks.push('retention_class')
  const plain: Bill = { ...known, ...fair, issued, fair, variance: null, copy: null, lacks }
  if (known.ordered === null) return plain
  const draw = random.uniform() / Math.min(2.5, supplier.mistakes)
  const drifts = c.unit === c.world.profile.units.at(-1) && random.chance(0.03)
  for (let i = 0; i < 40; i++) {
    const bill = { ...plain }
    if (draw < 0.067) {
      bill.variance = 'price'
      bill.price *= 1 + random.between(0.032, 0.24)
    } else if (draw < 0.116 && known.ordered.path !== 'two_way') {
      bill.variance = 'quantity'
      bill.quantity += Math.max(1, Math.round(quantity * random.between(0.03, 0.3)))
    } else if (drifts) {
      bill.variance = 'passed'
      bill.price *= 1 + random.between(0.031, 0.045)
    } else if (draw < 0.2) bill.price *= 1 + random.between(0.001, 0.014)
    bill.amount = round(bill.quantity * bill.price)
    if (isClear(bill.amount)) return bill
  }
  return plain
}

/** A second copy of an invoice: the same, or one with a slip of the reader; noticed on arrival or not. */
export function copyOf(c: Case, bill: Bill): Bill {
  const { random } = c
  const received = bill.received + random.between(1, 12) * DAY
  const exact = random.chance(0.7)
  const noticed = random.chance(exact ? 0.75 : 0.35)
  const copy: Bill = {
    ...bill,
    number: `${bill.number}D`,
    received,
    ordered: noticed ? bill.ordered : null,
    copy: { kind: exact ? 'exact' : 'near', noticed },
    variance: null,
    lacks: [],
  }
  if (exact) return copy
  const way = random.int(0, 3)
  const digits = bill.printed.slice(4)
  const place = random.int(0, digits.length - 1)
  const misread = String((Number(digits[place]) + random.int(1, 9)) % 10)
  if (way === 0) copy.printed = bill.printed.replace('-', ' ')
  else if (way === 1) copy.printed = `${bill.printed.slice(0, 4)}${digits.slice(0, place)}${misread}${digits.slice(place + 1)}`
  else if (way === 2) copy.printed = `${bill.printed}A`
  else {
    copy.price *= 1.004
    copy.amount = round(copy.quantity * copy.price)
  }
  copy.issued += (way === 0 ? 0 : random.int(-2, 2)) * DAY
  return copy
}

/** The line of a bill, in the currency of the site. */
export function lineOf(c: Case, line: { quantity: number; price: number }): NonNullable<Detail['line']> {
  return { quantity: String(line.quantity), unit_price: unitPrice(c, line.price), uom: 'EA' }
}

/** Decimal text of a unit price in the currency of the site. */
export function unitPrice(c: Case, price: number): string {
  return (price * (FX[c.unit.currency] ?? 1)).toFixed(4)
}

/** The one line of a document. */
export function lineRef(type: 'po_line' | 'invoice_line', document: string): ObjectRef {
  return { type, id: `${document}/1` }
}

const TAX: Readonly<Record<string, { rate: number; jurisdiction: string; code: string }>> = {
  EUR: { rate: 0.19, jurisdiction: 'DE', code: 'V1' },
  PLN: { rate: 0.23, jurisdiction: 'PL', code: 'V2' },
  GBP: { rate: 0.2, jurisdiction: 'GB', code: 'V3' },
  USD: { rate: 0.07, jurisdiction: 'US', code: 'U1' },
  MXN: { rate: 0.16, jurisdiction: 'MX', code: 'M1' },
}

/** What is known of an invoice beside the dimensions. */
export function statements(c: Case, bill: Bill): Attributes {
  const { supplier, unit } = c
  const { rate, jurisdiction, code } = TAX[unit.currency] ?? { rate: 0, jurisdiction: '', code: '' }
  const net = Number(money(c, bill.amount).amount)
  const tax = round(net * rate)
  const all: Attributes = {
    invoice_number: bill.printed,
    invoice_date: new Date(bill.issued).toISOString().slice(0, 10),
    matching: bill.ordered?.path ?? 'none',
    cost_centre: c.cost_centre,
    net_amount: net.toFixed(2),
    tax_amount: tax.toFixed(2),
    gross_amount: (net + tax).toFixed(2),
    tax_rate: rate,
    tax_code: code,
    tax_jurisdiction: jurisdiction,
    supplier_tax_id: `${supplier.country}${String(hash(supplier.id, 'tax') % 1_000_000_000).padStart(9, '0')}`,
    retention_class: 'accounting-10y',
  }
  for (const field of bill.lacks) delete all[field]
  return all
}
