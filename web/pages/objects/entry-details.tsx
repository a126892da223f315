import type { ReactNode } from 'react'
import type { ObjectTimeline, TimelineEvent } from '../../../api/contract/object.ts'
import { percent, words } from '../../format.ts'
import { DocumentLink } from '../../parts/scoped-link.tsx'

type Props = { event: TimelineEvent; self: Pick<ObjectTimeline, 'type' | 'id'> }

/** Every field of an event, the reasons for its class, and the documents that it touches besides this one. */
export function EntryDetails({ event, self }: Props) {
  const { classification } = event
  const others = event.objects.filter(({ type, id }) => type !== self.type || id !== self.id)
  const fields: [string, ReactNode][] = [
    ['Happened', event.occurred_at],
    ...(event.ended_at === null ? [] : [['Ended', event.ended_at] as [string, ReactNode]]),
    ['Arrived', event.received_at],
    ['Source', event.source],
    ['Name at the source', event.source_activity],
    ['Step', event.step],
    ['Lifecycle', event.lifecycle],
    ['Outcome', [event.outcome.status, event.outcome.code].filter((text) => text !== '').join(' · ')],
    ['Caused by', event.exception?.caused_by ?? ''],
    ['Trace', event.trace_id],
    ['Corrects', event.corrects ?? ''],
    ['Event id', event.event_id],
  ]
  const attributes = Object.entries({ ...event.attributes, ...(event.ai === null ? {} : { ai: event.ai }) })
  return (
    <div className="entry-details">
      {classification.class !== 'none' && (
        <section data-class={classification.class}>
          <h3>
            Why {classification.class}?{' '}
            <span className="dim">
              {percent(classification.confidence)} confident, rules {classification.rule_version}
            </span>
          </h3>
          <ol className="evidence">
            {classification.evidence.map((line) => (
              <li key={line}>{line}</li>
            ))}
          </ol>
          {classification.reaction !== '' && <p>What helps: {words(classification.reaction).toLowerCase()}</p>}
        </section>
      )}
      {others.length > 0 && (
        <section>
          <h3>Also touches</h3>
          <p className="row">
            {others.map(({ type, id, qualifier }) => (
              <span key={`${type} ${id}`} className="chip">
                {words(type)} <DocumentLink type={type} id={id} /> {qualifier !== '' && `(${qualifier})`}
              </span>
            ))}
          </p>
        </section>
      )}
      <dl className="meaning">
        {fields
          .filter(([, value]) => value !== '')
          .map(([name, value]) => (
            <div key={name} style={{ display: 'contents' }}>
              <dt>{name}</dt>
              <dd className="mono">{value}</dd>
            </div>
          ))}
        {attributes.map(([name, value]) => (
          <div key={name} style={{ display: 'contents' }}>
            <dt>{name}</dt>
            <dd className="mono">{typeof value === 'string' ? value : JSON.stringify(value)}</dd>
          </div>
        ))}
      </dl>
    </div>
  )
}
