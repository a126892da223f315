import { type Event, isRefusal, readEvent } from '../model/event.ts'
import type { Instant } from '../model/instant.ts'
import type { Outcome } from './batch.ts'
import type { CompiledMapping } from './payload/compile.ts'

/** One record as it came: a message of a topic, the body of a request, or a part of one. */
export type RecordIn = {
  body: Uint8Array
  /** Names in lower case. */
  headers: Readonly<Record<string, string>>
  key: Uint8Array | null
  /** When its transport says that it was sent. */
  timestamp: Instant | null
}

/** What a format needs besides the record. */
export type FormatContext = {
  tenant: string
  receivedAt: Instant
  /** Order of the record among those of its source; stands in where the record says none. */
  seq: number
  /** The transport's own id, such as `cluster/topic/epoch/partition/offset`: stands in where the record has none. */
  naturalId: string
  /** CloudEvents source of records that name none. */
  source: string
  /** The registered system that sends; stands in where the record and its mapping name none. */
  system: string | null
  mapping: CompiledMapping | null
  /** Told of every parsed payload before it is mapped, with the kind of record that it is. */
  seen?(kind: string, payload: unknown): void
}

/** How records are read. Pure: one record in, its outcome out; whatever the record holds, it throws nothing. */
export type Format = {
  name: string
  title: string
  mapping: 'needed' | 'optional' | 'none'
  /** Content types that it reads, the first being the usual one. */
  media: readonly string[]
  /** Most bytes of one record. */
  limit: number
  /** Takes a body that holds several records apart, so that one bad record costs no other. */
  split?(record: RecordIn): RecordIn[]
  read(record: RecordIn, context: FormatContext): Outcome
}

/** An outcome that refuses the record. */
export function rejected(code: string, message: string): Outcome {
  return { reject: { code, message: message.slice(0, 1000) } }
}

/** An event in the form of CloudEvents, before it is read. */
export type Cloud = Record<string, unknown> & { data: Record<string, unknown> }

/** Reads what was made of one record: its events, or the refusal of the first that is none. `of` says what made them. */
export function eventsOf(
  clouds: readonly Cloud[],
  context: Pick<FormatContext, 'tenant' | 'receivedAt' | 'seq'>,
  of = '',
): Outcome {
  const events: Event[] = []
  for (const [index, cloud] of clouds.entries()) {
    const event = readEvent(cloud, { tenant: context.tenant, receivedAt: context.receivedAt, fallbackSeq: context.seq + index })
    if (isRefusal(event))
      return rejected(event.code, of === '' ? event.message : `${event.message} (event ${index + 1} of ${of})`)
    events.push(event)
  }
  return { events }
}
