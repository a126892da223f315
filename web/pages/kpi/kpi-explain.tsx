import { Button, SegmentedControl } from '@mantine/core'
import { useInfiniteQuery } from '@tanstack/react-query'
import { useState } from 'react'
import type { ExplainedObject, Explanation, KpiDefinition } from '../../../api/contract/kpi.ts'
import type { Dimension } from '../../../model/vocabulary.ts'
import { ask } from '../../api.ts'
import { csvText, download } from '../../csv.ts'
import { count, instant, measure, words } from '../../format.ts'
import { CodeBlock } from '../../parts/code-block.tsx'
import { Dialog } from '../../parts/dialog.tsx'
import { DocumentLink } from '../../parts/scoped-link.tsx'
import { ShowMore } from '../../parts/show-more.tsx'
import { Empty, Fault, Loading } from '../../parts/states.tsx'
import { Table } from '../../parts/table.tsx'
import { useScope } from '../../scope.ts'

type State = 'counted' | 'open' | 'excluded'
type Props = {
  kpi: KpiDefinition
  filters: Partial<Record<Dimension, string>>
  asOf: string | undefined
  opened: boolean
  onClose: () => void
}

/** A number opened: what it means, how fresh it is, and the documents in it and left out of it. */
export function ExplainDrawer({ kpi, filters, asOf, opened, onClose }: Props) {
  const { tenant, window } = useScope()
  const [state, setState] = useState<State>('counted')
  const asked = { kpi: kpi.kpi, from: window.from, to: window.to, as_of: asOf === 'frozen' ? undefined : asOf, ...filters }
  const pages = useInfiniteQuery({
    queryKey: [tenant, '/v1/explain', asked, state],
    queryFn: ({ signal, pageParam }) =>
      ask('Explanation', '/v1/explain', { tenant, parameters: { ...asked, state, after: pageParam }, signal }),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (last) => last.next ?? undefined,
    enabled: opened,
  })
  const first = pages.data?.pages[0]
  const objects = pages.data?.pages.flatMap((page) => page.objects) ?? []
  return (
    <Dialog opened={opened} onClose={onClose} side="right" size="48rem" title={`${kpi.title}, explained`}>
      {pages.isError && <Fault error={pages.error} retry={() => void pages.refetch()} />}
      {first === undefined ? (
        !pages.isError && <Loading height={420} />
      ) : (
        <div className="stack">
          <Meaning of={first} />
          <div className="row">
            <SegmentedControl
              size="xs"
              aria-label="Which documents"
              value={state}
              onChange={(value) => setState(value)}
              data={[
                { value: 'counted', label: `In it (${count(first.counts.counted)})` },
                { value: 'open', label: `Open (${count(first.counts.open)})` },
                { value: 'excluded', label: `Left out (${count(first.counts.excluded.reduce((sum, { n }) => sum + n, 0))})` },
              ]}
            />
            <span className="grow" />
            <Button
              size="xs"
              variant="default"
              disabled={objects.length === 0}
              onClick={() => download(`${kpi.kpi}-${state}.csv`, rowsAsCsv(objects))}
            >
              CSV
            </Button>
          </div>
          {state === 'excluded' && first.counts.excluded.length > 0 && (
            <ul className="evidence">
              {first.counts.excluded.map(({ reason, n }) => (
                <li key={reason}>
                  {count(n)}: {reason}
                </li>
              ))}
            </ul>
          )}
          {objects.length === 0 ? <Empty title="No documents here" /> : <Objects kpi={kpi} rows={objects} />}
          <ShowMore of={pages} />
          <details>
            <summary>Formula, version {first.kpi.version}</summary>
            <CodeBlock code={first.sql.contributions} label="SQL of the contributions" />
            <CodeBlock code={first.sql.answer} label="SQL of the answer" />
          </details>
        </div>
      )}
    </Dialog>
  )
}

function Meaning({ of }: { of: Explanation }) {
  return (
    <dl className="meaning">
      <dt>Definition</dt>
      <dd>{of.kpi.definition}</dd>
      <dt>Value</dt>
      <dd className="num">
        {measure(of.row?.value, of.kpi.unit)}, n = {count(of.row?.n ?? 0)}
        {of.row?.target != null && `, target ${measure(of.row.target, of.kpi.unit)}`}
      </dd>
      <dt>Time</dt>
      <dd>{of.kpi.calendar}</dd>
      {of.currency !== null && (
        <>
          <dt>Currency</dt>
          <dd>
            {of.currency.reporting ?? 'none stated'}: {of.currency.basis}
          </dd>
        </>
      )}
      {of.needs.length > 0 && (
        <>
          <dt>Not evaluable</dt>
          <dd>needs {of.needs.join(', ').replaceAll('_', ' ')}</dd>
        </>
      )}
      <dt>Fresh</dt>
      <dd className="num">
        computed until {instant(of.freshness.computed_until)}
        {of.freshness.changed > 0 && `, ${count(of.freshness.changed)} documents changed since`}
      </dd>
      {of.as_of !== null && (
        <>
          <dt>As of</dt>
          <dd className="num">{instant(of.as_of)}</dd>
        </>
      )}
    </dl>
  )
}

function Objects({ kpi, rows }: { kpi: KpiDefinition; rows: readonly ExplainedObject[] }) {
  const given = ({ value, weight }: { value: number; weight: number }): string =>
    kpi.aggregate === 'share' ? `${Number(value.toPrecision(6))} of ${Number(weight.toPrecision(6))}` : measure(value, kpi.unit)
  return (
    <Table<ExplainedObject>
      label="Documents behind the number"
      rows={rows}
      rowKey={({ type, id, subject }) => `${type} ${id} ${subject}`}
      columns={[
        {
          head: 'Document',
          render: ({ type, id, subject }) => (
            <>
              <DocumentLink type={type} id={id} />
              {subject !== id && subject !== '' && <span className="dim"> {subject}</span>}
              <br />
              <small className="dim">{words(type)}</small>
            </>
          ),
        },
        { head: 'Falls on', render: ({ cohort_at }) => instant(cohort_at), nowrap: true },
        {
          head: 'Gives',
          render: (row) => (row.state === 'counted' ? given(row) : row.state === 'open' ? 'open' : row.reason),
          right: true,
        },
        { head: 'Known since', render: ({ known_since }) => instant(known_since), nowrap: true },
        {
          head: 'Before',
          render: ({ history }) =>
            history.length < 2 ? (
              <span className="dim">–</span>
            ) : (
              <ul className="evidence">
                {history.slice(1).map((one) => (
                  <li key={one.known_since}>
                    {one.state === 'counted' ? given(one) : one.state}, since {instant(one.known_since)}
                  </li>
                ))}
              </ul>
            ),
        },
      ]}
    />
  )
}

function rowsAsCsv(objects: readonly ExplainedObject[]): string {
  return csvText(
    ['type', 'id', 'subject', 'state', 'reason', 'cohort_at', 'value', 'weight', 'known_since', 'states'],
    objects.map((one) => [
      one.type,
      one.id,
      one.subject,
      one.state,
      one.reason,
      one.cohort_at,
      one.value,
      one.weight,
      one.known_since,
      one.history.length,
    ]),
  )
}
