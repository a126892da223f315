import type { Instant } from './instant.ts'
import {
  kaplanMeier,
  type Observation,
  restrictedMean,
  survivalInterval,
  survivalQuantile,
  type SurvivalCurve,
} from './survival.ts'

/** The milestones of an onboarding in their order; a stage lasts from one to the next. */
export const ONBOARDING_STAGES = [
  'requested',
  'documents_requested',
  'documents_received',
  'tax_validated',
  'compliance_checked',
  'bank_verified',
  'approved',
  'transactable',
] as const

const ENDS_OTHERWISE: ReadonlySet<string> = new Set(['rejected', 'withdrawn'])
/** Fewer that finished a stage than this give no figure of it. */
export const ONBOARDING_MINIMUM_N = 5
const Z_95 = 1.959963984540054

/** One onboarding as its events tell it; instants in order. */
export type OnboardingCase = {
  id: string
  milestones: readonly { at: Instant; name: string; actor_kind: string; actor_id: string }[]
  sent: readonly Instant[]
  answered: readonly Instant[]
  asked: readonly Instant[]
  decided: readonly Instant[]
}

/** A case in one stage: from when to when, and how it left it. */
type Visit = {
  from: Instant
  to: Instant
  left: 'on' | 'dropped' | 'open'
  actor_kind: string
  actor_id: string
  supplier_s: number
  approval_s: number
  resubmissions: number
}

/**
 * The funnel: of each stage how many reached it, went on, dropped out and are in it, and how long it takes by Kaplan and Meier, where those
 * that are in it count with the time so far and those that dropped out up to then. A stage that was skipped ends where the next one that
 * was reached begins; a milestone that is repeated counts the first time. The bottleneck is the stage of the largest restricted mean.
 */
export function onboardingFunnel(cases: readonly OnboardingCase[], now: Instant) {
  const visits = new Map<string, Visit[]>(ONBOARDING_STAGES.slice(0, -1).map((stage) => [stage, []]))
  for (const one of cases) for (const [stage, visit] of visitsOf(one, now)) visits.get(stage)?.push(visit)
  const stages = ONBOARDING_STAGES.slice(0, -1).map((stage) => stageOf(stage, visits.get(stage) ?? []))
  const measured = stages.filter(({ n, mean_s }) => n >= ONBOARDING_MINIMUM_N && mean_s !== null)
  const ranked = measured.toSorted((a, b) => (b.mean_s ?? 0) - (a.mean_s ?? 0))
  const [first, second] = ranked
  return {
    stages,
    bottleneck:
      first === undefined
        ? null
        : {
            stage: first.stage,
            mean_s: first.mean_s,
            mean_low_s: first.mean_low_s,
            mean_high_s: first.mean_high_s,
            next: second?.stage ?? null,
            /** Whether its interval lies above that of the next one. */
            clear: second === undefined || (first.mean_low_s ?? 0) > (second.mean_high_s ?? Infinity),
          },
  }
}

function visitsOf(one: OnboardingCase, now: Instant): [stage: string, visit: Visit][] {
  const first = new Map<string, OnboardingCase['milestones'][number]>()
  for (const milestone of one.milestones) if (!first.has(milestone.name)) first.set(milestone.name, milestone)
  const isDone = first.has('transactable')
  const dropped = isDone ? undefined : one.milestones.find(({ name }) => ENDS_OTHERWISE.has(name))
  const reached = ONBOARDING_STAGES.flatMap((stage) => {
    const milestone = first.get(stage)
    return milestone === undefined ? [] : [{ stage, milestone }]
  }).toSorted((a, b) => a.milestone.at - b.milestone.at)
  const found: [string, Visit][] = []
  for (const [at, { stage, milestone }] of reached.entries()) {
    if (stage === 'transactable') break
    const next = reached[at + 1]?.milestone ?? dropped
    const [from, to] = [milestone.at, Math.max(milestone.at, next?.at ?? now)]
    found.push([
      stage,
      {
        from,
        to,
        left: next === undefined ? 'open' : next === dropped ? 'dropped' : 'on',
        actor_kind: next?.actor_kind ?? '',
        actor_id: next?.actor_id ?? '',
        supplier_s: waited(one.sent, one.answered, from, to),
        approval_s: waited(one.asked, one.decided, from, to),
        resubmissions: Math.max(
          0,
          one.milestones.filter(({ name, at: when }) => name === stage && when >= from && when < to).length - 1,
        ),
      },
    ])
  }
  return found
}

/** Seconds of a stretch in which something that was sent or asked had no answer. */
function waited(starts: readonly Instant[], ends: readonly Instant[], from: Instant, to: Instant): number {
  let [sum, until] = [0, from]
  for (const start of starts) {
    const end = ends.find((one) => one >= start) ?? to
    const [low, high] = [Math.max(start, until), Math.min(end, to)]
    if (high <= low) continue
    sum += high - low
    until = high
  }
  return sum / 1e6
}

function stageOf(stage: string, visits: readonly Visit[]) {
  const seconds = ({ from, to }: Visit) => (to - from) / 1e6
  const curve = kaplanMeier(
    visits.map((visit): Observation => ({ time: seconds(visit), censored: visit.left !== 'on' })),
    ONBOARDING_MINIMUM_N,
  )
  const on = visits.filter(({ left }) => left === 'on')
  const total = visits.reduce((sum, visit) => sum + seconds(visit), 0)
  const mean = curve === null || on.length < ONBOARDING_MINIMUM_N ? null : restrictedMean(curve)
  const margin = mean === null ? 0 : Z_95 * Math.sqrt(mean.variance)
  const interval = curve === null ? null : medianInterval(curve)
  const share = (part: number) => (total === 0 ? null : part / total)
  return {
    stage,
    reached: visits.length,
    n: on.length,
    open: visits.filter(({ left }) => left === 'open').length,
    dropped: visits.filter(({ left }) => left === 'dropped').length,
    resubmissions: visits.reduce((sum, visit) => sum + visit.resubmissions, 0),
    median_s: curve === null || on.length < ONBOARDING_MINIMUM_N ? null : survivalQuantile(curve, 0.5),
    median_low_s: interval?.[0] ?? null,
    median_high_s: interval?.[1] ?? null,
    p90_s: curve === null || on.length < ONBOARDING_MINIMUM_N ? null : survivalQuantile(curve, 0.9),
    mean_s: mean?.mean ?? null,
    mean_low_s: mean === null ? null : Math.max(0, mean.mean - margin),
    mean_high_s: mean === null ? null : mean.mean + margin,
    supplier_share: share(visits.reduce((sum, visit) => sum + visit.supplier_s, 0)),
    approval_share: share(visits.reduce((sum, visit) => sum + visit.approval_s, 0)),
    owner: ownerOf(on),
  }
}

/** The interval of the median: the times at which the curve's own interval holds a half (Brookmeyer & Crowley 1982). */
function medianInterval(curve: SurvivalCurve): readonly [low: number | null, high: number | null] {
  let [low, high]: [number | null, number | null] = [null, null]
  for (const time of curve.times) {
    const interval = survivalInterval(curve, time)
    if (interval === null) continue
    if (low === null && interval[0] <= 0.5) low = time
    if (high === null && interval[1] <= 0.5) high = time
  }
  return [low, high]
}

/** Who most often ends the stage. */
function ownerOf(visits: readonly Visit[]): { id: string; kind: string; share: number } | null {
  const counts = new Map<string, { id: string; kind: string; n: number }>()
  for (const { actor_id, actor_kind } of visits) {
    const known = counts.get(actor_id) ?? { id: actor_id, kind: actor_kind, n: 0 }
    known.n++
    counts.set(actor_id, known)
  }
  const [most] = [...counts.values()].toSorted((a, b) => b.n - a.n || (a.id < b.id ? -1 : 1))
  return most === undefined || most.id === '' ? null : { id: most.id, kind: most.kind, share: most.n / visits.length }
}
