import { z } from 'zod'
import { Matcher } from '../../model/alert-routing.ts'
import { cleanText, InstantText } from './common.ts'
import { AlertProblems } from './rules.ts'

export const SilenceView = z
  .object({
    id: z.string(),
    kind: z.enum(['silence', 'maintenance']),
    matcher: Matcher,
    from: z.string(),
    to: z.string(),
    reason: z.string(),
    holds: z.enum(['planned', 'now', 'over']),
    created_at: z.string(),
    created_by: z.string(),
    ended_at: z.string().nullable().describe('when it was ended before its time'),
    ended_by: z.string().nullable(),
  })
  .meta({ id: 'Silence' })
export type SilenceView = z.output<typeof SilenceView>

export const Silences = z.object({ silences: z.array(SilenceView) }).meta({ id: 'Silences' })
export type Silences = z.output<typeof Silences>

export const SilenceCreate = z.strictObject({
  kind: z.enum(['silence', 'maintenance']).default('silence'),
  matcher: Matcher,
  from: InstantText.optional().describe('default now'),
  to: InstantText,
  reason: cleanText(500).min(1),
})

export const SilenceCreated = SilenceView.extend(AlertProblems.shape).meta({ id: 'SilenceCreated' })
export type SilenceCreated = z.output<typeof SilenceCreated>

export const SilencePreviewRequest = SilenceCreate.partial({ to: true, reason: true })

export const SilencePreview = z
  .object({
    alerts: z.array(
      z.object({
        id: z.string(),
        rule: z.string(),
        severity: z.string(),
        labels: z.record(z.string(), z.string()),
        money: z.number().nullable(),
        opened_at: z.string(),
      }),
    ),
    alerts_n: z.int(),
    instances: z.array(z.object({ rule: z.string(), key: z.string(), state: z.string() })).describe('the first hundred'),
    instances_n: z.int(),
    ...AlertProblems.shape,
  })
  .meta({ id: 'SilencePreview' })
export type SilencePreview = z.output<typeof SilencePreview>
