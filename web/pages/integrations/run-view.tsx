import { useSearchParams } from 'react-router'
import type { RunDetail } from '../../../api/contract/integrations.ts'
import { useAnswer } from '../../answers.ts'
import { Waterfall } from '../../charts/waterfall.tsx'
import { count, instant, words } from '../../format.ts'
import { Figures, Panel } from '../../parts/panel.tsx'
import { DocumentLink, ScopedLink } from '../../parts/scoped-link.tsx'
import { Empty, Shown } from '../../parts/states.tsx'
import { useSetParameters } from '../../scope.ts'
import { CallDetails } from './call-details.tsx'
import { statusWords } from './call-status.tsx'
import { took } from './milliseconds.ts'
import { RunStatus } from './runs-section.tsx'

/** One run of a workflow with its nodes. */
export function RunView({ id }: { id: string }) {
  const detail = useAnswer('RunDetail', `/v1/runs/${encodeURIComponent(id)}`)
  return (
    <div className="stack">
      <div className="detail-head">
        <ScopedLink to="/integrations/runs">Workflow runs</ScopedLink>
        <h2>{detail.data?.run.workflow ?? 'Run'}</h2>
        <span className="dim mono">{id}</span>
        {detail.data !== undefined && <RunStatus of={detail.data.run} />}
      </div>
      <Shown of={detail} height={420}>
        {(answer) => <View of={answer} />}
      </Shown>
    </div>
  )
}

function View({ of: { run, calls } }: { of: RunDetail }) {
  const [search] = useSearchParams()
  const setParameters = useSetParameters()
  const chosen = search.get('at')
  const call = calls.find(({ span_id }) => span_id === chosen) ?? calls.find(({ status }) => status !== 'ok') ?? calls[0]
  const start = Math.min(Date.parse(run.started_at), ...calls.map(({ started_at }) => Date.parse(started_at)))
  const end = Math.max(
    run.ended_at === null ? start : Date.parse(run.ended_at),
    ...calls.map(({ started_at, duration_ms }) => Date.parse(started_at) + duration_ms),
  )
  const ids = new Set(calls.map(({ span_id }) => span_id))
  return (
    <>
      <section className="panel figures-panel" aria-label="Summary">
        <Figures
          items={[
            { name: 'Started', value: instant(run.started_at) },
            { name: 'Took', value: took(run.duration_ms) },
            { name: 'Nodes', value: count(run.nodes) },
            { name: 'Failed nodes', value: count(run.failed_nodes) },
            { name: 'System', value: run.system },
          ]}
        />
        {run.message !== '' && <p className="call-message">{run.message}</p>}
        {run.documents.length > 0 && (
          <p className="row trace-documents">
            {run.documents.map(({ type, id }) => (
              <span key={`${type} ${id}`} className="chip">
                {words(type)} <DocumentLink type={type} id={id} />
              </span>
            ))}
          </p>
        )}
      </section>
      {call === undefined ? (
        <Panel title="Nodes">
          <Empty title="No node of this run was reported" />
        </Panel>
      ) : (
        <div className="trace-columns">
          <Panel title="Nodes and calls" note="in order of their start">
            <Waterfall
              label="Nodes and calls of the run"
              rows={calls.map((one) => ({
                id: one.span_id,
                depth: ids.has(one.parent_span_id) ? 1 : 0,
                name: one.operation,
                note: `${one.system}, ${one.kind}`,
                offsetMs: Date.parse(one.started_at) - start,
                durationMs: one.duration_ms,
                tone: one.status === 'ok' ? 'ok' : one.class,
                outcome: statusWords(one),
              }))}
              totalMs={end - start}
              chosen={call.span_id}
              onChoose={(id) => setParameters({ at: id })}
            />
          </Panel>
          <Panel title={call.operation} className="trace-call">
            <CallDetails of={call} />
          </Panel>
        </div>
      )}
    </>
  )
}
