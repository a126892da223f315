import { afterWork, HOUR, MINUTE, SECOND } from './calendar.ts'
import type { Random } from './random.ts'
import type { Actor, Attributes, Detail, Doc, ObjectRef, Recorder, System } from './recorder.ts'
import type { Category, Unit } from './tenants.ts'
import type { Cause, Control, Severity, TruthException } from './truth.ts'
import type { Supplier, World } from './world.ts'

/** What all steps of one chain share. */
export type Case = {
  world: World
  random: Random
  rec: Recorder
  unit: Unit
  supplier: Supplier
  category: Category
  /** Value of the purchase in the tenant's own yardstick, before conversion to the site's currency. */
  amount: number
  attributes: Attributes
  workflow_run: string
  erp: System
  /** Set where one need was split into two requisitions under the limit. */
  split?: { requester: number; second: boolean }
}

const system = (id: string, kind: string, path: string): System => ({ id, class: kind, source: `/${path}/${id}` })

/** The systems beside the ERP. */
export const SYSTEMS = {
  n8n: system('n8n', 'workflow', 'workflow'),
  taxgate: system('taxgate', 'tax', 'tax'),
  contracts: system('contracthub', 'contract', 'contract'),
  portal: system('supplier-portal', 'supplier_portal', 'portal'),
  payments: system('paybridge', 'payment', 'payment'),
  docai: system('docai', 'ai', 'ai'),
  agent: system('codingbot', 'ai', 'ai'),
  feed: system('wms-feed', 'broker', 'feed'),
} as const

const erps = new Map<string, System>()

/** The ERP with this id. */
export function erpSystem(id: string): System {
  let erp = erps.get(id)
  if (erp === undefined) erps.set(id, (erp = system(id, 'erp', 'erp')))
  return erp
}

/** A workflow engine, connector or agent that acts. */
export function machine(id: string, kind: 'system' | 'ai_agent' = 'system'): Actor {
  return { id: `svc-${id}`, kind }
}

/** A person that acts. */
export function human(id: string): Actor {
  return { id, kind: 'human' }
}

/** One of the `count` people of a kind at an entity of the case. */
export function anyOf(c: Case, kind: 'invoice_approver' | 'ap_clerk' | 'buyer', count: number): string {
  return `${kind}:${c.unit.entity}:${c.random.int(0, count - 1)}`
}

const BUSINESS: Readonly<Record<string, string>> = {
  PRICE_VARIANCE: 'match.price',
  QUANTITY_VARIANCE: 'match.quantity',
  RECEIPT_MISSING: 'match.receipt',
  DUPLICATE_INVOICE: 'duplicate',
  OFF_CONTRACT: 'contract.off',
  APPROVAL_STALLED: 'approval.stalled',
  APPROVAL_REJECTED: 'approval.rejected',
  BUDGET_EXCEEDED: 'budget',
  SOD_CONFLICT: 'sod',
  SUPPLIER_DOCUMENTS: 'supplier.onboarding',
  SUPPLIER_BLOCKED: 'supplier.blocked',
  MASTER_DATA: 'master_data',
  BANK_DETAILS_INVALID: 'master_data',
  LOW_CONFIDENCE: 'master_data',
  TAX_CODING: 'tax_coding',
  PAYMENT_TERMS: 'payment.terms',
}

/** An exception that is open. */
export type Open = { truth: TruthException; docs: readonly Doc[]; at: number; cause: Cause; holder: string }

/**
 * Raises a business exception, or with a code that nobody knows an unclassifiable one. With `root` it is the effect of a technical
 * incident and counts as one.
 */
export function raise(
  c: Case,
  docs: readonly Doc[],
  at: number,
  code: string,
  message: string,
  root: { id: string; category: string } | null = null,
): Open {
  const category = BUSINESS[code]
  const truth: TruthException = {
    id: `EX-${docs[0]?.id}-${docs[0]?.exceptions.length}`,
    class: root !== null ? 'technical' : category === undefined ? 'unknown' : 'business',
    category: root?.category ?? category ?? '',
    code,
    raised: new Date(Math.round(at)).toISOString(),
    resolved: '',
  }
  if (root !== null) truth.caused_by = root.id
  docs[0]?.exceptions.push(truth)
  c.rec.emit(at, 'exception.raised', docs, SYSTEMS.n8n, {
    step: 'exception',
    workflow_run: c.workflow_run,
    actor: machine('n8n'),
    outcome: category === undefined ? { status: 'cancelled', code, message } : { status: 'rejected', code, message, retryable: false },
    exception: { id: truth.id, state: 'raised', caused_by: root?.id ?? null },
  })
  return { truth, docs, at, cause: root === null ? 'business_exception' : 'technical', holder: '' }
}

/** Raises a failure that retries have not healed so far. */
export function raiseFailure(c: Case, docs: readonly Doc[], at: number, failed: NonNullable<Detail['outcome']>, category: string): Open {
  const id = `EX-${docs[0]?.id}-${docs[0]?.exceptions.length}`
  const raised = new Date(Math.round(at)).toISOString()
  const truth: TruthException = { id, class: 'technical', category, code: failed.code ?? '', raised, resolved: '' }
  docs[0]?.exceptions.push(truth)
  c.rec.emit(at, 'exception.raised', docs, SYSTEMS.n8n, {
    step: 'exception',
    workflow_run: c.workflow_run,
    actor: machine('n8n'),
    outcome: failed,
    exception: { id, state: 'raised', caused_by: null },
  })
  return { truth, docs, at, cause: 'technical', holder: 'on-call' }
}

/** Gives an open exception to a person. */
export function assign(c: Case, open: Open, at: number, role: string): void {
  open.holder = c.world.person(role).id
  c.rec.emit(at, 'exception.assigned', open.docs, SYSTEMS.n8n, {
    step: 'exception',
    workflow_run: c.workflow_run,
    actor: human(open.holder),
    exception: { id: open.truth.id, state: 'assigned', caused_by: open.truth.caused_by ?? null },
  })
}

/** Resolves an open exception and charges its time. */
export function resolve(c: Case, open: Open, at: number, actor: Actor): void {
  open.truth.resolved = new Date(Math.round(at)).toISOString()
  c.rec.emit(at, 'exception.resolved', open.docs, SYSTEMS.n8n, {
    step: 'exception',
    workflow_run: c.workflow_run,
    actor,
    outcome: { status: 'ok', code: open.truth.code },
    exception: { id: open.truth.id, state: 'resolved', caused_by: open.truth.caused_by ?? null },
  })
  const causedBy = open.truth.caused_by ?? open.truth.id
  c.rec.block(open.docs, { from: open.at, to: at, cause: open.cause, holder: open.holder, step: 'exception', caused_by: causedBy })
}

/** Reports a violation of a policy. */
export function violate(
  c: Case,
  doc: Doc,
  at: number,
  violation: { policy: string; version: string; severity: Severity; control: Control; actor?: Actor; message: string },
): void {
  const { policy, version, severity, control } = violation
  doc.violations.push({ policy, version, at: Math.round(at), severity, control })
  const detail: Detail = {
    step: 'policy',
    workflow_run: c.workflow_run,
    actor: machine('n8n'),
    policy: { id: policy, version, decision: 'violated' },
    outcome: { status: 'rejected', code: 'POLICY_VIOLATED', message: violation.message, retryable: false },
    attributes: { severity, control, ...(violation.actor === undefined ? {} : { offender: violation.actor.id }) },
  }
  c.rec.emit(at, 'policy.violated', [doc], SYSTEMS.n8n, detail)
}

/** What is asked of an approver. */
export type Ask = {
  docs: readonly Doc[]
  step: string
  role: string
  at: number
  /** Probability of a rejection. */
  reject?: number
  /** The exception that the approval resolves; its cause then carries the wait. */
  open?: Open
  /** The second person asked on a document, and so on. */
  number: number
}

/** Asks for an approval and waits for it: in working hours, through absences, with an exception where it stalls. */
export function decide(c: Case, ask: Ask): { at: number; ok: boolean; by: string } {
  const person = c.world.person(ask.role)
  const holder = person.id
  const doc = ask.docs[0]
  const approval: ObjectRef = { type: 'approval', id: `AP-${doc?.id}-${ask.number}` }
  const shared: Detail = { step: ask.step, workflow_run: c.workflow_run, attributes: { approver: holder } }
  const requested: Detail = { ...shared, actor: machine('n8n'), waits_on: { kind: 'person', id: holder, step: ask.step } }
  if (ask.open !== undefined)
    requested.exception = { id: ask.open.truth.id, state: 'assigned', caused_by: ask.open.truth.caused_by ?? null }
  c.rec.emit(ask.at, 'approval.requested', ask.docs, SYSTEMS.n8n, requested, [approval])
  const own = c.random.logNormal(2.5, 1.1) * person.pace * HOUR
  let at = afterWork(c.unit, ask.at, own) + c.random.int(1, 59) * SECOND
  const absence = ask.role.startsWith('plant_manager') ? c.world.story('absence', at) : null
  if (absence !== null && absence.plant === c.unit.plant) {
    at = afterWork(c.unit, absence.to, own)
    for (const one of ask.docs) one.incidents.add(absence.id)
  }
  const stalls = afterWork(c.unit, ask.at, 26 * HOUR)
  let stalled: Open | null = null
  if (at > stalls + HOUR && ask.open === undefined) {
    stalled = raise(c, ask.docs, stalls, 'APPROVAL_STALLED', `no decision by ${holder} for more than three working days`)
    stalled.holder = holder
    const nudge = afterWork(c.unit, stalls, 2 * HOUR)
    if (nudge < at && c.random.chance(0.5))
      c.rec.emit(nudge, 'approval.escalated', ask.docs, SYSTEMS.n8n, { ...shared, actor: machine('n8n') }, [approval])
  }
  const ok = !c.random.chance(ask.reject ?? 0)
  c.rec.emit(
    at,
    'approval.decided',
    ask.docs,
    SYSTEMS.n8n,
    { ...shared, actor: human(holder), outcome: ok ? { status: 'ok' } : { status: 'rejected', code: 'APPROVAL_REJECTED', message: 'rejected by the approver' } },
    [approval],
  )
  const cause = ask.open?.cause ?? 'person'
  const blocker = { from: ask.at, to: at, cause, holder, step: ask.step }
  c.rec.block(ask.docs, ask.open === undefined ? blocker : { ...blocker, caused_by: ask.open.truth.caused_by ?? ask.open.truth.id })
  if (stalled !== null) {
    at += 2 * SECOND
    resolve(c, stalled, at, machine('n8n'))
  }
  return { at, ok, by: holder }
}

/** Minutes from one attempt to the next. */
const BACKOFF = [2, 8, 30, 90, 240, 480, 960, 1440] as const
const STRAY = [
  { code: 'ETIMEDOUT', status: 'timeout', message: 'no answer within 30 s', category: 'timeout' },
  { code: 'HTTP 503', status: 'failed', message: 'service unavailable', category: 'unavailable' },
  { code: 'HTTP 429', status: 'failed', message: 'too many requests', category: 'rate_limit' },
  { code: 'ECONNRESET', status: 'failed', message: 'connection reset by peer', category: 'connector' },
] as const

/**
 * Calls a system until it answers, or gives up. The documents are blocked from the first failed attempt to the answer, or to the
 * giving up; then a person does the step by hand.
 *
 * @returns when the effect is there, and who brought it about: `by` is empty for the connector itself
 */
export function operate(
  c: Case,
  call: { docs: readonly Doc[]; system: System; step: string; at: number; id: string },
): { at: number; by: string } {
  const { docs, system: target, step } = call
  const doc = docs[0]
  const trace = c.random.hex(4)
  const last = c.random.chance(0.7) ? BACKOFF.length + 1 : 6
  let at = call.at
  let firstFailure = 0
  let category = ''
  let open: Open | null = null
  for (let attempt = 1; ; attempt++) {
    const disturbance = c.world.disturbance(target.id, step, at)
    const fails = disturbance === null ? c.random.chance(0.02) : c.random.chance(disturbance.probability)
    const shared: Detail = { step, workflow_run: c.workflow_run, actor: machine(target.id), operation: { id: call.id, attempt } }
    const span = `00-${trace}-${c.random.hex(2)}-01`
    if (!fails) {
      const done = at + c.random.int(200, 2400)
      c.rec.emit(done, 'operation.succeeded', docs, target, { ...shared, outcome: { status: 'ok' } }, [], span)
      const held = firstFailure > 0
      if (held) c.rec.block(docs, { from: firstFailure, to: done, cause: 'technical', holder: target.id, step })
      if (open !== null) resolve(c, open, done, machine('n8n'))
      doc?.operations.push({ id: call.id, attempts: attempt, final: 'succeeded', class: held ? 'technical' : 'none', category })
      return { at: done, by: '' }
    }
    const failure = disturbance?.codes[c.random.weighted(disturbance.codes.map((one) => one.weight))] ?? c.random.pick(STRAY)
    category = disturbance?.category ?? ('category' in failure ? String(failure.category) : category)
    const outcome = { status: failure.status, code: failure.code, message: failure.message, retryable: disturbance?.category !== 'auth' && disturbance?.category !== 'schema_mapping' }
    const failed = Math.round(at + (failure.status === 'timeout' ? 30 * SECOND : c.random.int(80, 900)))
    c.rec.emit(failed, 'operation.failed', docs, target, { ...shared, outcome }, [], span)
    c.rec.touched(docs, disturbance)
    if (firstFailure === 0) firstFailure = failed
    if (attempt === 3) open = raiseFailure(c, docs, failed + SECOND, outcome, category)
    if (attempt === last) {
      const given = failed + 2 * SECOND
      c.rec.emit(given, 'operation.abandoned', docs, target, { ...shared, outcome }, [], span)
      c.rec.block(docs, { from: firstFailure, to: given, cause: 'technical', holder: target.id, step })
      doc?.operations.push({ id: call.id, attempts: attempt, final: 'abandoned', class: 'technical', category })
      const by = c.world.person(anyOf(c, 'ap_clerk', 4)).id
      const fixed = afterWork(c.unit, Math.max(given, disturbance?.to ?? given), c.random.between(0.5, 5) * HOUR)
      if (open !== null) resolve(c, open, fixed, human(by))
      return { at: fixed + MINUTE, by }
    }
    at = failed + (BACKOFF[attempt - 1] ?? 1440) * MINUTE * c.random.between(0.9, 1.1)
  }
}

/** Works off a queue: the time that a person takes to come to a thing, in working hours. */
export function queued(c: Case, at: number, medianHours: number, sigma = 0.8): number {
  return afterWork(c.unit, at, c.random.logNormal(medianHours, sigma) * HOUR)
}

const FX: Readonly<Record<string, number>> = { EUR: 1, USD: 1.08, GBP: 0.86, PLN: 4.3, MXN: 19.5 }

/** An amount in the currency of the site. */
export function money(c: Case, amount: number): { amount: string; currency: string } {
  return { amount: (amount * (FX[c.unit.currency] ?? 1)).toFixed(2), currency: c.unit.currency }
}
