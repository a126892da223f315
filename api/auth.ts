import { parseCookie } from 'cookie'
import type { Request } from 'express'
import type { SCOPES } from './contract/admin.ts'
import { type TenantId, verifiedTenant } from '../model/tenant.ts'
import { SightlineError } from '../platform/errors.ts'

/** What a credential may do: `read` answers, `ingest` events, `admin` everything in its tenants. */
export type Scope = (typeof SCOPES)[number]

/** A verified credential. */
export type Access = {
  keyId: string
  name: string
  scopes: readonly Scope[]
  /** The tenants it may see; null for every tenant. */
  tenantIds: readonly string[] | null
  /** Whether a browser's session cookie carried it. */
  session: boolean
}

/** Name of the session cookie of the browser. */
export const SESSION_COOKIE = 'sightline_session'

/** The credential that a request carries: a bearer token, or the session cookie; null when it carries none. */
export function credentialOf(request: Request): { token: string } | { session: string } | null {
  const header = request.headers.authorization
  if (header !== undefined) {
    const match = /^Bearer ([\w~+/.-]{1,300}=*)$/u.exec(header)
    if (match?.[1] === undefined)
      throw new SightlineError('unauthenticated', 'The Authorization header is not of the form "Bearer <token>".')
    return { token: match[1] }
  }
  const session = parseCookie(request.headers.cookie ?? '')[SESSION_COOKIE]
  return session === undefined || session === '' ? null : { session }
}

/**
 * Refuses a change that another site asked the browser to send: session cookies count only for requests of this origin.
 *
 * @throws SightlineError `forbidden`
 */
export function refuseForeignOrigin(request: Request): void {
  if (request.method === 'GET' || request.method === 'HEAD') return
  const { origin } = request.headers
  const own =
    origin === undefined
      ? request.headers['sec-fetch-site'] === 'same-origin'
      : URL.canParse(origin) && new URL(origin).host === request.headers.host
  if (!own) throw new SightlineError('forbidden', 'This change was not asked for by this site.', { next: 'Use an API key.' })
}

/** @throws SightlineError `forbidden` when the credential lacks the scope; `admin` includes the others */
export function requireScope(access: Access, scope: Scope): void {
  if (access.scopes.includes(scope) || access.scopes.includes('admin')) return
  throw new SightlineError('forbidden', `The credential "${access.name}" has no scope "${scope}".`, {
    next: 'Ask an administrator for a key that has it.',
  })
}

/**
 * The tenant of a request: the one that `x-tenant-id` names among those that the credential may see, or the only one there is.
 *
 * @param exists whether a tenant of that id exists; asked only for credentials of every tenant
 * @throws SightlineError `tenant_forbidden` for a tenant that is not the credential's, existing or not; `parameter_invalid` when the
 *   credential sees several and none is named
 */
export async function tenantOf(
  access: Access,
  header: string | undefined,
  exists: (tenant: string) => Promise<boolean>,
): Promise<TenantId> {
  if (header === undefined || header === '') {
    const [only, ...others] = access.tenantIds ?? []
    if (only === undefined || others.length > 0)
      throw new SightlineError('parameter_invalid', 'This credential sees several tenants.', {
        next: 'Name one in the header x-tenant-id; GET /v1/tenants lists them.',
      })
    return verifiedTenant(only)
  }
  const allowed = access.tenantIds === null ? await exists(header) : access.tenantIds.includes(header)
  if (!allowed)
    throw new SightlineError('tenant_forbidden', `The credential "${access.name}" may not see tenant "${header.slice(0, 80)}".`, {
      next: 'GET /v1/tenants lists those that it may see.',
    })
  return verifiedTenant(header)
}
