import { z } from 'zod'
import { cleanText } from './common.ts'

/** How a source or way in stands against the pace that it has. */
export const Freshness = z
  .object({
    last_at: z.string().nullable().describe('when its latest event happened; null for a way in'),
    last_received_at: z.string().nullable().describe('when the last one came'),
    expected_gap_s: z
      .number()
      .nullable()
      .describe('seconds after its last sign from which it is late, at this time of the week; null where nothing is expected'),
    learned_from_n: z.int().describe('gaps that it was learned from; 0 where the pace was declared'),
    state: z.enum(['fresh', 'late', 'silent', 'learning', 'never', 'paused']),
    silent_since: z.string().nullable().describe('when its bound was passed; null unless silent'),
    message: z.string(),
  })
  .meta({ id: 'Freshness' })
export type Freshness = z.output<typeof Freshness>

/** How a connector that pulls is doing. */
export const ConnectorStatus = z
  .object({
    ran_at: z.string().nullable(),
    succeeded_at: z.string().nullable(),
    error: z.string().nullable().describe('what went wrong last and what to do; null while all is well'),
    failures: z.int().describe('failed runs since the last good one'),
    next_at: z.string().nullable(),
  })
  .meta({ id: 'ConnectorStatus' })
export type ConnectorStatus = z.output<typeof ConnectorStatus>

export const FeedFreshness = z
  .object({
    feed: z.string().describe('id of a registered source, http or otlp'),
    freshness: Freshness,
    connector: ConnectorStatus.nullable().describe('null where the source is not pulled'),
  })
  .meta({ id: 'FeedFreshness' })
export type FeedFreshness = z.output<typeof FeedFreshness>

/** What is wrong with what a source sends. */
export const DriftFinding = z
  .object({
    feed: z.string(),
    check: z.string().describe('field_vanished, type_changed, field_new, workflow_silent'),
    subject: z.string().describe('record type and path in the payload, or the workflow'),
    severity: z.enum(['error', 'warning', 'info']),
    message: z.string(),
    evidence: z.record(z.string(), z.unknown()),
    first_at: z.string(),
    last_at: z.string(),
    state: z.enum(['open', 'acknowledged', 'gone']),
  })
  .meta({ id: 'DriftFinding' })
export type DriftFinding = z.output<typeof DriftFinding>

export const FindingAcknowledge = z.strictObject({
  feed: cleanText(200).min(1),
  check: cleanText(100).min(1),
  subject: cleanText(2000),
  note: cleanText(1000).optional(),
})
