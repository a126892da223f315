import { useLocation } from 'react-router'
import { useAnswer } from './answers.ts'

/** How far the answers of a tenant are; asked for every ten seconds, once for all who want to know. */
export function useAnswersState() {
  return useAnswer('AnswersState', '/v1/answers', {}, { refreshMs: 10_000 })
}

/** Pages that show what was sent or stated, not what is computed of it. */
const AS_SENT = /^\/(?:data|reference|integrations|admin)(?:\/|$)/u

/** Documents that wait while the answers of the tenant are computed for the first time; null from then on, and on pages that need none. */
export function useFirstComputing(): number | null {
  const { pathname } = useLocation()
  const { data } = useAnswersState()
  if (data === undefined || data.computed_until !== null || data.changed === 0 || AS_SENT.test(pathname)) return null
  return data.changed
}
