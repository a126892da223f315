import { afterWork, DAY, HOUR, MINUTE, SECOND } from './calendar.ts'
import type { Detail, Doc } from './recorder.ts'
import { policyVersion, type Requisitioned } from './requisition.ts'
import { decide } from './approvals.ts'
import { anyOf, type Case, human, machine, money, queued, SYSTEMS } from './case.ts'
import { assign, raise, resolve, violate } from './exceptions.ts'
import { operate } from './operations.ts'
import type { Path } from './truth.ts'

/** An order with its receipts. */
export type Ordered = {
  doc: Doc
  docs: readonly Doc[]
  path: Path
  confirmed: number
  /** When each delivery was recorded, and when it stood at the gate. */
  receipts: { recorded: number; delivered: number }[]
  /** The planted silence of the feed that held the receipts back. */
  silence: { id: string; from: number; to: number } | null
}

/**
 * Simulates an order from its creation to its last receipt; `null` where it is cancelled before a delivery. With `replenishes` the
 * ERP orders by itself, day and night, under a standing approval.
 */
export function purchaseOrder(
  c: Case,
  number: string,
  start: number,
  source: Requisitioned | null,
  path: Path,
  replenishes: boolean,
): Ordered | null {
  const { rec, random, unit, supplier } = c
  const contract = supplier.contract
  const maverick = contract !== null && random.chance(0.024)
  const covered = contract !== null && !maverick
  const attributes = covered ? { ...c.attributes, contract } : c.attributes
  const doc = rec.doc('purchase_order', `PO-${number}`, attributes)
  doc.path = path
  const docs = source === null ? [doc] : [doc, source.doc]
  const run: Detail = { workflow_run: c.workflow_run }
  const buyer = source?.buyer ?? c.world.person(anyOf(c, 'buyer', 3)).id
  const value = money(c, c.amount)
  let at = start
  if (source !== null) {
    rec.emit(at, 'requisition.converted', [source.doc, doc], c.erp, { ...run, actor: human(buyer), money: value })
    at += SECOND
  }
  rec.emit(
    at,
    'po.created',
    docs,
    c.erp,
    {
      ...run,
      actor: replenishes ? machine(c.erp.id) : human(buyer),
      money: value,
      object_attributes: {
        [`purchase_order/${doc.id}`]: { ...attributes, matching: path },
        [`supplier/${supplier.id}`]: {
          name: supplier.name,
          country: supplier.country,
          risk_category: supplier.risk,
          category: c.category.name,
        },
      },
    },
    [{ type: 'supplier', id: supplier.id }],
  )
  at += random.int(2, 9) * SECOND
  const version = policyVersion(at)
  rec.emit(at, 'policy.evaluated', [doc], SYSTEMS.contracts, {
    ...run,
    step: 'contract_coverage',
    actor: machine('contracthub'),
    policy: { id: 'contract-coverage', version, decision: maverick ? 'violated' : contract === null ? 'waived' : 'passed' },
    attributes: { control: 'contract' },
  })
  if (maverick) {
    violate(c, doc, at + SECOND, {
      policy: 'contract-coverage',
      version,
      severity: c.amount > 10_000 ? 'high' : 'medium',
      control: 'contract',
      message: 'ordered off the contract of this supplier',
    })
    if (random.chance(0.45)) {
      const open = raise(c, [doc], at + 2 * SECOND, 'OFF_CONTRACT', `contract ${contract} exists and was not used`)
      const assigned = queued(c, at, 3)
      assign(c, open, assigned, `buyer_lead:${unit.entity}:0`)
      at = queued(c, assigned, 6)
      resolve(c, open, at, human(open.holder))
    }
  }
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
  at += random.int(3, 30) * SECOND
  const early = source?.approveLater ?? null
  if (early === null) rec.emit(at, 'po.approved', docs, c.erp, { ...run, actor: machine(c.erp.id), outcome: { status: 'ok' } })
  const posted = operate(c, { docs: [doc], system: c.erp, step: 'po.post', at: at + 2 * SECOND, id: `post:${doc.id}` })
  at = !replenishes && random.chance(0.35) ? queued(c, posted.at, 1) : posted.at + random.int(5, 40) * SECOND
  rec.emit(at, 'po.released', docs, c.erp, {
    ...run,
    step: 'po.release',
    actor: posted.by === '' ? machine(c.erp.id) : human(posted.by),
    money: value,
  })
  early?.(at)
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
  const confirmed = afterWork(unit, at, random.logNormal(7, 1) * HOUR)
  rec.block(docs, { from: at, to: confirmed, cause: 'supplier', holder: supplier.id, step: 'po.confirm' })
  const partner = { id: supplier.id, kind: 'human' } as const
  rec.emit(confirmed, 'po.confirmed', docs, SYSTEMS.portal, {
    ...run,
    step: 'po.confirm',
    actor: partner,
    ...waits('po.deliver'),
  })
  if (random.chance(0.11))
    rec.emit(queued(c, confirmed, 16, 1.1), 'po.changed', docs, c.erp, {
      ...run,
      actor: human(buyer),
      attributes: { ...attributes, changed: random.pick(['price', 'quantity', 'delivery date']) },
    })
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
  const { receipts, silence } = deliver(c, doc, docs, number, confirmed, due, path)
  return { doc, docs, path, confirmed, receipts, silence }
}

/** The supplier whose risk rises in the planted story: the main one of raw material. */
export function riskSupplier(world: Case['world']): Case['supplier'] | undefined {
  return world.suppliers[1]
}

/** Pauses an open order of the supplier whose risk rose; returns the new delivery date. */
function pauseForRisk(c: Case, doc: Doc, docs: readonly Doc[], confirmed: number, due: number): number {
  const story = c.world.stories.find((one) => one.kind === 'risk')
  if (story === undefined || riskSupplier(c.world)?.id !== c.supplier.id || confirmed > story.to || due < story.from) return due
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
  const parts = Math.max(1, path === 'two_way' ? 1 : count)
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
    receipts.push({ recorded, delivered })
    const final = part === parts - 1
    const receipt = rec.doc('goods_receipt', `GR-${number}-${part + 1}`, doc.attributes)
    if (silence !== null) receipt.incidents.add(silence.id)
    rec.emit(recorded, 'goods_receipt.recorded', [receipt, ...docs], SYSTEMS.feed, {
      workflow_run: c.workflow_run,
      step: final ? 'po.deliver' : 'po.partial_delivery',
      actor: machine('wms-feed'),
      line: { quantity: String(random.int(1, 400)), unit_price: (c.amount / 100).toFixed(2), uom: 'EA' },
    })
  }
  const last = receipts.at(-1)?.recorded ?? due
  rec.block(docs, { from: confirmed, to: last, cause: 'supplier', holder: supplier.id, step: 'po.deliver' })
  return { receipts, silence }
}

/** Closes an order some days after everything on it is done. */
export function closeOrder(c: Case, ordered: Ordered, at: number): void {
  const closed = queued(c, at + DAY, 8)
  c.rec.emit(closed, 'po.closed', ordered.docs, c.erp, { workflow_run: c.workflow_run, actor: machine(c.erp.id) })
}
