import { z } from 'zod'
import { type Instant, instantToClickHouse, instantToIso } from '../model/instant.ts'
import { type Deviation, deviationOf } from '../model/robust.ts'
import { SightlineError } from '../platform/errors.ts'
import { DAY_US } from './kpi-buckets.ts'
import { moneyRates } from './money-rates.ts'
import type { Query, TenantReader } from './run.ts'

/** Periods of the window's length before it that behaviour is held against. */
const PERIODS_BEFORE = 8
/** Fewer invoices in a period than this tell nothing of behaviour. */
const MINIMUM_N = 5

const ROW = z.object({
  supplier: z.string(),
  period: z.number(),
  supplier_name: z.string(),
  class: z.string(),
  risk: z.string(),
  country: z.string(),
  status: z.string(),
  invoices: z.number(),
  orders: z.number(),
  spend: z.number(),
  spend_unconverted: z.number(),
  exceptions: z.number(),
  invoices_with_exception: z.number(),
  duplicates: z.number(),
  violations: z.number(),
  answers: z.number(),
  answer_s: z.number(),
  cycles: z.number(),
  cycle_s: z.number().nullable(),
  late: z.number(),
  paid: z.number(),
  open_invoices: z.number(),
})
type Row = z.output<typeof ROW>

const SUPPLIERS = {
  name: 'read/suppliers',
  params: z.object({
    first: z.string(),
    to: z.string(),
    length_us: z.number(),
    cut_days: z.array(z.string()),
    supplier: z.string(),
  }),
  row: ROW,
} satisfies Query<z.ZodRawShape, z.ZodType>

/** Figures of behaviour, each null where too little is known in the period. */
const BEHAVIOUR = {
  exception_rate: (row: Row) => (row.invoices < MINIMUM_N ? null : row.invoices_with_exception / row.invoices),
  answer_s: (row: Row) => (row.answers < MINIMUM_N ? null : row.answer_s / row.answers),
  cycle_s: (row: Row) => (row.cycles < MINIMUM_N ? null : row.cycle_s),
  invoices: (row: Row) => row.invoices,
} as const

type Behaviour = keyof typeof BEHAVIOUR

/**
 * Score cards of suppliers over the half-open window, by the day that their documents began, each beside its own history: the stretches of
 * the same length before. A figure is remarkable where it lies far outside of them (modified z-score above 3.5); with fewer than four
 * earlier figures, or fewer than five invoices or answers in a period, nothing is said.
 */
export async function suppliers(reader: TenantReader, scope: { from: Instant; to: Instant; now: Instant }) {
  const [rows, { currency }] = await Promise.all([readPeriods(reader, scope, ''), moneyRates(reader, scope.now)])
  const found = [...bySupplier(rows).values()].flatMap((periods) => {
    const card = cardOf(periods, currency)
    return card === null ? [] : [card]
  })
  return {
    ...windowText(scope),
    currency,
    minimum_n: MINIMUM_N,
    suppliers: found.toSorted((a, b) => (b.spend ?? 0) - (a.spend ?? 0) || b.invoices - a.invoices || (a.id < b.id ? -1 : 1)),
  }
}

/**
 * One supplier's score card with its periods.
 *
 * @throws SightlineError `not_found` where it has no document in the window
 */
export async function supplierDetail(reader: TenantReader, id: string, scope: { from: Instant; to: Instant; now: Instant }) {
  const [rows, { currency }] = await Promise.all([readPeriods(reader, scope, id), moneyRates(reader, scope.now)])
  const card = cardOf(rows, currency)
  if (card === null)
    throw new SightlineError('not_found', `Supplier "${id.slice(0, 80)}" has no document in this window.`, {
      next: 'Ask for a longer window.',
    })
  const length = scope.to - scope.from
  return {
    ...windowText(scope),
    currency,
    minimum_n: MINIMUM_N,
    ...card,
    periods: rows
      .toSorted((a, b) => b.period - a.period)
      .map((row) => ({
        from: instantToIso(scope.to - (row.period + 1) * length),
        to: instantToIso(scope.to - row.period * length),
        ...figuresOf(row, currency),
      })),
  }
}

function readPeriods(reader: TenantReader, { from, to }: { from: Instant; to: Instant }, supplier: string): Promise<Row[]> {
  const length_us = to - from
  const edges = Array.from({ length: PERIODS_BEFORE + 2 }, (_, period) => to - period * length_us)
  const cut = edges.filter((edge) => edge > 0 && edge % DAY_US !== 0)
  return reader.rows(SUPPLIERS, {
    first: instantToClickHouse(Math.max(0, to - (PERIODS_BEFORE + 1) * length_us)),
    to: instantToClickHouse(to),
    length_us,
    cut_days: cut.map((edge) => instantToIso(edge).slice(0, 10)),
    supplier,
  })
}

function bySupplier(rows: readonly Row[]): Map<string, Row[]> {
  const groups = new Map<string, Row[]>()
  for (const row of rows) {
    const group = groups.get(row.supplier)
    if (group === undefined) groups.set(row.supplier, [row])
    else group.push(row)
  }
  return groups
}

/** The card of the window, period 0; null where the supplier has nothing in it. */
function cardOf(periods: readonly Row[], currency: string | null) {
  const row = periods.find(({ period }) => period === 0)
  if (row === undefined) return null
  const before = periods.filter(({ period }) => period > 0)
  const changes: Record<Behaviour, Deviation | null> = { exception_rate: null, answer_s: null, cycle_s: null, invoices: null }
  for (const name of Object.keys(BEHAVIOUR) as Behaviour[]) {
    const value = BEHAVIOUR[name](row)
    const history = before.map(BEHAVIOUR[name]).filter((one) => one !== null)
    changes[name] = value === null ? null : deviationOf(value, history)
  }
  return {
    id: row.supplier,
    name: row.supplier_name,
    class: row.class,
    risk: row.risk,
    country: row.country,
    status: row.status,
    ...figuresOf(row, currency),
    behaviour: changes,
    remarkable: Object.values(changes).filter((one) => one?.remarkable === true).length,
  }
}

function figuresOf(row: Row, currency: string | null) {
  return {
    invoices: row.invoices,
    open: row.open_invoices,
    orders: row.orders,
    spend: currency === null || row.spend_unconverted > 0 ? null : row.spend,
    exceptions: row.exceptions,
    exception_rate: row.invoices === 0 ? null : row.invoices_with_exception / row.invoices,
    duplicates: row.duplicates,
    violations: row.violations,
    answers: row.answers,
    answer_s: row.answers === 0 ? null : row.answer_s / row.answers,
    cycle_s: row.cycle_s,
    cycles: row.cycles,
    late: row.late,
    late_rate: row.paid === 0 ? null : row.late / row.paid,
  }
}

function windowText({ from, to }: { from: Instant; to: Instant }) {
  return { from: instantToIso(from), to: instantToIso(to) }
}
