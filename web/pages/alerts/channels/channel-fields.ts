import type { ChannelKinds } from '../../../../api/contract/channels.ts'
import { type Field, fieldsOf, type Values } from '../../reference/fields.ts'

type Kind = ChannelKinds['kinds'][number]

/** A field of a channel's configuration; a secret one is typed and never shown again. */
export type ChannelField = Field & { secret: boolean; hint: string | undefined }

/** The fields of a kind of channel, as its JSON schema tells them. */
export function channelFields({ schema, secret }: Kind): ChannelField[] {
  const properties = (schema as { properties?: Record<string, { description?: string; default?: unknown }> }).properties ?? {}
  return fieldsOf({ schema }).map((field) => {
    const { description, default: usual } = properties[field.name] ?? {}
    return {
      ...field,
      required: field.required && usual === undefined,
      secret: secret.includes(field.name),
      hint: description,
    }
  })
}

/**
 * What of a form is sent: what is stated. Of a channel that exists a secret that is left empty stays as it is, and null removes what was
 * there.
 */
export function configOf(
  fields: readonly ChannelField[],
  values: Values,
  before: Readonly<Record<string, unknown>> | undefined,
): Record<string, unknown> {
  const config: Record<string, unknown> = {}
  for (const { name, kind, secret } of fields) {
    const value = values[name] ?? ''
    if (typeof value !== 'string') {
      if (value.length > 0) config[name] = value
      else if (before !== undefined && name in before) config[name] = null
      continue
    }
    const text = value.trim()
    if (text !== '') config[name] = kind === 'number' ? Number(text) : kind === 'json' ? parsed(text) : text
    else if (!secret && before !== undefined && name in before) config[name] = null
  }
  return config
}

function parsed(text: string): unknown {
  if (text === 'true' || text === 'false') return text === 'true'
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}
