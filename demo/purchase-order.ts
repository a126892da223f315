import { afterWork, DAY, HOUR, MINUTE, SECOND } from './calendar.ts'
import type { Detail, Doc } from './recorder.ts'
import { lineOf, lineRef } from './bill.ts'
import { exhaustedCostCentre } from './budgets.ts'
import { isClear } from './limits.ts'
import { policyVersion } from './policies.ts'
import type { Requisitioned } from './requisition.ts'
import { decide } from './approvals.ts'
import { anyOf, type Case, human, machine, money, queued, SYSTEMS } from './case.ts'
import { assign, raise, resolve, violate } from './exceptions.ts'
import { operate } from './operations.ts'
import { riskSupplier } from './supplier-history.ts'
import type { Path } from './truth.ts'

/** A delivery: when it was recorded, when it stood at the gate, and how much it was. */
export type Receipt = { recorded: number; delivered: number; quantity: number }

/** An order with its receipts. */
export type Ordered = {
  doc: Doc
  docs: readonly Doc[]
  path: Path
  created: number
  approved: number
  confirmed: number
  receipts: Receipt[]
  /** The planted silence of the feed that held the receipts back. */
  silence: { id: string; from: number; to: number } | null
}

/** How an order comes about; `arrived`: when its goods came, where they came before it. */
export type Way = { path: Path; replenishes: boolean; arrived: number | null }

/**
 * Simulates an order from its creation to its last receipt; `null` where it is cancelled before a delivery. With `replenishes` the
 * ERP orders by itself, day and night, under a standing approval.
 */
export function purchaseOrder(c: Case, number: string, start: number, source: Requisitioned | null, way: Way): Ordered | null {
  const { rec, random, unit, supplier } = c
  const { path, replenishes } = way
  if (source === null && !replenishes && random.chance(0.02)) c.cost_centre = exhaustedCostCentre(unit.entity)
  const contract = contractNamed(c, start)
  const attributes = contract === null ? c.attributes : { ...c.attributes, contract }
  const doc = rec.doc('purchase_order', `PO-${number}`, attributes)
  doc.path = path
  const docs = source === null ? [doc] : [doc, source.doc]
  const run: Detail = { workflow_run: c.workflow_run }
  const buyer = source?.buyer ?? c.world.person(anyOf(c, 'buyer', 3)).id
  const value = money(c, c.amount)
  const line = lineRef('po_line', doc.id)
  if (way.arrived !== null) {
    received(c, number, [doc], { recorded: way.arrived, delivered: way.arrived, quantity: c.quantity }, 1, 'po.deliver')
    violate(c, doc, start + SECOND, 'receipt-before-po')
  }
  let at = start
  if (source !== null)
    rec.emit(at, 'requisition.converted', [source.doc, doc], c.erp, { ...run, actor: human(buyer), money: value })
  const created = (at += SECOND)
  rec.emit(
    at,
    'po.created',
    docs,
    c.erp,
    {
      ...run,
      actor: replenishes ? machine(c.erp.id) : human(buyer),
      money: value,
      line: lineOf(c, c),
      object_attributes: {
        [`purchase_order/${doc.id}`]: { ...attributes, matching: path, buyer, cost_centre: c.cost_centre, item: c.item },
        [`supplier/${supplier.id}`]: {
          name: supplier.name,
          country: supplier.country,
          risk_category: supplier.risk,
          category: c.category.name,
        },
      },
    },
    [{ type: 'supplier', id: supplier.id }, line],
  )
  at += random.int(2, 9) * SECOND
  at = checkContract(c, doc, at, contract)
  if (source === null && !replenishes) {
    const decision = decide(c, {
      docs: [doc],
      step: 'buyer_lead',
      role: `buyer_lead:${unit.entity}:0`,
      at: at + 20 * SECOND,
      number: 0,
    })
    at = decision.at
  }
  at = holdForRisk(c, doc, docs, at) + random.int(3, 30) * SECOND
  const early = source?.approveLater ?? null
  let approved = source?.approved ?? at
  if (early === null) {
    approved = at
    rec.emit(at, 'po.approved', docs, c.erp, { ...run, actor: machine(c.erp.id), outcome: { status: 'ok' } })
  }
  const posted = operate(c, { docs: [doc], system: c.erp, step: 'po.post', at: at + 2 * SECOND, id: `post:${doc.id}` })
  at = !replenishes && random.chance(0.35) ? queued(c, posted.at, 1) : posted.at + random.int(5, 40) * SECOND
  rec.emit(
    at,
    'po.released',
    docs,
    c.erp,
    {
      ...run,
      step: 'po.release',
      actor: posted.by === '' ? machine(c.erp.id) : human(posted.by),
      money: value,
      line: lineOf(c, c),
    },
    [line],
  )
  commit(c, doc, at, contract)
  if (early !== null) approved = early(at)
  if (random.chance(0.007)) {
    const cancelled = queued(c, at, 4)
    rec.emit(cancelled, 'po.cancelled', docs, c.erp, {
      ...run,
      actor: human(buyer),
      outcome: { status: 'cancelled', message: 'no longer needed' },
    })
    return null
  }
  const sent = operate(c, {
    docs: [doc],
    system: SYSTEMS.portal,
    step: 'po.send',
    at: at + random.int(5, 120) * SECOND,
    id: `send:${doc.id}`,
  })
  at = sent.at + SECOND
  const waits = (step: string): Detail => ({ waits_on: { kind: 'supplier', id: supplier.id, step } })
  rec.emit(at, 'po.sent', docs, SYSTEMS.portal, {
    ...run,
    step: 'po.send',
    actor: sent.by === '' ? machine('supplier-portal') : human(sent.by),
    ...waits('po.confirm'),
  })
  if (c.world.history.criticalAt(supplier, at) !== null) violate(c, doc, at, 'order-after-risk-rise')
  const confirmed = afterWork(unit, at, random.logNormal(7, 1) * HOUR)
  rec.block(docs, { from: at, to: confirmed, cause: 'supplier', holder: supplier.id, step: 'po.confirm' })
  const partner = { id: supplier.id, kind: 'human' } as const
  rec.emit(confirmed, 'po.confirmed', docs, SYSTEMS.portal, {
    ...run,
    step: 'po.confirm',
    actor: partner,
    ...(way.arrived === null ? waits('po.deliver') : {}),
  })
  if (random.chance(0.11))
    rec.emit(queued(c, confirmed, 16, 1.1), 'po.changed', docs, c.erp, {
      ...run,
      actor: human(buyer),
      attributes: { ...attributes, changed: random.pick(['price', 'quantity', 'delivery date']) },
    })
  const ordered = { doc, docs, path, created, approved, confirmed }
  if (way.arrived !== null) {
    const receipts = [{ recorded: way.arrived, delivered: way.arrived, quantity: c.quantity }]
    return { ...ordered, receipts, silence: null }
  }
  let due = confirmed + random.logNormal(c.category.lead_days, 0.5) * supplier.lead * DAY
  if (random.chance(0.008)) {
    const cancelled = queued(c, confirmed, 30)
    rec.emit(cancelled, 'po.cancelled', docs, c.erp, {
      ...run,
      step: 'po.deliver',
      actor: human(buyer),
      outcome: { status: 'cancelled', message: 'supplier cannot deliver' },
    })
    rec.block(docs, { from: confirmed, to: cancelled, cause: 'supplier', holder: supplier.id, step: 'po.deliver' })
    return null
  }
  due = pauseForRisk(c, doc, docs, confirmed, due)
  return { ...ordered, ...deliver(c, doc, docs, number, confirmed, due, path) }
}

/** Whether a supplier may be ordered from: approved, and the first record of its kind. */
export function eligible(c: Case, at: number): boolean {
  return c.supplier.standing !== 'duplicate' && c.world.history.statusAt(c.supplier, at) === 'approved'
}

/** The contract that an order names: mostly that of the supplier, now and then none, and some still name one that has ended. */
function contractNamed(c: Case, at: number): string | null {
  const { supplier, random } = c
  if (supplier.contract === null || random.chance(0.024)) return null
  return supplier.contract_to > at || random.chance(0.2) ? supplier.contract : null
}

/** The contract system's verdict on an order, right or wrong; a buyer may have to explain an order off the contract. */
function checkContract(c: Case, doc: Doc, at: number, contract: string | null): number {
  const { rec, random, supplier, unit } = c
  const maverick = contract === null && supplier.contract !== null && supplier.contract_to > at
  const noticed = maverick && random.chance(0.35)
  rec.emit(at, 'policy.evaluated', [doc], SYSTEMS.contracts, {
    workflow_run: c.workflow_run,
    step: 'contract_coverage',
    actor: machine('contracthub'),
    policy: {
      id: 'contract-coverage',
      version: policyVersion(at),
      decision: noticed ? 'violated' : contract === null ? 'waived' : 'passed',
    },
    attributes: { control: 'contract' },
  })
  if (!noticed) return at
  const open = raise(c, [doc], at + 2 * SECOND, 'OFF_CONTRACT', `contract ${supplier.contract} exists and was not used`)
  const assigned = queued(c, at, 3)
  assign(c, open, assigned, `buyer_lead:${unit.entity}:0`)
  const done = queued(c, assigned, 6)
  resolve(c, open, done, human(open.holder))
  return done
}

/** What is wrong with a commitment at the instant of its release. */
function commit(c: Case, doc: Doc, at: number, contract: string | null): void {
  const { supplier, random, unit } = c
  if (contract === null && supplier.contract !== null && supplier.contract_to > at)
    violate(c, doc, at, 'off-contract', { reported: random.chance(0.3) })
  if (contract !== null && (supplier.contract_to <= at || supplier.standing === 'exhausted'))
    violate(c, doc, at, 'contract-expired-or-exceeded')
  if (c.cost_centre === exhaustedCostCentre(unit.entity)) violate(c, doc, at, 'over-budget', { reported: random.chance(0.3) })
  if (!eligible(c, at)) violate(c, doc, at, 'supplier-not-eligible')
  if (c.world.history.criticalAt(supplier, at) !== null) violate(c, doc, at, 'order-after-risk-rise')
}

/** Keeps an order back while the risk of its supplier is critical; now and then nobody does. */
function holdForRisk(c: Case, doc: Doc, docs: readonly Doc[], at: number): number {
  const { rec, random, world } = c
  const spell = world.history.criticalAt(c.supplier, at)
  if (spell === null || random.chance(0.4)) return at
  if (spell.story !== null) doc.incidents.add(spell.story)
  const run = { workflow_run: c.workflow_run, actor: machine('n8n') }
  const open = raise(c, [doc], at + SECOND, 'SUPPLIER_BLOCKED', 'risk of the supplier was raised to critical')
  rec.emit(at + 2 * SECOND, 'po.paused', docs, c.erp, {
    ...run,
    outcome: { status: 'rejected', code: 'SUPPLIER_BLOCKED', message: 'order paused' },
  })
  assign(c, open, queued(c, at + 2 * SECOND, 2), 'risk_officer::0')
  const resumed = Math.max(spell.to, queued(c, at + HOUR, 2)) + random.between(0.2, 6) * HOUR
  resolve(c, open, resumed, human(open.holder))
  rec.emit(resumed + SECOND, 'po.resumed', docs, c.erp, run)
  return resumed + SECOND
}

/** Pauses an open order of the supplier whose risk rose; returns the new delivery date. */
function pauseForRisk(c: Case, doc: Doc, docs: readonly Doc[], confirmed: number, due: number): number {
  const story = c.world.stories.find((one) => one.kind === 'risk')
  if (story === undefined || riskSupplier(c.world.suppliers)?.id !== c.supplier.id || confirmed > story.to || due < story.from)
    return due
  const { rec, random } = c
  doc.incidents.add(story.id)
  const paused = Math.max(story.from + random.between(1, 5) * HOUR, confirmed + HOUR)
  const run = { workflow_run: c.workflow_run, actor: machine('n8n') }
  const open = raise(c, [doc], paused, 'SUPPLIER_BLOCKED', 'risk of the supplier was raised to critical')
  rec.emit(paused + SECOND, 'po.paused', docs, c.erp, {
    ...run,
    outcome: { status: 'rejected', code: 'SUPPLIER_BLOCKED', message: 'order paused' },
  })
  assign(c, open, queued(c, paused, 2), 'risk_officer::0')
  const resumed = Math.max(story.to, paused + HOUR) + random.between(0.2, 6) * HOUR
  resolve(c, open, resumed, human(open.holder))
  rec.emit(resumed + SECOND, 'po.resumed', docs, c.erp, run)
  return Math.max(due, resumed + random.between(1, 6) * DAY)
}

function deliver(
  c: Case,
  doc: Doc,
  docs: readonly Doc[],
  number: string,
  confirmed: number,
  due: number,
  path: Path,
): Pick<Ordered, 'receipts' | 'silence'> {
  const { rec, random, unit, supplier } = c
  const receipts: Ordered['receipts'] = []
  let silence: Ordered['silence'] = null
  const count = 1 + random.weighted([74, 19, 7])
  const quantities = path === 'two_way' ? [c.quantity] : portions(c, count)
  const parts = quantities.length
  for (let part = 0; part < parts; part++) {
    const delivered = afterWork(unit, due + part * random.between(3, 9) * DAY, random.between(0, 6) * HOUR)
    const previous = receipts.at(-1)?.recorded ?? 0
    let recorded = Math.max(previous + MINUTE, afterWork(unit, delivered, random.logNormal(0.8, 0.8) * HOUR))
    const story = c.world.story('silence', recorded)
    if (story !== null && story.plant === unit.plant) {
      recorded = story.to + random.between(0.05, 2.5) * HOUR
      silence = story
      doc.incidents.add(story.id)
    }
    const receipt = { recorded, delivered, quantity: quantities[part] ?? 0 }
    receipts.push(receipt)
    const step = part === parts - 1 ? 'po.deliver' : 'po.partial_delivery'
    const recordedAs = received(c, number, docs, receipt, part + 1, step)
    if (silence !== null) recordedAs.incidents.add(silence.id)
  }
  const last = receipts.at(-1)?.recorded ?? due
  rec.block(docs, { from: confirmed, to: last, cause: 'supplier', holder: supplier.id, step: 'po.deliver' })
  return { receipts, silence }
}

/** Records a delivery. */
function received(c: Case, number: string, docs: readonly Doc[], receipt: Receipt, part: number, step: string): Doc {
  const [order] = docs
  const doc = c.rec.doc('goods_receipt', `GR-${number}-${part}`, order?.attributes ?? c.attributes)
  c.rec.emit(
    receipt.recorded,
    'goods_receipt.recorded',
    [doc, ...docs],
    SYSTEMS.feed,
    {
      workflow_run: c.workflow_run,
      step,
      actor: machine('wms-feed'),
      line: lineOf(c, { quantity: receipt.quantity, price: c.price }),
    },
    order === undefined ? [] : [lineRef('po_line', order.id)],
  )
  return doc
}

/** The quantities of `count` deliveries: clearly different ones, none of which costs an amount close to a limit. */
function portions(c: Case, count: number): number[] {
  for (let i = 0; i < 30 && count > 1; i++) {
    const first = Math.round(c.quantity * (count === 2 ? c.random.between(0.55, 0.75) : c.random.between(0.45, 0.5)))
    const second = count === 2 ? c.quantity - first : Math.round(c.quantity * c.random.between(0.3, 0.34))
    const all = count === 2 ? [first, second] : [first, second, c.quantity - first - second]
    const distinct = all.every((one, index) => one > 0 && (index === 0 || one < 0.9 * (all[index - 1] ?? 0)))
    if (distinct && all.every((one) => isClear(one * c.price))) return all
  }
  return [c.quantity]
}

/** Closes an order some days after everything on it is done. */
export function closeOrder(c: Case, ordered: Ordered, at: number): void {
  const closed = queued(c, at + DAY, 8)
  c.rec.emit(closed, 'po.closed', ordered.docs, c.erp, { workflow_run: c.workflow_run, actor: machine(c.erp.id) })
}
