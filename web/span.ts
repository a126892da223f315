import { useQuery, type UseQueryResult } from '@tanstack/react-query'
import { useSearchParams } from 'react-router'
import { ask, type Answer, type Parameters } from './api.ts'
import { useScope } from './scope.ts'
import type { Schemas } from './schemas.ts'

const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS
const DAY_MS = 24 * HOUR_MS

/** The spans of the technical pages, each up to now, with the length of a bucket in their charts. */
export const SPANS = [
  { id: '1h', label: '1 h', words: 'last hour', ms: HOUR_MS, bucket: 'minute' },
  { id: '6h', label: '6 h', words: 'last 6 hours', ms: 6 * HOUR_MS, bucket: 'minute' },
  { id: '24h', label: '24 h', words: 'last 24 hours', ms: DAY_MS, bucket: 'hour' },
  { id: '7d', label: '7 d', words: 'last 7 days', ms: 7 * DAY_MS, bucket: 'hour' },
  { id: '30d', label: '30 d', words: 'last 30 days', ms: 30 * DAY_MS, bucket: 'day' },
] as const

/** A span up to now. */
export type Span = (typeof SPANS)[number]

const FALLBACK: Span = SPANS[2]

/** The span of the address. */
export function useSpan(): Span {
  const [search] = useSearchParams()
  return SPANS.find(({ id }) => id === search.get('span')) ?? FALLBACK
}

/** Start of the first bucket of a span, ISO; it moves on with the clock. */
export function spanStart({ ms, bucket }: Span, now: number): string {
  const length = { minute: MINUTE_MS, hour: HOUR_MS, day: DAY_MS }[bucket]
  return new Date(Math.floor((now - ms) / length) * length).toISOString()
}

type Options = { span: Span; enabled?: boolean; refreshMs?: number }

/**
 * One answer of the API within a span up to now. Its beginning is computed anew with each request, so that the answer known last stays
 * on screen while the server cannot give a new one.
 */
export function useSpanAnswer<Name extends keyof Schemas>(
  schema: Name,
  path: string,
  parameters: Parameters,
  { span, enabled = true, refreshMs = 15_000 }: Options,
): UseQueryResult<Answer<Name>> {
  const { tenant } = useScope()
  const result = useQuery<object>({
    queryKey: [tenant, path, { span: span.id, ...parameters }],
    queryFn: ({ signal }) =>
      ask(schema, path, { tenant, parameters: { from: spanStart(span, Date.now()), ...parameters }, signal }),
    enabled: enabled && tenant !== '',
    placeholderData: (former: object | undefined, query: { queryKey: readonly unknown[] } | undefined) =>
      query?.queryKey[0] === tenant && query.queryKey[1] === path ? former : undefined,
    refetchInterval: refreshMs,
  })
  return result as UseQueryResult<Answer<Name>>
}
