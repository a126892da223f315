import { z } from 'zod'
import { DIMENSIONS } from '../../model/vocabulary.ts'
import { InstantText } from './common.ts'

export const ReferenceKindInfo = z
  .object({
    kind: z.string(),
    title: z.string(),
    key: z.string().describe('what the key of a row means'),
    holds: z.string(),
    needed_by: z.string().describe('what is not evaluable without it'),
    example: z.object({ key: z.string(), body: z.record(z.string(), z.unknown()) }),
    rows: z.int().describe('rows that stand'),
    schema: z.record(z.string(), z.unknown()).describe('JSON schema of the body of a row'),
  })
  .meta({ id: 'ReferenceKindInfo' })
export type ReferenceKindInfo = z.output<typeof ReferenceKindInfo>

export const ReferenceKinds = z.object({ kinds: z.array(ReferenceKindInfo) }).meta({ id: 'ReferenceKinds' })
export type ReferenceKinds = z.output<typeof ReferenceKinds>

export const ReferenceRow = z
  .object({
    id: z.string(),
    key: z.string(),
    valid_from: z.string(),
    valid_to: z.string().nullable().describe('exclusive; null while it holds'),
    body: z.unknown(),
    recorded_at: z.string(),
    recorded_by: z.string(),
    replaced_at: z.string().nullable().describe('since when it no longer stands'),
  })
  .meta({ id: 'ReferenceRow' })
export type ReferenceRow = z.output<typeof ReferenceRow>

export const ReferenceQuery = z.object({
  at: InstantText.optional().describe('only rows that hold at this instant'),
  as_of: InstantText.optional().describe('as the rows stood then'),
  q: z.string().max(200).optional().describe('part of the key'),
  key: z.string().max(512).optional().describe('everything that was ever stated of this key, the newest first'),
  after: z.string().max(1000).optional().describe('`next` of the page before'),
  limit: z.coerce.number().int().min(1).max(1000).default(100),
})

export const ReferenceRows = z
  .object({ kind: z.string(), rows: z.array(ReferenceRow), next: z.string().nullable() })
  .meta({ id: 'ReferenceRows' })
export type ReferenceRows = z.output<typeof ReferenceRows>

export const ReferenceInput = z
  .object({
    rows: z
      .array(z.unknown())
      .max(50_000)
      .optional()
      .describe(
        '`{key, valid_from?, valid_to?, body}`; days or instants, `valid_to` exclusive, without `valid_from` it always held',
      ),
    csv: z
      .string()
      .optional()
      .describe('instead of rows: a table with the columns key, valid_from, valid_to and one for each field of the body'),
    supersede: z.boolean().default(false).describe('end earlier rows of a key where a new one begins, rather than refuse'),
    partial: z.boolean().default(false).describe('keep the rows that fit and tell of the others, rather than all or none'),
    dry_run: z.boolean().default(false).describe('tell what would become of it, and keep nothing'),
  })
  .refine(({ rows, csv }) => (rows === undefined) !== (csv === undefined), 'needs either rows or csv')
  .meta({ id: 'ReferenceInput' })

export const ReferenceProblem = z
  .object({ row: z.int().describe('number of the row, from 0'), code: z.string(), message: z.string() })
  .meta({ id: 'ReferenceProblem' })
export type ReferenceProblem = z.output<typeof ReferenceProblem>

export const ReferenceSaved = z
  .object({
    added: z.int(),
    unchanged: z.int().describe('rows that stood already as they are'),
    ended: z.int().describe('earlier rows that were ended'),
    problems: z
      .array(ReferenceProblem)
      .describe('rows that cannot be kept, of a dry run or with `partial`; otherwise the call is refused with them'),
    recorded_at: z.string().nullable().describe('when, where anything changed: what an undo names'),
  })
  .meta({ id: 'ReferenceSaved' })
export type ReferenceSaved = z.output<typeof ReferenceSaved>

export const ReferenceChanges = z
  .object({
    kind: z.string(),
    changes: z
      .array(
        z.object({
          recorded_at: z.string(),
          recorded_by: z.string(),
          added: z.int(),
          standing: z.int().describe('rows of it that still stand; it can be undone while all do'),
        }),
      )
      .describe('the last fifty, the newest first'),
  })
  .meta({ id: 'ReferenceChanges' })
export type ReferenceChanges = z.output<typeof ReferenceChanges>

export const ReferenceUndo = z.object({ recorded_at: InstantText }).meta({ id: 'ReferenceUndo' })
export const ReferenceUndone = z.object({ removed: z.int(), restored: z.int() }).meta({ id: 'ReferenceUndone' })

export const ReferenceExportQuery = ReferenceQuery.pick({ at: true, as_of: true, q: true })

export const Target = z
  .object({
    id: z.string(),
    kpi: z.string(),
    dimension: z.string().nullable(),
    group: z.string().nullable().describe('null: for all'),
    value: z.number().describe('seconds for times, 0 to 1 for shares'),
    valid_from: z.string(),
    valid_to: z.string().nullable(),
  })
  .meta({ id: 'Target' })
export const Targets = z.object({ targets: z.array(Target) }).meta({ id: 'Targets' })
export type Targets = z.output<typeof Targets>
export const TargetsQuery = z.object({ at: InstantText.optional().describe('that hold at this instant; default now') })
export const TargetInput = z
  .object({
    kpi: z.string(),
    dimension: z.enum(DIMENSIONS).optional(),
    group: z.string().optional(),
    value: z.number(),
    from: InstantText.optional().describe('default: always'),
  })
  .meta({ id: 'TargetInput' })

export const ReferenceEnd = z.object({ valid_to: InstantText }).meta({ id: 'ReferenceEnd' })
