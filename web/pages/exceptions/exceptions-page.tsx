import { useState } from 'react'
import type { Exceptions } from '../../../api/contract/exception.ts'
import { useAnswer, useWindowAnswer } from '../../answers.ts'
import { HatchPattern } from '../../charts/legend.tsx'
import { FirstEvent } from '../../parts/first-event.tsx'
import { PageHead } from '../../parts/panel.tsx'
import { StaleHint } from '../../parts/stale-hint.tsx'
import { Fault, Loading } from '../../parts/states.tsx'
import { useScope } from '../../scope.ts'
import '../../styles/exceptions.css'
import { ClassColumn } from './class-column.tsx'
import { EvidenceDrawer } from './evidence-drawer.tsx'
import { SystemsTable } from './systems-table.tsx'

/** One item of a list. */
export type Item = Exceptions['items'][number]

/** Business exceptions and technical failures side by side; what is neither waits below for triage. */
export function ExceptionsPage() {
  const { window } = useScope()
  const answer = useWindowAnswer('Exceptions', '/v1/exceptions', { bucket: window.bucket, limit: 1 }, { refreshMs: 60_000 })
  const types = useAnswer('ProcessTypes', '/v1/process')
  const [opened, setOpened] = useState<Item | null>(null)
  if (types.data?.types.length === 0) {
    return (
      <>
        <PageHead title="Exceptions" />
        <FirstEvent />
      </>
    )
  }
  return (
    <>
      <HatchPattern />
      <PageHead title="Exceptions">
        Business and technical never mix: a technical failure does not raise the business exception rate · {window.label}
      </PageHead>
      <StaleHint />
      {answer.isError && answer.data === undefined ? (
        <Fault error={answer.error} retry={() => void answer.refetch()} />
      ) : answer.data === undefined ? (
        <div className="split">
          <Loading height={560} />
          <Loading height={560} />
        </div>
      ) : (
        <>
          <div className="split">
            <ClassColumn of="business" all={answer.data} onOpen={setOpened} />
            <ClassColumn of="technical" all={answer.data} onOpen={setOpened}>
              <SystemsTable systems={answer.data.systems} />
            </ClassColumn>
          </div>
          <div style={{ height: '1rem' }} />
          <ClassColumn of="unknown" all={answer.data} onOpen={setOpened} />
        </>
      )}
      <EvidenceDrawer item={opened} onClose={() => setOpened(null)} />
    </>
  )
}
