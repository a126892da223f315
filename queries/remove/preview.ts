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
 * What a removal would take now; nothing is changed. Takes as long as what is older than the cut is much, in parts of bounded memory.
 *
 * @param options.cut what happened before it goes, µs
 * @param options.atOnce how many documents are looked at together
 * @param options.onProgress is told how much of the work is done, 0 to 1
 * @throws SightlineError `store_unavailable`
 */
export async function previewRemoval(
  bound: Bound,
  options: { cut: Instant; now: Instant; atOnce?: number; onProgress?: (share: number) => void },
): Promise<Removed> {
  const { cut, now, onProgress = () => {} } = options
  const together = `${randomUUID()}/`
  const search = { cut, settled: await settledUntil(bound, now), begun: await clockOf(bound) }
  const parts = await partsOf(bound, cut, options.atOnce)
  const steps = 2 * parts.length + 1
  const counts = { documents: 0, events: 0 }
  for (const [at, part] of parts.entries()) {
    const batch = `${together}${at}`
    await chooseExpired(bound, search, batch, part)
    const [found] = await deriveRows(bound, 'remove/document-count', { batch }, Documents)
    counts.documents += found?.documents ?? 0
    onProgress((at + 1) / steps)
  }
  for (const at of parts.keys()) {
    const listed = { list: 'derive_scope', batch: `${together}${at}`, together, cut }
    const [found] = await deriveRows(bound, 'remove/expired-event-count', listed, Events)
    counts.events += found?.events ?? 0
    onProgress((parts.length + at + 1) / steps)
  }
  const aged = await agedRows(bound, cut)
  onProgress(1)
  return { ...counts, ...aged }
}
