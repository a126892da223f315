import { Button, Checkbox, SegmentedControl, TextInput } from '@mantine/core'
import { useDebouncedCallback } from '@mantine/hooks'
import { useInfiniteQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { useSearchParams } from 'react-router'
import type { Letters } from '../../../../api/contract/dead-letters.ts'
import { ask } from '../../../api.ts'
import { BarList } from '../../../charts/bar-list.tsx'
import { bytes, count, counted, instant } from '../../../format.ts'
import { Icon } from '../../../parts/icons.tsx'
import { Panel } from '../../../parts/panel.tsx'
import { ShowMore } from '../../../parts/show-more.tsx'
import { Empty, Fault, Loading } from '../../../parts/states.tsx'
import { Table } from '../../../parts/table.tsx'
import { useScope, useSetParameters } from '../../../scope.ts'
import { useSession } from '../../../session.ts'
import {
  codeWords,
  coordinatesText,
  STATES,
  useLetterFilter,
  type Chosen,
  type LetterFilter,
  type LetterRow,
} from './letter-filter.ts'
import { LetterDrawer } from './letter-drawer.tsx'
import { LetterState } from './letter-state.tsx'
import { PurgeDialog } from './purge-dialog.tsx'
import { ReplayDialog } from './replay-dialog.tsx'

const PAGE = 50

function useLetters(filter: LetterFilter) {
  const { tenant } = useScope()
  return useInfiniteQuery({
    queryKey: [tenant, '/v1/dead-letters', filter],
    queryFn: ({ signal, pageParam }): Promise<Letters> =>
      ask('Letters', '/v1/dead-letters', { tenant, parameters: { ...filter, limit: PAGE, after: pageParam }, signal }),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (last) => last.next ?? undefined,
    placeholderData: (former) => former,
    refetchInterval: 30_000,
  })
}

/** Records that could not be read: by reason, searched, opened, replayed after the mapping was mended, or purged. */
export function LettersSection() {
  const [search] = useSearchParams()
  const setParameters = useSetParameters()
  const filter = useLetterFilter()
  const found = useLetters(filter)
  const [selected, setSelected] = useState<ReadonlySet<string>>(new Set())
  const [replaying, setReplaying] = useState<Chosen | null>(null)
  const [purging, setPurging] = useState<Chosen | null>(null)
  const first = found.data?.pages[0]
  const rows = found.data?.pages.flatMap(({ letters }) => letters) ?? []
  const chosen = rows.filter(({ id }) => selected.has(id)).map(({ id }) => id)
  const setQ = useDebouncedCallback((text: string) => setParameters({ q: text.trim() }), 250)
  const narrowed = filter.code !== undefined || filter.feed !== undefined || filter.q !== undefined
  if (found.isError && first === undefined) return <Fault error={found.error} retry={() => void found.refetch()} />
  if (first === undefined) return <Loading height={420} />
  const number = (state: string): number => first.states.find((one) => one.state === state)?.letters ?? 0
  if (first.states.every(({ letters }) => letters === 0) && !narrowed) {
    return (
      <Panel title="Dead letters">
        <Empty title="No dead letters">
          <p>
            A record that cannot be read is kept here with its bytes, its headers and the reason. Mend the mapping and replay it:
            nothing is lost, and nothing counts twice.
          </p>
        </Empty>
      </Panel>
    )
  }
  return (
    <div className="letters">
      <Panel title="By reason" note={counted(first.total, 'letter')}>
        {first.codes.length === 0 ? (
          <Empty title="None" />
        ) : (
          <BarList
            label="Dead letters by reason"
            rows={first.codes
              .toSorted((a, b) => b.letters - a.letters)
              .map(({ code, letters }) => ({ key: code, name: codeWords(code), title: code, value: letters }))}
            chosen={filter.code}
            onChoose={(code) => setParameters({ code: code === filter.code ? undefined : code })}
          />
        )}
        {first.feeds.length > 0 && (
          <>
            <h3 className="section-title">Way in</h3>
            <BarList
              label="Dead letters by way in"
              rows={first.feeds
                .toSorted((a, b) => b.letters - a.letters)
                .map(({ feed, letters }) => ({ key: feed, name: feed, value: letters }))}
              chosen={filter.feed}
              onChoose={(feed) => setParameters({ feed: feed === filter.feed ? undefined : feed })}
            />
          </>
        )}
      </Panel>
      <Panel
        title="Dead letters"
        note="records that could not be read, newest first"
        aside={
          <div className="row">
            <SegmentedControl
              size="xs"
              aria-label="State"
              value={filter.state}
              onChange={(state) => {
                setSelected(new Set())
                setParameters({ state: state === 'open' ? undefined : state })
              }}
              data={STATES.map((value) => ({
                value,
                label: value === 'all' ? 'All' : `${value.slice(0, 1).toUpperCase()}${value.slice(1)} (${count(number(value))})`,
              }))}
            />
            <TextInput
              size="xs"
              aria-label="Text in the record, its reason or its coordinates"
              placeholder="Text in record or reason"
              leftSection={<Icon name="search" size={14} />}
              defaultValue={filter.q ?? ''}
              onChange={(event) => setQ(event.currentTarget.value)}
            />
          </div>
        }
      >
        {found.isError && <Fault error={found.error} retry={() => void found.refetch()} />}
        <Selection
          filter={filter}
          total={first.total}
          chosen={chosen}
          onReplay={setReplaying}
          onPurge={setPurging}
          onClear={() => setSelected(new Set())}
        />
        {rows.length === 0 ? (
          <Empty title="No letter matches">
            <p>Choose another state, or take a filter away.</p>
          </Empty>
        ) : (
          <LetterTable rows={rows} selected={selected} onSelect={setSelected} onOpen={(id) => setParameters({ letter: id })} />
        )}
        <ShowMore of={found} />
      </Panel>
      <LetterDrawer
        id={search.get('letter')}
        onClose={() => setParameters({ letter: undefined })}
        onReplay={(id) => setReplaying({ ids: [id] })}
        onPurge={(id) => setPurging({ ids: [id] })}
      />
      <ReplayDialog chosen={replaying} onClose={() => setReplaying(null)} />
      <PurgeDialog
        chosen={purging}
        onClose={() => setPurging(null)}
        onDone={() => {
          setPurging(null)
          setSelected(new Set())
        }}
      />
    </div>
  )
}

type SelectionProps = {
  filter: LetterFilter
  total: number
  chosen: readonly string[]
  onReplay: (chosen: Chosen) => void
  onPurge: (chosen: Chosen) => void
  onClear: () => void
}

/** What can be done with the letters that are ticked, or with all that the filter finds. */
function Selection({ filter, total, chosen, onReplay, onPurge, onClear }: SelectionProps) {
  const { scopes } = useSession()
  const { tenant } = useScope()
  const { state } = filter
  const all: Chosen | undefined =
    (state === 'open' || state === 'replayed') && total > 0 ? { filter: { ...filter, state }, total } : undefined
  const some: Chosen | undefined = chosen.length > 0 ? { ids: chosen } : all
  const what = chosen.length > 0 ? `${count(chosen.length)} selected` : all === undefined ? undefined : `all ${count(total)}`
  const exported = new URLSearchParams(Object.entries(filter).filter(([, value]) => value !== ''))
  return (
    <div className="row selection">
      {scopes.includes('admin') && some !== undefined && (
        <>
          <Button size="xs" onClick={() => onReplay(some)}>
            Try a replay of {what}…
          </Button>
          <Button size="xs" variant="default" onClick={() => onPurge(some)}>
            Purge {what}…
          </Button>
        </>
      )}
      {chosen.length > 0 && (
        <Button size="xs" variant="subtle" onClick={onClear}>
          Select none
        </Button>
      )}
      <span style={{ flex: 1 }} />
      {total > 0 && (
        <Button
          size="xs"
          variant="default"
          leftSection={<Icon name="download" size={14} />}
          onClick={() => void exportLetters(tenant, exported)}
        >
          NDJSON
        </Button>
      )}
    </div>
  )
}

/** Saves the letters of a filter, one JSON object a line. */
async function exportLetters(tenant: string, filter: URLSearchParams): Promise<void> {
  const response = await fetch(`/v1/dead-letters/export?${filter}`, {
    headers: { 'x-tenant-id': tenant },
    credentials: 'same-origin',
  })
  const url = URL.createObjectURL(await response.blob())
  const link = document.createElement('a')
  link.href = url
  link.download = 'dead-letters.ndjson'
  link.click()
  URL.revokeObjectURL(url)
}

type TableProps = {
  rows: readonly LetterRow[]
  selected: ReadonlySet<string>
  onSelect: (selected: ReadonlySet<string>) => void
  onOpen: (id: string) => void
}

function LetterTable({ rows, selected, onSelect, onOpen }: TableProps) {
  const every = rows.every(({ id }) => selected.has(id))
  const some = rows.some(({ id }) => selected.has(id))
  const toggle = (id: string): void =>
    onSelect(selected.has(id) ? new Set([...selected].filter((one) => one !== id)) : new Set([...selected, id]))
  return (
    <Table<LetterRow>
      label="List of dead letters"
      rows={rows}
      rowKey={({ id }) => id}
      columns={[
        {
          id: 'select',
          head: (
            <Checkbox
              size="xs"
              aria-label="Select all that are shown"
              checked={every}
              indeterminate={some && !every}
              onChange={() => onSelect(every ? new Set() : new Set(rows.map(({ id }) => id)))}
            />
          ),
          render: ({ id, reason }) => (
            <Checkbox size="xs" aria-label={`Select: ${reason}`} checked={selected.has(id)} onChange={() => toggle(id)} />
          ),
        },
        { head: 'Came', render: ({ received_at }) => instant(received_at).replace(/ \d{4}/u, ''), nowrap: true },
        {
          head: 'Reason',
          render: ({ id, code, reason, preview }) => (
            <div className="letter-cell">
              <button type="button" className="plain" title={code} onClick={() => onOpen(id)}>
                {reason}
              </button>
              <span className="mono dim clip">{preview.replaceAll(/\s+/gu, ' ')}</span>
            </div>
          ),
        },
        {
          head: 'Where it lies',
          render: ({ feed, coordinates }) => (
            <div className="letter-where">
              <span className="mono">{feed}</span>
              <span className="mono dim clip" title={coordinatesText(coordinates)}>
                {coordinatesText(coordinates)}
              </span>
            </div>
          ),
        },
        {
          head: 'Read as',
          render: ({ format, mapping, mapping_version }) => (mapping === '' ? format : `${mapping} v${mapping_version}`),
          nowrap: true,
        },
        { head: 'Size', render: ({ raw_bytes }) => bytes(raw_bytes), right: true },
        { head: 'State', render: (letter) => <LetterState of={letter} />, nowrap: true },
      ]}
    />
  )
}
