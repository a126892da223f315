import { z } from 'zod'
import type { Note } from '../../model/alert-note.ts'
import type { Severity } from '../../model/alert-rule.ts'
import type { Channel } from '../channel.ts'
import { HttpAddress, postJson, probeAddress } from '../http.ts'
import { messageOf } from '../message/message.ts'
import { asText } from '../message/text.ts'
import { oneLine } from '../message/words.ts'

const Config = z.strictObject({
  api_key: z
    .string()
    .regex(/^[\w-]{16,200}$/u, 'is no API key')
    .describe('key of an API integration that may create and change alerts'),
  url: HttpAddress.default('https://api.opsgenie.com').describe(
    'https://api.eu.opsgenie.com in the EU, or a service that speaks alike',
  ),
})

const MOST_MEMBERS = 50
const PRIORITY: Readonly<Record<Severity, 'P1' | 'P2' | 'P3' | 'P4'>> = { critical: 'P1', high: 'P2', medium: 'P3', low: 'P4' }

/** Opsgenie's Alert API, and what speaks alike: https://docs.opsgenie.com/docs/alert-api. An alert is one alert there, by its alias. */
export const channel: Channel<typeof Config> = {
  title: 'Opsgenie',
  config: Config,
  secret: ['api_key'],
  send(note, { url, api_key }, means) {
    const alias = oneLine(note.alert_id, 512)
    const act = note.kind === 'resolved' ? 'close' : note.kind === 'acknowledged' ? 'acknowledge' : null
    const path = act === null ? '/v2/alerts' : `/v2/alerts/${encodeURIComponent(alias)}/${act}?identifierType=alias`
    return postJson(means, {
      id: note.id,
      url: `${url.replace(/\/+$/u, '')}${path}`,
      body: act === null ? alertOf(note, alias) : { user: 'Sightline', source: 'Sightline', note: oneLine(note.title, 1000) },
      headers: { authorization: `GenieKey ${api_key}` },
    })
  },
  probe: ({ url }, means) => probeAddress(url, means),
}

function alertOf(note: Note, alias: string) {
  const message = messageOf(note, MOST_MEMBERS)
  return {
    alias,
    message: oneLine(`[${message.tag}] ${message.title}`, 130),
    description: asText(message).slice(0, 15_000),
    priority: PRIORITY[note.severity],
    source: 'Sightline',
    entity: oneLine(note.labels['system'] ?? note.tenant, 512),
    tags: [note.rule.class, note.severity, oneLine(note.rule.id, 50)],
    details: {
      ...Object.fromEntries(message.facts.map(({ label, value }) => [label, value])),
      ...Object.fromEntries(message.actions.map(({ text, url }) => [text, url])),
      note_id: note.id,
    },
  }
}
