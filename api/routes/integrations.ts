import { z } from 'zod'
import type { Instant } from '../../model/instant.ts'
import { integrationCalls, integrationDetail, integrations } from '../../queries/integrations.ts'
import { queues } from '../../queries/queues.ts'
import { runDetail, runs } from '../../queries/runs.ts'
import { integrationLogs } from '../../queries/telemetry-logs.ts'
import { integrationTrace, integrationTraces } from '../../queries/traces.ts'
import { PathText, Window } from '../contract/common.ts'
import {
  Calls,
  CallsQuery,
  IntegrationDetail,
  Integrations,
  IntegrationsQuery,
  Logs,
  LogsQuery,
  Queues,
  QueuesQuery,
  RunDetail,
  Runs,
  RunsQuery,
  Trace,
  Traces,
  TracesQuery,
} from '../contract/integrations.ts'
import { type Route, route } from '../route.ts'
import { windowOf } from '../window.ts'

const tag = 'Integrations'
const DAY_US = 86_400e6
/** Telemetry is asked for by id within this time where no window is given. */
const KEPT_US = 400 * DAY_US

type Open = { from?: Instant | undefined; to?: Instant | undefined }

/** The window that is asked for; where it is open, `usual` long and up to now. */
function recent(query: Open, now: Instant, usual = DAY_US): { from: Instant; to: Instant } {
  const to = query.to ?? now
  return windowOf({ from: query.from ?? to - usual, to }, now)
}

export const integrationRoutes: Route[] = [
  route({
    method: 'get',
    path: '/v1/integrations',
    tag,
    summary: 'Systems by what their calls did: errors, latency, throttling, documents blocked; the last 24 hours by default',
    query: IntegrationsQuery,
    response: Integrations,
    handle: ({ reader, query, services }) => integrations(reader, { ...recent(query, services.now()), bucket: query.bucket }),
  }),
  route({
    method: 'get',
    path: '/v1/integrations/systems/{id}',
    tag,
    summary: 'One system: series, operations, errors, blocked documents',
    params: z.object({ id: PathText }),
    query: IntegrationsQuery,
    response: IntegrationDetail,
    handle: ({ reader, params: { id }, query, services }) =>
      integrationDetail(reader, id, { ...recent(query, services.now()), bucket: query.bucket }),
  }),
  route({
    method: 'get',
    path: '/v1/integrations/calls',
    tag,
    summary: 'Calls between systems, the latest first',
    query: CallsQuery,
    response: Calls,
    handle: ({ reader, query, services }) => {
      const pointed = query.trace !== undefined || query.object !== undefined || query.run !== undefined
      return integrationCalls(reader, { ...query, ...recent(query, services.now(), pointed ? KEPT_US : DAY_US) })
    },
  }),
  route({
    method: 'get',
    path: '/v1/integrations/traces',
    tag,
    summary: 'Traces, the latest first',
    query: TracesQuery,
    response: Traces,
    handle: ({ reader, query, services }) =>
      integrationTraces(reader, {
        ...query,
        ...recent(query, services.now(), query.object === undefined ? DAY_US : KEPT_US),
      }),
  }),
  route({
    method: 'get',
    path: '/v1/integrations/traces/{id}',
    tag,
    summary: 'One trace: spans as a tree, documents, events, logs',
    params: z.object({ id: PathText }),
    response: Trace,
    handle: ({ reader, params: { id } }) => integrationTrace(reader, id),
  }),
  route({
    method: 'get',
    path: '/v1/integrations/queues',
    tag,
    summary: 'Queue depth, consumer lag, restarts, connections and the like, as series',
    query: QueuesQuery,
    response: Queues,
    handle: ({ reader, query, services }) => queues(reader, { ...query, ...recent(query, services.now()) }),
  }),
  route({
    method: 'get',
    path: '/v1/integrations/logs',
    tag,
    summary: 'Log records and events of the systems, the latest first',
    query: LogsQuery,
    response: Logs,
    handle: ({ reader, query, services }) =>
      integrationLogs(reader, {
        ...query,
        ...recent(query, services.now(), query.trace === undefined ? DAY_US : KEPT_US),
      }),
  }),
  route({
    method: 'get',
    path: '/v1/runs',
    tag,
    summary: 'Runs of workflows, and the workflows by their runs, with starts that were expected and did not happen',
    query: RunsQuery,
    response: Runs,
    handle: ({ reader, query, services }) => {
      const now = services.now()
      return runs(reader, services.stores.postgres.db, { ...query, ...recent(query, now), now })
    },
  }),
  route({
    method: 'get',
    path: '/v1/runs/{id}',
    tag,
    summary: 'One run of a workflow with the calls of its nodes; of the last 400 days by default',
    params: z.object({ id: PathText }),
    query: Window,
    response: RunDetail,
    handle: ({ reader, params: { id }, query, services }) => runDetail(reader, id, recent(query, services.now(), KEPT_US)),
  }),
]
