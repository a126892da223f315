import type { ControlId } from '../../demo/controls.ts'
import type { Attributes, DemoEvent } from '../../demo/recorder.ts'
import type { ReferenceRow } from '../../demo/reference.ts'

const DAY = 86_400_000
const HOUR = 3_600_000

type Found = Map<ControlId, Map<string, number>>
type Document = { type: string; id: string; events: DemoEvent[]; attributes: Attributes }

/** Reads reference data as a detector would: rows of a kind by key, as they stood at an instant. */
class Reference {
  readonly rows = new Map<string, ReferenceRow[]>()
  constructor(rows: readonly ReferenceRow[]) {
    for (const row of rows) {
      const key = `${row.kind}/${row.key}`
      const list = this.rows.get(key)
      if (list === undefined) this.rows.set(key, [row])
      else list.push(row)
    }
  }
  at(kind: ReferenceRow['kind'], key: string, at: number): Record<string, unknown> | null {
    return this.rows.get(`${kind}/${key}`)?.find((row) => holds(row, at))?.body ?? null
  }
  all(kind: ReferenceRow['kind']): ReferenceRow[] {
    return [...this.rows.values()].flatMap((rows) => rows.filter((row) => row.kind === kind))
  }
}

const holds = (row: ReferenceRow, at: number): boolean =>
  Date.parse(row.valid_from) <= at && (row.valid_to === null || at < Date.parse(row.valid_to))

const time = (event: DemoEvent | undefined): number => (event === undefined ? Number.NaN : Date.parse(event.time))

/**
 * Finds every violation from the events and the reference data of one tenant alone, document by document, as slowly and plainly as
 * the definitions of `demo/controls.ts` are written.
 */
export function naiveViolations(events: readonly DemoEvent[], rows: readonly ReferenceRow[]): Found {
  const reference = new Reference(rows)
  const documents = new Map<string, Document>()
  const suppliers = new Map<string, DemoEvent[]>()
  for (const event of events) {
    for (const { type, id } of event.data.objects) {
      const key = `${type}/${id}`
      let document = documents.get(key)
      if (document === undefined) documents.set(key, (document = { type, id, events: [], attributes: {} }))
      document.events.push(event)
      Object.assign(document.attributes, event.data.object_attributes?.[key])
    }
    const changed = event.data.objects.find((one) => one.type === 'supplier')
    if (changed !== undefined && event.type.startsWith('supplier.'))
      suppliers.set(changed.id, [...(suppliers.get(changed.id) ?? []), event])
  }
  for (const document of documents.values()) document.events.sort((a, b) => time(a) - time(b) || a.data.seq - b.data.seq)
  const found: Found = new Map()
  const flag = (control: ControlId, document: string, at: number): void => {
    let hits = found.get(control)
    if (hits === undefined) found.set(control, (hits = new Map()))
    if (!hits.has(document)) hits.set(document, at)
  }
  const context = { reference, documents, suppliers, flag }
  for (const document of documents.values()) {
    if (document.type === 'requisition') requisition(context, document)
    if (document.type === 'purchase_order') order(context, document)
    if (document.type === 'invoice') invoice(context, document)
    if (document.type === 'payment') payment(context, document)
  }
  const all = [...documents.values()]
  split(
    context,
    all.filter((one) => one.type === 'requisition'),
  )
  history(
    context,
    all.filter((one) => one.type === 'invoice'),
  )
  return found
}

type Context = {
  reference: Reference
  documents: Map<string, Document>
  suppliers: Map<string, DemoEvent[]>
  flag(control: ControlId, document: string, at: number): void
}

const first = (document: Document, type: string): DemoEvent | undefined => document.events.find((event) => event.type === type)
const text = (value: unknown): string => (typeof value === 'string' ? value : '')
const amountOf = (event: DemoEvent | undefined): number => Number(event?.data.money?.amount ?? Number.NaN)

/** The people behind an actor: itself, whose account or bot it is, for whom it stands in. */
function identity({ reference }: Context, actor: string, at: number): string {
  for (const row of reference.all('identities')) {
    const accounts = row.body['accounts']
    if (!holds(row, at) || !Array.isArray(accounts) || !accounts.includes(actor)) continue
    return row.body['owner'] === undefined ? row.key : text(row.body['owner'])
  }
  return actor
}

const people = new WeakMap<Context, Map<string, string>>()
function resolved(context: Context, actor: string, at: number): string {
  let known = people.get(context)
  if (known === undefined) people.set(context, (known = new Map()))
  let person = known.get(actor)
  if (person === undefined) known.set(actor, (person = identity(context, actor, at)))
  return person
}

const decisions = (document: Document): DemoEvent[] =>
  document.events.filter((event) => event.type === 'approval.decided' && event.data.step !== 'approval_mirror')

/** Whether somebody may decide a step of a document type at an instant, or could before. */
function authority(context: Context, type: string, event: DemoEvent): 'now' | 'before' | 'never' {
  const at = time(event)
  const { actor, step, attributes } = event.data
  const id = resolved(context, actor?.id ?? '', at)
  const person = context.reference.at('identities', id, at)
  const principals = new Set([id])
  if (actor?.on_behalf_of !== undefined && person?.['delegate_of'] === actor.on_behalf_of) principals.add(actor.on_behalf_of)
  let answer: 'now' | 'before' | 'never' = 'never'
  for (const row of context.reference.all('approval_matrices')) {
    const { body } = row
    if (body['document_type'] !== type || body['step'] !== step || !principals.has(text(body['person']))) continue
    if (body['entity'] !== undefined && body['entity'] !== attributes?.['entity']) continue
    if (body['risk_category'] !== undefined && body['risk_category'] !== attributes?.['risk_category']) continue
    if (holds(row, at)) return 'now'
    if (Date.parse(row.valid_from) <= at) answer = 'before'
  }
  return answer
}

const limitOf = (limit: unknown): number =>
  typeof limit === 'object' && limit !== null && 'amount' in limit ? Number(limit.amount) : Infinity

/** The steps that an amount needs by the matrix, `auto` left out. */
function needed(context: Context, type: string, entity: unknown, amount: number, at: number): string[] {
  const limits = new Map<string, number>()
  for (const row of context.reference.all('approval_matrices')) {
    const { body } = row
    if (body['document_type'] !== type || body['entity'] !== entity || !holds(row, at)) continue
    const step = text(body['step'])
    if (step === 'budget_exception' || step === 'approve_variance') continue
    limits.set(step, limitOf(body['up_to']))
  }
  const steps = [...limits].toSorted((a, b) => a[1] - b[1])
  return steps.filter((_, index) => index > 0 && amount > (steps[index - 1]?.[1] ?? 0)).map(([step]) => step)
}

function authorities(context: Context, document: Document, approved: DemoEvent | undefined, amount: number): void {
  const { flag } = context
  for (const event of decisions(document)) {
    if (event.data.outcome?.status !== 'ok') continue
    const standing = authority(context, document.type, event)
    if (standing === 'before') flag('stale-matrix', `${document.type}/${document.id}`, time(event))
    if (standing === 'never') flag('approver-without-authority', `${document.type}/${document.id}`, time(event))
  }
  if (approved === undefined) return
  const asked = new Set(document.events.filter((one) => one.type.startsWith('approval.')).map((one) => one.data.step))
  const missing = needed(context, document.type, approved.data.attributes?.['entity'], amount, time(approved))
  if (missing.some((step) => !asked.has(step))) flag('approval-missing', `${document.type}/${document.id}`, time(approved))
}

function requisition(context: Context, document: Document): void {
  const { flag } = context
  const key = `requisition/${document.id}`
  const created = first(document, 'requisition.created')
  if (created === undefined) return
  const approved = first(document, 'requisition.approved')
  authorities(context, document, approved, amountOf(created))
  const requester = resolved(context, created.data.actor?.id ?? '', time(created))
  for (const event of decisions(document)) {
    const decider = resolved(context, event.data.actor?.id ?? '', time(event))
    if (event.data.outcome?.status !== 'ok') continue
    if (decider === requester) flag('self-approval', key, time(event))
    if (event.data.step !== 'cfo') continue
    const attested = document.events.find(
      (one) => one.type === 'approval.attested' && time(one) >= time(event) && time(one) < time(event) + DAY,
    )
    if (attested === undefined) flag('attestation-missing', key, time(event) + DAY)
  }
  const mirror = document.events.find((one) => one.data.step === 'approval_mirror' && one.data.outcome?.status !== 'ok')
  if (mirror !== undefined && approved !== undefined) flag('approval-disagreement', key, time(mirror))
  const released = first(document, 'po.released')
  const asked = document.events.find((one) => one.type === 'approval.requested' && one.data.step !== 'budget_exception')
  if (released !== undefined && asked !== undefined && time(released) < time(asked))
    flag('approval-after-commitment', key, time(released) + 1000)
}

function supplierOf(context: Context, document: Document, at: number): Record<string, unknown> | null {
  return context.reference.at('suppliers', text(document.attributes['supplier']), at)
}

const ineligible = (supplier: Record<string, unknown> | null): boolean =>
  supplier === null || supplier['status'] !== 'approved' || supplier['duplicate_of'] !== undefined

function order(context: Context, document: Document): void {
  const { flag, reference } = context
  const key = `purchase_order/${document.id}`
  const created = time(first(document, 'po.created'))
  if (time(first(document, 'goods_receipt.recorded')) < created) flag('receipt-before-po', key, created)
  if (time(first(document, 'invoice.received')) < created) flag('po-after-invoice', key, created)
  for (const event of document.events)
    if (
      (event.type === 'po.released' || event.type === 'po.sent') &&
      supplierOf(context, document, time(event))?.['risk'] === 'critical'
    )
      flag('order-after-risk-rise', key, time(event))
  const released = first(document, 'po.released')
  if (released === undefined) return
  const at = time(released)
  if (ineligible(supplierOf(context, document, at))) flag('supplier-not-eligible', key, at)
  const named = text(document.attributes['contract'])
  const contracts = reference
    .all('contracts')
    .filter((row) => row.body['supplier'] === document.attributes['supplier'] && holds(row, at))
    .filter(({ body }) => {
      const categories = body['categories']
      return Array.isArray(categories) && (categories.length === 0 || categories.includes(document.attributes['category']))
    })
  if (named === '' && contracts.length > 0) flag('off-contract', key, at)
  const contract = contracts.find((row) => row.key === named)
  const ceiling: unknown = contract?.body['ceiling']
  if (named !== '' && (contract === undefined || (ceiling !== null && ceiling !== undefined)))
    flag('contract-expired-or-exceeded', key, at)
  const quarter = `${released.time.slice(0, 4)}-Q${Math.floor(new Date(at).getUTCMonth() / 3) + 1}`
  const centre = text(document.attributes['cost_centre'])
  const budget = reference.at('budgets', `${text(document.attributes['entity'])}/${centre}/${quarter}`, at)
  if (budget !== null && Number(budget['amount']) < amountOf(released)) flag('over-budget', key, at)
}

const MISSING = ['tax_code', 'tax_amount', 'tax_jurisdiction', 'supplier_tax_id']
const byAgent = (event: DemoEvent): boolean => event.data.actor?.kind === 'ai_agent' && event.type !== 'ai.suggested'

function invoice(context: Context, document: Document): void {
  const { flag, documents, reference } = context
  const key = `invoice/${document.id}`
  const received = first(document, 'invoice.received')
  const approved = first(document, 'invoice.approved')
  const posted = first(document, 'invoice.posted')
  const order = received?.data.objects.find((one) => one.type === 'purchase_order')
  const most = amountOf(document.events.findLast((event) => event.type === 'invoice.matched') ?? received)
  authorities(context, document, approved, most)
  if (order !== undefined && received !== undefined) {
    const events = documents.get(`purchase_order/${order.id}`)?.events ?? []
    const source = events.flatMap((one) => one.data.objects).find((one) => one.type === 'requisition')
    const late = source === undefined ? undefined : documents.get(`requisition/${source.id}`)?.events
    const go = events.find((one) => one.type === 'po.approved') ?? late?.find((one) => one.type === 'requisition.approved')
    if (go === undefined || time(received) < time(go)) flag('invoice-before-approval', key, time(received))
  }
  if (posted !== undefined) {
    if (MISSING.some((field) => document.attributes[field] === undefined)) flag('tax-fields-missing', key, time(posted))
    if (document.attributes['retention_class'] === undefined) flag('retention-class-missing', key, time(posted))
    if (order === undefined && ineligible(supplierOf(context, document, time(posted))))
      flag('supplier-not-eligible', key, time(posted))
  }
  for (const [index, event] of document.events.entries()) {
    const { resolution, reason } = event.data.attributes ?? {}
    if (event.type === 'exception.resolved' && resolution === 'accepted' && reason === undefined)
      flag('tolerance-override-without-reason', key, time(event))
    if (event.data.policy?.id === 'match-tolerance' && event.data.policy.decision === 'passed') {
      const matched = document.events.slice(0, index).findLast((one) => one.type === 'invoice.matched')
      const limit = Number(
        (reference.at('policies', 'match-tolerance', time(event))?.['tolerances'] as { price_pct: number } | undefined)
          ?.price_pct,
      )
      const over = Number(matched?.data.line?.unit_price) / Number(matched?.data.attributes?.['po_unit_price']) - 1
      if (over * 100 > limit) flag('rule-drift', key, time(event))
    }
    if (!byAgent(event)) continue
    const before = document.events.slice(0, index)
    if (!before.some((one) => one.type === 'policy.evaluated')) flag('ai-change-without-policy', key, time(event))
    if (!event.type.startsWith('ai.')) flag('ai-unreviewed-change', key, time(event))
  }
  const captured = document.events.find((one) => one.type === 'invoice.captured' && byAgent(one))
  if (captured !== undefined && approved?.data.actor?.id === captured.data.actor?.id)
    flag('ai-on-both-sides', key, time(approved))
  const advised = document.events.findIndex((one) => one.data.ai?.kind === 'recommendation')
  if (advised < 0) return
  const decided = document.events.findIndex((one, index) => index > advised && one.type === 'approval.decided')
  const read = document.events.slice(advised, decided).some((one) => one.type === 'ai.reviewed')
  if (decided > 0 && !read) flag('ai-recommendation-unreviewed', key, time(document.events[decided]))
}

function payment(context: Context, document: Document): void {
  const { flag, documents, suppliers } = context
  const released = first(document, 'payment.released')
  if (released === undefined) return
  const at = time(released)
  const paid = released.data.objects.find((one) => one.type === 'invoice')
  const bill = paid === undefined ? undefined : documents.get(`invoice/${paid.id}`)
  if (bill === undefined) return
  const key = `payment/${document.id}`
  const approved = first(bill, 'invoice.approved')
  if (approved === undefined || at < time(approved)) flag('payment-before-approval', key, at)
  const due = Date.parse(first(bill, 'invoice.received')?.data.due_at ?? '')
  const taken = first(document, 'payment.proposed')?.data.attributes?.['discount_taken'] === true
  if (!taken && at < due - 10 * DAY) flag('payment-before-due', key, at)
  const changes = suppliers.get(text(released.data.attributes?.['supplier'])) ?? []
  if (changes.some((one) => one.type === 'supplier.bank_changed' && time(one) < at && time(one) >= at - 10 * DAY))
    flag('bank-change-before-payment', key, at)
}

function split({ flag, reference }: Context, requisitions: readonly Document[]): void {
  const groups = new Map<string, Document[]>()
  for (const document of requisitions) {
    const { requester, supplier, item } = document.attributes
    const key = `${requester} ${supplier} ${item}`
    groups.set(key, [...(groups.get(key) ?? []), document])
  }
  const owner = (entity: unknown): number => {
    const row = reference
      .all('approval_matrices')
      .find(({ body }) => body['step'] === 'budget_owner' && body['entity'] === entity && body['document_type'] === 'requisition')
    return limitOf(row?.body['up_to'])
  }
  for (const group of groups.values())
    for (const later of group) {
      const created = first(later, 'requisition.created')
      const limit = owner(later.attributes['entity'])
      const earlier = group.find((one) => {
        const gap = time(created) - time(first(one, 'requisition.created'))
        return one !== later && gap >= 0 && gap < 24 * HOUR
      })
      const other = amountOf(earlier?.events[0])
      const own = amountOf(created)
      const submitted = first(later, 'requisition.submitted')
      if (own < limit && other < limit && own + other > limit && submitted !== undefined)
        flag('split-requisitions', `requisition/${later.id}`, time(created))
    }
}

const plain = (number: string): string => number.replaceAll(/[^A-Za-z0-9]/gu, '')

/** Whether two numbers are the same but for one character at most, left out or misread. */
function alike(a: string, b: string): boolean {
  if (a === b) return true
  let start = 0
  while (start < a.length && a[start] === b[start]) start++
  let end = 0
  while (end < a.length - start && end < b.length - start && a.at(-1 - end) === b.at(-1 - end)) end++
  return Math.max(a.length, b.length) - start - end <= 1
}

/** The net amount of an event in euro, at the rate of its day. */
function inEuro({ reference }: Context, event: DemoEvent): number {
  const { amount = '', currency = '' } = event.data.money ?? {}
  const rate = currency === 'EUR' ? 1 : Number(reference.at('rates', `EUR/${currency}`, time(event))?.['rate'])
  return Number(amount) / rate
}

function history(context: Context, invoices: readonly Document[]): void {
  const { flag } = context
  const bySupplier = new Map<string, { document: Document; at: number; amount: number; euro: number; number: string }[]>()
  for (const document of invoices) {
    const received = first(document, 'invoice.received')
    if (received === undefined) continue
    const supplier = text(document.attributes['supplier'])
    const number = text(document.attributes['invoice_number'])
    const list = bySupplier.get(supplier) ?? []
    bySupplier.set(supplier, list)
    list.push({ document, at: time(received), amount: amountOf(received), euro: inEuro(context, received), number })
  }
  for (const list of bySupplier.values()) {
    list.sort((a, b) => a.at - b.at)
    for (const [index, own] of list.entries()) {
      const key = `invoice/${own.document.id}`
      const earlier = list.slice(0, index)
      const amounts = earlier.map((one) => one.euro).toSorted((a, b) => a - b)
      if (index >= 30 && own.euro > 20 * (amounts[Math.floor(index / 2)] ?? Infinity)) flag('supplier-behaviour', key, own.at)
      const same = earlier.some((one) => one.number === own.number && one.amount === own.amount)
      if (same) flag('duplicate-exact', key, own.at)
      const near = earlier.some(
        (one) =>
          own.at - one.at < 45 * DAY &&
          Math.abs(own.amount / one.amount - 1) < 0.01 &&
          alike(plain(one.number), plain(own.number)),
      )
      if (near && !same) flag('duplicate-near', key, own.at)
    }
  }
}
