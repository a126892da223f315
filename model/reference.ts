import { z } from 'zod'
import { Calendar } from './calendar.ts'
import { type Instant, instantFromIso } from './instant.ts'
import { isCleanText } from './event.ts'
import { DIMENSIONS, SYSTEM_CLASSES } from './vocabulary.ts'

const text = (max = 512) => z.string().max(max).refine(isCleanText, 'holds control characters or half a surrogate pair')
const name = text(200).min(1)
const id = text().min(1)
const decimal = z
  .union([z.string().max(40), z.number()])
  .transform(String)
  .pipe(z.string().regex(/^-?\d{1,14}(\.\d{1,4})?$/u, 'is not a decimal with at most four places'))
const CURRENCIES = new Set(Intl.supportedValuesOf('currency'))
const currency = z
  .string()
  .regex(/^[A-Z]{3}$/u, 'is not an ISO 4217 code')
  .refine((code) => CURRENCIES.has(code), 'is no currency of ISO 4217')
const Money = z.strictObject({ amount: decimal.refine((value) => !value.startsWith('-'), 'is negative'), currency })
const rateText = z
  .union([z.string().max(40), z.number()])
  .transform(String)
  .pipe(z.string().regex(/^\d{1,10}(\.\d{1,10})?$/u, 'is not a decimal with at most ten places'))
/** A number, as text where a table gives it. */
const number = z.union([
  z.number(),
  z
    .string()
    .regex(/^-?\d{1,15}(\.\d{1,10})?$/u, 'is not a number')
    .transform(Number),
])
const positive = number.refine((value) => value >= 0, 'is negative')
const share = number.refine((value) => value >= 0 && value <= 1, 'is not between 0 and 1')

/** The categories of the control taxonomy. */
export const CONTROL_CATEGORIES = [
  'authority',
  'threshold',
  'eligibility',
  'contract',
  'budget',
  'tax',
  'retention',
  'segregation',
  'exception',
  'AI',
] as const

const Supplier = z.strictObject({
  name,
  status: z.enum(['approved', 'pending', 'blocked']),
  class: text(100).default(''),
  risk: z.enum(['low', 'medium', 'high', 'critical']).default('low'),
  country: text(2).default(''),
  /** Hash of the bank account, never the account. */
  bank_ref: text(128).default(''),
  /** The supplier that this one is a second record of. */
  duplicate_of: id.nullish(),
})
const Contract = z.strictObject({
  supplier: id,
  /** Purchasing categories that it covers; none means all. */
  categories: z.array(name).max(200).default([]),
  ceiling: Money.nullable().default(null),
  prices: z
    .array(z.strictObject({ item: id, unit_price: decimal, currency, uom: text(20).default('') }))
    .max(10_000)
    .default([]),
})
const Authority = z.strictObject({
  document_type: name,
  role: name.nullish(),
  person: id.nullish(),
  step: name.nullish(),
  entity: name.nullish(),
  region: name.nullish(),
  risk_category: name.nullish(),
  /** Amount up to which it holds; null without a limit. */
  up_to: Money.nullable(),
})
const Policy = z.strictObject({
  version: name,
  category: z.enum(CONTROL_CATEGORIES),
  text: text(4000).default(''),
  tolerances: z.record(name, positive).default({}),
  /** Activities of the workflow that it guards. */
  states: z.array(name).max(100).default([]),
})
const Budget = z.strictObject({
  entity: name,
  cost_centre: name.nullish(),
  budget_owner: id.nullish(),
  period: z.string().regex(/^\d{4}(-(Q[1-4]|0[1-9]|1[0-2]))?$/u, 'is not a year, quarter or month such as 2026-Q1'),
  amount: decimal,
  currency,
})
const Identity = z.strictObject({
  name,
  kind: z.enum(['person', 'service', 'bot']),
  /** Names that events give as the actor. */
  accounts: z.array(id).max(200).default([]),
  delegate_of: id.nullish(),
  owner: id.nullish(),
  manager: id.nullish(),
  roles: z.array(name).max(100).default([]),
  calendar: name.nullish(),
})
const Rate = z
  .strictObject({ from: currency, to: currency, rate: rateText.refine((value) => Number(value) > 0, 'is not above 0') })
  .refine((rate) => rate.from !== rate.to, 'is a rate of a currency to itself')
const Target = z
  .strictObject({ kpi: name, dimension: z.enum(DIMENSIONS).nullish(), group: text().nullish(), value: number })
  .refine((target) => (target.dimension == null) === (target.group == null), 'needs dimension and group together')
const ValueAssumptions = z.strictObject({
  /** The currency in which the tenant reports. */
  currency,
  minutes_per_touch: positive,
  hourly_rate: decimal,
  late_fee_pct: positive.default(0),
  off_contract_saving_pct: positive.default(0),
  discount_days: positive.default(0),
  /** Frozen figures of the time before, over `from` to `to`; null until they are frozen. */
  baseline: z
    .strictObject({
      from: z.string(),
      to: z.string(),
      touches_per_invoice: positive,
      touches_per_requisition: positive,
      late_rate: share,
      discount_capture_rate: share,
      off_contract_rate: share,
      duplicate_rate: share,
    })
    .nullable()
    .default(null),
})
const SystemRow = z.strictObject({
  name: name.optional(),
  class: z.enum(SYSTEM_CLASSES),
  owner: name.nullish(),
  vendor: name.nullish(),
  runbook_url: text(2000).nullish(),
  link_template: text(2000).nullish(),
  aliases: z.array(name).max(100).default([]),
})

/** The kinds of reference data: what a row says, and what its key means. */
export const REFERENCE_KINDS = {
  suppliers: { body: Supplier, title: 'Suppliers', key: 'supplier id', types: [] },
  contracts: { body: Contract, title: 'Contracts', key: 'contract id', types: ['purchase_order', 'po_line', 'invoice'] },
  approval_matrices: { body: Authority, title: 'Approval matrices', key: 'id of the row', types: [] },
  policies: { body: Policy, title: 'Policies', key: 'policy id', types: [] },
  budgets: { body: Budget, title: 'Budgets', key: 'entity, cost centre and period', types: ['purchase_order'] },
  identities: { body: Identity, title: 'Identities', key: 'person id', types: [] },
  calendars: { body: Calendar, title: 'Calendars', key: 'name', types: [] },
  rates: { body: Rate, title: 'Exchange rates', key: 'pair such as EUR/USD: what one EUR is in USD', types: [] },
  targets: { body: Target, title: 'Targets', key: 'KPI, or KPI|dimension=value', types: null },
  systems: { body: SystemRow, title: 'Systems', key: 'system id', types: null },
  value_assumptions: { body: ValueAssumptions, title: 'Value assumptions', key: 'default', types: [] },
} as const satisfies Record<
  string,
  {
    body: z.ZodType
    title: string
    key: string
    /** Types of documents whose answers depend on it; none means all, null that no computed answer does. */
    types: readonly string[] | null
  }
>

export type ReferenceKind = keyof typeof REFERENCE_KINDS

/** Whether a name is that of a kind of reference data. */
export function isReferenceKind(kind: string): kind is ReferenceKind {
  return Object.hasOwn(REFERENCE_KINDS, kind)
}

const day = /^\d{4}-\d{2}-\d{2}$/u
const instant = z
  .string()
  .max(40)
  .transform((value, context): Instant => {
    const at = instantFromIso(day.test(value) ? `${value}T00:00:00Z` : value)
    if (at !== null) return at
    context.addIssue({ code: 'custom', message: 'is neither a day nor an ISO 8601 instant with a zone' })
    return z.NEVER
  })

const Row = z
  .strictObject({ key: id, valid_from: instant.optional(), valid_to: instant.nullish(), body: z.unknown() })
  .refine((row) => row.valid_to == null || row.valid_from === undefined || row.valid_from < row.valid_to, 'ends before it begins')

/** A row as somebody states it: what it is about, since when and until when (exclusive, null while it holds), and what it says. */
export type StatedRow = { key: string; validFrom: Instant; validTo: Instant | null; body: unknown }

/** Why a row was refused. */
export type RowProblem = { row: number; code: 'reference_invalid' | 'reference_overlap' | 'kpi_unknown'; message: string }

/**
 * Reads rows of a kind. A row without `valid_from` holds since 1970.
 *
 * @returns the rows that can be read, and why others cannot, by their number from 0
 */
export function readReferenceRows(
  kind: ReferenceKind,
  values: readonly unknown[],
): { rows: { row: number; stated: StatedRow }[]; problems: RowProblem[] } {
  const rows: { row: number; stated: StatedRow }[] = []
  const problems: RowProblem[] = []
  for (const [row, value] of values.entries()) {
    const whole = Row.safeParse(value)
    if (!whole.success) {
      problems.push(problem(row, whole.error))
      continue
    }
    const given =
      kind === 'calendars' && isObject(whole.data.body) ? { name: whole.data.key, ...whole.data.body } : whole.data.body
    const body = REFERENCE_KINDS[kind].body.safeParse(given)
    if (!body.success) {
      problems.push(problem(row, body.error))
      continue
    }
    const { key, valid_from = 0, valid_to = null } = whole.data
    rows.push({ row, stated: { key, validFrom: valid_from, validTo: valid_to, body: body.data } })
  }
  return { rows, problems }
}

/** Cycles among delegates or managers of identities: a path that comes back to where it began. */
export function identityCycle(
  identities: ReadonlyMap<string, { delegate_of?: string | null; manager?: string | null }>,
): string[] | null {
  for (const relation of ['delegate_of', 'manager'] as const)
    for (const start of identities.keys()) {
      const path = [start]
      for (let next = identities.get(start)?.[relation]; next != null; next = identities.get(next)?.[relation]) {
        if (path.includes(next)) return [...path.slice(path.indexOf(next)), next]
        path.push(next)
      }
    }
  return null
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function problem(row: number, error: z.ZodError): RowProblem {
  const [issue] = error.issues
  const path = issue?.path.map(String).join('.') ?? ''
  const message = (issue?.message ?? 'is not readable')
    .replace(/^Invalid input: /u, '')
    .replace(/^expected .*, received undefined$/u, 'is missing')
  return { row, code: 'reference_invalid', message: path === '' ? message : `${path}: ${message}` }
}
