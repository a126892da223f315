import { z } from 'zod'
import { InstantText, Window } from './common.ts'

export const ValueQuery = Window.extend({
  pilot: InstantText.optional().describe('start of a pilot: tells before and after apart'),
})

const part = z.object({
  part: z.string(),
  value: z
    .number()
    .nullable()
    .describe('in the currency of the assumptions; negative where it got worse; null where nothing tells it'),
  hours: z.number().nullable().describe('hours of work, where it is work'),
  n: z.int().describe('documents that tell it'),
})
const share = z.number().nullable()
const stretch = {
  measured: z
    .object({
      invoices: z.int().describe('invoices that were finished'),
      requisitions: z.int().describe('requisitions that were finished'),
      touches_per_invoice: share,
      touches_per_requisition: share,
      off_contract_rate: share,
      discount_capture_rate: share,
      late_rate: share.describe('by value'),
      duplicate_rate: share.describe('found before payment'),
      answer_s: share.describe('mean seconds to a supplier’s answer'),
      violations_remediated: z.int(),
    })
    .describe('what was measured, as a baseline would freeze it'),
  efficiency: z.array(part),
  control: z.array(part),
  strategic: z.array(part),
}

/** Value against a frozen baseline, with its assumptions. */
export const Value = z
  .object({
    from: z.string(),
    to: z.string(),
    needs: z.enum(['value_assumptions', 'baseline']).nullable().describe('what is missing for it; null where it is evaluable'),
    assumptions: z
      .object({
        currency: z.string(),
        minutes_per_touch: z.number(),
        hourly_rate: z.number(),
        late_fee_pct: z.number(),
        off_contract_saving_pct: z.number(),
        baseline: z
          .object({
            from: z.string(),
            to: z.string(),
            touches_per_invoice: z.number(),
            touches_per_requisition: z.number(),
            late_rate: z.number(),
            discount_capture_rate: z.number(),
            off_contract_rate: z.number(),
            duplicate_rate: z.number(),
          })
          .nullable(),
      })
      .nullable(),
    ...stretch,
    months: z.array(z.object({ month: z.string(), ...stretch })),
    pilot: z.object({ at: z.string(), before: z.object(stretch), after: z.object(stretch) }).nullable(),
  })
  .meta({ id: 'Value' })
export type Value = z.output<typeof Value>
