import { Button, NativeSelect, SegmentedControl } from '@mantine/core'
import { useState } from 'react'
import { useNavigate, useParams, useSearchParams } from 'react-router'
import type { ProcessSummary } from '../../../api/contract/process.ts'
import { useAnswer } from '../../answers.ts'
import { count, counted, day, duration, percent, plural, words } from '../../format.ts'
import { FirstEvent } from '../../parts/first-event.tsx'
import { Figures, PageHead, Panel } from '../../parts/panel.tsx'
import { Empty, Shown } from '../../parts/states.tsx'
import { useAddress, useScope, useSetParameters } from '../../scope.ts'
import '../../styles/process.css'
import { Conformance } from './conformance.tsx'
import { Durations } from './durations.tsx'
import { MapPanel } from './map-panel.tsx'
import { useProcessAnswer, type Steps } from './process-answer.ts'
import { Variants } from './variants.tsx'
import { Waits } from './waits.tsx'

/** How documents of one type really run: figures, map, variants, durations. */
export function ProcessPage() {
  const { type } = useParams()
  const types = useAnswer('ProcessTypes', '/v1/process')
  return (
    <Shown of={types} height={600}>
      {({ types: known }) => {
        const shown = type ?? known.toSorted((a, b) => rank(a.type) - rank(b.type))[0]?.type
        if (shown === undefined) {
          return (
            <>
              <PageHead title="Process" />
              <FirstEvent />
            </>
          )
        }
        return <OneProcess key={shown} type={shown} types={known} />
      }}
    </Shown>
  )
}

/** Which type opens first: those that tell the most about procure-to-pay. */
function rank(type: string): number {
  const order = ['invoice', 'purchase_order', 'requisition', 'onboarding', 'case']
  const index = order.indexOf(type)
  return index === -1 ? order.length : index
}

const LEFT_OUT = {
  business: 'left out: system operations, AI actions and policy checks',
  all: 'every event counts, system operations, AI actions and policy checks among them',
  fallback: 'every event counts: there are no business steps to show alone',
} as const

function OneProcess({ type, types }: { type: string; types: readonly { type: string; objects: number }[] }) {
  const navigate = useNavigate()
  const address = useAddress()
  const { window } = useScope()
  const [search] = useSearchParams()
  const asked: Steps = search.get('steps') === 'all' ? 'all' : 'business'
  const wanted = useProcessAnswer('ProcessSummary', { type, steps: asked }, 'summary')
  const none = asked === 'business' && wanted.data?.objects === 0
  const whole = useProcessAnswer('ProcessSummary', { type, steps: 'all' }, 'summary', {}, { enabled: none })
  const summary = none ? whole : wanted
  const steps: Steps = none ? 'all' : asked
  const [variant, setVariant] = useState<readonly string[] | null>(null)
  const setParameters = useSetParameters()
  return (
    <>
      <PageHead
        title={`How ${plural(type)} run`}
        aside={
          <div className="row">
            <SegmentedControl
              size="xs"
              aria-label="Events shown"
              value={steps}
              disabled={none}
              onChange={(value) => {
                setVariant(null)
                setParameters({ steps: value === 'all' ? 'all' : undefined })
              }}
              data={[
                { value: 'business', label: 'Business steps' },
                { value: 'all', label: 'All events' },
              ]}
            />
            <NativeSelect
              aria-label="Object type"
              size="sm"
              value={type}
              onChange={(event) =>
                void navigate(
                  address(`/process/${encodeURIComponent(event.currentTarget.value)}`, {
                    steps: asked === 'all' ? 'all' : undefined,
                  }),
                )
              }
              data={types.map((one) => ({ value: one.type, label: `${words(one.type)} (${count(one.objects)})` }))}
            />
          </div>
        }
      >
        Those whose first event lies in the window · {window.label} · {LEFT_OUT[none ? 'fallback' : steps]}
      </PageHead>
      <Shown of={summary} height={560}>
        {(answer) =>
          answer.objects === 0 ? (
            <Panel title="Nothing began in this window">
              <Empty title={`No ${words(type).toLowerCase()} has its first event in this window`}>
                <p>The tenant has some outside it.</p>
                <Button
                  size="xs"
                  variant="default"
                  onClick={() => setParameters({ range: 'all', from: undefined, to: undefined })}
                >
                  Show all history
                </Button>
              </Empty>
            </Panel>
          ) : (
            <div className="stack">
              <Summary of={answer} />
              <div className="process-columns">
                <MapPanel type={type} steps={steps} variant={variant} />
                <Variants type={type} steps={steps} chosen={variant} onChoose={setVariant} />
              </div>
              <Durations type={type} steps={steps} />
              <Waits type={type} steps={steps} />
              <Conformance type={type} />
            </div>
          )
        }
      </Shown>
    </>
  )
}

function Summary({ of }: { of: ProcessSummary }) {
  return (
    <section className="panel figures-panel" aria-label="Summary">
      <Figures
        items={[
          { name: words(of.type), value: count(of.objects) },
          { name: 'Events', value: count(of.events), note: `median ${of.events_per_object.median} each` },
          { name: 'Activities', value: count(of.activities) },
          { name: 'Variants', value: count(of.variants) },
          { name: 'Median duration', value: duration(of.duration_s.median) },
          { name: '90th percentile', value: duration(of.duration_s.p90) },
          {
            name: 'Repeat an activity',
            value: percent(of.rework_objects / of.objects),
            note: counted(of.rework_objects, 'document'),
          },
          { name: 'From', value: day(of.first_at) },
          { name: 'To', value: day(of.last_at) },
        ]}
      />
    </section>
  )
}
