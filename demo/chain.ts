import { type Bill, copyOf, planBill } from './bill.ts'
import { costCentre } from './budgets.ts'
import { afterWork, atWork, DAY, HOUR, isWorkday, MINUTE } from './calendar.ts'
import { invoice } from './invoice.ts'
import { clearOf } from './limits.ts'
import { onboarding } from './onboarding.ts'
import { payment } from './payment.ts'
import { closeOrder, type Ordered, purchaseOrder } from './purchase-order.ts'
import { hash, type Random, randomFrom } from './random.ts'
import { createRecorder, type Recorder } from './recorder.ts'
import { requisition } from './requisition.ts'
import { type Case, erpSystem } from './case.ts'
import type { Path } from './truth.ts'
import type { World } from './world.ts'

const PATHS: readonly Path[] = ['two_way', 'three_way_after', 'three_way_before', 'consignment']

const QUANTITIES = [10, 12, 16, 20, 25, 40, 60, 100, 150, 240] as const

function openCase(world: World, rec: Recorder, random: Random, day: number, asked: Set<string>): Case {
  const { units, categories } = world.profile
  const unit = units[random.weighted(units.map((one) => one.weight))] ?? units[0]
  const category = categories[random.weighted(categories.map((one) => one.weight))] ?? categories[0]
  if (unit === undefined || category === undefined) throw new RangeError(`${world.tenant.id} has no units or categories`)
  const supplier = random.chance(0.0035)
    ? (world.irregular(random.pick(['blocked', 'pending', 'duplicate', 'exhausted'])) ?? world.supplierFor(random, category))
    : world.supplierFor(random, category)
  const risk = category.capital === true && random.chance(0.3) ? 'high' : supplier.risk
  rec.shift = unit
  const c = {
    world,
    random,
    rec,
    unit,
    supplier,
    category,
    asked,
    day,
    item: `${category.name.slice(0, 3).toUpperCase()}-${String(hash(rec.chain) % 100_000).padStart(5, '0')}`,
    quantity: random.pick(QUANTITIES),
    cost_centre: costCentre(world.profile, unit),
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
  return { ...c, ...priced(c.quantity, Math.min(900_000, Math.max(40, usual(random, category.amount)))) }
}

/** An amount that is usual for a category: never more than five times the median. */
function usual(random: Random, median: number): number {
  for (;;) {
    const amount = random.logNormal(median, 0.9)
    if (amount < median * 5) return amount
  }
}

/** Price and amount of a quantity that costs about `amount`, clear of the limits. */
function priced(quantity: number, amount: number): { price: number; amount: number } {
  const price = Math.round((clearOf(amount) / quantity) * 10_000) / 10_000
  return { price, amount: Math.round(price * quantity * 100) / 100 }
}

/** The instant on a day (days since 1970) at which somebody at the site starts something, in working hours. */
function morning(c: Case, day: number): number {
  return atWork(c.unit, day * DAY - c.unit.offset_h * HOUR + c.random.between(8.5, 17) * HOUR)
}

/**
 * One purchase with everything that follows from it: the `index`-th that starts on a day. Two requisitions where the need was split.
 * `asked` is shared by the purchases of a day.
 */
export function purchaseChain(world: World, day: number, index: number, asked: Set<string>): Recorder {
  const name = String(day * 1000 + index)
  const { seed, tenant } = world
  const random = randomFrom(seed, tenant.id, day, index)
  const rec = createRecorder(`${tenant.id}-p${name}`)
  const c = openCase(world, rec, random, day, asked)
  if (random.chance(world.profile.non_po)) {
    const start = (isWorkday(day) ? morning(c, day) : day * DAY) + random.between(-4, 6) * HOUR
    withoutOrder(c, name, start)
    return rec
  }
  if (isWorkday(day) && random.chance(0.003)) {
    const requester = freeRequester(c)
    if (requester !== null) {
      const start = morning(c, day)
      const first = { ...c, ...priced(c.quantity, random.between(2050, 2800)), split: { requester, second: false } }
      const second = {
        ...c,
        ...priced(c.quantity, random.between(2050, 2800)),
        split: { requester, second: true },
        workflow_run: `n8n:${rec.chain}b`,
      }
      purchase(first, name, start, false)
      purchase({ ...second, attributes: { ...c.attributes } }, `${name}B`, start + random.between(4, 50) * MINUTE, false)
      return rec
    }
  }
  const replenishes = random.chance(isWorkday(day) ? 0.06 : 1)
  purchase(c, name, replenishes ? day * DAY + random.uniform() * DAY : morning(c, day), replenishes)
  return rec
}

/** A bill for something that nobody ordered; now and then one that is far outside the supplier's history. */
function withoutOrder(c: Case, name: string, start: number): void {
  const { random, world, day } = c
  const main = world.suppliers[random.int(0, 1)]
  const known = world.scale >= 0.8 && world.profile.purchases > 10 && day > world.anchorDay - 90
  if (main === undefined || !known || !random.chance(0.03) || c.supplier.standing !== 'regular') {
    billed({ ...c, ...priced(c.quantity, c.amount * 0.4) }, name, null, start)
    return
  }
  const category = main.category
  const attributes = { ...c.attributes, supplier: main.id, category: category.name, risk_category: main.risk }
  const amount = Math.min(900_000, category.amount * random.between(55, 65))
  billed({ ...c, supplier: main, category, attributes, ...priced(c.quantity, amount) }, name, null, start, true)
}

/** One supplier onboarding: the `index`-th that starts on a day. */
export function onboardingChain(world: World, day: number, index: number): Recorder {
  const name = String(day * 1000 + index)
  const random = randomFrom(world.seed, world.tenant.id, day, index, 'onboarding')
  const rec = createRecorder(`${world.tenant.id}-o${name}`)
  const c = openCase(world, rec, random, day, new Set())
  onboarding(c, name, morning(c, day))
  return rec
}

/** What of the usual order of things is turned round in a purchase. */
type Twist = 'invoice first' | 'goods first' | null

function purchase(c: Case, name: string, begin: number, replenishes: boolean): void {
  const { random, world, unit } = c
  const drawn = PATHS[random.weighted(world.profile.paths)] ?? 'three_way_before'
  const path = c.split !== undefined && drawn === 'consignment' ? 'three_way_before' : drawn
  const requester = replenishes || path === 'consignment' ? null : (c.split?.requester ?? freeRequester(c))
  const direct = requester === null || (c.split === undefined && random.chance(0.05))
  const usable = path === 'three_way_before' && !replenishes
  const draw = random.uniform()
  const twist: Twist =
    !usable || c.split !== undefined ? null : draw < 0.0025 ? 'invoice first' : draw < 0.005 ? 'goods first' : null
  const start = twist === null ? begin : afterWork(unit, begin, random.between(6, 26) * HOUR)
  const source = direct ? null : requisition(c, name, start, requester)
  if (source === null && !direct) return
  const ordered = purchaseOrder(c, name, source?.at ?? start, source, {
    path,
    replenishes,
    arrived: twist === 'goods first' ? begin : null,
  })
  if (ordered === null) return
  let done = ordered.receipts.at(-1)?.recorded ?? ordered.confirmed
  if (path !== 'consignment') done = bills(c, name, ordered, done, twist === 'invoice first' ? begin : null)
  closeOrder(c, ordered, done)
}

/**
 * A requester of the site who asked this supplier for nothing today; `null` where everybody has. Half of them ask on even days, half
 * on odd ones.
 */
function freeRequester(c: Case): string | null {
  const first = c.random.int(0, 3)
  for (let i = 0; i < 4; i++) {
    const { id } = c.world.person(`requester:${c.unit.plant}:${(c.day % 2) * 4 + ((first + i) % 4)}`)
    const key = `${id} ${c.supplier.id}`
    if (c.asked.has(key)) continue
    c.asked.add(key)
    return id
  }
  return null
}

/** The invoices of an order; returns when the last of them was posted. `first`: when one came before there was an order. */
function bills(c: Case, name: string, ordered: Ordered, received: number, first: number | null): number {
  const { random } = c
  const { receipts } = ordered
  const parts = receipts.length > 1 && random.chance(0.55) ? receipts.length : 1
  let done = received
  for (let part = 0; part < parts; part++) {
    const deliveries = parts === 1 ? receipts : receipts.slice(part, part + 1)
    const receipt = deliveries.at(-1)
    const stood = receipt?.delivered ?? received
    const before = ordered.path === 'three_way_before' && random.chance(0.2)
    let at = before ? stood - random.logNormal(3.4, 0.8) * DAY : stood + random.logNormal(2.6, 0.7) * DAY
    if (ordered.path === 'three_way_after') at = Math.max(at, (receipt?.recorded ?? at) + HOUR)
    at = Math.max(at, ordered.confirmed + HOUR)
    if (random.chance(0.6)) at = afterWork(c.unit, at, random.between(0, 3) * HOUR)
    if (part === 0 && first !== null) at = first
    else if (part === 0 && ordered.approved - ordered.created > 3 * HOUR && random.chance(0.06))
      at = random.between(ordered.created + HOUR, ordered.approved - HOUR)
    const suffix = parts === 1 ? '' : `-${part + 1}`
    const quantity = parts === 1 ? c.quantity : (receipt?.quantity ?? c.quantity)
    const amount = Math.round(quantity * c.price * 100) / 100
    done = Math.max(done, billed({ ...c, quantity, amount }, `${name}${suffix}`, { ...ordered, deliveries }, at))
  }
  return done
}

/** One invoice, its payment, and now and then a second copy of it; returns when it was posted. */
function billed(c: Case, number: string, ordered: Bill['ordered'], received: number, outlier = false): number {
  const { random } = c
  const printed = `${c.supplier.id.slice(0, 3).toUpperCase()}-${String(hash(c.rec.chain, number) % 100_000_000).padStart(8, '0')}`
  const bill = planBill(c, { number, printed, received, ordered, outlier })
  const printedSo = { ...bill }
  const posted = invoice(c, bill)
  if (posted === null) return received
  payment(c, number, posted)
  if (outlier || !random.chance(0.016)) return posted.at
  const copy = copyOf(c, printedSo)
  const again = invoice(c, copy)
  if (again !== null) payment(c, copy.number, again)
  return posted.at
}
