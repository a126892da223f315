import { DAY, dayOf, HOUR, MINUTE, SECOND } from './calendar.ts'
import type { Detail, Doc } from './recorder.ts'
import { askSupplier } from './supplier-question.ts'
import { match } from './matching.ts'
import type { Ordered } from './purchase-order.ts'
import { decide } from './approvals.ts'
import { anyOf, type Case, human, machine, money, queued, SYSTEMS } from './case.ts'
import { assign, raise, resolve, violate } from './exceptions.ts'
import { operate } from './operations.ts'

/** An invoice that was posted and waits for its payment. */
export type Posted = { doc: Doc; at: number; due: number; issued: number; amount: number; docs: readonly Doc[] }

/** What an invoice bills. */
export type Bill = {
  number: string
  received: number
  amount: number
  ordered: Ordered | null
  /** Delivery that it bills, counted from nought. */
  part: number
  /** Number printed on it; a duplicate repeats that of the first. */
  printed: string
  duplicate: boolean
}

/** Simulates an invoice from its receipt to its posting; `null` where it ends without. */
export function invoice(c: Case, bill: Bill): Posted | null {
  const { rec, random, supplier } = c
  const { ordered } = bill
  const doc = rec.doc('invoice', `INV-${bill.number}`, c.attributes)
  if (ordered !== null) doc.path = ordered.path
  const docs = ordered === null ? [doc] : [doc, ordered.doc]
  const run: Detail = { workflow_run: c.workflow_run }
  const issued = dayOf(bill.received - random.between(0.2, 3) * DAY) * DAY
  const due = issued + supplier.terms.days * DAY
  doc.due = due
  const value = money(c, bill.amount)
  const terms: NonNullable<Detail['terms']> = { days: supplier.terms.days }
  if (supplier.terms.discount !== null) {
    terms.discount = supplier.terms.discount
    terms.until = new Date(issued + supplier.terms.discount_days * DAY).toISOString().slice(0, 10)
  }
  rec.emit(bill.received, 'invoice.received', docs, SYSTEMS.portal, {
    ...run,
    actor: machine('supplier-portal'),
    money: value,
    due_at: new Date(due).toISOString(),
    terms,
    object_attributes: {
      [`invoice/${doc.id}`]: { ...c.attributes, invoice_number: bill.printed, matching: ordered?.path ?? 'none' },
    },
  })
  let at = capture(c, doc, docs, bill.received)
  const tax = operate(c, {
    docs: [doc],
    system: SYSTEMS.taxgate,
    step: 'tax.validate',
    at: at + random.int(1, 20) * SECOND,
    id: `tax:${doc.id}`,
  })
  at = tax.at + SECOND
  if (bill.duplicate) return endDuplicate(c, doc, docs, at, bill.printed)
  at = checks(c, doc, at)
  let clean = true
  if (ordered !== null) ({ at, clean } = match(c, doc, docs, ordered, bill.part, at))
  else at = queued(c, at, 10)
  const approved = approval(c, doc, docs, bill, at, !clean)
  if (approved === null) return null
  const posted = operate(c, {
    docs: [doc],
    system: c.erp,
    step: 'invoice.post',
    at: approved + random.int(30, 900) * SECOND,
    id: `post:${doc.id}`,
  })
  at = posted.at + SECOND
  if (posted.by === '' && random.chance(0.007)) at = closedCostCentre(c, doc, at)
  rec.emit(at, 'invoice.posted', docs, c.erp, {
    ...run,
    step: 'invoice.post',
    actor: posted.by === '' ? machine(c.erp.id) : human(posted.by),
    money: value,
  })
  return { doc, at, due, issued, amount: bill.amount, docs }
}

/** Captures the invoice: mostly by the document reader, else by a clerk. */
function capture(c: Case, doc: Doc, docs: readonly Doc[], received: number): number {
  const { rec, random } = c
  const run: Detail = { workflow_run: c.workflow_run, step: 'invoice.capture' }
  const manual = random.chance(0.26)
  const read = received + random.int(20, 240) * SECOND
  const doubtful = manual && random.chance(0.1)
  const confidence = Number(
    (doubtful ? random.between(0.42, 0.79) : manual ? random.between(0.81, 0.93) : random.between(0.86, 0.995)).toFixed(3),
  )
  const ai: NonNullable<Detail['ai']> = {
    model: 'docai-invoice',
    version: '4.2',
    input_ref: `doc:${doc.id}`,
    kind: 'extraction',
    confidence,
  }
  rec.emit(read, 'ai.suggested', [doc], SYSTEMS.docai, { ...run, actor: machine('docai', 'ai_agent'), ai })
  if (!manual) {
    const at = read + random.logNormal(10, 1) * HOUR
    rec.emit(at, 'invoice.captured', docs, SYSTEMS.n8n, { ...run, lifecycle: 'completed', actor: machine('n8n') })
    return at
  }
  const clerk = anyOf(c, 'ap_clerk', 4)
  const id = c.world.person(clerk).id
  let from = read
  let open = null
  if (doubtful) {
    open = raise(c, [doc], read + SECOND, 'LOW_CONFIDENCE', `extraction at ${confidence}, floor 0.8`)
    open.holder = id
  }
  from = queued(c, read + MINUTE, 3)
  const started = rec.emit(from, 'invoice.captured', docs, SYSTEMS.n8n, { ...run, lifecycle: 'started', actor: human(id) })
  const at = from + random.logNormal(7, 0.5) * MINUTE
  rec.block(docs, { from, to: at, cause: 'touch', holder: id, step: 'invoice.capture' })
  const decision = doubtful || random.chance(0.15) ? 'overridden' : 'accepted'
  rec.emit(at, 'ai.reviewed', [doc], SYSTEMS.docai, { ...run, actor: human(id), ai: { ...ai, reviewer: id, decision } })
  rec.emit(at + SECOND, 'invoice.captured', docs, SYSTEMS.n8n, {
    ...run,
    lifecycle: 'completed',
    completes: started,
    actor: human(id),
  })
  if (open !== null) resolve(c, open, at + 2 * SECOND, human(id))
  return at + 2 * SECOND
}

/** Findings before the match: tax, master data, terms, and now and then a code that nobody knows. */
function checks(c: Case, doc: Doc, at: number): number {
  const { random, supplier } = c
  const findings: readonly [string, string, number][] = [
    ['TAX_CODING', 'tax amount differs from the tax engine', 0.013],
    ['MASTER_DATA', 'supplier address differs from the master record', 0.005],
    ['PAYMENT_TERMS', 'terms on the invoice differ from the contract', 0.006],
    ['ZX-9041', 'stopped, see note', 0.0025],
    ['QQ-17', 'hold set by interface user', 0.0012],
  ]
  let draw = random.uniform() / Math.min(2.5, supplier.mistakes)
  for (const [code, message, share] of findings) {
    draw -= share
    if (draw >= 0) continue
    const open = raise(c, [doc], at, code, message)
    const assigned = queued(c, at, 4)
    assign(c, open, assigned, anyOf(c, 'ap_clerk', 4))
    let done = queued(c, assigned, 5, 1)
    if (random.chance(0.3)) done = askSupplier(c, doc, assigned + MINUTE)
    resolve(c, open, done, human(open.holder))
    return done + SECOND
  }
  return at
}

function endDuplicate(c: Case, doc: Doc, docs: readonly Doc[], at: number, printed: string): null {
  const open = raise(c, [doc], at, 'DUPLICATE_INVOICE', `invoice ${printed} of this supplier was received before`)
  const assigned = queued(c, at, 4)
  assign(c, open, assigned, anyOf(c, 'ap_clerk', 4))
  const done = queued(c, assigned, 4)
  resolve(c, open, done, human(open.holder))
  c.rec.emit(done + SECOND, 'invoice.cancelled', docs, c.erp, {
    workflow_run: c.workflow_run,
    actor: human(open.holder),
    outcome: { status: 'cancelled', message: 'duplicate' },
  })
  return null
}

/** Approves the invoice: by rule where it matched, else by a person, and in the planted story by an agent that must not. */
function approval(c: Case, doc: Doc, docs: readonly Doc[], bill: Bill, at: number, mismatched: boolean): number | null {
  const { rec, random } = c
  const run: Detail = { workflow_run: c.workflow_run, step: 'invoice.approve' }
  const story = c.world.story('ai', at)
  if ((story !== null && random.chance(0.8)) || random.chance(0.0004)) {
    if (story !== null) doc.incidents.add(story.id)
    const acted = at + random.int(20, 200) * SECOND
    const agent = machine('codingbot', 'ai_agent')
    const ai = {
      model: 'codingbot',
      version: '1.9',
      input_ref: `doc:${doc.id}`,
      kind: 'approval',
      confidence: Number(random.between(0.6, 0.97).toFixed(3)),
    }
    rec.emit(acted, 'ai.acted', [doc], SYSTEMS.agent, { ...run, actor: agent, ai })
    rec.emit(acted + SECOND, 'invoice.approved', docs, SYSTEMS.n8n, { ...run, actor: agent, outcome: { status: 'ok' } })
    violate(c, doc, acted + 2 * SECOND, {
      policy: 'ai-human-decision',
      version: '2',
      severity: 'critical',
      control: 'AI',
      actor: agent,
      message: 'an agent approved without a human decision',
    })
    return acted + 3 * SECOND
  }
  if (bill.ordered !== null && !mismatched && bill.amount < 25_000 && random.chance(0.47)) {
    const approved = at + random.int(5, 60) * SECOND
    rec.emit(approved, 'invoice.approved', docs, SYSTEMS.n8n, { ...run, actor: machine('n8n'), outcome: { status: 'ok' } })
    return approved
  }
  let from = queued(c, at, 18, 1)
  let number = 0
  const levels = bill.amount > 30_000 ? 2 : 1
  for (let level = 0; level < levels; level++) {
    const role = level === 0 ? anyOf(c, 'invoice_approver', 4) : `cfo:${c.unit.entity}:0`
    const step = level === 0 ? 'invoice_approver' : 'cfo'
    let decision = decide(c, { docs: [doc], step, role, at: from, number: number++, reject: level === 0 ? 0.014 : 0 })
    if (!decision.ok) {
      const open = raise(c, [doc], decision.at + SECOND, 'APPROVAL_REJECTED', 'rejected by the approver')
      open.holder = decision.by
      const back = askSupplier(c, doc, decision.at + MINUTE)
      resolve(c, open, back, human(decision.by))
      if (random.chance(0.35)) {
        rec.emit(back + SECOND, 'invoice.rejected', docs, SYSTEMS.n8n, {
          ...run,
          actor: human(decision.by),
          outcome: { status: 'rejected', code: 'APPROVAL_REJECTED', message: 'rejected by the approver' },
        })
        rec.emit(queued(c, back, 8), 'invoice.credited', docs, c.erp, { ...run, actor: machine(c.erp.id) })
        return null
      }
      decision = decide(c, { docs: [doc], step, role, at: back + 2 * SECOND, number: number++ })
    }
    from = decision.at + random.int(2, 40) * SECOND
  }
  rec.emit(from, 'invoice.approved', docs, SYSTEMS.n8n, { ...run, actor: machine('n8n'), outcome: { status: 'ok' } })
  return from
}

/** The ERP answers, and the verdict is that the data is wrong: a business exception behind an HTTP error. */
function closedCostCentre(c: Case, doc: Doc, at: number): number {
  const { rec, random } = c
  const id = `allocate:${doc.id}`
  const shared: Detail = { step: 'invoice.allocate', workflow_run: c.workflow_run, actor: machine(c.erp.id) }
  const message = `cost centre ${random.int(4100, 4199)} is closed`
  const trace = random.hex(4)
  rec.emit(
    at,
    'operation.failed',
    [doc],
    c.erp,
    { ...shared, operation: { id, attempt: 1 }, outcome: { status: 'rejected', code: 'HTTP 422', message, retryable: false } },
    [],
    `00-${trace}-${random.hex(2)}-01`,
  )
  const open = raise(c, [doc], at + SECOND, 'MASTER_DATA', message)
  const assigned = queued(c, at, 3)
  assign(c, open, assigned, anyOf(c, 'ap_clerk', 4))
  const done = queued(c, assigned, 5)
  rec.emit(
    done,
    'operation.succeeded',
    [doc],
    c.erp,
    { ...shared, operation: { id, attempt: 2 }, outcome: { status: 'ok' } },
    [],
    `00-${trace}-${random.hex(2)}-01`,
  )
  doc.operations.push({ id, attempts: 2, final: 'succeeded', class: 'business', category: 'master_data' })
  resolve(c, open, done + SECOND, human(open.holder))
  return done + 2 * SECOND
}
