import { type Case, human, machine, SYSTEMS } from './case.ts'
import type { Actor, Detail, Doc } from './recorder.ts'
import type { Cause, Control, Severity, TruthException } from './truth.ts'

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
  c.rec.block(open.docs, {
    from: open.at,
    to: at,
    cause: open.cause,
    holder: open.holder,
    step: 'exception',
    caused_by: causedBy,
  })
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
