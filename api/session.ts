import type { RequestHandler } from 'express'
import { createSession, deleteSession as endSession, findKey } from '../platform/keys.ts'
import { listTenants } from '../platform/tenants.ts'
import { SightlineError } from '../platform/errors.ts'
import { type Access, credentialOf, refuseForeignOrigin, SESSION_COOKIE } from './auth.ts'
import { type Session, SignIn, type Tenant } from './contract/admin.ts'
import type { Services } from './services.ts'
import { tenantView } from './views.ts'

/** `POST /v1/session`: a token for an HttpOnly cookie. */
export function postSession(services: Services): RequestHandler {
  return async (request, response) => {
    refuseForeignOrigin(request)
    const { token } = SignIn.parse(request.body)
    const { db } = services.stores.postgres
    const key = await findKey(db, token)
    if (key === null)
      throw new SightlineError('unauthenticated', 'This token is unknown, expired or revoked.', { next: 'Copy it again, whole.' })
    const { session, expiresAt } = await createSession(db, key.id, new Date(services.now() / 1000))
    response.cookie(SESSION_COOKIE, session, {
      httpOnly: true,
      sameSite: 'strict',
      secure: request.protocol === 'https',
      path: '/',
      expires: expiresAt,
    })
    response.json(
      await sessionOf(services, {
        keyId: key.id,
        name: key.name,
        scopes: key.scopes,
        tenantIds: key.tenantIds,
        session: true,
      }),
    )
  }
}

/** `DELETE /v1/session`: signs out, whether or not the session still existed. */
export function deleteSession(services: Services): RequestHandler {
  return async (request, response) => {
    refuseForeignOrigin(request)
    const credential = credentialOf(request)
    if (credential !== null && 'session' in credential) await endSession(services.stores.postgres.db, credential.session)
    response.clearCookie(SESSION_COOKIE, { path: '/' }).status(204).end()
  }
}

/** The tenants that a credential sees, by name, clients after their provider. */
export async function tenantsOf(services: Services, access: Access): Promise<Tenant[]> {
  const tenants = await listTenants(services.stores.postgres.db)
  return tenants.filter(({ id }) => access.tenantIds === null || access.tenantIds.includes(id)).map(tenantView)
}

/** Who is signed in and what they see. */
export async function sessionOf(services: Services, access: Access): Promise<Session> {
  const tenants = await tenantsOf(services, access)
  return {
    name: access.name,
    scopes: [...access.scopes],
    tenants,
    demo: tenants.some((tenant) => tenant.demo),
    version: services.version,
  }
}
