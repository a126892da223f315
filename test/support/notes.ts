import type { Note, NoteKind, NoteMember } from '../../model/alert-note.ts'

export const NOTE_KINDS: readonly NoteKind[] = [
  'firing',
  'more',
  'raised',
  'again',
  'escalated',
  'follow_up',
  'stale',
  'resolved',
  'handed_over',
  'acknowledged',
  'test',
]

export function noteMember(number: number, more: Partial<NoteMember> = {}): NoteMember {
  const id = `INV-${1000 + number}`
  return {
    label: `invoice ${id}`,
    object: { type: 'invoice', id },
    since: '2026-03-02T08:10:00Z',
    severity: 'high',
    money: 'EUR 1,248.00',
    technical_s: null,
    url: `https://sightline.example.com/documents/invoice/${id}`,
    source_url: `https://erp.example.com/invoice/${id}`,
    ...more,
  }
}

/** A message as the engine writes it. */
export function aNote(more: Partial<Note> = {}): Note {
  return {
    id: 'note-1',
    alert_id: '7d9f2f5e-1b1c-4c1e-9b7e-3f6a2b9c1d00',
    kind: 'firing',
    tenant: 'acme',
    brand: { name: 'Acme Industries', color: '#7a1f3d', logo_text: 'ACME' },
    rule: {
      id: 'invoice-approval',
      title: 'Invoice approval is late',
      class: 'business',
      runbook: 'https://wiki.example.com/runbooks/invoice-approval',
    },
    severity: 'high',
    title: '12 of 340 invoices breach Invoice approval, EUR 84,200',
    cause: 'Postings to SAP Europe fail with HTTP 503.',
    scope: { n: 12, of: 340, noun: 'invoice', money: 'EUR 84,200' },
    sla: 'Invoice approval within 2 business days',
    trace_id: '5b8efff798038103d269b633813fc60c',
    started_at: '2026-03-02T08:10:00Z',
    at: '2026-03-02T11:30:00Z',
    ended_at: null,
    members: [noteMember(0), noteMember(1, { severity: 'critical' })],
    more: 10,
    labels: { entity: 'DE01', system: 'SAP Europe' },
    links: {
      alert: 'https://sightline.example.com/alerts/7d9f',
      acknowledge: 'https://sightline.example.com/a/v1.abc',
      silence: 'https://sightline.example.com/silences/new?alert=7d9f&for=1h',
    },
    ...more,
  }
}
