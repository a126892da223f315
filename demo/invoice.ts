import { changeByAgent, isMinor } from './agent.ts'
import { approveInvoice } from './invoice-approval.ts'
import { type Bill, lineOf, lineRef, statements } from './bill.ts'
import { DAY, HOUR, MINUTE, SECOND } from './calendar.ts'
import type { Detail, Doc } from './recorder.ts'
import { askSupplier } from './supplier-question.ts'
import { match } from './matching.ts'
import { eligible } from './purchase-order.ts'
import { anyOf, type Case, human, machine, money, queued, SYSTEMS } from './case.ts'
import { assign, raise, resolve, violate } from './exceptions.ts'
import { operate } from './operations.ts'

/** An invoice that was posted and waits for its payment; `prepaid`: when it is paid although nobody has approved it. */
export type Posted = {
  doc: Doc
  at: number
  due: number
  issued: number
  amount: number
  approved: number
  prepaid: number | null
}

/** Simulates an invoice from its receipt to its posting; `null` where it ends without. */
export function invoice(c: Case, bill: Bill): Posted | null {
  const { rec, random, supplier } = c
  const { ordered, issued } = bill
  const doc = rec.doc('invoice', `INV-${bill.number}`, c.attributes)
  if (ordered !== null) doc.path = ordered.path
  const docs = ordered === null ? [doc] : [doc, ordered.doc]
  const run: Detail = { workflow_run: c.workflow_run }
  const due = issued + supplier.terms.days * DAY
  doc.due = due
  const stated = bill.amount
  const terms: NonNullable<Detail['terms']> = { days: supplier.terms.days }
  if (supplier.terms.discount !== null) {
    terms.discount = supplier.terms.discount
    terms.until = new Date(issued + supplier.terms.discount_days * DAY).toISOString().slice(0, 10)
  }
  const line = lineRef('invoice_line', doc.id)
  rec.emit(
    bill.received,
    'invoice.received',
    docs,
    SYSTEMS.portal,
    {
      ...run,
      actor: machine('supplier-portal'),
      money: money(c, bill.amount),
      line: lineOf(c, bill),
      due_at: new Date(due).toISOString(),
      terms,
      object_attributes: { [`invoice/${doc.id}`]: { ...c.attributes, ...statements(c, bill) } },
    },
    [line],
  )
  if (ordered !== null && bill.received < ordered.approved)
    violate(c, doc, bill.received, 'invoice-before-approval', { evident: ordered.approved })
  if (ordered !== null && bill.received < ordered.created) violate(c, ordered.doc, ordered.created, 'po-after-invoice')
  if (bill.outlier) violate(c, doc, bill.received, 'supplier-behaviour')
  if (bill.copy !== null) violate(c, doc, bill.received, `duplicate-${bill.copy.kind}`)
  const captured = capture(c, doc, docs, bill)
  let { at } = captured
  const tax = operate(c, {
    docs: [doc],
    system: SYSTEMS.taxgate,
    step: 'tax.validate',
    at: at + random.int(1, 20) * SECOND,
    id: `tax:${doc.id}`,
  })
  at = tax.at + SECOND
  if (bill.copy?.noticed === true) return endDuplicate(c, doc, docs, at, bill.printed)
  const validated = at
  at = changeByAgent(c, doc, checks(c, doc, at))
  const looked = captured.manual || at !== validated
  let clean = true
  if (ordered !== null) {
    at = Math.max(at, ordered.confirmed + 10 * MINUTE)
    ;({ at, clean } = match(c, { doc, docs, bill, ordered }, at))
  } else at = queued(c, at, 10)
  const most = Math.max(stated, bill.amount)
  const approved = approveInvoice(c, { doc, docs, bill, most, looked, clean, agent: captured.agent }, at)
  if (approved === null) return null
  const prepaid = approved - at > 14 * HOUR && random.chance(0.004) ? random.between(at + 2 * HOUR, approved - 2 * HOUR) : null
  const posted = operate(c, {
    docs: [doc],
    system: c.erp,
    step: 'invoice.post',
    at: approved + random.int(30, 900) * SECOND,
    id: `post:${doc.id}`,
  })
  at = posted.at + SECOND
  if (posted.by === '' && random.chance(0.007)) at = closedCostCentre(c, doc, at)
  rec.emit(
    at,
    'invoice.posted',
    docs,
    c.erp,
    {
      ...run,
      step: 'invoice.post',
      actor: posted.by === '' ? machine(c.erp.id) : human(posted.by),
      money: money(c, bill.amount),
      line: lineOf(c, bill),
    },
    ordered === null ? [line] : [line, lineRef('po_line', ordered.doc.id)],
  )
  if (bill.lacks.some((field) => field.includes('tax'))) violate(c, doc, at, 'tax-fields-missing')
  if (bill.lacks.includes('retention_class')) violate(c, doc, at, 'retention-class-missing')
  if (ordered === null && !eligible(c, at)) violate(c, doc, at, 'supplier-not-eligible')
  return { doc, at, due, issued, amount: bill.amount, approved, prepaid }
}

/** Captures the invoice: mostly by the document reader, else by a clerk, and once in a while by an agent that must not. */
function capture(c: Case, doc: Doc, docs: readonly Doc[], bill: Bill): { at: number; manual: boolean; agent: boolean } {
  const { received } = bill
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
    const agent = bill.copy === null && bill.variance === null && isMinor(bill.amount) && random.chance(0.002)
    const actor = agent ? machine('codingbot', 'ai_agent') : machine('n8n')
    rec.emit(at, 'invoice.captured', docs, SYSTEMS.n8n, { ...run, lifecycle: 'completed', actor })
    if (agent) {
      violate(c, doc, at, 'ai-change-without-policy')
      violate(c, doc, at, 'ai-unreviewed-change')
    }
    return { at, manual: false, agent }
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
  rec.block(docs, { from, to: at + SECOND, cause: 'touch', holder: id, step: 'invoice.capture' })
  const decision = doubtful || random.chance(0.15) ? 'overridden' : 'accepted'
  rec.emit(at, 'ai.reviewed', [doc], SYSTEMS.docai, { ...run, actor: human(id), ai: { ...ai, reviewer: id, decision } })
  rec.emit(at + SECOND, 'invoice.captured', docs, SYSTEMS.n8n, {
    ...run,
    lifecycle: 'completed',
    completes: started,
    actor: human(id),
  })
  if (open !== null) resolve(c, open, at + 2 * SECOND, human(id))
  return { at: at + 2 * SECOND, manual: true, agent: false }
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
