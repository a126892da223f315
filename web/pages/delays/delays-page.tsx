import { Button, NativeSelect } from '@mantine/core'
import { useNavigate, useParams, useSearchParams } from 'react-router'
import type { Delays } from '../../../api/contract/delays.ts'
import { useAnswer, useWindowAnswer } from '../../answers.ts'
import { HatchPattern } from '../../charts/legend.tsx'
import { count, duration, percent, plural, words } from '../../format.ts'
import { DELAY_CAUSES } from '../../parts/delay-causes.tsx'
import { FirstEvent } from '../../parts/first-event.tsx'
import { Icon } from '../../parts/icons.tsx'
import { Figures, PageHead, Panel } from '../../parts/panel.tsx'
import { StaleHint } from '../../parts/stale-hint.tsx'
import { Empty, Shown } from '../../parts/states.tsx'
import { useAddress, useScope, useSetParameters } from '../../scope.ts'
import '../../styles/delays.css'
import { CauseTrend } from './cause-trend.tsx'
import { DocumentsPanel } from './documents-panel.tsx'
import { GroupTable } from './group-table.tsx'
import { LatePanel } from './late-panel.tsx'
import { OpenPanel } from './open-panel.tsx'
import { PeriodChange } from './period-change.tsx'
import { StageTable } from './stage-table.tsx'
import { PICKS, usePicks } from './picks.ts'

/** Types in which time is lost, those first that tell most. */
const TYPES = ['invoice', 'purchase_order', 'requisition', 'onboarding', 'payment', 'case']
const NOT_SHOWN = new Set(['supplier', 'contract', 'connector', 'workflow_run', 'approval'])

/** The way of an invoice with what led to it: told under a type of its own. */
const WAY = 'procure_to_pay'
const typeName = (type: string): string => (type === WAY ? 'Requisition to payment' : words(type))
const typePlural = (type: string): string => (type === WAY ? 'Invoices with their orders and requisitions' : words(plural(type)))

/** Where the time went: every instant of the documents that finished, by cause. */
export function DelaysPage() {
  const { type } = useParams()
  const types = useAnswer('ProcessTypes', '/v1/process')
  return (
    <Shown of={types} height={600}>
      {({ types: all }) => {
        const rank = (name: string): number => (TYPES.includes(name) ? TYPES.indexOf(name) : TYPES.length)
        const known = all.filter((one) => !NOT_SHOWN.has(one.type)).toSorted((a, b) => rank(a.type) - rank(b.type))
        const shown = type ?? known[0]?.type
        if (shown !== undefined)
          return (
            <OneType
              key={shown}
              type={shown}
              types={[...known.map((one) => one.type), ...(known.some((one) => one.type === 'invoice') ? [WAY] : [])]}
            />
          )
        return (
          <>
            <PageHead title="Where the time went" />
            <FirstEvent />
          </>
        )
      }}
    </Shown>
  )
}

function OneType({ type, types }: { type: string; types: readonly string[] }) {
  const navigate = useNavigate()
  const address = useAddress()
  const setParameters = useSetParameters()
  const { window } = useScope()
  const [search] = useSearchParams()
  const by = search.get('by') ?? undefined
  const { filters, picked } = usePicks()
  const path = `/v1/process/${encodeURIComponent(type)}/delays`
  const answer = useWindowAnswer(
    'Delays',
    path,
    { bucket: window.bucket, compare: 'previous', ...filters },
    { refreshMs: 60_000 },
  )
  return (
    <>
      <HatchPattern />
      <PageHead
        title="Where the time went"
        aside={
          <NativeSelect
            aria-label="Object type"
            size="sm"
            value={type}
            onChange={(event) => void navigate(address(`/delays/${encodeURIComponent(event.currentTarget.value)}`))}
            data={types.map((one) => ({ value: one, label: typeName(one) }))}
          />
        }
      >
        {typePlural(type)} that finished in the window · {window.label} · every instant from the first to the last event has one
        cause
      </PageHead>
      <StaleHint />
      {Object.keys({ ...filters, ...picked }).length > 0 && (
        <div className="chosen-delays" style={{ marginBottom: '0.75rem' }}>
          {Object.entries({ ...filters, ...picked }).map(([name, value]) => (
            <Button
              key={name}
              size="compact-xs"
              variant="light"
              rightSection={<Icon name="close" size={11} />}
              onClick={() => setParameters({ [name]: undefined })}
              aria-label={`Remove the filter ${words(name)} ${value}`}
            >
              {PICKS[name] ?? words(name)}: {value}
            </Button>
          ))}
        </div>
      )}
      <Shown of={answer} height={700}>
        {(delays) => (
          <div className="stack">
            {delays.documents === 0 ? (
              <Panel title="Time by cause">
                <Empty title="Nothing finished in this window">
                  <p>Choose a longer time range. What is open stands below.</p>
                </Empty>
              </Panel>
            ) : (
              <>
                <Summary of={delays} />
                <CauseTrend of={delays} bucket={window.bucket} />
                <div className="split">
                  <PeriodChange of={delays} />
                  <LatePanel of={delays} />
                </div>
                <StageTable of={delays} />
                <GroupTable type={type} by={by} filters={filters} />
              </>
            )}
            <OpenPanel of={delays} />
            <DocumentsPanel type={type} filters={filters} picked={picked} />
          </div>
        )}
      </Shown>
    </>
  )
}

function Summary({ of }: { of: Delays }) {
  return (
    <section className="panel figures-panel" aria-label="Summary">
      <Figures
        items={[
          { name: 'Finished', value: count(of.documents) },
          { name: 'Mean elapsed time', value: duration(of.elapsed_s / of.documents) },
          ...DELAY_CAUSES.map(({ key, label }) => {
            const cause = of.causes.find((one) => one.cause === key)
            return { name: label, value: percent(cause?.share), note: `${duration(cause?.mean_s)} each` }
          }),
        ]}
      />
    </section>
  )
}
