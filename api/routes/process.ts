import { z } from 'zod'
import { processConformance } from '../../queries/conformance.ts'
import {
  processDurations,
  processMap,
  processSummary,
  processTypes,
  processVariants,
  processWaits,
} from '../../queries/process.ts'
import { PathText } from '../contract/common.ts'
import {
  ConformanceQuery,
  ProcessConformance,
  ProcessDurations,
  ProcessMap,
  ProcessQuery,
  ProcessSummary,
  ProcessTypes,
  ProcessVariants,
  ProcessWaits,
  VariantsQuery,
  WaitsQuery,
} from '../contract/process.ts'
import { type Route, route } from '../route.ts'
import { openWindow } from '../window.ts'

const tag = 'Process'
const params = z.object({ type: PathText })

function scopeOf<Q extends ProcessQuery>(type: string, { without, ...query }: Q) {
  return { ...openWindow(query), type, without: (without ?? '').split(',').filter((prefix) => prefix !== '') }
}

export const processRoutes: Route[] = [
  route({
    method: 'get',
    path: '/v1/process',
    tag,
    summary: 'Object types of the tenant',
    response: ProcessTypes,
    handle: async ({ reader, services }) => ({ types: await processTypes(reader, services.stores.postgres.db) }),
  }),
  route({
    method: 'get',
    path: '/v1/process/{type}/summary',
    tag,
    summary: 'Figures of one object type: counts, variants, durations, activities',
    params,
    query: ProcessQuery,
    response: ProcessSummary,
    handle: ({ reader, params: { type }, query }) => processSummary(reader, scopeOf(type, query)),
  }),
  route({
    method: 'get',
    path: '/v1/process/{type}/variants',
    tag,
    summary: 'Variants (sequences of activities) by frequency',
    params,
    query: VariantsQuery,
    response: ProcessVariants,
    handle: ({ reader, params: { type }, query }) => processVariants(reader, scopeOf(type, query)),
  }),
  route({
    method: 'get',
    path: '/v1/process/{type}/map',
    tag,
    summary: 'Directly-follows pairs with count and waits',
    params,
    query: ProcessQuery,
    response: ProcessMap,
    handle: ({ reader, params: { type }, query }) => processMap(reader, scopeOf(type, query)),
  }),
  route({
    method: 'get',
    path: '/v1/process/{type}/durations',
    tag,
    summary: 'Durations of objects and of activities that have a start and an end',
    params,
    query: ProcessQuery,
    response: ProcessDurations,
    handle: ({ reader, params: { type }, query }) => processDurations(reader, scopeOf(type, query)),
  }),
  route({
    method: 'get',
    path: '/v1/process/{type}/waits',
    tag,
    summary: 'Waits before activities: from the end of one to the start of the next, by activity, step, actor or system',
    params,
    query: WaitsQuery,
    response: ProcessWaits,
    handle: ({ reader, params: { type }, query }) => processWaits(reader, scopeOf(type, query)),
  }),
  route({
    method: 'get',
    path: '/v1/process/{type}/conformance',
    tag,
    summary: 'Objects against an expected order of activities: fitness, and what they skip, insert or swap',
    params,
    query: ConformanceQuery,
    response: ProcessConformance,
    handle: ({ reader, params: { type }, query }) =>
      processConformance(reader, {
        ...openWindow(query),
        type,
        order: query.order
          .split(',')
          .map((one) => one.trim())
          .filter((one) => one !== ''),
      }),
  }),
]
