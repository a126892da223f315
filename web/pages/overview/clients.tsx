import { useQueries } from '@tanstack/react-query'
import type { Tenant } from '../../../api/contract/admin.ts'
import type { KpiAnswer, KpiDefinition } from '../../../api/contract/kpi.ts'
import { useAnswer } from '../../answers.ts'
import { ask } from '../../api.ts'
import { count, measure } from '../../format.ts'
import { CLASS_NAMES, ClassGlyph } from '../../parts/classes.tsx'
import { Delta } from '../../parts/delta.tsx'
import { PageHead, Panel } from '../../parts/panel.tsx'
import { ScopedLink } from '../../parts/scoped-link.tsx'
import { Shown } from '../../parts/states.tsx'
import { Table } from '../../parts/table.tsx'
import { useScope } from '../../scope.ts'
import { groupKpis } from './kpi-data.ts'

type Line = { client: Tenant; rows: (KpiAnswer['rows'][number] | undefined)[] }

/** The clients of a managed-service provider with the two rates that never mix and a few cycle times each. */
export function Clients({ provider, clients }: { provider: Tenant; clients: readonly Tenant[] }) {
  const { window } = useScope()
  const catalogue = useAnswer('KpiCatalogue', '/v1/kpis')
  return (
    <>
      <PageHead title={`Clients of ${provider.brand?.name ?? provider.name}`}>
        {count(clients.length)} clients · {window.label} · each client’s figures come from its own data only
      </PageHead>
      <Shown of={catalogue} height={320}>
        {({ kpis }) => {
          const { business, technical } = groupKpis(kpis)
          const times = kpis.filter(({ kpi }) => ['requisition-to-po', 'invoice-cycle', 'late-payment'].includes(kpi))
          return <ClientsTable clients={clients} kpis={[business, technical, ...times].filter((kpi) => kpi !== undefined)} />
        }}
      </Shown>
    </>
  )
}

function ClientsTable({ clients, kpis }: { clients: readonly Tenant[]; kpis: readonly KpiDefinition[] }) {
  const { window } = useScope()
  const parameters = { from: window.from, to: window.to, bucket: 'all', compare: 'previous' }
  const answers = useQueries({
    queries: clients.flatMap(({ id: tenant }) =>
      kpis.map(({ kpi }) => ({
        queryKey: [tenant, `/v1/kpis/${kpi}`, parameters],
        queryFn: ({ signal }: { signal: AbortSignal }) => ask('KpiAnswer', `/v1/kpis/${kpi}`, { tenant, parameters, signal }),
      })),
    ),
  })
  const lines = clients.map((client, index): Line => ({
    client,
    rows: kpis.map((_, column) => answers[index * kpis.length + column]?.data?.rows[0]),
  }))
  return (
    <Panel title="Portfolio" note="change against the preceding window">
      <Table<Line>
        label="Clients"
        rows={lines}
        rowKey={({ client }) => client.id}
        columns={[
          {
            head: 'Client',
            render: ({ client }) => (
              <ScopedLink to="/" with={{ tenant: client.id }}>
                {client.name}
              </ScopedLink>
            ),
            nowrap: true,
          },
          ...kpis.map((kpi, column) => ({
            id: kpi.kpi,
            head: (
              <>
                {column < 2 && <ClassGlyph of={column === 0 ? 'business' : 'technical'} size={10} />} {kpi.title}
                {column < 2 && (
                  <span className="visually-hidden"> ({CLASS_NAMES[column === 0 ? 'business' : 'technical'].meaning})</span>
                )}
              </>
            ),
            right: true,
            render: ({ rows }: Line) => {
              const row = rows[column]
              if (row === undefined) return <span className="dim">…</span>
              return (
                <span className="client-figure">
                  <strong>{measure(row.value, kpi.unit)}</strong>{' '}
                  <Delta value={row.value} previous={row.previous} unit={kpi.unit} better={kpi.better} />
                </span>
              )
            },
          })),
        ]}
      />
    </Panel>
  )
}
