import type { DryRunRecord, DryRunResult } from '../../../../api/contract/mappings.ts'
import { count, counted, instant, words } from '../../../format.ts'
import { ClassBadge, isExceptionClass } from '../../../parts/classes.tsx'
import { ScrollRegion } from '../../../parts/scroll-region.tsx'
import { StateChip } from '../../../parts/state-chip.tsx'
import { codeWords } from '../letters/letter-filter.ts'

const OUTCOMES = {
  events: { tone: 'good', name: 'read' },
  drop: { tone: 'none', name: 'left out' },
  reject: { tone: 'bad', name: 'rejected' },
} as const

/** What a mapping makes of each record of a sample. */
export function DryRunView({ of }: { of: DryRunResult }) {
  if (of.records.length === 0) return <p className="dim">The mapping has to be mended before it can be tried.</p>
  return (
    <div className="stack">
      {of.total > 1 && (
        <p className="dim" style={{ margin: 0 }}>
          {counted(of.total, 'record')} in the sample
          {of.total > of.records.length && `, the first ${count(of.records.length)} are shown`}
        </p>
      )}
      {of.records.map((record, index) => (
        // oxlint-disable-next-line react/no-array-index-key -- records of a sample have no identity but their place
        <Record key={index} of={record} />
      ))}
    </div>
  )
}

function Record({ of }: { of: DryRunRecord }) {
  const { tone, name } = OUTCOMES[of.outcome]
  return (
    <article className="dry-run">
      <header className="row">
        <StateChip tone={tone}>{of.outcome === 'events' ? `${name}: ${counted(of.events.length, 'event')}` : name}</StateChip>
        {of.rule !== null && (
          <span className="dim">
            by rule {of.rule.index + 1}
            {of.rule.name !== '' && `, ${of.rule.name}`}
          </span>
        )}
      </header>
      {of.reason !== null && (
        <p>
          {of.code !== null && <strong>{codeWords(of.code)}: </strong>}
          {of.reason}
        </p>
      )}
      {of.events.map((event) => (
        <section key={event.event_id} className="dry-run-event">
          <h3>
            {words(event.activity)}
            {!event.canonical && <span className="chip">no canonical name</span>}
            {isExceptionClass(event.class) && <ClassBadge of={event.class} category={event.category} />}
          </h3>
          <dl className="meaning">
            <dt>Happened</dt>
            <dd className="num">{instant(event.time)}</dd>
            <dt>Documents</dt>
            <dd>
              {event.objects
                .map(
                  ({ type, id, qualifier }) => `${words(type).toLowerCase()} ${id}${qualifier === null ? '' : ` (${qualifier})`}`,
                )
                .join(', ')}
            </dd>
            <dt>Natural id</dt>
            <dd className="mono">
              {event.source} · {event.natural_id}
            </dd>
          </dl>
          <details className="form-more">
            <summary>Everything that is kept</summary>
            <ScrollRegion component="pre" className="plain-json" label={`Data of ${words(event.activity)}, ${event.natural_id}`}>
              {JSON.stringify(event.data, null, 2)}
            </ScrollRegion>
          </details>
        </section>
      ))}
      {of.unread.length > 0 && (
        <details className="form-more">
          <summary>{counted(of.unread.length, 'field')} of the record that nothing is made of</summary>
          <p className="mono unread">{of.unread.join(', ')}</p>
        </details>
      )}
    </article>
  )
}
