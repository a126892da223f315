import type { Severity } from './alert-rule.ts'

/** Why a message goes out. */
export type NoteKind =
  | 'firing'
  | 'more'
  | 'raised'
  | 'again'
  | 'escalated'
  | 'follow_up'
  | 'stale'
  | 'resolved'
  | 'handed_over'
  | 'acknowledged'
  | 'test'

/** One document or key that an alert is about. */
export type NoteMember = {
  /** Title of a document (`invoice INV-1001`), or the key itself. */
  label: string
  object: { type: string; id: string } | null
  /** Since when, ISO. */
  since: string
  severity: Severity
  /** Money at risk as text with currency (`EUR 1,248.00`); empty where none is known. */
  money: string
  /** Seconds of its time that technical failures took; null where that is not known. */
  technical_s: number | null
  /** Into Sightline, and into the source system where a link is known. */
  url: string
  source_url: string | null
}

/** A message, as channels render it. Everything in it is plain text: each channel escapes for its own markup. */
export type Note = {
  /** Stable through retries: receivers may drop a second copy by it. */
  id: string
  /** Stable through the alert's life: what PagerDuty calls dedup key and Alertmanager fingerprint. */
  alert_id: string
  kind: NoteKind
  tenant: string
  brand: { name: string; color: string; logo_text: string }
  rule: { id: string; title: string; class: 'business' | 'technical'; runbook: string | null }
  severity: Severity
  /** One line: "12 of 340 invoices breach Invoice approval, EUR 84,200". */
  title: string
  /** What caused it, in a sentence; empty where nothing is known. */
  cause: string
  scope: { n: number; of: number | null; noun: string; money: string }
  /** Title of the service level, empty where none is concerned. */
  sla: string
  trace_id: string | null
  /** Instants, ISO. */
  started_at: string
  at: string
  /** When it ended; of what went stale, since when its data is missing. */
  ended_at: string | null
  members: readonly NoteMember[]
  /** Members beyond those listed. */
  more: number
  labels: Readonly<Record<string, string>>
  links: { alert: string; acknowledge: string | null; silence: string }
}
