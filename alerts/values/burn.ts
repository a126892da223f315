import { z } from 'zod'
import { ALWAYS, businessTimeWithin, compile, type CompiledCalendar } from '../../model/calendar.ts'
import { type Instant, instantToClickHouse } from '../../model/instant.ts'
import { SEVERITIES } from '../../model/alert-rule.ts'
import type { SlaDefinition } from '../../model/sla.ts'
import { listSlas } from '../../platform/slas.ts'
import type { Query } from '../../queries/run.ts'
import type { Seen } from '../../model/alert-seen.ts'
import type { Place, RuleOf, ValueSource } from './value.ts'

const DAY_US = 86_400e6
/** A window of working time reaches back no further than this. */
const FURTHEST_US = 120 * DAY_US

const BURN = {
  name: 'alerts/burn',
  params: z.object({ sla_id: z.string(), froms: z.array(z.string()), first: z.string(), at: z.string() }),
  row: z.object({ decided: z.array(z.number()), breached: z.array(z.number()) }),
} satisfies Query<z.ZodRawShape, z.ZodType>

const Raw = z.object({
  title: z.string(),
  objective: z.number().nullable(),
  windows: z.array(z.object({ seconds: z.number(), decided: z.number(), breached: z.number() })),
})

/** How fast the error budget of a service level burns: breached of decided clocks, over what the objective leaves (The SRE Workbook, ch. 5). */
export const burn: ValueSource<'burn', typeof Raw> = {
  series: ({ watch }) => ({ sla: watch.sla, calendar: watch.calendar, windows: lengthsOf(watch.windows) }),
  everyS: ({ watch }) => watch.every_s,
  raw: Raw,
  read: async (rule, { at, ...place }) => burnAt(rule, place, await definitionOf(rule, place), at),
  past(rule, place) {
    let definition: ReturnType<typeof definitionOf> | null = null
    return async ({ at }) => burnAt(rule, place, await (definition ??= definitionOf(rule, place)), at)
  },
  judge({ watch, minimum_n }, { title, objective: stated, windows }): Seen[] {
    const objective = watch.objective ?? stated
    const about = { key: watch.sla, labels: { sla: title }, noun: 'clock' }
    const rateOf = (seconds: number) => {
      const window = windows.find((one) => one.seconds === seconds)
      const n = window?.decided ?? 0
      return {
        n,
        breached: window?.breached ?? 0,
        rate: n === 0 || objective === null ? 0 : (window?.breached ?? 0) / n / (1 - objective),
      }
    }
    const burning = watch.windows
      .map((window) => ({ window, long: rateOf(window.long_s), short: rateOf(window.short_s) }))
      .toSorted((a, b) => SEVERITIES.indexOf(b.window.severity) - SEVERITIES.indexOf(a.window.severity))
    const found = burning.find(
      ({ window, long, short }) => long.rate > window.factor && short.rate > window.factor && long.n >= minimum_n,
    )
    const shown = found ?? burning[0]
    const fields = { value: (shown?.long.rate ?? 0).toFixed(1), threshold: String(shown?.window.factor ?? '') }
    const cause = `${shown?.long.breached ?? 0} of ${shown?.long.n ?? 0} clocks were breached: the error budget burns ${fields.value} × as fast as it may`
    const said = { ...about, of: shown?.long.n ?? null, value: shown?.long.rate ?? null, fields, cause }
    if (objective === null) return [{ ...said, missing: 'not_expected' }]
    const isThin = burning.every(({ long }) => long.n < Math.max(1, minimum_n))
    if (found === undefined && isThin) return [{ ...said, missing: shown?.long.n === 0 ? 'not_expected' : 'low_volume' }]
    return [{ ...said, holds: found !== undefined, severity: (found ?? shown)?.window.severity ?? 'high' }]
  },
}

async function definitionOf({ watch }: RuleOf<'burn'>, { stores, reader }: Place): Promise<SlaDefinition | null> {
  return (await listSlas(stores.postgres.db, reader.tenant)).find(({ sla }) => sla.id === watch.sla)?.sla ?? null
}

async function burnAt(
  { watch }: RuleOf<'burn'>,
  { reader, calendars }: Place,
  definition: SlaDefinition | null,
  at: Instant,
): Promise<z.output<typeof Raw>> {
  const name = watch.calendar ?? definition?.calendar ?? (definition?.target.kind === 'elapsed' ? '24x7' : calendars.fallback)
  const calendar = calendars.named(name) ?? compile(ALWAYS, at - FURTHEST_US, at + DAY_US)
  const lengths = lengthsOf(watch.windows)
  const froms = lengths.map((seconds) => instantToClickHouse(backBy(calendar, at, seconds * 1e6)))
  const first = instantToClickHouse(backBy(calendar, at, Math.max(...lengths) * 1e6) - DAY_US)
  const [row] = await reader.rows(BURN, { sla_id: watch.sla, froms, first, at: instantToClickHouse(at) })
  return {
    title: definition?.title ?? watch.sla,
    objective: definition?.objective ?? null,
    windows: lengths.map((seconds, at) => ({ seconds, decided: row?.decided[at] ?? 0, breached: row?.breached[at] ?? 0 })),
  }
}

function lengthsOf(windows: readonly { long_s: number; short_s: number }[]): number[] {
  return [...new Set(windows.flatMap(({ long_s, short_s }) => [long_s, short_s]))].toSorted((a, b) => a - b)
}

/** The latest instant from which so much working time has passed up to another. */
function backBy(calendar: CompiledCalendar, at: Instant, us: number): Instant {
  let early = at - FURTHEST_US
  let late = at
  if (businessTimeWithin(calendar, early, at) <= us) return early
  while (late - early > 1e6) {
    const middle = Math.floor((early + late) / 2)
    if (businessTimeWithin(calendar, middle, at) >= us) early = middle
    else late = middle
  }
  return early
}
