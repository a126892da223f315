import { z } from 'zod'
import { type Instant, instantToClickHouse, instantToIso } from '../model/instant.ts'
import { SightlineError } from '../platform/errors.ts'
import { controlDefinition } from './controls.ts'
import { findingParams, findingsOf } from './derive/control-step.ts'
import { WHOLE_TENANT } from './derive/run.ts'
import type { Query, TenantReader } from './run.ts'

/** Documents of an answer; the number of all is told beside them. */
const SHOWN = 500
/** Findings that a replay compares. */
const MOST = 20_000

const TEXT = z.string()
/** Where a replay reads: all of a tenant. */
const PLACE = { timelines: TEXT, links: TEXT, batch: TEXT }
const REPLAY_ROW = z.object({
  document_type: TEXT,
  document_id: TEXT,
  subject_id: TEXT,
  detected_at: TEXT,
  money: TEXT.nullable(),
  currency: TEXT,
  detail: TEXT,
})
const PRICES = {
  name: 'read/price-matches',
  params: z.object({ from: TEXT, to: TEXT, value: z.number(), ...PLACE, tolerance_name: TEXT, tolerance_value: z.number() }),
  row: z.object({
    invoice_id: TEXT,
    line_id: TEXT,
    at: TEXT,
    currency: TEXT,
    over_pct: z.number(),
    price_pct: z.number(),
    variance: z.number(),
    failed: z.boolean(),
  }),
} satisfies Query<z.ZodRawShape, z.ZodType>
const FAILURES = {
  name: 'read/price-failures',
  params: z.object({ from: TEXT, to: TEXT, ...PLACE, tolerance_name: TEXT, tolerance_value: z.number() }),
  row: z.object({ n: z.number() }),
} satisfies Query<z.ZodRawShape, z.ZodType>

/** What is asked: history of a window again, with one tolerance changed. */
export type Replay = { control: string; tolerance: string; value: number; from: Instant; to: Instant; now: Instant }
type Changed = {
  document_type: string
  document_id: string
  at: string
  change: 'passes' | 'violates'
  amount: string | null
  currency: string
  detail: string
}

/**
 * Replays the history of a window with another tolerance, and tells what would be another way. Of the price tolerance it counts the lines
 * that fail their first match; of any other the violations of the control.
 *
 * @throws SightlineError `not_found` for an unknown control, `parameter_invalid` for a tolerance that it does not read
 */
export async function replayControl(reader: TenantReader, replay: Replay) {
  const definition = controlDefinition(replay.control)
  const [name = ''] = replay.tolerance.split(' ')
  if (!definition.tolerances.includes(name))
    throw new SightlineError(
      'parameter_invalid',
      `The control ${replay.control} does not read the tolerance "${replay.tolerance}".`,
      {
        next: definition.tolerances.length === 0 ? 'It reads none.' : `It reads ${definition.tolerances.join(', ')}.`,
      },
    )
  return name === 'price_pct' ? replayPrices(reader, replay) : replayFindings(reader, replay)
}

async function replayFindings(reader: TenantReader, replay: Replay) {
  const definition = controlDefinition(replay.control)
  const query = {
    name: 'read/control-replay',
    parts: { findings: findingsOf([definition]) },
    params: z.object({
      ...Object.fromEntries(Object.keys(findingParams([definition])).map((key) => [key, TEXT])),
      from: TEXT,
      to: TEXT,
      ...PLACE,
      now: TEXT,
      tolerance_name: TEXT,
      tolerance_value: z.number(),
    }),
    row: REPLAY_ROW,
  } satisfies Query<z.ZodRawShape, z.ZodType>
  const place = replay.tolerance.startsWith('approval_limit') ? replay.tolerance : `${definition.category} ${replay.tolerance}`
  const run = (tolerance_name: string, tolerance_value: number) =>
    reader.rows(query, {
      ...findingParams([definition]),
      from: instantToClickHouse(replay.from),
      to: instantToClickHouse(replay.to),
      ...WHOLE_TENANT,
      now: instantToClickHouse(replay.now),
      tolerance_name,
      tolerance_value,
    })
  const before = await run('', 0)
  const after = await run(place, replay.value)
  if (Math.max(before.length, after.length) >= MOST)
    throw new SightlineError('parameter_invalid', `The window holds more than ${MOST} findings.`, {
      next: 'Ask for a shorter one.',
    })
  const key = (row: z.output<typeof REPLAY_ROW>) => `${row.document_type} ${row.document_id} ${row.subject_id}`
  const [stood, stands] = [new Set(before.map(key)), new Set(after.map(key))]
  const changed = [
    ...before.filter((row) => !stands.has(key(row))).map((row) => changeOf(row, 'passes')),
    ...after.filter((row) => !stood.has(key(row))).map((row) => changeOf(row, 'violates')),
  ]
  return answer(replay, 'violations', { before: before.length, after: after.length }, changed)
}

function changeOf(row: z.output<typeof REPLAY_ROW>, change: Changed['change']): Changed {
  const { document_type, document_id, detected_at, money, currency, detail } = row
  return { document_type, document_id, at: detected_at, change, amount: money, currency, detail }
}

async function replayPrices(reader: TenantReader, replay: Replay) {
  const scope = {
    from: instantToClickHouse(replay.from),
    to: instantToClickHouse(replay.to),
    ...WHOLE_TENANT,
    tolerance_name: '',
    tolerance_value: 0,
  }
  const [rows, [failures]] = await Promise.all([
    reader.rows(PRICES, { ...scope, value: replay.value }),
    reader.rows(FAILURES, scope),
  ])
  const changed = rows
    .filter((row) => row.failed === replay.value > row.price_pct)
    .map((row): Changed => ({
      document_type: 'invoice',
      document_id: row.invoice_id,
      at: row.at,
      change: row.failed ? 'passes' : 'violates',
      amount: row.variance.toFixed(2),
      currency: row.currency,
      detail: `Line ${row.line_id}: ${row.over_pct.toFixed(2)} % over the order; ${row.price_pct} % were tolerated.`,
    }))
  const before = failures?.n ?? 0
  const released = changed.filter(({ change }) => change === 'passes').length
  return answer(replay, 'exceptions', { before, after: before - released + (changed.length - released) }, changed)
}

function answer(
  { control, tolerance, value, from, to }: Replay,
  counts: 'violations' | 'exceptions',
  { before, after }: { before: number; after: number },
  changed: readonly Changed[],
) {
  const sums = new Map<string, number>()
  for (const { change, amount, currency } of changed)
    if (amount !== null) sums.set(currency, (sums.get(currency) ?? 0) + (change === 'passes' ? 1 : -1) * Number(amount))
  const unverified = [...sums]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([currency, amount]) => ({ currency, amount: amount.toFixed(2) }))
  const signed = (number: number, text: string) => `${number < 0 ? '−' : '+'}${text}`
  const difference = after - before
  const money = unverified.map(({ amount, currency }) => signed(Number(amount), `${amount.replace('-', '')} ${currency}`))
  return {
    control,
    tolerance,
    value,
    from: instantToIso(from),
    to: instantToIso(to),
    counts,
    before,
    after,
    sentence: `${difference === 0 ? '±0' : signed(difference, String(Math.abs(difference)))} ${counts}, ${money.length === 0 ? '±0' : money.join(', ')} unverified`,
    unverified,
    changed: changed.slice(0, SHOWN),
    changed_total: changed.length,
  }
}
