import type { Instant } from '../model/instant.ts'
import { SightlineError } from '../platform/errors.ts'

const DEFAULT_WINDOW_US = 90 * 86_400 * 1e6

/**
 * Passes on a query whose window may be open at either end.
 *
 * @throws SightlineError `parameter_invalid` when the window is empty or runs backwards
 */
export function openWindow<T extends { from?: Instant | undefined; to?: Instant | undefined }>(query: T): T {
  if (query.from !== undefined && query.to !== undefined && query.from >= query.to) throw backwards()
  return query
}

/**
 * The half-open window that a query asks for: `to` defaults to now, `from` to 90 days before it.
 *
 * @throws SightlineError `parameter_invalid` when it is empty or runs backwards
 */
export function windowOf(
  query: { from?: Instant | undefined; to?: Instant | undefined },
  now: Instant,
): { from: Instant; to: Instant } {
  const to = query.to ?? now
  const from = query.from ?? to - DEFAULT_WINDOW_US
  if (from >= to) throw backwards()
  return { from, to }
}

function backwards(): SightlineError {
  return new SightlineError('parameter_invalid', '"from" must lie before "to".')
}
