import type { ClickHouseClient } from '@clickhouse/client'
import { z } from 'zod'
import { type Instant, instantToClickHouse, instantToIso } from '../model/instant.ts'
import type { TenantId } from '../model/tenant.ts'
import { SightlineError } from '../platform/errors.ts'
import { controlCatalogue } from './control-catalogue.ts'
import { cursorOf, pageOf } from './cursor.ts'
import { asStoreError, type Query, type TenantReader } from './run.ts'

/** What violations are filtered by beside their window; undefined means any. */
export type ViolationFilter = Partial<Record<(typeof FILTERS)[number], string | undefined>>

const DIMENSIONS = [
  'entity',
  'business_unit',
  'plant',
  'region',
  'risk_category',
  'budget_owner',
  'spend_category',
  'supplier',
  'supplier_class',
  'approver',
  'system',
] as const
const FILTERS = [
  'control',
  'category',
  'severity',
  'state',
  'offender',
  'policy',
  'policy_version',
  'document_type',
  'document_id',
  ...DIMENSIONS,
] as const

const STATE = z.enum(['open', 'accepted', 'remediated', 'retracted'])
const SCOPE = {
  from: z.string(),
  to: z.string(),
  ...(Object.fromEntries(FILTERS.map((name) => [name, z.string()])) as Record<(typeof FILTERS)[number], z.ZodString>),
}

const LIST = {
  name: 'read/violations',
  params: z.object({ ...SCOPE, after_us: z.string(), after_id: z.string(), limit: z.number() }),
  row: z.object({
    id: z.string(),
    control: z.string(),
    category: z.string(),
    severity: z.string(),
    state: STATE,
    detected_at: z.string(),
    detected_us: z.number(),
    known_from: z.string(),
    document_type: z.string(),
    document_id: z.string(),
    subject_id: z.string(),
    control_version: z.string(),
    policy_id: z.string(),
    policy_version: z.string(),
    money: z.string().nullable(),
    currency: z.string(),
    offender: z.string(),
    detail: z.string(),
    evidence_ids: z.array(z.string()),
    ...(Object.fromEntries(DIMENSIONS.map((name) => [name, z.string()])) as Record<(typeof DIMENSIONS)[number], z.ZodString>),
  }),
} satisfies Query<z.ZodRawShape, z.ZodType>

const TOTALS = {
  name: 'read/violation-totals',
  params: z.object(SCOPE),
  row: z.object({ state: STATE, currency: z.string(), n: z.number(), money: z.string() }),
} satisfies Query<z.ZodRawShape, z.ZodType>

const ONE = {
  name: 'read/violation',
  params: z.object({ control: z.string(), id: z.string() }),
  row: z.object({
    control: z.string(),
    document_type: z.string(),
    document_id: z.string(),
    subject_id: z.string(),
    evidence_ids: z.array(z.string()),
  }),
} satisfies Query<z.ZodRawShape, z.ZodType>

const HISTORY = {
  name: 'read/violation-history',
  params: z.object({ document_type: z.string(), document_id: z.string(), control: z.string(), subject_id: z.string() }),
  row: z.object({
    known_us: z.number(),
    retracted: z.boolean(),
    detected_at: z.string(),
    severity: z.string(),
    control_version: z.string(),
    policy_id: z.string(),
    policy_version: z.string(),
    money: z.string().nullable(),
    currency: z.string(),
    offender: z.string(),
    detail: z.string(),
  }),
} satisfies Query<z.ZodRawShape, z.ZodType>

const EVENTS = {
  name: 'read/violation-events',
  params: z.object({ ids: z.array(z.string()) }),
  row: z.object({
    id: z.string(),
    natural_id: z.string(),
    source: z.string(),
    occurred_at: z.string(),
    received_at: z.string(),
    activity: z.string(),
    step: z.string(),
    system: z.string(),
    actor_id: z.string(),
    actor_kind: z.string(),
    on_behalf_of: z.string(),
    status: z.string(),
    code: z.string(),
    message: z.string(),
    policy_id: z.string(),
    policy_version: z.string(),
    policy_decision: z.string(),
    money: z.string().nullable(),
    currency: z.string(),
    objects: z.array(z.string()),
  }),
} satisfies Query<z.ZodRawShape, z.ZodType>

/** Every instant that the store keeps. */
const EVER = { from: Date.UTC(1971, 0) * 1000, to: Date.UTC(2140, 0) * 1000 }

/** The parameters of a filter, as SQL takes them. */
export function violationScope(window: { from: Instant; to: Instant }, filter: ViolationFilter) {
  const values = Object.fromEntries(FILTERS.map((name) => [name, filter[name] ?? ''])) as Record<(typeof FILTERS)[number], string>
  return { from: instantToClickHouse(window.from), to: instantToClickHouse(window.to), ...values }
}

type Row = z.output<typeof LIST.row>

function viewed({ money, evidence_ids, ...row }: Row) {
  return {
    id: row.id,
    control: row.control,
    control_version: row.control_version,
    title: controlCatalogue().find(({ control }) => control === row.control)?.title ?? row.control,
    category: row.category,
    severity: row.severity,
    state: row.state,
    detected_at: row.detected_at,
    known_from: row.known_from,
    document_type: row.document_type,
    document_id: row.document_id,
    subject_id: row.subject_id,
    policy_id: row.policy_id,
    policy_version: row.policy_version,
    amount: money,
    currency: row.currency,
    offender: row.offender,
    detail: row.detail,
    dimensions: Object.fromEntries(DIMENSIONS.map((name) => [name, row[name]] as const).filter(([, value]) => value !== '')),
    evidence: evidence_ids,
  }
}

/**
 * Violations that came about in a window, the latest first, with how many there are in all.
 *
 * @throws SightlineError `parameter_invalid` for a cursor that is none
 */
export async function violations(
  reader: TenantReader,
  window: { from: Instant; to: Instant },
  filter: ViolationFilter,
  { limit, after }: { limit: number; after?: string | undefined },
) {
  const scope = violationScope(window, filter)
  const cursor = cursorOf(after)
  const [rows, totals] = await Promise.all([
    reader.rows(LIST, { ...scope, after_us: cursor.us, after_id: cursor.id, limit: limit + 1 }),
    reader.rows(TOTALS, scope),
  ])
  const { page, next } = pageOf(rows, limit, (row) => [row.detected_us, row.id])
  return {
    totals: totals.map(({ money, ...total }) => ({ ...total, amount: money })),
    violations: page.map(viewed),
    next,
  }
}

/** Violations of one page of an export. */
const EXPORTED_AT_ONCE = 500

/** All violations that a filter finds with the events that show them, page by page. */
export async function* violationsWithEvents(
  reader: TenantReader,
  window: { from: Instant; to: Instant },
  filter: ViolationFilter,
) {
  let after: string | undefined
  do {
    const scope = violationScope(window, filter)
    const cursor = cursorOf(after)
    const rows = await reader.rows(LIST, {
      ...scope,
      after_us: cursor.us,
      after_id: cursor.id,
      limit: EXPORTED_AT_ONCE + 1,
    })
    const { page, next } = pageOf(rows, EXPORTED_AT_ONCE, (row) => [row.detected_us, row.id])
    const events = new Map(
      (await eventsOf(reader, [...new Set(page.flatMap((row) => row.evidence_ids))])).map((one) => [one.id, one]),
    )
    for (const row of page)
      yield { ...viewed(row), events: row.evidence_ids.map((id) => events.get(id)).filter((event) => event !== undefined) }
    after = next ?? undefined
  } while (after !== undefined)
}

async function eventsOf(reader: TenantReader, ids: readonly string[]) {
  const rows = ids.length === 0 ? [] : await reader.rows(EVENTS, { ids: [...ids] })
  return rows.map(({ money, ...event }) => ({ ...event, amount: money }))
}

/**
 * One violation with its events, what was known of it before, and what else was found or reported on the document in its category.
 *
 * @throws SightlineError `not_found`
 */
export async function violationDetail(reader: TenantReader, id: string) {
  const [found] = await reader.rows(ONE, { control: id.split(':')[0] ?? '', id })
  if (found === undefined) throw unknown()
  const { control, document_type, document_id, subject_id, evidence_ids } = found
  const [rows, history, events] = await Promise.all([
    reader.rows(LIST, {
      ...violationScope(EVER, { document_type, document_id }),
      after_us: cursorOf(undefined).us,
      after_id: '',
      limit: 200,
    }),
    reader.rows(HISTORY, { control, document_type, document_id, subject_id }),
    eventsOf(reader, evidence_ids),
  ])
  const row = rows.find((one) => one.id === id)
  if (row === undefined) throw unknown()
  const isReport = control === 'reported-by-workflow'
  return {
    ...viewed(row),
    definition: controlCatalogue().find((one) => one.control === control)?.definition ?? '',
    events,
    history: history.map(({ known_us, money, ...state }) => ({ ...state, amount: money, known_at: instantToIso(known_us) })),
    linked: rows
      .filter(
        (one) =>
          one.category === row.category && one.state !== 'retracted' && (one.control === 'reported-by-workflow') !== isReport,
      )
      .map(viewed)
      .map((one) => ({ id: one.id, control: one.control, title: one.title, detail: one.detail })),
  }
}

function unknown(): SightlineError {
  return new SightlineError('not_found', 'This tenant has no such violation.', { next: 'GET /v1/violations lists them.' })
}

/** Writes what was decided about a violation where lists are filtered by it. */
export async function mirrorDecision(
  clickhouse: ClickHouseClient,
  tenant: TenantId,
  decision: { violationId: string; id: number; state: string; decidedAt: Date },
): Promise<void> {
  await clickhouse
    .insert({
      table: 'violation_states',
      values: [
        {
          tenant_id: tenant,
          violation_id: decision.violationId,
          state: decision.state,
          decided_at: instantToClickHouse(decision.decidedAt.getTime() * 1000),
          decision_id: decision.id,
        },
      ],
      format: 'JSONEachRow',
      clickhouse_settings: { async_insert: 0 },
    })
    .catch((error: unknown) => {
      throw asStoreError(error, 'mirrorDecision')
    })
}
