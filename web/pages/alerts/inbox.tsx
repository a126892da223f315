import { Checkbox, NativeSelect, SegmentedControl, TextInput } from '@mantine/core'
import { useDebouncedCallback } from '@mantine/hooks'
import { useState } from 'react'
import { useSearchParams } from 'react-router'
import type { Alerts } from '../../../api/contract/alerts.ts'
import { SEVERITIES } from '../../../model/alert-rule.ts'
import { useAct, useAlerts } from '../../answers.ts'
import { count } from '../../format.ts'
import { useNow } from '../../now.ts'
import { CsvButton } from '../../parts/csv-button.tsx'
import { Panel } from '../../parts/panel.tsx'
import { ScopedLink } from '../../parts/scoped-link.tsx'
import { ShowMore } from '../../parts/show-more.tsx'
import { Empty, Fault, Shown } from '../../parts/states.tsx'
import { useSetParameters } from '../../scope.ts'
import type { Alert } from './alert-parts.tsx'
import { engineSentence, useEngine } from './engine-banner.tsx'
import { InboxTable } from './inbox-table.tsx'
import { SilenceDialog } from './silences/silence-dialog.tsx'
import { matcherFor } from './silences/silence-text.ts'

const VIEWS = {
  open: { label: 'Open', of: 'open', filter: { held: 'false' } },
  business: { label: 'Business', of: 'business', filter: { held: 'false', class: 'business' } },
  technical: { label: 'Technical', of: 'technical', filter: { held: 'false', class: 'technical' } },
  held: { label: 'Held back', of: 'held', filter: { held: 'true' } },
  resolved: { label: 'Resolved', of: 'resolved', filter: { state: 'resolved', sort: 'newest' } },
} as const
type View = keyof typeof VIEWS

const TYPING_MS = 300

/** Open alerts, the grave and costly first; j and k walk through them. */
export function Inbox() {
  const [search] = useSearchParams()
  const setParameters = useSetParameters()
  const view = (Object.keys(VIEWS) as View[]).find((one) => one === search.get('show')) ?? 'open'
  const chosen = (name: string): string | undefined => search.get(name) ?? undefined
  const [severity, party, q] = [chosen('severity'), chosen('party'), chosen('q')]
  const mine = search.get('mine') === 'true' ? 'true' : undefined
  const answer = useAlerts({ ...VIEWS[view].filter, severity, party, q, mine })
  const rows = answer.data?.pages.flatMap(({ alerts }) => alerts)
  const counts = answer.data?.pages[0]?.counts
  const acknowledge = useAct('AlertDetail', (id: string) => ({ path: `/v1/alerts/${id}/acknowledge`, body: {} }))
  const [silencing, setSilencing] = useState<Alert | null>(null)
  const isFiltered = severity !== undefined || party !== undefined || q !== undefined || mine !== undefined
  return (
    <Panel
      title={view === 'resolved' ? 'Resolved alerts' : 'Open alerts'}
      note={noteOf(view, counts)}
      aside={<InboxCsv rows={rows} />}
    >
      <div className="row inbox-filters">
        <SegmentedControl
          size="xs"
          aria-label="Which alerts"
          value={view}
          data={(Object.keys(VIEWS) as View[]).map((one) => ({
            value: one,
            label: `${VIEWS[one].label}${counts === undefined ? '' : ` ${count(counts[VIEWS[one].of])}`}`,
          }))}
          onChange={(value) => setParameters({ show: value === 'open' ? undefined : value })}
        />
        <NativeSelect
          size="xs"
          aria-label="Severity"
          value={severity ?? ''}
          onChange={(event) => setParameters({ severity: event.currentTarget.value })}
          data={[
            { value: '', label: 'Any severity' },
            ...SEVERITIES.slice(1)
              .toReversed()
              .map((one) => ({
                value: one,
                label: one === 'critical' ? 'Critical' : `${one[0]?.toUpperCase()}${one.slice(1)} or graver`,
              })),
          ]}
        />
        <PartySelect rows={rows ?? []} value={party} onChange={(value) => setParameters({ party: value })} />
        <SearchText value={q} onChange={(value) => setParameters({ q: value })} />
        <Checkbox
          size="xs"
          label="Acknowledged by me"
          checked={mine === 'true'}
          onChange={(event) => setParameters({ mine: event.currentTarget.checked ? 'true' : undefined })}
        />
      </div>
      {acknowledge.isError && <Fault error={acknowledge.error} />}
      <Shown of={answer} height={320}>
        {() =>
          rows === undefined || rows.length === 0 ? (
            <Nothing view={view} isFiltered={isFiltered} />
          ) : (
            <>
              <InboxTable
                rows={rows}
                acknowledging={acknowledge.isPending ? acknowledge.variables : undefined}
                onAcknowledge={(id) => acknowledge.mutate(id)}
                onSilence={setSilencing}
              />
              <ShowMore of={answer} />
            </>
          )
        }
      </Shown>
      {silencing !== null && <SilenceDialog start={matcherFor(silencing)} onClose={() => setSilencing(null)} />}
    </Panel>
  )
}

function noteOf(view: View, counts: Alerts['counts'] | undefined): string | undefined {
  if (view === 'resolved') return 'the latest first'
  if (view === 'held') return 'nobody is told of these while an incident or a silence lasts; they go on being evaluated'
  if (counts === undefined) return undefined
  const waiting = counts.unacknowledged
  return `the grave and costly first · ${waiting === 0 ? 'all acknowledged' : `${count(waiting)} that nobody has acknowledged`}`
}

function Nothing({ view, isFiltered }: { view: View; isFiltered: boolean }) {
  const now = useNow()
  const engine = useEngine().data
  if (isFiltered)
    return (
      <Empty certain title="No alert matches">
        <p>Take a filter away to see more.</p>
      </Empty>
    )
  if (view === 'resolved') return <Empty certain title="No alert has been resolved yet" />
  if (view === 'held') return <Empty certain title="Nothing is held back" />
  return (
    <Empty certain title="No alert is open">
      {engine !== undefined && <p>{engineSentence(engine, now)}</p>}
      {engine?.rules === 0 && (
        <p>
          <ScopedLink to="/alerts/rules">Look at the rules</ScopedLink> that decide what is told to whom.
        </p>
      )}
    </Empty>
  )
}

type PartyProps = { rows: readonly Alert[]; value: string | undefined; onChange: (value: string) => void }

function PartySelect({ rows, value, onChange }: PartyProps) {
  const parties = new Map(rows.flatMap((row) => row.parties.map(({ party, title }) => [party, title] as const)))
  if (value !== undefined && !parties.has(value)) parties.set(value, value)
  return (
    <NativeSelect
      size="xs"
      aria-label="Party"
      value={value ?? ''}
      onChange={(event) => onChange(event.currentTarget.value)}
      data={[
        { value: '', label: 'Any party' },
        ...[...parties].toSorted(([, a], [, b]) => (a < b ? -1 : 1)).map(([id, title]) => ({ value: id, label: title })),
      ]}
    />
  )
}

function SearchText({ value, onChange }: { value: string | undefined; onChange: (value: string) => void }) {
  const [text, setText] = useState(value ?? '')
  const search = useDebouncedCallback(onChange, TYPING_MS)
  return (
    <TextInput
      size="xs"
      aria-label="Find by text"
      placeholder="Title, rule or document"
      value={text}
      onChange={(event) => {
        setText(event.currentTarget.value)
        search(event.currentTarget.value.trim())
      }}
    />
  )
}

function InboxCsv({ rows }: { rows: readonly Alert[] | undefined }) {
  return (
    <CsvButton
      name="alerts"
      head={[
        'id',
        'severity',
        'class',
        'state',
        'title',
        'cause',
        'rule',
        'n',
        'of',
        'noun',
        'money',
        'money_text',
        'started_at',
        'opened_at',
        'resolved_at',
        'parties',
        'acknowledged_by',
        'verdict',
      ]}
      rows={rows}
      cells={(one) => [
        one.id,
        one.severity,
        one.class,
        one.state,
        one.title,
        one.cause,
        one.rule,
        one.scope.n,
        one.scope.of,
        one.scope.noun,
        one.money,
        one.scope.money,
        one.started_at,
        one.opened_at,
        one.resolved_at,
        one.parties.map(({ party, state }) => `${party}: ${state}`).join('; '),
        one.parties.flatMap(({ acknowledged_by }) => (acknowledged_by === null ? [] : [acknowledged_by])).join('; '),
        one.verdict,
      ]}
    />
  )
}
