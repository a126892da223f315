import { z } from 'zod'
import { freshnessAt, learnCadence } from '../../model/freshness.ts'
import { type Instant, instantToIso } from '../../model/instant.ts'
import type { RegisteredSource } from '../../platform/sources.ts'
import { keepFindings, type SeenFinding } from '../../queries/findings.ts'
import { type Query, tenantReader } from '../../queries/run.ts'
import type { RunnerServices } from './runner.ts'

const STARTS = {
  name: 'read/workflow-starts',
  params: z.object({ feed: z.string(), since_us: z.number() }),
  row: z.object({ id: z.string(), name: z.string(), last_us: z.number(), minutes: z.array(z.number()) }),
} satisfies Query<z.ZodRawShape, z.ZodType>

const Declared = z.object({ workflows: z.array(z.object({ id: z.string(), every_s: z.number() })) })

/** A workflow that has not run for so long is no longer expected to. */
const FORGOTTEN_US = 90 * 86_400e6
/** How often the paces of a source's workflows are looked at, microseconds. */
const EVERY_US = 60e6
const CHECK = 'workflow_silent'

const looked = new WeakMap<object, Map<string, Instant>>()

/**
 * Notices workflows that should have run and did not: those that are declared with an interval, and those whose runs have a pace of
 * their own. Called after a good poll only, so that a connector that cannot reach its system alleges nothing about workflows.
 */
export async function keepSilentWorkflows(
  services: Pick<RunnerServices, 'clickhouse' | 'now' | 'db'>,
  source: RegisteredSource,
): Promise<void> {
  const now = services.now()
  const times = looked.get(services.db) ?? new Map<string, Instant>()
  looked.set(services.db, times)
  const key = `${source.tenantId}/${source.id}`
  if (now - (times.get(key) ?? 0) < EVERY_US) return
  times.set(key, now)
  const declared = Declared.safeParse(source.config)
  const paces = new Map(declared.success ? declared.data.workflows.map(({ id, every_s }) => [id, every_s]) : [])
  const reader = tenantReader(services.clickhouse.reader, source.tenantId)
  const rows = await reader.rows(STARTS, { feed: source.id, since_us: now - FORGOTTEN_US })
  const known = new Map(rows.map((row) => [row.id, row]))
  const seen: SeenFinding[] = []
  const gone: { check: string; subject: string }[] = []
  for (const id of new Set([...paces.keys(), ...known.keys()])) {
    const row = known.get(id)
    const every = paces.get(id) ?? null
    // A declared workflow that was never seen is expected from when its source was registered.
    const last = row?.last_us ?? (every === null ? null : source.createdAt.getTime() * 1000)
    const at = freshnessAt({ last, cadence: row === undefined ? null : learnCadence(row.minutes), declared_s: every }, now)
    const subject = id
    if (at.state !== 'silent' || last === null) gone.push({ check: CHECK, subject })
    else {
      const named = row === undefined || row.name === '' ? id : row.name
      seen.push({
        check: CHECK,
        subject,
        severity: every === null ? 'warning' : 'error',
        message: `The workflow "${named}" should have run and did not. ${row === undefined ? 'No run of it was ever seen.' : at.message}`,
        evidence: {
          workflow: named,
          last_run_at: row === undefined ? null : instantToIso(last),
          expected_gap_s: at.expected_gap_s,
          learned_from_n: at.learned_from_n,
          declared: every !== null,
        },
        since: at.silent_since ?? now,
      })
    }
  }
  await keepFindings(services.clickhouse.writer, source.tenantId, source.id, { seen, gone }, now)
}
