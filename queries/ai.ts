import { z } from 'zod'
import { type BinSums, calibrationOf } from '../model/calibration.ts'
import { INSTANT_MAX, INSTANT_MIN, type Instant, instantToClickHouse, instantToIso } from '../model/instant.ts'
import type { Query, TenantReader } from './run.ts'

const figure = z.number().nullable()
const texts = z.array(z.string())
const numbers = z.array(z.number())
/** So far from the window reviews of what happened in it are looked for: half a year. */
const REACH_US = 183 * 86_400e6

const ACTIONS = {
  name: 'read/ai-actions',
  params: z.object({ from: z.string(), to: z.string(), reach_from: z.string(), reach_to: z.string(), limit: z.number() }),
  row: z.object({
    kind: z.string(),
    model: z.string(),
    version: z.string(),
    n: z.number(),
    reviewed: z.number(),
    accepted: z.number(),
    overridden: z.number(),
    unreviewed: z.number(),
    unjudged: z.number(),
    confidence: figure,
    confidence_accepted: figure,
    confidence_overridden: figure,
    calibration: z.tuple([numbers, numbers, numbers, numbers, numbers]),
    items: z.array(
      z.object({
        event_id: z.string(),
        occurred_at: z.string(),
        activity: z.string(),
        flag: z.enum(['unreviewed_change', 'unreviewed_recommendation']),
        actor_id: z.string(),
        input_ref: z.string(),
        confidence: figure,
        system: z.string(),
        object_types: texts,
        object_ids: texts,
      }),
    ),
  }),
} satisfies Query<z.ZodRawShape, z.ZodType>
type Row = z.output<typeof ACTIONS.row>

/**
 * What AI did in the half-open window, by kind, model and version: how much of it people reviewed, took and overrode, how often
 * they took it by the confidence that was stated, and the effects that nobody decided on, latest first. A flag of the ingestion is cleared here where a person's `ai.reviewed` about the same documents and
 * input came before the effect; reviews are looked for up to half a year before and after the window.
 */
export async function aiActions(reader: TenantReader, scope: { from: Instant; to: Instant; limit: number }) {
  const groups = await reader.rows(ACTIONS, {
    from: instantToClickHouse(scope.from),
    to: instantToClickHouse(scope.to),
    reach_from: instantToClickHouse(Math.max(scope.from - REACH_US, INSTANT_MIN)),
    reach_to: instantToClickHouse(Math.min(scope.to + REACH_US, INSTANT_MAX)),
    limit: scope.limit,
  })
  const sum = (of: 'n' | 'reviewed' | 'accepted' | 'overridden' | 'unreviewed' | 'unjudged') =>
    groups.reduce((total, row) => total + row[of], 0)
  const totals = {
    n: sum('n'),
    reviewed: sum('reviewed'),
    accepted: sum('accepted'),
    overridden: sum('overridden'),
    unreviewed: sum('unreviewed'),
    confidence: mean(groups, 'confidence', 'n'),
    confidence_accepted: mean(groups, 'confidence_accepted', 'accepted'),
    confidence_overridden: mean(groups, 'confidence_overridden', 'overridden'),
  }
  return {
    from: instantToIso(scope.from),
    to: instantToIso(scope.to),
    totals: { ...totals, ...shares(totals), unjudged: sum('unjudged') },
    calibration: {
      all: calibrationOf(groups.flatMap(binsOf)),
      models: [...Map.groupBy(groups, ({ model, version }) => `${model}\n${version}`).values()]
        .map((rows) => ({ model: rows[0]?.model ?? '', version: rows[0]?.version ?? '', ...calibrationOf(rows.flatMap(binsOf)) }))
        .filter(({ n }) => n > 0)
        .toSorted((a, b) => b.n - a.n || a.model.localeCompare(b.model) || a.version.localeCompare(b.version)),
    },
    actions: groups.map((row) => ({
      kind: row.kind,
      model: row.model,
      version: row.version,
      n: row.n,
      reviewed: row.reviewed,
      accepted: row.accepted,
      overridden: row.overridden,
      ...shares(row),
      unreviewed: row.unreviewed,
      confidence: row.confidence,
      confidence_accepted: row.confidence_accepted,
      confidence_overridden: row.confidence_overridden,
    })),
    unreviewed: groups
      .flatMap(({ kind, model, items }) =>
        items.map(({ object_types, object_ids, ...item }) => ({
          ...item,
          kind,
          model,
          documents: object_types.map((type, at) => ({ type, id: object_ids[at] ?? '' })),
        })),
      )
      .toSorted((a, b) => `${b.occurred_at} ${b.event_id}`.localeCompare(`${a.occurred_at} ${a.event_id}`))
      .slice(0, scope.limit),
  }
}

function binsOf({ calibration: [tenths, n, accepted, stated, squares] }: Row): BinSums[] {
  return tenths.map((bin, at) => ({
    bin,
    n: n[at] ?? 0,
    hits: accepted[at] ?? 0,
    stated: stated[at] ?? 0,
    squares: squares[at] ?? 0,
  }))
}

function shares({ reviewed, accepted, overridden }: { reviewed: number; accepted: number; overridden: number }) {
  return {
    acceptance: reviewed === 0 ? null : accepted / reviewed,
    override: reviewed === 0 ? null : overridden / reviewed,
  }
}

/** The mean over groups by the number of actions; a group that states none is left out. */
function mean(
  groups: readonly Row[],
  of: 'confidence' | 'confidence_accepted' | 'confidence_overridden',
  weight: 'n' | 'accepted' | 'overridden',
): number | null {
  let [sum, weights] = [0, 0]
  for (const row of groups) {
    const value = row[of]
    if (value === null) continue
    sum += value * row[weight]
    weights += row[weight]
  }
  return weights === 0 ? null : sum / weights
}
