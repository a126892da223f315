import type { Route } from './route.ts'
import { adminRoutes } from './routes/admin.ts'
import { dataRoutes } from './routes/data.ts'
import { exceptionRoutes } from './routes/exceptions.ts'
import { kpiRoutes } from './routes/kpis.ts'
import { objectRoutes } from './routes/objects.ts'
import { processRoutes } from './routes/process.ts'

/** Every operation of the API but the few that are no plain JSON calls (`POST /v1/events`, sign-in and -out). */
export const ROUTES: readonly Route[] = [
  ...kpiRoutes,
  ...processRoutes,
  ...objectRoutes,
  ...exceptionRoutes,
  ...dataRoutes,
  ...adminRoutes,
]
