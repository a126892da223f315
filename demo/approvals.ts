import { afterWork, HOUR, SECOND } from './calendar.ts'
import { type Case, human, machine, SYSTEMS } from './case.ts'
import { type Open, raise, resolve } from './exceptions.ts'
import type { Detail, Doc, ObjectRef } from './recorder.ts'

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
    {
      ...shared,
      actor: human(holder),
      outcome: ok ? { status: 'ok' } : { status: 'rejected', code: 'APPROVAL_REJECTED', message: 'rejected by the approver' },
    },
    [approval],
  )
  const cause = ask.open?.cause ?? 'person'
  const blocker = { from: ask.at, to: at, cause, holder, step: ask.step }
  c.rec.block(
    ask.docs,
    ask.open === undefined ? blocker : { ...blocker, caused_by: ask.open.truth.caused_by ?? ask.open.truth.id },
  )
  if (stalled !== null) {
    at += 2 * SECOND
    resolve(c, stalled, at, machine('n8n'))
  }
  return { at, ok, by: holder }
}
