import { z } from 'zod'
import { type Instant, instantToClickHouse, instantToIso } from '../model/instant.ts'
import { moneyRates } from './money-rates.ts'
import type { Query, TenantReader } from './run.ts'

const SPEND_BY = ['category', 'supplier', 'entity', 'month'] as const
type SpendBy = (typeof SPEND_BY)[number]

const params = {
  from: z.string(),
  to: z.string(),
  by: z.enum(SPEND_BY),
  category: z.string(),
  supplier: z.string(),
  entity: z.string(),
}
const SPEND = {
  name: 'read/spend',
  params: z.object(params),
  row: z.object({
    group: z.string(),
    money_currency: z.string(),
    n: z.number(),
    unfinished: z.number(),
    total: z.string(),
    worth: z.number(),
    unconverted: z.number(),
  }),
} satisfies Query<z.ZodRawShape, z.ZodType>

const CONTRACT = {
  name: 'read/spend-contract',
  params: z.object(params),
  row: z.object({ group: z.string(), addressable: z.number(), off_contract: z.number(), n: z.number() }),
} satisfies Query<z.ZodRawShape, z.ZodType>

const CAPITAL = {
  name: 'read/working-capital',
  params: z.object({ from: z.string(), to: z.string(), now: z.string() }),
  row: z.object({
    part: z.enum(['commitment', 'payable', 'paid']),
    bucket: z.string(),
    money_currency: z.string(),
    n: z.number(),
    total: z.string(),
    worth: z.number(),
    unconverted: z.number(),
    weighted: z.number(),
  }),
} satisfies Query<z.ZodRawShape, z.ZodType>

const EARLY = {
  name: 'read/early-payments',
  params: z.object({ now: z.string() }),
  row: z.object({
    id: z.string(),
    supplier: z.string(),
    amount_text: z.string(),
    money_currency: z.string(),
    worth: z.number().nullable(),
    discount: z.number(),
    until_at: z.string(),
    due_at: z.string().nullable(),
    yearly: z.number().nullable(),
    waits_on: z.string(),
    total: z.number(),
    worth_total: z.number(),
  }),
} satisfies Query<z.ZodRawShape, z.ZodType>

type SpendScope = {
  from: Instant
  to: Instant
  by: SpendBy
  category: string
  supplier: string
  entity: string
  now: Instant
}

/**
 * Spend of the half-open window: orders that were not dropped, by the day they were created, grouped. `value` is in the reporting currency
 * at the rate of each order's day, null where a rate is missing; `currencies` adds up per currency and never across. On and off contract
 * as the KPI `off-contract-spend` counts released orders; null where contracts are not known.
 */
export async function spend(reader: TenantReader, scope: SpendScope) {
  const asked = {
    from: instantToClickHouse(scope.from),
    to: instantToClickHouse(scope.to),
    by: scope.by,
    category: scope.category,
    supplier: scope.supplier,
    entity: scope.entity,
  }
  const [rows, contracts, { currency }] = await Promise.all([
    reader.rows(SPEND, asked),
    reader.rows(CONTRACT, asked),
    moneyRates(reader, scope.now),
  ])
  const covered = new Map(contracts.map((row) => [row.group, row]))
  const groups = new Map<string, (typeof rows)[number][]>()
  for (const row of rows) groups.set(row.group, [...(groups.get(row.group) ?? []), row])
  const listed = [...groups].map(([group, some]) => {
    const contract = covered.get(group)
    return { group, ...summed(some, currency), ...shareOf(contract === undefined ? [] : [contract]) }
  })
  return {
    from: instantToIso(scope.from),
    to: instantToIso(scope.to),
    by: scope.by,
    currency,
    total: { ...summed(rows, currency), ...shareOf(contracts) },
    groups:
      scope.by === 'month'
        ? listed.toSorted((a, b) => (a.group < b.group ? -1 : 1))
        : listed.toSorted((a, b) => (b.value ?? 0) - (a.value ?? 0) || b.n - a.n || (a.group < b.group ? -1 : 1)),
  }
}

type Sum = { money_currency: string; n: number; total: string; worth: number; unconverted: number }

function summed(rows: readonly (Sum & { unfinished?: number })[], currency: string | null) {
  const currencies = new Map<string, number>()
  for (const { money_currency, total } of rows)
    currencies.set(money_currency, (currencies.get(money_currency) ?? 0) + Number(total))
  const isConverted = currency !== null && rows.every(({ unconverted }) => unconverted === 0)
  return {
    n: rows.reduce((sum, { n }) => sum + n, 0),
    open: rows.reduce((sum, { unfinished = 0 }) => sum + unfinished, 0),
    value: isConverted ? rows.reduce((sum, { worth }) => sum + worth, 0) : null,
    currencies: [...currencies].map(([name, total]) => ({ currency: name, total })),
  }
}

function shareOf(rows: readonly { addressable: number; off_contract: number; n: number }[]) {
  const addressable = rows.reduce((sum, row) => sum + row.addressable, 0)
  if (addressable === 0) return { addressable: null, off_contract: null, off_contract_share: null, contract_n: 0 }
  const off = rows.reduce((sum, row) => sum + row.off_contract, 0)
  return {
    addressable,
    off_contract: off,
    off_contract_share: off / addressable,
    contract_n: rows.reduce((sum, row) => sum + row.n, 0),
  }
}

/**
 * Working capital now: open commitments (open orders less what was invoiced) by age, open invoices by when they are due, and discounts
 * that can still be taken with their yearly rate, d/(1 − d) × 365/days paid early. Days payable of the window: days from receipt to
 * payment of the invoices paid in it, weighted by their value.
 */
export async function workingCapital(reader: TenantReader, scope: { from: Instant; to: Instant; now: Instant }) {
  const now = instantToClickHouse(scope.now)
  const [rows, early, { currency }] = await Promise.all([
    reader.rows(CAPITAL, { from: instantToClickHouse(scope.from), to: instantToClickHouse(scope.to), now }),
    reader.rows(EARLY, { now }),
    moneyRates(reader, scope.now),
  ])
  const part = (name: (typeof rows)[number]['part'], buckets: readonly string[]) =>
    buckets.map((bucket) => ({
      bucket,
      ...summed(
        rows.filter((row) => row.part === name && row.bucket === bucket),
        currency,
      ),
    }))
  const paid = rows.filter((row) => row.part === 'paid')
  const worth = paid.reduce((sum, row) => sum + row.worth, 0)
  return {
    from: instantToIso(scope.from),
    to: instantToIso(scope.to),
    as_of: instantToIso(scope.now),
    currency,
    commitments: part('commitment', ['young', 'month', 'quarter']),
    payables: part('payable', ['overdue_30', 'overdue', 'week', 'month', 'two_months', 'later', 'undated']),
    days_payable: {
      value: worth === 0 ? null : paid.reduce((sum, row) => sum + row.weighted, 0) / worth,
      n: paid.reduce((sum, { n }) => sum + n, 0),
    },
    early: {
      n: early[0]?.total ?? 0,
      value: currency === null ? null : (early[0]?.worth_total ?? 0),
      invoices: early.map(({ total: _total, worth_total: _sum, amount_text, money_currency, until_at, ...row }) => ({
        ...row,
        amount: amount_text,
        currency: money_currency,
        until: until_at,
      })),
    },
  }
}
