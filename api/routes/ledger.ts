import { instantToIso } from '../../model/instant.ts'
import { SightlineError } from '../../platform/errors.ts'
import { ledger } from '../../queries/ledger.ts'
import { Ledger, type LedgerCounts, LedgerQuery } from '../contract/ledger.ts'
import { type Route, route } from '../route.ts'
import { windowOf } from '../window.ts'

const DAY_US = 86_400e6

/** Longest window by minute. */
const MINUTES_US = 2 * DAY_US

export const ledgerRoutes: Route[] = [
  route({
    method: 'get',
    path: '/v1/ledger',
    tag: 'Data',
    summary: 'What came in and what became of it: received = stored + duplicate + rejected + ignored + in flight',
    query: LedgerQuery,
    response: Ledger,
    handle: async ({ reader, services, query }) => {
      const now = services.now()
      const to = query.to ?? now
      const { from } = windowOf({ from: query.from ?? to - DAY_US, to }, now)
      if (query.bucket === 'minute' && to - from > MINUTES_US)
        throw new SightlineError('parameter_invalid', 'By minute, the window is at most two days.', {
          next: 'Ask for bucket=hour, or a shorter window.',
        })
      const { rows, totals, balanced } = await ledger(reader, { from, to, bucket: query.bucket, feed: query.feed ?? '' })
      const feeds = [...Map.groupBy(rows, (row) => row.feed)].map(([feed, ofFeed]) => {
        const sums = ofFeed.reduce(added, ZERO)
        return { feed, ...sums, balanced: isBalanced(sums) }
      })
      return {
        from: instantToIso(from),
        to: instantToIso(to),
        bucket: query.bucket,
        rows: rows.toReversed(),
        feeds: feeds.toSorted((a, b) => b.received - a.received),
        totals,
        balanced: balanced && rows.every(isBalanced),
        as_of: instantToIso(now),
      }
    },
  }),
]

const ZERO: LedgerCounts = {
  received: 0,
  stored: 0,
  duplicate: 0,
  rejected: 0,
  ignored: 0,
  in_flight: 0,
  missing: 0,
  late: 0,
}

function added(sums: LedgerCounts, row: LedgerCounts): LedgerCounts {
  return {
    received: sums.received + row.received,
    stored: sums.stored + row.stored,
    duplicate: sums.duplicate + row.duplicate,
    rejected: sums.rejected + row.rejected,
    ignored: sums.ignored + row.ignored,
    in_flight: sums.in_flight + row.in_flight,
    missing: sums.missing + row.missing,
    late: sums.late + row.late,
  }
}

function isBalanced(row: LedgerCounts): boolean {
  return row.missing === 0 && row.received === row.stored + row.duplicate + row.rejected + row.ignored + row.in_flight
}
