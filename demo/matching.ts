import { type Bill, lineOf, lineRef, unitPrice } from './bill.ts'
import { DAY, HOUR, MINUTE, SECOND } from './calendar.ts'
import { askSupplier } from './supplier-question.ts'
import type { Attributes, Detail, Doc } from './recorder.ts'
import { policyVersion } from './policies.ts'
import { decide } from './approvals.ts'
import { type Case, human, machine, money, queued, SYSTEMS } from './case.ts'
import { assign, type Open, raise, resolve, violate } from './exceptions.ts'

type Finding = { code: 'PRICE_VARIANCE' | 'QUANTITY_VARIANCE' | 'RECEIPT_MISSING'; message: string }
/** An invoice beside its order. What the supplier corrects is corrected on the bill: it is posted and paid as it was matched. */
type Matched = { doc: Doc; docs: readonly Doc[]; bill: Bill; ordered: NonNullable<Bill['ordered']> }

/** Matches an invoice against its order and receipt until it fits; `clean` where the first attempt did. */
export function match(c: Case, matched: Matched, start: number): { at: number; clean: boolean } {
  const { rec, random, supplier } = c
  const { doc, bill, ordered } = matched
  const run: Detail = { workflow_run: c.workflow_run, actor: machine('n8n') }
  const receipt = ordered.path === 'two_way' ? undefined : ordered.deliveries.at(-1)
  const missing = receipt !== undefined && receipt.recorded > start
  let at = start + random.int(5, 90) * SECOND
  if (missing && receipt.recorded - start < 5 * DAY && ordered.silence === null) {
    rec.emit(at, 'invoice.blocked', [doc], SYSTEMS.n8n, {
      ...run,
      step: 'invoice.await_receipt',
      outcome: { status: 'ok', message: 'payment block until the goods are recorded' },
      waits_on: { kind: 'supplier', id: supplier.id, step: 'invoice.await_receipt' },
    })
    const released = Math.max(receipt.recorded, at) + random.int(10, 400) * SECOND
    rec.emit(released, 'invoice.unblocked', [doc], SYSTEMS.n8n, { ...run, step: 'invoice.await_receipt' })
    rec.block([doc], { from: at, to: released, cause: 'supplier', holder: supplier.id, step: 'invoice.await_receipt' })
    at = released + random.int(5, 60) * SECOND
  }
  let clean = true
  if (missing && receipt.recorded > at) {
    clean = false
    const silent = ordered.silence
    if (silent !== null) doc.incidents.add(silent.id)
    const root = silent === null ? null : { id: `INC-${silent.id}`, category: 'silence' }
    const finding: Finding = { code: 'RECEIPT_MISSING', message: 'no receipt is recorded for the billed quantity' }
    at = untilSettled(c, matched, at, finding, root, (open, from) => ({ at: awaitReceipt(c, open, from, receipt.recorded) }))
  }
  const finding = findingOf(bill)
  if (finding === null) return { at: attempt(c, matched, at, null, 'passed'), clean }
  let decision: Verdict = 'passed'
  at = untilSettled(c, matched, at, finding, null, (open, from) => {
    const settled = settleVariance(c, matched, open, from)
    decision = settled.corrected ? 'passed' : 'waived'
    return settled
  })
  return { at: attempt(c, matched, at, null, decision), clean: false }
}

type Verdict = 'passed' | 'waived' | 'violated'

function findingOf(bill: Bill): Finding | null {
  const { variance, fair } = bill
  if (variance === 'price') {
    const over = Math.round((bill.price / fair.price - 1) * 100)
    return { code: 'PRICE_VARIANCE', message: `unit price ${over} % over the order` }
  }
  if (variance === 'quantity')
    return { code: 'QUANTITY_VARIANCE', message: `billed quantity ${bill.quantity - fair.quantity} over the receipt` }
  return null
}

/** An attempt that fails, with the exception and the payment block that last until `settle` has settled it. */
function untilSettled(
  c: Case,
  matched: Matched,
  start: number,
  finding: Finding,
  root: { id: string; category: string } | null,
  settle: (open: Open, at: number) => { at: number },
): number {
  const { rec, random } = c
  const { doc, docs } = matched
  const run: Detail = { workflow_run: c.workflow_run, actor: machine('n8n'), step: 'invoice.match' }
  const at = attempt(c, matched, start, finding, 'violated')
  const open = raise(c, [doc], at + SECOND, finding.code, finding.message, root)
  rec.emit(at + 2 * SECOND, 'invoice.blocked', docs, SYSTEMS.n8n, {
    ...run,
    outcome: { status: 'rejected', code: finding.code, message: finding.message },
  })
  const settled = settle(open, at).at
  rec.emit(settled, 'invoice.unblocked', docs, SYSTEMS.n8n, run)
  return settled + random.int(3, 60) * SECOND
}

/** One attempt to match; returns the instant after its verdict. */
function attempt(c: Case, { doc, docs, bill, ordered }: Matched, at: number, finding: Finding | null, decision: Verdict): number {
  const { rec, random } = c
  const run: Detail = { workflow_run: c.workflow_run, step: 'invoice.match', actor: machine('n8n') }
  rec.emit(at, 'invoice.match_started', docs, SYSTEMS.n8n, run)
  const verdict = at + random.int(400, 3500)
  const attributes: Attributes = { po_unit_price: unitPrice(c, bill.fair.price) }
  if (ordered.path !== 'two_way') {
    const there = ordered.deliveries.filter((one) => one.recorded <= verdict)
    attributes['received_quantity'] = String(there.reduce((sum, one) => sum + one.quantity, 0))
  }
  rec.emit(
    verdict,
    finding === null ? 'invoice.matched' : 'invoice.mismatched',
    docs,
    SYSTEMS.n8n,
    {
      ...run,
      outcome:
        finding === null
          ? { status: 'ok' }
          : { status: 'rejected', code: finding.code, message: finding.message, retryable: false },
      money: money(c, bill.amount),
      line: lineOf(c, bill),
      attributes,
    },
    [lineRef('invoice_line', doc.id), lineRef('po_line', ordered.doc.id)],
  )
  rec.emit(verdict + 200, 'policy.evaluated', [doc], SYSTEMS.n8n, {
    ...run,
    policy: { id: 'match-tolerance', version: policyVersion(verdict), decision },
    attributes: { control: 'threshold' },
  })
  if (finding === null && bill.variance === 'passed') violate(c, doc, verdict + 200, 'rule-drift')
  return verdict + 400
}

/** Waits for a receipt; a clerk chases it meanwhile, and the record of it resolves the exception. */
function awaitReceipt(c: Case, open: Open, at: number, recorded: number): number {
  const assigned = queued(c, at, 4)
  if (assigned < recorded) assign(c, open, assigned, `ap_clerk:${c.unit.entity}:${c.random.int(0, 3)}`)
  const resolved = Math.max(recorded, at + MINUTE) + c.random.int(20, 900) * SECOND
  resolve(c, open, resolved, machine('n8n'))
  return resolved + SECOND
}

/** A buyer settles a price or quantity: accepts, has it approved, or has the supplier correct it. */
function settleVariance(c: Case, { doc, bill }: Matched, open: Open, at: number): { at: number; corrected: boolean } {
  const { random, unit } = c
  const assigned = queued(c, at, 8)
  assign(c, open, assigned, `buyer:${unit.entity}:${random.int(0, 2)}`)
  const way = random.weighted([42, 34, 24])
  let done: number
  let said: Attributes
  if (way === 0) {
    const role = `budget_owner:${unit.entity} ${unit.business_unit}:0`
    const asked = queued(c, assigned, 3)
    done = decide(c, { docs: [doc], step: 'approve_variance', role, at: asked, open, number: 8 }).at + 30 * SECOND
    said = { resolution: 'approved', reason: 'approved by the budget owner' }
  } else if (way === 1) {
    done = askSupplier(c, doc, assigned + random.between(0.1, 2) * HOUR)
    said = { resolution: 'corrected', reason: 'the supplier corrected the invoice' }
    Object.assign(bill, bill.fair)
    bill.variance = null
  } else {
    done = queued(c, assigned, 10, 1)
    said = { resolution: 'accepted' }
    if (random.chance(0.22))
      violate(c, doc, done + SECOND, 'tolerance-override-without-reason', { reported: random.chance(0.25) })
    else said['reason'] = random.pick(['price list of the quarter', 'agreed with the buyer', 'surcharge in the order text'])
  }
  resolve(c, open, done + SECOND, human(open.holder), said)
  return { at: done + 2 * SECOND, corrected: way === 1 }
}
