import { Button, Progress } from '@mantine/core'
import { useEffect } from 'react'
import type { LetterReplayed } from '../../../../api/contract/dead-letters.ts'
import { count, counted, words } from '../../../format.ts'
import { Dialog } from '../../../parts/dialog.tsx'
import { DocumentLink } from '../../../parts/scoped-link.tsx'
import { StateChip, type Tone } from '../../../parts/state-chip.tsx'
import { Fault } from '../../../parts/states.tsx'
import { Table } from '../../../parts/table.tsx'
import { chosenCount, codeWords, type Chosen } from './letter-filter.ts'
import { useLetterRun, type LetterRun } from './use-letter-run.ts'

type Result = LetterReplayed['results'][number]

const OUTCOMES: Readonly<Record<Result['outcome'], { tone: Tone; name: string; meaning: string }>> = {
  stored: { tone: 'good', name: 'stored', meaning: 'its events are new' },
  duplicate: { tone: 'good', name: 'duplicate', meaning: 'its events are there already; nothing changes' },
  conflict: { tone: 'caution', name: 'conflict', meaning: 'its id is there with another content; kept beside it and named' },
  ignored: { tone: 'none', name: 'ignored', meaning: 'the mapping leaves it out on purpose' },
  rejected: { tone: 'bad', name: 'rejected', meaning: 'still cannot be read' },
  skipped: { tone: 'none', name: 'skipped', meaning: 'purged, or cut off at arrival: cannot be replayed' },
}

/** Replays letters with the mapping that their source has now: first a rehearsal that changes nothing, then for good. */
export function ReplayDialog({ chosen, onClose }: { chosen: Chosen | null; onClose: () => void }) {
  return (
    <Dialog title="Replay dead letters" opened={chosen !== null} onClose={onClose} size="52rem">
      {chosen !== null && <Replay chosen={chosen} onClose={onClose} />}
    </Dialog>
  )
}

function Replay({ chosen, onClose }: { chosen: Chosen; onClose: () => void }) {
  const { run, start, stop } = useLetterRun()
  // The rehearsal belongs to the opening of the dialog, and is stopped with it.
  useEffect(() => {
    start(chosen, true)
    return stop
  }, [start, stop, chosen])
  const size = chosenCount(chosen)
  const readable = run.done - run.counts.rejected - run.counts.skipped
  const rehearsed = run.phase === 'done' && run.dryRun
  return (
    <div className="stack">
      <p style={{ margin: 0 }}>
        {run.dryRun
          ? `What would become of ${counted(size, 'letter')} with the mapping that each source has now. Nothing changes yet.`
          : run.phase === 'done'
            ? `${counted(run.done, 'letter')} replayed. Replaying again would change nothing.`
            : `Replaying ${counted(size, 'letter')}…`}
      </p>
      <Progress
        value={run.total === 0 ? 0 : (run.done / run.total) * 100}
        size="sm"
        animated={run.phase === 'running'}
        aria-label={`${count(run.done)} of ${count(run.total)} letters`}
      />
      <Outcomes of={run} />
      {run.phase === 'failed' && <Fault error={run.error} retry={() => start(chosen, run.dryRun)} />}
      {run.results.length > 0 && (
        <div className="run-results">
          <Table<Result>
            label={run.dryRun ? 'Rehearsal, letter by letter' : 'Replay, letter by letter'}
            rows={run.results}
            rowKey={({ id }) => id}
            columns={[
              {
                head: 'Outcome',
                render: ({ outcome }) => (
                  <StateChip tone={OUTCOMES[outcome].tone} title={OUTCOMES[outcome].meaning}>
                    {OUTCOMES[outcome].name}
                  </StateChip>
                ),
                nowrap: true,
              },
              { head: 'Events or reason', render: (result) => <ResultText of={result} /> },
              {
                head: 'Mapping',
                render: ({ mapping, mapping_version }) =>
                  mapping === '' ? <span className="dim">none</span> : `${mapping} v${mapping_version}`,
                nowrap: true,
              },
              { head: 'Letter', render: ({ id }) => <span className="mono dim">{id.slice(0, 8)}</span> },
            ]}
          />
        </div>
      )}
      <div className="row" style={{ justifyContent: 'flex-end' }}>
        {run.phase === 'running' && !run.dryRun && (
          <Button variant="default" onClick={stop}>
            Stop after this part
          </Button>
        )}
        <Button variant="default" onClick={onClose}>
          {run.phase === 'done' && !run.dryRun ? 'Close' : 'Cancel'}
        </Button>
        {run.dryRun && (
          <Button disabled={!rehearsed || readable === 0} loading={run.phase === 'running'} onClick={() => start(chosen, false)}>
            {rehearsed && readable === 0 ? 'None can be read yet' : `Replay ${counted(size, 'letter')}`}
          </Button>
        )}
      </div>
    </div>
  )
}

function Outcomes({ of }: { of: LetterRun }) {
  const some = (Object.keys(OUTCOMES) as Result['outcome'][]).filter((outcome) => of.counts[outcome] > 0)
  return (
    <ul className="outcomes" aria-label="Outcomes" aria-live="polite">
      {some.map((outcome) => (
        <li key={outcome}>
          <StateChip tone={OUTCOMES[outcome].tone}>
            <strong className="num">{count(of.counts[outcome])}</strong>{' '}
            {of.dryRun ? `would be ${OUTCOMES[outcome].name}` : OUTCOMES[outcome].name}
          </StateChip>
          <span className="dim">{OUTCOMES[outcome].meaning}</span>
        </li>
      ))}
    </ul>
  )
}

function ResultText({ of }: { of: Result }) {
  if (of.outcome === 'rejected' || of.outcome === 'skipped' || (of.events.length === 0 && of.reason !== '')) {
    return (
      <>
        {of.code !== '' && <strong>{codeWords(of.code)}: </strong>}
        {of.reason}
      </>
    )
  }
  return (
    <>
      {of.events.slice(0, 3).map(({ event_id, activity, object }) => {
        const cut = object.indexOf('/')
        return (
          <span key={event_id} className="result-event">
            {words(activity)}{' '}
            {cut > 0 ? (
              <DocumentLink type={object.slice(0, cut)} id={object.slice(cut + 1)} />
            ) : (
              <span className="mono">{object}</span>
            )}
          </span>
        )
      })}
      {of.events.length > 3 && <span className="dim">and {count(of.events.length - 3)} more</span>}
    </>
  )
}
