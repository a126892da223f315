import { afterWork, HOUR } from './calendar.ts'
import { type Case, machine, queued, SYSTEMS } from './case.ts'
import type { Detail, Doc } from './recorder.ts'

/** Sends a question to the supplier and waits for the answer; returns the end of the work on it. */
export function askSupplier(c: Case, doc: Doc, at: number): number {
  const { rec, random, supplier } = c
  const run: Detail = { workflow_run: c.workflow_run, step: 'supplier_reply' }
  rec.emit(at, 'sent_to_supplier', [doc], SYSTEMS.portal, {
    ...run,
    actor: machine('n8n'),
    waits_on: { kind: 'supplier', id: supplier.id, step: 'supplier_reply' },
  })
  const answered = afterWork(c.unit, at, random.logNormal(14, 0.8) * HOUR)
  rec.emit(answered, 'supplier_answered', [doc], SYSTEMS.portal, { ...run, actor: { id: supplier.id, kind: 'human' } })
  rec.block([doc], { from: at, to: answered, cause: 'supplier', holder: supplier.id, step: 'supplier_reply' })
  return queued(c, answered, 2)
}
