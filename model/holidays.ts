import Holidays from 'date-holidays'

/** Which days are holidays: a country, and where its parts differ a region (`BY`, or `state/region`), and the kinds that count. */
export type HolidayRule = {
  country: string
  region?: string | null | undefined
  types: readonly ('public' | 'bank' | 'optional' | 'school' | 'observance')[]
}

/** When work rests on a day, in minutes of it; where `until` is infinite, also what a shift of that day goes on with on the next. */
export type Rest = readonly [from: number, until: number]

/** Holidays by local day, as days since 1970-01-01. */
export type HolidayDays = Map<number, Rest[]>

const DAY_MS = 86_400_000
const HOUR_MS = 3_600_000
const sources = new Map<string, Holidays>()
const found = new Map<string, HolidayDays>()

/** What is wrong with a rule's country or region, as one sentence, or `null`. */
export function holidayRuleProblem({ country, region }: Pick<HolidayRule, 'country' | 'region'>): string | null {
  const library = new Holidays()
  if (!(country in library.getCountries())) return `no holidays are known for country "${country}"`
  if (region == null) return null
  const [state = '', part] = region.split('/')
  if (!(state in (library.getStates(country) ?? {}))) return `country ${country} has no region "${state}"`
  if (part !== undefined && !(part in (library.getRegions(country, state) ?? {})))
    return `region ${state} of ${country} has no part "${part}"`
  return null
}

/**
 * The holidays of the years `from` to `to`, both included. A holiday that starts within its day (Christmas Eve from 14:00) rests from
 * that minute on, one that ends within it (Ash Wednesday until 14:00) until that minute; one of several days covers each of them.
 */
export function holidayDays(rule: HolidayRule, from: number, to: number): HolidayDays {
  const days: HolidayDays = new Map()
  for (let year = from; year <= to; year += 1)
    for (const [day, rests] of yearDays(rule, year)) days.set(day, [...(days.get(day) ?? []), ...rests])
  return days
}

function yearDays({ country, region, types }: HolidayRule, year: number): HolidayDays {
  const place = `${country}/${region ?? ''}`
  const key = `${place} ${types.join()} ${year}`
  const known = found.get(key)
  if (known !== undefined) return known
  let source = sources.get(place)
  if (source === undefined) {
    const [state = '', part = ''] = (region ?? '').split('/')
    source = new Holidays(country, state, part)
    sources.set(place, source)
  }
  const days: HolidayDays = new Map()
  const rest = (day: number, from: number, until: number) => days.set(day, [...(days.get(day) ?? []), [from, until]])
  for (const holiday of source.getHolidays(year)) {
    if (!types.includes(holiday.type)) continue
    // The text states the local day and time; start and end are instants of the library's own zone and serve for the length only.
    const day = Date.parse(`${holiday.date.slice(0, 10)}T00:00:00Z`) / DAY_MS
    const minute = Number(holiday.date.slice(11, 13)) * 60 + Number(holiday.date.slice(14, 16))
    // Two hours of grace: a day on which clocks change has 23 or 25.
    const hours = (holiday.end.getTime() - holiday.start.getTime()) / HOUR_MS + minute / 60
    rest(day, minute, hours < 22 ? hours * 60 : Infinity)
    for (let further = 1; further < Math.floor((hours + 2) / 24); further += 1) rest(day + further, 0, Infinity)
  }
  found.set(key, days)
  return days
}
