import { Button } from '@mantine/core'
import { lazy, Suspense } from 'react'
import type { Mappings } from '../../../../api/contract/mappings.ts'
import { useAnswer } from '../../../answers.ts'
import { count, day } from '../../../format.ts'
import { Icon } from '../../../parts/icons.tsx'
import { Panel } from '../../../parts/panel.tsx'
import { ScopedLink } from '../../../parts/scoped-link.tsx'
import { PageSkeleton } from '../../../parts/skeletons.tsx'
import { Empty, Shown } from '../../../parts/states.tsx'
import { Table } from '../../../parts/table.tsx'
import { useSession } from '../../../session.ts'

const MappingEditor = lazy(async () => ({ default: (await import('./mapping-editor.tsx')).MappingEditor }))

type Row = Mappings['mappings'][number]

/** Mappings from what a source sends to events: those that ship, and the tenant's own; or one of them in the editor. */
export function MappingsSection({ name }: { name: string | undefined }) {
  const mappings = useAnswer('Mappings', '/v1/mappings')
  if (name !== undefined) {
    return (
      <Suspense fallback={<PageSkeleton />}>
        <Shown of={mappings} height={520}>
          {(answer) => <MappingEditor key={name} name={name} all={answer} />}
        </Shown>
      </Suspense>
    )
  }
  return (
    <Shown of={mappings} height={420}>
      {(answer) => <List of={answer} />}
    </Shown>
  )
}

function List({ of }: { of: Mappings }) {
  const admin = useSession().scopes.includes('admin')
  const own = of.mappings.filter(({ pack }) => !pack)
  const packs = of.mappings.filter(({ pack }) => pack)
  return (
    <div className="stack">
      <Panel
        title="Own mappings"
        note="say which field of a record is what; each change is a version, and sources take the newest unless they pin one"
        aside={
          admin && (
            <Button
              size="xs"
              leftSection={<Icon name="plus" size={13} />}
              renderRoot={(props) => <ScopedLink {...props} to="/data/mappings/new" />}
            >
              New mapping
            </Button>
          )
        }
      >
        {own.length === 0 ? (
          <Empty title="No mapping of your own yet">
            <p>Start from one that ships below: open it, try it on a sample of yours, and save it under a name of your own.</p>
          </Empty>
        ) : (
          <MappingTable label="List of own mappings" rows={own} />
        )}
      </Panel>
      <Panel title="Mappings that ship" note="for payloads of common systems; they can be used as they are, or copied">
        <MappingTable label="List of mappings that ship" rows={packs} />
      </Panel>
    </div>
  )
}

function MappingTable({ label, rows }: { label: string; rows: readonly Row[] }) {
  return (
    <Table<Row>
      label={label}
      rows={rows}
      rowKey={({ name }) => name}
      columns={[
        {
          head: 'Mapping',
          render: ({ name, title }) => (
            <div className="two-lines">
              <ScopedLink to={`/data/mappings/${encodeURIComponent(name)}`}>{title === '' ? name : title}</ScopedLink>
              <span className="mono dim">{name}</span>
            </div>
          ),
        },
        { head: 'What it reads', render: ({ description }) => <span className="mapping-what">{description}</span> },
        { head: 'Input', render: ({ input }) => input.toUpperCase() },
        { head: 'Rules', render: ({ rules }) => count(rules), right: true },
        { head: 'Version', render: ({ version }) => count(version), right: true },
        { head: 'Since', render: ({ versions }) => day(versions[0]?.created_at ?? null), nowrap: true },
        {
          head: 'Used by',
          render: ({ sources }) =>
            sources.length === 0 ? (
              <span className="dim">no source</span>
            ) : (
              <span className="documents">
                {sources.map((id) => (
                  <ScopedLink key={id} to="/data/sources" with={{ source: id }}>
                    {id}
                  </ScopedLink>
                ))}
              </span>
            ),
        },
      ]}
    />
  )
}
