import { z } from 'zod'
import { INSTANT_MAX, INSTANT_MIN, type Instant, instantToClickHouse } from '../model/instant.ts'
import { CANONICAL_ORDERS, conform, type Deviation } from '../model/conformance.ts'
import { SightlineError } from '../platform/errors.ts'
import type { Query, TenantReader } from './run.ts'

/** Activities by which a document ends otherwise: its order is not to be kept. */
const DROPPED = [
  'requisition.rejected',
  'requisition.withdrawn',
  'requisition.cancelled',
  'po.rejected',
  'po.cancelled',
  'invoice.rejected',
  'invoice.cancelled',
  'invoice.credited',
  'payment.failed',
  'payment.returned',
  'onboarding.rejected',
  'onboarding.withdrawn',
]
/** Cases that are named for each deviation. */
const CASES = 5

const SEQUENCES = {
  name: 'process/conformance',
  params: z.object({
    type: z.string(),
    names: z.string(),
    without: z.array(z.string()),
    order: z.array(z.string()),
    dropped: z.array(z.string()),
    from: z.string(),
    to: z.string(),
  }),
  row: z.object({
    activities: z.array(z.string()),
    n: z.number(),
    cases: z.array(z.string()),
    objects: z.number(),
    sequences: z.number(),
    dropped: z.number(),
  }),
} satisfies Query<z.ZodRawShape, z.ZodType>

type Scope = {
  type: string
  names: 'canonical' | 'source'
  order: readonly string[]
  from?: Instant | undefined
  to?: Instant | undefined
}

/**
 * Objects of a type against an expected order of activities: the given one, or the canonical one of the type. One whose last activity in
 * order is not the last of the order may go on, so what lies ahead of it is not skipped; one that was rejected or cancelled is left out.
 * Fitness is the mean over objects.
 *
 * @throws SightlineError `parameter_invalid` where no order is given and the type has none
 */
export async function processConformance(reader: TenantReader, scope: Scope) {
  const order =
    scope.order.length > 0
      ? [...new Set(scope.order)]
      : Object.hasOwn(CANONICAL_ORDERS, scope.type)
        ? (CANONICAL_ORDERS[scope.type] ?? [])
        : []
  if (order.length < 2)
    throw new SightlineError('parameter_invalid', `There is no canonical order of "${scope.type.slice(0, 80)}".`, {
      next: 'Give one: order=first,second,…',
    })
  const rows = await reader.rows(SEQUENCES, {
    type: scope.type,
    names: scope.names,
    without: [],
    order: [...order],
    dropped: DROPPED,
    from: instantToClickHouse(scope.from ?? INSTANT_MIN),
    to: instantToClickHouse(scope.to ?? INSTANT_MAX),
  })
  const found = new Map<string, Deviation & { n: number; cases: string[] }>()
  let [fitting, fitness, objects, open] = [0, 0, 0, 0]
  for (const { activities, n, cases } of rows) {
    const isOpen = !activities.includes(order.at(-1) ?? '')
    const { deviations, fitness: fit } = conform(activities, order, isOpen)
    objects += n
    fitness += fit * n
    if (isOpen) open += n
    if (deviations.length === 0) fitting += n
    const told = new Map(deviations.map((one) => [`${one.kind} ${one.activity} ${one.other}`, one]))
    for (const [key, deviation] of told) {
      const known = found.get(key) ?? { ...deviation, n: 0, cases: [] }
      known.n += n
      known.cases = [...known.cases, ...cases].slice(0, CASES)
      found.set(key, known)
    }
  }
  return {
    type: scope.type,
    order,
    given: scope.order.length > 0,
    objects,
    open,
    dropped: rows[0]?.dropped ?? 0,
    /** Objects of sequences beyond those that were looked at. */
    left_out: (rows[0]?.objects ?? 0) - objects,
    conforming: fitting,
    fitness: objects === 0 ? null : fitness / objects,
    deviations: [...found.values()].toSorted(
      (a, b) => b.n - a.n || (a.kind < b.kind ? -1 : a.kind > b.kind ? 1 : a.activity < b.activity ? -1 : 1),
    ),
  }
}
