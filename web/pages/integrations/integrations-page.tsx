import { Tabs } from '@mantine/core'
import { lazy, Suspense, type ReactNode } from 'react'
import { Navigate, useNavigate, useParams } from 'react-router'
import { HatchPattern } from '../../charts/legend.tsx'
import { PageHead } from '../../parts/panel.tsx'
import { PageSkeleton } from '../../parts/skeletons.tsx'
import { SpanPicker } from '../../parts/span-picker.tsx'
import { useAddress } from '../../scope.ts'
import { useSpan } from '../../span.ts'
import '../../styles/intake.css'
import '../../styles/integrations.css'

const SystemsSection = lazy(async () => ({ default: (await import('./systems-section.tsx')).SystemsSection }))
const SystemDetail = lazy(async () => ({ default: (await import('./system-detail.tsx')).SystemDetail }))
const QueuesSection = lazy(async () => ({ default: (await import('./queues-section.tsx')).QueuesSection }))
const RunsSection = lazy(async () => ({ default: (await import('./runs-section.tsx')).RunsSection }))
const RunView = lazy(async () => ({ default: (await import('./run-view.tsx')).RunView }))
const TracesSection = lazy(async () => ({ default: (await import('./traces-section.tsx')).TracesSection }))
const TraceView = lazy(async () => ({ default: (await import('./trace-view.tsx')).TraceView }))
const LogsSection = lazy(async () => ({ default: (await import('./logs-section.tsx')).LogsSection }))

const SECTIONS = [
  { id: 'systems', name: 'Systems' },
  { id: 'queues', name: 'Queues and resources' },
  { id: 'runs', name: 'Workflow runs' },
  { id: 'traces', name: 'Traces' },
  { id: 'logs', name: 'Logs' },
] as const

/** What the systems of the workflows do and how well: calls, errors, latency, queues, runs, traces, logs. */
export function IntegrationsPage() {
  const { section, id } = useParams()
  const navigate = useNavigate()
  const address = useAddress()
  const span = useSpan()
  const shown = SECTIONS.find((one) => one.id === section)
  if (shown === undefined) return <Navigate replace to={address('/integrations/systems')} />
  return (
    <>
      <HatchPattern />
      <PageHead title="Integrations" aside={<SpanPicker />}>
        Are the connections up, and which documents wait for them? · {span.words}
      </PageHead>
      <Tabs
        value={shown.id}
        onChange={(value) => {
          if (value !== null) void navigate(address(`/integrations/${value}`))
        }}
        activateTabWithKeyboard={false}
        keepMounted={false}
      >
        <Tabs.List mb="md">
          {SECTIONS.map(({ id: value, name }) => (
            <Tabs.Tab key={value} value={value}>
              {name}
            </Tabs.Tab>
          ))}
        </Tabs.List>
        <Tabs.Panel value={shown.id}>
          <Suspense fallback={<PageSkeleton />}>{view(shown.id, id)}</Suspense>
        </Tabs.Panel>
      </Tabs>
    </>
  )
}

function view(section: (typeof SECTIONS)[number]['id'], id: string | undefined): ReactNode {
  if (section === 'systems') return id === undefined ? <SystemsSection /> : <SystemDetail key={id} id={id} />
  if (section === 'queues') return <QueuesSection />
  if (section === 'runs') return id === undefined ? <RunsSection /> : <RunView key={id} id={id} />
  if (section === 'traces') return id === undefined ? <TracesSection /> : <TraceView key={id} id={id} />
  return <LogsSection />
}
