import { z } from 'zod'
import type { Instant } from '../../model/instant.ts'
import { delayAnswer } from '../../queries/delays/answer.ts'
import { delayDocuments } from '../../queries/delays/documents.ts'
import { DELAY_DIMENSIONS, type DelayScope } from '../../queries/delays/scope.ts'
import { PathText } from '../contract/common.ts'
import { DelayDocuments, DelayDocumentsQuery, Delays, DelaysQuery } from '../contract/delays.ts'
import { type Route, route } from '../route.ts'
import { windowOf } from '../window.ts'

const tag = 'Process'
const params = z.object({ type: PathText })

function scopeOf(type: string, query: DelaysQuery | DelayDocumentsQuery, now: Instant): DelayScope {
  const filters: DelayScope['filters'] = {}
  for (const name of DELAY_DIMENSIONS) filters[name] = query[name]
  return { type, ...windowOf(query, now), filters, asOf: query.as_of ?? null, now }
}

export const delayRoutes: Route[] = [
  route({
    method: 'get',
    path: '/v1/process/{type}/delays',
    tag,
    summary: 'Where the time went: each instant of the documents that finished has one cause, and is working or off time',
    params,
    query: DelaysQuery,
    response: Delays,
    handle: ({ reader, params: { type }, query, services }) =>
      delayAnswer(reader, scopeOf(type, query, services.now()), {
        bucket: query.bucket,
        groupBy: query.group_by ?? null,
        compare: query.compare === 'previous',
      }),
  }),
  route({
    method: 'get',
    path: '/v1/process/{type}/delays/documents',
    tag,
    summary: 'The documents behind it, with their segments: by cause, stage, holder, system, or what made them late',
    params,
    query: DelayDocumentsQuery,
    response: DelayDocuments,
    handle: ({ reader, params: { type }, query, services }) =>
      delayDocuments(reader, scopeOf(type, query, services.now()), query),
  }),
]
