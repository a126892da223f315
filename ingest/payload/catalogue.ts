import { readMapping } from '../../model/payload-mapping.ts'
import type { TenantId } from '../../model/tenant.ts'
import { findMapping } from '../../platform/mappings.ts'
import type { Db } from '../../platform/postgres/client.ts'
import { type CompiledMapping, compileMapping } from './compile.ts'
import { payloadPacks } from './packs.ts'

/** Mappings by name: those that ship and those of the tenant, compiled. */
export type Mappings = {
  /** The version, the newest where it is null; `null` where there is none. */
  find(tenant: TenantId, name: string, version: number | null): Promise<CompiledMapping | null>
}

/** How long the newest version of a mapping is taken for the newest. */
const FRESH_MS = 2000
const MOST_KEPT = 2000

/** Mappings by name, over those that ship and those in PostgreSQL. Versions never change, so that each is compiled once. */
export function createMappings(db: Db): Mappings {
  const compiled = new Map<string, CompiledMapping>()
  const newest = new Map<string, { at: number; found: Promise<CompiledMapping | null> }>()
  const keep = <V>(map: Map<string, V>, key: string, value: V): V => {
    if (map.size >= MOST_KEPT) map.clear()
    map.set(key, value)
    return value
  }

  const load = async (tenant: TenantId, name: string, version: number | null): Promise<CompiledMapping | null> => {
    const stored = await findMapping(db, tenant, name, version)
    if (stored === null) return null
    const key = `${tenant}\n${name}\n${stored.version}`
    const known = compiled.get(key)
    if (known !== undefined) return known
    const read = readMapping(stored.body)
    return 'issues' in read ? null : keep(compiled, key, compileMapping(read.mapping))
  }

  return {
    async find(tenant, name, version) {
      const pack = payloadPacks().get(name)
      if (pack !== undefined)
        return version === null || version === pack.version
          ? (compiled.get(name) ?? keep(compiled, name, compileMapping(pack)))
          : null
      if (version !== null) return compiled.get(`${tenant}\n${name}\n${version}`) ?? load(tenant, name, version)
      const key = `${tenant}\n${name}`
      const now = performance.now()
      const known = newest.get(key)
      if (known !== undefined && now - known.at < FRESH_MS) return known.found
      const found = load(tenant, name, null)
      keep(newest, key, { at: now, found })
      found.catch(() => newest.delete(key))
      return found
    },
  }
}
