import { useCallback, useMemo } from 'react'
import { useLocation, useNavigate, useSearchParams } from 'react-router'
import type { KpiQuery } from '../api/contract/kpi.ts'
import { useEarliest } from './earliest.ts'
import { useToday } from './now.ts'
import { useSession } from './session.ts'

/** Length of a bucket. */
export type Bucket = KpiQuery['bucket']

/** The choices of the time-range picker, in days; `all` starts with the tenant's first event. */
export const RANGES = [
  { id: '7d', label: '7 d', days: 7 },
  { id: '30d', label: '30 d', days: 30 },
  { id: '90d', label: '90 d', days: 90 },
  { id: '180d', label: '180 d', days: 180 },
] as const

const DEFAULT_RANGE = '90d'
const DAY_MS = 86_400_000
/** What stays in the address from page to page. */
const CARRIED = ['tenant', 'range', 'from', 'to', 'span']

/** The window that a page shows, as the API takes it: `from` inclusive, `to` exclusive, left out where it means now. */
export type Window = { id: string; label: string; from: string; to: string | undefined; days: number; bucket: Bucket }

/** Tenant and time window of the address. */
export function useScope(): { tenant: string; window: Window } {
  const { tenants } = useSession()
  const [search] = useSearchParams()
  const asked = search.get('tenant')
  const tenant = tenants.find(({ id }) => id === asked)?.id ?? rememberedTenant(tenants.map(({ id }) => id))
  const [range, from, to] = [search.get('range') ?? DEFAULT_RANGE, search.get('from'), search.get('to')]
  const earliest = useEarliest(tenant, range === 'all')
  const today = useToday()
  const window = useMemo(() => windowOf({ range, from, to, today, earliest }), [range, from, to, today, earliest])
  return { tenant, window }
}

/** Address of another page in the same tenant and window, with `extra` parameters. */
export function useAddress(): (path: string, extra?: Readonly<Record<string, string | undefined>>) => string {
  const [search] = useSearchParams()
  return useCallback(
    (path, extra = {}) => {
      const next = new URLSearchParams()
      for (const name of CARRIED) {
        const value = search.get(name)
        if (value !== null) next.set(name, value)
      }
      for (const [name, value] of Object.entries(extra)) if (value !== undefined) next.set(name, value)
      return next.size === 0 ? path : `${path}?${next}`
    },
    [search],
  )
}

/** Changes parameters of the present address; `undefined` removes one. */
export function useSetParameters(): (changes: Readonly<Record<string, string | undefined>>) => void {
  const navigate = useNavigate()
  const { pathname, search } = useLocation()
  return useCallback(
    (changes) => {
      const next = new URLSearchParams(search)
      for (const [name, value] of Object.entries(changes)) {
        if (value === undefined || value === '') next.delete(name)
        else next.set(name, value)
      }
      void navigate({ pathname, search: next.toString() }, { replace: true, preventScrollReset: true })
    },
    [navigate, pathname, search],
  )
}

/** Keeps the choice for the next visit. */
export function rememberTenant(id: string): void {
  localStorage.setItem('sightline.tenant', id)
}

function rememberedTenant(ids: readonly string[]): string {
  const remembered = localStorage.getItem('sightline.tenant')
  return ids.find((id) => id === remembered) ?? ids[0] ?? ''
}

type Asked = { range: string; from: string | null; to: string | null; today: number; earliest: string | undefined }

function windowOf({ range, from, to, today, earliest }: Asked): Window {
  if (from !== null && !Number.isNaN(Date.parse(from))) {
    const end = to === null || Number.isNaN(Date.parse(to)) ? undefined : to
    const days = Math.max(1, Math.round(((end === undefined ? today + DAY_MS : Date.parse(end)) - Date.parse(from)) / DAY_MS))
    return {
      id: 'custom',
      label: end === undefined ? `since ${from}` : `${from} to ${lastDay(end)}`,
      from,
      to: end,
      days,
      bucket: bucketFor(days),
    }
  }
  if (range === 'all' && earliest !== undefined) {
    const days = Math.max(1, Math.ceil((today + DAY_MS - Date.parse(earliest)) / DAY_MS))
    return { id: 'all', label: 'all history', from: earliest, to: undefined, days, bucket: bucketFor(days) }
  }
  const { id, days } = RANGES.find((one) => one.id === range) ?? RANGES[2]
  const start = new Date(today - days * DAY_MS).toISOString().slice(0, 10)
  return {
    id: range === 'all' ? 'all' : id,
    label: `last ${days} days`,
    from: start,
    to: undefined,
    days,
    bucket: bucketFor(days),
  }
}

/** The last day inside a half-open window of days. */
function lastDay(end: string): string {
  return /^\d{4}-\d{2}-\d{2}$/u.test(end) ? new Date(Date.parse(end) - DAY_MS).toISOString().slice(0, 10) : end
}

function bucketFor(days: number): Bucket {
  if (days <= 2) return 'hour'
  if (days <= 31) return 'day'
  return days <= 400 ? 'week' : 'month'
}
