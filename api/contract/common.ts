import { z } from 'zod'
import { instantFromIso } from '../../model/instant.ts'

/** RFC 9457 problem document: every error of the API. */
export const Problem = z
  .object({
    type: z.string().describe('URI reference of the problem kind, relative to the docs'),
    title: z.string(),
    status: z.int(),
    code: z.string().describe('stable code'),
    detail: z.string().describe('what happened, and the next step'),
    request_id: z.string(),
  })
  .meta({ id: 'Problem' })
export type Problem = z.output<typeof Problem>

/** Text of one line: no control characters, of which the null character is one that PostgreSQL does not keep. */
export const cleanText = (max: number) =>
  z
    .string()
    .max(max)
    .regex(/^\P{Cc}*$/u, 'holds control characters')

/** An ISO 8601 instant with zone, or a day (`2026-03-02`), which means its first instant in UTC. */
export const InstantText = z
  .string()
  .max(40)
  .transform((text, context) => {
    const instant = instantFromIso(/^\d{4}-\d{2}-\d{2}$/u.test(text) ? `${text}T00:00:00Z` : text)
    if (instant !== null) return instant
    context.addIssue({ code: 'custom', message: 'is neither a day nor an ISO 8601 instant with a zone' })
    return z.NEVER
  })
  .meta({ type: 'string', format: 'date-time' })

/** Half-open window `from ≤ t < to`; both default to the last 90 days. */
export const Window = z.object({
  from: InstantText.optional().describe('start, inclusive; default 90 days before `to`'),
  to: InstantText.optional().describe('end, exclusive; default now'),
})

/** A type, id or name in a path. */
export const PathText = z.string().min(1).max(512)
