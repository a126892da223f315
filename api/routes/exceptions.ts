import { exceptions } from '../../queries/exceptions.ts'
import { Exceptions, ExceptionsQuery } from '../contract/exception.ts'
import { type Route, route } from '../route.ts'
import { windowOf } from '../window.ts'

export const exceptionRoutes: Route[] = [
  route({
    method: 'get',
    path: '/v1/exceptions',
    tag: 'Exceptions',
    summary: 'Business exceptions and technical failures, apart: totals, categories, trend, systems, newest items',
    query: ExceptionsQuery,
    response: Exceptions,
    handle: ({ reader, query, services }) => exceptions(reader, { ...query, ...windowOf(query, services.now()) }),
  }),
]
