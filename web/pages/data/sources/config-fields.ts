import type { RegisteredSource } from '../../../../api/contract/feeds.ts'

/** One setting of a source, as the form asks for it. */
export type ConfigField = {
  name: string
  label: string
  hint?: string
  placeholder?: string
  required?: boolean
  type?: 'text' | 'number' | 'list'
  options?: readonly { value: string; label: string }[]
}

const header: ConfigField = { name: 'header', label: 'Header', placeholder: 'x-signature', required: true }
const signed: ConfigField = {
  name: 'signed',
  label: 'What is signed',
  hint: '{body}, {timestamp}, {id} and {url} stand for themselves',
  placeholder: '{body}',
}

const HANDSHAKE: ConfigField = {
  name: 'handshake',
  label: 'When the address is registered',
  options: [
    { value: 'none', label: 'nothing is echoed' },
    { value: 'challenge', label: 'a challenge is echoed' },
    { value: 'url_verification', label: 'url_verification is answered' },
  ],
}

/** Settings of each signature scheme of a webhook. */
export const SCHEME_FIELDS: Readonly<Record<string, readonly ConfigField[]>> = {
  'standard-webhooks': [HANDSHAKE],
  github: [HANDSHAKE],
  stripe: [
    { ...header, placeholder: 'stripe-signature', required: false },
    { ...signed, placeholder: '{timestamp}.{body}' },
    HANDSHAKE,
  ],
  'hmac-header': [
    header,
    {
      name: 'algorithm',
      label: 'Algorithm',
      options: ['sha256', 'sha512', 'sha1'].map((value) => ({ value, label: value.replace('sha', 'SHA-') })),
    },
    {
      name: 'encoding',
      label: 'Written as',
      options: [
        { value: 'hex', label: 'hexadecimal' },
        { value: 'base64', label: 'base64' },
      ],
    },
    { name: 'prefix', label: 'Before the signature', placeholder: 'sha256=' },
    signed,
    { name: 'timestamp_header', label: 'Header with the time', hint: 'Where {timestamp} is signed', placeholder: 'x-timestamp' },
    { name: 'id_header', label: 'Header with the delivery’s id', hint: 'Believed where it is signed', placeholder: 'x-delivery' },
    HANDSHAKE,
  ],
  bearer: [
    { ...header, placeholder: 'authorization', required: false },
    { name: 'id_header', label: 'Header with the delivery’s id', placeholder: 'x-delivery' },
    HANDSHAKE,
  ],
  basic: [{ name: 'id_header', label: 'Header with the delivery’s id', placeholder: 'x-delivery' }, HANDSHAKE],
}

/** Settings of the kinds that have no schemes. */
export const KIND_FIELDS: Readonly<Record<Exclude<RegisteredSource['kind'], 'webhook'>, readonly ConfigField[]>> = {
  kafka: [
    {
      name: 'topics',
      label: 'Topics',
      hint: 'A name, or a regular expression between slashes',
      placeholder: 'procurement.invoices or /erp\\..*/',
      required: true,
    },
    {
      name: 'tenant_from',
      label: 'Whose a record is',
      hint: 'This tenant’s, or the one that a trusted producer names',
      options: [
        { value: 'source', label: 'this tenant’s' },
        { value: 'key', label: 'the record’s key says' },
        { value: 'header:tenant', label: 'the header tenant says' },
      ],
    },
    {
      name: 'allowed_tenants',
      label: 'Tenants that it may name',
      hint: 'Separated by commas; where the key or header says',
      type: 'list',
    },
  ],
  n8n: [
    { name: 'base_url', label: 'Address of n8n', placeholder: 'https://n8n.example.com', required: true },
    { name: 'interval_s', label: 'Asked every, seconds', placeholder: '30', type: 'number' },
    {
      name: 'backfill_days',
      label: 'Executions of the last days',
      hint: 'How far back the first time goes',
      placeholder: '7',
      type: 'number',
    },
  ],
  otlp: [],
}

/** Setting of every kind: how often it sends, where somebody knows. */
export const PACE: ConfigField = {
  name: 'expected_every_s',
  label: 'Sends at least every, seconds',
  placeholder: 'Learned where left empty',
  type: 'number',
}

/** The settings as the API takes them; those left empty fall to their defaults. */
export function configOf(fields: readonly ConfigField[], values: Readonly<Record<string, string>>): Record<string, unknown> {
  const config: Record<string, unknown> = {}
  for (const { name, type } of fields) {
    const text = (values[name] ?? '').trim()
    if (text === '') continue
    if (type === 'number') config[name] = Number(text)
    else if (type === 'list')
      config[name] = text
        .split(',')
        .map((one) => one.trim())
        .filter((one) => one !== '')
    else config[name] = text
  }
  return config
}
