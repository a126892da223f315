import { z } from 'zod'
import { type Instant, instantToClickHouse } from '../model/instant.ts'
import type { Observation } from '../model/survival.ts'
import type { Query, TenantReader } from './run.ts'

/** Fewer finished clocks than this give no estimate. */
export const MINIMUM_N = 20
/** Lives of so many days back tell how likely a breach is. */
const LIVES_US = 180 * 86_400e6

const LIVES = {
  name: 'read/sla-lives',
  params: z.object({ sla_ids: z.array(z.string()), from: z.string(), to: z.string() }),
  row: z.object({
    sla_id: z.string(),
    used: z.array(z.number()),
    targets: z.array(z.number()),
    censored: z.array(z.union([z.boolean(), z.number()]).transform(Boolean)),
  }),
} satisfies Query<z.ZodRawShape, z.ZodType>

/** The own time that a clock took which ended, µs, and its target's. */
type Life = Observation & { target: number }

/** The latest clocks of service levels that had ended at an instant, the earliest first. */
export async function livesOf(reader: TenantReader, slaIds: string[], at: Instant): Promise<Map<string, Life[]>> {
  if (slaIds.length === 0) return new Map()
  const rows = await reader.rows(LIVES, {
    sla_ids: slaIds,
    from: instantToClickHouse(at - LIVES_US),
    to: instantToClickHouse(at),
  })
  return new Map(
    rows.map(({ sla_id, used, targets, censored }) => [
      sla_id,
      used.map((us, at) => ({ time: Math.max(0, us), target: targets[at] ?? 0, censored: censored[at] ?? false })),
    ]),
  )
}
