import { onboarding } from '../../queries/onboarding.ts'
import { Onboarding, OnboardingQuery } from '../contract/onboarding.ts'
import { type Route, route } from '../route.ts'
import { windowOf } from '../window.ts'

export const onboardingRoutes: Route[] = [
  route({
    method: 'get',
    path: '/v1/onboarding',
    tag: 'Suppliers',
    summary:
      'The funnel of supplier onboardings: times of each stage with open ones counted, waits, owners, drop-outs, the bottleneck',
    query: OnboardingQuery,
    response: Onboarding,
    handle: ({ reader, query, services }) =>
      onboarding(reader, { ...windowOf(query, services.now()), now: services.now(), groupBy: query.group_by ?? null }),
  }),
]
