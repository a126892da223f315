import { z } from 'zod'
import { Window } from './common.ts'

export const OnboardingQuery = Window.extend({
  group_by: z.enum(['class', 'risk', 'country', 'entity']).optional().describe('one funnel for each as well'),
})

const seconds = z.number().nullable()
const stage = z.object({
  stage: z.string().describe('milestone that it begins with'),
  reached: z.int(),
  n: z.int().describe('of these: went on to a next stage'),
  open: z.int().describe('are in it'),
  dropped: z.int().describe('rejected or withdrawn in it'),
  resubmissions: z.int().describe('times that its milestone was repeated'),
  median_s: seconds.describe('by Kaplan and Meier: open ones count with the time so far; null under the minimum n'),
  median_low_s: seconds.describe('95 % interval (Brookmeyer and Crowley)'),
  median_high_s: seconds,
  p90_s: seconds,
  mean_s: seconds.describe('restricted mean, up to the longest that was seen'),
  mean_low_s: seconds.describe('95 % interval'),
  mean_high_s: seconds,
  supplier_share: z.number().nullable().describe('share of its time in which the supplier was waited on'),
  approval_share: z.number().nullable().describe('share of its time in which an approval was waited on'),
  owner: z
    .object({ id: z.string(), kind: z.string(), share: z.number() })
    .nullable()
    .describe('who most often ends it, and in which share of cases'),
})

const funnel = {
  requested: z.int(),
  transactable: z.int(),
  open: z.int(),
  dropped: z.int(),
  stages: z.array(stage),
  bottleneck: z
    .object({
      stage: z.string(),
      mean_s: seconds,
      mean_low_s: seconds,
      mean_high_s: seconds,
      next: z.string().nullable().describe('stage of the next largest mean'),
      clear: z.boolean().describe('whether its interval lies above that of the next one'),
    })
    .nullable()
    .describe('stage of the largest restricted mean; null where none has enough'),
}

/** The funnel of supplier onboardings. */
export const Onboarding = z
  .object({
    from: z.string(),
    to: z.string(),
    minimum_n: z.int(),
    ...funnel,
    groups: z.array(z.object({ group: z.string(), ...funnel })),
    waiting: z
      .array(
        z.object({
          id: z.string(),
          supplier: z.string(),
          class: z.string(),
          risk: z.string(),
          country: z.string(),
          stage: z.string(),
          since: z.string(),
          requested_at: z.string(),
          exceptions: z.int(),
        }),
      )
      .describe('those that are open, the oldest first'),
  })
  .meta({ id: 'Onboarding' })
export type Onboarding = z.output<typeof Onboarding>
