import { SightlineError } from './errors.ts'
import { isPostgresUnavailable } from './postgres/client.ts'

/**
 * What a line of the log says of an error that is tried again: one sentence where it is expected, such as a store that does not answer; the
 * whole error, with its stack, where it is a defect.
 */
export function logged(error: unknown): { reason: string } | { err: unknown } {
  if (error instanceof SightlineError) return { reason: error.message }
  if (isPostgresUnavailable(error)) return { reason: 'PostgreSQL does not answer right now.' }
  return { err: error }
}
