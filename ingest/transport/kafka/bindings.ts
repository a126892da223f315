import { z } from 'zod'
import { type TenantId, verifiedTenant } from '../../../model/tenant.ts'
import type { KafkaRecord } from '../../../platform/kafka/port.ts'
import type { RegisteredSource } from '../../../platform/sources.ts'
import type { Coordinates } from '../../batch.ts'
import type { RecordIn } from '../../format.ts'
import type { JudgedSource } from '../../judge.ts'

/** Topics that begin so are the product's own; no source can name them. */
export const OWN_TOPICS = 'sightline.'

const PATTERN = /^\/(.+)\/$/su

/**
 * Settings of a source of the kind `kafka`.
 *
 * `topics` is the name of a topic, or a regular expression between slashes that the whole name must match. `tenant_from` says whose a
 * record is: the source's tenant; or, for a producer that is trusted to say so, the tenant that the record's key or a header names, among
 * `allowed_tenants`.
 */
export const KafkaConfig = z.strictObject({
  topics: z
    .string()
    .min(1)
    .max(400)
    .refine((text) => topicMatcher(text) !== null, 'is neither the name of a topic nor a regular expression between slashes'),
  tenant_from: z
    .string()
    .regex(/^(source|key|header:[!-~]{1,100})$/u, 'must be source, key or header:NAME')
    .default('source'),
  allowed_tenants: z.array(z.string().max(63)).max(10_000).default([]),
})
export type KafkaConfig = z.output<typeof KafkaConfig>

/** Whose a record is, and how it is read. */
export type Address = {
  source: JudgedSource
  record: RecordIn
  /** Where it first came in; null for its place in Kafka. */
  coordinates: Coordinates | null
}

/** A record that nobody can be named for: a dead letter of the source's own tenant. */
export type Unaddressed = { code: string; reason: string }

/** Topics and whose their records are. */
export type TopicBinding = {
  /** Owner of what cannot be given to anyone else; null where there is none. */
  owner: JudgedSource | null
  /** An exact name binds before a pattern. */
  exact: boolean
  matches(topic: string): boolean
  address(record: KafkaRecord & { value: Buffer }): Address | Unaddressed
}

/** Whether a topic is meant; null where the text is neither a name nor a valid pattern. */
function topicMatcher(topics: string): ((topic: string) => boolean) | null {
  const pattern = PATTERN.exec(topics)?.[1]
  if (pattern === undefined) return /^[\w.-]{1,249}$/u.test(topics) ? (topic) => topic === topics : null
  try {
    const whole = new RegExp(`^(?:${pattern})$`, 'u')
    return (topic) => whole.test(topic)
  } catch (error) {
    if (error instanceof SyntaxError) return null
    throw error
  }
}

/** The binding of a registered source; null where it is paused, of another kind, or its settings are not valid. */
export function sourceBinding(source: RegisteredSource): TopicBinding | null {
  if (source.kind !== 'kafka' || source.state !== 'active') return null
  const config = KafkaConfig.safeParse(source.config)
  const matcher = config.success ? topicMatcher(config.data.topics) : null
  if (!config.success || matcher === null) return null
  const { tenant_from: from, allowed_tenants: allowed } = config.data
  const header = from.startsWith('header:') ? from.slice('header:'.length).toLowerCase() : null
  const tenants = new Map<string, JudgedSource>()
  for (const name of allowed) {
    const tenantId = tenantOf(name)
    if (tenantId !== null) tenants.set(name, { ...source, tenantId, mappingsOf: source.tenantId })
  }
  return {
    owner: source,
    exact: !PATTERN.test(config.data.topics),
    matches: (topic) => !topic.startsWith(OWN_TOPICS) && matcher(topic),
    address(kafkaRecord) {
      const record = incoming(kafkaRecord)
      const found = { record, coordinates: null }
      if (from === 'source') return { ...found, source }
      const name = header === null ? kafkaRecord.key?.toString('utf8') : record.headers[header]
      const where = header === null ? 'key' : `header "${header}"`
      if (name === undefined || name === '') return { code: 'tenant_unknown', reason: `the ${where} names no tenant` }
      const named = tenants.get(name)
      if (named !== undefined) return { ...found, source: named }
      return {
        code: 'tenant_unknown',
        reason: `the ${where} names "${name.slice(0, 80)}", which is not among the allowed tenants`,
      }
    },
  }
}

/** The tenant of that name; null where it cannot be one. */
export function tenantOf(name: string): TenantId | null {
  try {
    return verifiedTenant(name)
  } catch (error) {
    if (error instanceof RangeError) return null
    throw error
  }
}

/** A record as formats take it. */
export function incoming({ value, headers, key, timestamp }: KafkaRecord & { value: Buffer }): RecordIn {
  const lower: Record<string, string> = {}
  for (const name in headers) lower[name.toLowerCase()] = headers[name] ?? ''
  return { body: value, headers: lower, key, timestamp: timestamp > 0 ? timestamp * 1000 : null }
}

/** A topic that more than one source names: only the first reads it. */
export type BindingConflict = { topic: string; read_by: string; also: string[] }

/**
 * Which binding reads which topic: an exact name before a pattern, then by tenant and id. A topic is read once: what further sources want
 * of it is named, so that somebody can decide.
 */
export function bindTopics(
  topics: readonly string[],
  bindings: readonly TopicBinding[],
): { byTopic: Map<string, TopicBinding>; conflicts: BindingConflict[] } {
  const title = ({ owner }: TopicBinding) => (owner === null ? '' : `${owner.tenantId}/${owner.id}`)
  const ordered = bindings.toSorted((a, b) => Number(b.exact) - Number(a.exact) || (title(a) < title(b) ? -1 : 1))
  const byTopic = new Map<string, TopicBinding>()
  const conflicts: BindingConflict[] = []
  for (const topic of topics) {
    const [first, ...others] = ordered.filter((binding) => binding.matches(topic))
    if (first === undefined) continue
    byTopic.set(topic, first)
    if (others.length > 0) conflicts.push({ topic, read_by: title(first), also: others.map(title) })
  }
  return { byTopic, conflicts }
}
