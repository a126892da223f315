import { Tabs } from '@mantine/core'
import { useNavigate, useParams } from 'react-router'
import { useAlerts } from '../../answers.ts'
import { count } from '../../format.ts'
import { PageHead } from '../../parts/panel.tsx'
import { useAddress } from '../../scope.ts'
import '../../styles/alerts.css'
import '../../styles/intake.css'
import '../../styles/integrations.css'
import { AlertView } from './alert-view.tsx'
import { EngineBanner } from './engine-banner.tsx'
import { Inbox } from './inbox.tsx'

const SECTIONS = ['inbox'] as const

/** Alerts and what they come from: the inbox, one alert (`/alerts/<its id>`), and the sections that say who is told of what. */
export function AlertsPage() {
  const { section = 'inbox' } = useParams()
  const navigate = useNavigate()
  const address = useAddress()
  const shown = SECTIONS.find((one) => one === section)
  if (shown === undefined) return <AlertView key={section} id={section} />
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
          <Tabs.Tab value="inbox">
            Inbox
            <Tally />
          </Tabs.Tab>
        </Tabs.List>
        <Tabs.Panel value="inbox">
          <Inbox />
        </Tabs.Panel>
      </Tabs>
    </>
  )
}

function Tally() {
  const open = useAlerts({ held: 'false' }).data?.pages[0]?.counts.open
  return open === undefined || open === 0 ? null : <> ({count(open)})</>
}
