import type { KpiAnswer, KpiDefinition, KpiRow } from '../../../api/contract/kpi.ts'
import { useWindowAnswer } from '../../answers.ts'
import { onTimeLine } from '../../buckets.ts'
import type { TrendPoint } from '../../charts/trend-line.tsx'
import { plural } from '../../format.ts'
import type { ExceptionClass } from '../../parts/classes.tsx'
import { useScope } from '../../scope.ts'

const REFRESH_MS = 60_000

/** A KPI's figure for the window, with that of the preceding one. */
export function useKpiFigure(kpi: string, { enabled = true } = {}) {
  return useWindowAnswer(
    'KpiAnswer',
    `/v1/kpis/${kpi}`,
    { bucket: 'all', compare: 'previous' },
    { enabled, refreshMs: REFRESH_MS },
  )
}

/** Whether nothing in the window feeds a KPI: neither counted nor open. */
export function isEmpty({ rows }: KpiAnswer): boolean {
  return rows.every(({ n, open }) => n === 0 && open === 0)
}

/** What a KPI needs to be measured: what it counts, and the instant that places it. */
export function needOf({ grain, cohort }: KpiDefinition): string {
  const counted = grain.includes(',')
    ? grain.replaceAll(/\w+/gu, (word) => (word === 'or' ? word : plural(word)))
    : grain.replace(/^\w+/u, plural)
  return `${counted}, dated by: ${cohort}`
}

/** A KPI by bucket on the complete time line of the window; undefined while it loads. */
export function useKpiTrend(
  kpi: string,
  { enabled = true } = {},
): { points: TrendPoint[] | undefined; error: unknown; isLoading: boolean } {
  const { window } = useScope()
  const { data, error, isLoading } = useWindowAnswer(
    'KpiAnswer',
    `/v1/kpis/${kpi}`,
    { bucket: window.bucket },
    { enabled, refreshMs: REFRESH_MS },
  )
  const points = data === undefined ? undefined : pointsOf(data.rows, { from: data.from, to: data.to, bucket: window.bucket })
  return { points, error, isLoading }
}

/** Whether figure and course of a KPI have come, or failed to; true for none. What is read first is asked alone, the rest after it. */
export function useAnswered(kpi: KpiDefinition | undefined): boolean {
  const enabled = kpi !== undefined
  const figure = useKpiFigure(kpi?.kpi ?? '', { enabled })
  const trend = useKpiTrend(kpi?.kpi ?? '', { enabled })
  return !figure.isLoading && !trend.isLoading
}

/** Rows as points of a chart, gaps included. */
export function pointsOf(rows: readonly KpiRow[], line: Parameters<typeof onTimeLine>[1]): TrendPoint[] {
  return onTimeLine(rows, line).map(({ bucket, row }) => ({
    bucket,
    value: row?.value ?? null,
    p90: row?.p90 ?? null,
    previous: row?.previous ?? null,
    target: row?.target ?? null,
    n: row?.n ?? 0,
  }))
}

/** The class whose colour and shape a KPI carries; undefined for those that speak of the process itself. */
export function classOf(kpi: string): ExceptionClass | undefined {
  if (/technical/u.test(kpi)) return 'technical'
  if (/unclassified/u.test(kpi)) return 'unknown'
  return /exception/u.test(kpi) ? 'business' : undefined
}

/** The KPIs in the groups in which the overview shows them: the two headline rates stand alone. */
export function groupKpis(kpis: readonly KpiDefinition[]): {
  business: KpiDefinition | undefined
  technical: KpiDefinition | undefined
  groups: { title: string; kpis: KpiDefinition[] }[]
} {
  const named = (pattern: RegExp): KpiDefinition | undefined => kpis.find(({ kpi }) => pattern.test(kpi.replaceAll('-', '_')))
  const business = named(/^(?:business_)?exception_rate$/u)
  const technical = named(/^technical_failure_rate$/u)
  const rest = kpis.filter((kpi) => kpi !== business && kpi !== technical)
  return {
    business,
    technical,
    groups: [
      { title: 'How long it takes', kpis: rest.filter(({ unit }) => unit === 's') },
      { title: 'How well it is done', kpis: rest.filter(({ unit }) => unit !== 's') },
    ].filter((group) => group.kpis.length > 0),
  }
}
