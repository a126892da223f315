import { Progress } from '@mantine/core'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useEffect } from 'react'
import { ask } from '../api.ts'
import { count } from '../format.ts'

/** How often the page's figures follow the history that is loading. */
const REFRESH_MS = 12_000

/** A detail without its last full stop, its instants as times of day. */
function shortened(detail: string): string {
  return detail.replace(/\.$/u, '').replaceAll(/\d{4}-\d{2}-\d{2}T(\d{2}:\d{2}:\d{2})(?:\.\d+)?Z/gu, '$1 UTC')
}

/** Says while the demo's history is still loading, and when a part of the server is not ready. */
export function ReadinessBanner() {
  const queries = useQueryClient()
  const { data } = useQuery({
    queryKey: ['readyz'],
    queryFn: ({ signal }) => ask('Readiness', '/readyz', { signal, also: [503] }),
    refetchInterval: ({ state }) => (state.data?.ready === true && state.data.demo.state !== 'loading' ? 10_000 : 2000),
    retry: false,
  })
  const loading = data?.demo.state === 'loading'
  useEffect(() => {
    if (!loading) return undefined
    const refresh = (): void => void queries.invalidateQueries({ predicate: ({ queryKey }) => queryKey[0] !== 'session' })
    const timer = setInterval(refresh, REFRESH_MS)
    return () => {
      clearInterval(timer)
      refresh()
    }
  }, [loading, queries])
  if (data === undefined) return null
  const failing = data.checks.filter(({ ok }) => !ok)
  if (failing.length > 0) {
    return (
      <div className="banner" role="status" data-tone="bad">
        <strong>Not ready.</strong>
        <span>
          {failing.map(({ name, detail }) => `${name}: ${shortened(detail)}`).join('; ')}.
          {failing.some(({ name }) => name === 'clickhouse' || name === 'writes') &&
            ' No event is lost: Kafka and the senders keep what cannot be stored yet, and figures stand as they were last known.'}
        </span>
      </div>
    )
  }
  if (!loading) return null
  const share = data.demo.expected === 0 ? 0 : Math.min(1, data.demo.events / data.demo.expected)
  return (
    <div className="banner" role="status">
      <span>
        <strong>Demo history is loading.</strong> Figures grow until it is complete:{' '}
        <span className="num">
          {count(data.demo.events)} of {count(data.demo.expected)} events
        </span>
      </span>
      <Progress className="meter" value={share * 100} size="sm" aria-label="Demo history loaded" />
    </div>
  )
}
