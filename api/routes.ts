import type { Route } from './route.ts'
import { adminRoutes } from './routes/admin.ts'
import { aiRoutes } from './routes/ai.ts'
import { alertRoutes } from './routes/alerts.ts'
import { backtestRoutes } from './routes/backtest.ts'
import { channelRoutes } from './routes/channels.ts'
import { controlRoutes } from './routes/controls.ts'
import { dataRoutes } from './routes/data.ts'
import { deadLetterRoutes } from './routes/dead-letters.ts'
import { delayRoutes } from './routes/delays.ts'
import { exceptionRoutes } from './routes/exceptions.ts'
import { feedRoutes } from './routes/feeds.ts'
import { frozenMonthRoutes } from './routes/frozen-months.ts'
import { incidentRoutes } from './routes/incidents.ts'
import { integrationRoutes } from './routes/integrations.ts'
import { kafkaRoutes } from './routes/kafka.ts'
import { kpiRoutes } from './routes/kpis.ts'
import { ledgerRoutes } from './routes/ledger.ts'
import { mappingRoutes } from './routes/mappings.ts'
import { objectRoutes } from './routes/objects.ts'
import { onboardingRoutes } from './routes/onboarding.ts'
import { portfolioRoutes } from './routes/portfolio.ts'
import { processRoutes } from './routes/process.ts'
import { referenceRoutes } from './routes/reference.ts'
import { retentionRoutes } from './routes/retention.ts'
import { routingRoutes } from './routes/routing.ts'
import { rulesCodeRoutes } from './routes/rules-code.ts'
import { ruleRoutes } from './routes/rules.ts'
import { silenceRoutes } from './routes/silences.ts'
import { slaRoutes } from './routes/slas.ts'
import { spendRoutes } from './routes/spend.ts'
import { systemRoutes } from './routes/systems.ts'
import { valueRoutes } from './routes/value.ts'
import { targetRoutes } from './routes/targets.ts'

/** Every operation of the API but the few that are no plain JSON calls (`POST /v1/events`, sign-in and -out). */
export const ROUTES: readonly Route[] = [
  ...kpiRoutes,
  ...frozenMonthRoutes,
  ...processRoutes,
  ...delayRoutes,
  ...objectRoutes,
  ...exceptionRoutes,
  ...incidentRoutes,
  ...alertRoutes,
  ...backtestRoutes,
  ...controlRoutes,
  ...integrationRoutes,
  ...dataRoutes,
  ...retentionRoutes,
  ...ledgerRoutes,
  ...deadLetterRoutes,
  ...feedRoutes,
  ...kafkaRoutes,
  ...referenceRoutes,
  ...slaRoutes,
  ...ruleRoutes,
  ...rulesCodeRoutes,
  ...routingRoutes,
  ...silenceRoutes,
  ...targetRoutes,
  ...onboardingRoutes,
  ...portfolioRoutes,
  ...spendRoutes,
  ...valueRoutes,
  ...systemRoutes,
  ...aiRoutes,
  ...mappingRoutes,
  ...channelRoutes,
  ...adminRoutes,
]
