import { z } from 'zod'
import { Routing } from '../../model/alert-routing.ts'
import { Severity, Slug } from '../../model/alert-rule.ts'
import { cleanText, InstantText } from './common.ts'
import { AlertProblems } from './rules.ts'

export const RoutingVersion = z
  .object({
    version: z.int().describe('0: the routing that ships, as none is stated'),
    created_at: z.string().nullable(),
    created_by: z.string().nullable(),
    note: z.string().describe('why it was changed; empty where nobody said'),
    routing: Routing,
  })
  .meta({ id: 'RoutingVersion' })

export const RoutingView = RoutingVersion.extend(AlertProblems.shape).meta({ id: 'RoutingView' })
export type RoutingView = z.output<typeof RoutingView>

export type RoutingVersion = z.output<typeof RoutingVersion>

export const RoutingVersions = z.object({ versions: z.array(RoutingVersion) }).meta({ id: 'RoutingVersions' })
export type RoutingVersions = z.output<typeof RoutingVersions>

export const RoutingSave = z.strictObject({
  routing: Routing,
  version: z.int().min(0).nullable().default(null).describe('the one that was read; another one since is a conflict'),
  note: cleanText(500).default('').describe('why; kept with the version and in the audit'),
})

export const RoutingPreviewRequest = z.strictObject({
  alert: z.strictObject({
    rule: Slug,
    class: z.enum(['business', 'technical']),
    severity: Severity,
    labels: z.record(z.string().max(60), z.string().max(512)).default({}),
    money: z.number().min(0).nullable().default(null).describe('at risk, in the reporting currency'),
  }),
  at: InstantText.optional().describe('when it would fire; default now'),
  routing: Routing.optional().describe('one to try; default the one in force'),
})

export const RoutingPreview = z
  .object({
    from: z.string(),
    to: z.string(),
    parties: z.array(
      z.object({
        party: z.string(),
        title: z.string(),
        held_until: z.string().nullable().describe('start of its working time; null where it is told at once'),
        told: z.array(
          z.object({
            step: z.int(),
            at: z.string(),
            channel: z.string(),
            person: z.string().nullable().describe('who is on duty, of a rota'),
            channel_state: z.enum(['active', 'paused', 'missing']),
          }),
        ),
      }),
    ),
  })
  .meta({ id: 'RoutingPreview' })
export type RoutingPreview = z.output<typeof RoutingPreview>
