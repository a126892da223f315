import { SegmentedControl } from '@mantine/core'
import { useState } from 'react'
import type { RoutingView } from '../../../../api/contract/routing.ts'
import type { Party, Route, Routing } from '../../../../model/alert-routing.ts'
import { DIMENSIONS } from '../../../../model/vocabulary.ts'
import { useAnswer } from '../../../answers.ts'
import { count, duration, instant, words } from '../../../format.ts'
import { Panel } from '../../../parts/panel.tsx'
import { ScopedLink } from '../../../parts/scoped-link.tsx'
import { Empty, Shown } from '../../../parts/states.tsx'
import { Table } from '../../../parts/table.tsx'
import { Problems } from '../problems.tsx'
import { VersionTable } from '../version-table.tsx'
import { PreviewPanel } from './preview-panel.tsx'
import { Rotas } from './rotas.tsx'
import { RoutingEditor } from './routing-editor.tsx'

/** Who is told of what: routes in order, parties with their steps, rotas, and what would happen to an alert. */
export function RoutingSection() {
  const answer = useAnswer('RoutingView', '/v1/routing')
  const [view, setView] = useState<'read' | 'change'>('read')
  return (
    <Shown of={answer} height={480}>
      {(of) => (
        <div className="stack">
          <div className="row">
            <SegmentedControl
              size="xs"
              aria-label="Routing"
              value={view}
              onChange={setView}
              data={[
                { value: 'read', label: 'As it stands' },
                { value: 'change', label: 'Change it' },
              ]}
            />
            <span className="dim">
              {of.version === 0
                ? 'as it ships: this tenant states nothing of its own'
                : `version ${of.version}, kept ${instant(of.created_at)} by ${of.created_by ?? 'somebody'}`}
            </span>
          </div>
          {view === 'read' ? <AsItStands of={of} /> : <RoutingEditor of={of} onSaved={() => setView('read')} />}
        </div>
      )}
    </Shown>
  )
}

function AsItStands({ of }: { of: RoutingView }) {
  const { routing } = of
  return (
    <>
      <Problems of={of.problems} label="What is wrong with the routing" />
      <Routes of={routing} />
      <Parties of={routing} />
      <Rotas of={routing} />
      <Panel title="Calendars" note="the working time of parties, and the time that escalation counts">
        <p className="form-note">
          Parties name calendars of the reference data: <ScopedLink to="/reference/calendars">look at them there</ScopedLink>.
        </p>
      </Panel>
      <PreviewPanel routing={undefined} />
      <Versions />
    </>
  )
}

/** What was stated over time. */
function Versions() {
  const answer = useAnswer('RoutingVersions', '/v1/routing/versions')
  return (
    <Panel title="Versions" note="the latest first">
      <Shown of={answer} height={120}>
        {({ versions }) =>
          versions.length === 0 ? (
            <Empty certain title="It is as it ships: this tenant states nothing of its own" />
          ) : (
            <VersionTable of={versions.map(({ routing, ...version }) => ({ ...version, body: routing }))} />
          )
        }
      </Shown>
    </Panel>
  )
}

function Routes({ of }: { of: Routing }) {
  const titles = new Map(of.parties.map(({ id, title }) => [id, title]))
  return (
    <Panel title="Routes" note="the first that matches decides, and on while one says to go on">
      {of.routes.length === 0 ? (
        <Empty certain title="No route leads to anybody">
          <p>Alerts wait in the inbox, and nobody is told.</p>
        </Empty>
      ) : (
        <Table<Route & { at: number }>
          label="List of routes"
          rows={of.routes.map((route, index) => ({ ...route, at: index + 1 }))}
          rowKey={({ at }) => String(at)}
          columns={[
            { head: 'Order', render: ({ at }) => count(at), right: true },
            { head: 'Which alerts', render: routeText },
            {
              head: 'Go to',
              render: ({ parties }) =>
                parties.map((id) => titles.get(id) ?? id).join(', ') || <span className="dim">nobody</span>,
            },
            { head: 'Then', render: (route) => (route.continue ? 'goes on to the next' : 'ends'), nowrap: true },
          ]}
        />
      )}
    </Panel>
  )
}

/** Which alerts a route takes, in words. */
function routeText(of: Route): string {
  const parts = [
    ...(of.class === null ? [] : [words(of.class)]),
    ...(of.rules.length === 0 ? [] : [`of ${of.rules.join(' or ')}`]),
    ...(of.severity_from === 'low' ? [] : [`${of.severity_from} or graver`]),
    ...(of.money_from === null ? [] : [`${count(of.money_from)} or more at risk`]),
    ...DIMENSIONS.flatMap((name) => {
      const values = of.where[name]
      return values === undefined ? [] : [`${words(name).toLowerCase()} ${values.join(' or ')}`]
    }),
  ]
  return parts.length === 0 ? 'All' : parts.join(' · ')
}

function Parties({ of }: { of: Routing }) {
  const channels = useAnswer('Channels', '/v1/channels').data?.channels ?? []
  const names = new Map(channels.map(({ id, title }) => [id, title]))
  const rotas = new Map(of.rotas.map(({ id, title }) => [id, title]))
  return (
    <Panel title="Parties" note="each answers by a clock of its own, step by step until it acknowledges">
      {of.parties.length === 0 ? (
        <Empty certain title="There is no party" />
      ) : (
        <Table<Party>
          label="List of parties"
          rows={of.parties}
          rowKey={({ id }) => id}
          columns={[
            {
              head: 'Party',
              render: ({ id, title }) => (
                <div className="two-lines">
                  <span>{title}</span>
                  <span className="dim mono">{id}</span>
                </div>
              ),
            },
            {
              head: 'Told',
              render: ({ calendar, at_once_from: from }) =>
                calendar === null
                  ? 'at any time'
                  : `in the time of ${calendar}${from === null ? '' : `; ${from}${from === 'critical' ? '' : ' or graver'} at once`}`,
            },
            {
              head: 'Steps',
              render: ({ steps }) =>
                steps.length === 0 ? (
                  <span className="dim">none: its alerts wait in the inbox</span>
                ) : (
                  <ol className="party-steps">
                    {steps.map(({ after_s: after, to }) => (
                      <li key={after}>
                        <span className="dim">{after === 0 ? 'at once' : `after ${duration(after)}`}</span>{' '}
                        {to
                          .map((target) =>
                            'channel' in target
                              ? (names.get(target.channel) ?? target.channel)
                              : `whoever is on duty of ${rotas.get(target.rota) ?? target.rota}`,
                          )
                          .join(', ')}
                      </li>
                    ))}
                  </ol>
                ),
            },
          ]}
        />
      )}
    </Panel>
  )
}
