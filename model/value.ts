/** Frozen figures of the time before. */
export type Baseline = {
  from: string
  to: string
  touches_per_invoice: number
  touches_per_requisition: number
  late_rate: number
  discount_capture_rate: number
  off_contract_rate: number
  duplicate_rate: number
}

/** What value is computed by; percentages as numbers of a hundred, as reference data states them. */
export type Assumptions = {
  currency: string
  minutes_per_touch: number
  hourly_rate: number
  late_fee_pct: number
  off_contract_saving_pct: number
  baseline: Baseline | null
}

/** A sum over a stretch: how many, and numerator and denominator of a share or a mean. */
export type Measured = { n: number; value: number; weight: number }

/** What was measured in a stretch. */
export type ValueFigures = {
  invoice_touches: Measured
  requisition_touches: Measured
  off_contract: Measured
  discounts: Measured
  late: Measured
  duplicates: Measured
  duplicate_value: Measured
  answers: Measured
  remediated: Measured
}

/** A part of the value: money, hours where it is work, and how many documents tell it; null where nothing tells it. */
export type ValuePart = { part: string; value: number | null; hours: number | null; n: number }

/**
 * The value of a stretch against the frozen baseline, in the currency of the assumptions: efficiency = (touches before − now) × documents ×
 * minutes × rate; control = spend that moved under contract × what that saves, and duplicates stopped above the baseline's; strategic =
 * discounts above the baseline's share, and late fees avoided. Negative where things got worse.
 */
export function valueOf(
  figures: ValueFigures,
  assumptions: Assumptions,
  baseline: Baseline,
): Record<'efficiency' | 'control' | 'strategic', ValuePart[]> {
  const work = (part: string, before: number, { n, value }: Measured): ValuePart => {
    if (n === 0) return { part, value: null, hours: null, n }
    const hours = ((before * n - value) * assumptions.minutes_per_touch) / 60
    return { part, value: hours * assumptions.hourly_rate, hours, n }
  }
  const money = (part: string, { n, weight }: Measured, value: number): ValuePart => ({
    part,
    value: n === 0 || weight === 0 ? null : value,
    hours: null,
    n,
  })
  const { off_contract: off, discounts, late, duplicates, duplicate_value: worth } = figures
  const stopped =
    duplicates.weight === 0 || duplicates.value === 0 ? 0 : 1 - (baseline.duplicate_rate * duplicates.weight) / duplicates.value
  return {
    efficiency: [
      work('invoices', baseline.touches_per_invoice, figures.invoice_touches),
      work('requisitions', baseline.touches_per_requisition, figures.requisition_touches),
    ],
    control: [
      money(
        'off_contract_avoided',
        off,
        ((baseline.off_contract_rate * off.weight - off.value) * assumptions.off_contract_saving_pct) / 100,
      ),
      money('duplicates_stopped', worth, worth.value * stopped),
    ],
    strategic: [
      money('discounts_gained', discounts, discounts.value - baseline.discount_capture_rate * discounts.weight),
      money('late_fees_avoided', late, ((baseline.late_rate * late.weight - late.value) * assumptions.late_fee_pct) / 100),
    ],
  }
}

/** The figures of a stretch as a baseline would freeze them; null where nothing was measured. */
export function ratesOf(figures: ValueFigures) {
  const share = ({ value, weight }: Measured) => (weight === 0 ? null : value / weight)
  return {
    invoices: figures.invoice_touches.n,
    requisitions: figures.requisition_touches.n,
    touches_per_invoice: share(figures.invoice_touches),
    touches_per_requisition: share(figures.requisition_touches),
    off_contract_rate: share(figures.off_contract),
    discount_capture_rate: share(figures.discounts),
    late_rate: share(figures.late),
    duplicate_rate: share(figures.duplicates),
    answer_s: share(figures.answers),
    violations_remediated: figures.remediated.n,
  }
}
