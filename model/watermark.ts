import type { Instant } from './instant.ts'

/** What is known of one source: when its latest event happened, and whether it sends as it uses to. */
export type SourceSign = { id: string; lastAt: Instant | null; state: string }

/** Events are given so long to arrive and to be computed. */
export const LAG_US: Instant = 5e6
/** A source that is slow by nature holds the watermark back no longer than this: nobody waits an hour for a source that sends hourly. */
export const HELD_US: Instant = 60e6

/**
 * The instant up to which events are taken to be complete: 5 s ago, or the last event of a source that sends as it uses to, up to a minute
 * ago. A source past its pace holds nothing back; it is named.
 *
 * @param before the watermark never goes back
 */
export function watermarkOf(
  now: Instant,
  sources: readonly SourceSign[],
  before: Instant,
): { watermark: Instant; heldBy: string | null; silent: string[] } {
  const usual = now - LAG_US
  let watermark = usual
  let heldBy: string | null = null
  for (const { id, lastAt, state } of sources)
    if (state === 'fresh' && lastAt !== null && lastAt < watermark) {
      watermark = Math.max(lastAt, now - HELD_US)
      heldBy = id
    }
  return {
    watermark: Math.max(before, watermark),
    heldBy,
    silent: sources.filter(({ state }) => state === 'silent').map(({ id }) => id),
  }
}
