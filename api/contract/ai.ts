import { z } from 'zod'
import { AI_KINDS } from '../../model/ai-actions.ts'
import { Window } from './common.ts'

export const AiQuery = Window.extend({
  limit: z.coerce.number().int().min(1).max(1000).default(200).describe('most unreviewed effects that are listed'),
}).describe('reviews of what happened in the window are looked for up to half a year before and after it')

const figures = {
  n: z.int().describe('actions'),
  reviewed: z.int().describe('of these: those on which a person decided'),
  accepted: z.int(),
  overridden: z.int(),
  acceptance: z.number().nullable().describe('accepted ÷ reviewed; null where none was'),
  override: z.number().nullable().describe('overridden ÷ reviewed; null where none was'),
  unreviewed: z.int().describe('effects that no person decided on: the target is 0'),
  confidence: z.number().nullable().describe('mean confidence that the model stated'),
  confidence_accepted: z.number().nullable(),
  confidence_overridden: z.number().nullable(),
}

const calibration = {
  n: z.int().describe('actions with a stated confidence that a person accepted or overrode; other decisions are left out'),
  ece: z
    .number()
    .nullable()
    .describe('expected calibration error: mean distance between accepted share and mean stated confidence of the bins, by n'),
  brier: z
    .number()
    .nullable()
    .describe('mean of (stated confidence − outcome)², accepted being 1 and overridden 0: 0 is perfect'),
  bins: z
    .array(
      z.object({
        from: z.number(),
        to: z.number().describe('exclusive, but for 1'),
        n: z.int(),
        stated: z.number().describe('mean stated confidence'),
        hits: z.int().describe('accepted'),
        share: z.number().nullable().describe('accepted ÷ n; null where n is below 10, as are its bounds'),
        low: z.number().nullable().describe('95 % interval by Wilson'),
        high: z.number().nullable(),
      }),
    )
    .describe('by tenths of the stated confidence; empty ones are left out'),
}

/** How often people accept what a model stated with so much confidence. */
export const AiCalibration = z.object(calibration).meta({ id: 'AiCalibration' })
export type AiCalibration = z.output<typeof AiCalibration>

/** What AI did, and what people decided on it. */
export const AiActions = z
  .object({
    from: z.string(),
    to: z.string(),
    totals: z.object({ ...figures, unjudged: z.int().describe('events of AI agents whose activity has no canonical name') }),
    actions: z.array(
      z.object({
        kind: z.string().describe(`${AI_KINDS.join(', ')}; empty when not told`),
        model: z.string(),
        version: z.string(),
        ...figures,
      }),
    ),
    calibration: z
      .object({ all: AiCalibration, models: z.array(z.object({ model: z.string(), version: z.string(), ...calibration })) })
      .describe('ece and brier are null where n is below 10; models with most first'),
    unreviewed: z.array(
      z.object({
        event_id: z.string(),
        occurred_at: z.string(),
        activity: z.string(),
        flag: z.enum(['unreviewed_change', 'unreviewed_recommendation']),
        kind: z.string(),
        model: z.string(),
        actor_id: z.string(),
        input_ref: z.string(),
        confidence: z.number().nullable(),
        system: z.string(),
        documents: z.array(z.object({ type: z.string(), id: z.string() })),
      }),
    ),
  })
  .meta({ id: 'AiActions' })
export type AiActions = z.output<typeof AiActions>
