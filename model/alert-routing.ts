import { z } from 'zod'
import { Severity, Slug, Where } from './alert-rule.ts'
import { isCleanText } from './event.ts'

const text = (max = 200) => z.string().min(1).max(max).refine(isCleanText, 'holds control characters or half a surrogate pair')
const seconds = z
  .int()
  .min(0)
  .max(90 * 86_400)

/** Who is told in a step: a channel, or whoever a rota has on duty. */
export const Target = z.union([z.strictObject({ channel: Slug }), z.strictObject({ rota: Slug })])

/** A party: a queue or a team that answers for alerts with clocks of its own, step by step until it acknowledges. */
export const Party = z.strictObject({
  id: Slug,
  title: text(),
  /** Told in the working time of this calendar only, but for severities that do not wait; null at any time. */
  calendar: text().nullable().default(null),
  /** From this severity on nobody waits for the morning; null where all do. */
  at_once_from: Severity.nullable().default('critical'),
  /** None: its alerts wait in the inbox, and nobody is told. */
  steps: z
    .array(z.strictObject({ after_s: seconds, to: z.array(Target).min(1).max(20) }))
    .max(10)
    .default([])
    .refine((list) => list.every((one, at) => at === 0 || one.after_s > (list[at - 1]?.after_s ?? 0)), 'does not rise'),
})
export type Party = z.output<typeof Party>

/** Which alerts go to which parties. The first route that matches decides, unless it says `continue`. */
export const Route = z.strictObject({
  class: z.enum(['business', 'technical']).nullable().default(null),
  rules: z.array(Slug).max(200).default([]),
  severity_from: Severity.default('low'),
  where: Where,
  /** Money at risk in the reporting currency, at least. */
  money_from: z.number().min(0).nullable().default(null),
  parties: z.array(Slug).max(20),
  continue: z.boolean().default(false),
})
export type Route = z.output<typeof Route>

/** Who is on duty: people in turn, handed over every so many days at a time of day of a zone; overrides come first. */
export const Rota = z.strictObject({
  id: Slug,
  title: text(),
  zone: text(60),
  people: z
    .array(z.strictObject({ name: text(), channel: Slug }))
    .min(1)
    .max(50),
  starts_on: z.iso.date(),
  every_days: z.int().min(1).max(366).default(7),
  at: z
    .string()
    .regex(/^([01]\d|2[0-3]):[0-5]\d$/u, 'is not a time such as 09:00')
    .default('09:00'),
  overrides: z
    .array(
      z.strictObject({
        from: z.iso.datetime({ offset: true }),
        to: z.iso.datetime({ offset: true }),
        name: text(),
        channel: Slug,
      }),
    )
    .max(200)
    .default([]),
})
export type Rota = z.output<typeof Rota>

/** All of a tenant's routing, as one document with versions. */
export const Routing = z.strictObject({
  routes: z.array(Route).max(200),
  parties: z.array(Party).max(100),
  rotas: z.array(Rota).max(50).default([]),
})
export type Routing = z.output<typeof Routing>

/**
 * The routing of a tenant that states none: business alerts to whoever owns the work, in working time, technical ones to whoever is on
 * call, at any time.
 *
 * @param calendar name of the calendar that holds for the tenant
 */
export function defaultRouting(calendar: string): Routing {
  return Routing.parse({
    routes: [
      { class: 'business', parties: ['owners'] },
      { class: 'technical', parties: ['on-call'] },
    ],
    parties: [
      { id: 'owners', title: 'Owners of the work', calendar: calendar === '24x7' ? null : calendar },
      { id: 'on-call', title: 'On call' },
    ],
  })
}

/** What a silence or maintenance window matches: all of what it states; it must state something. */
export const Matcher = z.strictObject({
  rules: z.array(Slug).max(200).default([]),
  class: z.enum(['business', 'technical']).nullable().default(null),
  severity_to: Severity.nullable().default(null),
  where: Where,
})
export type Matcher = z.output<typeof Matcher>
