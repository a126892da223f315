import { randomUUID } from 'node:crypto'
import type { ClickHouseClient } from '@clickhouse/client'
import { z } from 'zod'
import type { Instant } from '../../model/instant.ts'
import type { TenantId } from '../../model/tenant.ts'
import type { Db } from '../../platform/postgres/client.ts'
import { asStoreError, type SqlParts, sqlText } from '../run.ts'

/** What computing answers works with. */
export type DeriveStores = { clickhouse: ClickHouseClient; db: Db }

/** One run: the documents of `derive_scope` under `batch`, whose answers are computed anew. */
export type DeriveRun = DeriveStores & {
  tenant: TenantId
  batch: string
  /** What is written is known since then: microseconds, the start of the run. */
  version: number
  /** What is newer in a history has not been published for sure. */
  published: number
  /** The clock of this process at the start, for what is still open. */
  now: Instant
  /** Types of the documents that changed; the others of the scope lie on their paths. */
  changed: ReadonlySet<string>
  /** Documents in the scope by type. */
  documents: ReadonlyMap<string, number>
  signal: AbortSignal | undefined
}

/** What a run computes, in its order. */
export type StepName = 'rates' | 'processes' | 'exceptions' | 'ai' | 'timelines' | 'controls' | 'kpis' | 'documents' | 'incidents'

/** A way to compute answers from timelines. Steps run in the order of {@link deriveTenant}'s list; each must bear being run again. */
export type DeriveStep = {
  name: StepName
  /** Whether half a minute is soon enough: it is left out of the pass that comes within seconds. */
  settledOnly?: true
  /** What the step's answers are computed by, as text: when it changes, everything is computed anew. */
  definitions(stores: DeriveStores, tenant: TenantId): Promise<string>
  run(run: DeriveRun): Promise<void>
}

/** Where statements find timelines and links: those of the run's documents, which `stage` has read once. */
export const STAGED = { timelines: 'derive_events', links: 'derive_links' }
/** Where statements find timelines and links of a whole tenant. */
export const WHOLE_TENANT = { timelines: 'object_events', links: 'object_links', batch: '' }

/** Computing gives way to what people and sources wait for, where the engine may order its threads. */
export const YIELDING = { os_threads_nice_value_query: 10 }

/** Whom a statement is about; without a tenant it is about all. */
type Bound = Pick<DeriveRun, 'clickhouse' | 'signal'> & { tenant: TenantId | null }

/** Rows of `queries/<name>.sql` for a tenant, as the writer. */
export async function deriveRows<T extends z.ZodType>(
  { clickhouse, tenant, signal }: Bound,
  name: string,
  params: Record<string, unknown>,
  row: T,
  parts?: SqlParts,
): Promise<z.output<T>[]> {
  const answer = await clickhouse
    .query({
      query: sqlText(name, parts),
      query_id: queryId(name),
      query_params: { ...STAGED, ...params, ...(tenant === null ? {} : { tenant_id: tenant }) },
      format: 'JSONEachRow',
      clickhouse_settings: { ...YIELDING, output_format_json_quote_64bit_integers: 0 },
      ...(signal === undefined ? {} : { abort_signal: signal }),
    })
    .then((result) => result.json())
    .catch((error: unknown) => {
      throw asStoreError(error, name)
    })
  return z.array(row).parse(answer)
}

/** Runs the INSERT … SELECT of `queries/<name>.sql` for a tenant; returns how many rows it wrote, those of views among them. */
export async function deriveInsert(
  { clickhouse, tenant, signal }: Bound,
  name: string,
  params: Record<string, unknown>,
  parts?: SqlParts,
): Promise<number> {
  const { summary } = await clickhouse
    .command({
      query: sqlText(name, parts),
      query_id: queryId(name),
      query_params: { ...STAGED, ...params, ...(tenant === null ? {} : { tenant_id: tenant }) },
      clickhouse_settings: YIELDING,
      ...(signal === undefined ? {} : { abort_signal: signal }),
    })
    .catch((error: unknown) => {
      throw asStoreError(error, name)
    })
  return Number(summary?.written_rows ?? Number.NaN)
}

function queryId(name: string): string {
  return `${name.replaceAll('/', '.')}:${randomUUID()}`
}
