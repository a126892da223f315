import type { Letterhead } from '../model/alert-compose.ts'
import type { Instant } from '../model/instant.ts'
import { documentLink } from '../model/system-link.ts'
import type { TenantId } from '../model/tenant.ts'
import { listSystems } from '../platform/systems.ts'
import { findTenant } from '../platform/tenants.ts'
import type { EngineParts } from './engine.ts'

const OURS = { name: 'Sightline', color: '#1f4e79', logo_text: 'S' }

/** What messages of a tenant have in common: its brand, and how they link. */
export async function letterhead({ stores, links, url }: EngineParts, tenant: TenantId, now: Instant): Promise<Letterhead> {
  const { db } = stores.postgres
  const [found, systems] = await Promise.all([findTenant(db, tenant), listSystems(db, tenant)])
  const templates = new Map(systems.map(({ id, link_template }) => [id, { link_template }]))
  const at = (path: string): string => `${url.replace(/\/$/u, '')}${path}`
  const part = encodeURIComponent
  return {
    tenant: found?.name ?? tenant,
    brand: found?.brand ?? { ...OURS, name: found?.name ?? OURS.name },
    alert: (id) => at(`/alerts/${part(id)}?tenant=${part(tenant)}`),
    acknowledge: (alert, party) => (links === null ? null : at(`/a/${links.sign({ tenant, alert, party }, now)}`)),
    silence: (id) => at(`/alerts/${part(id)}?tenant=${part(tenant)}&silence=1`),
    object: ({ type, id }) => at(`/objects/${part(type)}/${part(id)}?tenant=${part(tenant)}`),
    source: (system, { type, id }) => {
      const known = templates.get(system)
      return known === undefined ? null : documentLink(known, type, id)
    },
  }
}
