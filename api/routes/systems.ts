import { z } from 'zod'
import { createSystem, deleteSystem, listSystems, updateSystem } from '../../platform/systems.ts'
import { PathText } from '../contract/common.ts'
import { NewSystem, System, SystemChange, Systems } from '../contract/systems.ts'
import { type Route, route } from '../route.ts'

const tag = 'Systems'
const SystemId = z.object({ id: PathText })

export const systemRoutes: Route[] = [
  route({
    method: 'get',
    path: '/v1/systems',
    tag,
    summary: 'Systems that take part in the workflows, with owner, runbook and the link back to a document',
    response: Systems,
    handle: async ({ tenant, services }) => ({ systems: await listSystems(services.stores.postgres.db, tenant) }),
  }),
  route({
    method: 'post',
    path: '/v1/systems',
    tag,
    summary: 'Register a system',
    scope: 'admin',
    status: 201,
    body: NewSystem,
    response: System,
    handle: ({ tenant, services, access, body }) => createSystem(services.stores.postgres.db, tenant, access.keyId, body),
  }),
  route({
    method: 'patch',
    path: '/v1/systems/{id}',
    tag,
    summary: 'Change what is told of a system',
    scope: 'admin',
    params: SystemId,
    body: SystemChange,
    response: System,
    handle: ({ tenant, services, access, params: { id }, body }) =>
      updateSystem(services.stores.postgres.db, tenant, access.keyId, id, body),
  }),
  route({
    method: 'delete',
    path: '/v1/systems/{id}',
    tag,
    summary: 'Take a system off the register; what it sent stays',
    scope: 'admin',
    params: SystemId,
    response: System,
    handle: ({ tenant, services, access, params: { id } }) => deleteSystem(services.stores.postgres.db, tenant, access.keyId, id),
  }),
]
