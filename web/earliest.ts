import { useQuery } from '@tanstack/react-query'
import { ask } from './api.ts'

/** Dates before this are mistakes of a file, not history. */
const SANE = '1990-01-01'

/** The day of a tenant's first event, `YYYY-MM-DD`; undefined until it is known. */
export function useEarliest(tenant: string, enabled: boolean): string | undefined {
  const { data } = useQuery({
    queryKey: [tenant, '/v1/sources', {}],
    queryFn: ({ signal }) => ask('Sources', '/v1/sources', { tenant, signal }),
    enabled: enabled && tenant !== '',
  })
  const days = data?.sources.map(({ first_at }) => first_at.slice(0, 10)).filter((day) => day > SANE) ?? []
  return days.toSorted()[0]
}
