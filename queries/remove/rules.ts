/** Columns that name a document. */
type Document = { type: string; id: string }

/**
 * How rows of a table leave when a tenant's history grows older than its retention: with the documents that they name, with the events
 * that they name, with events that leave objects which stay, by their own instant, by a statement of their own, or not at all.
 */
export type Rule = {
  documents?: readonly Document[]
  event?: readonly string[]
  objectEvents?: true
  at?: string
  /** Why rows stay, or which statement takes them. */
  because?: string
}

const DOCUMENT: Document = { type: 'document_type', id: 'document_id' }
const OBJECT: Document = { type: 'object_type', id: 'object_id' }
const STAGED = { documents: [OBJECT] }

/**
 * The rule of every table that holds rows of tenants, in the order in which rows go: what chooses the documents again goes last. A table
 * without a rule fails a test.
 */
export const RULES: Readonly<Record<string, Rule>> = {
  kpi_facts: { documents: [DOCUMENT] },
  kpi_fact_history: { documents: [DOCUMENT] },
  kpi_days: { because: 'computed anew by kpi-days.sql for the days that lose contributions' },
  delays: { documents: [DOCUMENT] },
  delay_history: { documents: [DOCUMENT] },
  open_clocks: { documents: [DOCUMENT] },
  sla_clocks: { documents: [DOCUMENT] },
  sla_clock_history: { documents: [DOCUMENT] },
  violation_states: { because: 'taken by violation-states.sql, before the violations' },
  violations: { documents: [DOCUMENT], because: 'findings about a policy itself stay with it' },
  violation_history: { documents: [DOCUMENT] },
  control_documents: { documents: [DOCUMENT] },
  key_documents: { documents: [DOCUMENT] },
  document_keys: { documents: [DOCUMENT] },
  exception_items: { documents: [DOCUMENT] },
  ai_events: { documents: [DOCUMENT], event: ['event_id'] },
  operation_attempts: { documents: [DOCUMENT], because: 'those of calls by age, by attempts-by-age.sql' },
  incident_documents: { documents: [DOCUMENT] },
  alert_signals: { documents: [DOCUMENT], because: 'those of incidents end after 400 days' },
  incidents: {
    because:
      'taken by incidents.sql when the last failure is too old and no document that it blocked is left; until then it stays as found',
  },
  incident_history: { because: 'as incidents' },
  process_traces: { documents: [OBJECT] },
  process_days: { because: 'counted anew by process-days.sql for the days that lose objects' },
  object_calls: { documents: [OBJECT], because: 'those of documents without a timeline by age, by calls-of-documents.sql' },
  object_traces: { documents: [OBJECT], event: ['event_id'] },
  object_state: { documents: [OBJECT] },
  object_links: { documents: [OBJECT, { type: 'other_type', id: 'other_id' }] },
  policy_decisions: { documents: [OBJECT], objectEvents: true },
  derive_contributions: { documents: [DOCUMENT] },
  derive_events: STAGED,
  derive_links: { documents: [OBJECT, { type: 'other_type', id: 'other_id' }] },
  derive_scope: STAGED,
  dirty_objects: { because: 'marks of what has gone are taken by idle-marks.sql; the others end after seven days' },
  open_documents: { documents: [DOCUMENT] },
  supplier_documents: { documents: [DOCUMENT] },
  supplier_days: { because: 'computed anew by supplier-days.sql for the days that lose documents' },
  documents: { documents: [DOCUMENT] },
  object_activity: { documents: [OBJECT] },
  corrections: { event: ['event_id', 'target_id'] },
  exception_roots: { event: ['event_id'] },
  event_conflicts: { event: ['event_id'] },
  object_events: { objectEvents: true, because: 'of documents that go by timelines.sql' },
  events: { event: ['event_id'] },
  integration_calls: { at: 'started_at' },
  trace_hours: { at: 'hour' },
  metric_points: { at: 'at' },
  logs: { at: 'at' },
  source_minutes: { at: 'minute' },
  ingest_batches: { at: 'minute' },
  batch_arrivals: { at: 'minute' },
  ingest_ledger: { at: 'minute' },
  dead_letters: { at: 'received_at' },
  quality_findings: { at: 'last_at' },
  removals: { because: 'what is being removed; emptied at the end of each part' },
  removal_events: { because: 'as removals' },
  removed_documents: { because: 'fingerprints, so that late news of what has gone goes too' },
  reference: { because: 'what people state about the business, not what happened' },
  reporting_rates: { because: 'compiled from reference' },
  calendar_boundaries: { because: 'compiled from calendars' },
  source_activities: { because: 'how much each source ever sent of what has no canonical name; names no document' },
  source_totals: { because: 'how much each source ever sent; names no document' },
  source_spans: { because: 'when each source began to send and sent last; names no document' },
  source_hours: { because: 'ends after three days; names no document' },
  source_traits: { because: 'what sources are known to tell; names no document' },
}
