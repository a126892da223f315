import type { ClickHouseClient } from '@clickhouse/client'
import { z } from 'zod'
import { type Instant, instantToClickHouse, instantToIso } from '../model/instant.ts'
import type { TenantId } from '../model/tenant.ts'
import { SightlineError } from '../platform/errors.ts'
import { asStoreError, type Query, sqlText, type TenantReader } from './run.ts'

const state = z.enum(['open', 'acknowledged', 'gone'])
const severity = z.enum(['error', 'warning', 'info'])

const FINDINGS = {
  name: 'read/findings',
  params: z.object({}),
  row: z.object({
    feed: z.string(),
    check_id: z.string(),
    subject: z.string(),
    severity,
    message: z.string(),
    evidence: z.string(),
    first_at: z.string(),
    last_at: z.string(),
    state,
  }),
} satisfies Query<z.ZodRawShape, z.ZodType>

const Kept = z.object({
  check_id: z.string(),
  subject: z.string(),
  severity,
  message: z.string(),
  evidence: z.string(),
  first_us: z.string().transform(Number),
  last_us: z.string().transform(Number),
  state,
})
type Kept = z.output<typeof Kept>

/** Something that is wrong with what a source sends, as it is seen now. */
export type SeenFinding = {
  check: string
  subject: string
  severity: z.output<typeof severity>
  message: string
  evidence: Record<string, unknown>
  /** Since when. */
  since: Instant
}

/** A finding as it is shown. */
export type Finding = Awaited<ReturnType<typeof findings>>[number]

/** The tenant's findings, open ones first; at most 500. */
export async function findings(reader: TenantReader) {
  const rows = await reader.rows(FINDINGS, {})
  return rows.map(({ check_id, evidence, ...row }) => ({ ...row, check: check_id, evidence: asRecord(evidence) }))
}

/**
 * Keeps what is seen of a way in, and what is seen no more. A finding that somebody acknowledged stays acknowledged until it is gone;
 * one that comes back after that is open again.
 *
 * @throws SightlineError `store_unavailable`
 */
export async function keepFindings(
  writer: ClickHouseClient,
  tenant: TenantId,
  feed: string,
  change: { seen: readonly SeenFinding[]; gone: readonly Pick<SeenFinding, 'check' | 'subject'>[] },
  now: Instant,
): Promise<void> {
  if (change.seen.length === 0 && change.gone.length === 0) return
  const kept = new Map((await keptOf(writer, tenant, feed)).map((row) => [keyOf(row.check_id, row.subject), row]))
  const rows = change.seen.map((seen) => {
    const before = kept.get(keyOf(seen.check, seen.subject))
    const standing = before !== undefined && before.state !== 'gone' ? before : null
    return rowOf(tenant, feed, now, {
      check_id: seen.check,
      subject: seen.subject,
      severity: seen.severity,
      message: seen.message,
      evidence: JSON.stringify(seen.evidence),
      first_us: standing?.first_us ?? seen.since,
      last_us: now,
      state: standing?.state ?? 'open',
    })
  })
  for (const { check, subject } of change.gone) {
    const before = kept.get(keyOf(check, subject))
    if (before !== undefined && before.state !== 'gone') rows.push(rowOf(tenant, feed, now, { ...before, state: 'gone' }))
  }
  await insert(writer, rows)
}

/**
 * Marks an open finding as known.
 *
 * @throws SightlineError `not_found`, `store_unavailable`
 */
export async function acknowledgeFinding(
  writer: ClickHouseClient,
  tenant: TenantId,
  of: { feed: string; check: string; subject: string },
  now: Instant,
): Promise<Finding> {
  const rows = await keptOf(writer, tenant, of.feed)
  const found = rows.find((row) => row.check_id === of.check && row.subject === of.subject)
  if (found === undefined || found.state === 'gone')
    throw new SightlineError('not_found', 'There is no such open finding.', { next: 'GET /v1/quality lists them.' })
  const state = 'acknowledged' as const
  await insert(writer, [rowOf(tenant, of.feed, now, { ...found, state })])
  return {
    feed: of.feed,
    check: found.check_id,
    subject: found.subject,
    severity: found.severity,
    message: found.message,
    evidence: asRecord(found.evidence),
    first_at: instantToIso(found.first_us),
    last_at: instantToIso(found.last_us),
    state,
  }
}

async function keptOf(writer: ClickHouseClient, tenant: TenantId, feed: string): Promise<Kept[]> {
  const answer = await writer
    .query({
      query: sqlText('settle/findings'),
      query_params: { tenant_id: tenant, feed },
      format: 'JSONEachRow',
    })
    .then((result) => result.json())
    .catch((error: unknown) => {
      throw asStoreError(error, 'settle/findings')
    })
  return z.array(Kept).parse(answer)
}

function rowOf(tenant: TenantId, feed: string, now: Instant, row: Kept) {
  const { first_us, last_us, ...rest } = row
  return {
    tenant_id: tenant,
    feed,
    ...rest,
    first_at: instantToClickHouse(first_us),
    last_at: instantToClickHouse(last_us),
    version: now,
  }
}

async function insert(writer: ClickHouseClient, values: readonly ReturnType<typeof rowOf>[]): Promise<void> {
  await writer
    .insert({
      table: 'sightline.quality_findings',
      values: [...values],
      format: 'JSONEachRow',
      clickhouse_settings: { async_insert: 0 },
    })
    .catch((error: unknown) => {
      throw asStoreError(error, 'keeping findings')
    })
}

function keyOf(check: string, subject: string): string {
  return `${check}\n${subject}`
}

function asRecord(json: string): Record<string, unknown> {
  const value: unknown = json === '' ? {} : JSON.parse(json)
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}
}
