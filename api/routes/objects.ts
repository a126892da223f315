import { z } from 'zod'
import { objectDelays } from '../../queries/delays/documents.ts'
import { objectHistory, objectTimeline, searchObjects } from '../../queries/objects.ts'
import { PathText } from '../contract/common.ts'
import { ObjectHistory, ObjectSearch, ObjectsQuery, ObjectTimeline } from '../contract/object.ts'
import { type Route, route } from '../route.ts'

const tag = 'Documents'

export const objectRoutes: Route[] = [
  route({
    method: 'get',
    path: '/v1/objects/{type}',
    tag,
    summary: 'Documents of a type, by part of their id',
    params: z.object({ type: PathText }),
    query: ObjectsQuery,
    response: ObjectSearch,
    handle: ({ reader, params: { type }, query, services }) => searchObjects(reader, type, { ...query, now: services.now() }),
  }),
  route({
    method: 'get',
    path: '/v1/objects/{type}/{id}',
    tag,
    summary: 'One document: timeline, attributes, what blocks it, where its time went',
    params: z.object({ type: PathText, id: PathText }),
    response: ObjectTimeline,
    handle: async ({ reader, params: { type, id }, services }) => {
      const [timeline, delays] = await Promise.all([
        objectTimeline(reader, type, id),
        objectDelays(reader, type, id, services.now()),
      ])
      return { ...timeline, delays }
    },
  }),
  route({
    method: 'get',
    path: '/v1/objects/{type}/{id}/history',
    tag,
    summary: 'What was known of a document when: every change of its answers, old and new',
    params: z.object({ type: PathText, id: PathText }),
    response: ObjectHistory,
    handle: ({ reader, params: { type, id } }) => objectHistory(reader, type, id),
  }),
]
