import { Button, NativeSelect } from '@mantine/core'
import { useState } from 'react'
import { useSearchParams } from 'react-router'
import { useWindowAnswer } from '../../answers.ts'
import { count } from '../../format.ts'
import { causeName } from '../../parts/delay-causes.tsx'
import { Panel } from '../../parts/panel.tsx'
import { Empty, Shown } from '../../parts/states.tsx'
import { useSetParameters } from '../../scope.ts'
import { ClockCsv, ClockTable, type ListedClock } from './clock-table.tsx'

/** Open clocks that are read at once, by deadline. */
const MOST = 1000
const SHOWN = 50

/** What is open: at risk by the money that a breach would probably touch, overdue, and what stands still. */
export function OpenClocks({ sla }: { sla: string | undefined }) {
  const answer = useWindowAnswer('Clocks', '/v1/slas/clocks', { sla, state: 'open', limit: MOST }, { refreshMs: 15_000 })
  const all = answer.data?.clocks
  const running = all?.filter(({ state }) => state === 'running')
  const paused = all?.filter(({ state }) => state === 'paused')
  const overdue = all?.filter(({ state }) => state === 'breached')
  const currencies = [...new Set(running?.map(({ currency }) => currency).filter((one) => one !== ''))]
  const [chosen, setChosen] = useState('')
  const most = currencies.toSorted((a, b) => countOf(running, b) - countOf(running, a))[0] ?? ''
  const currency = currencies.includes(chosen) ? chosen : most
  const board = running
    ?.filter((clock) => clock.currency === currency || (clock.currency === '' && currency === most))
    .toSorted((a, b) => riskOf(b) - riskOf(a) || (b.breach_probability ?? -1) - (a.breach_probability ?? -1))
  const rest = answer.data?.next === null ? '' : `; of the ${count(MOST)} with the nearest deadline`
  return (
    <>
      <Panel
        title="At risk"
        note={`running clocks by breach probability × money${rest}; no probability where fewer than 20 finished ones lasted as long`}
        aside={
          <>
            {currencies.length > 1 && (
              <NativeSelect
                size="xs"
                aria-label="Currency"
                value={currency}
                onChange={(event) => setChosen(event.currentTarget.value)}
                data={currencies.map((one) => ({ value: one, label: `${one} (${count(countOf(running, one))})` }))}
              />
            )}
            <ClockCsv name="clocks-at-risk" rows={board} />
          </>
        }
      >
        <Shown of={answer} height={260}>
          {() =>
            board === undefined || board.length === 0 ? (
              <Empty title="No clock runs" />
            ) : (
              <ListOf label="Clocks at risk" rows={board} show="risk" sla={sla} />
            )
          }
        </Shown>
      </Panel>
      {overdue !== undefined && overdue.length > 0 && (
        <Panel
          title="Overdue"
          note={`${count(overdue.length)} open past their deadline, whatever the window; the longest first`}
          aside={<ClockCsv name="clocks-overdue" rows={overdue} />}
        >
          <ListOf label="Overdue clocks" rows={overdue} show="overdue" sla={sla} />
        </Panel>
      )}
      {paused !== undefined && paused.length > 0 && (
        <Panel
          title="Paused"
          note={`${count(paused.length)} stand still: their deadlines move until they run on`}
          aside={<ClockCsv name="clocks-paused" rows={paused} />}
        >
          <ListOf label="Paused clocks" rows={paused} show="paused" sla={sla} />
        </Panel>
      )}
    </>
  )
}

/** Clocks that were breached in the window, the latest deadline or end first; those that are still open among them. */
export function BreachedClocks({ sla }: { sla: string | undefined }) {
  const [search] = useSearchParams()
  const setParameters = useSetParameters()
  const because = sla === undefined ? undefined : (search.get('because') ?? undefined)
  const system = sla === undefined ? undefined : (search.get('because_system') ?? undefined)
  const answer = useWindowAnswer(
    'Clocks',
    '/v1/slas/clocks',
    { sla, state: 'breached', because, because_system: system, limit: MOST },
    { refreshMs: 60_000 },
  )
  const rows = answer.data?.clocks
  const chosen = because?.split('+').map(causeName) ?? system?.split('+')
  return (
    <Panel
      title="Breaches"
      note="ended in the window, or due in it and still open; the latest first"
      aside={
        <>
          {chosen !== undefined && (
            <Button
              size="xs"
              variant="default"
              onClick={() => setParameters({ because: undefined, because_system: undefined })}
              aria-label="Show breaches of all causes"
            >
              Because of {chosen.join(' and ')} ✕
            </Button>
          )}
          <ClockCsv name="clocks-breached" rows={rows} />
        </>
      }
    >
      <Shown of={answer} height={260}>
        {({ clocks }) =>
          clocks.length === 0 ? (
            <Empty title="No breach in this window" />
          ) : (
            <ListOf label="Breached clocks" rows={clocks} show="ended" sla={sla} />
          )
        }
      </Shown>
    </Panel>
  )
}

type ListProps = {
  label: string
  rows: readonly ListedClock[]
  show: 'risk' | 'paused' | 'overdue' | 'ended'
  sla: string | undefined
}

function ListOf({ label, rows, show, sla }: ListProps) {
  return (
    <>
      <ClockTable label={label} rows={rows.slice(0, SHOWN)} show={show} oneSla={sla !== undefined} />
      {rows.length > SHOWN && (
        <p className="dim" style={{ margin: '0.5rem 0 0' }}>
          {count(SHOWN)} of {count(rows.length)} shown; the CSV has all of them.
        </p>
      )}
    </>
  )
}

function countOf(rows: readonly ListedClock[] | undefined, currency: string): number {
  return rows?.filter((one) => one.currency === currency).length ?? 0
}

/** Money that a breach is expected to touch; what has no estimate or no money comes last. */
function riskOf({ breach_probability, amount }: ListedClock): number {
  return breach_probability === null || amount === null ? -1 : breach_probability * Math.abs(Number(amount))
}
