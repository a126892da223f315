import { Button } from '@mantine/core'
import { useState } from 'react'
import { useSearchParams } from 'react-router'
import type { Ageing } from '../../../api/contract/spend.ts'
import { useAnswer } from '../../answers.ts'
import { categoryName } from '../../category-name.ts'
import { count, duration, instant, words } from '../../format.ts'
import { money } from '../../money.ts'
import { useNow } from '../../now.ts'
import { CsvButton } from '../../parts/csv-button.tsx'
import { PageHead, Panel } from '../../parts/panel.tsx'
import { DocumentLink } from '../../parts/scoped-link.tsx'
import { StaleHint } from '../../parts/stale-hint.tsx'
import { Empty, Shown } from '../../parts/states.tsx'
import { Table } from '../../parts/table.tsx'
import { useSetParameters } from '../../scope.ts'
import '../../styles/intake.css'
import '../../styles/integrations.css'

type Band = Ageing['bands'][number]
type Item = Ageing['items'][number]

const BANDS = [
  { from: 0, label: 'under 1 d' },
  { from: 86_400, label: '1–3 d' },
  { from: 259_200, label: '3–7 d' },
  { from: 604_800, label: '7–14 d' },
  { from: 1_209_600, label: '14–30 d' },
  { from: 2_592_000, label: '30–90 d' },
  { from: 7_776_000, label: 'over 90 d' },
] as const
const TYPES = ['requisition', 'purchase_order', 'invoice', 'payment', 'onboarding', 'approval', 'exception'] as const
/** Items of a page. */
const PAGE = 100
const MOST = 1000

const WAITS: Readonly<Record<string, string>> = {
  exception: 'an exception',
  person: 'a person',
  supplier: 'the supplier',
  system: 'a system',
  queue: 'its turn, or a date',
}

/** Open work by age and by what it waits on, and the oldest of it. */
export function AgeingPage() {
  const [search] = useSearchParams()
  const setParameters = useSetParameters()
  const [shown, setShown] = useState(PAGE)
  const now = useNow()
  const type = TYPES.find((one) => one === search.get('type')) ?? ''
  const waits = search.get('waits') ?? ''
  const answer = useAnswer('Ageing', '/v1/ageing', { type, waits, limit: MOST }, { refreshMs: 30_000 })
  return (
    <>
      <PageHead
        title="Open work"
        aside={
          <CsvButton
            name="open-work"
            head={[
              'type',
              'id',
              'document',
              'waits_on',
              'waits_for',
              'waiting_since',
              'open_since',
              'stage',
              'amount',
              'currency',
              'supplier',
              'entity',
            ]}
            rows={answer.data?.items}
            cells={(one) => [
              one.type,
              one.id,
              `${one.of_type}/${one.of_id}`,
              one.waits,
              one.waits_for,
              one.waiting_since,
              one.since,
              one.stage,
              one.amount,
              one.currency,
              one.supplier,
              one.entity,
            ]}
          />
        }
      >
        Everything that is not finished, by its age, as it stands now
      </PageHead>
      <StaleHint />
      <Shown of={answer} height={480}>
        {(of) =>
          of.bands.length === 0 ? (
            <Panel title="Open work">
              <Empty title="Nothing is open" />
            </Panel>
          ) : (
            <div className="stack">
              <Matrix
                of={of.bands}
                currency={of.currency}
                chosen={type}
                onChoose={(next) => setParameters({ type: next, waits: undefined })}
              />
              <WaitsPanel of={of.bands} type={type} chosen={waits} onChoose={(next) => setParameters({ waits: next })} />
              <Panel
                title={type === '' ? 'The oldest' : `The oldest ${words(type).toLowerCase()}s`}
                note={waits === '' ? 'oldest first' : `that wait on ${waitsName(waits)}, oldest first`}
              >
                {of.items.length === 0 ? (
                  <Empty title="Nothing of this kind is open" />
                ) : (
                  <>
                    <Table<Item>
                      label="List of open work"
                      rows={of.items.slice(0, shown)}
                      rowKey={(one) => `${one.type} ${one.id} ${one.of_id}`}
                      columns={[
                        {
                          head: 'What',
                          render: (one) => (
                            <div className="two-lines">
                              <DocumentLink type={one.of_type} id={one.of_id}>
                                {one.id}
                              </DocumentLink>
                              <span className="dim">
                                {one.type === 'exception'
                                  ? `exception of ${words(one.of_type).toLowerCase()} ${one.of_id}`
                                  : words(one.type)}
                              </span>
                            </div>
                          ),
                        },
                        {
                          head: 'Open for',
                          render: (one) => (
                            <span title={instant(one.since)}>{duration((now - Date.parse(one.since)) / 1000)}</span>
                          ),
                          nowrap: true,
                        },
                        {
                          head: 'Waits on',
                          render: (one) => (
                            <div className="two-lines">
                              <span>{waitsName(one.waits)}</span>
                              <span className="dim">
                                {one.waits === 'exception' || one.type === 'exception'
                                  ? categoryName(one.waits_for)
                                  : one.waits_for}
                              </span>
                            </div>
                          ),
                        },
                        {
                          head: 'For',
                          render: (one) => (
                            <span title={instant(one.waiting_since)}>
                              {duration((now - Date.parse(one.waiting_since)) / 1000)}
                            </span>
                          ),
                          nowrap: true,
                        },
                        { head: 'Came to', render: ({ stage }) => words(stage) },
                        {
                          head: 'Amount',
                          render: (one) => (one.amount === 0 ? '–' : money(one.amount, one.currency)),
                          right: true,
                        },
                        { head: 'Supplier', render: ({ supplier }) => supplier || <span className="dim">–</span> },
                        { head: 'Entity', render: ({ entity }) => entity || <span className="dim">–</span> },
                      ]}
                    />
                    {of.items.length > shown && (
                      <Button variant="default" size="xs" mt="sm" onClick={() => setShown(shown + PAGE)}>
                        Show more
                      </Button>
                    )}
                  </>
                )}
              </Panel>
            </div>
          )
        }
      </Shown>
    </>
  )
}

function waitsName(waits: string): string {
  return WAITS[waits] ?? words(waits)
}

type MatrixProps = { of: readonly Band[]; currency: string | null; chosen: string; onChoose: (type: string | undefined) => void }

function Matrix({ of, currency, chosen, onChoose }: MatrixProps) {
  const types = TYPES.filter((type) => of.some((band) => band.type === type))
  const sum = (type: string, from?: number) =>
    of.filter((band) => band.type === type && (from === undefined || band.band === from)).reduce((total, { n }) => total + n, 0)
  return (
    <Panel title="By age" note="number of open documents; money at the rate of each document’s first day">
      <Table<(typeof TYPES)[number]>
        label="Open work by age"
        rows={types}
        rowKey={(type) => type}
        columns={[
          {
            head: 'Kind',
            render: (type) => (
              <Button
                size="compact-xs"
                variant={type === chosen ? 'filled' : 'default'}
                aria-pressed={type === chosen}
                onClick={() => onChoose(type === chosen ? undefined : type)}
              >
                {words(type)}
              </Button>
            ),
          },
          { head: 'Open', render: (type) => count(sum(type)), right: true },
          ...BANDS.map(({ from, label }) => ({
            head: label,
            right: true,
            render: (type: (typeof TYPES)[number]) => {
              const n = sum(type, from)
              return n === 0 ? <span className="dim">0</span> : count(n)
            },
          })),
          {
            head: 'Money',
            right: true,
            render: (type) => {
              const own = of.filter((band) => band.type === type)
              if (type === 'exception' || own.some(({ worth }) => worth === null)) return <span className="dim">–</span>
              return money(
                own.reduce((total, { worth }) => total + (worth ?? 0), 0),
                currency,
              )
            },
          },
        ]}
      />
    </Panel>
  )
}

type WaitsProps = { of: readonly Band[]; type: string; chosen: string; onChoose: (waits: string | undefined) => void }

function WaitsPanel({ of, type, chosen, onChoose }: WaitsProps) {
  const counts = new Map<string, number>()
  for (const band of of)
    if (type === '' ? band.type !== 'exception' : band.type === type)
      counts.set(band.waits, (counts.get(band.waits) ?? 0) + band.n)
  const rows = [...counts].toSorted((a, b) => b[1] - a[1])
  return (
    <Panel title="What it waits on" note={type === '' ? 'all documents' : words(type)}>
      <div className="documents">
        {rows.map(([waits, n]) => (
          <Button
            key={waits}
            size="compact-sm"
            variant={waits === chosen ? 'filled' : 'default'}
            aria-pressed={waits === chosen}
            onClick={() => onChoose(waits === chosen ? undefined : waits)}
          >
            {waitsName(waits)}: {count(n)}
          </Button>
        ))}
      </div>
    </Panel>
  )
}
