import type { Route } from './route.ts'
import { adminRoutes } from './routes/admin.ts'
import { aiRoutes } from './routes/ai.ts'
import { dataRoutes } from './routes/data.ts'
import { deadLetterRoutes } from './routes/dead-letters.ts'
import { exceptionRoutes } from './routes/exceptions.ts'
import { feedRoutes } from './routes/feeds.ts'
import { integrationRoutes } from './routes/integrations.ts'
import { kafkaRoutes } from './routes/kafka.ts'
import { kpiRoutes } from './routes/kpis.ts'
import { ledgerRoutes } from './routes/ledger.ts'
import { mappingRoutes } from './routes/mappings.ts'
import { objectRoutes } from './routes/objects.ts'
import { processRoutes } from './routes/process.ts'
import { systemRoutes } from './routes/systems.ts'

/** Every operation of the API but the few that are no plain JSON calls (`POST /v1/events`, sign-in and -out). */
export const ROUTES: readonly Route[] = [
  ...kpiRoutes,
  ...processRoutes,
  ...objectRoutes,
  ...exceptionRoutes,
  ...integrationRoutes,
  ...dataRoutes,
  ...ledgerRoutes,
  ...deadLetterRoutes,
  ...feedRoutes,
  ...kafkaRoutes,
  ...systemRoutes,
  ...aiRoutes,
  ...mappingRoutes,
  ...adminRoutes,
]
