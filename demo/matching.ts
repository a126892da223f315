import { DAY, HOUR, MINUTE, SECOND } from './calendar.ts'
import { askSupplier } from './supplier-question.ts'
import type { Detail, Doc } from './recorder.ts'
import type { Ordered } from './purchase-order.ts'
import { policyVersion } from './requisition.ts'
import { decide } from './approvals.ts'
import { type Case, human, machine, money, queued, SYSTEMS } from './case.ts'
import { assign, type Open, raise, resolve, violate } from './exceptions.ts'

type Finding = { code: 'PRICE_VARIANCE' | 'QUANTITY_VARIANCE' | 'RECEIPT_MISSING'; message: string }

/** Matches an invoice against its order and receipt until it fits; `clean` where the first attempt did. */
export function match(
  c: Case,
  doc: Doc,
  docs: readonly Doc[],
  ordered: Ordered,
  part: number,
  start: number,
): { at: number; clean: boolean } {
  const { rec, random, supplier } = c
  const run: Detail = { workflow_run: c.workflow_run, actor: machine('n8n') }
  const receipt = ordered.path === 'two_way' ? undefined : ordered.receipts[Math.min(part, ordered.receipts.length - 1)]
  const missing = receipt !== undefined && receipt.recorded > start
  let at = start + random.int(5, 90) * SECOND
  if (missing && receipt.recorded - start < 5 * DAY && ordered.silence === null) {
    rec.emit(at, 'invoice.blocked', docs, SYSTEMS.n8n, {
      ...run,
      step: 'invoice.await_receipt',
      outcome: { status: 'ok', message: 'payment block until the goods are recorded' },
      waits_on: { kind: 'supplier', id: supplier.id, step: 'invoice.await_receipt' },
    })
    const released = Math.max(receipt.recorded, at) + random.int(10, 400) * SECOND
    rec.emit(released, 'invoice.unblocked', docs, SYSTEMS.n8n, { ...run, step: 'invoice.await_receipt' })
    rec.block(docs, { from: at, to: released, cause: 'supplier', holder: supplier.id, step: 'invoice.await_receipt' })
    at = released + random.int(5, 60) * SECOND
  }
  let finding: Finding | null = null
  const draw = random.uniform() / Math.min(2.5, supplier.mistakes)
  if (missing && receipt.recorded > at)
    finding = { code: 'RECEIPT_MISSING', message: 'no receipt is recorded for the billed quantity' }
  else if (draw < 0.067) finding = { code: 'PRICE_VARIANCE', message: `unit price ${random.int(3, 24)} % over the order` }
  else if (draw < 0.116) finding = { code: 'QUANTITY_VARIANCE', message: `billed quantity ${random.int(2, 30)} over the receipt` }
  at = attempt(c, docs, at, finding)
  if (finding === null) return { at, clean: true }
  const silent = finding.code === 'RECEIPT_MISSING' ? ordered.silence : null
  if (silent !== null) doc.incidents.add(silent.id)
  const open = raise(
    c,
    [doc],
    at + SECOND,
    finding.code,
    finding.message,
    silent === null ? null : { id: `INC-${silent.id}`, category: 'silence' },
  )
  rec.emit(at + 2 * SECOND, 'invoice.blocked', docs, SYSTEMS.n8n, {
    ...run,
    step: 'invoice.match',
    outcome: { status: 'rejected', code: finding.code, message: finding.message },
  })
  if (finding.code === 'RECEIPT_MISSING' && receipt !== undefined) at = awaitReceipt(c, open, at, receipt.recorded)
  else at = settleVariance(c, doc, open, at)
  rec.emit(at, 'invoice.unblocked', docs, SYSTEMS.n8n, { ...run, step: 'invoice.match' })
  return { at: attempt(c, docs, at + random.int(3, 60) * SECOND, null), clean: false }
}

/** One attempt to match; returns the instant after its verdict. */
function attempt(c: Case, docs: readonly Doc[], at: number, finding: Finding | null): number {
  const { rec, random } = c
  const run: Detail = { workflow_run: c.workflow_run, step: 'invoice.match', actor: machine('n8n') }
  rec.emit(at, 'invoice.match_started', docs, SYSTEMS.n8n, run)
  const verdict = at + random.int(400, 3500)
  const price = (c.amount / 100).toFixed(2)
  rec.emit(verdict, finding === null ? 'invoice.matched' : 'invoice.mismatched', docs, SYSTEMS.n8n, {
    ...run,
    outcome:
      finding === null
        ? { status: 'ok' }
        : { status: 'rejected', code: finding.code, message: finding.message, retryable: false },
    money: money(c, c.amount),
    line: {
      quantity: '100',
      unit_price: finding?.code === 'PRICE_VARIANCE' ? (Number(price) * 1.07).toFixed(2) : price,
      uom: 'EA',
    },
  })
  const doc = docs[0]
  if (doc === undefined) return verdict
  rec.emit(verdict + 200, 'policy.evaluated', [doc], SYSTEMS.n8n, {
    ...run,
    policy: { id: 'match-tolerance', version: policyVersion(verdict), decision: finding === null ? 'passed' : 'violated' },
    attributes: { control: 'threshold' },
  })
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
function settleVariance(c: Case, doc: Doc, open: Open, at: number): number {
  const { random, unit } = c
  const assigned = queued(c, at, 8)
  assign(c, open, assigned, `buyer:${unit.entity}:${random.int(0, 2)}`)
  const way = random.weighted([42, 34, 24])
  let done: number
  if (way === 0) {
    const role = `budget_owner:${unit.entity} ${unit.business_unit}:0`
    done =
      decide(c, { docs: [doc], step: 'approve_variance', role, at: queued(c, assigned, 3), open, number: 8 }).at + 30 * SECOND
  } else if (way === 1) {
    done = askSupplier(c, doc, assigned + random.between(0.1, 2) * HOUR)
  } else {
    done = queued(c, assigned, 10, 1)
    if (random.chance(0.22))
      violate(c, doc, done, {
        policy: 'match-tolerance',
        version: policyVersion(done),
        severity: 'medium',
        control: 'threshold',
        message: 'accepted over tolerance without a reason',
      })
  }
  resolve(c, open, done + SECOND, human(open.holder))
  return done + 2 * SECOND
}
