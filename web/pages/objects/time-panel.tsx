import type { DocumentDelays } from '../../../api/contract/delays.ts'
import { HatchPattern } from '../../charts/legend.tsx'
import { duration, instant, words } from '../../format.ts'
import { CauseMark, causeName, DELAY_CAUSES } from '../../parts/delay-causes.tsx'
import { DelayStrip } from '../../parts/delay-strip.tsx'
import { Panel } from '../../parts/panel.tsx'
import { Table } from '../../parts/table.tsx'

type Segment = DocumentDelays['segments'][number]

/** Where the time of one document went: its strip, the sums, and each stretch. */
export function TimePanel({ of }: { of: DocumentDelays }) {
  const sums = DELAY_CAUSES.map(({ key }) => ({
    key,
    seconds:
      of.segments.filter((one) => one.cause === key).reduce((sum, one) => sum + one.working_s + one.off_s, 0) +
      (of.open?.cause === key ? of.open.elapsed_s : 0),
  })).filter(({ seconds }) => seconds > 0)
  if (sums.length === 0) return null
  return (
    <Panel
      title="Where the time went"
      note={`${duration(of.elapsed_s)}${of.finished ? '' : ' so far'}${of.provisional ? ' · provisional: something still blocks it' : ''}`}
    >
      <HatchPattern />
      <DelayStrip of={of} label="The time of this document by cause" />
      <p className="cause-sums">
        {sums.map(({ key, seconds }) => (
          <span key={key}>
            <CauseMark of={key} />
            {causeName(key)} <b className="num">{duration(seconds)}</b>
          </span>
        ))}
      </p>
      {of.late && <p>{lateSentence(of)}</p>}
      {of.shared.length > 0 && (
        <p className="dim">
          Beside what was charged:{' '}
          {of.shared
            .map(
              (one) =>
                `${causeName(one.cause).toLowerCase()}${one.step === '' ? '' : ` (${words(one.step)})`} ${duration(one.shared_s)}`,
            )
            .join(', ')}
          . Ending these sooner alone would have saved nothing.
        </p>
      )}
      <details>
        <summary>Each stretch</summary>
        <Table<Segment>
          label="Each stretch of the document's time"
          rows={of.segments}
          rowKey={(one) => one.from}
          columns={[
            { head: 'From', render: (one) => instant(one.from), nowrap: true },
            {
              head: 'Cause',
              nowrap: true,
              render: (one) => (
                <>
                  <CauseMark of={one.cause} />
                  {causeName(one.cause)}
                </>
              ),
            },
            { head: 'Stage', render: (one) => words(one.stage) },
            { head: 'Step', render: (one) => one.step },
            { head: 'Waiting for', render: (one) => (one.system === '' ? one.holder : one.system) },
            { head: 'Working', render: (one) => duration(one.working_s), right: true },
            { head: 'Off', render: (one) => duration(one.off_s), right: true },
          ]}
        />
      </details>
    </Panel>
  )
}

function lateSentence(of: DocumentDelays): string {
  const due = `Due ${instant(of.due_at)}`
  if (of.settled_at === null) return `${due} UTC, not settled yet.`
  const without = of.late_because
    .map((set) => set.map((cause) => causeName(cause).toLowerCase()).join(' and '))
    .join(', or without ')
  return `${due}, settled ${instant(of.settled_at)} UTC. ${without === '' ? 'It came too late for any of these to matter.' : `It would have been in time without ${without}.`}`
}
