import { z } from 'zod'
import { cleanText, Window } from './common.ts'

const currency = z.string().nullable().describe('reporting currency; null where reference data names none')
const sums = {
  n: z.int(),
  open: z.int().describe('of these: not finished'),
  value: z
    .number()
    .nullable()
    .describe('in the reporting currency at the rate of each document’s day; null where a rate is missing'),
  currencies: z.array(z.object({ currency: z.string(), total: z.number() })).describe('per currency, never across'),
}
const contract = {
  addressable: z.number().nullable().describe('released spend that a contract could cover; null where contracts are not known'),
  off_contract: z.number().nullable(),
  off_contract_share: z.number().nullable(),
  contract_n: z.int().describe('released orders or lines that the share counts'),
}

export const SpendQuery = Window.extend({
  by: z.enum(['category', 'supplier', 'entity', 'month']).default('category'),
  category: cleanText(200).default(''),
  supplier: cleanText(200).default(''),
  entity: cleanText(200).default(''),
})

/** Spend by group: on and off contract. */
export const Spend = z
  .object({
    from: z.string(),
    to: z.string(),
    by: z.string(),
    currency,
    total: z.object({ ...sums, ...contract }),
    groups: z.array(z.object({ group: z.string(), ...sums, ...contract })),
  })
  .meta({ id: 'Spend' })
export type Spend = z.output<typeof Spend>

const bucket = z.object({ bucket: z.string(), ...sums })

/** Open commitments, open invoices by due date, days payable, discounts that can be taken. */
export const WorkingCapital = z
  .object({
    from: z.string(),
    to: z.string(),
    as_of: z.string(),
    currency,
    commitments: z
      .array(bucket)
      .describe('open orders less what was invoiced: young (30 days), month (30 to 90 days), quarter (older)'),
    payables: z
      .array(bucket)
      .describe(
        'open invoices by when they are due: overdue_30 (more than 30 days ago), overdue, week, month, two_months, later, undated',
      ),
    days_payable: z
      .object({ value: z.number().nullable(), n: z.int() })
      .describe('days from receipt to payment of the invoices paid in the window, weighted by value'),
    early: z.object({
      n: z.int(),
      value: z.number().nullable(),
      invoices: z.array(
        z.object({
          id: z.string(),
          supplier: z.string(),
          amount: z.string(),
          currency: z.string(),
          worth: z.number().nullable().describe('discount in the reporting currency'),
          discount: z.number(),
          until: z.string(),
          due_at: z.string().nullable(),
          yearly: z.number().nullable().describe('d/(1 − d) × 365/days paid early'),
          waits_on: z.string(),
        }),
      ),
    }),
  })
  .meta({ id: 'WorkingCapital' })
export type WorkingCapital = z.output<typeof WorkingCapital>

export const AgeingQuery = z.object({
  type: cleanText(100).default('').describe('requisition, purchase_order, invoice, payment, onboarding, approval or exception'),
  waits: cleanText(100).default('').describe('exception, person, supplier, system or queue; class of an exception'),
  band: z.coerce.number().int().min(0).optional().describe('seconds at which an age band begins: 0, 86400, 259200, …'),
  limit: z.coerce.number().int().min(1).max(1000).default(100),
  offset: z.coerce.number().int().min(0).max(1_000_000).default(0),
})

/** Open work by age, and the oldest of it. */
export const Ageing = z
  .object({
    as_of: z.string(),
    currency,
    bands: z.array(
      z.object({
        type: z.string(),
        waits: z.string(),
        band: z.int().describe('seconds at which the age band begins'),
        n: z.int(),
        oldest_at: z.string(),
        worth: z.number().nullable(),
        unconverted: z.int().describe('documents without a rate, not in worth'),
      }),
    ),
    items: z.array(
      z.object({
        type: z.string(),
        id: z.string(),
        of_type: z.string(),
        of_id: z.string(),
        waits: z.string(),
        waits_for: z.string(),
        waiting_since: z.string(),
        since: z.string(),
        stage: z.string(),
        amount: z.number(),
        currency: z.string(),
        worth: z.number().nullable(),
        supplier: z.string(),
        entity: z.string(),
      }),
    ),
  })
  .meta({ id: 'Ageing' })
export type Ageing = z.output<typeof Ageing>
