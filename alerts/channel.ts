import type { z } from 'zod'
import type { Note } from '../model/alert-note.ts'

/** What became of a message: delivered with the receiver's receipt; worth trying again, by the receiver's wish after so long; or refused for good. */
export type Sent =
  | { outcome: 'sent'; receipt: string }
  | { outcome: 'retry'; reason: string; after_s: number | null }
  | { outcome: 'dead'; reason: string }

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
  send(note: Note, config: z.output<C>, signal: AbortSignal): Promise<Sent>
}
