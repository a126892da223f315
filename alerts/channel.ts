import type { z } from 'zod'
import type { Note } from '../model/alert-note.ts'
import type { Instant } from '../model/instant.ts'
import type { Reach } from '../platform/reach.ts'

/** What became of a message: delivered with the receiver's receipt; worth trying again, by the receiver's wish after so long; or refused for good. */
export type Sent =
  | { outcome: 'sent'; receipt: string }
  | { outcome: 'retry'; reason: string; after_s: number | null }
  | { outcome: 'dead'; reason: string }

/** What a channel sends with, beside its own configuration. */
export type Means = {
  /** Aborts when the message is no longer to be sent. */
  signal: AbortSignal
  /** Where the operator lets tenants' channels connect to. */
  reach: Reach
  /** The installation's mail server, `smtp(s)://USER:PASSWORD@HOST:PORT`. */
  smtpUrl: string | undefined
  now: Instant
}

/** Why nobody can be reached, in a sentence; `refused` where nobody ever may be at that address. */
export type Unreachable = { reason: string; refused: boolean }

/**
 * A way to reach people: a file in `channels/`, whose name is the public kind. It answers only what became of one message; order, retries
 * and dead letters are the outbox's.
 */
export type Channel<C extends z.ZodObject = z.ZodObject> = {
  title: string
  /** What it takes to reach somebody; shown as a form. */
  config: C
  /** Fields of the configuration that are kept sealed and never shown again. */
  secret: readonly string[]
  /** Whether it shows who has acknowledged what: others hear nothing of it. */
  mirrors?: true
  send(note: Note, config: z.output<C>, means: Means): Promise<Sent>
  /** Whether somebody could be reached right now; null where so. Tells nobody anything. */
  probe(config: z.output<C>, means: Means): Promise<Unreachable | null>
}
