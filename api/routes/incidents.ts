import { z } from 'zod'
import { incidentDetail, incidentDocuments, incidents } from '../../queries/incidents.ts'
import { PathText } from '../contract/common.ts'
import { IncidentDetail, IncidentDocuments, IncidentDocumentsQuery, Incidents, IncidentsQuery } from '../contract/incidents.ts'
import { type Route, route } from '../route.ts'
import { windowOf } from '../window.ts'

const tag = 'Incidents'

export const incidentRoutes: Route[] = [
  route({
    method: 'get',
    path: '/v1/incidents',
    tag,
    summary: 'Technical incidents that touch a window, each with the documents it blocks and their money',
    query: IncidentsQuery,
    response: Incidents,
    handle: ({ reader, query, services }) => {
      const now = services.now()
      const { system, limit, after, state = '' } = query
      return incidents(reader, { ...windowOf(query, now), system, state, limit, after, now })
    },
  }),
  route({
    method: 'get',
    path: '/v1/incidents/{id}',
    tag,
    summary:
      'One incident: attempts over time, what failed and what proves it works again, blocked documents, what was known before',
    params: z.object({ id: PathText }),
    response: IncidentDetail,
    handle: ({ reader, params: { id }, services }) => incidentDetail(reader, id, services.now()),
  }),
  route({
    method: 'get',
    path: '/v1/incidents/{id}/documents',
    tag,
    summary: 'Documents that an incident blocked, those that still are first',
    params: z.object({ id: PathText }),
    query: IncidentDocumentsQuery,
    response: IncidentDocuments,
    handle: ({ reader, params: { id }, query: { blocked, ...page } }) =>
      incidentDocuments(reader, id, { ...page, blocked: blocked === 'true' }),
  }),
]
