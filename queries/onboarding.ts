import { z } from 'zod'
import { type Instant, instantToClickHouse, instantToIso } from '../model/instant.ts'
import { ONBOARDING_MINIMUM_N, type OnboardingCase, onboardingFunnel } from '../model/onboarding.ts'
import type { Query, TenantReader } from './run.ts'

const ONBOARDING_GROUPS = ['class', 'risk', 'country', 'entity'] as const
type Group = (typeof ONBOARDING_GROUPS)[number]

const instants = z.array(z.number())
const ONBOARDINGS = {
  name: 'read/onboardings',
  params: z.object({ from: z.string(), to: z.string() }),
  row: z.object({
    id: z.string(),
    milestones: z.array(z.tuple([z.number(), z.number(), z.string(), z.string(), z.string()])),
    sent: instants,
    answered: instants,
    asked: instants,
    decided: instants,
    exceptions: z.number(),
    entity_of: z.string(),
    risk: z.string(),
    supplier_id: z.string(),
    supplier_country: z.string(),
    supplier_risk: z.string(),
    supplier_class: z.string(),
  }),
} satisfies Query<z.ZodRawShape, z.ZodType>
type Row = z.output<typeof ONBOARDINGS.row>

/**
 * The funnel of the onboardings that were requested in the half-open window, whole and by group, with those that are still open, the oldest
 * first.
 */
export async function onboarding(
  reader: TenantReader,
  scope: { from: Instant; to: Instant; now: Instant; groupBy: Group | null },
) {
  const { now, groupBy } = scope
  const rows = await reader.rows(ONBOARDINGS, { from: instantToClickHouse(scope.from), to: instantToClickHouse(scope.to) })
  const cases = rows.map((row) => ({ row, one: caseOf(row) }))
  const groups = new Map<string, typeof cases>()
  if (groupBy !== null)
    for (const one of cases) {
      const group = groupOf(one.row, groupBy)
      groups.set(group, [...(groups.get(group) ?? []), one])
    }
  return {
    from: instantToIso(scope.from),
    to: instantToIso(scope.to),
    minimum_n: ONBOARDING_MINIMUM_N,
    ...funnelOf(cases, now),
    groups: [...groups]
      .map(([group, some]) => ({ group, ...funnelOf(some, now) }))
      .toSorted((a, b) => b.requested - a.requested || (a.group < b.group ? -1 : 1)),
    waiting: cases
      .filter(({ one }) => stateOf(one) === 'open')
      .map(({ row, one }) => {
        const last = one.milestones.at(-1)
        return {
          id: row.id,
          supplier: row.supplier_id,
          class: row.supplier_class,
          risk: row.supplier_risk || row.risk,
          country: row.supplier_country,
          stage: last?.name ?? '',
          since: instantToIso(last?.at ?? scope.from),
          requested_at: instantToIso(one.milestones[0]?.at ?? scope.from),
          exceptions: row.exceptions,
        }
      })
      .toSorted((a, b) => (a.requested_at < b.requested_at ? -1 : 1)),
  }
}

function funnelOf(cases: readonly { one: OnboardingCase }[], now: Instant) {
  const all = cases.map(({ one }) => one)
  const count = (state: ReturnType<typeof stateOf>) => all.filter((one) => stateOf(one) === state).length
  return {
    requested: all.length,
    transactable: count('done'),
    open: count('open'),
    dropped: count('dropped'),
    ...onboardingFunnel(all, now),
  }
}

function caseOf({ id, milestones, sent, answered, asked, decided }: Row): OnboardingCase {
  return {
    id,
    milestones: milestones.map(([at, , activity, actor_kind, actor_id]) => ({
      at,
      name: activity.slice('onboarding.'.length),
      actor_kind,
      actor_id,
    })),
    sent,
    answered,
    asked,
    decided,
  }
}

function stateOf({ milestones }: OnboardingCase): 'done' | 'dropped' | 'open' {
  if (milestones.some(({ name }) => name === 'transactable')) return 'done'
  return milestones.some(({ name }) => name === 'rejected' || name === 'withdrawn') ? 'dropped' : 'open'
}

function groupOf(row: Row, by: Group): string {
  switch (by) {
    case 'class':
      return row.supplier_class
    case 'risk':
      return row.supplier_risk === '' ? row.risk : row.supplier_risk
    case 'country':
      return row.supplier_country
    case 'entity':
      return row.entity_of
  }
}
