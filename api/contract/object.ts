import { z } from 'zod'
import { DocumentDelays } from './delays.ts'
import { IntegrationCall } from './integrations.ts'

export const ObjectsQuery = z.object({
  q: z.string().max(200).optional().describe('part of the id, letter case ignored'),
  limit: z.coerce.number().int().min(1).max(500).default(50),
  after: z.string().max(600).optional().describe('cursor: `next` of the page before'),
})

export const ObjectSearch = z
  .object({
    type: z.string(),
    objects: z.array(
      z.object({
        id: z.string(),
        events: z.int(),
        first_at: z.string(),
        last_at: z.string(),
        last_activity: z.string(),
        supplier: z.string(),
        entity: z.string(),
        business_exceptions: z.int(),
        technical_failures: z.int(),
      }),
    ),
    next: z.string().nullable(),
  })
  .meta({ id: 'ObjectSearch' })
export type ObjectSearch = z.output<typeof ObjectSearch>

export const TimelineEvent = z
  .object({
    event_id: z.string(),
    occurred_at: z.string(),
    ended_at: z.string().nullable().describe('where the activity has an end'),
    received_at: z.string(),
    activity: z.string(),
    source_activity: z.string(),
    mapped: z.boolean(),
    source: z.string(),
    step: z.string(),
    lifecycle: z.string(),
    system: z.string(),
    actor: z.object({ id: z.string(), kind: z.string(), on_behalf_of: z.string() }),
    outcome: z.object({ status: z.string(), code: z.string(), message: z.string() }),
    classification: z.object({
      class: z.enum(['business', 'technical', 'unknown', 'none']),
      category: z.string(),
      reaction: z.string(),
      confidence: z.number(),
      rule_version: z.string(),
      evidence: z.array(z.string()),
    }),
    exception: z.object({ id: z.string(), state: z.string(), caused_by: z.string() }).nullable(),
    operation: z.object({ id: z.string(), attempt: z.int() }).nullable(),
    policy: z.object({ id: z.string(), version: z.string(), decision: z.string() }).nullable(),
    money: z.object({ amount: z.string(), currency: z.string() }).nullable(),
    due_at: z.string().nullable(),
    waits_on: z.object({ kind: z.string(), id: z.string(), step: z.string() }).nullable(),
    objects: z.array(z.object({ type: z.string(), id: z.string(), qualifier: z.string() })),
    trace_id: z.string(),
    ai: z.record(z.string(), z.unknown()).nullable(),
    attributes: z.record(z.string(), z.unknown()),
    corrects: z.string().nullable().describe('event whose place this one takes'),
    superseded: z.boolean().describe('a correction stands in its place; shown, not counted'),
  })
  .meta({ id: 'TimelineEvent' })
export type TimelineEvent = z.output<typeof TimelineEvent>

export const ObjectTimeline = z
  .object({
    type: z.string(),
    id: z.string(),
    first_at: z.string(),
    last_at: z.string(),
    duration_s: z.number(),
    attributes: z.record(z.string(), z.string()).describe('latest value of each'),
    blocked_by: z
      .array(
        z.object({ operation_id: z.string(), system: z.string(), category: z.string(), since: z.string(), attempts: z.int() }),
      )
      .describe('technical operations of this document that failed and have not succeeded since'),
    open_exceptions: z.array(z.object({ exception_id: z.string(), category: z.string(), class: z.string(), since: z.string() })),
    delays: DocumentDelays.nullable().describe(
      'where its time went; null for what is no document on a way of its own, or not computed yet',
    ),
    related: z.array(z.object({ type: z.string(), id: z.string(), events: z.int() })),
    events: z.array(TimelineEvent),
    calls: z
      .array(IntegrationCall)
      .describe(
        'calls between systems that served it, in order of start: those that name it, and those in its traces; at most 1000',
      ),
  })
  .meta({ id: 'ObjectTimeline' })
export type ObjectTimeline = z.output<typeof ObjectTimeline>

const State = z.object({
  state: z
    .string()
    .describe('kpi: counted, open, excluded or absent; clock: its state; delay: open or finished; violation: found or retracted'),
  value: z.number().nullable().describe('what it contributes to a KPI, or seconds; null where it says none'),
})

export const ObjectHistory = z
  .object({
    type: z.string(),
    id: z.string(),
    changes: z
      .array(
        z.object({
          known_since: z.string().describe('equal for all that one run computed'),
          kind: z.enum(['kpi', 'clock', 'delay', 'violation']),
          name: z.string().describe('the KPI, service level, cause of time or control'),
          subject: z.string(),
          before: State.nullable().describe('null for the first that was known'),
          after: State,
        }),
      )
      .describe('the newest first, at most 2000'),
  })
  .meta({ id: 'ObjectHistory' })
export type ObjectHistory = z.output<typeof ObjectHistory>
