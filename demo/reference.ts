import { authorities } from './authority.ts'
import { budgetsOf } from './budgets.ts'
import { DAY, dayOf } from './calendar.ts'
import { FX, inCurrency } from './limits.ts'
import { policiesIn, policyVersions } from './policies.ts'
import { identitiesOf } from './identities.ts'
import { hash, randomFrom } from './random.ts'
import type { Supplier } from './suppliers.ts'
import { systemsOf } from './systems.ts'
import { DEMO_TENANTS, type DemoTenant } from './tenants.ts'
import { createWorld, type World } from './world.ts'

/** One row of reference data, valid from an instant to another (exclusive, `null` while it holds); instants ISO 8601. */
export type ReferenceRow = {
  kind:
    | 'suppliers'
    | 'contracts'
    | 'approval_matrices'
    | 'policies'
    | 'budgets'
    | 'identities'
    | 'calendars'
    | 'rates'
    | 'targets'
    | 'systems'
    | 'value_assumptions'
  key: string
  valid_from: string
  valid_to: string | null
  body: Record<string, unknown>
}

/** Days round the anchor that the dated rows cover. */
const PAST = 400
const FUTURE = 400
const YEARS = 3 * 365 * DAY

/** Reference data of one tenant, as its own systems would export it: what the simulation keeps to, but for what it plants. */
export function referenceRows(options: { seed: number; anchor: number }, tenant: DemoTenant): ReferenceRow[] {
  if (tenant.profile === null) return []
  const { seed, anchor } = options
  const world = createWorld(seed, anchor, tenant, tenant.profile)
  const start = dayOf(anchor) * DAY - YEARS
  const rows: ReferenceRow[] = []
  const add = (
    kind: ReferenceRow['kind'],
    key: string,
    body: Record<string, unknown>,
    from: number | null = null,
    to: number | null = null,
  ): void => {
    const valid_to = to === null || to === Infinity ? null : new Date(to).toISOString()
    rows.push({ kind, key, valid_from: new Date(from ?? start).toISOString(), valid_to, body })
  }
  const currency = reportingCurrency(tenant)
  const from = anchor - PAST * DAY
  const to = anchor + FUTURE * DAY

  for (const [rank, supplier] of world.suppliers.entries()) {
    for (const one of standing(world, supplier, rank, start)) add('suppliers', supplier.id, one.body, one.from, one.to)
    if (supplier.contract === null) continue
    const exhausted = supplier.standing === 'exhausted'
    const body = {
      supplier: supplier.id,
      categories: exhausted ? [] : [supplier.category.name],
      ceiling: exhausted ? { amount: inCurrency(25, currency), currency } : null,
      prices: [],
    }
    add('contracts', supplier.contract, body, null, supplier.contract_to)
  }
  for (const [index, { from: since, to: until, ...body }] of authorities(world).entries())
    add('approval_matrices', `${body.document_type}/${body.step}/${body.entity ?? 'all'}/${index}`, body, since, until)
  for (const { id, ...policy } of policiesIn(currency))
    for (const one of policyVersions(from, to)) add('policies', id, { version: one.version, ...policy }, one.from, one.to)
  const owner = (unit: { entity: string; business_unit: string }, at: number): string =>
    world.holder(`budget_owner:${unit.entity} ${unit.business_unit}:0`, at).id
  for (const budget of budgetsOf(world.profile, owner, from, to))
    add('budgets', `${budget.entity}/${budget.cost_centre}/${budget.period}`, budget)
  for (const { id, ...identity } of identitiesOf(world)) add('identities', id, identity)
  for (const [name, calendar] of calendarsOf(world, anchor)) add('calendars', name, calendar)
  for (const [other, rate] of Object.entries(FX).filter(([code]) => code !== 'EUR'))
    for (const [month, next] of monthsOf(from, to)) {
      const drift = randomFrom(seed, other, month, 'rate').between(0.985, 1.015)
      add('rates', `EUR/${other}`, { from: 'EUR', to: other, rate: (rate * drift).toFixed(4) }, month, next)
    }
  for (const [kpi, value] of TARGETS) add('targets', kpi, { kpi, value })
  for (const { id, ...system } of systemsOf(world)) add('systems', id, system)
  add('value_assumptions', 'default', {
    currency,
    minutes_per_touch: 6.5,
    hourly_rate: inCurrency(38, currency),
    late_fee_pct: 0.8,
    off_contract_saving_pct: 7,
    discount_days: 20,
    baseline: {
      from: new Date((dayOf(anchor) - 182) * DAY).toISOString(),
      to: new Date((dayOf(anchor) - 91) * DAY).toISOString(),
      touches_per_invoice: 2.4,
      touches_per_requisition: 3.1,
      late_rate: 0.11,
      discount_capture_rate: 0.52,
      off_contract_rate: 0.026,
      duplicate_rate: 0.014,
    },
  })
  return rows
}

/** The currency in which a tenant reports: that of its biggest site. */
export function reportingCurrency(tenant: DemoTenant): string {
  return tenant.profile?.units[0]?.currency ?? 'EUR'
}

/** Reference data of every tenant that has any. */
export function* simulateReference(options: { seed: number; anchor: number }): Generator<{ tenant: string; row: ReferenceRow }> {
  for (const tenant of DEMO_TENANTS) for (const row of referenceRows(options, tenant)) yield { tenant: tenant.id, row }
}

/** Targets by KPI: hours for times, shares for rates. */
const TARGETS = [
  ['requisition-to-po', 86_400],
  ['po-cycle', 172_800],
  ['invoice-cycle', 604_800],
  ['approval-cycle', 86_400],
  ['capture-lag', 43_200],
  ['touchless-rate', 0.4],
  ['first-time-match', 0.9],
  ['exception-rate', 0.15],
  ['late-payment', 0.06],
  ['duplicate-invoice-rate', 0.01],
  ['onboarding-lead-time', 1_296_000],
] as const

type Stretch = { from: number; to: number | null; body: Record<string, unknown> }

/** What the supplier's record said, stretch by stretch: its status, risk and bank account change. */
function standing(world: World, supplier: Supplier, rank: number, start: number): Stretch[] {
  const { history } = world
  const own = <T extends { supplier: string }>(list: readonly T[]): T[] => list.filter((one) => one.supplier === supplier.id)
  const banks = own(history.bank).map((one) => one.at)
  const spells = [...own(history.blocked), ...own(history.critical)]
  const cuts = [...new Set([start, ...banks, ...spells.flatMap((one) => [one.from, one.to])])].toSorted((a, b) => a - b)
  return cuts.map((from, index) => {
    const spell = history.criticalAt(supplier, from)
    const ended = own(history.critical).findLast((one) => one.to <= from)
    const accounts = banks.filter((at) => at <= from).length
    const body: Record<string, unknown> = {
      name: supplier.name,
      status: history.statusAt(supplier, from),
      class: supplier.standing !== 'regular' ? 'sundry' : rank < 10 ? 'strategic' : rank < 40 ? 'preferred' : 'standard',
      risk: spell === null ? (ended?.after ?? supplier.risk) : 'critical',
      country: supplier.country,
      bank_ref: hash(world.seed, world.tenant.id, supplier.id, 'bank', accounts).toString(16).padStart(8, '0'),
    }
    if (supplier.duplicate_of !== null) body['duplicate_of'] = supplier.duplicate_of
    return { from, to: cuts[index + 1] ?? null, body }
  })
}

/** The calendars of the sites, one an entity, under the name of the entity; `default` is that of the biggest. */
function calendarsOf(world: World, anchor: number): Map<string, Record<string, unknown>> {
  const year = new Date(anchor).getUTCFullYear()
  const exceptions = Array.from({ length: 7 }, (_, index) => year - 3 + index).flatMap((one) =>
    ['01-01', '05-01', '12-25', '12-26'].map((day) => ({ date: `${one}-${day}`, shifts: [] })),
  )
  const day = [{ from: '09:00', to: '17:00' }]
  const week = { mon: day, tue: day, wed: day, thu: day, fri: day, sat: [], sun: [] }
  const calendars = new Map<string, Record<string, unknown>>()
  for (const unit of world.profile.units) {
    const { offset_h } = unit
    const zone = offset_h === 0 ? 'Etc/UTC' : `Etc/GMT${offset_h > 0 ? '-' : '+'}${Math.abs(offset_h)}`
    for (const name of calendars.size === 0 ? ['default', unit.entity] : [unit.entity])
      if (!calendars.has(name)) calendars.set(name, { name, zone, week, holidays: null, exceptions, version: 1 })
  }
  return calendars
}

/** First instants of the months from the one that holds `from`, each with the first of the next. */
function monthsOf(from: number, to: number): [number, number][] {
  const first = new Date(from)
  const months: [number, number][] = []
  for (let index = 0; ; index++) {
    const month = Date.UTC(first.getUTCFullYear(), first.getUTCMonth() + index)
    if (month >= to) return months
    months.push([month, Date.UTC(first.getUTCFullYear(), first.getUTCMonth() + index + 1)])
  }
}
