import { createHmac } from 'node:crypto'
import type { ChannelSetup } from './alert-case-setup.ts'
import type { ReceivedMail } from './mail.ts'
import type { Received } from './receiver.ts'

/** How a kind of channel is led to a receiver of ours, and what of a message shows that it is what its receiver expects. */
type Way<T> = {
  configure(url: string): { config: Record<string, unknown>; secrets: Record<string, unknown> }
  lineOf(taken: T): string
}

const SECRET = Buffer.alloc(32, 7).toString('base64')

/** Every kind of channel. */
export const WAYS: Record<Exclude<ChannelSetup['kind'], 'email'>, Way<Received>> & { email: Way<ReceivedMail> } = {
  webhook: {
    configure: (url) => ({ config: {}, secrets: { url, secret: `whsec_${SECRET}` } }),
    lineOf: (taken) => {
      const { type, data } = read<{ type: string; data: { alert_id: string; title: string } }>(taken)
      return `${type} ${data.alert_id} ${data.title}, ${isSigned(taken) ? 'signed' : 'not signed'}`
    },
  },
  slack: {
    configure: (url) => ({ config: {}, secrets: { url } }),
    lineOf: (taken) => read<{ text: string }>(taken).text,
  },
  teams: {
    configure: (url) => ({ config: {}, secrets: { url } }),
    lineOf: (taken) => {
      type Card = { body: { inlines: { text: string }[] }[]; fallbackText: string }
      const [attachment] = read<{ attachments: { content: Card }[] }>(taken).attachments
      const brand = attachment?.content.body[0]?.inlines[0]?.text
      return `${brand} | ${attachment?.content.fallbackText}`
    },
  },
  alertmanager: {
    configure: (url) => ({ config: { url }, secrets: {} }),
    lineOf: (taken) => {
      type Alert = { status: string; fingerprint: string; endsAt: string; labels: Record<string, string> }
      const { alerts, commonAnnotations } = read<{ alerts: Alert[]; commonAnnotations: { summary: string } }>(taken)
      const [alert] = alerts
      return `${alert?.status} ${alert?.labels['alertname']} ${alert?.labels['severity']} ${alert?.fingerprint} until ${alert?.endsAt}: ${commonAnnotations.summary}`
    },
  },
  pagerduty: {
    configure: (url) => ({ config: { url }, secrets: { routing_key: 'k'.repeat(32) } }),
    lineOf: (taken) => {
      type Event = { event_action: string; dedup_key: string; payload?: { severity: string; summary: string } }
      const { event_action, dedup_key, payload } = read<Event>(taken)
      return `${event_action} ${dedup_key}${payload === undefined ? '' : ` ${payload.severity}: ${payload.summary}`}`
    },
  },
  opsgenie: {
    configure: (url) => ({ config: { url }, secrets: { api_key: 'k'.repeat(32) } }),
    lineOf: (taken) => {
      const { alias, priority, message, note } = read<Partial<Record<'alias' | 'priority' | 'message' | 'note', string>>>(taken)
      const path = taken.path.split('/').slice(3).join('/')
      return alias === undefined ? `${path} ${note}` : `${path} ${alias} ${priority}: ${message}`
    },
  },
  email: {
    configure: (url) => ({
      config: { to: ['owner@example.com'], from: 'alerts@example.com' },
      secrets: { smtp_url: url },
    }),
    lineOf: ({ to, mail }) => `to ${to.join(', ')}: ${mail.subject}`,
  },
}

function read<T>({ body }: Received): T {
  return JSON.parse(body) as T
}

/** Whether a request is signed as Standard Webhooks say. */
function isSigned({ headers, body }: Received): boolean {
  const signed = `${String(headers['webhook-id'])}.${String(headers['webhook-timestamp'])}.${body}`
  const signature = createHmac('sha256', Buffer.from(SECRET, 'base64')).update(signed).digest('base64')
  return headers['webhook-signature'] === `v1,${signature}`
}
