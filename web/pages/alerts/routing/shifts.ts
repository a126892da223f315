import { onDuty } from '../../../../model/alert-matching.ts'
import type { Rota } from '../../../../model/alert-routing.ts'
import type { Instant } from '../../../../model/instant.ts'

/** Who is on duty from when to when; instants in microseconds. */
export type Shift = { from: Instant; to: Instant; name: string; channel: string; override: boolean }

const STEP_US: Instant = 6 * 3600e6
const MINUTE_US: Instant = 60e6

/** Who is on duty over a time, in order: looked at every six hours and at each override, hand-overs to the minute. */
export function shiftsOf(rota: Rota, from: Instant, to: Instant): Shift[] {
  const bounds = rota.overrides.flatMap((one) => [Date.parse(one.from) * 1000, Date.parse(one.to) * 1000])
  const marks = bounds.filter((at) => at > from && at < to)
  for (let at = from; at < to; at += STEP_US) marks.push(at)
  const shifts: Shift[] = []
  for (const at of [...new Set(marks)].toSorted((a, b) => a - b)) {
    const duty = onDuty(rota, at)
    const last = shifts.at(-1)
    if (last !== undefined && isSame(last, duty)) continue
    const begins = last === undefined ? at : changeBetween(rota, last, at)
    if (last !== undefined) last.to = begins
    shifts.push({ from: begins, to, ...duty })
  }
  return shifts
}

type Duty = Pick<Shift, 'name' | 'channel' | 'override'>

function isSame(one: Duty, other: Duty): boolean {
  return one.name === other.name && one.channel === other.channel && one.override === other.override
}

/** The minute at which somebody else comes on duty, after a shift began and by an instant at which somebody has. */
function changeBetween(rota: Rota, last: Shift, at: Instant): Instant {
  let [low, high] = [Math.max(last.from, at - STEP_US), at]
  while (high - low > MINUTE_US) {
    const middle = low + Math.floor((high - low) / 2)
    if (isSame(last, onDuty(rota, middle))) low = middle
    else high = middle
  }
  return Math.floor(high / MINUTE_US) * MINUTE_US
}
