import type { Registry } from 'prom-client'
import type { Judge } from '../ingest/judge.ts'
import type { TelemetryWriter } from '../ingest/otlp/writer.ts'
import type { Front } from '../ingest/transport/kafka/front.ts'
import type { EventWriter } from '../ingest/write.ts'
import type { Instant } from '../model/instant.ts'
import type { AlertLinks } from '../platform/alert-link.ts'
import type { Log } from '../platform/log.ts'
import type { Reach } from '../platform/reach.ts'
import type { SecretBox } from '../platform/secrets.ts'
import type { Stores } from '../platform/stores.ts'
import type { Readiness, ReadinessCheck } from './contract/admin.ts'

/** What the routes work with; composed once by the process that serves them. */
export type Services = {
  stores: Stores
  writer: EventWriter
  /** Where events wait durably until they are read and stored; null without Kafka. */
  front: Front | null
  /** The way into the tables of calls, measurements and logs. */
  telemetry: TelemetryWriter
  secrets: SecretBox
  /** With what channels send, beside their own configuration. */
  sending: { reach: Reach; smtpUrl: string | undefined }
  /** Signs and reads the links by which messages acknowledge. */
  links: AlertLinks
  judge: Judge
  /** The clock, microseconds. */
  now(): Instant
  log: Log
  version: string
  /** The figures of the process: every part registers its own. */
  registry: Registry
  /** How the parts of the process are, beside the stores. */
  checks(): readonly ReadinessCheck[]
  /** How far the loading of the demo is. */
  demo(): Readiness['demo']
  /** True once the process takes no new work. */
  draining(): boolean
}
