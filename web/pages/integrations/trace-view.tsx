import { useSearchParams } from 'react-router'
import type { Trace } from '../../../api/contract/integrations.ts'
import { useAnswer } from '../../answers.ts'
import { Waterfall, type WaterfallRow } from '../../charts/waterfall.tsx'
import { count, instant, timeOfDay, words } from '../../format.ts'
import { Figures, Panel } from '../../parts/panel.tsx'
import { DocumentLink, ScopedLink } from '../../parts/scoped-link.tsx'
import { Shown } from '../../parts/states.tsx'
import { useSetParameters } from '../../scope.ts'
import { CallDetails } from './call-details.tsx'
import { statusWords } from './call-status.tsx'
import { LogLines } from './log-lines.tsx'
import { took } from './milliseconds.ts'

/** One trace: who called whom, when and for how long, with the documents, events and logs that belong to it. */
export function TraceView({ id }: { id: string }) {
  const trace = useAnswer('Trace', `/v1/integrations/traces/${encodeURIComponent(id)}`)
  return (
    <div className="stack">
      <div className="detail-head">
        <ScopedLink to="/integrations/traces">Traces</ScopedLink>
        <h2>{trace.data?.spans[0]?.operation ?? 'Trace'}</h2>
        <span className="dim mono">{id}</span>
      </div>
      <Shown of={trace} height={480}>
        {(answer) => <View of={answer} />}
      </Shown>
    </div>
  )
}

/** The bar of a call in a waterfall. */
export function barOf(call: Trace['spans'][number], depth: number, offsetMs: number): WaterfallRow {
  return {
    id: call.span_id,
    depth,
    name: call.operation,
    note: `${call.system}${call.missing_parent ? ', its parent did not come' : ''}`,
    offsetMs,
    durationMs: call.duration_ms,
    tone: call.status === 'ok' ? 'ok' : call.class,
    outcome: statusWords(call),
  }
}

function View({ of }: { of: Trace }) {
  const [search] = useSearchParams()
  const setParameters = useSetParameters()
  const chosen = search.get('at') ?? undefined
  const call = of.spans.find(({ span_id }) => span_id === chosen) ?? of.spans.find(({ status }) => status !== 'ok') ?? of.spans[0]
  const systems = new Set(of.spans.map(({ system }) => system))
  const failed = of.spans.filter((one) => one.class === 'technical').length
  return (
    <>
      <section className="panel figures-panel" aria-label="Summary">
        <Figures
          items={[
            { name: 'Started', value: instant(of.started_at) },
            { name: 'Took', value: took(of.duration_ms) },
            { name: 'Spans', value: count(of.spans.length) },
            { name: 'Systems', value: count(systems.size) },
            { name: 'Failed technically', value: count(failed) },
          ]}
        />
        {of.documents.length > 0 && (
          <p className="row trace-documents">
            {of.documents.map(({ type, id }) => (
              <span key={`${type} ${id}`} className="chip">
                {words(type)} <DocumentLink type={type} id={id} />
              </span>
            ))}
          </p>
        )}
      </section>
      <div className="trace-columns">
        <Panel
          title="Spans"
          note={of.truncated ? 'only the first ones of a very long trace' : 'by start, below what they are part of'}
        >
          <Waterfall
            label="Spans of the trace"
            rows={of.spans.map((one) => barOf(one, one.depth, one.offset_ms))}
            totalMs={of.duration_ms}
            chosen={call?.span_id}
            onChoose={(id) => setParameters({ at: id })}
          />
        </Panel>
        {call !== undefined && (
          <Panel title={call.operation} className="trace-call">
            <CallDetails of={call} totalMs={of.duration_ms} />
          </Panel>
        )}
      </div>
      {of.events.length > 0 && (
        <Panel title="Workflow events of this trace">
          <ol className="trace-events">
            {of.events.map((event) => (
              <li key={event.event_id}>
                <span className="num dim">{timeOfDay(event.occurred_at)}</span>
                <strong>{words(event.activity)}</strong>
                {event.objects.map(({ type, id }) => (
                  <DocumentLink key={`${type} ${id}`} type={type} id={id} />
                ))}
                <span className="dim">{event.system}</span>
              </li>
            ))}
          </ol>
        </Panel>
      )}
      {of.logs.length > 0 && (
        <Panel title="Logs of this trace">
          <LogLines logs={of.logs} />
        </Panel>
      )}
    </>
  )
}
