import { useQueryClient } from '@tanstack/react-query'
import { useEffect, useRef } from 'react'
import { useAnswersState } from '../first-computing.ts'
import { counted, instant } from '../format.ts'
import { useScope } from '../scope.ts'

const PATH = '/v1/answers'
/** Figures are a few seconds behind at any time; from here on it is said. */
const BEHIND_MS = 20_000

/** Says while the tenant's figures do not hold yet all that has arrived, and brings them as they are computed. */
export function AnswersBanner() {
  const queries = useQueryClient()
  const { tenant } = useScope()
  const { data } = useAnswersState()
  const computed = data?.computed_until ?? null
  const changed = data?.changed ?? 0
  const newest = data?.last_change_at ?? null
  const isBehind = changed > 0 && newest !== null && (computed === null || Date.parse(newest) - Date.parse(computed) > BEHIND_MS)
  const stand = isBehind ? computed : 'all'
  const before = useRef(stand)
  useEffect(() => {
    if (before.current === stand) return
    before.current = stand
    void queries.invalidateQueries({ predicate: ({ queryKey }) => queryKey[0] === tenant && queryKey[1] !== PATH })
  }, [stand, queries, tenant])
  if (!isBehind) return null
  return (
    <div className="banner" role="status">
      <span>
        <strong>Figures are being computed.</strong> They do not hold yet what has changed on{' '}
        <span className="num">{counted(changed, 'document')}</span>
        {computed !== null && ` since ${instant(computed)} UTC`}
      </span>
    </div>
  )
}
