import { Switch } from '@mantine/core'
import { useParams, useSearchParams } from 'react-router'
import type { ObjectTimeline, TimelineEvent } from '../../../api/contract/object.ts'
import { documentLink } from '../../../model/system-link.ts'
import { useAnswer } from '../../answers.ts'
import { categoryName } from '../../category-name.ts'
import { count, counted, duration, instant, words } from '../../format.ts'
import { useNow } from '../../now.ts'
import { ClassBadge, ClassGlyph, isExceptionClass } from '../../parts/classes.tsx'
import { Icon } from '../../parts/icons.tsx'
import { Figures, PageHead, Panel } from '../../parts/panel.tsx'
import { DocumentLink, ScopedLink } from '../../parts/scoped-link.tsx'
import { Shown } from '../../parts/states.tsx'
import { useSetParameters } from '../../scope.ts'
import '../../styles/timeline.css'
import { CallEntry } from './call-entry.tsx'
import { ClocksPanel } from './clocks-panel.tsx'
import { entriesOf } from './entries.ts'
import { HistoryPanel } from './history-panel.tsx'
import { TimePanel } from './time-panel.tsx'
import { TimelineEntry } from './timeline-entry.tsx'

/** One document: what holds it, what it is, and everything that happened to it, in order. */
export function DocumentPage() {
  const { type = '', id = '' } = useParams()
  const timeline = useAnswer(
    'ObjectTimeline',
    `/v1/objects/${encodeURIComponent(type)}/${encodeURIComponent(id)}`,
    {},
    { refreshMs: 60_000 },
  )
  return (
    <>
      <PageHead title={id}>
        <ScopedLink to={`/objects/${encodeURIComponent(type)}`}>{words(type)}</ScopedLink>
        {timeline.data !== undefined && ` · ${instant(timeline.data.first_at)} to ${instant(timeline.data.last_at)} UTC`}
      </PageHead>
      <Shown of={timeline} height={600}>
        {(document) => <Document of={document} />}
      </Shown>
    </>
  )
}

function Document({ of }: { of: ObjectTimeline }) {
  const live = of.events.filter(({ superseded }) => !superseded)
  const exceptions = distinct(live, 'business', ({ exception }) => exception?.id)
  const failures = distinct(live, 'technical', ({ operation, exception }) => operation?.id ?? exception?.id)
  const attributes = Object.entries(of.attributes).filter(([, value]) => value !== '')
  return (
    <div className="document">
      <div className="stack">
        <Held by={of} />
        {of.delays !== null && <TimePanel of={of.delays} />}
        <ClocksPanel type={of.type} id={of.id} />
        <Timeline of={of} events={live.length} />
        <HistoryPanel type={of.type} id={of.id} />
      </div>
      <div className="stack document-side">
        <Panel title="Document">
          <Figures
            items={[
              { name: 'From first to last event', value: duration(of.duration_s) },
              { name: 'Events', value: count(live.length) },
              { name: 'Business exceptions', value: <Tally of="business" value={exceptions} /> },
              { name: 'Failed operations', value: <Tally of="technical" value={failures} /> },
            ]}
          />
          <SystemLinks of={of} />
          {attributes.length > 0 && (
            <dl className="meaning" style={{ marginTop: '0.9rem' }}>
              {attributes.map(([name, value]) => (
                <div key={name} style={{ display: 'contents' }}>
                  <dt>{words(name)}</dt>
                  <dd style={{ overflowWrap: 'anywhere' }}>{value}</dd>
                </div>
              ))}
            </dl>
          )}
        </Panel>
        <Panel title="Related documents" note={of.related.length === 0 ? undefined : 'touched by the same events'}>
          {of.related.length === 0 ? (
            <p className="dim" style={{ margin: 0 }}>
              No event of this document touches another one.
            </p>
          ) : (
            <ul className="related">
              {of.related.map(({ type, id, events }) => (
                <li key={`${type} ${id}`}>
                  <span className="chip">{words(type)}</span>
                  <DocumentLink type={type} id={id} />
                  <span className="dim num">{events} in common</span>
                </li>
              ))}
            </ul>
          )}
        </Panel>
      </div>
    </div>
  )
}

/** Everything that happened to the document, with the calls that systems made for it among it. */
function Timeline({ of, events }: { of: ObjectTimeline; events: number }) {
  const [search] = useSearchParams()
  const setParameters = useSetParameters()
  const withCalls = search.get('calls') !== 'none'
  const entries = entriesOf(of.events, withCalls ? of.calls : [])
  const dayOf = (at: string | undefined): string => at?.slice(0, 10) ?? ''
  return (
    <Panel
      title="Timeline"
      note={`${counted(events, 'event')}${of.calls.length === 0 ? '' : `, ${counted(of.calls.length, 'call')}`}, first to last, UTC`}
      aside={
        of.calls.length > 0 && (
          <Switch
            size="xs"
            label="Calls between systems"
            checked={withCalls}
            onChange={(event) => setParameters({ calls: event.currentTarget.checked ? undefined : 'none' })}
          />
        )
      }
    >
      <ol className="timeline">
        {entries.map((entry, index) => {
          const newDay = dayOf(entries[index - 1]?.at) !== dayOf(entry.at)
          if ('calls' in entry) {
            const [first] = entry.calls
            return <CallEntry key={`${first.trace_id} ${first.span_id}`} calls={entry.calls} newDay={newDay} />
          }
          const { event, previousAt } = entry
          return <TimelineEntry key={event.event_id} event={event} previousAt={previousAt} newDay={newDay} self={of} />
        })}
      </ol>
    </Panel>
  )
}

/** Ways to the document in the systems that keep it. */
function SystemLinks({ of }: { of: ObjectTimeline }) {
  const { data } = useAnswer('Systems', '/v1/systems')
  const involved = new Set([...of.events.map(({ system }) => system), ...of.calls.map(({ system }) => system)])
  const links = (data?.systems ?? [])
    .filter(({ id }) => involved.has(id))
    .map((system) => ({ id: system.id, name: system.name, href: documentLink(system, of.type, of.id) }))
    .filter(({ href }) => href !== null)
  if (links.length === 0) return null
  return (
    <p className="row system-links-of">
      {links.map(({ id, name, href }) => (
        <a key={id} href={href ?? undefined} target="_blank" rel="noreferrer">
          <Icon name="out-link" size={13} /> Open in {name}
        </a>
      ))}
    </p>
  )
}

/** How many exceptions or operations the events of a class are about; an event that names none stands for itself unless others do. */
function distinct(
  events: readonly TimelineEvent[],
  of: 'business' | 'technical',
  id: (event: TimelineEvent) => string | undefined,
): number {
  const members = events.filter(({ classification }) => classification.class === of)
  const named = new Set(members.map(id).filter((one) => one !== undefined))
  return named.size > 0 ? named.size : members.length
}

function Tally({ of, value }: { of: 'business' | 'technical'; value: number }) {
  return (
    <span style={{ display: 'inline-flex', alignItems: 'center', gap: '0.4rem' }}>
      <ClassGlyph of={of} size={11} /> {count(value)}
    </span>
  )
}

/** What holds the document now: technical blockers and open exceptions, apart. */
function Held({ by }: { by: ObjectTimeline }) {
  const now = useNow()
  const since = (iso: string): string => `${duration((now - Date.parse(iso)) / 1000)}, since ${instant(iso)}`
  return (
    <>
      {by.blocked_by.length > 0 && (
        <section className="held" data-class="technical" aria-label="Blocked by technology">
          <h2>
            <ClassGlyph of="technical" size={15} /> Blocked by a technical failure
          </h2>
          <ul>
            {by.blocked_by.map((block) => (
              <li key={block.operation_id}>
                <strong>{block.system === '' ? 'a system' : block.system}</strong>(
                <span title={block.category}>{categoryName(block.category).toLowerCase()}</span>) for {since(block.since)};{' '}
                {counted(block.attempts, 'attempt')} of <span className="mono">{block.operation_id}</span>
              </li>
            ))}
          </ul>
        </section>
      )}
      {by.open_exceptions.map((open) => (
        <section
          key={open.exception_id}
          className="held"
          data-class={isExceptionClass(open.class) ? open.class : 'unknown'}
          aria-label="Open exception"
        >
          <h2>{isExceptionClass(open.class) && <ClassBadge of={open.class} category={open.category} />} Open exception</h2>
          <ul>
            <li>
              For {since(open.since)} · <span className="mono">{open.exception_id}</span>
            </li>
          </ul>
        </section>
      ))}
    </>
  )
}
