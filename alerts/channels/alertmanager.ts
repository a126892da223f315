import { z } from 'zod'
import type { Note } from '../../model/alert-note.ts'
import type { Channel } from '../channel.ts'
import { HttpAddress, postJson, probeAddress } from '../http.ts'
import { messageOf } from '../message/message.ts'
import { memberFacts } from '../message/text.ts'

const Config = z.strictObject({
  url: HttpAddress.describe('a receiver of Alertmanager’s webhooks'),
  receiver: z.string().min(1).max(200).default('sightline').describe('name of the receiver that it is told'),
  token: z
    .string()
    .regex(/^[\w~+/.-]{1,2000}=*$/u, 'is no bearer token')
    .optional()
    .describe('bearer token, where the receiver wants one'),
})

const MOST_MEMBERS = 50
/** What Alertmanager says of an alert that has not ended: Go's zero time. */
const NOT_ENDED = '0001-01-01T00:00:00Z'

/** For whatever takes Alertmanager's webhooks: https://prometheus.io/docs/alerting/latest/configuration/#webhook_config, version 4. */
export const channel: Channel<typeof Config> = {
  title: 'Alertmanager webhook',
  config: Config,
  secret: ['token'],
  send: (note, { url, receiver, token }, means) =>
    postJson(means, {
      id: note.id,
      url,
      body: payloadOf(note, receiver),
      headers: token === undefined ? {} : { authorization: `Bearer ${token}` },
    }),
  probe: ({ url }, means) => probeAddress(url, means),
}

function payloadOf(note: Note, receiver: string) {
  const message = messageOf(note, MOST_MEMBERS)
  const status = note.kind === 'resolved' ? 'resolved' : 'firing'
  const groupLabels = { ...labelsOf(note.labels), alertname: note.rule.id }
  const labels = { ...groupLabels, severity: note.severity, class: note.rule.class, tenant: note.tenant }
  const annotations = {
    summary: message.title,
    description: message.lead,
    kind: note.kind,
    ...Object.fromEntries(message.facts.map(({ label, value }) => [nameOf(label.toLowerCase()), value])),
    documents: message.members.map((member) => `${member.label}: ${memberFacts(member)}`).join('\n'),
    more: String(message.more),
    note_id: note.id,
    ...(note.rule.runbook === null ? {} : { runbook_url: note.rule.runbook }),
  }
  return {
    version: '4',
    groupKey: `{}:{alertname="${note.rule.id}"}/${note.alert_id}`,
    truncatedAlerts: 0,
    status,
    receiver,
    groupLabels,
    commonLabels: labels,
    commonAnnotations: annotations,
    externalURL: message.actions.find(({ text }) => text === 'Open in Sightline')?.url ?? '',
    alerts: [
      {
        status,
        labels,
        annotations,
        startsAt: note.started_at,
        endsAt: status === 'resolved' ? (note.ended_at ?? note.at) : NOT_ENDED,
        generatorURL: message.actions.find(({ text }) => text === 'Open in Sightline')?.url ?? '',
        fingerprint: note.alert_id,
      },
    ],
  }
}

function labelsOf(labels: Note['labels']): Record<string, string> {
  return Object.fromEntries(Object.entries(labels).map(([name, value]) => [nameOf(name), value]))
}

/** A label's name as Prometheus takes it. */
function nameOf(text: string): string {
  const name = text.replaceAll(/[^A-Za-z0-9_]/gu, '_')
  return /^[A-Za-z_]/u.test(name) ? name : `_${name}`
}
