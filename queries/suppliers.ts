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

const FIGURES = {
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
}
const Figures = z.object(FIGURES)
type Figures = z.output<typeof Figures>

/** Figures of behaviour, null where too little is known in a period; of the periods before, those that are known. */
const Behaved = z.tuple([z.number().nullable(), z.number().nullable(), z.number().nullable(), z.number()])
const Before = z.array(z.number())
const KNOWN = {
  supplier: z.string(),
  supplier_name: z.string(),
  class: z.string(),
  risk: z.string(),
  country: z.string(),
  status: z.string(),
}
const Card = z.object({
  ...KNOWN,
  ...FIGURES,
  behaved_now: Behaved,
  before_exception_rate: Before,
  before_answer_s: Before,
  before_cycle_s: Before,
  before_invoices: Before,
})
type Card = z.output<typeof Card>

const PARAMS = z.object({
  first: z.string(),
  to: z.string(),
  length_us: z.number(),
  cut_days: z.array(z.string()),
  minimum_n: z.number(),
  supplier: z.string(),
})
const CARDS = { name: 'read/suppliers', params: PARAMS, row: Card } satisfies Query<z.ZodRawShape, z.ZodType>
const PERIODS = {
  name: 'read/supplier-periods',
  params: PARAMS,
  row: z.object({
    period: z.number(),
    ...KNOWN,
    ...FIGURES,
    behaved_exception_rate: z.number().nullable(),
    behaved_answer_s: z.number().nullable(),
    behaved_cycle_s: z.number().nullable(),
  }),
} satisfies Query<z.ZodRawShape, z.ZodType>

/**
 * Score cards of suppliers over the half-open window, by the day that their documents began, each beside its own history: the stretches of
 * the same length before. A figure is remarkable where it lies far outside of them (modified z-score above 3.5); with fewer than four
 * earlier figures, or fewer than five invoices or answers in a period, nothing is said.
 */
export async function suppliers(reader: TenantReader, scope: { from: Instant; to: Instant; now: Instant }) {
  const [rows, { currency }] = await Promise.all([reader.rows(CARDS, paramsOf(scope, '')), moneyRates(reader, scope.now)])
  const found = rows.map((row) => cardOf(row, currency))
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
  const [periods, { currency }] = await Promise.all([reader.rows(PERIODS, paramsOf(scope, id)), moneyRates(reader, scope.now)])
  const now = periods.find(({ period }) => period === 0)
  if (now === undefined)
    throw new SightlineError('not_found', `Supplier "${id.slice(0, 80)}" has no document in this window.`, {
      next: 'Ask for a longer window.',
    })
  const length = scope.to - scope.from
  return {
    ...windowText(scope),
    currency,
    minimum_n: MINIMUM_N,
    ...cardOf(cardFrom(now, periods), currency),
    periods: periods.map((one) => ({
      from: instantToIso(scope.to - (one.period + 1) * length),
      to: instantToIso(scope.to - one.period * length),
      ...figuresOf(one, currency),
    })),
  }
}

function paramsOf({ from, to }: { from: Instant; to: Instant }, supplier: string): z.input<typeof PARAMS> {
  const length_us = to - from
  const edges = Array.from({ length: PERIODS_BEFORE + 2 }, (_, period) => to - period * length_us)
  const cut = edges.filter((edge) => edge > 0 && edge % DAY_US !== 0)
  return {
    first: instantToClickHouse(Math.max(0, to - (PERIODS_BEFORE + 1) * length_us)),
    to: instantToClickHouse(to),
    length_us,
    cut_days: cut.map((edge) => instantToIso(edge).slice(0, 10)),
    minimum_n: MINIMUM_N,
    supplier,
  }
}

/** A supplier's card of its periods, as suppliers.sql puts it together for all of them. */
function cardFrom(now: z.output<typeof PERIODS.row>, periods: readonly z.output<typeof PERIODS.row>[]): Card {
  const before = periods.filter(({ period }) => period > 0)
  const known = (of: 'behaved_exception_rate' | 'behaved_answer_s' | 'behaved_cycle_s'): number[] =>
    before.map((one) => one[of]).filter((value) => value !== null)
  return {
    ...now,
    behaved_now: [now.behaved_exception_rate, now.behaved_answer_s, now.behaved_cycle_s, now.invoices],
    before_exception_rate: known('behaved_exception_rate'),
    before_answer_s: known('behaved_answer_s'),
    before_cycle_s: known('behaved_cycle_s'),
    before_invoices: before.map(({ invoices }) => invoices),
  }
}

function cardOf(row: Card, currency: string | null) {
  const [exception_rate, answer_s, cycle_s, invoices] = row.behaved_now
  const against = (value: number | null, before: readonly number[]): Deviation | null =>
    value === null ? null : deviationOf(value, before)
  const behaviour = {
    exception_rate: against(exception_rate, row.before_exception_rate),
    answer_s: against(answer_s, row.before_answer_s),
    cycle_s: against(cycle_s, row.before_cycle_s),
    invoices: against(invoices, row.before_invoices),
  }
  return {
    id: row.supplier,
    name: row.supplier_name,
    class: row.class,
    risk: row.risk,
    country: row.country,
    status: row.status,
    ...figuresOf(row, currency),
    behaviour,
    remarkable: Object.values(behaviour).filter((one) => one?.remarkable === true).length,
  }
}

function figuresOf(row: Figures, currency: string | null) {
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
