import { afterWork, atWork, DAY, dayOf, HOUR, MINUTE, SECOND, weekday } from './calendar.ts'
import type { Posted } from './invoice.ts'
import type { Detail } from './recorder.ts'
import { type Case, human, machine, money, queued, SYSTEMS } from './case.ts'
import { assign, raise, resolve, violate } from './exceptions.ts'
import { operate } from './operations.ts'
import { TOLERANCES } from './policies.ts'

/** Payment runs are on Tuesdays and Thursdays; the last one that ends before the day of `due`, or the next one after `ready`. */
function runBefore(c: Case, ready: number, due: number): number {
  let day = dayOf(due) - 1
  while (weekday(day) !== 2 && weekday(day) !== 4) day--
  const last = atWork(c.unit, day * DAY + 10 * HOUR)
  if (last > ready) return last
  day = dayOf(ready)
  let run: number
  do {
    day++
    run = atWork(c.unit, day * DAY + 10 * HOUR)
  } while ((weekday(dayOf(run)) !== 2 && weekday(dayOf(run)) !== 4) || run < ready)
  return run
}

/** From when on the events show that a bill's approval is owed: asked for or given, whichever is first. */
function owedFrom({ doc, approved }: Posted): number {
  return Math.min(doc.milestones.get('approval.requested') ?? Infinity, approved)
}

/** Simulates the payment of a posted invoice, from the proposal to the clearing; returns the instant it cleared. */
export function payment(c: Case, number: string, bill: Posted): number {
  const { rec, random, supplier, unit } = c
  const doc = rec.doc('payment', `PAY-${number}`, c.attributes)
  const docs = [doc, bill.doc]
  const run: Detail = { workflow_run: c.workflow_run }
  const proposed =
    bill.prepaid === null
      ? afterWork(unit, bill.at + random.between(4, 40) * HOUR, random.int(1, 20) * MINUTE)
      : bill.prepaid - random.int(20, 60) * MINUTE
  const { discount, discount_days } = supplier.terms
  const until = bill.issued + discount_days * DAY
  const early = discount !== null && bill.prepaid === null && runBefore(c, proposed, until) <= until && random.chance(0.62)
  const value = money(c, bill.amount * (early ? 1 - Number(discount) : 1))
  rec.emit(proposed, 'payment.proposed', docs, c.erp, {
    ...run,
    lifecycle: 'scheduled',
    actor: machine(c.erp.id),
    money: value,
    attributes: { discount_taken: early },
  })
  let target = early ? until : bill.due
  if (!early && random.chance(0.085)) target = bill.due + random.between(5, 12) * DAY
  else if (discount === null && bill.due - proposed > 22 * DAY && random.chance(0.012)) target = bill.due - 16 * DAY
  let at = bill.prepaid ?? runBefore(c, proposed + HOUR, target)
  const treasurer = c.world.person(`treasurer:${unit.entity}:0`).id
  if (bill.prepaid === null && random.chance(0.0035)) {
    const found = Math.max(proposed + HOUR, at - 2 * HOUR)
    const open = raise(c, [doc, bill.doc], found, 'BANK_DETAILS_INVALID', 'bank account of the supplier failed its validation')
    const assigned = queued(c, found, 4)
    assign(c, open, assigned, `ap_clerk:${unit.entity}:${random.int(0, 3)}`)
    const done = queued(c, assigned, 14)
    resolve(c, open, done, human(open.holder))
    at = Math.max(at, runBefore(c, done, done))
  }
  const ran = operate(c, { docs, system: c.erp, step: 'payment.run', at, id: `run:${doc.id}` })
  at = ran.at + random.int(2, 40) * MINUTE
  rec.emit(at, 'payment.released', docs, c.erp, { ...run, actor: human(treasurer), money: value })
  if (at < bill.approved) violate(c, doc, at, 'payment-before-approval', { evident: Math.max(at, owedFrom(bill)) })
  if (!early && at < bill.due - TOLERANCES.early_days * DAY) violate(c, doc, at, 'payment-before-due')
  if (c.world.history.bankChanged(supplier, at, TOLERANCES.bank_change_days) !== null)
    violate(c, doc, at, 'bank-change-before-payment')
  const sent = operate(c, {
    docs: [doc],
    system: SYSTEMS.payments,
    step: 'payment.transmit',
    at: at + random.int(5, 300) * SECOND,
    id: `transmit:${doc.id}`,
  })
  at = sent.at + SECOND
  rec.emit(at, 'payment.transmitted', docs, SYSTEMS.payments, {
    ...run,
    step: 'payment.transmit',
    actor: sent.by === '' ? machine('paybridge') : human(sent.by),
    money: value,
  })
  let cleared = at + random.between(4, 34) * HOUR
  if (at <= bill.due && cleared > bill.due) cleared = Math.max(at + MINUTE, bill.due - random.int(1, 50) * MINUTE)
  rec.emit(cleared, 'payment.cleared', docs, SYSTEMS.payments, {
    ...run,
    actor: machine('paybridge'),
    money: value,
    outcome: { status: 'ok' },
  })
  doc.due = bill.due
  doc.paid = Math.round(cleared)
  bill.doc.paid = doc.paid
  return cleared
}
