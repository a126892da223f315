import { randomUUID } from 'node:crypto'
import { z } from 'zod'
import type { Instant } from '../../model/instant.ts'
import type { Removed } from '../../platform/postgres/schema.ts'
import { deriveRows } from '../derive/run.ts'
import { type Bound, chooseExpired, clockOf, partsOf, settledUntil } from './choose.ts'

const Documents = z.object({ documents: z.number() })
const Events = z.object({ events: z.number() })
const Rows = z.object({ rows: z.number() })

/** Rows that go by their own instant, as far as people are told of them. */
export async function agedRows(bound: Bound, cut: Instant): Promise<Pick<Removed, 'calls' | 'logs' | 'measurements'>> {
  const older = async (table: string, at: string) => {
    const [row] = await deriveRows(bound, 'remove/row-count', { table, at, cut }, Rows)
    return row?.rows ?? 0
  }
  return {
    calls: await older('integration_calls', 'started_at'),
    logs: await older('logs', 'at'),
    measurements: await older('metric_points', 'at'),
  }
}

/**
 * What a removal would take now; nothing is changed.
 *
 * @param cut what happened before it goes, µs
 * @throws SightlineError `store_unavailable`
 */
export async function previewRemoval(bound: Bound, cut: Instant, now: Instant): Promise<Removed> {
  const batch = randomUUID()
  const search = { cut, settled: await settledUntil(bound, now), begun: await clockOf(bound) }
  const parts = await partsOf(bound, cut)
  for (let part = 0; part < parts; part++) await chooseExpired(bound, search, { batch, parts, part })
  const [documents] = await deriveRows(bound, 'remove/document-count', { batch }, Documents)
  const [events] = await deriveRows(bound, 'remove/expired-event-count', { list: 'derive_scope', batch, cut }, Events)
  return { documents: documents?.documents ?? 0, events: events?.events ?? 0, ...(await agedRows(bound, cut)) }
}
