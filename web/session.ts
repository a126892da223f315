import { createContext, useContext } from 'react'
import type { Session } from '../api/contract/admin.ts'

/** Who is signed in; provided by the sign-in gate. */
export const SessionContext = createContext<Session | null>(null)

/** The signed-in session. Only below the sign-in gate. */
export function useSession(): Session {
  const session = useContext(SessionContext)
  if (session === null) throw new Error('useSession is used outside the sign-in gate')
  return session
}
