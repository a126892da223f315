import { afterWork, HOUR, SECOND } from './calendar.ts'
import { type Case, human, machine, SYSTEMS } from './case.ts'
import { type Open, raise, resolve, violate } from './exceptions.ts'
import { hasDeputy } from './identities.ts'
import type { Actor, Detail, Doc, ObjectRef } from './recorder.ts'

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
  /** Who asked, and as whom they decide where they are asked themselves. */
  requester?: { id: string; guise: Actor | null }
}

export type Decision = {
  at: number
  ok: boolean
  by: string
  approval: ObjectRef
}

/** Steps at which now and then somebody outside the matrix decides. */
const GUARDED: ReadonlySet<string> = new Set(['budget_owner', 'plant_manager', 'cfo', 'invoice_approver'])

/** Who decides: mostly the holder of the role, now and then a deputy, a former holder, or somebody with no authority at all. */
function decider(c: Case, ask: Ask): { id: string; pace: number; actor: Actor; outsider: boolean } {
  const { world, random, unit } = c
  const person = world.holder(ask.role, ask.at)
  const draw = random.uniform()
  const plain = (one: { id: string; pace: number }, outsider = false) => ({ ...one, actor: human(one.id), outsider })
  const former = world.holder(ask.role, world.handover - 1)
  if (former.id !== person.id && draw > 0.98) return plain(former)
  if (ask.requester?.id === person.id) return { ...person, actor: ask.requester.guise ?? human(person.id), outsider: false }
  if (ask.step === 'plant_manager' && hasDeputy(world, unit.plant)) {
    const deputy = world.person(`deputy:${unit.plant}:0`).id
    if (deputy === ask.requester?.id || (draw > 0.9 && ask.requester?.guise === undefined))
      return { ...person, actor: { ...human(deputy), on_behalf_of: person.id }, outsider: false }
  }
  if (GUARDED.has(ask.step) && draw < 0.0035) return plain(world.person('onboarding_manager::0'), true)
  return plain(person)
}

/** Asks for an approval and waits for it: in working hours, through absences, with an exception where it stalls. */
export function decide(c: Case, ask: Ask): Decision {
  const { id: holder, pace, actor, outsider } = decider(c, ask)
  const doc = ask.docs[0]
  const approval: ObjectRef = { type: 'approval', id: `AP-${doc?.id}-${ask.number}` }
  const shared: Detail = { step: ask.step, workflow_run: c.workflow_run, attributes: { approver: holder } }
  const requested: Detail = { ...shared, actor: machine('n8n'), waits_on: { kind: 'person', id: holder, step: ask.step } }
  if (ask.open !== undefined)
    requested.exception = { id: ask.open.truth.id, state: 'assigned', caused_by: ask.open.truth.caused_by ?? null }
  c.rec.emit(ask.at, 'approval.requested', ask.docs, SYSTEMS.n8n, requested, [approval])
  const own = c.random.logNormal(2.5, 1.1) * pace * HOUR
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
      actor,
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
  if (ok && doc !== undefined) judge(c, ask, doc, { at, holder, actor, outsider })
  if (stalled !== null) {
    at += 2 * SECOND
    resolve(c, stalled, at, machine('n8n'))
  }
  return { at, ok, by: holder, approval }
}

/** What is wrong with a decision, by what the reference data says at its instant. */
function judge(c: Case, ask: Ask, doc: Doc, made: { at: number; holder: string; actor: Actor; outsider: boolean }): void {
  const { at, holder, actor, outsider } = made
  const { world } = c
  if (outsider) violate(c, doc, at, 'approver-without-authority')
  if (holder === world.person('former_owner::0').id && world.holder(ask.role, at).id !== holder)
    violate(c, doc, at, 'stale-matrix')
  if (ask.requester !== undefined && (ask.requester.id === holder || ask.requester.id === actor.id))
    violate(c, doc, at, 'self-approval', { reported: ask.requester.guise === null && c.random.chance(0.4), offender: actor.id })
  if (ask.step !== 'cfo' || doc.type !== 'requisition') return
  if (c.random.chance(0.1)) violate(c, doc, at + 24 * HOUR, 'attestation-missing')
  else
    c.rec.emit(
      at + c.random.int(400, 1900),
      'approval.attested',
      [doc],
      SYSTEMS.n8n,
      { step: ask.step, workflow_run: c.workflow_run, actor },
      [{ type: 'approval', id: `AP-${doc.id}-${ask.number}` }],
    )
}
