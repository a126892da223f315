import { type Check, createColumn, type Finding, finding, percent, plural, type Seen } from './check.ts'
import { isoOf, swapDayMonth, type WrittenTime } from '../times.ts'

const DAY = 86_400_000
const MIN_AMBIGUOUS = 20
const MIN_OBJECTS = 5

/** How a file looks as written and with day and month changed back. */
export type SwapStatistics = {
  /** Events whose day and month are both at most 12 and differ: the only ones that a swap can have touched. */
  ambiguous: number
  events: number
  /** Objects with two events or more. */
  objects: number
  /** Objects whose events run backwards in file order. */
  backwards: { written: number; swapped: number }
  /** Objects whose first and last event lie at least a day closer together, as written and swapped back. */
  shorter: { written: number; swapped: number }
  /** Mean log-likelihood gain per ambiguous event of the swapped reading, by weekday and month of the events that are certain. */
  gain: number
  certain: number
}

/**
 * Finds files in which day and month have changed places wherever both are at most 12.
 *
 * Two readings of the file compete: as written, and with every such date changed back. A right file gets worse by the change and
 * a swapped one better, in three ways that do not depend on each other: objects stop running backwards in file order; objects
 * take less time from first to last event, whatever the order of the file; and the days of doubtful dates fall on the weekdays
 * and months on which the certain ones (day above 12, which no swap can have touched) fall. The finding needs two of the three,
 * one of them strongly, and none against it.
 */
export function createSwapCheck(): Check & { statistics(): SwapStatistics } {
  let ambiguous = 0
  let events = 0
  const days = new Map<number, number>()
  const last = [createColumn(Number.NaN), createColumn(Number.NaN)] as const
  const low = [createColumn(Infinity), createColumn(Infinity)] as const
  const high = [createColumn(-Infinity), createColumn(-Infinity)] as const
  const back = [createColumn(0), createColumn(0)] as const
  const count = createColumn(0)
  let slots = 0
  const examples: { slot: number; object: string; ordinal: number; from: WrittenTime; to: WrittenTime }[] = []
  const lastWritten = new Map<number, { text: WrittenTime; at: number }>()

  const observe = ({ event, written, objects, slots: places, inOrder }: Seen): void => {
    if (written === null) return
    const swapped = swapDayMonth(written)
    const readings = [localMs(written), localMs(swapped)] as const
    if (Number.isNaN(readings[0])) return
    events++
    if (readings[0] !== readings[1]) ambiguous++
    const day = Math.floor(readings[0] / DAY)
    days.set(day, (days.get(day) ?? 0) + 1)
    places.forEach((slot, index) => {
      slots = Math.max(slots, slot + 1)
      count.write(slot, count.read(slot) + 1)
      for (const side of [0, 1] as const) {
        const at = readings[side]
        if (index < inOrder && at < last[side].read(slot)) {
          back[side].write(slot, 1)
          const before = lastWritten.get(slot)
          if (side === 0 && examples.length < 400 && before !== undefined)
            examples.push({ slot, object: objects[index] ?? '', ordinal: event.ordinal, from: before.text, to: written })
        }
        last[side].write(slot, at)
        low[side].write(slot, Math.min(low[side].read(slot), at))
        high[side].write(slot, Math.max(high[side].read(slot), at))
      }
      if (examples.length < 400 && lastWritten.size < 100_000) lastWritten.set(slot, { text: written, at: event.ordinal })
    })
  }

  const statistics = (): SwapStatistics => {
    const backwards = { written: 0, swapped: 0 }
    const shorter = { written: 0, swapped: 0 }
    let objects = 0
    for (let slot = 0; slot < slots; slot++) {
      if (count.read(slot) < 2) continue
      objects++
      backwards.written += back[0].read(slot)
      backwards.swapped += back[1].read(slot)
      const difference = high[0].read(slot) - low[0].read(slot) - (high[1].read(slot) - low[1].read(slot))
      if (difference >= DAY) shorter.swapped++
      else if (difference <= -DAY) shorter.written++
    }
    return { ambiguous, events, objects, backwards, shorter, ...calendarGain(days) }
  }

  const finish = (): Finding[] => {
    const found = statistics()
    if (!isSwapped(found)) return []
    const { backwards, shorter, objects } = found
    const evidence = [
      {
        detail: `${percent(backwards.written, objects)} of ${plural(objects, 'object')} run backwards in file order as written, ${percent(backwards.swapped, objects)} with day and month changed back`,
      },
      {
        detail: `${plural(shorter.swapped, 'object')} take less time from first to last event when changed back, ${shorter.written.toLocaleString('en-US')} take more`,
      },
      {
        detail: `changed back, the doubtful dates fall on the weekdays and months of the certain ones (${found.gain >= 0 ? '+' : '−'}${Math.abs(found.gain).toFixed(2)} nats an event)`,
      },
      // Of all examples those that the repair mends show the most.
      ...examples
        .filter(({ from, to }) => localMs(swapDayMonth(to)) >= localMs(swapDayMonth(from)))
        .slice(0, 7)
        .map(({ object, ordinal, from, to }) => ({
          object,
          ordinal,
          detail: `${isoOf(from)} is followed by ${isoOf(to)}; changed back: ${isoOf(swapDayMonth(from))}, then ${isoOf(swapDayMonth(to))}`,
        })),
    ]
    return [
      finding({
        check: 'day_month_swapped',
        severity: 'error',
        count: ambiguous,
        of: events,
        message: `Day and month have changed places wherever both are at most 12: ${percent(ambiguous, events)} of the events carry a wrong date${
          backwards.written > 0 ? `, and ${percent(backwards.written, objects)} of the objects run backwards` : ''
        }. Durations and months computed from this file are wrong.`,
        evidence,
        repair: {
          id: 'swap-day-month',
          message: 'Change day and month back on import: --repair swap-day-month. The file itself stays as it is.',
        },
      }),
    ]
  }

  return { name: 'day_month_swapped', observe, finish, statistics }
}

/** The decision, apart from the counting: see {@link createSwapCheck}. */
export function isSwapped({ ambiguous, objects, backwards, shorter, gain, certain }: SwapStatistics): boolean {
  if (ambiguous < MIN_AMBIGUOUS) return false
  const moved = shorter.written + shorter.swapped
  // How far the split of changed objects lies from even, in standard deviations.
  const lean = moved < MIN_OBJECTS ? 0 : (shorter.swapped - shorter.written) / Math.sqrt(moved)
  const share = moved === 0 ? 0.5 : shorter.swapped / moved
  const order = objects < MIN_OBJECTS ? 0 : backwards.written / objects
  const votes = {
    order: order >= 0.05 && backwards.swapped <= backwards.written * 0.5,
    span: lean >= 4 && share >= 0.6,
    calendar: (certain >= 50 && gain >= 0.05) || (certain >= 15 && gain >= 1),
  }
  const against = {
    order: backwards.swapped > backwards.written * 1.5 + 3 && order > 0,
    span: lean <= -2,
    calendar: certain >= 50 && gain < 0,
  }
  if (against.span || against.calendar) return false
  if (against.order && !(votes.span && votes.calendar)) return false
  return Number(votes.order) + Number(votes.span) + Number(votes.calendar) >= 2
}

/** How much better doubtful dates fit the weekdays and months of the certain ones when changed back, in nats an event. */
function calendarGain(days: ReadonlyMap<number, number>): { gain: number; certain: number } {
  const weekdays = new Float64Array(7).fill(1)
  const months = new Map<number, number>()
  let certain = 0
  const doubtful: { written: Date; swapped: Date; count: number }[] = []
  for (const [day, count] of days) {
    const date = new Date(day * DAY)
    const [month, dayOfMonth] = [date.getUTCMonth() + 1, date.getUTCDate()]
    if (dayOfMonth > 12) {
      certain += count
      weekdays[date.getUTCDay()] = (weekdays[date.getUTCDay()] ?? 0) + count
      const key = date.getUTCFullYear() * 12 + month
      months.set(key, (months.get(key) ?? 0) + count)
    } else if (dayOfMonth !== month)
      doubtful.push({ written: date, swapped: new Date(Date.UTC(date.getUTCFullYear(), dayOfMonth - 1, month)), count })
  }
  if (certain === 0) return { gain: 0, certain }
  const total = weekdays.reduce((sum, value) => sum + value, 0)
  const smoothing = Math.max(1, certain * 0.002)
  const score = (date: Date): number =>
    Math.log((weekdays[date.getUTCDay()] ?? 1) / total) +
    Math.log(((months.get(date.getUTCFullYear() * 12 + date.getUTCMonth() + 1) ?? 0) + smoothing) / certain)
  let gain = 0
  let events = 0
  for (const { written, swapped, count } of doubtful) {
    gain += count * (score(swapped) - score(written))
    events += count
  }
  return { gain: events === 0 ? 0 : gain / events, certain }
}

function localMs(time: WrittenTime): number {
  const [hour = '0', minute = '0', second = '0'] = time.time.split(':')
  return Date.UTC(time.year, time.month - 1, time.day, Number(hour), Number(minute), 0) + Number(second) * 1000
}
