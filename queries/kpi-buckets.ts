import type { Instant } from '../model/instant.ts'

export const DAY_US = 86_400_000_000
const HOUR_US = 3_600_000_000

/** Buckets in UTC; weeks start on Monday. */
export type KpiBucket = 'all' | 'hour' | 'day' | 'week' | 'month'

/** Days since 1970-01-01, a Thursday; Mondays are the days with `(day + 3) % 7 === 0`. */
const dayOf = (at: Instant) => Math.floor(at / DAY_US)
const weekOf = (at: Instant) => Math.floor((dayOf(at) + 3) / 7)
const monthOf = (at: Instant) => {
  const date = new Date(Math.floor(at / 1000))
  return date.getUTCFullYear() * 12 + date.getUTCMonth()
}

/** Number of the bucket that an instant lies in, counted from the bucket of `from`. */
export function bucketNumber(at: Instant, from: Instant, bucket: KpiBucket): number {
  switch (bucket) {
    case 'all':
      return 0
    case 'hour':
      return Math.floor(at / HOUR_US) - Math.floor(from / HOUR_US)
    case 'day':
      return dayOf(at) - dayOf(from)
    case 'week':
      return weekOf(at) - weekOf(from)
    case 'month':
      return monthOf(at) - monthOf(from)
  }
}

/** Where the bucket with a number begins, counted from the bucket of `from`. */
export function bucketStart(number: number, from: Instant, bucket: KpiBucket): Instant {
  switch (bucket) {
    case 'all':
      return from
    case 'hour':
      return (Math.floor(from / HOUR_US) + number) * HOUR_US
    case 'day':
      return (dayOf(from) + number) * DAY_US
    case 'week':
      return ((weekOf(from) + number) * 7 - 3) * DAY_US
    case 'month': {
      const month = monthOf(from) + number
      return Date.UTC(Math.floor(month / 12), month % 12) * 1000
    }
  }
}
