import type { ApiKey as StoredKey } from '../platform/keys.ts'
import type { Tenant as StoredTenant } from '../platform/tenants.ts'
import { Brand, type Key, type Tenant } from './contract/admin.ts'

/** A tenant as the API shows it. */
export function tenantView(tenant: StoredTenant): Tenant {
  const brand = Brand.safeParse(tenant.brand)
  return {
    id: tenant.id,
    name: tenant.name,
    kind: tenant.kind,
    parent_id: tenant.parentId,
    brand: brand.success ? brand.data : null,
    demo: tenant.demo,
    created_at: tenant.createdAt.toISOString(),
  }
}

/** A key as the API shows it: never its token. */
export function keyView(key: StoredKey): Key {
  return {
    id: key.id,
    name: key.name,
    prefix: key.prefix,
    scopes: [...key.scopes],
    tenant_ids: key.tenantIds === null ? null : [...key.tenantIds],
    created_at: key.createdAt.toISOString(),
    expires_at: key.expiresAt?.toISOString() ?? null,
    revoked_at: key.revokedAt?.toISOString() ?? null,
    last_used_at: key.lastUsedAt?.toISOString() ?? null,
  }
}
