import {
  useInfiniteQuery,
  useMutation,
  useQuery,
  useQueryClient,
  type UseMutationResult,
  type UseQueryResult,
} from '@tanstack/react-query'
import type { Alerts } from '../api/contract/alerts.ts'
import type { Violations } from '../api/contract/controls.ts'
import type { ObjectSearch } from '../api/contract/object.ts'
import { ask, type Answer, type Parameters } from './api.ts'
import { useScope } from './scope.ts'
import type { Schemas } from './schemas.ts'

type Options<Data> = {
  enabled?: boolean
  /** After how long it is asked for again; false where what was answered stays as it is. */
  refreshMs?: number | ((answer: Data | undefined) => number | false)
}

/** One answer of the API for the tenant of the address. The former answer stays on screen while a new one of the same path loads. */
export function useAnswer<Name extends keyof Schemas>(
  schema: Name,
  path: string,
  parameters: Parameters = {},
  { enabled = true, refreshMs }: Options<Answer<Name>> = {},
): UseQueryResult<Answer<Name>> {
  const { tenant } = useScope()
  const result = useQuery<object>({
    queryKey: [tenant, path, parameters],
    queryFn: ({ signal }) => ask(schema, path, { tenant, parameters, signal }),
    enabled: enabled && tenant !== '',
    placeholderData: (former: object | undefined, query: { queryKey: readonly unknown[] } | undefined) =>
      query?.queryKey[0] === tenant && query.queryKey[1] === path ? former : undefined,
    ...(refreshMs === undefined
      ? {}
      : {
          refetchInterval: ({ state }) =>
            typeof refreshMs === 'number' ? refreshMs : refreshMs(state.data as Answer<Name> | undefined),
        }),
  })
  return result as UseQueryResult<Answer<Name>>
}

/** The same within the time window of the address. */
export function useWindowAnswer<Name extends keyof Schemas>(
  schema: Name,
  path: string,
  parameters: Parameters = {},
  options: Options<Answer<Name>> = {},
): UseQueryResult<Answer<Name>> {
  const { window } = useScope()
  return useAnswer(schema, path, { from: window.from, to: window.to, ...parameters }, options)
}

type Request = { method?: 'POST' | 'PATCH' | 'DELETE'; path: string; body?: unknown }

/** Changes something of the tenant of the address; what is shown of the tenant is then asked for anew. */
export function useAct<Name extends keyof Schemas, Input = void>(
  schema: Name,
  request: (input: Input) => Request,
): UseMutationResult<Answer<Name>, Error, Input> {
  const { tenant } = useScope()
  const queries = useQueryClient()
  return useMutation({
    mutationFn: (input: Input) => {
      const { path, method = 'POST', body } = request(input)
      return ask(schema, path, { method, tenant, body })
    },
    onSuccess: () => queries.invalidateQueries({ predicate: ({ queryKey }) => queryKey[0] === tenant }),
  })
}

/** Documents of a type page by page. */
export function useDocuments(type: string, q: string) {
  const { tenant } = useScope()
  return useInfiniteQuery({
    queryKey: [tenant, '/v1/objects', type, q],
    queryFn: ({ signal, pageParam }): Promise<ObjectSearch> =>
      ask('ObjectSearch', `/v1/objects/${encodeURIComponent(type)}`, {
        tenant,
        parameters: { q: q === '' ? undefined : q, limit: 50, after: pageParam },
        signal,
      }),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (last) => last.next ?? undefined,
    enabled: type !== '',
  })
}

/** Violations of the window page by page. */
export function useViolations(filter: Parameters) {
  const { tenant, window } = useScope()
  return useInfiniteQuery({
    queryKey: [tenant, '/v1/violations', window.from, window.to, filter],
    queryFn: ({ signal, pageParam }): Promise<Violations> =>
      ask('Violations', '/v1/violations', {
        tenant,
        parameters: { from: window.from, to: window.to, ...filter, limit: 100, after: pageParam },
        signal,
      }),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (last) => last.next ?? undefined,
    enabled: tenant !== '',
  })
}

const INBOX_MS = 10_000

/** Alerts page by page; what is shown follows the engine. */
export function useAlerts(filter: Parameters) {
  const { tenant } = useScope()
  return useInfiniteQuery({
    queryKey: [tenant, '/v1/alerts', filter],
    queryFn: ({ signal, pageParam }): Promise<Alerts> =>
      ask('Alerts', '/v1/alerts', { tenant, parameters: { ...filter, limit: 100, after: pageParam }, signal }),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (last) => last.next ?? undefined,
    placeholderData: (former, query) => (query?.queryKey[0] === tenant ? former : undefined),
    enabled: tenant !== '',
    refetchInterval: INBOX_MS,
  })
}
