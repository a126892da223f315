import { z } from 'zod'
import type { Note, NoteKind } from '../../model/alert-note.ts'
import type { Severity } from '../../model/alert-rule.ts'
import type { Channel } from '../channel.ts'
import { HttpAddress, postJson, probeAddress } from '../http.ts'
import { memberFacts } from '../message/text.ts'
import { messageOf } from '../message/message.ts'
import { oneLine } from '../message/words.ts'

const Config = z.strictObject({
  routing_key: z
    .string()
    .regex(/^[\w-]{32}$/u, 'is no integration key of 32 characters')
    .describe('integration key of the service’s Events API v2 integration'),
  url: HttpAddress.default('https://events.pagerduty.com/v2/enqueue').describe(
    'https://events.eu.pagerduty.com/v2/enqueue for accounts in the EU',
  ),
})

const MOST_MEMBERS = 50
const SEVERITY: Readonly<Record<Severity, 'info' | 'warning' | 'error' | 'critical'>> = {
  low: 'info',
  medium: 'warning',
  high: 'error',
  critical: 'critical',
}

/** PagerDuty's Events API v2: https://developer.pagerduty.com/docs/send-alert-event. An alert is one incident there. */
export const channel: Channel<typeof Config> = {
  title: 'PagerDuty',
  config: Config,
  secret: ['routing_key'],
  send: (note, { url, routing_key }, means) => postJson(means, { id: note.id, url, body: eventOf(note, routing_key) }),
  probe: ({ url }, means) => probeAddress(url, means),
}

function eventOf(note: Note, key: string) {
  const message = messageOf(note, MOST_MEMBERS)
  const event = {
    routing_key: key,
    event_action: actionOf(note.kind),
    dedup_key: oneLine(note.alert_id, 255),
    client: 'Sightline',
    ...(message.actions.length === 0
      ? {}
      : { client_url: message.actions.find(({ text }) => text === 'Open in Sightline')?.url }),
  }
  if (event.event_action !== 'trigger') return event
  return {
    ...event,
    payload: {
      summary: oneLine(`[${message.tag}] ${message.title}`, 1024),
      source: oneLine(note.labels['system'] ?? note.tenant, 255),
      severity: SEVERITY[note.severity],
      timestamp: note.started_at,
      component: oneLine(note.rule.title, 255),
      group: oneLine(note.tenant, 255),
      class: note.rule.class,
      custom_details: {
        ...Object.fromEntries(message.facts.map(({ label, value }) => [label, value])),
        message: message.lead,
        documents: message.members.map((member) => `${member.label}: ${memberFacts(member)}`),
        more: message.more,
        note_id: note.id,
      },
    },
    links: [
      ...message.actions.map(({ text, url }) => ({ href: url, text })),
      ...message.members.slice(0, 10).flatMap(({ label, url }) => (url === null ? [] : [{ href: url, text: label }])),
    ],
  }
}

function actionOf(kind: NoteKind): 'trigger' | 'acknowledge' | 'resolve' {
  if (kind === 'resolved') return 'resolve'
  return kind === 'acknowledged' ? 'acknowledge' : 'trigger'
}
