import type { Instant } from '../model/instant.ts'
import { SightlineError } from '../platform/errors.ts'

/** Where a page begins in lists that show the latest first: before this instant, and of the same instant before this id. */
export type Cursor = { us: string; id: string }

/** Above every instant that the store keeps: where the first page begins. */
const BEFORE_ALL: Cursor = { us: '9223372036854775807', id: '' }
const CURSOR = /^(-?\d{1,18})\/([\s\S]+)$/u

/**
 * Reads `after`, the `next` of the page before.
 *
 * @throws SightlineError `parameter_invalid` for what is no cursor of ours
 */
export function cursorOf(after: string | undefined): Cursor {
  if (after === undefined) return BEFORE_ALL
  const [, us, id] = CURSOR.exec(after) ?? []
  if (us === undefined || id === undefined)
    throw new SightlineError('parameter_invalid', 'after: is not the `next` of a page before.', {
      next: 'Ask without it for the first page.',
    })
  return { us, id }
}

/** The first stretch that is looked at, and how much longer each further one is. */
const FIRST_STRETCH_US = 6 * 3600e6
const LONGER = 24

/**
 * Reads the latest rows of a window: first of its last hours, and of longer and longer stretches until there are more than `limit` or the
 * window is at its end. Where the latest are asked for, most of a long window need not be read.
 *
 * @param options.whole reads the whole window at once: what is asked for is rare
 */
export async function latest<T>(
  window: { from: Instant; to: Instant },
  options: { limit: number; after: Cursor; whole: boolean },
  read: (window: { from: Instant; to: Instant }) => Promise<T[]>,
): Promise<T[]> {
  const before = Number(options.after.us)
  const to = Number.isSafeInteger(before) ? Math.min(window.to, before + 1) : window.to
  for (let stretch = FIRST_STRETCH_US; ; stretch *= LONGER) {
    const from = options.whole ? window.from : Math.max(window.from, to - stretch)
    const rows = to <= from ? [] : await read({ from, to })
    if (rows.length > options.limit || from === window.from || to <= window.from) return rows
  }
}

/** The page of rows of which one more than `limit` was asked for, and the cursor of the page behind it; null where there is none. */
export function pageOf<T>(
  rows: readonly T[],
  limit: number,
  place: (row: T) => readonly [us: number, id: string],
): { page: T[]; next: string | null } {
  const page = rows.slice(0, limit)
  const last = page.at(-1)
  return { page, next: rows.length > limit && last !== undefined ? place(last).join('/') : null }
}
