import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useEffect, useMemo } from 'react'
import { Outlet } from 'react-router'
import { ApiError, ask, onUnauthenticated, tell } from '../api.ts'
import { Fault } from '../parts/states.tsx'
import { PageSkeleton } from '../parts/skeletons.tsx'
import { SessionContext } from '../session.ts'
import { SignIn } from './sign-in.tsx'

/** Lets only those in who are signed in; everyone else gets the sign-in page. `#token=…` in the address signs in at once. */
export function Gate() {
  const queries = useQueryClient()
  const session = useQuery({
    queryKey: ['session'],
    queryFn: async ({ signal }) => {
      const token = tokenInAddress()
      const refused = token === null ? null : await refusalOf(token)
      return refused === null ? { session: await ask('Session', '/v1/session', { signal }) } : { refused }
    },
    staleTime: Number.POSITIVE_INFINITY,
  })
  useEffect(
    () =>
      onUnauthenticated(() => {
        queries.removeQueries({ predicate: ({ queryKey }) => queryKey[0] !== 'session' })
        void queries.resetQueries({ queryKey: ['session'] })
      }),
    [queries],
  )
  useEffect(() => {
    const signInAnew = (): void => {
      if (tokenInAddress() !== null) void queries.resetQueries({ queryKey: ['session'] })
    }
    addEventListener('hashchange', signInAnew)
    return () => removeEventListener('hashchange', signInAnew)
  }, [queries])
  const value = useMemo(() => session.data?.session ?? null, [session.data])
  if (value !== null) {
    return (
      <SessionContext value={value}>
        <Outlet />
      </SessionContext>
    )
  }
  if (session.data?.refused !== undefined) return <SignIn reason={session.data.refused} />
  if (session.isError) {
    const status = session.error instanceof ApiError ? session.error.problem.status : undefined
    if (status === 401 || status === 403) return <SignIn />
    return (
      <main style={{ maxWidth: '40rem', margin: '15vh auto', padding: '0 1rem' }}>
        <Fault error={session.error} retry={() => void session.refetch()} />
      </main>
    )
  }
  return <PageSkeleton />
}

/** Signs in with a token; why it is refused, `null` where it is not. */
async function refusalOf(token: string): Promise<string | null> {
  try {
    await tell('/v1/session', { method: 'POST', body: { token } })
    return null
  } catch (error) {
    if (error instanceof ApiError && error.problem.status >= 400 && error.problem.status < 500) return error.problem.detail
    throw error
  } finally {
    clearAddress()
  }
}

function tokenInAddress(): string | null {
  return new URLSearchParams(location.hash.slice(1)).get('token')
}

/** Takes the token out of the address, so that it stays in no history. */
function clearAddress(): void {
  history.replaceState(history.state, '', location.pathname + location.search)
}
