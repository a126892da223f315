import { Button, TextInput } from '@mantine/core'
import { useDebouncedCallback } from '@mantine/hooks'
import { useInfiniteQuery, useMutation } from '@tanstack/react-query'
import { lazy, Suspense, useState } from 'react'
import { useSearchParams } from 'react-router'
import type { ReferenceKindInfo, ReferenceRow } from '../../../api/contract/reference.ts'
import { ask, askText } from '../../api.ts'
import { download } from '../../csv.ts'
import { count, words } from '../../format.ts'
import { useToday } from '../../now.ts'
import { Icon } from '../../parts/icons.tsx'
import { Panel } from '../../parts/panel.tsx'
import { ShowMore } from '../../parts/show-more.tsx'
import { Empty, Fault, Loading } from '../../parts/states.tsx'
import { Table, type Column } from '../../parts/table.tsx'
import { useScope, useSetParameters } from '../../scope.ts'
import { useSession } from '../../session.ts'
import { Changes } from './changes.tsx'
import { cellText, fieldsOf } from './fields.ts'
import { Period } from './period.tsx'

const RowForm = lazy(async () => ({ default: (await import('./row-form.tsx')).RowForm }))
const EndRow = lazy(async () => ({ default: (await import('./end-row.tsx')).EndRow }))
const ImportTable = lazy(async () => ({ default: (await import('./import-table.tsx')).ImportTable }))
const KeyHistory = lazy(async () => ({ default: (await import('./key-history.tsx')).KeyHistory }))

/** Columns of a row's body that the table shows. */
const SHOWN = 8

type Open = { form: ReferenceRow | undefined } | { end: ReferenceRow } | { table: true }

/** The rows of one kind: as they hold now or on a day, searched by key, with what changes them. */
export function KindSection({ of }: { of: ReferenceKindInfo }) {
  const { tenant } = useScope()
  const [search] = useSearchParams()
  const setParameters = useSetParameters()
  const setQ = useDebouncedCallback((text: string) => setParameters({ q: text.trim() }), 200)
  const admin = useSession().scopes.includes('admin')
  const today = new Date(useToday()).toISOString().slice(0, 10)
  const [open, setOpen] = useState<Open>()
  const [q, at, key] = ['q', 'at', 'key'].map((name) => search.get(name) ?? undefined)
  const path = `/v1/reference/${of.kind}`
  const found = useInfiniteQuery({
    queryKey: [tenant, path, q, at],
    queryFn: ({ signal, pageParam }) =>
      ask('ReferenceRows', path, { tenant, signal, parameters: { q, at, limit: 100, after: pageParam } }),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (last) => last.next ?? undefined,
  })
  const save = useMutation({
    mutationFn: () => askText(`${path}/export`, { tenant, parameters: { q, at } }),
    onSuccess: (text) => download(`${of.kind}.csv`, text),
  })
  const rows = found.data?.pages.flatMap((page) => page.rows) ?? []
  const close = (): void => setOpen(undefined)
  return (
    <div className="stack">
      <Panel
        title={of.title}
        note={rows.length === 0 ? undefined : `${count(rows.length)} shown of ${count(of.rows)}`}
        aside={
          <div className="row">
            {admin && (
              <>
                <Button
                  size="xs"
                  variant="default"
                  leftSection={<Icon name="plus" size={13} />}
                  onClick={() => setOpen({ form: undefined })}
                >
                  Add a row
                </Button>
                <Button size="xs" variant="default" onClick={() => setOpen({ table: true })}>
                  Import CSV
                </Button>
              </>
            )}
            <Button
              size="xs"
              variant="default"
              leftSection={<Icon name="download" size={14} />}
              disabled={rows.length === 0}
              loading={save.isPending}
              onClick={() => save.mutate()}
            >
              CSV
            </Button>
          </div>
        }
      >
        <p className="reference-holds">
          {of.holds} <span className="dim">Needed by: {of.needed_by}.</span>
        </p>
        <div className="row reference-filter">
          <TextInput
            size="xs"
            aria-label="Part of the key"
            placeholder={`Part of the ${of.key}`}
            leftSection={<Icon name="search" size={14} />}
            defaultValue={q}
            onChange={(event) => setQ(event.currentTarget.value)}
          />
          <TextInput
            size="xs"
            type="date"
            aria-label="Valid on"
            leftSection={<span className="dim">on</span>}
            value={at ?? ''}
            onChange={(event) => setParameters({ at: event.currentTarget.value })}
          />
          {at !== undefined && (
            <Button size="compact-xs" variant="subtle" onClick={() => setParameters({ at: undefined })}>
              Every period
            </Button>
          )}
        </div>
        {save.isError && <Fault error={save.error} />}
        {found.isError && <Fault error={found.error} retry={() => void found.refetch()} />}
        {found.isPending && <Loading height={320} />}
        {found.isSuccess && rows.length === 0 && (
          <Empty title={q === undefined && at === undefined ? `No ${of.title.toLowerCase()} yet` : 'No row matches'}>
            <p>
              {q === undefined && at === undefined
                ? `What needs them answers “not evaluable” until there are some: ${of.needed_by}.`
                : 'The search looks for the text anywhere in the key; the day narrows it to what held then.'}
            </p>
          </Empty>
        )}
        {rows.length > 0 && (
          <Table<ReferenceRow>
            label={`Rows of ${of.title.toLowerCase()}`}
            rows={rows}
            rowKey={({ id }) => id}
            columns={[
              {
                head: 'Key and period',
                nowrap: true,
                render: (row) => (
                  <div className="two-lines">
                    <button
                      type="button"
                      className="plain"
                      title="What was ever said of it"
                      onClick={() => setParameters({ key: row.key })}
                    >
                      {row.key}
                    </button>
                    <span className="dim">
                      <Period of={row} />
                    </span>
                  </div>
                ),
              },
              ...(admin ? [actions(setOpen)] : []),
              ...bodyColumns(of, rows),
            ]}
          />
        )}
        <ShowMore of={found} />
      </Panel>
      <Changes kind={of.kind} admin={admin} />
      <Suspense>
        {open !== undefined && 'form' in open && <RowForm of={of} row={open.form} onClose={close} />}
        {open !== undefined && 'end' in open && <EndRow kind={of.kind} row={open.end} today={today} onClose={close} />}
        {open !== undefined && 'table' in open && <ImportTable of={of} onClose={close} />}
        {key !== undefined && <KeyHistory kind={of.kind} of={key} onClose={() => setParameters({ key: undefined })} />}
      </Suspense>
    </div>
  )
}

function actions(open: (what: Open) => void): Column<ReferenceRow> {
  return {
    head: <span className="visually-hidden">Change</span>,
    id: 'actions',
    nowrap: true,
    render: (row) => (
      <>
        <Button size="compact-xs" variant="subtle" aria-label={`Change ${row.key}`} onClick={() => open({ form: row })}>
          Change
        </Button>
        <Button size="compact-xs" variant="subtle" aria-label={`End ${row.key}`} onClick={() => open({ end: row })}>
          End
        </Button>
      </>
    ),
  }
}

/** The first fields that any of the rows says something in, but for what the key says already. */
function bodyColumns(of: ReferenceKindInfo, rows: readonly ReferenceRow[]): Column<ReferenceRow>[] {
  const value = (row: ReferenceRow, name: string) => cellText((row.body as Record<string, unknown>)[name])
  return fieldsOf(of)
    .filter(({ name }) => rows.some((row) => value(row, name) !== '' && value(row, name) !== row.key))
    .slice(0, SHOWN)
    .map(({ name }) => ({
      head: words(name),
      render: (row) => <span className="reference-cell">{value(row, name) || <span className="dim">–</span>}</span>,
    }))
}
