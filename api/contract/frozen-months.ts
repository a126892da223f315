import { z } from 'zod'
import { KpiDefinition } from './kpi.ts'

const Month = z.string().regex(/^\d{4}-(?:0[1-9]|1[0-2])$/u, 'is not a month such as 2026-03')

export const FrozenMonth = z
  .object({
    month: z.string(),
    as_of: z.string().describe('numbers of the month answer as they were known then'),
    frozen_by: z.string(),
    note: z.string(),
  })
  .meta({ id: 'FrozenMonth' })
export type FrozenMonth = z.output<typeof FrozenMonth>

export const FrozenMonths = z.object({ months: z.array(FrozenMonth) }).meta({ id: 'FrozenMonths' })
export type FrozenMonths = z.output<typeof FrozenMonths>

export const FreezeMonth = z.strictObject({ month: Month, note: z.string().max(500).default('') })

export const MonthPath = z.object({ month: Month })

export const ReopenedMonth = z.object({ month: z.string() }).meta({ id: 'ReopenedMonth' })

export const RestatementsQuery = z.object({
  month: Month,
  limit: z.coerce.number().int().min(1).max(1000).default(100).describe('documents listed for each KPI'),
})

const RestatedState = z
  .object({
    state: z.enum(['counted', 'open', 'excluded', 'absent']),
    reason: z.string(),
    cohort_at: z.string(),
    value: z.number(),
    weight: z.number(),
  })
  .nullable()

export const Restatements = z
  .object({
    month: z.string(),
    as_of: z.string().describe('when the month was frozen; where it is not, its end'),
    frozen: z.boolean(),
    kpis: z.array(
      z.object({
        kpi: z.string(),
        title: z.string(),
        unit: KpiDefinition.shape.unit,
        was: z.object({ value: z.number().nullable(), n: z.int(), open: z.int() }),
        now: z.object({ value: z.number().nullable(), n: z.int(), open: z.int() }),
        changed: z.int().describe('contributions that changed'),
        documents: z.array(
          z.object({
            type: z.string(),
            id: z.string(),
            subject: z.string(),
            known_since: z.string(),
            was: RestatedState.describe('null where it was not known'),
            now: RestatedState,
          }),
        ),
      }),
    ),
  })
  .meta({ id: 'Restatements' })
export type Restatements = z.output<typeof Restatements>
