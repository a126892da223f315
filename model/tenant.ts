declare const verified: unique symbol

/**
 * A tenant that authentication has verified. The runner takes nothing else, so no query can be bound to a tenant that a caller
 * merely named.
 */
export type TenantId = string & { readonly [verified]: true }

const SLUG = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/u

/** Marks a tenant as verified: called by authentication, and by processes that act for the product itself. */
export function verifiedTenant(tenant: string): TenantId {
  if (!SLUG.test(tenant)) throw new RangeError(`"${tenant.slice(0, 80)}" is not a tenant id`)
  return tenant as TenantId
}
