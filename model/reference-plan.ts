import type { Instant } from './instant.ts'
import type { StatedRow } from './reference.ts'

/** A row that stands. */
export type StandingRow = { id: string; from: Instant; to: Instant | null; body: unknown }

/** What has to be written so that stated rows stand beside those that do; `overlaps` by the number of the row, from 0. */
export type Plan = {
  added: StatedRow[]
  replaced: (StandingRow & { key: string })[]
  unchanged: number
  overlaps: { row: number; message: string }[]
}

/**
 * Plans how rows come to stand without overlap. A row that stands already as it is stays. With `supersede` an earlier row of the same key
 * ends where the stated one begins, one that begins at the same instant gives way, and rows stated together follow one another; one that
 * begins later is never touched.
 *
 * @param standing rows that stand, by key
 */
export function planReference(
  stated: readonly StatedRow[],
  standing: ReadonlyMap<string, readonly StandingRow[]>,
  supersede: boolean,
): Plan {
  const plan: Plan = { added: [], replaced: [], unchanged: 0, overlaps: [] }
  const rows = stated.map((row, index) => ({ row, index }))
  for (const [key, of] of Map.groupBy(rows, ({ row }) => row.key)) {
    let held: Held[] = (standing.get(key) ?? []).map((one) => ({ ...one, stated: null }))
    const inOrder = supersede ? of.toSorted((a, b) => a.row.validFrom - b.row.validFrom) : of
    for (const { row, index } of inOrder) {
      const present: Held = { id: null, from: row.validFrom, to: row.validTo, body: row.body, stated: row }
      if (held.some((one) => one.from === present.from && one.to === present.to && sameBody(one.body, present.body))) {
        plan.unchanged++
        continue
      }
      const met = held.filter((one) => overlap(one, present))
      const kept = met.find((one) => !supersede || one.from > present.from || (one.from === present.from && one.stated !== null))
      if (kept !== undefined) {
        plan.overlaps.push({ row: index, message: collision(key, kept, present) })
        continue
      }
      const shortened = met
        .filter((one) => one.from < present.from)
        .map((one) => ({
          ...one,
          to: present.from,
          id: null,
          stated: { key, validFrom: one.from, validTo: present.from, body: one.body },
        }))
      held = [...held.filter((one) => !met.includes(one)), ...shortened, present]
      for (const one of met)
        if (one.id !== null) plan.replaced.push({ id: one.id, key, from: one.from, to: one.to, body: one.body })
    }
    for (const { stated: row } of held) if (row !== null) plan.added.push(row)
  }
  plan.overlaps.sort((a, b) => a.row - b.row)
  return plan
}

/** A row of the plan: `id` where it stands untouched, `stated` where it has to be written. */
type Held = { id: string | null; from: Instant; to: Instant | null; body: unknown; stated: StatedRow | null }

function overlap(one: Held, other: Held): boolean {
  return (one.to === null || other.from < one.to) && (other.to === null || one.from < other.to)
}

function collision(key: string, one: Held, other: Held): string {
  return `"${key}" already holds from ${period(one)}, which overlaps ${period(other)}.`
}

function period({ from, to }: { from: Instant; to: Instant | null }): string {
  return `${new Date(from / 1000).toISOString()} to ${to === null ? 'now' : new Date(to / 1000).toISOString()}`
}

/** Equality of JSON values, whatever the order of their fields. */
function sameBody(one: unknown, other: unknown): boolean {
  return canonical(one) === canonical(other)
}

function canonical(value: unknown): string {
  return JSON.stringify(value, (_name, part: unknown) =>
    typeof part === 'object' && part !== null && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).toSorted(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  )
}
