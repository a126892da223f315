import { z } from 'zod'
import { InstantText, Window } from './common.ts'
import { BUCKETS } from './kpi.ts'

/** What an instant of a document's life is charged to. */
export const DELAY_CAUSES = ['technical', 'business_exception', 'supplier', 'person', 'touch', 'queue'] as const
const cause = z.enum(DELAY_CAUSES)

const value = z.string().max(512).default('')
const DelayFilters = Window.extend({
  as_of: InstantText.optional().describe('as it was known at this instant'),
  entity: value,
  business_unit: value,
  plant: value,
  region: value,
  risk_category: value,
  budget_owner: value,
  category: value,
  supplier: value,
  approver: value,
  currency: value,
})

/** Documents by the instant at which they finished. */
export const DelaysQuery = DelayFilters.extend({
  bucket: z.enum(BUCKETS).default('all').describe('weeks start on Monday; buckets are in UTC'),
  group_by: z
    .enum([
      'entity',
      'business_unit',
      'plant',
      'region',
      'risk_category',
      'budget_owner',
      'category',
      'supplier',
      'approver',
      'currency',
      'cause',
      'stage',
      'step',
      'holder',
      'system',
    ])
    .optional(),
  compare: z.enum(['previous']).optional().describe('adds the means of the preceding window of equal length'),
})
export type DelaysQuery = z.output<typeof DelaysQuery>

export const DelayDocumentsQuery = DelayFilters.extend({
  cause: value.describe('those with time charged to this cause'),
  stage: value.describe('those with time charged in this stage'),
  holder: value.describe('those that waited for this party'),
  system: value.describe('those that this system held up'),
  late_because: value.describe('late ones that would not be late without this cause, or without these joined by `+` together'),
  late_system: value.describe(
    'late ones that would not be late without the failures of this system, or of these joined by `+` together',
  ),
  open_cause: value.describe('open ones whose time is charged to this now, instead of those that finished in the window'),
  limit: z.coerce.number().int().min(1).max(500).default(50),
  after: z.coerce.number().int().min(0).max(1_000_000).default(0).describe('`next` of the page before'),
})
export type DelayDocumentsQuery = z.output<typeof DelayDocumentsQuery>

const amounts = { working_s: z.number(), off_s: z.number() }

const DelaySegment = z.object({
  from: z.string(),
  to: z.string().describe('exclusive'),
  cause,
  ...amounts,
  stage: z.string().describe('named by the milestone that ends it'),
  step: z.string().describe('what is blocked or worked on'),
  party: z.enum(['person', 'supplier', 'system']).describe('by whose calendar working time is told; systems always work'),
  holder: z.string().describe('who is waited on'),
  system: z.string().describe('the system that failed, of technical time'),
  caused_by: z.string().describe('root exception, incident or operation'),
})

export const DocumentDelays = z
  .object({
    type: z.string(),
    id: z.string(),
    finished: z.boolean(),
    provisional: z.boolean().describe('something still blocks it: the charging can change'),
    first_at: z.string(),
    until_at: z.string().describe('up to where its events tell; the segments end here'),
    elapsed_s: z.number().describe('to its last event, or to now while it is open'),
    due_at: z.string().nullable(),
    settled_at: z.string().nullable(),
    late: z.boolean(),
    late_because: z
      .array(z.array(cause))
      .describe('the smallest sets of causes without whose time it would not have been late; none where it came too late anyway'),
    late_because_systems: z.array(z.array(z.string())).describe('the same of the systems that failed'),
    segments: z.array(DelaySegment).describe('partition the time from first_at to until_at'),
    shared: z
      .array(z.object({ cause, step: z.string(), holder: z.string(), from: z.string(), to: z.string(), shared_s: z.number() }))
      .describe('what blocked it beside what was charged: removing it alone would save nothing of shared_s'),
    open: z
      .object({
        since: z.string(),
        elapsed_s: z.number(),
        cause,
        stage: z.string(),
        step: z.string(),
        party: z.string(),
        holder: z.string(),
        system: z.string(),
      })
      .nullable()
      .describe('what its time is charged to from until_at on'),
    amount: z.string().nullable(),
    currency: z.string(),
    entity: z.string(),
    supplier: z.string(),
  })
  .meta({ id: 'DocumentDelays' })
export type DocumentDelays = z.output<typeof DocumentDelays>

export const DelayDocuments = z
  .object({
    type: z.string(),
    documents: z.array(DocumentDelays.extend({ charged_s: z.number().describe('time charged for what is asked') })),
    next: z.int().nullable(),
  })
  .meta({ id: 'DelayDocuments' })
export type DelayDocuments = z.output<typeof DelayDocuments>

export const Delays = z
  .object({
    type: z.string(),
    from: z.string(),
    to: z.string(),
    documents: z.int().describe('that finished in the window'),
    elapsed_s: z.number().describe('their elapsed time; the causes add up to it'),
    previous: z.object({ documents: z.int(), elapsed_s: z.number(), late: z.int() }).nullable(),
    causes: z.array(
      z.object({
        cause,
        ...amounts,
        share: z.number().nullable().describe('of the elapsed time'),
        shared_s: z.number().describe('time in which it blocked too, and another cause was charged'),
        mean_s: z.number().nullable().describe('a document, over all that finished'),
        previous_mean_s: z.number().nullable(),
        late_because: z.int().describe('documents that would not have been late without it'),
        late_together: z.int().describe('at least as many more would not have been late without it and another cause together'),
      }),
    ),
    rows: z.array(
      z.object({ bucket: z.string(), group: z.string(), cause, ...amounts, documents: z.int().describe('with such time') }),
    ),
    groups: z
      .array(
        z.object({
          bucket: z.string(),
          group: z.string(),
          documents: z.int(),
          elapsed_s: z.number(),
          with_deadline: z.int(),
          late: z.int(),
        }),
      )
      .describe('documents by bucket and group; none where stages, causes, steps, holders or systems are grouped by'),
    stages: z
      .array(
        z.object({
          stage: z.string(),
          cause,
          ...amounts,
          documents: z.int(),
          mean_s: z.number().nullable().describe('a document, over all that finished'),
          previous_mean_s: z.number().nullable(),
          change_s: z
            .number()
            .nullable()
            .describe('by how much a document of the window took longer here than one of the window before'),
        }),
      )
      .describe('by stage and cause'),
    late: z.object({
      with_deadline: z.int().describe('documents whose deadline was met or missed'),
      late: z.int(),
      because: z
        .array(z.object({ causes: z.array(cause), documents: z.int() }))
        .describe('late because of: without these causes together they would have been in time; a document may stand in several'),
      systems: z
        .array(z.object({ systems: z.array(z.string()), documents: z.int() }))
        .describe('the same of systems that failed'),
      unexplained: z.int().describe('came after their deadline'),
    }),
    holders: z.array(z.object({ cause, party: z.string(), holder: z.string(), ...amounts, documents: z.int() })),
    open: z
      .array(
        z.object({
          cause,
          stage: z.string(),
          system: z.string(),
          documents: z.int(),
          overdue: z.int(),
          waited_s: z.number().describe('since their last event'),
          aged_s: z.number().describe('since their first event'),
        }),
      )
      .describe('what open documents wait for now'),
  })
  .meta({ id: 'Delays' })
export type Delays = z.output<typeof Delays>
