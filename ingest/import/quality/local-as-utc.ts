import { type Check, finding, percent, plural, type Seen } from './check.ts'

/** Events of each half year below which the profiles say nothing. */
const ENOUGH = 400

/**
 * Times that say UTC and look local: a working day from morning to evening that does not move when clocks change.
 *
 * True UTC of people in a zone with summer time moves by an hour between winter and summer. A profile that stays put is local time,
 * or the people live where clocks do not change; so this is a hint with its evidence, never more.
 */
export function createLocalAsUtcCheck(): Check {
  let events = 0
  let utc = 0
  const winter = new Float64Array(24)
  const summer = new Float64Array(24)
  return {
    name: 'local_time_as_utc',
    observe({ instant, written }: Seen) {
      if (instant === null || written === null) return
      events++
      if (!/^(?:[Zz]|[+-]00:?00)$/u.test(written.zone)) return
      utc++
      // Midnights are dates and the last minutes of a day are made up by systems: neither shows when people work.
      if (/^(?:00:00|23:59)/u.test(written.time)) return
      const weekday = new Date(Date.UTC(written.year, written.month - 1, written.day)).getUTCDay()
      if (weekday === 0 || weekday === 6) return
      const hour = Number(written.time.slice(0, 2))
      if (written.month <= 2 || written.month >= 11) winter[hour] = (winter[hour] ?? 0) + 1
      else if (written.month >= 5 && written.month <= 9) summer[hour] = (summer[hour] ?? 0) + 1
    },
    finish() {
      const [w, s] = [sum(winter), sum(summer)]
      if (utc < events * 0.99 || w < ENOUGH || s < ENOUGH) return []
      const worked = (profile: Float64Array): number => sum(profile.subarray(7, 19)) / sum(profile)
      if (worked(winter) < 0.9 || worked(summer) < 0.9) return []
      const stays = distance(winter, summer, 0)
      // In true UTC the summer's profile comes an hour earlier in the north, an hour later in the south.
      const moves = Math.min(distance(winter, summer, 1), distance(winter, summer, -1))
      if (stays > 0.12 || moves < stays * 2) return []
      return [
        finding({
          check: 'local_time_as_utc',
          severity: 'info',
          count: utc,
          of: events,
          message: `The times say UTC, but look local: ${percent(sum(winter.subarray(7, 19)), w)} of the winter's and ${percent(sum(summer.subarray(7, 19)), s)} of the summer's working-day events fall between 07:00 and 19:00, at the same hours in both. If the people who made them change their clocks, the times are local: ask the source.`,
          evidence: [
            { detail: `winter (${plural(w, 'event')}): ${hours(winter)}` },
            { detail: `summer (${plural(s, 'event')}): ${hours(summer)}` },
            { detail: `the profiles differ by ${percent(stays, 1)} as they are, by ${percent(moves, 1)} when moved by an hour` },
          ],
        }),
      ]
    },
  }
}

function sum(values: Float64Array): number {
  return values.reduce((total, value) => total + value, 0)
}

/** Share of events that would have to change their hour to turn one profile into the other, moved by `lag` hours. */
function distance(winter: Float64Array, summer: Float64Array, lag: number): number {
  const [w, s] = [sum(winter), sum(summer)]
  let difference = 0
  for (let hour = 0; hour < 24; hour++)
    difference += Math.abs((winter[hour] ?? 0) / w - (summer[(hour - lag + 24) % 24] ?? 0) / s)
  return difference / 2
}

function hours(profile: Float64Array): string {
  const total = sum(profile)
  return [...profile]
    .map((value, hour) => ({ hour, share: value / total }))
    .filter(({ share }) => share >= 0.03)
    .map(({ hour, share }) => `${String(hour).padStart(2, '0')} h ${Math.round(share * 100)} %`)
    .join(', ')
}
