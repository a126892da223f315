import type { Instant } from '../model/instant.ts'
import { instantFromIso } from '../model/instant.ts'
import type { SourceSign } from '../model/watermark.ts'
import { freshness } from '../queries/freshness.ts'
import type { TenantReader } from '../queries/run.ts'
import type { EngineParts } from './engine.ts'

/** Signs of sources are read this often. */
const KEPT_US: Instant = 5e6

export type Signs = { at: Instant; sources: readonly SourceSign[] }

/** What the sources of a tenant last showed; up to five seconds old. */
export async function signsOf({ stores, signs }: EngineParts, reader: TenantReader, now: Instant): Promise<Signs> {
  const known = signs.get(reader.tenant)
  if (known !== undefined && now >= known.at && now - known.at < KEPT_US) return known
  const { sources } = await freshness(reader, { keeper: stores, now })
  const fresh: Signs = {
    at: now,
    sources: [...sources].map(([id, { last_at, state }]) => ({
      id,
      lastAt: last_at === null ? null : instantFromIso(last_at),
      state,
    })),
  }
  signs.set(reader.tenant, fresh)
  return fresh
}

/** The signs as of an instant: a source that was so far behind when it was read is taken to be as far behind now. */
export function signsAt({ at, sources }: Signs, now: Instant): SourceSign[] {
  return sources.map((one) => ({ ...one, lastAt: one.lastAt === null ? null : one.lastAt + (now - at) }))
}
