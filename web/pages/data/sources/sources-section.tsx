import type { UseQueryResult } from '@tanstack/react-query'
import type { Quality, Sources } from '../../../../api/contract/data.ts'
import { FirstEvent } from '../../../parts/first-event.tsx'
import { Shown } from '../../../parts/states.tsx'
import { SourcesTable } from '../sources-table.tsx'
import { Drift } from './drift.tsx'
import { IntakeNow } from './intake-now.tsx'
import { LagPanel } from './lag-panel.tsx'
import { Registered } from './registered.tsx'

type Props = { of: UseQueryResult<Sources>; quality: UseQueryResult<Quality> }

/** The intake on one page: is it whole, is it on time, what is wrong with what comes. */
export function SourcesSection({ of, quality }: Props) {
  return (
    <div className="stack">
      <IntakeNow />
      <Shown of={of} height={220}>
        {(answer) => <Registered of={answer} />}
      </Shown>
      <LagPanel />
      {quality.data !== undefined && <Drift findings={quality.data.findings} />}
      {of.data !== undefined && (of.data.sources.length === 0 ? <FirstEvent /> : <SourcesTable of={of.data} />)}
    </div>
  )
}
