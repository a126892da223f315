import { z } from 'zod'
import { type Instant, instantFromIso, instantToClickHouse, instantToIso } from '../model/instant.ts'
import { REFERENCE_KINDS } from '../model/reference.ts'
import { type Assumptions, type Measured, ratesOf, type ValueFigures, valueOf } from '../model/value.ts'
import type { Query, TenantReader } from './run.ts'

const FIGURES = {
  invoice_touches: 'touches invoice',
  requisition_touches: 'touches requisition',
  off_contract: 'off-contract-spend',
  discounts: 'discount-capture',
  late: 'late-payment-value',
  duplicates: 'duplicate-before-payment',
  duplicate_value: 'duplicate-value',
  answers: 'answers',
  remediated: 'remediated',
} as const satisfies Record<keyof ValueFigures, string>

const MONTHS = {
  name: 'read/value-months',
  params: z.object({ from: z.string(), to: z.string() }),
  row: z.object({ month: z.string(), figure: z.string(), n: z.number(), value_sum: z.number(), weight_sum: z.number() }),
} satisfies Query<z.ZodRawShape, z.ZodType>
type Row = z.output<typeof MONTHS.row>

const ASSUMPTIONS = {
  name: 'read/value-assumptions',
  params: z.object({ at: z.string() }),
  row: z.object({ said: z.string() }),
} satisfies Query<z.ZodRawShape, z.ZodType>

/**
 * Value by month of the half-open window against the frozen baseline of the assumptions, which are told with it; with the instant of a
 * pilot, before and after it as well. Without a baseline nothing is computed, and the measured figures say what could be frozen.
 */
export async function value(reader: TenantReader, scope: { from: Instant; to: Instant; pilot: Instant | null; now: Instant }) {
  const { from, to, pilot } = scope
  const read = (start: Instant, end: Instant) =>
    start >= end ? [] : reader.rows(MONTHS, { from: instantToClickHouse(start), to: instantToClickHouse(end) })
  const middle = pilot === null ? to : Math.min(Math.max(pilot, from), to)
  const [[stated], before, after] = await Promise.all([
    reader.rows(ASSUMPTIONS, { at: instantToClickHouse(Math.min(to, scope.now)) }),
    read(from, middle),
    read(middle, to),
  ])
  const assumptions = stated === undefined ? null : assumptionsOf(stated.said)
  const part = (rows: readonly Row[]) => {
    const figures = figuresOf(rows)
    const baseline = assumptions?.baseline ?? null
    return {
      measured: ratesOf(figures),
      ...(assumptions === null || baseline === null
        ? { efficiency: [], control: [], strategic: [] }
        : valueOf(figures, assumptions, baseline)),
    }
  }
  const rows = [...before, ...after]
  const months = [...new Set(rows.map(({ month }) => month))].toSorted()
  return {
    from: instantToIso(from),
    to: instantToIso(to),
    assumptions,
    needs: assumptions === null ? 'value_assumptions' : assumptions.baseline === null ? 'baseline' : null,
    ...part(rows),
    months: months.map((month) => ({ month, ...part(rows.filter((row) => row.month === month)) })),
    pilot: pilot === null ? null : { at: instantToIso(pilot), before: part(before), after: part(after) },
  }
}

function figuresOf(rows: readonly Row[]): ValueFigures {
  const of = (figure: string): Measured => {
    const own = rows.filter((row) => row.figure === figure)
    return {
      n: own.reduce((sum, { n }) => sum + n, 0),
      value: own.reduce((sum, row) => sum + row.value_sum, 0),
      weight: own.reduce((sum, row) => sum + row.weight_sum, 0),
    }
  }
  return {
    invoice_touches: of(FIGURES.invoice_touches),
    requisition_touches: of(FIGURES.requisition_touches),
    off_contract: of(FIGURES.off_contract),
    discounts: of(FIGURES.discounts),
    late: of(FIGURES.late),
    duplicates: of(FIGURES.duplicates),
    duplicate_value: of(FIGURES.duplicate_value),
    answers: of(FIGURES.answers),
    remediated: of(FIGURES.remediated),
  }
}

function assumptionsOf(body: string): Assumptions & { baseline: Assumptions['baseline'] } {
  const said = REFERENCE_KINDS.value_assumptions.body.parse(JSON.parse(body))
  const { baseline } = said
  return {
    currency: said.currency,
    minutes_per_touch: said.minutes_per_touch,
    hourly_rate: Number(said.hourly_rate),
    late_fee_pct: said.late_fee_pct,
    off_contract_saving_pct: said.off_contract_saving_pct,
    baseline: baseline === null || instantFromIso(withTime(baseline.from)) === null ? null : baseline,
  }
}

function withTime(text: string): string {
  return /^\d{4}-\d{2}-\d{2}$/u.test(text) ? `${text}T00:00:00Z` : text
}
