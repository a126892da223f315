import { SegmentedControl } from '@mantine/core'
import type { UseQueryResult } from '@tanstack/react-query'
import { useState } from 'react'
import type { ControlDrift, Controls, ControlVersions } from '../../../api/contract/controls.ts'
import { useAnswer, useWindowAnswer } from '../../answers.ts'
import { count, day, duration, measure, percent, words } from '../../format.ts'
import { CsvButton } from '../../parts/csv-button.tsx'
import { Figures, PageHead, Panel } from '../../parts/panel.tsx'
import { Severity } from '../../parts/severity.tsx'
import { ScopedLink } from '../../parts/scoped-link.tsx'
import { StaleHint } from '../../parts/stale-hint.tsx'
import { Empty, Shown } from '../../parts/states.tsx'
import { Table } from '../../parts/table.tsx'
import { CATEGORY_NAMES } from './violation-parts.tsx'
import { ViolationsPanel } from './violations-panel.tsx'
import { WhatIfPanel } from './what-if-panel.tsx'

/** One control: its definition, violations, policy versions, drift, and a replay with another tolerance. */
export function ControlDetail({ id, of: answer }: { id: string; of: UseQueryResult<Controls> }) {
  const of = answer.data?.controls.find(({ control }) => control === id)
  return (
    <>
      <PageHead title={of?.title ?? 'Control'}>
        <ScopedLink to="/controls">All controls</ScopedLink> · <span className="mono">{id}</span>
      </PageHead>
      <StaleHint />
      <Shown of={answer} height={320}>
        {() =>
          of === undefined ? (
            <Empty certain title="There is no such control" />
          ) : (
            <div className="stack">
              <section className="panel figures-panel" aria-label="Summary">
                <Figures
                  items={[
                    { name: 'Category', value: CATEGORY_NAMES[of.category] },
                    { name: 'Severity', value: <Severity of={of.severity} /> },
                    {
                      name: 'Violations',
                      value: of.violations === null ? '–' : count(of.violations),
                      note: `${count(of.open)} open`,
                    },
                    { name: 'Per 1,000', value: measure(of.per_1000, 'per_1000'), note: `n = ${count(of.of)}` },
                    { name: 'Version', value: of.version },
                  ]}
                />
              </section>
              <Panel
                title="What it checks"
                note={of.guards.length === 0 ? undefined : `guards ${of.guards.map(words).join(', ')}`}
              >
                <p className="plain-text">{of.definition}</p>
                {!of.evaluable && (
                  <p className="plain-text text-bad">
                    Not evaluable: this tenant has no {of.missing.map((kind) => words(kind).toLowerCase()).join(', ')}.
                  </p>
                )}
              </Panel>
              <ViolationsPanel control={id} />
              {of.tolerances.length > 0 && <WhatIfPanel control={id} tolerances={of.tolerances} />}
              <Versions id={id} />
              <Drift id={id} />
            </div>
          )
        }
      </Shown>
    </>
  )
}

function Versions({ id }: { id: string }) {
  const answer = useAnswer('ControlVersions', `/v1/controls/${encodeURIComponent(id)}/versions`)
  const rows = answer.data?.versions
  return (
    <Panel
      title="Policy versions"
      note={
        answer.data?.policy === null || answer.data === undefined
          ? undefined
          : `of ${answer.data.policy}, before and after each change; all time`
      }
      aside={
        <CsvButton
          name={`${id}-versions`}
          head={['version', 'valid_from', 'valid_to', 'violations', 'documents', 'per_1000', 'exception_rate', 'cycle_s']}
          rows={rows}
          cells={(one) => [
            one.version,
            one.valid_from,
            one.valid_to,
            one.violations,
            one.documents,
            one.per_1000,
            one.exception_rate,
            one.cycle_s,
          ]}
        />
      }
    >
      <Shown of={answer}>
        {({ versions, cycle_kpi }) =>
          versions.length === 0 ? (
            <Empty title="No policy is known for it">
              <p>Policies are reference data: with them, each version is compared with the one before.</p>
            </Empty>
          ) : (
            <Table<ControlVersions['versions'][number]>
              label="Versions of the policy"
              rows={versions}
              rowKey={({ valid_from }) => valid_from}
              columns={[
                { head: 'Version', render: ({ version }) => version },
                { head: 'From', render: ({ valid_from }) => day(valid_from), nowrap: true },
                { head: 'To', render: ({ valid_to }) => (valid_to === null ? 'open' : day(valid_to)), nowrap: true },
                {
                  head: 'Tolerances',
                  render: ({ tolerances }) =>
                    Object.entries(tolerances)
                      .map(([name, value]) => `${name} ${value}`)
                      .join(', ') || '–',
                },
                { head: 'Violations', render: ({ violations }) => count(violations), right: true },
                { head: 'Documents', render: ({ documents }) => count(documents), right: true },
                { head: 'Per 1,000', render: ({ per_1000 }) => measure(per_1000, 'per_1000'), right: true },
                {
                  head: 'Exception rate',
                  render: ({ exception_rate, finished }) => (
                    <span title={`n = ${count(finished)}`}>{percent(exception_rate)}</span>
                  ),
                  right: true,
                },
                {
                  head: cycle_kpi === null ? 'Cycle' : words(cycle_kpi.replaceAll('-', '_')),
                  render: ({ cycle_s, cycles }) => <span title={`n = ${count(cycles)}`}>{duration(cycle_s)}</span>,
                  right: true,
                },
              ]}
            />
          )
        }
      </Shown>
    </Panel>
  )
}

function Drift({ id }: { id: string }) {
  const [by, setBy] = useState<ControlDrift['by']>('entity')
  const answer = useWindowAnswer('ControlDrift', `/v1/controls/${encodeURIComponent(id)}/drift`, { by })
  return (
    <Panel
      title="Drift"
      note={
        answer.data?.basis === 'decisions'
          ? `decisions of ${answer.data.policy ?? 'the policy'} that the workflow reported`
          : 'documents with a finding of all that began'
      }
      aside={
        <SegmentedControl
          size="xs"
          aria-label="Compared by"
          value={by}
          data={[
            { value: 'entity', label: 'Entity' },
            { value: 'system', label: 'System' },
            { value: 'version', label: 'Version' },
          ]}
          onChange={(value) => setBy(value)}
        />
      }
    >
      <Shown of={answer}>
        {({ units, least_n }) =>
          units.length === 0 ? (
            <Empty title="Nothing to compare in this window" />
          ) : (
            <>
              <Table<ControlDrift['units'][number]>
                label="Rate by unit"
                rows={units}
                rowKey={({ unit }) => unit}
                columns={[
                  { head: words(by), render: ({ unit }) => unit || <span className="dim">not told</span> },
                  { head: 'n', render: ({ n }) => count(n), right: true },
                  { head: 'Against the rule', render: ({ hits }) => count(hits), right: true },
                  { head: 'Rate', render: ({ rate }) => percent(rate), right: true },
                  { head: 'All others', render: ({ rest }) => percent(rest), right: true },
                  { head: 'z', render: ({ z }) => (z === null ? '–' : z.toFixed(2)), right: true },
                  { head: 'p', render: ({ p }) => (p === null ? '–' : p < 0.001 ? '< 0.001' : p.toFixed(3)), right: true },
                  {
                    head: 'Verdict',
                    render: ({ differs, p }) =>
                      p === null ? (
                        <span className="dim">too few</span>
                      ) : differs ? (
                        <span className="text-bad">differs</span>
                      ) : (
                        'no difference'
                      ),
                  },
                ]}
              />
              <p className="plain-text dim">
                Two-proportion z test of each against all others, corrected for the number of comparisons; from n = {least_n} on
                each side.
              </p>
            </>
          )
        }
      </Shown>
    </Panel>
  )
}
