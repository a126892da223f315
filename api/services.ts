import type { EventWriter } from '../ingest/write.ts'
import type { Instant } from '../model/instant.ts'
import type { Log } from '../platform/log.ts'
import type { Stores } from '../platform/stores.ts'
import type { Readiness } from './contract/admin.ts'

/** What the routes work with; composed once by the process that serves them. */
export type Services = {
  stores: Stores
  writer: EventWriter
  /** The clock, microseconds. */
  now(): Instant
  log: Log
  version: string
  /** How far the loading of the demo is. */
  demo(): Readiness['demo']
  /** True once the process takes no new work. */
  draining(): boolean
}
