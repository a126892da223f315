import { z } from 'zod'
import { decideViolation, violationDecisionsOf } from '../../platform/violations.ts'
import { SightlineError } from '../../platform/errors.ts'
import { replayControl } from '../../queries/control-replay.ts'
import { controlDrift, controls, controlVersions } from '../../queries/controls.ts'
import type { TenantReader } from '../../queries/run.ts'
import { mirrorDecision, violationDetail, violations, violationsWithEvents } from '../../queries/violations.ts'
import {
  ControlDrift,
  ControlDriftQuery,
  Controls,
  ControlsQuery,
  ControlVersions,
  ControlVersionsQuery,
  ViolationDecisionBody,
  ViolationDetail,
  ViolationExported,
  Violations,
  ViolationsExportQuery,
  ViolationsQuery,
  WhatIf,
  WhatIfBody,
} from '../contract/controls.ts'
import { PathText } from '../contract/common.ts'
import { type Route, route } from '../route.ts'
import { exported } from '../violation-lines.ts'
import type { Services } from '../services.ts'
import { windowOf } from '../window.ts'

const tag = 'Controls'
const OneControl = z.object({ id: PathText })

export const controlRoutes: Route[] = [
  route({
    method: 'get',
    path: '/v1/controls',
    tag,
    summary: 'Controls: what they check and need, whether they can be evaluated, what they found in a window',
    query: ControlsQuery,
    response: Controls,
    handle: ({ reader, query: { bucket, from, to, ...filter }, services }) =>
      controls(reader, windowOf({ from, to }, services.now()), bucket, filter),
  }),
  route({
    method: 'get',
    path: '/v1/controls/{id}/versions',
    tag,
    summary: "A control's policy version by version: violations, exceptions and cycle time under each",
    params: OneControl,
    query: ControlVersionsQuery,
    response: ControlVersions,
    handle: ({ reader, params: { id }, query }) => controlVersions(reader, id, query.policy),
  }),
  route({
    method: 'get',
    path: '/v1/controls/{id}/drift',
    tag,
    summary: 'Whether a rule is decided another way in one unit, system or version than in the others',
    params: OneControl,
    query: ControlDriftQuery,
    response: ControlDrift,
    handle: ({ reader, params: { id }, query: { by, policy, ...window }, services }) =>
      controlDrift(reader, id, windowOf(window, services.now()), by, policy),
  }),
  route({
    method: 'post',
    path: '/v1/controls/what-if',
    tag,
    summary: 'Replay history with another tolerance: which documents would pass or fail, and what money nobody would look at',
    body: WhatIfBody,
    response: WhatIf,
    handle: ({ reader, body: { from, to, ...asked }, services }) => {
      const now = services.now()
      return replayControl(reader, { ...asked, ...windowOf({ from, to }, now), now })
    },
  }),
  route({
    method: 'get',
    path: '/v1/violations',
    tag,
    summary: 'Violations that came about in a window, the latest first, with their totals',
    query: ViolationsQuery,
    response: Violations,
    handle: ({ reader, query: { from, to, limit, after, ...filter }, services }) =>
      violations(reader, windowOf({ from, to }, services.now()), filter, { limit, after }),
  }),
  route({
    method: 'get',
    path: '/v1/violations/export',
    tag,
    summary: 'Evidence pack: violations with the events that show them, one a line, as NDJSON or CSV',
    media: 'lines',
    query: ViolationsExportQuery,
    response: ViolationExported,
    handle: ({ reader, query: { from, to, format, ...filter }, services }) => {
      const rows = violationsWithEvents(reader, windowOf({ from, to }, services.now()), filter)
      return Promise.resolve(exported(rows, format))
    },
  }),
  route({
    method: 'get',
    path: '/v1/violations/{id}',
    tag,
    summary: 'One violation: events, what was known of it and since when, decisions, what is linked',
    params: OneControl,
    response: ViolationDetail,
    handle: ({ reader, params: { id }, services }) => whole(reader, id, services),
  }),
  route({
    method: 'post',
    path: '/v1/violations/{id}/decision',
    tag,
    summary: 'Accept a violation with reason and attestation, call it remediated, or reopen it',
    scope: 'admin',
    params: OneControl,
    body: ViolationDecisionBody,
    response: ViolationDetail,
    handle: async ({ reader, tenant, access, params: { id }, body, services }) => {
      const { state, reason, attested_by } = body
      if (state === 'accepted' && attested_by === undefined)
        throw new SightlineError('body_invalid', 'attested_by: says who vouches for it, and is needed to accept a violation.')
      const found = await violationDetail(reader, id)
      if (found.state === 'retracted')
        throw new SightlineError('conflict', 'The violation is retracted: what it was found by no longer holds.')
      const { clickhouse, postgres } = services.stores
      await decideViolation(postgres.db, {
        tenant,
        id,
        state,
        reason,
        attestedBy: attested_by ?? null,
        actor: access.keyId,
        now: new Date(services.now() / 1000),
        mirror: (decision) => mirrorDecision(clickhouse.writer, tenant, { ...decision, violationId: id }),
      })
      return whole(reader, id, services)
    },
  }),
]

async function whole(reader: TenantReader, id: string, services: Services) {
  const found = await violationDetail(reader, id)
  const decisions = await violationDecisionsOf(services.stores.postgres.db, reader.tenant, id)
  return {
    ...found,
    decisions: decisions.map(({ state, reason, attestedBy, decidedAt, decidedBy }) => ({
      state,
      reason,
      attested_by: attestedBy,
      decided_at: decidedAt.toISOString(),
      decided_by: decidedBy,
    })),
  }
}
