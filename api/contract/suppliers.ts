import { z } from 'zod'

const figures = {
  invoices: z.int(),
  open: z.int().describe('invoices not finished'),
  orders: z.int(),
  spend: z.number().nullable().describe('orders in the reporting currency; null where a rate is missing'),
  exceptions: z.int().describe('business exceptions of its invoices'),
  exception_rate: z.number().nullable(),
  duplicates: z.int(),
  violations: z.int(),
  answers: z.int().describe('questions that it answered'),
  answer_s: z.number().nullable().describe('mean seconds to an answer'),
  cycle_s: z.number().nullable().describe('median seconds from receipt to payment of its paid invoices'),
  cycles: z.int().describe('paid invoices'),
  late: z.int().describe('invoices paid after they were due'),
  late_rate: z.number().nullable(),
}

const deviation = z
  .object({
    median: z.number().describe('of its earlier periods'),
    score: z.number().nullable().describe('modified z-score; null where its earlier periods are all alike'),
    remarkable: z.boolean(),
    periods: z.int(),
  })
  .nullable()
  .describe('against its own history; null where too little is known')

const card = {
  id: z.string(),
  name: z.string(),
  class: z.string(),
  risk: z.string(),
  country: z.string(),
  status: z.string(),
  ...figures,
  behaviour: z.object({ exception_rate: deviation, answer_s: deviation, cycle_s: deviation, invoices: deviation }),
  remarkable: z.int().describe('figures that lie far outside of its own history'),
}
const head = {
  from: z.string(),
  to: z.string(),
  currency: z.string().nullable().describe('reporting currency; null where reference data names none'),
  minimum_n: z.int(),
}

/** Score cards of suppliers, the largest spend first. */
export const Suppliers = z.object({ ...head, suppliers: z.array(z.object(card)) }).meta({ id: 'Suppliers' })
export type Suppliers = z.output<typeof Suppliers>

/** One supplier with the periods before the window. */
export const SupplierDetail = z
  .object({ ...head, ...card, periods: z.array(z.object({ from: z.string(), to: z.string(), ...figures })) })
  .meta({ id: 'SupplierDetail' })
export type SupplierDetail = z.output<typeof SupplierDetail>
