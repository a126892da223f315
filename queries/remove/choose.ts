import { randomUUID } from 'node:crypto'
import { z } from 'zod'
import type { Instant } from '../../model/instant.ts'
import type { TenantId } from '../../model/tenant.ts'
import { derivationOf } from '../derive/derive.ts'
import { walkPaths } from '../derive/paths.ts'
import { deriveInsert, deriveRows, type DeriveStores } from '../derive/run.ts'

/** Documents that are looked at together: what a statement holds in memory. */
const DOCUMENTS_AT_ONCE = 50_000
/** So long after its last change a document is computed for sure, and its arrivals are told apart in the ledger, µs. */
const QUIET_US = 3600e6

const Start = z.object({ type: z.string(), id: z.string() })
const Now = z.object({ now: z.number() })

/** A tenant whose documents are looked through. */
export type Bound = DeriveStores & { tenant: TenantId; signal: AbortSignal | undefined }

/** What is looked for: documents that ended before the cut, were computed up to `settled`, and are as they were when it was `begun`. */
export type Search = { cut: Instant; settled: Instant; begun: Instant }

/** ClickHouse's clock, µs. */
export async function clockOf(bound: Bound): Promise<Instant> {
  const [clock] = await deriveRows(bound, 'derive/now', {}, Now)
  return clock?.now ?? 0
}

/** Up to when the changes of a tenant's documents are in its answers for sure, µs. */
export async function settledUntil(bound: Bound, now: Instant): Promise<Instant> {
  const { settledUntil: settled } = await derivationOf(bound, bound.tenant)
  return Math.min(settled, now - QUIET_US)
}

/** Documents from a key to before another, or to the last. */
export type Part = { from_type: string; from_id: string; to_type: string; to_id: string }

/**
 * The parts in which the documents that may go are looked through, so many at once: neighbours by their keys, so that what is known of them
 * lies together and is read once.
 */
export async function partsOf(bound: Bound, cut: Instant, atOnce = DOCUMENTS_AT_ONCE): Promise<Part[]> {
  const starts = await deriveRows(bound, 'remove/old-parts', { cut, at_once: atOnce }, Start)
  return starts.map(({ type, id }, at) => ({
    from_type: type,
    from_id: id,
    to_type: starts[at + 1]?.type ?? '',
    to_id: starts[at + 1]?.id ?? '',
  }))
}

/**
 * Writes the documents of one part that go into `derive_scope` under `batch`: those that ended before the cut, unless something that stays
 * is computed from them. With an open invoice stay its order and requisition, up and down the declared paths, and what stands beside these:
 * receipts, approvals. So every answer about what happened since the cut stays what it was.
 *
 * @throws SightlineError `store_unavailable`
 */
export async function chooseExpired(bound: Bound, { cut, settled, begun }: Search, batch: string, part: Part): Promise<void> {
  const scope = randomUUID()
  const [old, expired, holding] = [`${scope}/old`, `${scope}/expired`, `${scope}/holding`]
  const search = { cut, settled, begun }
  await deriveInsert(bound, 'remove/old', { cut, into: old, ...part })
  await deriveInsert(bound, 'remove/expired', { ...search, scopes: old, into: expired })
  await deriveInsert(bound, 'remove/beside', { scopes: expired, into: `${expired}/beside` })
  await walkPaths(bound, `${expired}/beside`, expired)
  await deriveInsert(bound, 'remove/holding', { ...search, scopes: expired, into: holding })
  await walkPaths(bound, holding, holding)
  await deriveInsert(bound, 'remove/beside', { scopes: holding, into: `${holding}/beside` })
  await deriveInsert(bound, 'remove/chosen', { batch, expired, holding })
}
