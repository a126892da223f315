import type { RouteObject } from 'react-router'
import { NotFound } from './pages/not-found.tsx'
import { PageSkeleton } from './parts/skeletons.tsx'
import { RouteFault } from './parts/route-fault.tsx'
import { Gate } from './shell/gate.tsx'
import { Shell } from './shell/shell.tsx'

/** Every page behind the sign-in gate; each is a chunk of its own, loaded when first opened. */
export const routes: RouteObject[] = [
  {
    element: <Gate />,
    errorElement: <RouteFault />,
    hydrateFallbackElement: <PageSkeleton />,
    children: [
      {
        element: <Shell />,
        children: [
          {
            errorElement: <RouteFault />,
            children: [
              {
                index: true,
                lazy: async () => ({ Component: (await import('./pages/overview/overview-page.tsx')).OverviewPage }),
              },
              {
                path: 'alerts/:section?/:id?',
                lazy: async () => ({ Component: (await import('./pages/alerts/alerts-page.tsx')).AlertsPage }),
              },
              { path: 'kpis', lazy: async () => ({ Component: (await import('./pages/kpi/catalogue-page.tsx')).CataloguePage }) },
              {
                path: 'kpis/months',
                lazy: async () => ({ Component: (await import('./pages/kpi/closed-months-page.tsx')).ClosedMonthsPage }),
              },
              { path: 'kpis/:name', lazy: async () => ({ Component: (await import('./pages/kpi/kpi-page.tsx')).KpiPage }) },
              {
                path: 'process/:type?',
                lazy: async () => ({ Component: (await import('./pages/process/process-page.tsx')).ProcessPage }),
              },
              {
                path: 'delays/:type?',
                lazy: async () => ({ Component: (await import('./pages/delays/delays-page.tsx')).DelaysPage }),
              },
              {
                path: 'exceptions',
                lazy: async () => ({ Component: (await import('./pages/exceptions/exceptions-page.tsx')).ExceptionsPage }),
              },
              {
                path: 'objects/:type?',
                lazy: async () => ({ Component: (await import('./pages/objects/search-page.tsx')).SearchPage }),
              },
              {
                path: 'objects/:type/:id',
                lazy: async () => ({ Component: (await import('./pages/objects/document-page.tsx')).DocumentPage }),
              },
              {
                path: 'integrations/:section?/:id?',
                lazy: async () => ({ Component: (await import('./pages/integrations/integrations-page.tsx')).IntegrationsPage }),
              },
              {
                path: 'incidents/:id?',
                lazy: async () => ({ Component: (await import('./pages/incidents/incidents-page.tsx')).IncidentsPage }),
              },
              {
                path: 'slas/:id?',
                lazy: async () => ({ Component: (await import('./pages/slas/slas-page.tsx')).SlasPage }),
              },
              {
                path: 'suppliers/onboarding',
                lazy: async () => ({ Component: (await import('./pages/suppliers/onboarding-page.tsx')).OnboardingPage }),
              },
              {
                path: 'suppliers/:id?',
                lazy: async () => ({ Component: (await import('./pages/suppliers/suppliers-page.tsx')).SuppliersPage }),
              },
              { path: 'value', lazy: async () => ({ Component: (await import('./pages/value/value-page.tsx')).ValuePage }) },
              { path: 'spend', lazy: async () => ({ Component: (await import('./pages/spend/spend-page.tsx')).SpendPage }) },
              {
                path: 'open-work',
                lazy: async () => ({ Component: (await import('./pages/ageing/ageing-page.tsx')).AgeingPage }),
              },
              {
                path: 'portfolio',
                lazy: async () => ({ Component: (await import('./pages/portfolio/portfolio-page.tsx')).PortfolioPage }),
              },
              {
                path: 'controls/:id?',
                lazy: async () => ({ Component: (await import('./pages/controls/controls-page.tsx')).ControlsPage }),
              },
              { path: 'ai', lazy: async () => ({ Component: (await import('./pages/ai/ai-page.tsx')).AiPage }) },
              {
                path: 'data/:section?/:name?',
                lazy: async () => ({ Component: (await import('./pages/data/data-page.tsx')).DataPage }),
              },
              {
                path: 'reference/:kind?',
                lazy: async () => ({ Component: (await import('./pages/reference/reference-page.tsx')).ReferencePage }),
              },
              { path: '*', element: <NotFound /> },
            ],
          },
        ],
      },
    ],
  },
]
