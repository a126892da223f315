import type { Routing } from '../../../../model/alert-routing.ts'
import { duration, instant } from '../../../format.ts'
import { useNow } from '../../../now.ts'
import { Panel } from '../../../parts/panel.tsx'
import { Empty } from '../../../parts/states.tsx'
import { Table } from '../../../parts/table.tsx'
import { shiftsOf, type Shift } from './shifts.ts'

const AHEAD_US = 28 * 86_400e6

/** Who is on duty over the next four weeks. */
export function Rotas({ of }: { of: Routing }) {
  const now = useNow()
  return (
    <Panel title="On duty" note="over the next four weeks, times in UTC">
      {of.rotas.length === 0 ? (
        <Empty certain title="There is no rota">
          <p>A step may name one in place of a channel: whoever is on duty is told then.</p>
        </Empty>
      ) : (
        <div className="stack">
          {of.rotas.map((rota) => (
            <section key={rota.id} aria-label={rota.title}>
              <h3 className="rota-title">
                {rota.title}{' '}
                <span className="dim">
                  handed over every {rota.every_days === 1 ? 'day' : `${rota.every_days} days`} at {rota.at}, {rota.zone}
                </span>
              </h3>
              <Table<Shift>
                label={`On duty of ${rota.title}`}
                rows={shiftsOf(rota, now * 1000, now * 1000 + AHEAD_US)}
                rowKey={({ from }) => String(from)}
                columns={[
                  { head: 'From', render: ({ from }) => (from <= now * 1000 ? 'now' : instant(iso(from))), nowrap: true },
                  { head: 'To', render: ({ to }) => (to >= now * 1000 + AHEAD_US ? '…' : instant(iso(to))), nowrap: true },
                  {
                    head: 'On duty',
                    render: ({ name, override }) => (
                      <>
                        {name} {override && <span className="chip">stands in</span>}
                      </>
                    ),
                  },
                  { head: 'Reached by', render: ({ channel }) => <span className="mono">{channel}</span> },
                  { head: 'For', render: ({ from, to }) => duration((to - from) / 1e6), right: true },
                ]}
              />
            </section>
          ))}
        </div>
      )}
    </Panel>
  )
}

function iso(at: number): string {
  return new Date(at / 1000).toISOString()
}
