import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { z } from 'zod'
import { type Instant, instantToClickHouse, instantToIso } from '../../model/instant.ts'
import { type Attempt, LONGEST_GAP } from '../../model/incidents.ts'
import { asStoreError, sqlText } from '../run.ts'
import { type BlockedDocument, type Incident, incidentsOf } from './incident-record.ts'
import { deriveInsert, deriveRows, type DeriveRun, type DeriveStep } from './run.ts'

/** Rows of one insert. */
const ROWS_AT_ONCE = 5000
/** Failures whose message is kept: the first ones and the last. */
const SAMPLES = 6

const SQL = ['attempts', 'attempts-window', 'incident-effects', 'incident-messages'].map((name) => `derive/${name}`)
const CODE = ['../../model/incidents.ts', './incident-record.ts', './incident-step.ts']

const instants = { first_us: z.number(), last_us: z.number() }
const Changed = z.object({ system: z.string(), ...instants })
const Row = z.object({
  attempt_id: z.string(),
  at_us: z.number(),
  kind: z.string(),
  operation_id: z.string(),
  operation_class: z.string(),
  exception_id: z.string(),
  outcome: z.string(),
  class: z.string(),
  category: z.string(),
  code: z.string(),
  supplier: z.string(),
  leads: z.boolean(),
  document_type: z.string(),
  document_id: z.string(),
  amount_text: z.string().nullable(),
  currency: z.string(),
})
const KnownIncident = z.object({ incident_id: z.string(), content_text: z.string(), ...instants })
const KnownDocument = z.object({
  incident_id: z.string(),
  document_type: z.string(),
  document_id: z.string(),
  operation_id: z.string(),
  operation_class: z.string(),
  system: z.string(),
  content_text: z.string(),
  blocked_us: z.number(),
})
const Recovery = z.object({ operation_class: z.string(), after_us: z.number(), recovered_us: z.number() })
const Effect = z.object({ operation: z.string(), succeeded_us: z.number(), other_way_us: z.number() })
const Message = z.object({ attempt_id: z.string(), text: z.string(), release: z.string(), trace: z.string() })

/** Attempts of operations, and the incidents that the failed ones cluster into: for the systems and stretches that changed only. */
export const incidentStep: DeriveStep = {
  name: 'incidents',
  definitions() {
    const hash = createHash('sha256')
    for (const name of SQL) hash.update(sqlText(name))
    for (const file of CODE) hash.update(readFileSync(new URL(file, import.meta.url), 'utf8'))
    return Promise.resolve(hash.digest('hex'))
  },
  async run(run) {
    await deriveInsert(run, 'derive/attempts', { batch: run.batch, version: run.version })
    const changed = await deriveRows(run, 'derive/attempts-changed', { batch: run.batch, published: run.published }, Changed)
    for (const { system, first_us, last_us } of changed) await computeSystem(run, system, first_us, last_us)
    if (changed.length > 0) await deriveInsert(run, 'derive/incidents-publish', { published: run.published })
  },
}

/** Computes the incidents of a system anew that may touch a stretch, and writes those that differ from what is known. */
async function computeSystem(run: DeriveRun, system: string, first: Instant, last: Instant): Promise<void> {
  const known = await deriveRows(
    run,
    'derive/incidents-known',
    { system, from: first - LONGEST_GAP, to: last + LONGEST_GAP },
    KnownIncident,
  )
  const from = Math.min(first, ...known.map(({ first_us }) => first_us)) - LONGEST_GAP
  const to = Math.max(last, ...known.map(({ last_us }) => last_us)) + LONGEST_GAP
  const window = { system, from: from - LONGEST_GAP, to: to + LONGEST_GAP }
  const rows = await deriveRows(run, 'derive/attempts-window', window, Row)
  const found = incidentsOf(system, rows).filter((one) => one.first_failed_at <= to && one.last_failed_at >= from)
  const incidents = await released(run, await recovered(run, system, found))
  const states = await statesOf(run, system, incidents, rows)
  const before = new Map(known.map((one) => [one.incident_id, one]))
  const history = states.filter(({ incident_id, content }) => before.get(incident_id)?.content_text !== content)
  for (const { incident_id } of states) before.delete(incident_id)
  await insert(run, 'sightline.incident_history', [
    ...history,
    ...[...before.values()].map(({ incident_id, first_us, last_us }) => ({
      tenant_id: run.tenant,
      incident_id,
      version: run.version,
      absent: true,
      system,
      first_failed_at: instantToClickHouse(first_us),
      last_failed_at: instantToClickHouse(last_us),
      content: '0',
    })),
  ])
  await writeDocuments(run, system, incidents, [...before.keys()])
}

/** Adds recoveries that lie behind the stretch that was read. */
async function recovered(run: DeriveRun, system: string, incidents: readonly Incident[]): Promise<Incident[]> {
  const asked = incidents.flatMap(({ classes }) => classes.filter(({ recovered_at }) => recovered_at === null))
  if (asked.length === 0) return [...incidents]
  const params = {
    system,
    classes: asked.map(({ operation_class }) => operation_class),
    afters: asked.map(({ last_failed_at }) => last_failed_at),
    from: Math.min(...asked.map(({ last_failed_at }) => last_failed_at)),
  }
  const rows = await deriveRows(run, 'derive/attempts-recoveries', params, Recovery)
  const recoveries = new Map(rows.map((row) => [`${row.operation_class} ${row.after_us}`, row.recovered_us]))
  const found = new Map(asked.map((one) => [one, recoveries.get(`${one.operation_class} ${one.last_failed_at}`) ?? null]))
  return incidents.map((incident) => {
    const classes = incident.classes.map((one) => ({ ...one, recovered_at: one.recovered_at ?? found.get(one) ?? null }))
    const ends = classes.flatMap(({ recovered_at }) => (recovered_at === null ? [] : [recovered_at]))
    const ended = classes.length > 0 && ends.length === classes.length ? Math.max(...ends) : incident.ended_at
    return { ...incident, classes, ended_at: ended }
  })
}

/** Adds how documents went on whose operation did not succeed. */
async function released(run: DeriveRun, incidents: readonly Incident[]): Promise<Incident[]> {
  const asked = incidents.flatMap(({ documents }) =>
    documents.filter(({ leads, released_by, failed_attempts }) => leads && released_by === '' && failed_attempts > 0),
  )
  if (asked.length === 0) return [...incidents]
  const rows = await deriveRows(
    run,
    'derive/incident-effects',
    {
      types: asked.map(({ document_type }) => document_type),
      ids: asked.map(({ document_id }) => document_id),
      operations: asked.map(({ operation_id }) => operation_id),
      classes: asked.map(({ operation_class }) => operation_class),
      afters: asked.map(({ blocked_at }) => blocked_at),
      given_up: asked.map(({ given_up_at }) => given_up_at),
    },
    Effect,
  )
  const effects = new Map(rows.map((row) => [row.operation, row]))
  const release = (document: BlockedDocument): BlockedDocument => {
    const effect = document.released_by === '' ? effects.get(document.operation_id) : undefined
    if (effect === undefined) return document
    const { succeeded_us, other_way_us } = effect
    const isSuccess = succeeded_us > 0 && (other_way_us <= 0 || succeeded_us <= other_way_us)
    return { ...document, released_at: isSuccess ? succeeded_us : other_way_us, released_by: isSuccess ? 'operation' : 'step' }
  }
  return incidents.map((incident) => ({ ...incident, documents: incident.documents.map(release) }))
}

/** The states of the incidents as their history keeps them. */
async function statesOf(
  run: DeriveRun,
  system: string,
  incidents: readonly Incident[],
  rows: readonly { attempt_id: string; at_us: Instant; outcome: string; kind: string }[],
) {
  const successes = rows.filter(({ outcome, kind }) => outcome === 'ok' && (kind === 'attempt' || kind === 'call'))
  const lastBefore = (at: Instant) => successes.findLast(({ at_us }) => at_us < at)?.attempt_id
  const wanted = new Set(
    incidents.flatMap(({ failures, first_failed_at }) => [
      ...sampled(failures).map(({ id }) => id),
      ...[lastBefore(first_failed_at)].filter((id) => id !== undefined),
    ]),
  )
  const calls = [...wanted].filter((id) => id.includes('/'))
  const messages =
    wanted.size === 0
      ? []
      : await deriveRows(
          run,
          'derive/incident-messages',
          { events: [...wanted].filter((id) => !id.includes('/')), traces: calls.map((id) => id.slice(0, id.lastIndexOf('/'))) },
          Message,
        )
  const said = new Map(messages.map((row) => [row.attempt_id, row]))
  return incidents.map((incident) => {
    const { id, failures, documents, classes } = incident
    const operations = new Map<string, Pick<BlockedDocument, 'released_by' | 'given_up_at'>>(
      documents.map((document) => [document.operation_id, document]),
    )
    for (const { operation } of failures) if (!operations.has(operation)) operations.set(operation, NO_DOCUMENT)
    const all = [...operations.values()]
    const [after, before] = [
      failures.map((one) => said.get(one.id)?.release ?? '').find((text) => text !== '') ?? '',
      said.get(lastBefore(incident.first_failed_at) ?? '')?.release ?? '',
    ]
    const state = {
      system,
      family: incident.family,
      category: incident.category,
      first_failed_at: instantToClickHouse(incident.first_failed_at),
      last_failed_at: instantToClickHouse(incident.last_failed_at),
      ended_at: incident.ended_at === null ? null : instantToClickHouse(incident.ended_at),
      by_cluster_rule: incident.by_cluster_rule,
      failed_attempts: failures.length,
      attempts: incident.attempts,
      operations: operations.size,
      operations_healed: all.filter(({ released_by }) => released_by === 'operation').length,
      operations_given_up: all.filter(({ given_up_at }) => given_up_at > 0).length,
      suppliers: new Set(documents.map(({ supplier }) => supplier).filter((supplier) => supplier !== '')).size,
      classes: JSON.stringify(
        classes.map((one) => ({
          operation_class: one.operation_class,
          last_failed_at: instantToIso(one.last_failed_at),
          recovered_at: one.recovered_at === null ? null : instantToIso(one.recovered_at),
        })),
      ),
      codes: codesOf(failures),
      samples: JSON.stringify(
        sampled(failures).map((one) => ({
          id: one.id,
          at: instantToIso(one.at),
          operation: one.operation,
          code: one.code,
          message: said.get(one.id)?.text ?? '',
          trace_id: said.get(one.id)?.trace ?? '',
        })),
      ),
      announced: incident.announced,
      release_before: before === after ? '' : before,
      release_after: before === after ? '' : after,
    }
    return { tenant_id: run.tenant, incident_id: id, version: run.version, absent: false, ...state, content: contentOf(state) }
  })
}

/** Stands for an operation that no document is known of. */
const NO_DOCUMENT = { released_by: '', given_up_at: 0 } as const

function sampled(failures: readonly Attempt[]): readonly Attempt[] {
  return failures.length <= SAMPLES ? failures : [...failures.slice(0, SAMPLES - 1), ...failures.slice(-1)]
}

function codesOf(failures: readonly Attempt[]): [code: string, count: number][] {
  const counts = new Map<string, number>()
  for (const { code } of failures) counts.set(code, (counts.get(code) ?? 0) + 1)
  return [...counts].toSorted(([a, some], [b, others]) => others - some || (a < b ? -1 : 1)).slice(0, 12)
}

async function writeDocuments(
  run: DeriveRun,
  system: string,
  incidents: readonly Incident[],
  gone: readonly string[],
): Promise<void> {
  const ids = [...incidents.map(({ id }) => id), ...gone]
  if (ids.length === 0) return
  const stored = await deriveRows(run, 'derive/incident-documents-known', { incidents: ids }, KnownDocument)
  const before = new Map(
    stored.map((row) => [[row.incident_id, row.document_type, row.document_id, row.operation_id].join('\n'), row]),
  )
  const common = { tenant_id: run.tenant, version: run.version }
  const rows: Record<string, unknown>[] = []
  for (const incident of incidents)
    for (const { given_up_at: _given, ...document } of incident.documents) {
      const key = [incident.id, document.document_type, document.document_id, document.operation_id].join('\n')
      const said = {
        ...document,
        system,
        blocked_at: instantToClickHouse(document.blocked_at),
        released_at: document.released_at === null ? null : instantToClickHouse(document.released_at),
      }
      const content = contentOf(said)
      const known = before.get(key)
      before.delete(key)
      if (known?.content_text !== content) rows.push({ ...common, incident_id: incident.id, ...said, content, is_deleted: 0 })
    }
  for (const { blocked_us, content_text: _content, ...row } of before.values())
    rows.push({ ...common, ...row, blocked_at: instantToClickHouse(blocked_us), content: '0', is_deleted: 1 })
  await insert(run, 'sightline.incident_documents', rows)
}

/** Hash of what a state says, never 0: decimal text of a UInt64. */
function contentOf(state: Readonly<Record<string, unknown>>): string {
  const hash = createHash('sha256').update(JSON.stringify(state)).digest().readBigUInt64LE()
  return (hash === 0n ? 1n : hash).toString()
}

async function insert({ clickhouse }: DeriveRun, table: string, rows: readonly Record<string, unknown>[]): Promise<void> {
  for (let at = 0; at < rows.length; at += ROWS_AT_ONCE)
    await clickhouse
      .insert({
        table,
        values: rows.slice(at, at + ROWS_AT_ONCE),
        format: 'JSONEachRow',
        clickhouse_settings: { async_insert: 0, input_format_parallel_parsing: 0, max_insert_block_size: '1000000' },
      })
      .catch((error: unknown) => {
        throw asStoreError(error, table)
      })
}
