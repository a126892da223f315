import { useQuery, type UseQueryResult } from '@tanstack/react-query'
import { ask, type Answer } from '../../../api.ts'
import { useScope } from '../../../scope.ts'

/** A record to try a mapping on. */
export type Sample = { text: string; encoding: 'text' | 'base64'; headers: Readonly<Record<string, string>>; format: string }

/** What is wrong with a mapping, by path; asked anew whenever it changes. */
export function useIssues(body: unknown): UseQueryResult<Answer<'MappingIssues'>> {
  const { tenant } = useScope()
  return useQuery({
    queryKey: [tenant, '/v1/mappings/check', body],
    queryFn: ({ signal }) => ask('MappingIssues', '/v1/mappings/check', { method: 'POST', tenant, body: { body }, signal }),
    enabled: body !== undefined,
    placeholderData: (former) => former,
    gcTime: 60_000,
  })
}

/** What a mapping makes of a sample; asked anew whenever either changes. Nothing is stored. */
export function useDryRun(body: unknown, { text, encoding, headers, format }: Sample): UseQueryResult<Answer<'DryRunResult'>> {
  const { tenant } = useScope()
  return useQuery({
    queryKey: [tenant, '/v1/mappings/dry-run', body, text, encoding, headers, format],
    queryFn: ({ signal }) =>
      ask('DryRunResult', '/v1/mappings/dry-run', {
        method: 'POST',
        tenant,
        body: { format, mapping: { body }, sample: text, encoding, headers },
        signal,
      }),
    enabled: body !== undefined && text !== '',
    placeholderData: (former) => former,
    gcTime: 60_000,
  })
}
