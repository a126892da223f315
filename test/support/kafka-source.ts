import { verifiedTenant } from '../../model/tenant.ts'
import type { RegisteredSource } from '../../platform/sources.ts'

/** A source of the kind `kafka` as the registry would give it. */
export function kafkaSource(given: {
  tenant: string
  id: string
  topics: string
  format?: string
  mapping?: string
  config?: Record<string, unknown>
}): RegisteredSource {
  return {
    tenantId: verifiedTenant(given.tenant),
    id: given.id,
    name: given.id,
    kind: 'kafka',
    systemId: null,
    format: given.format ?? 'cloudevents',
    mapping: given.mapping ?? null,
    mappingVersion: null,
    config: { topics: given.topics, ...given.config },
    state: 'active',
    address: null,
    createdAt: new Date(0),
    updatedAt: new Date(0),
    secrets: [],
  }
}
