import { Tabs } from '@mantine/core'
import { lazy, Suspense, type ReactNode } from 'react'
import { Navigate, useNavigate, useParams, useSearchParams } from 'react-router'
import { useAnswer } from '../../answers.ts'
import { count } from '../../format.ts'
import { FirstEvent } from '../../parts/first-event.tsx'
import { PageHead } from '../../parts/panel.tsx'
import { PageSkeleton } from '../../parts/skeletons.tsx'
import { Shown } from '../../parts/states.tsx'
import { useAddress } from '../../scope.ts'
import '../../styles/data.css'
import '../../styles/intake.css'
import { Conflicts } from './conflicts.tsx'
import { Imports } from './imports.tsx'
import { Unmapped } from './unmapped.tsx'

const SourcesSection = lazy(async () => ({ default: (await import('./sources/sources-section.tsx')).SourcesSection }))
const LedgerSection = lazy(async () => ({ default: (await import('./ledger/ledger-section.tsx')).LedgerSection }))
const LettersSection = lazy(async () => ({ default: (await import('./letters/letters-section.tsx')).LettersSection }))
const MappingsSection = lazy(async () => ({ default: (await import('./mappings/mappings-section.tsx')).MappingsSection }))
const RetentionSection = lazy(async () => ({ default: (await import('./retention-section.tsx')).RetentionSection }))

const SECTIONS = [
  'sources',
  'ledger',
  'dead-letters',
  'mappings',
  'imports',
  'unmapped',
  'conflicts',
  'retention',
  'connect',
] as const

/** Where the figures come from, and how far they can be trusted: each section has an address of its own. */
export function DataPage() {
  const { section, name } = useParams()
  const [search] = useSearchParams()
  const navigate = useNavigate()
  const address = useAddress()
  const sources = useAnswer('Sources', '/v1/sources', {}, { refreshMs: 30_000 })
  const quality = useAnswer('Quality', '/v1/quality', {}, { refreshMs: 30_000 })
  const letters = useAnswer('Letters', '/v1/dead-letters', { limit: 1 }, { refreshMs: 30_000 })
  const shown = SECTIONS.find((one) => one === section)
  // Sections used to be a parameter of one address.
  if (shown === undefined) {
    const asked = SECTIONS.find((one) => one === search.get('tab'))
    return <Navigate replace to={address(`/data/${section === undefined ? (asked ?? 'sources') : 'sources'}`)} />
  }
  const findings = quality.data?.imports.filter(({ state }) => state !== 'undone').flatMap(({ report }) => report?.findings ?? [])
  const serious = findings?.filter(({ severity }) => severity !== 'info').length ?? 0
  const open = letters.data?.states.find(({ state }) => state === 'open')?.letters
  return (
    <>
      <PageHead title="Data">Where the figures come from, and how far they can be trusted</PageHead>
      <Tabs
        value={shown}
        onChange={(value) => {
          if (value !== null) void navigate(address(`/data/${value}`))
        }}
        activateTabWithKeyboard={false}
        keepMounted={false}
      >
        <Tabs.List mb="md">
          <Tabs.Tab value="sources">Sources</Tabs.Tab>
          <Tabs.Tab value="ledger">Ledger</Tabs.Tab>
          <Tabs.Tab value="dead-letters">Dead letters{tally(open)}</Tabs.Tab>
          <Tabs.Tab value="mappings">Mappings</Tabs.Tab>
          <Tabs.Tab value="imports">
            Imports and quality{tally(quality.data?.imports.length)}
            {serious > 0 && (
              <span className="chip" data-tone="bad" style={{ marginLeft: 6 }}>
                {count(serious)} to look at
              </span>
            )}
          </Tabs.Tab>
          <Tabs.Tab value="unmapped">Unmapped activities{tally(sources.data?.unmapped.length)}</Tabs.Tab>
          <Tabs.Tab value="conflicts">Conflicts{tally(sources.data?.conflicts.length)}</Tabs.Tab>
          <Tabs.Tab value="retention">Retention</Tabs.Tab>
          <Tabs.Tab value="connect">Send events</Tabs.Tab>
        </Tabs.List>
        <Part value="sources">
          <SourcesSection of={sources} quality={quality} />
        </Part>
        <Part value="ledger">
          <LedgerSection />
        </Part>
        <Part value="dead-letters">
          <LettersSection />
        </Part>
        <Part value="mappings">
          <MappingsSection name={name} />
        </Part>
        <Part value="imports">
          <Shown of={quality} height={320}>
            {({ imports }) => <Imports imports={imports} />}
          </Shown>
        </Part>
        <Part value="unmapped">
          <Shown of={sources} height={320}>
            {({ unmapped }) => <Unmapped of={unmapped} />}
          </Shown>
        </Part>
        <Part value="conflicts">
          <Shown of={sources} height={320}>
            {({ conflicts, corrections }) => <Conflicts of={conflicts} corrections={corrections} />}
          </Shown>
        </Part>
        <Part value="retention">
          <RetentionSection />
        </Part>
        <Part value="connect">
          <FirstEvent started={(sources.data?.sources.length ?? 0) > 0} />
        </Part>
      </Tabs>
    </>
  )
}

function Part({ value, children }: { value: (typeof SECTIONS)[number]; children: ReactNode }) {
  return (
    <Tabs.Panel value={value}>
      <Suspense fallback={<PageSkeleton />}>{children}</Suspense>
    </Tabs.Panel>
  )
}

function tally(value: number | undefined): string {
  return value === undefined || value === 0 ? '' : ` (${count(value)})`
}
