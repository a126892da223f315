import { Tabs } from '@mantine/core'
import { useSearchParams } from 'react-router'
import { useAnswer } from '../../answers.ts'
import { count } from '../../format.ts'
import { FirstEvent } from '../../parts/first-event.tsx'
import { PageHead } from '../../parts/panel.tsx'
import { Shown } from '../../parts/states.tsx'
import { useSetParameters } from '../../scope.ts'
import '../../styles/data.css'
import { Conflicts } from './conflicts.tsx'
import { Imports } from './imports.tsx'
import { SourcesTable } from './sources-table.tsx'
import { Unmapped } from './unmapped.tsx'

const TABS = ['sources', 'imports', 'unmapped', 'conflicts', 'connect'] as const

/** Where the figures come from, and how far they can be trusted. */
export function DataPage() {
  const [search] = useSearchParams()
  const setParameters = useSetParameters()
  const sources = useAnswer('Sources', '/v1/sources', {}, { refreshMs: 30_000 })
  const quality = useAnswer('Quality', '/v1/quality', {}, { refreshMs: 30_000 })
  const tab = TABS.find((one) => one === search.get('tab')) ?? 'sources'
  const findings = quality.data?.imports.filter(({ state }) => state !== 'undone').flatMap(({ report }) => report?.findings ?? [])
  const serious = findings?.filter(({ severity }) => severity !== 'info').length ?? 0
  return (
    <>
      <PageHead title="Data">Where the figures come from, and how far they can be trusted</PageHead>
      <Tabs value={tab} onChange={(value) => setParameters({ tab: value ?? undefined })} keepMounted={false}>
        <Tabs.List mb="md">
          <Tabs.Tab value="sources">Sources{tally(sources.data?.sources.length)}</Tabs.Tab>
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
          <Tabs.Tab value="connect">Send events</Tabs.Tab>
        </Tabs.List>
        <Tabs.Panel value="sources">
          <Shown of={sources} height={320}>
            {(answer) => (answer.sources.length === 0 ? <FirstEvent /> : <SourcesTable of={answer} />)}
          </Shown>
        </Tabs.Panel>
        <Tabs.Panel value="imports">
          <Shown of={quality} height={320}>
            {({ imports }) => <Imports imports={imports} />}
          </Shown>
        </Tabs.Panel>
        <Tabs.Panel value="unmapped">
          <Shown of={sources} height={320}>
            {({ unmapped }) => <Unmapped of={unmapped} />}
          </Shown>
        </Tabs.Panel>
        <Tabs.Panel value="conflicts">
          <Shown of={sources} height={320}>
            {({ conflicts, corrections }) => <Conflicts of={conflicts} corrections={corrections} />}
          </Shown>
        </Tabs.Panel>
        <Tabs.Panel value="connect">
          <FirstEvent started={(sources.data?.sources.length ?? 0) > 0} />
        </Tabs.Panel>
      </Tabs>
    </>
  )
}

function tally(value: number | undefined): string {
  return value === undefined ? '' : ` (${count(value)})`
}
