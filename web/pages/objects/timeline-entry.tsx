import { useId, useState } from 'react'
import type { ObjectTimeline, TimelineEvent } from '../../../api/contract/object.ts'
import { day, duration, timeOfDay, words } from '../../format.ts'
import { ClassBadge, ClassGlyph, isExceptionClass } from '../../parts/classes.tsx'
import { Icon } from '../../parts/icons.tsx'
import { EntryDetails } from './entry-details.tsx'

type Props = {
  event: TimelineEvent
  /** When the event before it happened. */
  previousAt: string | undefined
  /** Whether no line above it names its day. */
  newDay: boolean
  self: Pick<ObjectTimeline, 'type' | 'id'>
}

/** Waits from this long on are set off. */
const LONG_WAIT_S = 86_400

/** One event of a timeline, after the time that passed since the one before. */
export function TimelineEntry({ event, previousAt, newDay, self }: Props) {
  const [open, setOpen] = useState(false)
  const details = useId()
  const kind = event.classification.class
  const gap = previousAt === undefined ? 0 : (Date.parse(event.occurred_at) - Date.parse(previousAt)) / 1000
  const failed = !['', 'ok', 'skipped'].includes(event.outcome.status)
  return (
    <>
      {gap > 0 && (
        <li className="timeline-gap num" data-long={gap >= LONG_WAIT_S}>
          <span>{duration(gap)}</span>
        </li>
      )}
      <li className="timeline-entry" data-class={kind} data-superseded={event.superseded}>
        <span className="timeline-dot" aria-hidden="true">
          {isExceptionClass(kind) ? <ClassGlyph of={kind} size={13} /> : <span />}
        </span>
        <time className="timeline-time num" dateTime={event.occurred_at} title={event.occurred_at}>
          {newDay && <strong>{day(event.occurred_at)}</strong>}
          {timeOfDay(event.occurred_at)}
        </time>
        <div className="timeline-what">
          <div className="row">
            <button
              type="button"
              className="timeline-title"
              aria-expanded={open}
              aria-controls={details}
              onClick={() => setOpen(!open)}
            >
              {event.superseded ? <s>{words(event.activity)}</s> : words(event.activity)}
              <Icon name="chevron" size={13} />
            </button>
            {isExceptionClass(kind) && <ClassBadge of={kind} category={event.classification.category} />}
            {failed && (
              <span className="chip" data-tone={event.outcome.status === 'cancelled' ? undefined : 'bad'}>
                {event.outcome.status}
                {event.outcome.code !== '' && ` · ${event.outcome.code}`}
              </span>
            )}
            {event.superseded && <span className="chip">superseded by a correction</span>}
            {event.corrects !== null && <span className="chip">corrects an earlier event</span>}
            {!event.mapped && <span className="chip">no canonical name</span>}
          </div>
          <p className="timeline-who">
            <Actor of={event.actor} />
            {event.system !== '' && <span>{event.system}</span>}
            {event.money !== null && (
              <span className="num">
                {Number(event.money.amount).toLocaleString('en-GB', { minimumFractionDigits: 2 })} {event.money.currency}
              </span>
            )}
            {event.waits_on !== null && (
              <span>
                waits on {event.waits_on.kind} {event.waits_on.id}
              </span>
            )}
            {event.due_at !== null && <span className="num">due {day(event.due_at)}</span>}
          </p>
          {event.outcome.message !== '' && <p className="timeline-message">{event.outcome.message}</p>}
          <Chips event={event} />
          <div id={details} hidden={!open}>
            {open && <EntryDetails event={event} self={self} />}
          </div>
        </div>
      </li>
    </>
  )
}

function Chips({ event: { exception, operation, policy } }: { event: TimelineEvent }) {
  if (exception === null && operation === null && policy === null) return null
  return (
    <div className="row timeline-chips">
      {exception !== null && (
        <span className="chip">
          exception {exception.id} {exception.state}
        </span>
      )}
      {operation !== null && (
        <span className="chip">
          <span className="clip">operation {operation.id}</span> <span className="attempt">· attempt {operation.attempt}</span>
        </span>
      )}
      {policy !== null && (
        <span className="chip">
          policy {policy.id} v{policy.version}: {policy.decision}
        </span>
      )}
    </div>
  )
}

function Actor({ of }: { of: TimelineEvent['actor'] }) {
  if (of.id === '' && of.kind === '') return null
  const icon = of.kind === 'human' ? 'person' : of.kind === 'ai_agent' ? 'ai' : 'system'
  const kind = { human: 'person', ai_agent: 'AI agent', system: 'system' }[of.kind] ?? of.kind
  return (
    <span className="actor" data-kind={of.kind}>
      <Icon name={icon} size={13} />
      {of.id === '' ? kind : `${of.id} (${kind})`}
      {of.on_behalf_of !== '' && ` for ${of.on_behalf_of}`}
    </span>
  )
}
