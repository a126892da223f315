import { SegmentedControl } from '@mantine/core'
import { useSearchParams } from 'react-router'
import type { Onboarding } from '../../../api/contract/onboarding.ts'
import { useWindowAnswer } from '../../answers.ts'
import { count, duration, instant, percent, words } from '../../format.ts'
import { CsvButton } from '../../parts/csv-button.tsx'
import { Figures, PageHead, Panel } from '../../parts/panel.tsx'
import { DocumentLink, ScopedLink } from '../../parts/scoped-link.tsx'
import { StaleHint } from '../../parts/stale-hint.tsx'
import { StateChip } from '../../parts/state-chip.tsx'
import { Empty, Shown } from '../../parts/states.tsx'
import { Table } from '../../parts/table.tsx'
import { useScope, useSetParameters } from '../../scope.ts'
import '../../styles/intake.css'
import '../../styles/integrations.css'

type Stage = Onboarding['stages'][number]
type Group = Onboarding['groups'][number]
const GROUPS = ['class', 'risk', 'country', 'entity'] as const

/** The funnel of supplier onboardings with the stage that holds them up. */
export function OnboardingPage() {
  const { window } = useScope()
  const [search] = useSearchParams()
  const setParameters = useSetParameters()
  const by = GROUPS.find((group) => group === search.get('group')) ?? 'risk'
  const answer = useWindowAnswer('Onboarding', '/v1/onboarding', { group_by: by }, { refreshMs: 60_000 })
  return (
    <>
      <PageHead
        title="Supplier onboarding"
        aside={
          <>
            <SegmentedControl
              size="xs"
              aria-label="Group by"
              value={by}
              data={GROUPS.map((value) => ({ value, label: words(value) }))}
              onChange={(value) => setParameters({ group: value })}
            />
            <CsvButton
              name="supplier-onboarding"
              head={[
                'stage',
                'reached',
                'went_on',
                'open',
                'dropped',
                'resubmissions',
                'median_s',
                'p90_s',
                'mean_s',
                'mean_low_s',
                'mean_high_s',
              ]}
              rows={answer.data?.stages}
              cells={(one) => [
                one.stage,
                one.reached,
                one.n,
                one.open,
                one.dropped,
                one.resubmissions,
                one.median_s,
                one.p90_s,
                one.mean_s,
                one.mean_low_s,
                one.mean_high_s,
              ]}
            />
          </>
        }
      >
        <ScopedLink to="/suppliers">Score cards</ScopedLink> · by stage, requested in the window; those that still wait count with
        the time so far · {window.label}
      </PageHead>
      <StaleHint />
      <Shown of={answer} height={480}>
        {(of) =>
          of.requested === 0 ? (
            <Panel title="Supplier onboarding">
              <Empty title="No onboarding was requested in this window">
                <p>
                  A document of the type <span className="mono">onboarding</span> with{' '}
                  <span className="mono">onboarding.requested</span> begins one.
                </p>
              </Empty>
            </Panel>
          ) : (
            <View of={of} by={by} />
          )
        }
      </Shown>
    </>
  )
}

function View({ of, by }: { of: Onboarding; by: string }) {
  return (
    <div className="stack">
      <section className="panel figures-panel" aria-label="Summary">
        <Figures
          items={[
            { name: 'Requested', value: count(of.requested) },
            { name: 'Transactable', value: count(of.transactable) },
            { name: 'Open', value: count(of.open) },
            { name: 'Rejected or withdrawn', value: count(of.dropped) },
            {
              name: 'Bottleneck',
              value: of.bottleneck === null ? '–' : words(of.bottleneck.stage),
              note:
                of.bottleneck === null
                  ? `fewer than ${of.minimum_n} finished any stage`
                  : `mean ${duration(of.bottleneck.mean_s)}${of.bottleneck.clear ? '' : `, not clearly above ${words(of.bottleneck.next ?? '')}`}`,
            },
          ]}
        />
      </section>
      <Panel
        title="Stages"
        note={`from the milestone to the next one, elapsed time by Kaplan and Meier; figures need ${of.minimum_n} that went on`}
      >
        <Table<Stage>
          label="Stages of onboarding"
          rows={of.stages}
          rowKey={({ stage }) => stage}
          columns={[
            {
              head: 'After',
              render: ({ stage }) =>
                stage === of.bottleneck?.stage ? (
                  <StateChip tone="caution" title="the largest restricted mean">
                    {words(stage)}: bottleneck
                  </StateChip>
                ) : (
                  words(stage)
                ),
            },
            { head: 'Reached', render: (one) => count(one.reached), right: true },
            { head: 'Went on (n)', render: (one) => count(one.n), right: true },
            { head: 'Open', render: (one) => count(one.open), right: true },
            { head: 'Dropped out', render: (one) => count(one.dropped), right: true },
            { head: 'Median', render: (one) => duration(one.median_s), right: true },
            { head: 'Its 95% interval', render: (one) => interval(one.median_low_s, one.median_high_s), nowrap: true },
            { head: 'p90', render: (one) => duration(one.p90_s), right: true },
            { head: 'Mean', render: (one) => duration(one.mean_s), right: true },
            { head: 'Waits for the supplier', render: (one) => percent(one.supplier_share), right: true },
            { head: 'For approvals', render: (one) => percent(one.approval_share), right: true },
            { head: 'Repeated', render: (one) => count(one.resubmissions), right: true },
            {
              head: 'Ended by',
              render: ({ owner }) => (owner === null ? <span className="dim">–</span> : `${owner.id} (${percent(owner.share)})`),
            },
          ]}
        />
      </Panel>
      <Panel title={`By ${by}`} note="each group by its own onboardings">
        <Table<Group>
          label={`Onboardings by ${by}`}
          rows={of.groups}
          rowKey={({ group }) => group}
          columns={[
            { head: words(by), render: ({ group }) => group || <span className="dim">not told</span> },
            { head: 'Requested', render: (one) => count(one.requested), right: true },
            { head: 'Transactable', render: (one) => count(one.transactable), right: true },
            { head: 'Open', render: (one) => count(one.open), right: true },
            { head: 'Dropped out', render: (one) => count(one.dropped), right: true },
            {
              head: 'Bottleneck',
              render: ({ bottleneck }) =>
                bottleneck === null ? (
                  <span className="dim">too few</span>
                ) : (
                  `${words(bottleneck.stage)}, mean ${duration(bottleneck.mean_s)}`
                ),
            },
          ]}
        />
      </Panel>
      <Panel title="Open onboardings" note="the oldest first">
        {of.waiting.length === 0 ? (
          <Empty title="None is open" />
        ) : (
          <Table<Onboarding['waiting'][number]>
            label="List of open onboardings"
            rows={of.waiting}
            rowKey={({ id }) => id}
            columns={[
              { head: 'Onboarding', render: ({ id }) => <DocumentLink type="onboarding" id={id} /> },
              { head: 'Supplier', render: ({ supplier }) => supplier || <span className="dim">–</span> },
              { head: 'Risk', render: ({ risk }) => risk || <span className="dim">–</span> },
              { head: 'Country', render: ({ country }) => country || <span className="dim">–</span> },
              { head: 'Last milestone', render: ({ stage }) => words(stage) },
              { head: 'Since', render: ({ since }) => instant(since), nowrap: true },
              { head: 'Requested', render: ({ requested_at }) => instant(requested_at), nowrap: true },
              { head: 'Exceptions', render: ({ exceptions }) => count(exceptions), right: true },
            ]}
          />
        )}
      </Panel>
    </div>
  )
}

function interval(low: number | null, high: number | null): string {
  return low === null && high === null ? '–' : `${duration(low)} to ${high === null ? 'unknown' : duration(high)}`
}
