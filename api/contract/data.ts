import { z } from 'zod'
import { cleanText } from './common.ts'
import { SourceFormat, RegisteredSource } from './feeds.ts'
import { FeedFreshness, Freshness, DriftFinding } from './freshness.ts'

export const Sources = z
  .object({
    sources: z.array(
      z.object({
        source: z.string(),
        events: z
          .int()
          .describe('that it ever sent, each once; estimated to about 1 % where an activity has more than a thousand'),
        objects: z.int().describe('that its events name, estimated alike'),
        unmapped: z.int().describe('events whose activity has no canonical name, estimated alike'),
        first_at: z.string().describe('the earliest event, or since when events are kept'),
        last_at: z.string(),
        last_received_at: z.string(),
        events_24h: z.int().describe('arrived in the last 24 hours, to the hour'),
        freshness: Freshness,
      }),
    ),
    unmapped: z.array(z.object({ activity: z.string(), events: z.int(), source: z.string() })),
    conflicts: z.array(
      z.object({
        event_id: z.string(),
        natural_id: z.string(),
        source: z.string(),
        copies: z.int(),
        first_received_at: z.string(),
      }),
    ),
    corrections: z.int(),
    registered: z.array(RegisteredSource),
    formats: z.array(SourceFormat),
    feeds: z.array(FeedFreshness).describe('ways in, registered ones that never brought anything among them'),
  })
  .meta({ id: 'Sources' })
export type Sources = z.output<typeof Sources>

export const Finding = z
  .object({
    check: z.string(),
    severity: z.enum(['error', 'warning', 'info']),
    count: z.int(),
    of: z.int(),
    share: z.number(),
    message: z.string(),
    evidence: z.array(z.object({ object: z.string().optional(), ordinal: z.int().optional(), detail: z.string() })),
    repair: z.object({ id: z.string(), message: z.string() }).optional(),
  })
  .meta({ id: 'Finding' })
export type Finding = z.output<typeof Finding>

export const QualityReport = z
  .object({
    findings: z.array(Finding),
    events: z.int(),
    objects: z.int(),
    activities: z.int(),
    first_at: z.string().nullable(),
    last_at: z.string().nullable(),
    checked: z.array(z.string()).describe('checks that ran, those without a finding among them'),
    notes: z.array(z.string()).describe('limits of the report, such as a cap on tracked objects'),
  })
  .meta({ id: 'QualityReport' })
export type QualityReport = z.output<typeof QualityReport>

export const ImportState = z.enum(['running', 'done', 'cancelled', 'failed', 'undone'])

export const Import = z
  .object({
    id: z.string(),
    tenant_id: z.string(),
    source: z.string(),
    file_name: z.string(),
    bytes: z.number(),
    format: z.string(),
    repair: z.string().nullable(),
    state: ImportState,
    records_read: z.int(),
    accepted: z.int(),
    duplicates: z.int(),
    rejected: z.int(),
    started_at: z.string(),
    finished_at: z.string().nullable(),
    created_by: z.string(),
    report: QualityReport.nullable(),
  })
  .meta({ id: 'Import' })
export type Import = z.output<typeof Import>

export const Quality = z
  .object({
    imports: z.array(Import),
    findings: z.array(DriftFinding).describe('contract drift and silent workflows; open ones first'),
  })
  .meta({ id: 'Quality' })
export type Quality = z.output<typeof Quality>

export const ImportStart = z.object({
  source: cleanText(512).min(1),
  file_name: cleanText(512).min(1),
  file_sha256: z.string().regex(/^[0-9a-f]{64}$/u),
  bytes: z.int().min(0),
  format: cleanText(40),
  mapping: z.unknown(),
  repair: cleanText(60).nullish(),
})
export const ImportUpdate = z.object({
  state: ImportState.optional(),
  records_read: z.int().min(0).optional(),
  accepted: z.int().min(0).optional(),
  duplicates: z.int().min(0).optional(),
  rejected: z.int().min(0).optional(),
  report: QualityReport.optional(),
})

export const IngestAnswer = z
  .object({
    accepted: z.int(),
    duplicates: z.int().describe('known at once; copies that other processes hold are settled later'),
    rejected: z.array(z.object({ index: z.int(), code: z.string(), message: z.string() })),
    conflicts: z
      .array(z.object({ index: z.int(), event_id: z.string() }))
      .describe('same id, different content: kept and named, the first arrival stands'),
  })
  .meta({ id: 'IngestAnswer' })
export type IngestAnswer = z.output<typeof IngestAnswer>
