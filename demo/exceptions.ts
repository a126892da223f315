import { type Case, human, machine, SYSTEMS } from './case.ts'
import { CONTROLS, type ControlId } from './controls.ts'
import { policyVersion } from './policies.ts'
import type { Actor, Attributes, Detail, Doc } from './recorder.ts'
import type { Cause, TruthException } from './truth.ts'

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
  DOCUMENTS_MISSING: 'supplier.onboarding',
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
    outcome:
      category === undefined ? { status: 'cancelled', code, message } : { status: 'rejected', code, message, retryable: false },
    exception: { id: truth.id, state: 'raised', caused_by: root?.id ?? null },
  })
  return { truth, docs, at, cause: root === null ? 'business_exception' : 'technical', holder: '' }
}

/** Raises a failure that retries have not healed so far. */
export function raiseFailure(
  c: Case,
  docs: readonly Doc[],
  at: number,
  failed: NonNullable<Detail['outcome']>,
  category: string,
): Open {
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
export function resolve(c: Case, open: Open, at: number, actor: Actor, attributes?: Attributes): void {
  open.truth.resolved = new Date(Math.round(at)).toISOString()
  c.rec.emit(at, 'exception.resolved', open.docs, SYSTEMS.n8n, {
    step: 'exception',
    workflow_run: c.workflow_run,
    actor,
    outcome: { status: 'ok', code: open.truth.code },
    exception: { id: open.truth.id, state: 'resolved', caused_by: open.truth.caused_by ?? null },
    ...(attributes === undefined ? {} : { attributes }),
  })
  const causedBy = open.truth.caused_by ?? open.truth.id
  c.rec.block(open.docs, {
    from: open.at,
    to: at,
    cause: open.cause,
    holder: open.holder,
    step: 'exception',
    caused_by: causedBy,
  })
}

/**
 * Notes that a document violates a control from an instant on; with `reported` the workflow says so itself. A document violates a
 * control once.
 */
export function violate(
  c: Case,
  doc: Doc,
  instant: number,
  id: ControlId,
  { reported = false, offender, evident = instant }: { reported?: boolean; offender?: string; evident?: number } = {},
): void {
  const at = Math.round(instant)
  const known = doc.violations.find((one) => one.control_id === id)
  if (known !== undefined) {
    known.at = Math.min(known.at, at)
    known.evident = Math.min(known.evident, Math.round(evident))
    return
  }
  const version = policyVersion(at)
  doc.violations.push({ control_id: id, at, evident: Math.round(evident), version, reported })
  if (!reported) return
  const { policy, severity, control, message } = CONTROLS[id]
  c.rec.emit(at, 'policy.violated', [doc], SYSTEMS.n8n, {
    step: 'policy',
    workflow_run: c.workflow_run,
    actor: machine('n8n'),
    policy: { id: policy, version, decision: 'violated' },
    outcome: { status: 'rejected', code: 'POLICY_VIOLATED', message, retryable: false },
    attributes: { severity, control, ...(offender === undefined ? {} : { offender }) },
  })
}
