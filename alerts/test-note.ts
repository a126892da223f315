import type { Note } from '../model/alert-note.ts'
import { type Instant, instantToIso } from '../model/instant.ts'

/** The message by which a channel is tested: it looks like those to come, and says that nothing is wrong. */
export function testNote(test: { id: string; tenant: string; brand: Note['brand']; channel: string; now: Instant }): Note {
  const at = instantToIso(test.now)
  return {
    id: test.id,
    alert_id: test.id,
    kind: 'test',
    tenant: test.tenant,
    brand: test.brand,
    rule: { id: 'test', title: 'Test of a channel', class: 'technical', runbook: null },
    severity: 'low',
    title: `The channel "${test.channel}" works`,
    cause: 'Somebody pressed the test button.',
    scope: { n: 0, of: null, noun: '', money: '' },
    sla: '',
    trace_id: null,
    started_at: at,
    at,
    ended_at: null,
    members: [],
    more: 0,
    labels: {},
    links: { alert: '', acknowledge: null, silence: '' },
  }
}
