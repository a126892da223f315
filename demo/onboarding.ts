import { afterWork, atWork, DAY, HOUR, MINUTE, SECOND } from './calendar.ts'
import type { Detail, ObjectRef } from './recorder.ts'
import { askSupplier } from './supplier-question.ts'
import { decide } from './approvals.ts'
import { type Case, human, machine, queued, SYSTEMS } from './case.ts'
import { assign, raise, resolve } from './exceptions.ts'
import { operate } from './operations.ts'

/** Simulates the onboarding of a supplier from the request to the first possible transaction, or to its rejection. */
export function onboarding(c: Case, number: string, start: number): void {
  const { rec, random, unit, supplier } = c
  const doc = rec.doc('onboarding', `ONB-${number}`, { ...c.attributes, supplier: `new-${number}` })
  const party: ObjectRef = { type: 'supplier', id: `new-${number}` }
  const run: Detail = { workflow_run: c.workflow_run }
  const emit = (instant: number, type: string, detail: Detail, system = SYSTEMS.n8n): void => {
    rec.emit(instant, type, [doc], system, { ...run, ...detail }, [party])
  }
  const manager = c.world.person(`onboarding_manager::${random.int(0, 1)}`).id
  const analyst = `compliance::${random.int(0, 2)}`
  emit(start, 'onboarding.requested', {
    actor: human(manager),
    object_attributes: {
      [`onboarding/${doc.id}`]: doc.attributes,
      [`supplier/${party.id}`]: { name: `${supplier.name} ${number}`, country: supplier.country, risk_category: supplier.risk },
    },
  })
  let at = queued(c, start, 2)
  emit(at, 'onboarding.documents_requested', { actor: human(manager) })
  const rounds = 1 + random.weighted([66, 25, 9])
  for (let round = 0; round < rounds; round++) {
    const asked = at + 5 * SECOND
    emit(
      asked,
      'sent_to_supplier',
      {
        step: 'supplier_documents',
        actor: machine('n8n'),
        waits_on: { kind: 'supplier', id: party.id, step: 'supplier_documents' },
      },
      SYSTEMS.portal,
    )
    const answered = afterWork(unit, asked, random.logNormal(round === 0 ? 62 : 26, 0.95) * HOUR)
    emit(answered, 'supplier_answered', { step: 'supplier_documents', actor: { id: party.id, kind: 'human' } }, SYSTEMS.portal)
    rec.block([doc], { from: asked, to: answered, cause: 'supplier', holder: party.id, step: 'supplier_documents' })
    at = queued(c, answered, 3)
    if (round === rounds - 1) break
    if (random.chance(0.35)) {
      const open = raise(
        c,
        [doc],
        at,
        'DOCUMENTS_MISSING',
        random.pick(['certificate expired', 'tax form unsigned', 'ownership form missing']),
      )
      const assigned = queued(c, at, 1)
      assign(c, open, assigned, analyst)
      at = queued(c, assigned, 4)
      resolve(c, open, at, human(open.holder))
      at += MINUTE
    }
    emit(at, 'onboarding.documents_requested', { actor: human(manager) })
  }
  emit(at, 'onboarding.documents_received', { actor: human(manager) })
  const tax = operate(c, {
    docs: [doc],
    system: SYSTEMS.taxgate,
    step: 'tax.validate_id',
    at: at + random.int(5, 60) * SECOND,
    id: `taxid:${doc.id}`,
  })
  emit(
    (at = tax.at + SECOND),
    'onboarding.tax_validated',
    { step: 'tax.validate_id', actor: machine('taxgate'), outcome: { status: 'ok' } },
    SYSTEMS.taxgate,
  )
  at = queued(c, at, 16, 1)
  const checked = decide(c, { docs: [doc], step: 'compliance_review', role: analyst, at, number: 0, reject: 0.05 })
  emit((at = checked.at + SECOND), 'onboarding.compliance_checked', {
    step: 'compliance_review',
    actor: human(checked.by),
    outcome: checked.ok
      ? { status: 'ok' }
      : { status: 'rejected', code: 'SUPPLIER_BLOCKED', message: 'listed party or adverse record' },
  })
  if (!checked.ok) {
    const open = raise(c, [doc], at + SECOND, 'SUPPLIER_BLOCKED', 'listed party or adverse record')
    open.holder = checked.by
    at = queued(c, at, 3)
    emit(at, 'onboarding.rejected', {
      actor: human(checked.by),
      outcome: { status: 'rejected', code: 'SUPPLIER_BLOCKED', message: 'failed the compliance check' },
    })
    return resolve(c, open, at + SECOND, human(checked.by))
  }
  if (random.chance(0.06)) {
    const open = raise(c, [doc], at + MINUTE, 'BANK_DETAILS_INVALID', 'bank account failed its validation')
    const assigned = queued(c, at + MINUTE, 2)
    assign(c, open, assigned, analyst)
    at = askSupplier(c, doc, queued(c, assigned, 3))
    resolve(c, open, at, human(open.holder))
    at += SECOND
  }
  const bank = operate(c, {
    docs: [doc],
    system: SYSTEMS.payments,
    step: 'bank.verify',
    at: at + random.between(0.1, 20) * HOUR,
    id: `bank:${doc.id}`,
  })
  emit(
    (at = bank.at + SECOND),
    'onboarding.bank_verified',
    { step: 'bank.verify', actor: machine('paybridge'), outcome: { status: 'ok' } },
    SYSTEMS.payments,
  )
  const approved = decide(c, {
    docs: [doc],
    step: 'procurement_lead',
    role: `buyer_lead:${unit.entity}:0`,
    at: queued(c, at, 4),
    number: 1,
  })
  emit((at = approved.at + SECOND), 'onboarding.approved', { actor: human(approved.by), outcome: { status: 'ok' } })
  const created = operate(c, {
    docs: [doc],
    system: c.erp,
    step: 'supplier.create',
    at: atWork(unit, at + random.between(0.1, 1.2) * DAY),
    id: `create:${doc.id}`,
  })
  emit(
    created.at + SECOND,
    'onboarding.transactable',
    { step: 'supplier.create', actor: created.by === '' ? machine(c.erp.id) : human(created.by), outcome: { status: 'ok' } },
    c.erp,
  )
}
