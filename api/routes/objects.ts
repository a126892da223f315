import { z } from 'zod'
import { objectTimeline, searchObjects } from '../../queries/objects.ts'
import { PathText } from '../contract/common.ts'
import { ObjectSearch, ObjectsQuery, ObjectTimeline } from '../contract/object.ts'
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
    handle: ({ reader, params: { type }, query }) => searchObjects(reader, type, query),
  }),
  route({
    method: 'get',
    path: '/v1/objects/{type}/{id}',
    tag,
    summary: 'One document: timeline, attributes, what blocks it',
    params: z.object({ type: PathText, id: PathText }),
    response: ObjectTimeline,
    handle: ({ reader, params: { type, id } }) => objectTimeline(reader, type, id),
  }),
]
