import { z } from 'zod'
import { cleanText, Window } from './common.ts'

export const IncidentsQuery = Window.extend({
  system: cleanText(200).default('').describe('incidents of this system only'),
  state: z
    .enum(['open', 'ended'])
    .optional()
    .describe('`open`: without a success since the last failure, silent ones among them'),
  limit: z.coerce.number().int().min(1).max(500).default(100),
  after: cleanText(200).optional().describe('`next` of the page before'),
})

export const IncidentDocumentsQuery = z.object({
  blocked: z.enum(['true', 'false']).default('false').describe('those that are still blocked only'),
  limit: z.coerce.number().int().min(1).max(1000).default(200),
  offset: z.coerce.number().int().min(0).max(1_000_000).default(0),
})

const amount = z.number().nullable()

const incident = {
  id: z.string(),
  system: z.string(),
  family: z.string().describe('categories that are one trouble: availability, auth, rate_limit, schema_mapping, …'),
  category: z.string().describe('most frequent category of its failures'),
  state: z
    .enum(['open', 'silent', 'ended'])
    .describe(
      'open: failing, the last time less than an hour ago; silent: nothing tried for longer; ended: everything that failed has succeeded since',
    ),
  first_failed_at: z.string(),
  last_failed_at: z.string(),
  ended_at: z.string().nullable().describe('when every class of operation that failed had succeeded again; never by silence'),
  by_cluster_rule: z.boolean().describe('verdicts read as one technical cause: the same 4xx for many suppliers at once'),
  failed_attempts: z.int(),
  attempts: z.int().describe('attempts on the system from its first to its last failure'),
  operations: z.int().describe('operations with a failed attempt'),
  operations_healed: z.int(),
  operations_given_up: z.int(),
  suppliers: z.int(),
  classes: z
    .array(z.object({ operation_class: z.string(), last_failed_at: z.string(), recovered_at: z.string().nullable() }))
    .describe('what failed, and the success since that proves it works again'),
  codes: z.array(z.object({ code: z.string(), n: z.int() })),
  samples: z.array(
    z.object({
      id: z.string(),
      at: z.string(),
      operation: z.string(),
      code: z.string(),
      message: z.string(),
      trace_id: z.string(),
    }),
  ),
  announced: z.array(z.string()).describe('exceptions by which it was announced'),
  release_before: z.string().describe('deployment or mapping version that last worked; empty when not told'),
  release_after: z.string().describe('deployment or mapping version that failed; empty when not told'),
  documents_blocked: z.int().describe('documents with an operation that failed in it'),
  documents_blocked_now: z.int(),
  money_at_risk: z
    .array(z.object({ currency: z.string(), total: z.string(), total_now: z.string() }))
    .describe('amounts of the documents by currency, decimal: of all, and of those blocked now'),
  money_at_risk_total: amount.describe('the same in the reporting currency at the rate of today; null without rates'),
  money_at_risk_now: amount,
}

const document = z.object({
  type: z.string(),
  id: z.string(),
  operation_id: z.string(),
  operation_class: z.string(),
  leads: z.boolean().describe('whether the operation is about this document, rather than another that it names'),
  supplier: z.string(),
  blocked_at: z.string(),
  released_at: z.string().nullable(),
  released_by: z.string().describe('operation, step (another way), exception; empty while it is blocked'),
  failed_attempts: z.int(),
  amount: z.string().nullable(),
  currency: z.string(),
})

const documents = { documents_total: z.int(), documents: z.array(document) }
const currency = z.string().nullable().describe('reporting currency; null where reference data names none')

/** Technical incidents, the latest first. */
export const Incidents = z
  .object({ currency, incidents: z.array(z.object(incident)), next: z.string().nullable() })
  .meta({ id: 'Incidents' })
export type Incidents = z.output<typeof Incidents>

/** One incident with its attempts over time and what it blocked. */
export const IncidentDetail = z
  .object({
    ...incident,
    currency,
    timeline: z.object({
      from: z.string(),
      to: z.string(),
      bucket_s: z.int().describe('length of a bucket: a minute, longer where the series would be too long'),
      buckets: z.array(z.object({ bucket: z.string(), failed: z.int(), ok: z.int() })),
    }),
    ...documents,
    clocks_total: z.int(),
    clocks: z
      .array(
        z.object({
          sla: z.string(),
          type: z.string(),
          id: z.string(),
          state: z.string(),
          started_at: z.string(),
          ended_at: z.string().nullable(),
          deadline_at: z.string().nullable(),
          burned_s: z.number().describe('seconds for which it ran while the incident blocked its document'),
        }),
      )
      .describe('clocks of service levels that it burned, those that are not over first'),
    history: z
      .array(
        z.object({
          known_at: z.string(),
          absent: z.boolean(),
          category: z.string(),
          first_failed_at: z.string(),
          last_failed_at: z.string(),
          ended_at: z.string().nullable(),
          failed_attempts: z.int(),
          operations: z.int(),
          operations_healed: z.int(),
        }),
      )
      .describe('what was known of it, and since when'),
  })
  .meta({ id: 'IncidentDetail' })
export type IncidentDetail = z.output<typeof IncidentDetail>

/** Documents that an incident blocked, page by page. */
export const IncidentDocuments = z.object(documents).meta({ id: 'IncidentDocuments' })
export type IncidentDocuments = z.output<typeof IncidentDocuments>
