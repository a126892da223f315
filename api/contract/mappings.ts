import { z } from 'zod'
import { cleanText } from './common.ts'

/** How records of a source are read. */
export const FormatInfo = z
  .object({
    name: z.string(),
    title: z.string(),
    mapping: z.enum(['needed', 'optional', 'none']).describe('whether the format needs a mapping'),
    media: z.array(z.string()).describe('content types, the usual one first'),
  })
  .meta({ id: 'FormatInfo' })
export type FormatInfo = z.output<typeof FormatInfo>

export const MappingVersion = z
  .object({ version: z.int(), created_at: z.string().nullable().describe('null of one that ships') })
  .meta({ id: 'MappingVersion' })
export type MappingVersion = z.output<typeof MappingVersion>

const Base = z.object({ name: z.string(), version: z.int() })

export const MappingSummary = z
  .object({
    name: z.string(),
    title: z.string(),
    description: z.string(),
    pack: z.boolean().describe('ships with the product and cannot be changed, only copied'),
    input: z.enum(['json', 'xml']),
    version: z.int().describe('the newest'),
    versions: z.array(MappingVersion).describe('newest first'),
    based_on: Base.nullable(),
    rules: z.int(),
    sources: z.array(z.string()).describe('ids of the registered sources that use it'),
  })
  .meta({ id: 'MappingSummary' })
export type MappingSummary = z.output<typeof MappingSummary>

export const Mappings = z
  .object({ mappings: z.array(MappingSummary).describe('own ones first, by name'), formats: z.array(FormatInfo) })
  .meta({ id: 'Mappings' })
export type Mappings = z.output<typeof Mappings>

/** A mapping itself. Its schema is `PayloadMapping`; here it is JSON to show, edit and send back. */
const Body = z.record(z.string(), z.unknown()).describe('the mapping: name, version, title, rules, otherwise …')

export const MappingDetail = z
  .object({
    name: z.string(),
    version: z.int(),
    pack: z.boolean(),
    versions: z.array(MappingVersion),
    created_at: z.string().nullable(),
    body: Body,
  })
  .meta({ id: 'MappingDetail' })
export type MappingDetail = z.output<typeof MappingDetail>

export const MappingQuery = z.object({ version: z.coerce.number().int().min(1).optional().describe('default: the newest') })

export const MappingSave = z.object({
  body: Body,
  /** Guards against two people who edit at once. */
  expected_version: z.int().min(0).optional().describe('newest version that the editor saw; 0: none'),
})

export const MappingIssue = z
  .object({ path: z.string().describe('where, such as rules[2].events[0].time'), message: z.string() })
  .meta({ id: 'MappingIssue' })
export type MappingIssue = z.output<typeof MappingIssue>

export const MappingCheck = z.object({ body: Body })
export const MappingIssues = z
  .object({ issues: z.array(MappingIssue).describe('empty: the mapping is valid') })
  .meta({ id: 'MappingIssues' })

export const DryRun = z.object({
  format: cleanText(60).min(1).default('mapped-json'),
  mapping: z
    .union([z.object({ name: cleanText(100).min(1), version: z.int().min(1).optional() }), z.object({ body: Body }), z.null()])
    .default(null)
    .describe('by name and version, or a body that is tried before it is saved'),
  sample: z.string().max(1_900_000).describe('what the source sends'),
  encoding: z.enum(['text', 'base64']).default('text'),
  headers: z.record(cleanText(200), z.string().max(8192)).default({}),
})

export const DryRunEvent = z
  .object({
    event_id: z.string(),
    natural_id: z.string(),
    source: z.string(),
    type: z.string(),
    time: z.string(),
    activity: z.string().describe('canonical name, or the own name of the source'),
    source_activity: z.string(),
    canonical: z.boolean(),
    objects: z.array(z.object({ type: z.string(), id: z.string(), qualifier: z.string().nullable() })),
    class: z.string().describe('business, technical, unknown or none'),
    category: z.string(),
    data: z.record(z.string(), z.unknown()).describe('everything else, as it will be kept'),
  })
  .meta({ id: 'DryRunEvent' })
export type DryRunEvent = z.output<typeof DryRunEvent>

export const DryRunRecord = z
  .object({
    outcome: z.enum(['events', 'drop', 'reject']),
    rule: z.object({ index: z.int(), name: z.string() }).nullable().describe('the rule that took the record'),
    events: z.array(DryRunEvent),
    code: z.string().nullable(),
    reason: z.string().nullable().describe('why it is dropped or rejected'),
    unread: z.array(z.string()).describe('fields of the record that nothing was made of, at most 200'),
  })
  .meta({ id: 'DryRunRecord' })
export type DryRunRecord = z.output<typeof DryRunRecord>

export const DryRunResult = z
  .object({
    records: z.array(DryRunRecord).describe('at most 100'),
    total: z.int().describe('records in the sample'),
    issues: z.array(MappingIssue).describe('what is wrong with the mapping; it is then not tried'),
  })
  .meta({ id: 'DryRunResult' })
export type DryRunResult = z.output<typeof DryRunResult>
