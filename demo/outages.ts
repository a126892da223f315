import { simulateChunks, type SimulationOptions } from './simulate.ts'

/** An attempt of an operation: `cause` is the story or disturbance that made it fail, null where it did not fail or by chance alone. */
export type Attempt = {
  at: number
  system: string
  operation: string
  ok: boolean
  category: string
  cause: { id: string; story: boolean } | null
  documents: string[]
}

/** A story or a small disturbance that really hit operations; instants ISO 8601. */
export type TruthIncident = {
  tenant: string
  id: string
  system: string
  /** Whether it is one of the planted stories. */
  story: boolean
  category: string
  /** First and last failed attempt. */
  from: string
  last_failed: string
  /** The first success of the system after the last failed attempt; `null` while there is none. */
  to: string | null
  failed_attempts: number
  /** Documents of the failed operations, `type/id`. */
  documents: string[]
  /** What changed at its start and made it: nothing for most. */
  change: 'field map' | 'credential' | null
}

/** What is true of the incidents of a history up to its `now`, in order of their start. */
export function simulateIncidents(options: SimulationOptions): TruthIncident[] {
  const byTenant = new Map<string, Attempt[]>()
  for (const { tenant, attempts } of simulateChunks(options)) {
    const list = byTenant.get(tenant) ?? []
    byTenant.set(tenant, list)
    for (const attempt of attempts()) if (attempt.at <= options.now) list.push(attempt)
  }
  const incidents: TruthIncident[] = []
  for (const [tenant, attempts] of byTenant) {
    attempts.sort((a, b) => a.at - b.at)
    const failures = attempts.filter((one) => one.cause !== null)
    for (const [id, failed] of Map.groupBy(failures, (one) => one.cause?.id ?? '')) {
      const [first] = failed
      const last = failed.at(-1)
      if (first === undefined || last === undefined) continue
      const healed = attempts.find((one) => one.ok && one.system === first.system && one.at > last.at)
      const counts = Map.groupBy(failed, (one) => one.category)
      const category = [...counts].toSorted((a, b) => b[1].length - a[1].length)[0]?.[0] ?? ''
      incidents.push({
        tenant,
        id,
        system: first.system,
        story: first.cause?.story === true,
        category,
        from: new Date(first.at).toISOString(),
        last_failed: new Date(last.at).toISOString(),
        to: healed === undefined ? null : new Date(healed.at).toISOString(),
        failed_attempts: failed.length,
        documents: [...new Set(failed.flatMap((one) => one.documents))],
        change: category === 'schema_mapping' ? 'field map' : category === 'auth' ? 'credential' : null,
      })
    }
  }
  return incidents.toSorted((a, b) => (a.from < b.from ? -1 : 1))
}
