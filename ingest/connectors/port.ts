import type { z } from 'zod'
import type { Event } from '../../model/event.ts'
import type { Instant } from '../../model/instant.ts'
import type { SystemResolver } from '../../platform/systems.ts'
import type { Call } from '../otlp/calls.ts'

/** Why a system could not be asked: one sentence, the next step, and whether asking again soon may help. */
export class PullError extends Error {
  readonly code:
    | 'unauthorized'
    | 'refused'
    | 'throttled'
    | 'unavailable'
    | 'answer_invalid'
    | 'address_refused'
    | 'config_invalid'
  readonly next: string
  /** Seconds that the system asked to wait. */
  readonly retryAfterS: number | undefined
  /** HTTP status, where the system answered. */
  readonly status: number | undefined

  constructor(
    code: PullError['code'],
    message: string,
    options: { next: string; retryAfterS?: number | undefined; status?: number | undefined; cause?: unknown },
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.name = 'PullError'
    this.code = code
    this.next = options.next
    this.retryAfterS = options.retryAfterS
    this.status = options.status
  }
}

/**
 * Asks a system for JSON over HTTP: no redirects, no addresses that no system of business has, answers of bounded size and time.
 *
 * @throws PullError
 */
export type AskJson = (url: URL, headers: Readonly<Record<string, string>>) => Promise<unknown>

export type PollContext<C> = {
  config: C
  /** The newest secret of the source; null where it has none. */
  secret: string | null
  ask: AskJson
  now(): Instant
  signal: AbortSignal
}

export type ReadContext<C> = {
  config: C
  tenant: string
  /** CloudEvents source of the events. */
  source: string
  /** Registered system that is pulled; null where the source names none. */
  system: string | null
  resolve: SystemResolver
  receivedAt: Instant
  seq: number
}

/** A call as a connector finds it; the batch gives it its position. */
export type PulledCall = Omit<Call, 'ordinal' | 'links'>

/** What one pulled record holds, or why it holds nothing that can be read. */
export type PulledOutcome = { events: Event[]; calls: PulledCall[] } | { reject: { code: string; message: string } }

/** A record as it was pulled. */
export type PulledRecord = {
  /** Its own id, by which it is found again at its origin. */
  id: string
  /** As the system answered it: what a dead letter keeps. */
  value: unknown
  /** What was told of it before, where it is told in parts. */
  before?: unknown
}

/** A part of a poll: records, and where to go on once they are durable. */
export type PulledPart<S> = { records: readonly PulledRecord[]; state: S }

/** How one kind of system is pulled: one file a system. */
export type ConnectorDefinition<C, S> = {
  /** Kind of source that it serves, and the coordinates of its dead letters. */
  name: string
  title: string
  /** Name of the format by which its dead letters are read again. */
  format: string
  config: z.ZodType<C>
  state: z.ZodType<S>
  /** Where the first poll begins. */
  start(config: C, now: Instant): S
  /** Seconds between two polls. */
  intervalS(config: C): number
  /** Asks for what is new since `state`, part by part, in the order in which it is to be stored. */
  poll(state: S, context: PollContext<C>): AsyncIterable<PulledPart<S>>
  /** Reads one record. Pure; throws nothing. */
  read(record: PulledRecord, context: ReadContext<C>): PulledOutcome
  /** The part of a record whose shape is watched, where it has one. */
  observed?(record: PulledRecord): { kind: string; payload: unknown }
}

/** A connector whose settings were read for one source. */
export type OpenConnector = {
  intervalS: number
  poll(state: unknown, context: Omit<PollContext<unknown>, 'config'>): AsyncIterable<PulledPart<unknown>>
  read(record: PulledRecord, context: Omit<ReadContext<unknown>, 'config'>): PulledOutcome
}

/** A connector, whatever its settings and state are. */
export type Connector = {
  name: string
  title: string
  format: string
  config: z.ZodType<Record<string, unknown>>
  observed?(record: PulledRecord): { kind: string; payload: unknown }
  /**
   * Reads the settings of a source.
   *
   * @throws PullError `config_invalid`
   */
  open(config: unknown): OpenConnector
}

/** Makes a connector of its definition. A state that cannot be read, of an older version, starts anew: identity makes that harmless. */
export function connector<C extends Record<string, unknown>, S>(definition: ConnectorDefinition<C, S>): Connector {
  const { name, title, format } = definition
  return {
    name,
    title,
    format,
    config: definition.config,
    ...(definition.observed === undefined ? {} : { observed: definition.observed }),
    open(given) {
      const parsed = definition.config.safeParse(given)
      if (!parsed.success) {
        const [issue] = parsed.error.issues
        throw new PullError('config_invalid', `The setting "${issue?.path.join('.') ?? ''}" ${issue?.message ?? 'is invalid'}.`, {
          next: 'Change the source.',
        })
      }
      const config = parsed.data
      return {
        intervalS: definition.intervalS(config),
        poll(kept, context) {
          const state = definition.state.safeParse(kept)
          return definition.poll(state.success ? state.data : definition.start(config, context.now()), { ...context, config })
        },
        read: (record, context) => definition.read(record, { ...context, config }),
      }
    },
  }
}
