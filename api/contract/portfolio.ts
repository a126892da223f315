import { z } from 'zod'
import { cleanText, Window } from './common.ts'

export const PortfolioQuery = Window.extend({
  kpis: cleanText(1000).default('').describe('ids separated by commas; the usual ones where none is given'),
  tenants: cleanText(4000).default('').describe('ids separated by commas; all that the credential may see where none is given'),
}).describe('`to` defaults to the end of the day (UTC), `from` to 90 days before it')

/** Tenants side by side on the same KPIs. */
export const Portfolio = z
  .object({
    from: z.string(),
    to: z.string(),
    kpis: z.array(
      z.object({
        kpi: z.string(),
        title: z.string(),
        unit: z.enum(['s', 'ratio', 'per_1000', 'count', 'money']),
        better: z.enum(['lower', 'higher']),
        minimum_n: z.int(),
      }),
    ),
    tenants: z.array(
      z.object({
        tenant: z.string(),
        name: z.string(),
        incidents_open: z.int().describe('technical incidents that have not ended'),
        documents_blocked: z.int().describe('documents that incidents block now'),
        breaches: z.int().describe('clocks of service levels that were breached in the window'),
        figures: z.array(
          z.object({
            kpi: z.string(),
            value: z.number().nullable(),
            previous: z.number().nullable().describe('of the window of equal length before'),
            n: z.int(),
            open: z.int(),
            target: z.number().nullable().describe('the tenant’s own'),
          }),
        ),
      }),
    ),
  })
  .meta({ id: 'Portfolio' })
export type Portfolio = z.output<typeof Portfolio>
