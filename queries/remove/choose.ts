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

const Old = z.object({ objects: z.number() })
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

/** In how many parts the documents that may go are looked through, so many at once. */
export async function partsOf(bound: Bound, cut: Instant, atOnce = DOCUMENTS_AT_ONCE): Promise<number> {
  const [old] = await deriveRows(bound, 'remove/old-count', { cut }, Old)
  return Math.ceil((old?.objects ?? 0) / atOnce)
}

/**
 * Writes the documents of one part that go into `derive_scope` under `batch`: those that ended before the cut, unless something that stays
 * is computed from them. With an open invoice stay its order and requisition, up and down the declared paths, and what stands beside these:
 * receipts, approvals. So every answer about what happened since the cut stays what it was.
 *
 * @throws SightlineError `store_unavailable`
 */
export async function chooseExpired(
  bound: Bound,
  { cut, settled, begun }: Search,
  part: { batch: string; parts: number; part: number },
): Promise<void> {
  const scope = randomUUID()
  const [old, expired, holding] = [`${scope}/old`, `${scope}/expired`, `${scope}/holding`]
  const search = { cut, settled, begun }
  await deriveInsert(bound, 'remove/old', { cut, into: old, parts: part.parts, part: part.part })
  await deriveInsert(bound, 'remove/expired', { ...search, scopes: old, into: expired })
  await deriveInsert(bound, 'remove/beside', { scopes: expired, into: `${expired}/beside` })
  await walkPaths(bound, `${expired}/beside`, expired)
  await deriveInsert(bound, 'remove/holding', { ...search, scopes: expired, into: holding })
  await walkPaths(bound, holding, holding)
  await deriveInsert(bound, 'remove/beside', { scopes: holding, into: `${holding}/beside` })
  await deriveInsert(bound, 'remove/chosen', { batch: part.batch, expired, holding })
}
