import { type Instant, instantToIso } from '../../../model/instant.ts'
import { type Check, type Finding, finding, percent, plural, type Seen } from './check.ts'

const DAY = 86_400_000_000
const YEAR = 365 * DAY

type Place = { object?: string; ordinal: number; activity: string }
type DayCount = { count: number; first: Place }

/** Times that cannot be read, have no zone or no time of day, lie far outside, or leave gaps. */
export function createTimeChecks(options: { now: Instant; zone: string; zoneGiven: boolean }): Check {
  let events = 0
  let unreadable = 0
  const unreadableEvidence: Finding['evidence'] = []
  let zoneless = 0
  let zoned = 0
  let zonelessFirst: Finding['evidence'] = []
  let midnights = 0
  const byActivity = new Map<string, { count: number; midnight: number }>()
  const days = new Map<number, DayCount>()
  let early = 0
  let late = 0
  const farEvidence: Finding['evidence'] = []

  const observe = ({ event, instant, written, objects }: Seen): void => {
    events++
    const object = objects[0] === undefined ? {} : { object: objects[0] }
    if (instant === null) {
      unreadable++
      if (unreadableEvidence.length < 10)
        unreadableEvidence.push({
          ...object,
          ordinal: event.ordinal,
          detail: event.time === '' ? `${event.activity} has no time` : `"${event.time.slice(0, 60)}"`,
        })
      return
    }
    if (written !== null) {
      if (written.zone === '') {
        zoneless++
        if (zonelessFirst.length < 3)
          zonelessFirst = [...zonelessFirst, { ...object, ordinal: event.ordinal, detail: event.time }]
      } else zoned++
      const midnight = /^00:00(?::00(?:[.,]0*)?)?$/u.test(written.time)
      if (midnight) midnights++
      const counts = byActivity.get(event.activity) ?? { count: 0, midnight: 0 }
      counts.count++
      if (midnight) counts.midnight++
      if (byActivity.size < 5000) byActivity.set(event.activity, counts)
    }
    if (instant < 0) early++
    else if (instant > options.now + YEAR) late++
    if ((instant < 0 || instant > options.now + YEAR) && farEvidence.length < 10)
      farEvidence.push({ ...object, ordinal: event.ordinal, detail: `${event.activity} at ${instantToIso(instant)}` })
    const day = Math.floor(instant / DAY)
    const known = days.get(day)
    if (known !== undefined) known.count++
    else if (days.size < 200_000)
      days.set(day, { count: 1, first: { ...object, ordinal: event.ordinal, activity: event.activity } })
  }

  const finish = (): Finding[] => {
    const findings: Finding[] = []
    if (unreadable > 0)
      findings.push(
        finding({
          check: 'time_unreadable',
          severity: 'error',
          count: unreadable,
          of: events,
          message: `${plural(unreadable, 'event')} ${unreadable === 1 ? 'has' : 'have'} no time that can be read and will not be loaded.`,
          evidence: unreadableEvidence,
        }),
      )
    if (early + late > 0)
      findings.push(
        finding({
          check: 'dates_far_outside',
          severity: 'error',
          count: early + late,
          of: events,
          message: `${plural(early + late, 'event')} ${early + late === 1 ? 'lies' : 'lie'} before 1970 or more than a year ahead: cycle times that touch them span decades.`,
          evidence: farEvidence,
        }),
      )
    findings.push(...outliers(days, events - unreadable, options.now))
    if (zoneless > 0)
      findings.push(
        finding({
          check: 'no_zone',
          severity: options.zoneGiven ? 'info' : zoned > 0 ? 'warning' : 'info',
          count: zoneless,
          of: events,
          message: `${zoned > 0 ? percent(zoneless, events) : 'All'} ${zoned > 0 ? 'of the times carry' : 'times carry'} no time zone and are read as ${options.zone}.${
            options.zoneGiven ? '' : ' If they are local, give the zone with --zone: working hours and deadlines depend on it.'
          }`,
          evidence: zonelessFirst,
        }),
      )
    const dateOnly = [...byActivity].filter(([, { count, midnight }]) => count >= 20 && midnight / count >= 0.95)
    if (dateOnly.length > 0) {
      const count = dateOnly.reduce((sum, [, entry]) => sum + entry.midnight, 0)
      findings.push(
        finding({
          check: 'dates_without_time',
          severity: midnights / Math.max(1, events) > 0.9 ? 'warning' : 'info',
          count,
          of: events,
          message: `${plural(dateOnly.length, 'activity', 'activities')} always ${dateOnly.length === 1 ? 'happens' : 'happen'} at midnight: these are dates, not times. Their order within a day is that of the file, and durations to them are whole days.`,
          evidence: dateOnly
            .toSorted((a, b) => b[1].midnight - a[1].midnight)
            .map(([activity, entry]) => ({
              detail: `${activity}: ${entry.midnight.toLocaleString('en-US')} of ${entry.count.toLocaleString('en-US')} at 00:00`,
            })),
        }),
      )
    }
    findings.push(...gaps(days))
    return findings
  }

  return { name: 'times', observe, finish }
}

/** Days far from the first and the 99th percentile, with few events: 1948 in a log of 2018, a year mistyped. */
function outliers(days: ReadonlyMap<number, DayCount>, events: number, now: Instant): Finding[] {
  if (events < 100) return []
  const sorted = [...days].toSorted((a, b) => a[0] - b[0])
  const at = (share: number): number => {
    let seen = 0
    for (const [day, { count }] of sorted) {
      seen += count
      if (seen >= share * events) return day
    }
    return sorted.at(-1)?.[0] ?? 0
  }
  const [low, high] = [at(0.01), at(0.99)]
  const reach = Math.max(2 * (high - low), 366)
  const far = sorted.filter(([day]) => (day < low - reach || day > high + reach) && day >= 0 && day * DAY <= now + YEAR)
  const count = far.reduce((sum, [, entry]) => sum + entry.count, 0)
  if (count === 0 || count > events * 0.01) return []
  return [
    finding({
      check: 'dates_isolated',
      severity: 'warning',
      count,
      of: events,
      message: `${plural(count, 'event')} ${count === 1 ? 'lies' : 'lie'} years away from the rest (98 % fall between ${isoDay(low)} and ${isoDay(high)}): probably a mistyped date.`,
      evidence: far.map(([day, { first }]) => ({
        ...(first.object === undefined ? {} : { object: first.object }),
        ordinal: first.ordinal,
        detail: `${first.activity} on ${isoDay(day)}`,
      })),
    }),
  ]
}

/** Weeks on either side that say how busy a day usually is. */
const NEIGHBOURHOOD = 8

/** Runs of days without events where the same weekdays of the weeks around had many. Weekends without work are no gap. */
function gaps(days: ReadonlyMap<number, DayCount>): Finding[] {
  const sorted = [...days.keys()].toSorted((a, b) => a - b)
  const total = [...days.values()].reduce((sum, { count }) => sum + count, 0)
  if (sorted.length < 30 || total < 500) return []
  const found: { from: number; to: number; expected: number }[] = []
  for (let i = 1; i < sorted.length; i++) {
    const from = (sorted[i - 1] ?? 0) + 1
    const to = (sorted[i] ?? 0) - 1
    if (to < from || to - from > 400) continue
    let expected = 0
    let workdays = 0
    for (let day = from; day <= to; day++) {
      const usual: number[] = []
      for (let week = 1; week <= NEIGHBOURHOOD; week++)
        for (const other of [day - 7 * week, day + 7 * week])
          if (other < from || other > to) usual.push(days.get(other)?.count ?? 0)
      const median = usual.toSorted((a, b) => a - b)[Math.floor(usual.length / 2)] ?? 0
      expected += median
      if (median >= 2) workdays++
    }
    // Three working days and thirty events: a bank holiday or a bridge day is no gap.
    if (workdays >= 3 && expected >= 30) found.push({ from, to, expected })
  }
  if (found.length === 0) return []
  const span = (sorted.at(-1) ?? 0) - (sorted[0] ?? 0) + 1
  const count = found.reduce((sum, gap) => sum + gap.to - gap.from + 1, 0)
  return [
    finding({
      check: 'gaps',
      severity: 'info',
      count,
      of: span,
      message: `${plural(found.length, 'period')} without a single event where the weeks around were busy: a shutdown, or an export that left days out.`,
      evidence: found
        .toSorted((a, b) => b.expected - a.expected)
        .map((gap) => ({
          detail: `${isoDay(gap.from)} to ${isoDay(gap.to)}: no event, about ${Math.round(gap.expected)} expected`,
        })),
    }),
  ]
}

function isoDay(day: number): string {
  return instantToIso(day * DAY).slice(0, 10)
}
