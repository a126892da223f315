import { PLAN_TENANTS, PLAN_WINDOW } from './plan.ts'
import { eventually, type World } from './world.ts'

/** Every answer that people read, by its address, without what depends on when something arrived. */
export type Figures = Map<string, unknown>

/** Fields that say when something came or was asked for, or name a request. */
const ARRIVAL = new Set(['received_at', 'as_of', 'request_id', 'generated_at', 'last_received_at', 'freshness'])

/** Asks for every KPI, every figure of the process, the exceptions, and the whole timelines of some documents of every type. */
export async function figures(world: World, types: readonly string[]): Promise<Figures> {
  const found: Figures = new Map()
  const window = `from=${PLAN_WINDOW.from}&to=${PLAN_WINDOW.to}`
  const { kpis } = await world.ask<{ kpis: { kpi: string }[] }>('GET', '/v1/kpis', PLAN_TENANTS[0])
  for (const tenant of PLAN_TENANTS) {
    await eventually('the answers are settled', 300_000, async () => {
      const { unsettled } = await world.ask<{ unsettled: number }>('GET', '/v1/answers', tenant)
      return unsettled === 0 ? true : `${unsettled} documents wait`
    })
    const take = async (path: string): Promise<unknown> => {
      const answer = plain(await world.ask('GET', path, tenant))
      found.set(`${tenant} ${path}`, answer)
      return answer
    }
    for (const { kpi: name } of kpis)
      for (const query of ['bucket=month', 'bucket=month&group_by=entity']) {
        const answer = await take(`/v1/kpis/${name}?${window}&${query}`)
        if (name === 'capture-lag') found.set(`${tenant} /v1/kpis/${name}?${window}&${query}`, onlyCounts(answer))
      }
    await take('/v1/process')
    for (const type of types) {
      for (const part of ['summary', 'variants?limit=1000', 'map', 'durations']) await take(`/v1/process/${type}/${part}`)
      const { objects } = (await take(`/v1/objects/${type}?limit=12`)) as { objects: { id: string }[] }
      for (const { id } of objects) await take(`/v1/objects/${type}/${encodeURIComponent(id)}`)
    }
    await take(`/v1/exceptions?${window}`)
  }
  return found
}

/** Differences of two sets of figures, each a line. */
export function differences(expected: Figures, actual: Figures): string[] {
  const lines: string[] = []
  for (const path of new Set([...expected.keys(), ...actual.keys()])) {
    const [one, other] = [JSON.stringify(expected.get(path)), JSON.stringify(actual.get(path))]
    if (one === other) continue
    let at = 0
    while (one?.[at] === other?.[at]) at++
    const part = (text: string | undefined) => text?.slice(Math.max(0, at - 120), at + 80) ?? 'nothing'
    lines.push(`${path}\n    expected …${part(one)}\n    actual   …${part(other)}`)
  }
  return lines
}

/** Capture lag runs to the arrival, which two runs do not share: only how many were measured is compared. */
function onlyCounts(answer: unknown): unknown {
  return (answer as { rows: { bucket: string; group: string; n: number }[] }).rows.map(({ bucket, group, n }) => ({
    bucket,
    group,
    n,
  }))
}

/** Without arrivals, keys in order, and numbers to twelve digits: sums of floating-point numbers depend on the order of rows. */
function plain(value: unknown): unknown {
  if (typeof value === 'number') return Number.isInteger(value) ? value : Number(value.toPrecision(12))
  if (Array.isArray(value)) return value.map(plain)
  if (typeof value !== 'object' || value === null) return value
  // What an open document has waited for grows until it is asked for.
  if ('finished' in value && value.finished === false) return { finished: false }
  return Object.fromEntries(
    Object.entries(value)
      .filter(([key]) => !ARRIVAL.has(key))
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, inner]) => [key, plain(inner)]),
  )
}
