import { useId, useState } from 'react'
import type { ObjectTimeline } from '../../../api/contract/object.ts'
import { day, duration, timeOfDay } from '../../format.ts'
import { ClassBadge, ClassGlyph, isExceptionClass } from '../../parts/classes.tsx'
import { Icon } from '../../parts/icons.tsx'
import { ScopedLink } from '../../parts/scoped-link.tsx'

type Call = ObjectTimeline['calls'][number]

/** Consecutive calls that ended well, or the same failure several times, on the timeline of a document that they served. */
export function CallEntry({ calls, newDay }: { calls: readonly Call[]; newDay: boolean }) {
  const [open, setOpen] = useState(false)
  const details = useId()
  const [first] = calls
  if (first === undefined) return null
  const failed = first.status !== 'ok'
  return (
    <li className="timeline-entry timeline-call" data-class={first.class}>
      <span className="timeline-dot" aria-hidden="true">
        {isExceptionClass(first.class) ? <ClassGlyph of={first.class} size={11} /> : <i />}
      </span>
      <time className="timeline-time num" dateTime={first.started_at} title={first.started_at}>
        {newDay && <strong>{day(first.started_at)}</strong>}
        {timeOfDay(first.started_at)}
      </time>
      <div className="timeline-what">
        <div className="row">
          <button
            type="button"
            className="timeline-call-title"
            aria-expanded={open}
            aria-controls={details}
            onClick={() => setOpen(!open)}
          >
            <Icon name="integrations" size={12} />
            {failed || calls.length === 1
              ? `${first.system}: ${first.operation}${calls.length > 1 ? ` × ${calls.length}` : ''}`
              : `${calls.length} calls, all ok: ${[...new Set(calls.map(({ system }) => system))].join(', ')}`}
            <Icon name="chevron" size={12} />
          </button>
          {calls.length === 1 && <span className="dim num">{duration(first.duration_ms / 1000)}</span>}
          {isExceptionClass(first.class) && <ClassBadge of={first.class} category={first.category} />}
          {failed && (
            <span className="chip" data-tone={first.status === 'cancelled' ? undefined : 'bad'}>
              {first.status}
              {first.status_code !== 0 && ` · ${first.status_code}`}
            </span>
          )}
        </div>
        {first.message !== '' && <p className="timeline-message">{first.message}</p>}
        <div id={details} hidden={!open}>
          {open && (
            <ul className="entry-details timeline-call-list">
              {calls.map((call) => (
                <li key={`${call.trace_id} ${call.span_id}`}>
                  <span className="num dim" title={call.started_at}>
                    {timeOfDay(call.started_at)}
                  </span>
                  <strong>
                    {call.system}: {call.operation}
                  </strong>
                  <span className="num">{duration(call.duration_ms / 1000)}</span>
                  <span className="dim">{call.kind}</span>
                  {call.error_type !== '' && <span className="mono">{call.error_type}</span>}
                  <ScopedLink to={`/integrations/traces/${encodeURIComponent(call.trace_id)}`} with={{ at: call.span_id }}>
                    Open the trace
                  </ScopedLink>
                  <ScopedLink to={`/integrations/systems/${encodeURIComponent(call.system)}`}>Open the system</ScopedLink>
                </li>
              ))}
            </ul>
          )}
        </div>
      </div>
    </li>
  )
}
