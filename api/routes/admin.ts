import { z } from 'zod'
import { SightlineError } from '../../platform/errors.ts'
import { listAudit, recordAudit } from '../../platform/audit.ts'
import { listKeys, mintKey, revokeKey } from '../../platform/keys.ts'
import { createTenant, listTenants } from '../../platform/tenants.ts'
import { Audit, AuditQuery, KeyCreate, KeyCreated, Keys, Session, Tenant, TenantCreate, Tenants } from '../contract/admin.ts'
import { type Route, route } from '../route.ts'
import { sessionOf, tenantsOf } from '../session.ts'
import { keyView, tenantView } from '../views.ts'

const tag = 'Administration'

export const adminRoutes: Route[] = [
  route({
    method: 'get',
    path: '/v1/session',
    tag,
    summary: 'Who is signed in, and which tenants they see',
    tenant: false,
    response: Session,
    handle: ({ access, services }) => sessionOf(services, access),
  }),
  route({
    method: 'get',
    path: '/v1/tenants',
    tag,
    summary: 'Tenants that the credential sees',
    tenant: false,
    response: Tenants,
    handle: async ({ access, services }) => ({ tenants: await tenantsOf(services, access) }),
  }),
  route({
    method: 'post',
    path: '/v1/tenants',
    tag,
    summary: 'Create a tenant',
    scope: 'admin',
    tenant: false,
    status: 201,
    body: TenantCreate,
    response: Tenant,
    handle: async ({ access, services, body }) => {
      requireWholeInstallation(access.tenantIds)
      const { db } = services.stores.postgres
      const created = await createTenant(db, { id: body.id, name: body.name, kind: body.kind, parentId: body.parent_id ?? null })
      await recordAudit(db, { actor: access.keyId, tenantId: created.id, action: 'tenant.created', subject: created.id })
      return tenantView(created)
    },
  }),
  route({
    method: 'get',
    path: '/v1/audit',
    tag,
    summary: 'Who did what, the newest first',
    scope: 'admin',
    tenant: false,
    query: AuditQuery,
    response: Audit,
    handle: async ({ access, services, query }) => {
      const entries = await listAudit(services.stores.postgres.db, { ...query, tenantIds: access.tenantIds })
      return {
        entries: entries.map(({ at, actor, tenantId, action, subject, detail }) => ({
          at: at.toISOString(),
          actor,
          tenant_id: tenantId,
          action,
          subject,
          detail,
        })),
        next: entries.length === query.limit ? (entries.at(-1)?.id ?? null) : null,
      }
    },
  }),
  route({
    method: 'get',
    path: '/v1/keys',
    tag,
    summary: 'API keys',
    scope: 'admin',
    tenant: false,
    response: Keys,
    handle: async ({ access, services }) => {
      const keys = await listKeys(services.stores.postgres.db)
      return { keys: keys.filter((key) => within(key.tenantIds, access.tenantIds)).map(keyView) }
    },
  }),
  route({
    method: 'post',
    path: '/v1/keys',
    tag,
    summary: 'Mint an API key; its token is shown this once',
    scope: 'admin',
    tenant: false,
    status: 201,
    body: KeyCreate,
    response: KeyCreated,
    handle: async ({ access, services, body }) => {
      if (!within(body.tenant_ids, access.tenantIds))
        throw new SightlineError('tenant_forbidden', 'A key cannot see more tenants than the one that mints it.')
      const { db } = services.stores.postgres
      const tenants = new Set((await listTenants(db)).map(({ id }) => id))
      const unknown = body.tenant_ids?.find((id) => !tenants.has(id))
      if (unknown !== undefined)
        throw new SightlineError('parameter_invalid', `There is no tenant "${unknown}".`, { next: 'GET /v1/tenants lists them.' })
      const { key, token } = await mintKey(db, {
        name: body.name,
        scopes: body.scopes,
        tenantIds: body.tenant_ids,
        ...(body.expires_at == null ? {} : { expiresAt: new Date(body.expires_at / 1000) }),
      })
      await recordAudit(db, {
        actor: access.keyId,
        tenantId: null,
        action: 'key.minted',
        subject: key.id,
        detail: { name: body.name },
      })
      return { key: keyView(key), token }
    },
  }),
  route({
    method: 'delete',
    path: '/v1/keys/{id}',
    tag,
    summary: 'Revoke an API key',
    scope: 'admin',
    tenant: false,
    status: 204,
    params: z.object({ id: z.string().min(1).max(100) }),
    response: z.null(),
    handle: async ({ access, services, params: { id } }) => {
      const { db } = services.stores.postgres
      const key = (await listKeys(db)).find((candidate) => candidate.id === id && within(candidate.tenantIds, access.tenantIds))
      if (key === undefined) throw new SightlineError('not_found', 'There is no such key.', { next: 'GET /v1/keys lists them.' })
      await revokeKey(db, id)
      await recordAudit(db, { actor: access.keyId, tenantId: null, action: 'key.revoked', subject: id, detail: {} })
      return null
    },
  }),
]

/** Whether `inner` (null: every tenant) lies within `outer`. */
function within(inner: readonly string[] | null, outer: readonly string[] | null): boolean {
  return outer === null || (inner !== null && inner.every((tenant) => outer.includes(tenant)))
}

function requireWholeInstallation(tenantIds: readonly string[] | null): void {
  if (tenantIds !== null)
    throw new SightlineError('forbidden', 'Only an administrator of the whole installation creates tenants.')
}
