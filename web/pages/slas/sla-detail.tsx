import { Button, NativeSelect } from '@mantine/core'
import { useNavigate, useSearchParams } from 'react-router'
import type { SlaDetail } from '../../../api/contract/slas.ts'
import { DIMENSIONS } from '../../../model/vocabulary.ts'
import { useAct, useWindowAnswer } from '../../answers.ts'
import { TrendLine } from '../../charts/trend-line.tsx'
import { count, counted, instant, percent, words } from '../../format.ts'
import { BecauseBars } from '../../parts/because-bars.tsx'
import { CsvButton } from '../../parts/csv-button.tsx'
import { Delta } from '../../parts/delta.tsx'
import { Figures, PageHead, Panel } from '../../parts/panel.tsx'
import { ScopedLink } from '../../parts/scoped-link.tsx'
import { StaleHint } from '../../parts/stale-hint.tsx'
import { Empty, Fault, Shown } from '../../parts/states.tsx'
import { Table } from '../../parts/table.tsx'
import { useAddress, useScope, useSetParameters } from '../../scope.ts'
import { useSession } from '../../session.ts'
import { BreachedClocks, OpenClocks } from './clock-panels.tsx'
import { SlaEditor } from './sla-editor.tsx'
import { Attainment, targetText } from './sla-parts.tsx'
import { trendBucket } from './trend-bucket.ts'

/** One service level: attainment over time and by group, what is open, what was breached, how well that is told, its versions. */
export function SlaDetailView({ id }: { id: string }) {
  const { window } = useScope()
  const [search] = useSearchParams()
  const group = DIMENSIONS.find((one) => one === search.get('group')) ?? 'entity'
  const bucket = trendBucket(window.bucket)
  const answer = useWindowAnswer(
    'SlaDetail',
    `/v1/slas/${encodeURIComponent(id)}`,
    { bucket, group_by: group },
    { refreshMs: 60_000 },
  )
  const of = answer.data
  return (
    <>
      <PageHead title={of?.definition.title ?? 'Service level'} aside={of !== undefined && <Retire of={of} />}>
        <ScopedLink to="/slas">All service levels</ScopedLink> · <span className="mono">{id}</span>
        {of !== undefined && ` · version ${of.version}, ${of.state} · ${targetText(of.definition)} · ${window.label}`}
      </PageHead>
      <StaleHint />
      <Shown of={answer} height={640}>
        {(sla) => (
          <div className="stack">
            <Summary of={sla} />
            <Panel title="Attainment over time" note={`by ${bucket}; cancelled clocks count in neither`}>
              {sla.trend.length === 0 ? (
                <Empty title="No clock ended in this window" />
              ) : (
                <TrendLine
                  title={`Attainment of ${sla.definition.title}`}
                  unit="ratio"
                  bucket={bucket}
                  valueName="Attainment"
                  points={sla.trend.map((row) => ({
                    bucket: row.bucket,
                    value: row.attainment,
                    n: row.met + row.breached,
                  }))}
                />
              )}
            </Panel>
            <div className="split">
              <Groups of={sla} group={group} />
              <BreachCauses of={sla} />
            </div>
            <OpenClocks sla={sla.id} />
            <BreachedClocks sla={sla.id} />
            <Calibration of={sla} />
            <SlaEditor key={sla.version} of={sla} />
            <Versions of={sla} />
          </div>
        )}
      </Shown>
    </>
  )
}

function Summary({ of }: { of: SlaDetail }) {
  return (
    <section className="panel figures-panel" aria-label="Summary">
      <Figures
        items={[
          {
            name: 'Attainment',
            value: <Attainment value={of.attainment} objective={of.definition.objective} />,
            note: `n = ${count(of.met + of.breached)}`,
          },
          { name: 'Target', value: percent(of.definition.objective) },
          {
            name: 'Against the window before',
            value: <Delta value={of.attainment} previous={of.previous} unit="ratio" better="higher" />,
          },
          { name: 'Met', value: count(of.met) },
          { name: 'Breached', value: count(of.breached), note: `${count(of.breached_open)} still open` },
          { name: 'Cancelled', value: count(of.cancelled) },
          { name: 'Running now', value: count(of.running) },
          { name: 'Paused now', value: count(of.paused) },
          { name: 'Overdue now', value: count(of.overdue) },
        ]}
      />
    </section>
  )
}

type Group = SlaDetail['groups'][number]

function Groups({ of, group }: { of: SlaDetail; group: string }) {
  const setParameters = useSetParameters()
  const rows = of.groups.toSorted((a, b) => b.breached - a.breached || b.met - a.met)
  return (
    <Panel
      title="By group"
      note="the most breaches first"
      aside={
        <>
          <NativeSelect
            size="xs"
            aria-label="Group by"
            value={group}
            onChange={(event) => setParameters({ group: event.currentTarget.value })}
            data={DIMENSIONS.map((one) => ({ value: one, label: words(one) }))}
          />
          <CsvButton
            name={`${of.id}-by-${group}`}
            head={[group, 'attainment', 'met', 'breached', 'breached_open', 'cancelled']}
            rows={rows}
            cells={(row) => [row.group, row.attainment, row.met, row.breached, row.breached_open, row.cancelled]}
          />
        </>
      }
    >
      {rows.length === 0 ? (
        <Empty title="No clock ended in this window" />
      ) : (
        <Table<Group>
          label={`Attainment by ${words(group).toLowerCase()}`}
          rows={rows.slice(0, 25)}
          rowKey={(row) => row.group}
          columns={[
            { head: words(group), render: (row) => row.group || <span className="dim">not told</span> },
            {
              head: 'Attainment',
              render: (row) => <Attainment value={row.attainment} objective={of.definition.objective} />,
              right: true,
            },
            { head: 'Breached', render: (row) => count(row.breached), right: true },
            { head: 'n', render: (row) => count(row.met + row.breached), right: true },
          ]}
        />
      )}
    </Panel>
  )
}

/** What ended breaches would have been met without; a choice narrows the list of breaches. */
function BreachCauses({ of }: { of: SlaDetail }) {
  const [search] = useSearchParams()
  const setParameters = useSetParameters()
  const ended = of.breached - of.breached_open
  const side = (name: 'because' | 'because_system', rows: SlaDetail['because']['causes']) => {
    const chosen = search.get(name) ?? undefined
    return {
      rows: rows.map(({ because, breaches }) => ({ because, n: breaches })),
      chosen,
      onChoose: (key: string) =>
        setParameters({ because: undefined, because_system: undefined, [name]: chosen === key ? undefined : key }),
    }
  }
  return (
    <Panel
      title="Breached because of"
      note="what they would have been met without"
      aside={
        <CsvButton
          name={`${of.id}-breached-because`}
          head={['kind', 'because', 'breaches']}
          rows={[
            ...of.because.causes.map((one) => ({ kind: 'cause', ...one })),
            ...of.because.systems.map((one) => ({ kind: 'system', ...one })),
          ]}
          cells={(row) => [row.kind, row.because.join('+'), row.breaches]}
        />
      }
    >
      {ended === 0 ? (
        <Empty title="No breach ended in this window" />
      ) : (
        <>
          <BecauseBars
            of="Breached"
            total={ended}
            shareOf="ended breaches"
            causes={side('because', of.because.causes)}
            systems={side('because_system', of.because.systems)}
          />
          {of.because.unexplained > 0 && (
            <p className="dim form-note">
              {counted(of.because.unexplained, 'breach')} that no cause explains: due before it began.
            </p>
          )}
        </>
      )}
    </Panel>
  )
}

function Calibration({ of }: { of: SlaDetail }) {
  return (
    <Panel
      title="How well breaches are told"
      note="the earlier 70 % of finished clocks tell, the later 30 % are told"
      aside={
        <CsvButton
          name={`${of.id}-calibration`}
          head={['used_share', 'told', 'breached', 'n']}
          rows={of.calibration}
          cells={(row) => [row.used_share, row.told, row.breached, row.n]}
        />
      }
    >
      {of.calibration.length === 0 ? (
        <Empty title="Not told">
          <p>At least 20 clocks have to have ended on either side.</p>
        </Empty>
      ) : (
        <Table<SlaDetail['calibration'][number]>
          label="Probability of a breach as told and as it was"
          rows={of.calibration}
          rowKey={(row) => String(row.used_share)}
          columns={[
            { head: 'Of the target used', render: (row) => percent(row.used_share), right: true },
            { head: 'Told', render: (row) => percent(row.told), right: true },
            { head: 'Breached', render: (row) => percent(row.breached), right: true },
            { head: 'n', render: (row) => count(row.n), right: true },
          ]}
        />
      )}
    </Panel>
  )
}

function Versions({ of }: { of: SlaDetail }) {
  return (
    <Panel title="Versions" note="a clock follows the newest version that holds when it starts">
      <Table<SlaDetail['versions'][number]>
        label="Versions of the definition"
        rows={of.versions}
        rowKey={({ version }) => String(version)}
        columns={[
          { head: 'Version', render: ({ version }) => count(version), right: true },
          { head: 'State', render: ({ state }) => state },
          { head: 'Since', render: ({ created_at }) => instant(created_at), nowrap: true },
          { head: 'By', render: ({ created_by }) => created_by },
          {
            head: 'Clocks that start',
            render: ({ definition }) =>
              definition.effective_from === null ? 'at any time' : `from ${definition.effective_from}`,
          },
          { head: 'Target', render: ({ definition }) => targetText(definition) },
        ]}
      />
    </Panel>
  )
}

function Retire({ of }: { of: SlaDetail }) {
  const admin = useSession().scopes.includes('admin')
  const navigate = useNavigate()
  const address = useAddress()
  const retire = useAct('Sla', () => ({ method: 'DELETE', path: `/v1/slas/${encodeURIComponent(of.id)}` }))
  if (!admin || of.state === 'retired') return null
  return (
    <>
      {retire.isError && <Fault error={retire.error} />}
      <Button
        size="xs"
        variant="default"
        loading={retire.isPending}
        onClick={() => retire.mutate(undefined, { onSuccess: () => void navigate(address('/slas')) })}
      >
        Retire
      </Button>
    </>
  )
}
