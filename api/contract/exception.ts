import { z } from 'zod'
import { BUCKETS } from './kpi.ts'
import { Window } from './common.ts'

export const CLASSES = ['business', 'technical', 'unknown'] as const

export const ExceptionsQuery = Window.extend({
  class: z.enum(CLASSES).optional(),
  category: z.string().max(100).optional(),
  bucket: z.enum(BUCKETS).default('week'),
  limit: z.coerce.number().int().min(1).max(1000).default(100),
})

/**
 * Business exceptions (a decision or data is needed) and technical failures (a system could not answer) – two lists that never mix.
 * A business item is an exception (raised … resolved); a technical item is an operation with its attempts.
 */
export const Exceptions = z
  .object({
    from: z.string(),
    to: z.string(),
    totals: z.array(
      z.object({ class: z.enum(CLASSES), items: z.int(), objects: z.int(), open: z.int(), median_hours: z.number().nullable() }),
    ),
    categories: z.array(
      z.object({
        class: z.enum(CLASSES),
        category: z.string(),
        items: z.int(),
        objects: z.int(),
        open: z.int(),
        median_hours: z.number().nullable().describe('raised to resolved, or first failure to success'),
      }),
    ),
    trend: z.array(z.object({ bucket: z.string(), class: z.enum(CLASSES), items: z.int() })),
    systems: z.array(z.object({ system: z.string(), failed_attempts: z.int(), operations: z.int(), objects: z.int() })),
    items: z.array(
      z.object({
        id: z.string().describe('exception or operation id'),
        class: z.enum(CLASSES),
        category: z.string(),
        reaction: z.string(),
        code: z.string(),
        message: z.string(),
        system: z.string(),
        object_type: z.string(),
        object_id: z.string(),
        raised_at: z.string(),
        resolved_at: z.string().nullable(),
        attempts: z.int(),
        caused_by: z.string(),
        confidence: z.number(),
        evidence: z.array(z.string()),
      }),
    ),
  })
  .meta({ id: 'Exceptions' })
export type Exceptions = z.output<typeof Exceptions>
