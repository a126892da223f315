import { Tabs } from '@mantine/core'
import { lazy, Suspense } from 'react'
import { useNavigate, useParams } from 'react-router'
import { useAlerts } from '../../answers.ts'
import { count } from '../../format.ts'
import { PageHead } from '../../parts/panel.tsx'
import { PageSkeleton } from '../../parts/skeletons.tsx'
import { useAddress } from '../../scope.ts'
import '../../styles/alerts.css'
import '../../styles/intake.css'
import '../../styles/integrations.css'
import { AlertView } from './alert-view.tsx'
import { EngineBanner } from './engine-banner.tsx'
import { Inbox } from './inbox.tsx'

const RulesSection = lazy(async () => ({ default: (await import('./rules/rules-section.tsx')).RulesSection }))
const RoutingSection = lazy(async () => ({ default: (await import('./routing/routing-section.tsx')).RoutingSection }))
const ChannelsSection = lazy(async () => ({ default: (await import('./channels/channels-section.tsx')).ChannelsSection }))
const SilencesSection = lazy(async () => ({ default: (await import('./silences/silences-section.tsx')).SilencesSection }))

const SECTIONS = {
  inbox: { title: 'Inbox', Section: Inbox },
  rules: { title: 'Rules', Section: RulesSection },
  routing: { title: 'Routing', Section: RoutingSection },
  channels: { title: 'Channels', Section: ChannelsSection },
  silences: { title: 'Silences', Section: SilencesSection },
} as const
const NAMES = Object.keys(SECTIONS) as (keyof typeof SECTIONS)[]

/** Alerts and what they come from: the inbox, one alert (`/alerts/<its id>`), and the sections that say who is told of what. */
export function AlertsPage() {
  const { section = 'inbox' } = useParams()
  const navigate = useNavigate()
  const address = useAddress()
  const shown = NAMES.find((one) => one === section)
  if (shown === undefined) return <AlertView key={section} id={section} />
  const { Section } = SECTIONS[shown]
  return (
    <>
      <PageHead title="Alerts">One page for each cause, to those who can do something about it</PageHead>
      <EngineBanner />
      <Tabs
        value={shown}
        onChange={(value) => {
          if (value !== null) void navigate(address(value === 'inbox' ? '/alerts' : `/alerts/${value}`))
        }}
        activateTabWithKeyboard={false}
        keepMounted={false}
      >
        <Tabs.List mb="md">
          {NAMES.map((name) => (
            <Tabs.Tab key={name} value={name}>
              {SECTIONS[name].title}
              {name === 'inbox' && <Tally />}
            </Tabs.Tab>
          ))}
        </Tabs.List>
        <Tabs.Panel value={shown}>
          <Suspense fallback={<PageSkeleton />}>
            <Section />
          </Suspense>
        </Tabs.Panel>
      </Tabs>
    </>
  )
}

function Tally() {
  const open = useAlerts({ held: 'false' }).data?.pages[0]?.counts.open
  return open === undefined || open === 0 ? null : <> ({count(open)})</>
}
