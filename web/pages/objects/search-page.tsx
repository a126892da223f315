import { NativeSelect, TextInput } from '@mantine/core'
import { useDebouncedCallback } from '@mantine/hooks'
import { useNavigate, useParams, useSearchParams } from 'react-router'
import type { ObjectSearch } from '../../../api/contract/object.ts'
import { useAnswer, useDocuments } from '../../answers.ts'
import { count, duration, instant, plural, words } from '../../format.ts'
import { ClassGlyph, type ExceptionClass } from '../../parts/classes.tsx'
import { FirstEvent } from '../../parts/first-event.tsx'
import { Icon } from '../../parts/icons.tsx'
import { PageHead, Panel } from '../../parts/panel.tsx'
import { DocumentLink } from '../../parts/scoped-link.tsx'
import { ShowMore } from '../../parts/show-more.tsx'
import { Empty, Fault, Loading, Shown } from '../../parts/states.tsx'
import { Table } from '../../parts/table.tsx'
import { useAddress, useSetParameters } from '../../scope.ts'

type Found = ObjectSearch['objects'][number]

/** Documents of one type, latest first, searched by id. */
export function SearchPage() {
  const { type } = useParams()
  const types = useAnswer('ProcessTypes', '/v1/process')
  return (
    <Shown of={types} height={560}>
      {({ types: known }) => {
        const shown = type ?? known.find((one) => one.type === 'invoice')?.type ?? known[0]?.type
        if (shown === undefined) {
          return (
            <>
              <PageHead title="Documents" />
              <FirstEvent />
            </>
          )
        }
        return <Documents type={shown} types={known} />
      }}
    </Shown>
  )
}

function Documents({ type, types }: { type: string; types: readonly { type: string; objects: number }[] }) {
  const [search] = useSearchParams()
  const q = search.get('q') ?? ''
  const navigate = useNavigate()
  const address = useAddress()
  const setParameters = useSetParameters()
  const setQ = useDebouncedCallback((text: string) => setParameters({ q: text.trim() }), 200)
  const found = useDocuments(type, q)
  const rows = found.data?.pages.flatMap((page) => page.objects) ?? []
  const total = types.find((one) => one.type === type)?.objects
  return (
    <>
      <PageHead
        title="Documents"
        aside={
          <div className="row">
            <NativeSelect
              aria-label="Object type"
              value={type}
              onChange={(event) =>
                void navigate(
                  address(`/objects/${encodeURIComponent(event.currentTarget.value)}`, { q: q === '' ? undefined : q }),
                )
              }
              data={types.map((one) => ({ value: one.type, label: `${words(one.type)} (${count(one.objects)})` }))}
            />
            <TextInput
              aria-label="Part of the id"
              placeholder="Part of the id"
              leftSection={<Icon name="search" size={14} />}
              defaultValue={q}
              onChange={(event) => setQ(event.currentTarget.value)}
            />
          </div>
        }
      >
        {q === ''
          ? `${total === undefined ? '' : `${count(total)} `}${plural(type)}, latest first`
          : `${words(plural(type))} with “${q}” in the id`}
      </PageHead>
      <Panel title={words(type)} note={rows.length === 0 ? undefined : `${count(rows.length)} shown`}>
        {found.isError && <Fault error={found.error} retry={() => void found.refetch()} />}
        {found.isPending && <Loading height={420} />}
        {found.isSuccess && rows.length === 0 && (
          <Empty title={q === '' ? 'No documents of this type' : 'No document matches'}>
            <p>The search looks for the text anywhere in the id and ignores letter case. The document may be of another type.</p>
          </Empty>
        )}
        {rows.length > 0 && (
          <Table<Found>
            label={`Documents of type ${words(type)}`}
            rows={rows}
            rowKey={({ id }) => id}
            columns={[
              { head: 'Id', render: ({ id }) => <DocumentLink type={type} id={id} />, nowrap: true },
              { head: 'Latest activity', render: ({ last_activity }) => words(last_activity) },
              { head: 'At', render: ({ last_at }) => instant(last_at), nowrap: true },
              {
                head: 'First to last',
                render: ({ first_at, last_at }) => duration((Date.parse(last_at) - Date.parse(first_at)) / 1000),
                right: true,
              },
              { head: 'Supplier', render: ({ supplier }) => supplier || <span className="dim">–</span> },
              { head: 'Entity', render: ({ entity }) => entity || <span className="dim">–</span> },
              { head: 'Events', render: ({ events }) => count(events), right: true },
              {
                head: 'Business exceptions',
                render: (row) => <Marked of="business" value={row.business_exceptions} />,
                right: true,
              },
              {
                head: 'Technical failures',
                render: (row) => <Marked of="technical" value={row.technical_failures} />,
                right: true,
              },
            ]}
          />
        )}
        <ShowMore of={found} />
      </Panel>
    </>
  )
}

function Marked({ of, value }: { of: ExceptionClass; value: number }) {
  if (value === 0) return <span className="dim">0</span>
  return (
    <span style={{ display: 'inline-flex', alignItems: 'center', gap: '0.35rem', fontWeight: 600 }}>
      <ClassGlyph of={of} size={10} />
      {count(value)}
    </span>
  )
}
