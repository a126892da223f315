import { Button, NativeSelect } from '@mantine/core'
import { useSearchParams } from 'react-router'
import type { Ledger } from '../../../../api/contract/ledger.ts'
import { HatchPattern } from '../../../charts/legend.tsx'
import { StackedBars } from '../../../charts/stacked-bars.tsx'
import { csvText, download } from '../../../csv.ts'
import { count, timeOfDay } from '../../../format.ts'
import { useNow } from '../../../now.ts'
import { Icon } from '../../../parts/icons.tsx'
import { Panel } from '../../../parts/panel.tsx'
import { SpanPicker } from '../../../parts/span-picker.tsx'
import { Empty, Shown } from '../../../parts/states.tsx'
import { Table } from '../../../parts/table.tsx'
import { useSetParameters } from '../../../scope.ts'
import { useSpan, useSpanAnswer, type Span } from '../../../span.ts'
import { Balance, Equation } from './equation.tsx'
import { ledgerPoints, MISSING, PARTS } from './ledger-parts.ts'

type FeedRow = Ledger['feeds'][number]

/** What came in and what became of it: everything is accounted for, by way in and time. */
export function LedgerSection() {
  const span = useSpan()
  const [search] = useSearchParams()
  const setParameters = useSetParameters()
  const feed = search.get('feed') ?? ''
  const all = useSpanAnswer('Ledger', '/v1/ledger', { bucket: span.bucket }, { span })
  const one = useSpanAnswer('Ledger', '/v1/ledger', { bucket: span.bucket, feed }, { span, enabled: feed !== '' })
  const shown = feed === '' ? all : one
  const feeds = all.data?.feeds.map((row) => row.feed) ?? []
  return (
    <div className="stack">
      <HatchPattern />
      <Panel
        title={`Ledger, ${span.words}`}
        note="records by the minute in which they came; each counts as the events that it holds, and at least once"
        aside={
          <div className="row">
            <NativeSelect
              size="xs"
              aria-label="Way in"
              value={feed}
              onChange={(event) => setParameters({ feed: event.currentTarget.value })}
              data={[
                { value: '', label: 'All ways in' },
                ...[...new Set([...feeds, ...(feed === '' ? [] : [feed])])].map((value) => ({ value, label: value })),
              ]}
            />
            <SpanPicker />
            <Button
              size="xs"
              variant="default"
              leftSection={<Icon name="download" size={14} />}
              disabled={shown.data === undefined}
              onClick={() => shown.data !== undefined && exportRows(shown.data)}
            >
              CSV
            </Button>
          </div>
        }
      >
        <Shown of={shown} height={360}>
          {(ledger) => <LedgerView of={ledger} span={span} />}
        </Shown>
      </Panel>
      <Panel title="By way in" note="a registered source, http for POST /v1/events, otlp for telemetry, import for files">
        <Shown of={all} height={160}>
          {({ feeds: rows }) =>
            rows.length === 0 ? (
              <Empty title="Nothing came in this span" />
            ) : (
              <Table<FeedRow>
                label="Ledger by way in"
                rows={rows.toSorted((a, b) => b.received - a.received)}
                rowKey={(row) => row.feed}
                columns={[
                  {
                    head: 'Way in',
                    render: (row) => (
                      <button type="button" className="plain mono" onClick={() => setParameters({ feed: row.feed })}>
                        {row.feed}
                      </button>
                    ),
                  },
                  { head: 'Received', render: (row) => count(row.received), right: true },
                  ...PARTS.map(({ key, label }) => ({ head: label, render: (row: FeedRow) => count(row[key]), right: true })),
                  { head: 'Late', render: (row) => count(row.late), right: true },
                  { head: 'Verdict', render: (row) => <Balance of={row} balanced={row.balanced} />, nowrap: true },
                ]}
              />
            )
          }
        </Shown>
      </Panel>
      <Panel title="What the columns mean">
        <dl className="meaning">
          {PARTS.map(({ key, label, meaning }) => (
            <div key={key} style={{ display: 'contents' }}>
              <dt>{label}</dt>
              <dd>{meaning}.</dd>
            </div>
          ))}
          <dt>Late</dt>
          <dd>
            Part of stored and duplicate: happened over an hour before they came. They still count on the day they happened.
          </dd>
          <dt>Missing</dt>
          <dd>
            Counted at the door and found nowhere. The two sides are counted apart, by the process that took the records and by
            the store; the difference has to be zero.
          </dd>
        </dl>
      </Panel>
    </div>
  )
}

function LedgerView({ of, span }: { of: Ledger; span: Span }) {
  const now = useNow()
  return (
    <>
      <Equation of={of.totals} balanced={of.balanced} />
      {of.totals.received === 0 ? (
        <Empty title="Nothing came in this span">
          <p>Choose a longer one, or send events.</p>
        </Empty>
      ) : (
        <StackedBars
          title={`Ledger by ${span.bucket}`}
          noun="records"
          series={[...PARTS, MISSING]}
          points={ledgerPoints(of.rows, span, now)}
          height={260}
          legend={of.totals.missing > 0}
        />
      )}
      <p className="dim num chart-note">
        Records by {span.bucket}, UTC · counted at {timeOfDay(of.as_of)}
      </p>
    </>
  )
}

function exportRows(of: Ledger): void {
  const columns = ['received', ...PARTS.map(({ key }) => key), 'missing', 'late'] as const
  download(
    `ledger-${of.from.slice(0, 16).replaceAll(':', '')}.csv`,
    csvText(
      [`${of.bucket}_start`, 'way_in', ...columns],
      of.rows.map((row) => [row.bucket, row.feed, ...columns.map((column) => row[column])]),
    ),
  )
}
