import type { DocumentClocks } from '../../../api/contract/slas.ts'
import { useAnswer } from '../../answers.ts'
import { duration, instant, words } from '../../format.ts'
import { useNow } from '../../now.ts'
import { Panel } from '../../parts/panel.tsx'
import { ScopedLink } from '../../parts/scoped-link.tsx'
import { Table } from '../../parts/table.tsx'
import { ClockStateChip, untilText } from '../slas/sla-parts.tsx'
import '../../styles/intake.css'

type Of = DocumentClocks['clocks'][number]

/** The clocks of service levels on one document, and what was known of them before. */
export function ClocksPanel({ type, id }: { type: string; id: string }) {
  const now = useNow()
  const answer = useAnswer(
    'DocumentClocks',
    `/v1/objects/${encodeURIComponent(type)}/${encodeURIComponent(id)}/clocks`,
    {},
    { refreshMs: 60_000 },
  )
  const clocks = answer.data?.clocks ?? []
  if (clocks.length === 0) return null
  return (
    <Panel title="Service levels" note="the breach is at the deadline, whenever it was found">
      <Table<Of>
        label="Clocks of this document"
        rows={clocks}
        rowKey={({ sla, subject, epoch }) => `${sla} ${subject} ${epoch}`}
        columns={[
          {
            head: 'Service level',
            render: ({ sla, subject, epoch }) => (
              <div className="two-lines">
                <ScopedLink to={`/slas/${encodeURIComponent(sla)}`}>{sla}</ScopedLink>
                {(subject !== '' || epoch > 1) && (
                  <span className="dim">{[subject, epoch > 1 ? `epoch ${epoch}` : ''].filter(Boolean).join(' · ')}</span>
                )}
              </div>
            ),
          },
          { head: 'State', render: ({ state }) => <ClockStateChip of={state} />, nowrap: true },
          { head: 'Started', render: ({ started_at }) => instant(started_at), nowrap: true },
          {
            head: 'Deadline',
            render: ({ deadline_at, ended_at }) => (ended_at === null ? untilText(deadline_at, now) : instant(deadline_at)),
            nowrap: true,
          },
          { head: 'Ended', render: ({ ended_at }) => instant(ended_at), nowrap: true },
          {
            head: 'Paused',
            render: ({ pauses }) =>
              pauses.length === 0 ? '–' : pauses.map(({ reason, held_s }) => `${words(reason)} ${duration(held_s)}`).join(', '),
          },
          {
            head: 'Known before',
            render: ({ history }) =>
              history.length < 2 ? (
                '–'
              ) : (
                <div className="two-lines">
                  {history.slice(1).map((was) => (
                    <span key={was.known_since} className="dim">
                      {was.state}, deadline {instant(was.deadline_at)}, known since {instant(was.known_since)}
                    </span>
                  ))}
                </div>
              ),
          },
        ]}
      />
    </Panel>
  )
}
