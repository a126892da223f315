import { value } from '../../queries/value.ts'
import { Value, ValueQuery } from '../contract/value.ts'
import { type Route, route } from '../route.ts'
import { windowOf } from '../window.ts'

export const valueRoutes: Route[] = [
  route({
    method: 'get',
    path: '/v1/value',
    tag: 'Value',
    summary:
      'Efficiency, control and strategic value by month against a frozen baseline, with its assumptions; before and after a pilot',
    query: ValueQuery,
    response: Value,
    handle: ({ reader, query, services }) =>
      value(reader, { ...windowOf(query, services.now()), pilot: query.pilot ?? null, now: services.now() }),
  }),
]
