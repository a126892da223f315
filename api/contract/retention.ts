import { z } from 'zod'
import { RETENTION_DAYS } from '../../model/retention.ts'

const Days = z.int().min(RETENTION_DAYS.least).max(RETENTION_DAYS.most)

const RemovedCounts = z.object({
  documents: z.int().describe('documents and other objects with a timeline of their own'),
  events: z.int(),
  calls: z.int(),
  logs: z.int(),
  measurements: z.int(),
})

export const Retention = z
  .object({
    days: z.int().nullable().describe('how long what has ended is kept; null: for ever'),
    takes_effect_at: z.string().nullable().describe('nothing is removed by it before; null where everything is kept'),
    cut: z.string().nullable().describe('what ended before goes with the next removal; null where everything is kept'),
    held_by: z.string().nullable().describe('frozen month that keeps the cut from being later'),
    kept_since: z
      .string()
      .nullable()
      .describe('before it the history has gaps: only open documents and what they come from; null where nothing was removed'),
    last: z
      .object({ cut: z.string(), finished_at: z.string().nullable().describe('null while it runs'), removed: RemovedCounts })
      .nullable()
      .describe('the last removal'),
  })
  .meta({ id: 'Retention' })
export type Retention = z.output<typeof Retention>

export const RetentionChange = z.strictObject({ days: Days.nullable().describe('null: for ever') })

export const RetentionPreviewQuery = z.object({
  days: z.coerce.number().int().min(RETENTION_DAYS.least).max(RETENTION_DAYS.most),
})

export const RetentionPreview = z
  .object({
    days: z.int(),
    cut: z.string().describe('what ended before goes'),
    held_by: z.string().nullable().describe('frozen month that keeps the cut from being later'),
    counted: z.number().min(0).max(1).describe('how much of it has been counted'),
    removes: RemovedCounts.nullable().describe('null while it is being counted: ask again'),
  })
  .meta({ id: 'RetentionPreview' })
export type RetentionPreview = z.output<typeof RetentionPreview>
