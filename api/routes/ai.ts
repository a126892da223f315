import { aiActions } from '../../queries/ai.ts'
import { AiActions, AiQuery } from '../contract/ai.ts'
import { type Route, route } from '../route.ts'
import { windowOf } from '../window.ts'

export const aiRoutes: Route[] = [
  route({
    method: 'get',
    path: '/v1/ai',
    tag: 'AI',
    summary: 'What AI did, what people decided on it, and effects that nobody reviewed',
    query: AiQuery,
    response: AiActions,
    handle: ({ reader, services, query }) => aiActions(reader, { ...windowOf(query, services.now()), limit: query.limit }),
  }),
]
