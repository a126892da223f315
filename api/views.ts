import type { ApiKey as StoredKey } from '../platform/keys.ts'
import type { RegisteredSource as StoredSource } from '../platform/sources.ts'
import type { Tenant as StoredTenant } from '../platform/tenants.ts'
import { Brand, type Key, type Tenant } from './contract/admin.ts'
import type { RegisteredSource } from './contract/feeds.ts'

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

/** A source as the API shows it: never a secret, and the address of a webhook to administrators only. */
export function sourceView(source: StoredSource, administrator: boolean): RegisteredSource {
  return {
    id: source.id,
    name: source.name,
    kind: source.kind,
    system_id: source.systemId,
    format: source.format,
    mapping: source.mapping,
    mapping_version: source.mappingVersion,
    config: source.config,
    state: source.state,
    path: source.address === null || !administrator ? null : `/v1/webhooks/${source.address}`,
    secrets: source.secrets,
    created_at: source.createdAt.toISOString(),
    updated_at: source.updatedAt.toISOString(),
  }
}
