import { afterWork, atWork, DAY, HOUR, isWorkday, MINUTE } from './calendar.ts'
import { invoice } from './invoice.ts'
import { onboarding } from './onboarding.ts'
import { payment } from './payment.ts'
import { closeOrder, type Ordered, purchaseOrder } from './purchase-order.ts'
import { type Random, randomFrom } from './random.ts'
import { createRecorder, type Recorder } from './recorder.ts'
import { requisition } from './requisition.ts'
import { type Case, erpSystem } from './case.ts'
import type { Path } from './truth.ts'
import type { World } from './world.ts'

const PATHS: readonly Path[] = ['two_way', 'three_way_after', 'three_way_before', 'consignment']

function openCase(world: World, rec: Recorder, random: Random): Case {
  const { units, categories } = world.profile
  const unit = units[random.weighted(units.map((one) => one.weight))] ?? units[0]
  const category = categories[random.weighted(categories.map((one) => one.weight))] ?? categories[0]
  if (unit === undefined || category === undefined) throw new RangeError(`${world.tenant.id} has no units or categories`)
  const supplier = world.supplierFor(random, category)
  const risk = category.capital === true && random.chance(0.3) ? 'high' : supplier.risk
  return {
    world,
    random,
    rec,
    unit,
    supplier,
    category,
    amount: Math.min(900_000, Math.max(40, random.logNormal(category.amount, 0.9))),
    attributes: {
      entity: unit.entity,
      business_unit: unit.business_unit,
      plant: unit.plant,
      region: unit.region,
      risk_category: risk,
      budget_owner: world.person(`budget_owner:${unit.entity} ${unit.business_unit}:0`).id,
      category: category.name,
      supplier: supplier.id,
    },
    workflow_run: `n8n:${rec.chain}`,
    erp: erpSystem(unit.erp),
  }
}

/** The instant on a day (days since 1970) at which somebody at the site starts something, in working hours. */
function morning(c: Case, day: number): number {
  return atWork(c.unit, day * DAY - c.unit.offset_h * HOUR + c.random.between(8.5, 17) * HOUR)
}

/** One purchase with everything that follows from it: the `index`-th that starts on a day. Two chains where the need was split. */
export function purchaseChains(world: World, day: number, index: number): Recorder[] {
  const name = String(day * 1000 + index)
  const { seed, tenant } = world
  const random = randomFrom(seed, tenant.id, day, index)
  const rec = createRecorder(`${tenant.id}-p${name}`)
  const c = openCase(world, rec, random)
  if (random.chance(world.profile.non_po)) {
    billed(c, name, null, (isWorkday(day) ? morning(c, day) : day * DAY) + random.between(-4, 6) * HOUR, c.amount * 0.4, 0, '')
    return [rec]
  }
  if (isWorkday(day) && random.chance(0.003)) {
    const requester = random.int(0, 7)
    const twin = createRecorder(`${tenant.id}-p${name}b`)
    const start = morning(c, day)
    const first = { ...c, amount: random.between(2050, 2980), split: { requester, second: false } }
    const second = {
      ...c,
      amount: random.between(2050, 2980),
      split: { requester, second: true },
      rec: twin,
      workflow_run: `n8n:${twin.chain}`,
    }
    purchase(first, name, start, false)
    purchase({ ...second, attributes: { ...c.attributes } }, `${name}B`, start + random.between(4, 50) * MINUTE, false)
    return [rec, twin]
  }
  const replenishes = random.chance(isWorkday(day) ? 0.06 : 1)
  purchase(c, name, replenishes ? day * DAY + random.uniform() * DAY : morning(c, day), replenishes)
  return [rec]
}

/** One supplier onboarding: the `index`-th that starts on a day. */
export function onboardingChain(world: World, day: number, index: number): Recorder {
  const name = String(day * 1000 + index)
  const random = randomFrom(world.seed, world.tenant.id, day, index, 'onboarding')
  const rec = createRecorder(`${world.tenant.id}-o${name}`)
  const c = openCase(world, rec, random)
  onboarding(c, name, morning(c, day))
  return rec
}

function purchase(c: Case, name: string, start: number, replenishes: boolean): void {
  const { random, world } = c
  const path = PATHS[random.weighted(world.profile.paths)] ?? 'three_way_before'
  const direct = replenishes || path === 'consignment' || (c.split === undefined && random.chance(0.05))
  const source = direct ? null : requisition(c, name, start)
  if (source === null && !direct) return
  const ordered = purchaseOrder(c, name, source?.at ?? start, source, path, replenishes)
  if (ordered === null) return
  let done = ordered.receipts.at(-1)?.recorded ?? ordered.confirmed
  if (path !== 'consignment') done = bills(c, name, ordered, done)
  closeOrder(c, ordered, done)
}

/** The invoices of an order; returns when the last of them was posted. */
function bills(c: Case, name: string, ordered: Ordered, received: number): number {
  const { random } = c
  const parts = ordered.receipts.length > 1 && random.chance(0.55) ? ordered.receipts.length : 1
  let done = received
  for (let part = 0; part < parts; part++) {
    const receipt = ordered.receipts[parts === 1 ? ordered.receipts.length - 1 : part]
    const stood = receipt?.delivered ?? received
    const before = ordered.path === 'three_way_before' && random.chance(0.2)
    let at = before ? stood - random.logNormal(3.4, 0.8) * DAY : stood + random.logNormal(2.6, 0.7) * DAY
    if (ordered.path === 'three_way_after') at = Math.max(at, (receipt?.recorded ?? at) + HOUR)
    at = Math.max(at, ordered.confirmed + HOUR)
    if (random.chance(0.6)) at = afterWork(c.unit, at, random.between(0, 3) * HOUR)
    const suffix = parts === 1 ? '' : `-${part + 1}`
    const posted = billed(
      c,
      `${name}${suffix}`,
      ordered,
      at,
      c.amount / parts,
      parts === 1 ? ordered.receipts.length - 1 : part,
      suffix,
    )
    done = Math.max(done, posted)
  }
  return done
}

/** One invoice, its payment, and now and then a second copy of it; returns when it was posted. */
function billed(
  c: Case,
  number: string,
  ordered: Ordered | null,
  received: number,
  amount: number,
  part: number,
  suffix: string,
): number {
  const printed = `${c.supplier.id.slice(0, 3).toUpperCase()}-${number}`
  const posted = invoice(c, { number, received, amount, ordered, part, printed, duplicate: false })
  if (posted !== null) payment(c, number, posted)
  if (c.random.chance(0.011))
    invoice(c, {
      number: `${number}D${suffix}`,
      received: received + c.random.between(1, 12) * DAY,
      amount,
      ordered,
      part,
      printed,
      duplicate: true,
    })
  return posted?.at ?? received
}
