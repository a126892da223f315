import type { z } from 'zod'
import type { AlertRule, Watched } from '../../model/alert-rule.ts'
import type { Seen } from '../../model/alert-seen.ts'
import type { Instant } from '../../model/instant.ts'
import type { TenantCalendars } from '../../queries/derive/tenant-calendars.ts'
import type { TenantReader } from '../../queries/run.ts'
import type { Stores } from '../../platform/stores.ts'

/** Kinds of rules whose values are looked up, rather than read from what begins and ends by itself. */
export type ValueKind = Exclude<Watched['kind'], 'clock' | 'control' | 'incident'>
export type RuleOf<K extends ValueKind> = Omit<AlertRule, 'watch'> & { watch: Extract<Watched, { kind: K }> }

/** What reading values takes. */
export type Place = { reader: TenantReader; stores: Stores; calendars: TenantCalendars }

/** An instant at which a value is read; `asOf` where it is read as it was known then. */
export type When = { at: Instant; asOf: Instant | null }

/** What reading a value takes. */
export type Reading = Place & When

/**
 * A kind of value: what is read once for all rules of a series, and what a rule says of it. Reading waits, judging is pure, so that what was
 * read can be judged again by another rule.
 */
export type ValueSource<K extends ValueKind, R extends z.ZodType> = {
  /** What is read, whatever the limits are: rules that agree in it share a reading. */
  series(rule: RuleOf<K>): unknown
  /** How often it is looked up, seconds. */
  everyS(rule: RuleOf<K>): number
  raw: R
  read(rule: RuleOf<K>, reading: Reading): Promise<z.output<R>>
  /** Reads at instants of the past that follow each other, where there is a better way than one by one, or where `read` tells of now. */
  past?(rule: RuleOf<K>, place: Place): (when: When) => Promise<z.output<R>>
  judge(rule: RuleOf<K>, raw: z.output<R>): Seen[]
}
