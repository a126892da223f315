import { z } from 'zod'
import { type Instant, instantFromIso, instantToClickHouse, instantToIso } from '../model/instant.ts'
import { SightlineError } from '../platform/errors.ts'
import { cursorOf, pageOf } from './cursor.ts'
import { inReportingCurrency, type MoneyRates, moneyRates } from './money-rates.ts'
import type { Query, TenantReader } from './run.ts'

/** An incident whose last failure is longer ago than this, without a success since, is silent: nothing tells whether it is over. */
const SILENT_AFTER: Instant = 3600e6
/** A series of attempts has no more buckets than about this. */
const MOST_BUCKETS = 720

const Classes = z.array(
  z.object({ operation_class: z.string(), last_failed_at: z.string(), recovered_at: z.string().nullable() }),
)
const Samples = z.array(
  z.object({
    id: z.string(),
    at: z.string(),
    operation: z.string(),
    code: z.string(),
    message: z.string(),
    trace_id: z.string(),
  }),
)
const ROW = z.object({
  incident_id: z.string(),
  system: z.string(),
  family: z.string(),
  category: z.string(),
  first_failed_at: z.string(),
  first_us: z.number(),
  last_failed_at: z.string(),
  ended_at: z.string().nullable(),
  by_cluster_rule: z.boolean(),
  failed_attempts: z.number(),
  attempts: z.number(),
  operations: z.number(),
  operations_healed: z.number(),
  operations_given_up: z.number(),
  suppliers: z.number(),
  classes: z.string().transform((text) => Classes.parse(JSON.parse(text))),
  codes: z.array(z.tuple([z.string(), z.number()])),
  samples: z.string().transform((text) => Samples.parse(JSON.parse(text))),
  announced: z.array(z.string()),
  release_before: z.string(),
  release_after: z.string(),
  documents: z.number(),
  documents_now: z.number(),
  money: z.array(z.tuple([z.string(), z.string(), z.string()])),
})

const LIST = {
  name: 'read/incident-list',
  params: z.object({
    from: z.string(),
    to: z.string(),
    system: z.string(),
    id: z.string(),
    state: z.string(),
    after_us: z.string(),
    after_id: z.string(),
    limit: z.number(),
  }),
  row: ROW,
} satisfies Query<z.ZodRawShape, z.ZodType>

const DOCUMENTS = {
  name: 'read/incident-documents',
  params: z.object({ id: z.string(), blocked: z.boolean(), limit: z.number(), offset: z.number() }),
  row: z.object({
    type: z.string(),
    id: z.string(),
    operation_id: z.string(),
    operation_class: z.string(),
    leads: z.boolean(),
    supplier: z.string(),
    blocked_at: z.string(),
    released_at: z.string().nullable(),
    released_by: z.string(),
    failed_attempts: z.number(),
    amount_text: z.string().nullable(),
    currency: z.string(),
    total: z.number(),
  }),
} satisfies Query<z.ZodRawShape, z.ZodType>

const ATTEMPTS = {
  name: 'read/incident-attempts',
  params: z.object({ system: z.string(), from: z.string(), to: z.string(), bucket_s: z.number() }),
  row: z.object({ bucket: z.string(), failed: z.number(), ok: z.number() }),
} satisfies Query<z.ZodRawShape, z.ZodType>

const CLOCKS = {
  name: 'read/incident-clocks',
  params: z.object({ id: z.string(), now: z.string() }),
  row: z.object({
    sla: z.string(),
    type: z.string(),
    id: z.string(),
    state_now: z.string(),
    started_at: z.string(),
    ended_at: z.string().nullable(),
    deadline_at: z.string().nullable(),
    burned_s: z.number(),
    total: z.number(),
  }),
} satisfies Query<z.ZodRawShape, z.ZodType>

const HISTORY = {
  name: 'read/incident-history',
  params: z.object({ id: z.string() }),
  row: z.object({
    known_at: z.string(),
    absent: z.boolean(),
    category: z.string(),
    first_failed_at: z.string(),
    last_failed_at: z.string(),
    ended_at: z.string().nullable(),
    failed_attempts: z.number(),
    operations: z.number(),
    operations_healed: z.number(),
    system: z.string(),
  }),
} satisfies Query<z.ZodRawShape, z.ZodType>

export type IncidentScope = {
  from: Instant
  to: Instant
  system: string
  state: '' | 'open' | 'ended'
  after?: string | undefined
  limit: number
  now: Instant
}

/**
 * Technical incidents that touch the half-open window, the latest first, each with what it blocked. One without a success since its last
 * failure has not ended, however long ago that was: `silent` where nothing was tried for an hour.
 *
 * @throws SightlineError `parameter_invalid` for a cursor that is none of ours
 */
export async function incidents(reader: TenantReader, scope: IncidentScope) {
  const after = cursorOf(scope.after)
  const [rows, rates] = await Promise.all([
    reader.rows(LIST, {
      from: instantToClickHouse(scope.from),
      to: instantToClickHouse(scope.to),
      system: scope.system,
      id: '',
      state: scope.state,
      after_us: after.us,
      after_id: after.id,
      limit: scope.limit + 1,
    }),
    moneyRates(reader, scope.now),
  ])
  const { page, next } = pageOf(rows, scope.limit, (row) => [row.first_us, row.incident_id])
  return { currency: rates.currency, incidents: page.map((row) => incidentView(row, rates, scope.now)), next }
}

/**
 * One incident: its attempts over time, the first hundred documents that it blocked, what was known of it before.
 *
 * @throws SightlineError `not_found`; where it was joined with another, the message says so
 */
export async function incidentDetail(reader: TenantReader, id: string, now: Instant) {
  const [[row], history, rates, documents, clocks] = await Promise.all([
    reader.rows(LIST, {
      from: '1970-01-01 00:00:00',
      to: '2250-01-01 00:00:00',
      system: '',
      id,
      state: '',
      after_us: '9223372036854775807',
      after_id: '',
      limit: 1,
    }),
    reader.rows(HISTORY, { id }),
    moneyRates(reader, now),
    incidentDocuments(reader, id, { blocked: false, limit: 100, offset: 0 }),
    reader.rows(CLOCKS, { id, now: instantToClickHouse(now) }),
  ])
  if (row === undefined) throw unknownIncident(id, history.at(-1)?.system)
  const view = incidentView(row, rates, now)
  const margin = 1800e6
  const from = row.first_us - margin
  const to = Math.min(now, instantOf(row.ended_at ?? row.last_failed_at) + margin)
  const bucket_s = bucketSeconds(to - from)
  const attempts = await reader.rows(ATTEMPTS, {
    system: row.system,
    from: instantToClickHouse(from),
    to: instantToClickHouse(Math.max(to, from + 1)),
    bucket_s,
  })
  return {
    ...view,
    currency: rates.currency,
    timeline: { from: instantToIso(from), to: instantToIso(to), bucket_s, buckets: attempts },
    ...documents,
    clocks_total: clocks[0]?.total ?? 0,
    clocks: clocks.map(({ state_now, total: _total, ...clock }) => ({ ...clock, state: state_now })),
    history: history.map(({ system: _system, ...state }) => state),
  }
}

/** Documents that an incident blocked, the blocked ones first. */
export async function incidentDocuments(
  reader: TenantReader,
  id: string,
  page: { blocked: boolean; limit: number; offset: number },
) {
  const rows = await reader.rows(DOCUMENTS, { id, ...page })
  return {
    documents_total: rows[0]?.total ?? 0,
    documents: rows.map(({ amount_text, total: _total, ...row }) => ({ ...row, amount: amount_text })),
  }
}

function unknownIncident(id: string, system: string | undefined): SightlineError {
  return system === undefined
    ? new SightlineError('not_found', `There is no incident "${id.slice(0, 80)}".`, { next: 'GET /v1/incidents lists them.' })
    : new SightlineError('not_found', `Incident "${id.slice(0, 80)}" no longer stands by itself: late events changed it.`, {
        next: `GET /v1/incidents?system=${encodeURIComponent(system)} lists those of ${system}.`,
      })
}

function incidentView(row: z.output<typeof ROW>, rates: MoneyRates, now: Instant) {
  const { incident_id, first_us: _first, money, classes, codes, documents, documents_now, ...rest } = row
  const isSilent = now - instantOf(row.last_failed_at) > SILENT_AFTER
  return {
    id: incident_id,
    ...rest,
    state: row.ended_at !== null ? ('ended' as const) : isSilent ? ('silent' as const) : ('open' as const),
    classes,
    codes: codes.map(([code, n]) => ({ code, n })),
    documents_blocked: documents,
    documents_blocked_now: documents_now,
    money_at_risk: money.map(([currency, total, total_now]) => ({ currency, total, total_now })),
    money_at_risk_total: inReportingCurrency(
      money.map(([currency, total]) => [currency, total]),
      rates,
    ),
    money_at_risk_now: inReportingCurrency(
      money.map(([currency, , total_now]) => [currency, total_now]),
      rates,
    ),
  }
}

/** Length of a bucket: a minute, or as much longer as keeps the series short. */
function bucketSeconds(span: Instant): number {
  const seconds = span / 1e6 / MOST_BUCKETS
  return [60, 300, 900, 3600, 14_400, 86_400].find((length) => length >= seconds) ?? 604_800
}

function instantOf(text: string): Instant {
  const instant = instantFromIso(text)
  if (instant === null) throw new Error(`"${text}" is not an instant`)
  return instant
}
