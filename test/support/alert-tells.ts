import type { Instant } from '../../model/instant.ts'
import type { TenantId } from '../../model/tenant.ts'
import type { Setup, Tell, Told } from './alert-case-setup.ts'
import { tellAudit } from './alert-tells/audit.ts'
import { tellBacktests } from './alert-tells/backtests.ts'
import { tellCode } from './alert-tells/code.ts'
import { tellDeliveries } from './alert-tells/deliveries.ts'
import { tellDrift } from './alert-tells/drift.ts'
import { tellQuality } from './alert-tells/quality.ts'
import { tellReceived } from './alert-tells/received.ts'
import type { Taken } from './case-outbox.ts'
import type { TestStores } from './stores.ts'

/** A case that was played to its end. */
export type Played = {
  tests: TestStores
  tenant: TenantId
  setup: Setup
  /** From the first look to right after the last. */
  window: { from: Instant; to: Instant }
  /** What receivers took. */
  taken: readonly Taken[]
  /** What rules as code did, line by line. */
  applied: readonly string[]
}

const TELLERS: Record<Tell, (played: Played) => Told | Promise<Told>> = {
  backtests: tellBacktests,
  deliveries: tellDeliveries,
  received: tellReceived,
  applied: ({ applied }) => [...applied],
  code: tellCode,
  drift: tellDrift,
  quality: tellQuality,
  audit: tellAudit,
}

/** What a case wants told beside its transitions and messages. */
export async function tellAll(played: Played): Promise<Partial<Record<Tell, Told>>> {
  const told: Partial<Record<Tell, Told>> = {}
  for (const tell of played.setup.tells) told[tell] = await TELLERS[tell](played)
  return told
}
