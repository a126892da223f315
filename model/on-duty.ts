import type { Rota } from './alert-routing.ts'
import type { Instant } from './instant.ts'
import { instantOfWall, wallOfInstant, zoneSegments } from './zone.ts'

const DAY_US = 86_400e6

/** Who is on duty at an instant, and the channel that reaches them; overrides come first, of two the later one in the list. */
export function onDuty(rota: Rota, at: Instant): { name: string; channel: string; override: boolean } {
  const iso = (text: string) => Date.parse(text) * 1000
  const override = rota.overrides.findLast(({ from, to }) => iso(from) <= at && at < iso(to))
  if (override !== undefined) return { name: override.name, channel: override.channel, override: true }
  const person = rota.people[turnOf(rota, at) % rota.people.length]
  if (person === undefined) throw new RangeError(`the rota "${rota.id}" has no people`)
  return { ...person, override: false }
}

/** Number of the turn at an instant, from 0; before the first hand-over it is the first. */
function turnOf({ zone, starts_on, at: time, every_days }: Rota, at: Instant): number {
  const [hours = 0, minutes = 0] = time.split(':').map(Number)
  const first = Date.parse(`${starts_on}T00:00:00Z`) * 1000 + (hours * 60 + minutes) * 60e6
  const segments = zoneSegments(zone, at - 3 * DAY_US, at + 3 * DAY_US)
  const starts = (turn: number) => first + turn * every_days * DAY_US
  let turn = Math.floor((wallOfInstant(segments, at) - first) / (every_days * DAY_US))
  // The clock on the wall may show a hand-over twice, or skip it: the instant decides.
  while (handedOver(segments, starts(turn + 1), at)) turn += 1
  while (turn > 0 && !handedOver(segments, starts(turn), at)) turn -= 1
  return Math.max(0, turn)
}

function handedOver(segments: Parameters<typeof instantOfWall>[0], wall: number, at: Instant): boolean {
  // Far from the instant its day decides; offsets reach no further than a day.
  if (wall > at + 2 * DAY_US) return false
  if (wall < at - 2 * DAY_US) return true
  return instantOfWall(segments, wall) <= at
}
