import { SightlineError } from '../platform/errors.ts'
import type { Connection } from './remote.ts'

/**
 * Calls the API of a connection. What it answers as YAML is given as text.
 *
 * @throws SightlineError with the server's own sentence for an error, `server_unreachable` when it does not answer
 */
export async function call<T>(
  connection: Connection,
  method: string,
  path: string,
  tenant: string | null,
  body?: unknown,
): Promise<T> {
  const response = await fetch(new URL(path, connection.url), {
    method,
    headers: {
      authorization: `Bearer ${connection.token}`,
      ...(tenant === null ? {} : { 'x-tenant-id': tenant }),
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  }).catch((error: unknown) => {
    throw new SightlineError('server_unreachable', `No server answers at ${connection.url}.`, {
      next: 'Start it with npm start.',
      cause: error,
    })
  })
  if (response.status === 204) return undefined as T
  if (response.ok && response.headers.get('content-type')?.startsWith('application/yaml') === true)
    return (await response.text()) as T
  const answer: unknown = await response.json().catch((error: unknown) => {
    throw new SightlineError('server_unreachable', `What answers at ${connection.url} is no Sightline server.`, { cause: error })
  })
  if (response.ok) return answer as T
  const problem = answer as { code?: string; detail?: string }
  throw new SightlineError(
    response.status === 404 ? 'not_found' : response.status === 409 ? 'conflict' : 'bad_request',
    problem.detail ?? `The server answered ${response.status}.`,
  )
}
